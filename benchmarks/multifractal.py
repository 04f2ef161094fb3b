"""False alarms and power of the multifractal test: python benchmarks/multifractal.py [SERIES] [LENGTH]

SERIES (200) series each of three laws without any multifractality; then cascades of growing length. Figures of a run
stand in docs/multifractals.md.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from llmgeo.measures.series.fluctuations import fluctuations
from llmgeo.nulls.series import iaaft, phase_randomised_series, shuffled_series
from llmgeo.statistics.multifractality import cascade

SURROGATES = 39


def autoregression(random: np.random.Generator, length: int) -> np.ndarray:
    values = np.zeros(length)
    noise = random.normal(size=length)
    for at in range(1, length):
        values[at] = 0.8 * values[at - 1] + noise[at]
    return values


LAWS = {
    "Student t(2.5)": lambda random, length: random.standard_t(2.5, size=length),
    "lognormal": lambda random, length: np.exp(random.normal(size=length)),
    "AR(1), 0.8": autoregression,
}


def is_found(values: np.ndarray, draw, random: np.random.Generator) -> bool:
    """Whether the series is wider than all but one in twenty of its surrogates."""
    own = fluctuations(values).width
    wider = sum(not fluctuations(draw(values, random)).width < own for _ in range(SURROGATES))
    return (1 + wider) / (1 + SURROGATES) < 0.05


def main(count: int, length: int) -> None:
    print(f"share called multifractal at p < .05, series of {length:,}, {SURROGATES} surrogates")
    few = count // 4
    kinds = {"iaaft": (iaaft, count), "phase": (phase_randomised_series, few), "shuffle": (shuffled_series, few)}
    for kind, (draw, of) in kinds.items():
        for name, law in LAWS.items():
            random, start = np.random.default_rng(0), time.process_time()
            found = sum(is_found(law(random, length), draw, random) for _ in range(of))
            print(
                f"{name:16} {kind:8} {found / of:.3f} ({found} of {of}; {time.process_time() - start:.0f} s)",
                flush=True,
            )
    for long in (1024, 4096):
        for name in ("cascade, p = .3", "noise whose size is one"):
            random, hits = np.random.default_rng(long), 0
            for _ in range(20):
                values = cascade(long, random)
                hits += is_found(values if "p =" in name else values**0.5 * random.normal(size=long), iaaft, random)
            print(f"{name}, {long:,}: iaaft finds {hits} of 20", flush=True)


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(*given, *(200, 1024)[len(given) :])
