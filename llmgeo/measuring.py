"""Measure one trajectory: every measure that is asked for at every layer, each beside its null.

Takes measures by their labels; what computes each, and which null belongs to it, is in the catalogue. Runs measure
their texts so, and `trajectory.summary` one text. Does not know how a text came about, or what is made of numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from llmgeo.errors import MeasureError, UsageError
from llmgeo.measures import Cloud, StatePath
from llmgeo.measures.catalogue import EVERY_MEASURE, MEASURES, Measure, look_up
from llmgeo.measures.clouds.rows import array, cloud_rows, row
from llmgeo.measures.clouds.table import as_table
from llmgeo.messages import shown
from llmgeo.nulls import shuffle_order
from llmgeo.trajectory import Trajectory

if TYPE_CHECKING:
    import pandas as pd

GEOMETRIC = ("cloud", "token", "path")
"""The kinds of measures that are taken of the states of one window."""


@dataclass(frozen=True)
class Measured:
    """What was measured on one window.

    Attributes:
        tokens: columns of the run's token table; one row a layer and token.
        estimates: rows of the run's estimate table; one a layer and measure.
    """

    tokens: dict[str, np.ndarray]
    estimates: list[dict[str, Any]]


@dataclass(frozen=True)
class Forms:
    """The states of a window, or of its surrogate, in the two forms that measures take."""

    cloud: Cloud
    path: StatePath

    def of(self, measure: Measure) -> Cloud | StatePath:
        """What the measure reads: the points where its null is a cloud's, or it is a cloud's itself; the path else."""
        return self.cloud if measure.null == "gaussian_cloud" else self.path


def measure(trajectory: Trajectory, window: slice, labels: Sequence[str], dtype: str, seed: int) -> Measured:
    """Every one of the measures on a window of a trajectory; see `measure_states`."""
    states = trajectory.states_of(window)
    return measure_states(states, window.start, labels, dtype, seed, trajectory.layer_numbers)


def measure_states(
    states: torch.Tensor, start: int, labels: Sequence[str], dtype: str, seed: int, layer_numbers: Sequence[int] = ()
) -> Measured:
    """Every one of the measures on the states ``[L+1, W, D]`` of a window, token axis.

    Args:
        start: which token of its text the window begins with.
        labels: of measures of clouds, tokens and paths; a configured one as `gride(n1=4)`.
        dtype: the number format the model computed in, whose noise two equal states may differ by.
        seed: of the nulls.
        layer_numbers: the layers that ``states`` holds; empty for all of them.

    Raises:
        MeasureError: a label that the catalogue does not know.
    """
    generator = torch.Generator().manual_seed(seed)
    cloud = Cloud(states, state_dtype=dtype)
    null_cloud = cloud.gaussian_null(generator)
    own = Forms(cloud, StatePath(states, state_dtype=dtype))
    null = Forms(null_cloud, StatePath(shuffle_order(states, generator), state_dtype=dtype))
    by_kind = {kind: [known for known in map(look_up, labels) if known.kind == kind] for kind in GEOMETRIC}
    rows = cloud_rows(cloud, null_cloud, by_kind["cloud"])
    per_token: dict[str, np.ndarray] = {}
    for known in by_kind["token"]:
        compute = known.resolve()
        per_token[known.label] = array(compute(own.of(known)))
        rows += _plain_rows(known, _mean(per_token[known.label]), _mean(array(compute(null.of(known)))), cloud)
    for known in by_kind["path"]:
        compute = known.resolve()
        value, null_value = (array(compute(forms.of(known))) for forms in (own, null))
        rows += _plain_rows(known, value, null_value, cloud)
    numbers = np.asarray(layer_numbers or range(len(states)), dtype=np.int32)
    rows = [{**found, "layer": int(numbers[found["layer"]])} for found in rows]
    return Measured(_token_columns(per_token, numbers, states.shape[1], start), rows)


def summarize(
    trajectory: Trajectory, layer: int | None, labels: Sequence[str] | None, start: int | None
) -> pd.DataFrame:
    """The table that `Trajectory.summary` describes."""
    labels = _labels(labels)
    first = max(trajectory.usual_start, trajectory.first_state) if start is None else start
    if not trajectory.first_state <= first < len(trajectory):
        raise UsageError(f"start {shown(start)}: give a token from {trajectory.first_state} to {len(trajectory) - 1}.")
    states = trajectory.states if layer is None else trajectory.states_at(layer)[None]
    numbers = trajectory.layer_numbers if layer is None else (layer,)
    dtype = str(states.dtype).removeprefix("torch.")
    kept = states[:, first - trajectory.first_state :]
    found = measure_states(kept, first, labels, dtype, seed=0, layer_numbers=numbers).estimates
    wanted = sorted((row for row in found if row["measure"] in labels), key=lambda row: labels.index(row["measure"]))
    return as_table(wanted, is_batch=layer is None).drop(columns="n")


def _labels(labels: Sequence[str] | None) -> list[str]:
    """The labels of the measures that are wanted, spelt as tables spell them; all that a recipe may list of states."""
    if labels is None:
        return [name for name, known in MEASURES.items() if known.kind in GEOMETRIC]
    wanted = [look_up(label) for label in ([labels] if isinstance(labels, str) else labels)]
    for known in wanted:
        if known.kind not in GEOMETRIC or known.name not in MEASURES:
            raise MeasureError(
                f"{known.label} is not measured on the states of one text, but of a {known.kind}; leave it out."
            )
    return list(dict.fromkeys(known.label for known in wanted))


def _plain_rows(known: Measure, value: np.ndarray, null: np.ndarray, cloud: Cloud) -> Iterator[dict[str, Any]]:
    for layer in range(len(value)):
        status = "ok" if np.isfinite(value[layer]) else "undefined"
        yield row(known, layer, value[layer], null[layer], status, n=cloud.n, n_unique=int(cloud.n_unique[layer]))


def _token_columns(
    per_token: dict[str, np.ndarray], numbers: np.ndarray, tokens: int, start: int
) -> dict[str, np.ndarray]:
    layers = len(numbers)
    columns: dict[str, np.ndarray] = {
        "layer": np.repeat(numbers, tokens),
        "token": np.tile(np.arange(start, start + tokens, dtype=np.int32), layers),
    }
    for name, values in per_token.items():
        first = EVERY_MEASURE[name].first
        whole = np.full((layers, tokens), np.nan, dtype=np.float32)
        whole[:, first : first + values.shape[1]] = values
        columns[name] = whole.ravel()
    return columns


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over the tokens where the measure is defined (an angle needs two steps that move); nan where it never is."""
    values = values.astype(np.float64)
    defined = np.isfinite(values)
    count = defined.sum(-1)
    return np.where(count > 0, np.where(defined, values, 0.0).sum(-1) / np.maximum(count, 1), np.nan)
