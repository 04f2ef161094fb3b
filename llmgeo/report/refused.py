"""Which estimates have no value, and why. Knows the column `status` of the estimates, nothing of their values.

An estimate without a plateau has a value, which its curve says more about: it is not among the refused. Nor are the
single scales of that curve, which are refused wherever its dimension is.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from llmgeo.measures.catalogue import SCALE_MEASURES
from llmgeo.measures.status import USABLE
from llmgeo.report import words
from llmgeo.run import Run

COLUMNS = ("measure", "status")


@dataclass(frozen=True)
class Refused:
    """How many estimates of a measure were refused for one reason, of how many that were tried."""

    measure: str
    reason: str
    count: int
    tried: int


def refused_of(run: Run) -> tuple[Refused, ...]:
    """The refused ones among the estimates that a run's results are made of. Raises as `Run.pieces`."""
    return count_refused(run.pieces("results_estimates", COLUMNS))


def count_refused(estimates: Iterable[pd.DataFrame]) -> tuple[Refused, ...]:
    """The refused ones among estimates, by measure and reason.

    Args:
        estimates: the table, in pieces.

    >>> table = pd.DataFrame({"measure": ["two_nn"] * 3, "status": ["ok", "degenerate_cloud", "no_plateau"]})
    >>> count_refused([table])
    (Refused(measure='two_nn', reason='too few distinct points (a loop)', count=1, tried=3),)
    """
    counts: Counter[tuple[str, str]] = Counter()
    for piece in estimates:
        counts.update(piece.groupby(list(COLUMNS), sort=False, observed=True).size().to_dict())
    tried: Counter[str] = Counter()
    for (measure, _), count in counts.items():
        tried[measure] += count
    return tuple(
        Refused(str(measure), words.reason(str(status)), int(count), int(tried[measure]))
        for (measure, status), count in counts.items()
        if status not in USABLE and measure not in SCALE_MEASURES
    )
