"""The answer of a cloud measure: a number, how sure it is, and whether it may be trusted.

A measure that cannot be trusted on its input answers with its status and nan; nothing falls back in silence. One status
warns and keeps the value: "no_plateau". Knows nothing about how any number is computed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from llmgeo.status import OK, USABLE


@dataclass(frozen=True)
class Estimate:
    """One estimate per cloud of a batch.

    Attributes:
        value: [...] float64, nan where `status` is neither "ok" nor "no_plateau".
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
        """Whether nothing at all is to be said against a value: bool for one cloud, numpy bool array for a batch."""
        return self.status == OK

    @property
    def usable(self) -> bool | np.ndarray:
        """Whether there is a value: "ok", or "no_plateau", where it holds at its own scale only."""
        usable = np.isin(self.status, USABLE)
        return usable if usable.ndim else bool(usable)
