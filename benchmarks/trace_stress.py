"""How often the interval of a difference of stress holds the truth, and how often a difference is said by chance.

    python benchmarks/trace_stress.py [SIMULATIONS]

Texts are made up: for each, the distances of the checkpoints of a few runs, of trainings and of straight ways beside
them. A text's distances are those of points on curves from one beginning to each run's end; how far the curves bulge,
and how large the text's distances are, differ from text to text, and trainings share a part of that with the straight
ways. The truth is the difference of stress of the mean distances over 5,000 texts. Prints Markdown; docs/trace.md has
it.
"""

from __future__ import annotations

import sys

import numpy as np

from llmgeo.experiments.trace.stress import FEWEST_TEXTS, over_texts
from llmgeo.measures.distributions.inpca import explained_stress, inpca

RUNS, POINTS, WIDTH, AXES = 4, 8, 12, 3
TRUTH_TEXTS = 5_000


def curves(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Straight ways [runs × points, width] from one beginning to each run's end, and how trainings bulge."""
    generator = np.random.default_rng(seed)
    along = np.linspace(0, 1, POINTS)[:, None]
    ends = generator.normal(size=(1, WIDTH)) * 2 + generator.normal(size=(RUNS, WIDTH)) * 0.5
    straight = np.concatenate([along * end for end in ends])
    bulge = np.concatenate([np.sin(np.pi * along) * each for each in generator.normal(size=(RUNS, WIDTH))])
    return straight, bulge


def sums(
    generator: np.random.Generator, texts: int, bulge: float, spread: float, paths: tuple[np.ndarray, np.ndarray]
) -> list[np.ndarray]:
    """[texts, m, m] squared distances of trainings, and of straight ways, text by text."""
    straight, aside = paths
    size = np.exp(generator.normal(0, spread, size=texts))
    by = bulge * (1 + 0.5 * generator.normal(size=texts))
    noise = generator.normal(size=(3, texts, *straight.shape)) * 0.2
    found = []
    for which, part in enumerate((by, np.zeros(texts))):
        points = straight + part[:, None, None] * aside + noise[0] + noise[1 + which]
        squares = np.square(points).sum(-1)
        apart = squares[:, :, None] + squares[:, None] - 2 * points @ points.transpose(0, 2, 1)
        apart[:, np.arange(len(straight)), np.arange(len(straight))] = 0.0
        found.append(size[:, None, None] * np.maximum(apart, 0.0))
    return found


def stress_difference(each: list) -> float:
    return explained_stress(each[0], AXES) - explained_stress(each[1], AXES)


def truth(bulge: float, spread: float, paths: tuple[np.ndarray, np.ndarray]) -> float:
    generator = np.random.default_rng(53)
    totals = [0.0, 0.0]
    for _ in range(TRUTH_TEXTS // 500):
        totals = [
            total + part.sum(0) for total, part in zip(totals, sums(generator, 500, bulge, spread, paths), strict=True)
        ]
    return stress_difference([inpca(total / TRUTH_TEXTS) for total in totals])


def simulate(texts: int, bulge: float, spread: float, simulations: int) -> tuple[float, float, float, float]:
    """Coverage, share of p below .05, median width and the true difference."""
    paths, generator = curves(7), np.random.default_rng([texts, 59])
    true = truth(bulge, spread, paths)
    counts = np.full(texts, 16)
    found = [
        over_texts(stress_difference, [16 * part for part in sums(generator, texts, bulge, spread, paths)], counts)
        for _ in range(simulations)
    ]
    covered = np.mean([each.low <= true <= each.high for each in found])
    said = np.mean([each.p < 0.05 for each in found])
    return float(covered), float(said), float(np.median([each.high - each.low for each in found])), true


def main(simulations: int) -> None:
    print("| texts | distances of texts | bulge | true difference | interval holds it | p < .05 | width |")
    print("|---|---|---|---|---|---|---|")
    for spread, words in ((0.3, "alike"), (1.0, "very unlike")):
        for bulge in (0.0, 0.3, 1.0):
            for texts in (FEWEST_TEXTS, 12, 32):
                covered, said, width, true = simulate(texts, bulge, spread, simulations)
                row = f"| {texts} | {words} | {bulge:g} | {true:+.4f} | {covered:.3f} | {said:.3f} | {width:.4f} |"
                print(row, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
