"""What the layer curves are drawn from: means, intervals, nulls and what was refused. Knows the table of layers."""

from collections.abc import Mapping, Sequence

import pandas as pd

from llmgeo.escape import literal
from llmgeo.measures.catalogue import SCALE_MEASURES
from llmgeo.report.curves import LOG_SPAN
from llmgeo.report.page import glossary
from llmgeo.report.page.packing import number
from llmgeo.report.records import rows
from llmgeo.report.scales import ScaleCurve, scale_curves

_NUMBERS = ("value", "low", "high", "null_low", "null_high")

ALIKE = 1e-3
"""Two means are the same to a reader where they differ by less than this share: the third digit does not tell."""


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


def alike(layers: pd.DataFrame) -> dict[str, str]:
    """The conditions whose every mean is that of an earlier condition, and which one: one line does for both.

    >>> rows = [(name, "ess", layer, layer + 0.5) for name in ("written", "read") for layer in (0, 1)]
    >>> alike(pd.DataFrame(rows, columns=["condition", "measure", "layer", "value"]))
    {'read': 'written'}
    """
    wide = layers.pivot_table(
        index=["measure", "layer"], columns="condition", values="value", dropna=False, sort=False, aggfunc="first"
    )
    names = [name for name in dict.fromkeys(layers["condition"]) if name in wide and wide[name].notna().any()]
    twins: dict[str, str] = {}
    for at, name in enumerate(names):
        for earlier in names[:at]:
            if earlier not in twins and _are_alike(wide[earlier], wide[name]):
                twins[str(name)] = str(earlier)
                break
    return twins


def _are_alike(one: pd.Series, other: pd.Series) -> bool:
    apart = (one - other).abs() <= ALIKE * pd.concat([one.abs(), other.abs()], axis=1).max(axis=1)
    return bool((apart | (one.isna() & other.isna())).all())


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


def has_intervals(panels: Sequence[Mapping]) -> bool:
    """Whether any mean has one: fewer than four prompts have none.

    >>> has_intervals([{"curves": [{"low": [None, None]}]}]), has_intervals([{"curves": [{"low": [None, 0.5]}]}])
    (False, True)
    """
    return any(low is not None for one in panels for curve in one["curves"] for low in curve["low"])


def panel(name: str, table: pd.DataFrame) -> dict[str, object]:
    of_conditions = [_curve(str(condition), part) for condition, part in table.groupby("condition", sort=False)]
    values, lows = (_after_embedding(of_conditions, key) for key in ("value", "low"))
    below = sum(low <= 0 for low in lows) > 0.05 * len(lows)  # intervals that a logarithm cannot show
    is_log = bool(values) and min(values) > 0 and max(values) / min(values) > LOG_SPAN and not below
    return {
        **glossary.measure(name),
        "axis": str(table["axis"].iloc[0]),
        "cloud": str(table["cloud"].iloc[0]),
        "log": is_log,
        "curves": of_conditions,
    }


def _after_embedding(curves: list[dict[str, object]], key: str) -> list[float]:
    """The numbers that an axis must reach: layer 0, where every repeated word is one point, is drawn apart."""
    by_layer = [(layer, value) for curve in curves for layer, value in zip(curve["layer"], curve[key], strict=True)]
    measured = [(layer, value) for layer, value in by_layer if value is not None]
    return [value for layer, value in measured if layer != 0] or [value for _, value in measured]


def _curve(condition: str, table: pd.DataFrame) -> dict[str, object]:
    records = [_point(record) for record in rows(table.sort_values("layer"))]
    keys = ("layer", *_NUMBERS, "status", "samples", "refused", "n", "n_unique")
    return {"condition": condition} | {key: [record[key] for record in records] for key in keys}


def _point(record: Mapping) -> dict[str, object]:
    point = {key: number(record.get(key), 6) for key in _NUMBERS}  # shown with three digits, or with four
    facts = ("condition", "layer", "status", "samples", "refused", "n", "n_unique")
    return point | {key: record.get(key) for key in facts}
