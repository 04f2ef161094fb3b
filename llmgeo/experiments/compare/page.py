"""Everything the page says of a comparison, collected once. Knows the run's tables; draws nothing.

Claims, provenance and the drawing of curves come from the kit in `report`, as they do for every experiment.
"""

from collections.abc import Iterator

import pandas as pd

from llmgeo.experiments.compare import evidence_panels, sentences
from llmgeo.experiments.compare.sentences import TEXT_WORDS
from llmgeo.experiments.compare.summary import (
    ComparisonSummary,
    count_remarks,
    matrices,
    positions,
    summarize_comparison,
)
from llmgeo.report import words
from llmgeo.report.page import curve_panels, provenance
from llmgeo.report.page.claims import claim_entry
from llmgeo.report.page.content import KIT_PARTS, Page
from llmgeo.report.page.packing import number
from llmgeo.run import Run

POSITIONS = 40
"""Positions shown, at most one a text."""

MATRICES = 40
"""Weight matrices in the table, the most changed first."""

PLACES = {
    ("distance", "text"): "distances",
    ("distance", "none"): "distances",
    ("distance", "texts"): "spans",
    ("distance", "prompts"): "spans",
    ("difference", "text"): "differences",
    ("difference", "none"): "differences",
    ("difference", "prompts"): "clouds",
    ("difference", "texts"): "clouds",
}
"""Which section a row of the layers table is drawn in."""


def page(run: Run) -> Page:
    """Reads what the page needs of a comparison.

    Raises:
        RunError: the results were not computed yet. CorruptRunError: a table is damaged.
    """
    summary = summarize_comparison(run)
    changed = tuple(matrix for matrix in matrices(run) if matrix.relative_change != 0)
    data = _data(run.layers, summary) | {"evidence": evidence_panels.evidence(run, summary.claims)}
    return Page(
        origin=provenance.origin(run),
        status=summary.status,
        claims=summary.claims,
        headline=summary.headline,
        notices=summary.notices,
        remarks=tuple(count_remarks(summary.counts)),
        seconds=run.seconds,
        data=data,
        recipe=provenance.recipe_of(run),
        package=__package__,
        template="page.html.j2",
        script="page.js",
        parts=(*KIT_PARTS, "saving", "figures", "legend", "evidence", "curves"),
        context={
            "summary": summary,
            "matrices": changed[:MATRICES],
            "left_out": max(0, len(changed) - MATRICES),
            "positions": tuple(positions(run, POSITIONS)),
            "text_names": TEXT_WORDS,
            "chat_note": sentences.CHAT_NOTE,
            "sections": sentences.SECTIONS,
            "has_intervals": curve_panels.has_intervals(data["curves"]),
        },
    )


def _data(layers: pd.DataFrame, summary: ComparisonSummary) -> dict[str, object]:
    """What the scripts draw."""
    return {
        "conditions": [
            {"name": TEXT_WORDS[kind], "words": "", "kind": ""} for kind in TEXT_WORDS if (layers["text"] == kind).any()
        ],
        "claims": [claim_entry(claim) for claim in summary.claims],
        "curves": list(_curves(layers)),
        "null_name": "rounding",
        "outputs": [
            {
                "text": TEXT_WORDS.get(output.text, output.text),
                "shares": [output.unshifted, output.marginal, output.shifted],
            }
            for output in summary.outputs
        ],
        "reasons": {status: words.reason(status) for status in words.REASONS},
    }


def _curves(layers: pd.DataFrame) -> Iterator[dict[str, object]]:
    """One entry a measure and section: a curve a kind of text, with rounding's interval as its null."""
    of_pair = layers[(layers["condition"] == "pair") & layers["layer"].notna()]
    for (what, cloud), place in PLACES.items():
        of_section = of_pair[(of_pair["what"] == what) & (of_pair["cloud"] == cloud)]
        for name, table in of_section.groupby("measure", sort=False):
            yield _panel(str(name), table, place, cloud, what)
    weights = of_pair[of_pair["what"] == "weights"]
    for name, table in weights.groupby("measure", sort=False):
        yield _panel(str(name), table, "weights-panels", "none", "weights")


def _panel(name: str, table: pd.DataFrame, place: str, cloud: str, what: str) -> dict[str, object]:
    panel = curve_panels.panel(name, table.assign(condition=[TEXT_WORDS.get(kind, kind) for kind in table["text"]]))
    floors = table.sort_values("layer").groupby("text", sort=False)["halves"]
    for curve, (_, halves) in zip(panel["curves"], floors, strict=True):
        curve["halves"] = [number(value) for value in halves]
    if what == "difference":
        panel["words"] = sentences.tuned_minus_base(panel["words"])
    return panel | {"name": curve_panels.panel_name(name, cloud), "place": place}
