"""What the layer curves are drawn from: means, intervals, nulls and what was refused. Knows the table of layers."""

from collections.abc import Mapping

import pandas as pd

from llmgeo.escape import literal
from llmgeo.measures.catalogue import SCALE_MEASURES
from llmgeo.report.curves import LOG_SPAN
from llmgeo.report.page import glossary
from llmgeo.report.page.packing import number
from llmgeo.report.records import rows
from llmgeo.report.scales import ScaleCurve, scale_curves

_NUMBERS = ("value", "low", "high", "null_low", "null_high")


def curves(layers: pd.DataFrame) -> list[dict[str, object]]:
    """One entry a measure that has layers, in the table's order."""
    geometric = layers[layers["layer"].notna() & ~layers["measure"].isin(SCALE_MEASURES)]
    return [panel(str(name), table) for name, table in geometric.groupby("measure", sort=False)]


def scales(layers: pd.DataFrame) -> dict[str, object]:
    """The dimension by scale, calibrated and raw: for each layer, a curve a condition; empty if not measured."""
    layer_numbers = sorted(int(layer) for layer in layers["layer"].dropna().unique())
    kinds = {"calibrated": True, "raw": False}
    curves_of_kind = {name: scale_curves(layers, layer_numbers, calibrated=flag) for name, flag in kinds.items()}
    if not any(curves_of_kind.values()):
        return {}
    return {name: [_scale_curve(curve) for curve in curves] for name, curves in curves_of_kind.items()}


def _scale_curve(curve: ScaleCurve) -> dict[str, object]:
    columns = {"value": curve.values} | {name: getattr(curve, name) for name in _NUMBERS[1:]}
    return {
        "condition": curve.condition,
        "at": curve.layer,
        "layer": list(range(len(curve.scales))),  # places along the axis, as the panels of layers have them
        "scales": list(curve.scales),
        **{name: [number(value, 4) for value in values] for name, values in columns.items()},
        "plateau": number(curve.dimension) if curve.has_plateau else None,
        "words": curve.plateau_words,
    }


def baselines(layers: pd.DataFrame) -> list[dict[str, object]]:
    """One entry a baseline: a mean with its interval for each condition."""
    flat = layers[layers["layer"].isna()]
    return [
        {**glossary.measure(str(name)), "values": [_point(record) for record in rows(table)]}
        for name, table in flat.groupby("measure", sort=False)
    ]


def panel_name(measure: str | None, cloud: str | None) -> str | None:
    """What a measure's panel is called; a cloud of several texts has one of its own.

    >>> panel_name("rank_me", "text"), panel_name("rank_me", "prompts"), panel_name(None, "texts")
    ('rank_me', 'rank_me-prompts', None)
    """
    return measure if measure is None or cloud in (None, "text", "none") else f"{measure}-{cloud}"


def described(conditions: list[str], recipe: Mapping) -> list[dict[str, str]]:
    """The conditions with how their texts came about, as far as the recipe tells."""
    tables = {table.get("name"): table for table in recipe.get("conditions", ())}
    return [
        {
            "name": name,
            "words": literal(glossary.condition(tables[name])) if name in tables else "",
            "kind": literal(tables[name].get("kind", "")) if name in tables else "",
        }
        for name in conditions
    ]


def panel(name: str, table: pd.DataFrame) -> dict[str, object]:
    of_conditions = [_curve(str(condition), part) for condition, part in table.groupby("condition", sort=False)]
    values = [value for curve in of_conditions for value in curve["value"] if value is not None]
    lows = [low for curve in of_conditions for low in curve["low"] if low is not None]
    below = sum(low <= 0 for low in lows) > 0.05 * len(lows)  # intervals that a logarithm cannot show
    is_log = bool(values) and min(values) > 0 and max(values) / min(values) > LOG_SPAN and not below
    return {
        **glossary.measure(name),
        "axis": str(table["axis"].iloc[0]),
        "cloud": str(table["cloud"].iloc[0]),
        "log": is_log,
        "curves": of_conditions,
    }


def _curve(condition: str, table: pd.DataFrame) -> dict[str, object]:
    records = [_point(record) for record in rows(table.sort_values("layer"))]
    keys = ("layer", *_NUMBERS, "status", "samples", "refused", "n", "n_unique")
    return {"condition": condition} | {key: [record[key] for record in records] for key in keys}


def _point(record: Mapping) -> dict[str, object]:
    point = {key: number(record.get(key)) for key in _NUMBERS}
    facts = ("condition", "layer", "status", "samples", "refused", "n", "n_unique")
    return point | {key: record.get(key) for key in facts}
