"""What there is to say of a run of the room, as plain data. Knows tables and the manifest; draws nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from llmgeo.experiments.layers import sentences
from llmgeo.experiments.layers.analysis import table_of
from llmgeo.experiments.layers.names import REPEATED_STATES
from llmgeo.measures.catalogue import DIMENSION
from llmgeo.report import words
from llmgeo.report.curves import MeasureCurves, curves_by_measure
from llmgeo.report.refused import COLUMNS, Refused, count_refused
from llmgeo.report.run_summary import RunSummary
from llmgeo.run import Run, pieces


@dataclass(frozen=True, kw_only=True)
class Summary(RunSummary):
    """A finished run in short.

    Attributes:
        curves: every measure by layer.
        measured: how many texts in how many groups are in the clouds, in words.
        said: where states are repeated, and what the model makes of each condition's texts.
        refused: measures of layers that have no value.
    """

    curves: tuple[MeasureCurves, ...]
    measured: str
    said: tuple[str, ...]
    refused: tuple[Refused, ...]


def summarize(run: Run) -> Summary:
    """Raises RunError where the results were not computed yet, CorruptRunError where they are damaged."""
    clouds = table_of(run, "clouds")
    samples = pieces.joined(run.pieces("samples", ["condition", "prompt", "group", "left_out", "error", "surprisal"]))
    left_out = run.manifest.get("texts_left_out")
    return Summary.of(
        run,
        remarks=tuple(sentences.left_out(left_out if isinstance(left_out, dict) else {})),
        curves=curves_by_measure(run.layers),
        measured=_measured(samples),
        said=tuple(_said(clouds, samples)),
        refused=count_refused([clouds[list(COLUMNS)]]),
    )


def _measured(samples: pd.DataFrame) -> str:
    inside = samples[samples["left_out"].isna() & samples["error"].isna()]
    texts, groups = inside["prompt"].nunique(), inside["group"].nunique()
    together = f" in {words.count(groups, 'group')}" if groups < texts else ""
    return f"{words.count(texts, 'text')}{together}"


def _said(clouds: pd.DataFrame, samples: pd.DataFrame) -> Iterator[str]:
    repeated = clouds[(clouds["status"] == REPEATED_STATES) & (clouds["measure"] == DIMENSION)]
    for (unique, texts), rows in repeated.groupby(["n_unique", "n"], sort=False):
        conditions = ", ".join(dict.fromkeys(rows["condition"]))
        layers = sorted({int(layer) for layer in rows["layer"]})
        yield sentences.repeated(conditions, layers, int(unique), int(texts))
    means = samples.groupby("condition", sort=False)["surprisal"].mean().dropna()
    if len(means):
        yield sentences.surprisals({str(name): float(mean) for name, mean in means.items()})
