"""Which estimates have no value, and why. Knows the column `status` of the estimates, nothing of their values.

An estimate without a plateau has a value, which its curve says more about: it is not among the refused. Nor are the
single scales of that curve, which are refused wherever its dimension is.
"""

from dataclasses import dataclass

import pandas as pd

from llmgeo.measures.catalogue import SCALE_MEASURES
from llmgeo.measures.status import USABLE
from llmgeo.report import words


@dataclass(frozen=True)
class Refused:
    """How many estimates of a measure were refused for one reason, of how many that were tried."""

    measure: str
    reason: str
    count: int
    tried: int


def count_refused(estimates: pd.DataFrame) -> tuple[Refused, ...]:
    """The refused ones among a run's estimates (`run.estimates`), by measure and reason.

    >>> table = pd.DataFrame({"measure": ["two_nn"] * 3, "status": ["ok", "degenerate_cloud", "no_plateau"]})
    >>> count_refused(table)
    (Refused(measure='two_nn', reason='too few distinct points (a loop)', count=1, tried=3),)
    """
    estimates = estimates[~estimates["measure"].isin(SCALE_MEASURES)]
    tried = estimates.groupby("measure", sort=False).size()
    refused = estimates[~estimates["status"].isin(USABLE)].groupby(["measure", "status"], sort=False).size()
    return tuple(
        Refused(str(measure), words.reason(str(status)), int(count), int(tried[measure]))
        for (measure, status), count in refused.items()
    )
