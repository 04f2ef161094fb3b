"""How often the intervals of `llmgeo.statistics.two_way` hold, where directions and texts are both drawn.

`python benchmarks/two_way_intervals.py`: tables whose rows, columns and cells vary, and the log ratio of two means of
tables that share their rows and columns, as two models' curvatures do. Prints coverage of the 95 % interval and how
often p < .05 where there is no effect.
"""

import argparse

import numpy as np

from llmgeo.statistics.trimmed import trimmed_mean
from llmgeo.statistics.two_way import two_way


def mean_of(table):
    return lambda rows, columns: float(table[np.ix_(rows, columns)].mean())


def log_ratio_of(a, b):
    """As claims on curvature have it: of the means that most texts have."""
    return lambda rows, columns: float(
        np.log(trimmed_mean(a[np.ix_(rows, columns)].mean(0)) / trimmed_mean(b[np.ix_(rows, columns)].mean(0)))
    )


def drawn(generator, rows, columns, spreads):
    of_rows, of_columns, of_cells = spreads
    return (
        of_rows * generator.normal(size=(rows, 1))
        + of_columns * generator.normal(size=(1, columns))
        + of_cells * generator.normal(size=(rows, columns))
    )


def simulate(draws, rows, columns, spreads, seed):
    generator = np.random.default_rng(seed)
    holds = false = 0
    for _ in range(draws):
        found = two_way(mean_of(drawn(generator, rows, columns, spreads)), rows, columns)
        holds += found.low <= 0 <= found.high
        false += found.p < 0.05
    return holds / draws, false / draws


def simulate_ratio(draws, rows, columns, spreads, skew, seed):
    """Two models of one mean curvature, log-normal over texts and directions, that share half of what varies."""
    generator = np.random.default_rng(seed)
    holds = false = 0
    for _ in range(draws):
        shared = drawn(generator, rows, columns, spreads)
        a, b = (np.exp(skew * (shared + drawn(generator, rows, columns, spreads))) for _ in range(2))
        found = two_way(log_ratio_of(a, b), rows, columns)
        holds += found.low <= 0 <= found.high
        false += found.p < 0.05
    return holds / draws, false / draws


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    draws = parser.parse_args().draws
    print("mean of a table; deviations of rows, columns, cells")
    for rows, columns in ((3, 8), (3, 32), (5, 32)):
        for spreads in ((1, 1, 1), (1, 0, 1), (0, 1, 1), (0, 0, 1), (0.2, 1, 1)):
            holds, false = simulate(draws, rows, columns, spreads, 0)
            print(f"{rows} x {columns:2d}  {spreads!s:14}  covers {holds:.3f}  p < .05 {false:.3f}")
    print("log ratio of two trimmed means; log-normal")
    for rows, columns in ((3, 8), (3, 32)):
        for spreads in ((1, 1, 1), (0.2, 1, 1)):
            for skew in (0.3, 1.0, 2.0):
                holds, false = simulate_ratio(draws, rows, columns, spreads, skew, 0)
                print(f"{rows} x {columns:2d}  {spreads!s:14}  {skew}  covers {holds:.3f}  p < .05 {false:.3f}")
