"""How often intervals of means hold the truth, and tests of means keep their level, where the truth is known.

    python benchmarks/intervals.py [means|paired|rounding] [--simulations 4000]

`means`: coverage of `mean_interval` beside that of Student's t on the prompts' own means, and its width against
Student's. `paired`: how often `paired_contrast` says p < .05 of differences whose mean is zero, beside the sign flips
alone. `rounding`: how many further draws the noise floor of a comparison holds, beside the interval over the prompts of
one draw. Every simulation is a column of one table. The tables of
docs/statistics.md were printed by this.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from scipy import stats

from llmgeo.statistics import mean_interval, paired_contrast
from llmgeo.statistics.noise_draws import draw_means, noise_interval
from llmgeo.statistics.prompt_table import prompt_sums
from llmgeo.statistics.sign_flips import sign_flip_p

PROMPTS = (5, 8, 16, 32, 100)

Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]

SHAPES: dict[str, tuple[Draw, float]] = {
    "normal": (lambda random, size: random.normal(size=size), 0.0),
    "Student's t, 3 degrees": (lambda random, size: random.standard_t(3, size=size), 0.0),
    "normal, a tenth × 5": (
        lambda random, size: random.normal(size=size) * random.choice([1, 5], size, p=[0.9, 0.1]),
        0.0,
    ),
    "normal, a tenth + 5": (
        lambda random, size: random.normal(size=size) + random.choice([0, 5], size, p=[0.9, 0.1]),
        0.5,
    ),
    "beta(0.5, 3)": (lambda random, size: random.beta(0.5, 3, size), 0.5 / 3.5),
    "exponential": (lambda random, size: random.exponential(size=size), 1.0),
    "lognormal, σ 0.5": (lambda random, size: random.lognormal(0, 0.5, size), float(np.exp(0.125))),
    "lognormal, σ 1": (lambda random, size: random.lognormal(0, 1, size), float(np.exp(0.5))),
    "Poisson, mean 1": (lambda random, size: random.poisson(1, size).astype(float), 1.0),
    "0 or 1, even": (lambda random, size: random.choice([0.0, 1.0], size), 0.5),
    "0 or 1, one in ten": (lambda random, size: random.choice([0.0, 1.0], size, p=[0.9, 0.1]), 0.1),
}
"""By name, how to draw values, and their mean."""

SAMPLES: dict[str, tuple[int, ...]] = {"1": (1,), "3": (3,), "1, 3 or 6": (1, 3, 6)}
"""Samples of each prompt, turn by turn."""

CLUSTERED = ("normal", "exponential", "lognormal, σ 1")
"""Shapes that are simulated with several samples a prompt, too: half of a value is its prompt's, half its own."""


def table_of(
    shape: str, prompts: int, samples: tuple[int, ...], columns: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Values [S, columns] and the prompt of each sample."""
    random = np.random.default_rng([seed, prompts])
    draw, _ = SHAPES[shape]
    codes = np.repeat(np.arange(prompts), np.resize(samples, prompts))
    if samples == (1,):
        return draw(random, (prompts, columns)), codes
    of_prompts = draw(random, (prompts, columns))[codes]
    return (of_prompts + draw(random, of_prompts.shape)) / 2, codes


def students(values: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % intervals of the mean with Student's t, the variance linearised where prompts have unequal numbers."""
    counts = np.bincount(codes)[:, None]
    prompts, mean = len(counts), values.mean(0)
    deviations = prompt_sums(values - mean, codes)
    error = np.sqrt(prompts / (prompts - 1) * (deviations**2).sum(0)) / counts.sum()
    reach = stats.t.ppf(0.975, prompts - 1) * error
    return mean - reach, mean + reach


def designs() -> list[tuple[str, str]]:
    return [(shape, samples) for samples in SAMPLES for shape in SHAPES if samples == "1" or shape in CLUSTERED]


def header(first: str, cells: tuple[int, ...] = PROMPTS) -> None:
    print(f"| {first} | samples | " + " | ".join(f"{number} prompts" for number in cells) + " |")
    print("|---" * (2 + len(cells)) + "|")


def means(simulations: int) -> None:
    header("values")
    for shape, samples in designs():
        truth, cells = SHAPES[shape][1], []
        for prompts in PROMPTS:
            values, codes = table_of(shape, prompts, SAMPLES[samples], simulations, seed=0)
            own = mean_interval(values, codes)
            low, high = students(values, codes)
            covered = np.mean((own.low <= truth) & (truth <= own.high))
            by_student = np.mean((low <= truth) & (truth <= high))
            wider = np.mean(own.high - own.low) / np.mean(high - low)
            cells.append(f"{covered:.3f} ({by_student:.3f}) × {wider:.2f}")
        print(f"| {shape} | {samples} | " + " | ".join(cells) + " |", flush=True)


def paired(simulations: int) -> None:
    header("differences", PROMPTS[1:])
    for shape, samples in designs():
        cells = []
        for prompts in PROMPTS[1:]:
            values, codes = table_of(shape, prompts, SAMPLES[samples], simulations, seed=1)
            values = values - SHAPES[shape][1]
            p = paired_contrast(values, np.zeros_like(values), codes, n_permutations=1999).p
            flipped = sign_flip_p(prompt_sums(values, codes), 1999, seed=0)
            cells.append(f"{np.mean(p < 0.05):.3f} ({np.mean(flipped < 0.05):.3f})")
        print(f"| {shape} | {samples} | " + " | ".join(cells) + " |", flush=True)


def rounding(simulations: int) -> None:
    """Draws of four prompts each; a further draw is one mean over as many prompts as all of them have."""
    ratios = (0.0, 0.25, 0.5, 1.0, 3.0)
    print("| prompts differ | draws | " + " | ".join(f"between draws {ratio:g}" for ratio in ratios) + " |")
    print("|---" * (2 + len(ratios)) + "|")
    for shape in ("normal", "lognormal, σ 1"):
        draw, truth = SHAPES[shape]
        scale = draw(np.random.default_rng(9), (100_000, 1)).std()
        for draws in (4, 8):
            cells = []
            for ratio in ratios:
                random = np.random.default_rng([draws, int(100 * ratio)])
                of_prompt, size = np.repeat(np.arange(draws), 4), (4 * draws, simulations)
                common = ratio * random.normal(size=(draws + 1, simulations))
                values = common[:draws][of_prompt] + (draw(random, size) - truth) / scale
                further = common[draws] + ((draw(random, size) - truth) / scale).mean(0)
                low, high = noise_interval(draw_means(values, of_prompt))
                alone = common[0] + (draw(random, size) - truth) / scale
                reach = stats.t.ppf(0.975, 4 * draws - 1) * stats.sem(alone)
                of_one = np.mean(np.abs(further - alone.mean(0)) <= reach)
                cells.append(f"{np.mean((low <= further) & (further <= high)):.3f} ({of_one:.3f})")
            print(f"| {shape} | {draws} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", default="means", choices=("means", "paired", "rounding"))
    parser.add_argument("--simulations", type=int, default=4000)
    arguments = parser.parse_args()
    {"means": means, "paired": paired, "rounding": rounding}[arguments.what](arguments.simulations)


if __name__ == "__main__":
    main()
