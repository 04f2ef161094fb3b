"""Everything the page says of a run of the room, collected once: what the template prints and the scripts draw.

Knows the run's tables and the page's budgets; draws nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

import numpy as np
import pandas as pd

from llmgeo.experiments.dmet import sentences
from llmgeo.experiments.dmet.beside import ALL
from llmgeo.experiments.dmet.names import PHASE_MEASURES, QUALITIES, SPACES, SURROGATES
from llmgeo.experiments.dmet.summary import AssociationRow, Summary, summarize
from llmgeo.report import words
from llmgeo.report.page import curve_panels, packing, provenance
from llmgeo.report.page.content import FIGURES, Options, Page, room_page
from llmgeo.report.page.glossary import measure as measure_words
from llmgeo.report.records import rows
from llmgeo.run import Run, pieces

DRAWN = ("mean_step", "silhouette", "longest_h1_bar", "predictability", "lag_autocorrelation(lag=5)", "jumps")
"""Measures that have a picture of their own beside their surrogates; phases have one each."""


def page(run: Run, options: Options) -> Page:
    """Reads what the page needs of a run.

    Raises:
        RunError: the results were not computed yet. CorruptRunError: a table is damaged.
    """
    summary = summarize(run)
    recipe = provenance.recipe_of(run)
    tables = [{"kind": "generate", **table} for table in recipe.get("decoders", ()) if isinstance(table, Mapping)]
    recipe = {**recipe, "conditions": [table for table in tables if "name" in table]}
    beside = run.table("surrogates")
    decoders = [str(name) for name in beside["condition"].unique() if name != ALL]
    data = {
        "conditions": curve_panels.described(decoders, recipe),
        "beside": _beside(beside, DRAWN),
        "phases": _beside(beside, PHASE_MEASURES),
        "series": {"text": "the text itself", **SURROGATES},
        "spaces": {space: sentences.SPACE_NAMES[space] for space in SPACES},
        "layers": sorted({int(layer) for layer in beside["layer"]}),
        "planes": _planes(run, options.trajectory_bytes),
        "associations": [_strip(row) for row in summary.associations],
    }
    return room_page(
        run,
        summary,
        __package__,
        data=data,
        parts=FIGURES,
        recipe=recipe,
        context={
            "summary": summary,
            "sentences": sentences,
            "surrogates": SURROGATES,
            "qualities": _by_quality(summary),
            "replication": _replication(run.table("replication")),
        },
    )


def _beside(table: pd.DataFrame, measures: tuple[str, ...]) -> list[dict[str, object]]:
    """For each measure what a script needs to draw it: values by layer, space and decoder, with each surrogate's."""
    found = []
    for measure in measures:
        of_measure = rows(table[table["measure"] == measure])
        marks: dict[tuple, dict[str, object]] = {}
        for row in of_measure:
            key = (row["layer"], row["space"], row["condition"])
            mark = marks.setdefault(
                key,
                {"layer": key[0], "space": key[1], "condition": key[2], "nulls": {}}
                | {name: packing.number(row[name]) for name in ("value", "low", "high")},
            )
            mark["nulls"][row["series"]] = packing.number(row["null"])
        found.append({**measure_words(measure), "marks": list(marks.values())})
    return found


def _planes(run: Run, budget: int) -> dict[str, object]:
    """The paths of as many texts as there is room for, whole prompts first to last; with how many were left out."""
    arrays = run.arrays("planes")
    facts = ["sample", "condition", "prompt", "text", "label", "window_start", "window_stop", "tokens"]
    samples = {row["sample"]: row for row in rows(pieces.joined(run.pieces("samples", facts)))}
    features = pieces.joined(run.pieces("features", ["sample", "layer", "space", "series", "measure", "value"]))
    own = features[
        (features["series"] == "text") & features["measure"].isin(("mean_step", "silhouette", "longest_h1_bar"))
    ]
    numbers = {
        key: float(value) for *key, value in own.drop(columns="series").itertuples(index=False) for key in [tuple(key)]
    }
    texts, used = [], 0
    for sample in (name for name in samples if name in arrays):
        planes = arrays[sample]
        scale = packing.largest(planes)
        packed = packing.float16(planes, scale)
        used += len(packed)
        if used > budget:
            break
        row = samples[sample]
        start, stop = int(row["window_start"]), int(row["window_stop"])
        texts.append(
            {
                "sample": sample,
                "condition": row["condition"],
                "label": row["label"],
                "tokens": row["tokens"][start:stop],
                "plane": packed,
                "scale": scale,
                "numbers": {
                    f"{layer} {space} {measure}": packing.number(value)
                    for (name, layer, space, measure), value in numbers.items()
                    if name == sample
                },
            }
        )
    return {"texts": texts, "left_out": len(arrays) - len(texts), "shape": list(_shape(arrays))}


def _shape(arrays: Mapping[str, np.ndarray]) -> tuple[int, ...]:
    return next(iter(arrays.values())).shape if arrays else ()


def _strip(row: AssociationRow) -> dict[str, object]:
    numbers = ("rho", "low", "high", "surrogate_rho", "rho_unheld")
    return {name: packing.number(getattr(row, name)) for name in numbers} | {"is_clear": row.is_clear}


def _by_quality(summary: Summary) -> list[dict[str, object]]:
    """The associations by quality, each with its place among all; one reason where a whole quality has none."""
    placed = list(enumerate(summary.associations))
    found = []
    for quality, group in groupby(
        sorted(placed, key=lambda entry: list(QUALITIES).index(entry[1].quality)), key=lambda entry: entry[1].quality
    ):
        entries = list(group)
        why = {entry.status for _, entry in entries if entry.status != "private_axes"}
        reason = words.reason(why.pop()) if len(why) == 1 and "ok" not in why else None
        found.append({"words": QUALITIES[quality], "reason": reason, "rows": [] if reason else entries})
    return found


def _replication(table: pd.DataFrame) -> list[dict[str, object]]:
    """The mixed model's rows, those of one fit together."""
    found = []
    for (layer, space), group in table.groupby(["layer", "space"], sort=False):
        first = rows(group)[0]
        found.append(
            {"layer": layer, "space": sentences.SPACE_NAMES[space], "status": first["status"], "n": first["n"]}
            | {"groups": first["groups"], "variance": first["group_variance"], "terms": rows(group)}
        )
    return found
