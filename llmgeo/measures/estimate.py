"""The answer of a cloud measure: a number, how sure it is, and whether it may be trusted.

A measure that cannot be trusted on its input answers with its status and nan; nothing falls back in silence. One status
warns and keeps the value: "no_plateau". Knows nothing about how any number is computed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch

from llmgeo.escape import literal, markup
from llmgeo.measures.status import OK, USABLE

ROWS = 40
"""Estimates of a batch that a notebook shows."""


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        rows = self._rows()
        if np.ndim(self.status) == 0:
            _, value, error, unique, status = rows[0]
            return f"Estimate({_number(value, error)}, n={self.n}, n_unique={unique}, {literal(status)})"
        known = [value for _, value, *_ in rows if np.isfinite(value)]
        span = f"from {min(known):.4g} to {max(known):.4g}" if known else "not one of them measured"
        counts = Counter(status for *_, status in rows)
        said = ", ".join(f"{count} {literal(status)}" for status, count in counts.most_common())
        return f"Estimate({list(np.shape(self.status))} values {span}; {said}; n={self.n})"

    def _repr_html_(self) -> str:
        rows = self._rows()
        body = "".join(
            f"<tr><th>{', '.join(map(str, index))}</th><td>{markup(_number(value, error))}</td><td>{unique}</td>"
            f"<td>{markup(status)}</td></tr>"
            for index, value, error, unique, status in rows[:ROWS]
        )
        more = f"<p>… and {len(rows) - ROWS:,} more</p>" if len(rows) > ROWS else ""
        head = "<tr><th></th><th>value ± standard error</th><th>n unique</th><th>status</th></tr>"
        return f"<table><caption>Estimate, n = {self.n}</caption>{head}{body}</table>{more}"

    def _rows(self) -> list[tuple[tuple[int, ...], float, float, int, str]]:
        """Index, value, standard error, n_unique and status of every cloud of the batch."""
        parts = (self.value, self.standard_error, self.n_unique, self.status)
        arrays = [part.detach().cpu().numpy() if isinstance(part, torch.Tensor) else np.asarray(part) for part in parts]
        return [
            (index, float(arrays[0][index]), float(arrays[1][index]), int(arrays[2][index]), str(arrays[3][index]))
            for index in np.ndindex(arrays[3].shape)
        ]


def _number(value: float, error: float) -> str:
    if not np.isfinite(value):
        return "no value"
    return f"{value:.4g} ± {error:.2g}" if np.isfinite(error) else f"{value:.4g}"
