"""What there is to say of a run of the room, as plain data: what screen and page show. Draws nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from llmgeo.experiments.dmet.beside import ALL
from llmgeo.experiments.dmet.names import FULL, NOTHING, PRIVATE, REP_4, SHARED, SURROGATES
from llmgeo.report import words
from llmgeo.report.manifest import of_manifest
from llmgeo.report.noise_sentence import noise_sentence
from llmgeo.report.records import rows
from llmgeo.report.refused import Refused, refused_of
from llmgeo.report.run_summary import RunSummary
from llmgeo.run import Run
from llmgeo.statistics.verdict import SIGNIFICANT

HEADLINE = (
    ("mean_step", FULL), ("mean_step", SHARED), ("silhouette", FULL), ("silhouette", SHARED), ("silhouette", PRIVATE),
    ("longest_h1_bar", FULL), ("longest_h1_bar", SHARED), ("longest_h1_bar", PRIVATE), ("predictability", FULL),
    ("lag_autocorrelation(lag=5)", FULL), ("jumps", FULL), ("exploration", FULL), ("expansion", FULL),
    ("convergence", FULL), ("three_phases", FULL),
)  # fmt: skip
"""What is shown beside its surrogates where there is room for a few: measure and space."""


@dataclass(frozen=True)
class BesideRow:
    """One measure in one space, of all texts, beside each surrogate.

    Attributes:
        nulls: by surrogate. difference, low, high, q: from random phases.
    """

    measure: str
    space: str
    value: float | None
    low: float | None
    high: float | None
    nulls: Mapping[str, float | None]
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    q: float | None


@dataclass(frozen=True)
class AssociationRow:
    """One association with rep-4 held, and the same with nothing held."""

    layer: int
    space: str
    measure: str
    quality: str
    rho: float | None
    low: float | None
    high: float | None
    q: float | None
    surrogate_rho: float | None
    rho_unheld: float | None
    n: int
    status: str

    @property
    def is_clear(self) -> bool:
        """Whether q is below 0.05 and the interval leaves out none."""
        return bool(self.q is not None and self.q < SIGNIFICANT and self.low is not None and self.low * self.high > 0)


@dataclass(frozen=True, kw_only=True)
class Summary(RunSummary):
    """A finished run in short.

    Attributes:
        layer: the last layer that was measured; `beside` is of this one.
        associations: of all layers.
        refused: the estimates that were not trusted, by measure and reason.
    """

    layer: int | None
    beside: tuple[BesideRow, ...]
    associations: tuple[AssociationRow, ...]
    refused: tuple[Refused, ...]


def summarize(run: Run) -> Summary:
    """Raises RunError where the results were not computed yet, CorruptRunError where they are damaged."""
    counts = of_manifest(run, "counts")
    beside = run.table("surrogates")
    layer = int(beside["layer"].max()) if len(beside) else None
    return Summary.of(
        run,
        remarks=_remarks(run, counts),
        size=_size(counts),
        layer=layer,
        beside=tuple(_beside(beside, layer)),
        associations=association_rows(run.table("associations")),
        refused=refused_of(run),
    )


def association_rows(table: pd.DataFrame) -> tuple[AssociationRow, ...]:
    """The associations, each with and without rep-4 held."""
    key = ("layer", "space", "measure", "quality")
    unheld = {tuple(row[name] for name in key): row["rho"] for row in rows(table[table["held"] == NOTHING])}
    return tuple(
        AssociationRow(
            **{name: row[name] for name in (*key, "rho", "low", "high", "q", "surrogate_rho", "n", "status")},
            rho_unheld=unheld.get(tuple(row[name] for name in key)),
        )
        for row in rows(table[table["held"] == REP_4])
    )


def _beside(table: pd.DataFrame, layer: int | None) -> Iterator[BesideRow]:
    of_layer = table[(table["condition"] == ALL) & (table["layer"] == layer)]
    for measure, space in HEADLINE:
        found = rows(of_layer[(of_layer["measure"] == measure) & (of_layer["space"] == space)])
        by_series: dict[str, Mapping] = {row["series"]: row for row in found}
        if not {*SURROGATES} <= {*by_series}:
            continue
        beside = by_series["random phases"]
        yield BesideRow(
            measure,
            space,
            *(beside[name] for name in ("value", "low", "high")),
            {series: by_series[series]["null"] for series in SURROGATES},
            *(beside[name] for name in ("difference", "difference_low", "difference_high", "q")),
        )


def _size(counts: Mapping) -> Iterator[str]:
    if counts.get("prompts") and counts.get("samples"):
        decoders = counts["samples"] // counts["prompts"]
        yield f"{words.count(counts['prompts'], 'prompt')} × {words.count(decoders, 'decoder')}"


def _remarks(run: Run, counts: Mapping) -> Iterator[str]:
    if short := counts.get("too_short"):
        yield f"{words.count(short, 'text')} ended before the window was full: counted, and not measured."
    if noise := noise_sentence(run.manifest):
        yield noise
