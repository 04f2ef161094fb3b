"""How often a contrast's p is at most 0.05 where there is no difference, and where there is one: by design, by prompts.

    python benchmarks/level.py [--simulations 2000] [--prompts 8 16 32 100] [--designs ...] [--power | --scales]

Every simulation is a column of one table, so a cell is one call. Prints Markdown; docs/statistics.md has the tables.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from scipy import stats

from llmgeo.statistics import auc_contrast

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


class Design:
    """Which samples a prompt has, how values spread, and what shifts group a.

    Args:
        of_a, of_b: samples of a prompt on each side.
        apart: whether the sides come from different prompts, half of them each.
        icc: share of the variance that the samples of a prompt have in common.
        interaction: standard deviation of what a prompt does to one side against the other.
        wide: how many times wider side a is than side b.
        few: whether five prompts, or 15 %, have one to three samples on side a, and all the rest is b: loops.
    """

    def __init__(self, of_a=1, of_b=1, *, apart=False, icc=0.5, interaction=0.0, wide=1.0, few=False,
                 draw: Draw | None = None, rounded=False):  # fmt: skip
        self.of_a, self.of_b, self.apart, self.icc = of_a, of_b, apart, icc
        self.interaction, self.wide, self.few, self.rounded = interaction, wide, few, rounded
        self.draw = draw or (lambda generator, shape: generator.standard_normal(shape))

    def samples(self, prompts: int) -> tuple[np.ndarray, np.ndarray]:
        """Prompt and side of every sample."""
        if self.few:
            codes, group = np.repeat(np.arange(prompts), 3), np.zeros(3 * prompts, dtype=bool)
            for prompt in range(max(5, round(0.15 * prompts))):
                group[3 * prompt : 3 * prompt + 1 + prompt % 3] = True
            return codes, group
        if self.apart:
            in_a = np.arange(prompts) < prompts / 2
            codes = np.repeat(np.arange(prompts), np.where(in_a, self.of_a, self.of_b))
            return codes, in_a[codes]
        sides = [True] * self.of_a + [False] * self.of_b
        return np.repeat(np.arange(prompts), len(sides)), np.tile(sides, prompts)

    def values(self, codes: np.ndarray, group: np.ndarray, count: int, auc: float, seed: int) -> np.ndarray:
        generator = np.random.default_rng(seed)
        prompts = codes.max() + 1
        values = np.sqrt(self.icc) * self.draw(generator, (prompts, count))[codes]
        values += np.sqrt(1 - self.icc) * self.draw(generator, (len(codes), count))
        side = np.where(group, 1.0, -1.0)[:, None]
        values += self.interaction / 2 * side * generator.standard_normal((prompts, count))[codes]
        values *= np.where(group, self.wide, 1.0)[:, None]
        spread = np.sqrt(1 + self.interaction**2 / 4) * np.sqrt(1 + self.wide**2)
        values += group[:, None] * stats.norm.ppf(auc) * spread
        return np.round(values) if self.rounded else values


def _heavy(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return generator.standard_t(1.5, shape)


DESIGNS = {
    "1 against 1": Design(1, 1),
    "1 against 3": Design(1, 3),
    "3 against 3": Design(3, 3),
    "other prompts, 1 against 1": Design(1, 1, apart=True, icc=0.0),
    "other prompts, 1 against 3": Design(1, 3, apart=True, icc=0.7),
    "other prompts, 3 against 3": Design(3, 3, apart=True),
    "prompt × side effect, 3 against 3": Design(3, 3, interaction=2.0),
    "prompt × side effect, 1 against 3": Design(1, 3, interaction=2.0),
    "sd × 3, 1 against 1": Design(1, 1, wide=3.0),
    "sd × 3, 1 against 3": Design(1, 3, icc=0.0, wide=3.0),
    "sd × 3, other prompts": Design(1, 1, apart=True, icc=0.0, wide=3.0),
    "sd × 3, other prompts, 1 against 3": Design(1, 3, apart=True, wide=3.0),
    "heavy tails": Design(1, 3, draw=_heavy),
    "ICC .95": Design(1, 3, icc=0.95),
    "ICC .95, other prompts": Design(3, 3, apart=True, icc=0.95),
    "ties": Design(1, 3, rounded=True),
    "loops in few prompts": Design(few=True),
    "loops in few prompts, sd × 3": Design(few=True, wide=3.0),
}

POWER = ("1 against 1", "3 against 3", "other prompts, 1 against 1", "loops in few prompts")


def share_below(
    design: Design, prompts: int, simulations: int, auc: float = 0.5, level: float = 0.05
) -> tuple[float, float]:
    """Of how many simulations p <= level, and of how many the design has no p at all."""
    codes, group = design.samples(prompts)
    values = design.values(codes, group, simulations, auc, seed=prompts)
    p = auc_contrast(values, group, codes).p
    return float((p <= level).mean()), float(np.isnan(p).mean())


def table(designs: list[str], prompts: list[int], simulations: int, auc: float) -> None:
    print("| design | " + " | ".join(f"{count} prompts" for count in prompts) + " |")
    print("|---" * (len(prompts) + 1) + "|")
    for name in designs:
        cells = []
        for count in prompts:
            share, untested = share_below(DESIGNS[name], count, simulations, auc)
            cells.append("no p" if untested == 1 else f"{share:.3f}" + (f" ({untested:.0%} no p)" if untested else ""))
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


SCALES = 5


def share_decided(prompts: int, simulations: int, alike: float, without: int) -> tuple[float, float]:
    """Of how many simulations a claim over scales is decided, and of how many one of its scales by itself would be.

    Args:
        alike: correlation of a text's values between the scales.
        without: scales without any difference. At the others the sides lie so far apart that p is as small as it gets:
            they never keep a claim from being supported, and always from being contradicted.
    """
    codes, group = DESIGNS["1 against 1"].samples(prompts)
    generator = np.random.default_rng(prompts)
    shared = generator.standard_normal((len(codes), simulations))
    higher, lower, clear = (np.zeros((without, simulations), dtype=bool) for _ in range(3))
    for scale in range(without):
        values = np.sqrt(alike) * shared + np.sqrt(1 - alike) * generator.standard_normal(shared.shape)
        contrast = auc_contrast(values, group, codes)
        clear[scale] = contrast.p <= 0.05
        higher[scale], lower[scale] = (clear[scale] & side for side in (contrast.auc > 0.5, contrast.auc < 0.5))
    is_decided = higher.all(0) | (lower.all(0) & (without == SCALES))
    return float(is_decided.mean()), float(clear.any(0).mean())


def table_of_scales(prompts: list[int], simulations: int) -> None:
    print(
        f"Share of {simulations:,} simulations in which a claim over {SCALES} scales is decided, in brackets by one\n"
    )
    print("| scales without a difference | correlation | " + " | ".join(f"{count} prompts" for count in prompts) + " |")
    print("|---" * (len(prompts) + 2) + "|")
    for without, alike in ((1, 0.0), (2, 0.5), (2, 0.9), (SCALES, 0.5), (SCALES, 0.9), (SCALES, 0.99)):
        shares = [share_decided(count, simulations, alike, without) for count in prompts]
        cells = " | ".join(f"{decided:.3f} ({one:.3f})" for decided, one in shares)
        print(f"| {without} of {SCALES} | {alike if without > 1 else ''} | {cells} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--prompts", type=int, nargs="+", default=[8, 16, 32, 100])
    parser.add_argument("--designs", nargs="+", default=list(DESIGNS))
    parser.add_argument("--power", action="store_true", help="with a difference: AUC .6, .7 and .8")
    parser.add_argument("--scales", action="store_true", help="a claim on a dimension, over its scales")
    options = parser.parse_args()
    if options.scales:
        return table_of_scales(options.prompts, options.simulations)
    for auc in (0.6, 0.7, 0.8) if options.power else (0.5,):
        print(f"\nAUC {auc}: share of {options.simulations:,} simulations with p <= 0.05\n")
        designs = [name for name in options.designs if not options.power or name in POWER]
        table(designs, options.prompts, options.simulations, auc)


if __name__ == "__main__":
    main()
