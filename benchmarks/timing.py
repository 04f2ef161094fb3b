"""Median ratios of alternating runs: the only timing that survives a shared, noisy machine. Knows nothing of models."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def alternate(
    contenders: dict[str, Callable[[], object]],
    rounds: int,
    warm_up: bool = True,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Seconds of each contender, round by round; the order turns round every time, after one round of warm-up.

    Args:
        clock: `time.process_time` counts the process's own work alone, on a machine that has other work.
    """
    for run in contenders.values() if warm_up else ():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        order = list(contenders.items())
        for name, run in order if number % 2 else reversed(order):
            start = clock()
            run()
            seconds[name].append(clock() - start)
    return seconds


def table(seconds: dict[str, list[float]], against: str) -> str:
    """One line a contender: median seconds, and the median of its ratios to ``against`` within each round."""
    lines = [f"{'':32s} {'median s':>9s} {'ratio':>7s}   lowest and highest ratio"]
    for name, own in seconds.items():
        ratios = [a / b for a, b in zip(own, seconds[against], strict=True)]
        spread = f"{min(ratios):.2f} {max(ratios):.2f}"
        lines.append(f"{name:32s} {statistics.median(own):9.2f} {statistics.median(ratios):7.2f}   {spread}")
    return "\n".join(lines)
