"""Which estimates were not trusted, and why. Knows the column `status` of the estimates, nothing of their values."""

from dataclasses import dataclass

import pandas as pd

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

    >>> table = pd.DataFrame({"measure": ["two_nn"] * 3, "status": ["ok", "degenerate_cloud", "ok"]})
    >>> count_refused(table)
    (Refused(measure='two_nn', reason='too few distinct points (a loop)', count=1, tried=3),)
    """
    tried = estimates.groupby("measure", sort=False).size()
    refused = estimates[estimates["status"] != "ok"].groupby(["measure", "status"], sort=False).size()
    return tuple(
        Refused(str(measure), words.reason(str(status)), int(count), int(tried[measure]))
        for (measure, status), count in refused.items()
    )
