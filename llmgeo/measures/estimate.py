"""The answer of a cloud measure: a number, how sure it is, and whether it may be trusted.

A measure that cannot be trusted on its input answers with its status and nan; nothing falls back in silence. One status
warns and keeps the value: "no_plateau". Knows nothing about how any number is computed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from llmgeo.errors import NumberOfEstimatesError
from llmgeo.escape import literal, markup
from llmgeo.measures.status import OK, USABLE

ROWS = 40
"""Estimates of a batch that a notebook shows."""


@dataclass(frozen=True, repr=False)
class Estimate:
    """One estimate per cloud of a batch.

    It does what an array does: `float(estimate)` is the value of one cloud, `numpy.asarray(estimate)` all values,
    `len(estimate)` and `estimate[3]` go along the first axis of a batch (the layers, of `trajectory.states`). A refused
    value is nan in all of them, as a missing number is in numpy and pandas; `status` says why.

    Attributes:
        value: [...] float64, nan where `status` is neither "ok" nor "no_plateau".
        standard_error: [...] float64, nan where it is not known.
        n: points in each cloud, as given.
        n_unique: [...] int64, points left after duplicates were merged.
        status: "ok" or the reason; one string for one cloud, a numpy array of strings for a batch.

    Arrays are torch tensors for torch input and numpy arrays for anything else.

    >>> from llmgeo.measures import two_nn
    >>> estimate = two_nn(np.random.default_rng(0).normal(size=(31, 128, 4)))
    >>> len(estimate), np.asarray(estimate).shape, round(float(estimate[3]), 1)
    (31, (31,), 4.1)
    >>> float(estimate)
    Traceback (most recent call last):
      ...
    llmgeo.errors.NumberOfEstimatesError: These are 31 estimates; estimate[0] is the first, numpy.asarray(estimate) ...
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

    def __float__(self) -> float:
        """The value of one cloud; nan where it was refused. Raises NumberOfEstimatesError for a batch."""
        if np.ndim(self.status):
            raise NumberOfEstimatesError(
                f"These are {np.size(self.status)} estimates; estimate[0] is the first, numpy.asarray(estimate) all."
            )
        return float(self.value)

    def __array__(self, dtype: object = None, copy: bool | None = None) -> np.ndarray:
        """The values [...], nan where they were refused."""
        values = _numpy(self.value)
        return np.array(values, dtype=dtype) if copy else np.asarray(values, dtype=dtype)

    def __len__(self) -> int:
        return len(self._batch())

    def __getitem__(self, index: object) -> Estimate:
        """The estimates at an index of the batch, as numpy takes it."""
        status = self._batch()[index]
        return Estimate(
            value=self.value[index],
            standard_error=self.standard_error[index],
            n=self.n,
            n_unique=self.n_unique[index],
            status=status if np.ndim(status) else str(status),
        )

    def __iter__(self) -> Iterator[Estimate]:
        return (self[place] for place in range(len(self)))

    def __bool__(self) -> bool:
        raise NumberOfEstimatesError("An estimate is neither true nor false; ask estimate.ok, or estimate.usable.")

    def _batch(self) -> np.ndarray:
        """The statuses of a batch. Raises NumberOfEstimatesError where there is one cloud."""
        if np.ndim(self.status) == 0:
            raise NumberOfEstimatesError("This is one estimate, and no batch; float(estimate) is its value.")
        return np.asarray(self.status)

    def __repr__(self) -> str:
        rows = self._rows()
        if np.ndim(self.status) == 0:
            _, value, error, unique, status = rows[0]
            return f"Estimate({_number(value, error)}, n={self.n}, n_unique={unique}, {literal(status)})"
        known = sorted((value, error) for _, value, error, *_ in rows if np.isfinite(value))
        span = f"from {_number(*known[0])} to {_number(*known[-1])}" if known else "not one of them measured"
        return f"Estimate({list(np.shape(self.status))} values {span}; {statuses(self.status)}; n={self.n})"

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
        arrays = [_numpy(part) for part in parts]
        return [
            (index, float(arrays[0][index]), float(arrays[1][index]), int(arrays[2][index]), str(arrays[3][index]))
            for index in np.ndindex(arrays[3].shape)
        ]


def statuses(status: str | np.ndarray) -> str:
    """How many clouds of a batch have which status.

    >>> statuses(np.array(["ok", "constant", "ok"]))
    '2 ok, 1 constant'
    """
    counts = Counter(np.ravel(status).tolist())
    return ", ".join(f"{count} {literal(each)}" for each, count in counts.most_common())


def _numpy(part: object) -> np.ndarray:
    return part.detach().cpu().numpy() if isinstance(part, torch.Tensor) else np.asarray(part)


def _number(value: float, error: float) -> str:
    if not np.isfinite(value):
        return "no value"
    return f"{value:.4g} ± {error:.2g}" if np.isfinite(error) else f"{value:.4g}"
