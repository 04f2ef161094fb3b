"""The claims of all questions, decided together: q depends on how many there are. Knows tests; no question."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from llmgeo.statistics.claim_test import ClaimTest
from llmgeo.statistics.verdict import claim_frame, decide


def claim_table(tests: Sequence[ClaimTest]) -> pd.DataFrame:
    """One row a claim, with the columns of `statistics.verdict.COLUMNS`."""
    return claim_frame(decide(tests))
