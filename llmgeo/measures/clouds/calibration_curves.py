"""The reference curves of the usual estimators, computed once and kept beside this file.

A curve is some 50 ms of quadrature, and a run meets clouds of many sizes. Knows the curves by name; how they are
computed is `calibration`'s business, and so is every curve that is not here. After a change of the reference,
`python benchmarks/write_calibration_curves.py` writes the file anew; a test compares it with the quadrature.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

TABLE = Path(__file__).with_name("calibration_curves.npz")

USUAL: tuple[tuple[str, float | tuple[int, int]], ...] = (
    ("two_nn", 0.9),
    *(("gride", (n1, 2 * n1)) for n1 in (1, 2, 4, 8, 16, 32, 64)),
)
FIRST_STEP, LAST_STEP = 8, 64
"""N = 2^(step/4): 4 to 65,536 points."""


def stored_curve(kind: str, parameter: object, step: int) -> np.ndarray | None:
    """log of the value read at every one of `calibration.DIMENSIONS`; None where the curve is not stored.

    >>> stored_curve("two_nn", 0.9, 28).shape, stored_curve("mle", 20, 28)
    ((42,), None)
    """
    if (kind, parameter) not in USUAL or not FIRST_STEP <= step <= LAST_STEP:
        return None
    return _table()[curve_name(kind, parameter)][step - FIRST_STEP].astype(np.float64)


@lru_cache(maxsize=1)
def _table() -> dict[str, np.ndarray]:
    with np.load(TABLE, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def curve_name(kind: str, parameter: object) -> str:
    """What a curve is called in the file."""
    return f"{kind} {parameter}"
