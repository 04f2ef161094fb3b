"""The answer of a cloud measure: a number, how sure it is, and whether it may be trusted.

A measure that cannot be trusted on its input answers with its status and nan; nothing falls back in silence. Knows
nothing about how any number is computed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

OK = "ok"
TOO_FEW_POINTS = "too_few_points"  # the cloud was too small to begin with
DEGENERATE_CLOUD = "degenerate_cloud"  # enough points, but too few distinct ones: a loop
CONSTANT = "constant"  # every point is the same point
OUTSIDE_CALIBRATION = "outside_calibration"  # beyond the range where the estimator's bias is known
NO_PLATEAU = "no_plateau"  # the value depends on the scale it is read at


@dataclass(frozen=True)
class Estimate:
    """One estimate per cloud of a batch.

    Attributes:
        value: [...] float64, nan where `status` is not "ok" unless the status says otherwise.
        standard_error: [...] float64, nan where it is not known.
        n: points in each cloud, as given.
        n_unique: [...] int64, points left after duplicates were merged.
        status: "ok" or the reason; one string for one cloud, a numpy array of strings for a batch.

    Arrays are torch tensors for torch input and numpy arrays for anything else.
    """

    value: torch.Tensor | np.ndarray
    standard_error: torch.Tensor | np.ndarray
    n: int
    n_unique: torch.Tensor | np.ndarray
    status: str | np.ndarray

    @property
    def ok(self) -> bool | np.ndarray:
        """Whether each value may be used: bool for one cloud, a numpy bool array for a batch."""
        return self.status == OK
