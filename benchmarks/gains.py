"""How often a measure is said to be better than the strongest baseline, no better, or not told apart from it.

    python benchmarks/gains.py [--simulations 400]

Texts of a prompt and numbers of a text go together (correlation 0.5 each). Prints Markdown; docs/statistics.md has it.
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np
from scipy import stats

from llmgeo.statistics import Contrasts, auc_contrast
from llmgeo.statistics.beside_baselines import BETTER, NO_BETTER, NOT_TOLD_APART, outcome

CASES = {
    "1 measure .80, 1 baseline .80": ([0.8], [0.8]),
    "1 measure .80, 3 baselines .80": ([0.8], [0.8] * 3),
    "1 measure .90, 3 baselines .80": ([0.9], [0.8] * 3),
    "1 measure .95, 3 baselines .75": ([0.95], [0.75] * 3),
    "1 measure .60, 3 baselines .90": ([0.6], [0.9] * 3),
    "310 measures .80, 3 baselines .80": ([0.8] * 310, [0.8] * 3),
    "310 measures .95, 3 baselines .75": ([0.95] * 310, [0.75] * 3),
}


def simulate(measures: list[float], baselines: list[float], prompts: int, generator: np.random.Generator) -> Contrasts:
    group, codes = np.tile([True, False], prompts), np.repeat(np.arange(prompts), 2)
    areas = np.array([*measures, *baselines])
    shape = (2 * prompts, len(areas))
    values = np.sqrt(0.5) * generator.standard_normal((2 * prompts, 1)) + np.sqrt(0.5) * generator.standard_normal(
        shape
    )
    values[group] += np.sqrt(2) * stats.norm.ppf(areas)
    count = len(measures)
    return auc_contrast(values[:, :count], group, codes, baselines=values[:, count:], n_permutations=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=400)
    parser.add_argument("--prompts", type=int, nargs="+", default=[8, 32, 100])
    options = parser.parse_args()
    outcomes = (BETTER, NOT_TOLD_APART, NO_BETTER)
    print(
        "| truth (AUC) | prompts | " + " | ".join(outcomes) + " | interval holds the true gain | higher by the look |"
    )
    print("|---" * 7 + "|")
    for name, (measures, baselines) in CASES.items():
        for prompts in options.prompts:
            generator = np.random.default_rng(prompts)
            counts, covered, glances = Counter(), 0, 0
            truth = max(measures) - max(baselines)
            for _ in range(options.simulations):
                contrast = simulate(measures, baselines, prompts, generator)
                is_one = len(measures) == 1
                low = (contrast.gain_low if is_one else contrast.best_gain_low).max()
                high = contrast.gain_high.max()
                counts[outcome(low, high)] += 1
                covered += low <= truth <= high
                glances += contrast.gain.max() > 0
            shares = [counts[word] / options.simulations for word in outcomes]
            last = covered / options.simulations, glances / options.simulations
            print(
                f"| {name} | {prompts} | " + " | ".join(f"{share:.3f}" for share in (*shares, *last)) + " |", flush=True
            )


if __name__ == "__main__":
    main()
