"""How often claims on several trainings are decided where nothing is there, and where something is.

    python benchmarks/trace_permutations.py [SIMULATIONS]

Sets of runs are made up: places of runs with two factors, for the shares of a factor and their difference; steps at
which models of two sizes come to a place; dimensions and losses of runs, three seeds a kind. A p-value should be below
.05 in 5 of 100 sets without an effect. Prints Markdown; docs/trace.md has it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from llmgeo.experiments.trace.across_runs import correlation_at_equal_step, kind_means, sooner
from llmgeo.experiments.trace.factors import factor_share, share_difference

PERMUTATIONS = 199
Draw = Callable[[np.random.Generator, int], tuple[float, bool | None]]
"""From a generator and a seed to p, and whether the interval holds the true effect, where there is one."""


def grid(seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Two factors of two values and a third that is not asked for, `seeds` runs a cell."""
    cells = [(a, b) for a in "xy" for b in "uv" for _ in range(2) for _ in range(seeds)]
    return np.array([a for a, _ in cells]), np.array([b for _, b in cells])


def distances(generator: np.random.Generator, seeds: int, first: float, second: float) -> np.ndarray:
    """Distances of runs that two factors push apart, each along an axis of its own."""
    a, b = grid(seeds)
    places = generator.normal(size=(len(a), 5))
    places[:, 0] += first * (a == "x")
    places[:, 1] += second * (b == "u")
    return np.sqrt(np.square(places[:, None] - places[None]).sum(-1))


def share_of(seeds: int, effect: float) -> Draw:
    return lambda generator, seed: (
        factor_share(distances(generator, seeds, effect, 0.0), grid(seeds)[0].tolist(), PERMUTATIONS, seed).p,
        None,
    )


def difference_of(seeds: int, first: float, second: float) -> Draw:
    def draw(generator: np.random.Generator, seed: int) -> tuple[float, bool | None]:
        found = share_difference(distances(generator, seeds, first, second), *grid(seeds))
        return found.p, found.low < 0 < found.high if first == second else None

    return draw


def sooner_of(runs: int, effect: float) -> Draw:
    def draw(generator: np.random.Generator, seed: int) -> tuple[float, bool | None]:
        parameters = np.repeat([1e5, 4e5], runs)
        logs = generator.normal(3, 0.3, size=2 * runs) + effect * (parameters > 2e5)
        found = sooner(parameters, np.exp(logs) - 1, PERMUTATIONS, seed)
        return found.either_way, found.around[0] < effect < found.around[1]

    return draw


def correlation_of(kinds: int, seeds: int, shared: float, *, by_kind: bool) -> Draw:
    def draw(generator: np.random.Generator, seed: int) -> tuple[float, bool | None]:
        own, other = generator.normal(size=(2, kinds, 1))
        along = -np.arange(6.0)
        loss, dimension = along + own, along + shared * own + other
        both = [
            np.repeat(each, seeds, 0) + 0.3 * generator.normal(size=(kinds * seeds, 6)) for each in (dimension, loss)
        ]
        if by_kind:
            groups = [range(kind * seeds, (kind + 1) * seeds) for kind in range(kinds)]
            both = [kind_means(each, groups) for each in both]
        return correlation_at_equal_step(*both, PERMUTATIONS, seed).either_way, None

    return draw


DESIGNS: dict[str, Draw] = {
    "share of a factor, 24 runs, none": share_of(3, 0.0),
    "share of a factor, 24 runs, 1 s.d.": share_of(3, 1.0),
    "difference of shares, 24 runs, both none": difference_of(3, 0.0, 0.0),
    "difference of shares, 24 runs, both 1 s.d.": difference_of(3, 1.0, 1.0),
    "difference of shares, 24 runs, both 3 s.d.": difference_of(3, 3.0, 3.0),
    "difference of shares, 8 runs, both 3 s.d.": difference_of(1, 3.0, 3.0),
    "difference of shares, 24 runs, 3 s.d. and 1": difference_of(3, 3.0, 1.0),
    "larger sooner, 3 runs a size, none": sooner_of(3, 0.0),
    "larger sooner, 6 runs a size, none": sooner_of(6, 0.0),
    "larger sooner, 6 runs a size, half the steps": sooner_of(6, -0.7),
    "dimension with loss, 8 kinds of 3 seeds, none": correlation_of(8, 3, 0.0, by_kind=True),
    "the same, runs counted one by one": correlation_of(8, 3, 0.0, by_kind=False),
    "dimension with loss, 8 kinds of 3 seeds, shared": correlation_of(8, 3, 3.0, by_kind=True),
    "dimension with loss, 24 kinds of 1 seed, none": correlation_of(24, 1, 0.0, by_kind=True),
}


def main() -> None:
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    print("| runs | p < .05 | interval holds the effect |\n|---|---|---|")
    for name, draw in DESIGNS.items():
        drawn = [draw(np.random.default_rng([seed, 7]), seed) for seed in range(simulations)]
        held = [is_held for _, is_held in drawn if is_held is not None]
        covered = f"{np.mean(held):.3f}" if held else ""
        print(f"| {name} | {np.mean([p < 0.05 for p, _ in drawn]):.3f} | {covered} |", flush=True)


if __name__ == "__main__":
    main()
