"""What DMET's measures cost on one window, in each space: processor milliseconds of one thread.

    OMP_NUM_THREADS=1 python benchmarks/dmet.py

128 tokens of a noisy walk in 576 dimensions, on 50 shared axes, and in its own plane; the plane's own fit counts.
"""

import time

import torch

from llmgeo.measures import jumps
from llmgeo.measures.catalogue import DYNAMICS_MEASURES
from llmgeo.measures.clouds.planes import fit_basis, private_plane
from llmgeo.measures.paths.phases import phases_of, squared_distances

TOKENS, WIDTH, AXES, RUNS = 128, 576, 50, 20


def milliseconds(function, runs=RUNS):
    function()  # imports and compiles what is done once
    start = time.process_time()
    for _ in range(runs):
        function()
    return (time.process_time() - start) / runs * 1e3


def main():
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(TOKENS, WIDTH, generator=generator, dtype=torch.float64)
    states = states + 0.3 * torch.randn(TOKENS, WIDTH, generator=generator, dtype=torch.float64).cumsum(0)
    basis = fit_basis(torch.randn(2048, WIDTH, generator=generator, dtype=torch.float64), AXES)
    spaces = {
        "full": lambda: states,
        "shared": lambda: basis.coordinates(states),
        "private": lambda: private_plane(states),
    }
    measures = {name: measure.resolve() for name, measure in DYNAMICS_MEASURES.items() if measure.unit != "%"}
    measures |= {"phases, all four": lambda points: phases_of(squared_distances(points)), "jumps": jumps}
    print(f"{'':22}" + "".join(f"{space:>9}" for space in spaces))
    total = dict.fromkeys(spaces, 0.0)
    rows = {"the space itself": None, **measures}
    for name, function in rows.items():
        line = f"{name:22}"
        for space, projected in spaces.items():
            points = projected()
            took = milliseconds(
                projected if function is None else lambda function=function, points=points: function(points)
            )
            total[space] += took
            line += f"{took:9.2f}"
        print(line)
    print(f"{'all':22}" + "".join(f"{took:9.2f}" for took in total.values()))


if __name__ == "__main__":
    main()
