"""How often something is left of an effect where other differences are equal, and nothing is there.

    python benchmarks/at_equal.py [SIMULATIONS]

Pairs differ in three plain measures that make the effect, and their errors are normal, heavy-tailed or skewed, and
larger where the pairs are further apart. Prints Markdown; docs/depth.md has it.
"""

from __future__ import annotations

import sys

import numpy as np

from llmgeo.statistics.at_equal import at_equal

ERRORS = {
    "normal": lambda generator, count: generator.normal(size=count),
    "t of 4": lambda generator, count: generator.standard_t(4, size=count) / np.sqrt(2),
    "skewed": lambda generator, count: (generator.lognormal(0, 1, size=count) - np.exp(0.5)) / 2.16,
}
COUNTS = (16, 79, 200)


def pairs(generator: np.random.Generator, count: int, errors: str, spreads: bool, effect: float) -> tuple:
    others = generator.normal(0.5, 1, size=(count, 3))
    size = 0.5 + np.abs(others[:, 0]) if spreads else 1.0
    return effect + others @ [0.6, 0.3, 0.0] + size * ERRORS[errors](generator, count), others


def main() -> None:
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print("| pairs | errors | spread | nothing left: p < .05 | 1 left: p < .05 |\n|---|---|---|---|---|")
    for count in COUNTS:
        for errors in ERRORS:
            for spreads in (False, True):
                rates = []
                for effect in (0.0, 1.0):
                    draws = (np.random.default_rng([seed, count, int(effect)]) for seed in range(simulations))
                    p = [at_equal(*pairs(draw, count, errors, spreads, effect)).p for draw in draws]
                    rates.append(f"{np.mean(np.array(p) < 0.05):.3f}")
                print(f"| {count} | {errors} | {'by pair' if spreads else 'equal'} | {' | '.join(rates)} |", flush=True)


if __name__ == "__main__":
    main()
