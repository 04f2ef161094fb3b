"""What the question's tables come to: observed beside null E by layer, the other nulls, and rows of the run's layers.

The unit is the text's prompt. Needs tables and the recipe; no model, no states.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from llmgeo.experiments.depth.angles.claims import claim_tests
from llmgeo.experiments.depth.angles.recipe import AnglesSection
from llmgeo.experiments.depth.angles.tables import PATH_LAYERS
from llmgeo.experiments.depth.names import WRITTEN
from llmgeo.experiments.depth.question import Answers
from llmgeo.measures.ranges import clipped
from llmgeo.run import Run, pieces
from llmgeo.statistics import mean_interval
from llmgeo.statistics.null_draws import two_sided_p
from llmgeo.statistics.prompt_table import NO_SAMPLES

KEYS = ["layer", "measure", "frame", "tokens"]
NO_LAYER = -1
"""Stands for none while tables are sorted and joined."""


def analyze(run: Run, section: AnglesSection, blocks: int) -> Answers:
    """Means by layer, nulls, and a test of each claim; nothing where no text was measured."""
    paths = paths_of(run)
    if paths.empty:
        return Answers(tests=claim_tests(paths, pd.DataFrame(), section, blocks))
    layers = path_layers(paths)
    nulls = null_table(pieces.joined(run.pieces("null_draws")), paths, section.frames[0])
    rows = layer_rows(layers, section.frames[0])
    return Answers(claim_tests(paths, nulls, section, blocks), rows, {"path_layers": layers, "nulls": nulls})


def paths_of(run: Run) -> pd.DataFrame:
    """The table of paths, with each text's prompt."""
    paths = pieces.joined(run.pieces("paths"))
    if paths.empty:
        return paths
    prompts = pieces.joined(run.pieces("samples", ["sample", "prompt"])).set_index("sample")["prompt"]
    layer = paths["layer"].fillna(NO_LAYER).astype(int)
    return paths.assign(prompt=paths["sample"].map(prompts), layer=layer)


def path_layers(paths: pd.DataFrame) -> pd.DataFrame:
    """One row a layer, measure, frame and group of tokens."""
    order = list(dict.fromkeys(paths["sample"]))
    wide = {name: paths.pivot(index="sample", columns=KEYS, values=name).reindex(order) for name in ("value", "null")}
    prompts = paths.drop_duplicates("sample").set_index("sample")["prompt"].reindex(order).to_numpy()
    columns = wide["value"].columns
    value, null = (wide[name].to_numpy(dtype=float) for name in ("value", "null"))
    of_value, of_null, of_excess = (mean_interval(numbers, prompts) for numbers in (value, null, value - null))
    table = columns.to_frame(index=False)
    labels = table["measure"].tolist()
    value_low, value_high = clipped(labels, of_value.low, of_value.high)
    null_low, null_high = clipped(labels, of_null.low, of_null.high)
    low, high = clipped(labels, of_excess.low, of_excess.high, of_differences=True)
    statuses = paths.drop_duplicates(KEYS).set_index(KEYS)["status"]
    table = table.assign(
        samples=of_value.n, value=of_value.mean, value_low=value_low, value_high=value_high, null=of_null.mean,
        null_low=null_low, null_high=null_high,
        excess=of_excess.mean, low=low, high=high,
        status=[
            str(statuses[key]) if found == NO_SAMPLES else str(found)
            for key, found in zip(columns, of_value.status, strict=True)
        ],
    )  # fmt: skip
    places = {key: place for place, key in enumerate(paths.groupby(KEYS, sort=False).groups)}
    table = table.iloc[np.argsort([places[key] for key in columns], kind="stable")]
    return with_layers(table)[list(PATH_LAYERS.columns)].reset_index(drop=True)


def with_layers(table: pd.DataFrame) -> pd.DataFrame:
    """The table with none where no layer is meant."""
    return table.assign(layer=pd.array(table["layer"].where(table["layer"] != NO_LAYER), dtype="Int64"))


def null_table(draws: pd.DataFrame, paths: pd.DataFrame, frame: str) -> pd.DataFrame:
    """One row a null, measure and layer: the sets of all blocks of texts, joined set by set."""
    observed = paths[(paths["frame"] == frame) & (paths["tokens"] == "all")]
    by_layer = observed.groupby(["measure", "layer"])["value"].mean()
    over_layers = by_layer.groupby("measure").mean()
    rows = []
    for (null, measure), table in draws.groupby(["null", "measure"], sort=True):
        refused, table = table[table["status"] != "ok"], table[table["status"] == "ok"]
        if len(refused) and table.empty:
            rows.append(_null_row(null, measure, None, np.nan, np.array([]), str(refused["status"].iloc[0])))
        whole = table[table["layer"].isna()]
        sets = _joined(whole, "draw")
        if len(sets):
            rows.append(_null_row(null, measure, None, float(over_layers[measure]), sets.to_numpy(), "ok"))
        for layer, value in _joined(table[table["layer"].notna()], "layer").items():
            rows.append(_null_row(null, measure, int(layer), float(by_layer[measure, layer]), np.array([value]), "ok"))
    return pd.DataFrame(rows)


def _joined(table: pd.DataFrame, by: str) -> pd.Series:
    """The mean over blocks of texts, each with the weight of its paths, by set or by layer."""
    weighted = (table["value"] * table["n"]).groupby(table[by]).sum()
    return weighted / table["n"].groupby(table[by]).sum()


def _null_row(
    null: str, measure: str, layer: int | None, observed: float, sets: np.ndarray, status: str
) -> dict[str, object]:
    has_sets = len(sets) > 1 and np.isfinite(observed)
    return {
        "null": null, "layer": layer, "measure": measure, "observed": observed,
        "value": sets.mean() if len(sets) else np.nan,
        "deviation": sets.std(ddof=1) if has_sets else np.nan,
        "draws": len(sets) if layer is None else None,
        "p": float(two_sided_p(np.array(observed), sets)) if has_sets else np.nan,
        "status": status,
    }  # fmt: skip


def layer_rows(layers: pd.DataFrame, frame: str) -> pd.DataFrame:
    """All tokens, as rows of the run's layers table."""
    shown = layers[(layers["frame"] == frame) & (layers["tokens"] == "all")]
    return pd.DataFrame(
        {
            "condition": WRITTEN, "layer": shown["layer"], "measure": shown["measure"], "axis": "depth",
            "cloud": "none", "value": shown["value"], "low": shown["value_low"], "high": shown["value_high"],
            "null_low": shown["null_low"].fillna(shown["null"]),
            "null_high": shown["null_high"].fillna(shown["null"]), "samples": shown["samples"],
            "refused": 0, "status": shown["status"],
        }
    )  # fmt: skip
