"""What is said of gain, on screen and page alike. Knows the result tables; computes no number."""

from __future__ import annotations

import pandas as pd

from llmgeo.measures.measure import three_digits
from llmgeo.report import words
from llmgeo.run import Run

COLUMNS = {
    "norm_growth": "|x_l| / |x_0|",
    "jacobian_gain": "σ_max",
    "random_jacobian_gain": "random",
    "relative_jacobian_gain": "σ_max, relative",
    "relative_random_gain": "random, relative",
}
"""Measures of the table by layer, and their headings."""

KINDS = {"unconstrained": "I + s·N", "sinkhorn": "Sinkhorn of s·N"}
MOST_LAYERS = 12
"""Layers without a Jacobian that a table lists."""


def headline(run: Run) -> str | None:
    """What amplifies most, and where; None where nothing was measured."""
    if (maps := _measured_maps(run)) is not None:
        whole = maps[maps["scope"] == "composite"]
        single = maps[maps["scope"] == "single"]
        return (
            f"The model mixes its residual streams. Rows of its maps sum to 1 within {single['row_error'].max():.0e}, "
            f"columns to {_gain(single['column_low'].min())} at least. Multiplied, the maps amplify by "
            f"{_gain(whole['forward'].max())} forward and {_gain(whole['backward'].max())} backward at most."
        )
    gains = run.table("gains")
    growth = gains[(gains["measure"] == "norm_growth") & gains["value"].notna()]
    if growth.empty:
        return None
    grown = three_digits(float(growth["value"].iloc[-1]))
    said = f"{map_reason(run)} States are {grown} times as long at the last layer as at the embedding.".strip()
    relative = gains[(gains["measure"] == "relative_jacobian_gain") & gains["value"].notna()]
    if relative.empty:
        return said
    raw = gains[(gains["measure"] == "jacobian_gain") & gains["value"].notna()].set_index("layer")["value"]
    top = relative.loc[relative["value"].idxmax()]
    return (
        f"{said} A small change at layer {int(raw.index[0])} is amplified {three_digits(float(raw.iloc[0]))} times at "
        f"most; relative to the lengths of the states, changes at layer {int(top['layer'])} are amplified most, "
        f"{three_digits(float(top['value']))} times."
    )


def map_reason(run: Run) -> str:
    """Why there are no maps between streams, as a sentence; empty where there are."""
    table = run.table("stream_maps")
    if table.empty or table["status"].iloc[0] == "ok":
        return ""
    said = words.reason(str(table["status"].iloc[0]))
    return f"{said[0].upper()}{said[1:]}."


def _measured_maps(run: Run) -> pd.DataFrame | None:
    table = run.table("stream_maps")
    return None if table.empty or table["status"].iloc[0] != "ok" else table


def layer_rows(run: Run) -> list[tuple[str, ...]]:
    """Growth and gains, layer by layer: those with a Jacobian, and of others as many as a table holds."""
    gains = run.table("gains")
    wide = gains[gains["layer"].notna()].pivot(index="layer", columns="measure", values="value")
    has_jacobian = wide["jacobian_gain"].notna() if "jacobian_gain" in wide else pd.Series(False, index=wide.index)
    every = max(1, -(-len(wide) // MOST_LAYERS))
    shown = [
        layer
        for place, layer in enumerate(wide.index)
        if has_jacobian[layer] or (not has_jacobian.any() and place % every == 0)
    ]
    names = [name for name in COLUMNS if name in wide]
    rows = [("layer", *(COLUMNS[name] for name in names))]
    return rows + [(str(layer), *(_number(wide.loc[layer, name]) for name in names)) for layer in shown]


def jacobian_reason(run: Run) -> str:
    """Why there are no Jacobians, as a sentence; empty where there are, or none were asked for."""
    gains = run.table("gains")
    refused = gains[(gains["measure"] == "jacobian_gain") & gains["value"].isna()]
    return f"No Jacobians: {words.reason(str(refused['status'].iloc[0]))}." if len(refused) else ""


def map_rows(run: Run) -> list[tuple[str, ...]]:
    """The composites of all maps from each on; the first row is of headings."""
    maps = _measured_maps(run)
    if maps is None:
        return []
    table = maps[maps["scope"] == "composite"].set_index("map")
    single = maps[maps["scope"] == "single"].set_index("map")
    every = max(1, -(-len(table) // MOST_LAYERS))
    rows = [("from", "forward", "backward", "of mean map", "column sums", "|λ₂| of one", "maps until mixed")]
    for place in table.index[::every]:
        row, own = table.loc[place], single.loc[place]
        rows.append((
            str(row["part"]), _gain(row["forward"]), _gain(row["backward"]),
            f"{_gain(row['forward_of_mean'])}, {_gain(row['backward_of_mean'])}",
            f"{_gain(row['column_low'])} to {_gain(row['column_high'])}", _number(own["second_eigenvalue"]),
            "never" if own["mixing_length"] == float("inf") else _number(own["mixing_length"]),
        ))  # fmt: skip
    return rows


def what_if_rows(run: Run) -> list[tuple[str, ...]]:
    """Random maps in as many steps as the model has; the first row is of headings."""
    table = run.table("what_ifs")
    rows = [("random maps", "s", "forward (most)", "backward (most)", "column sums")]
    for row in table.to_dict("records"):
        rows.append((
            KINDS[row["kind"]], f"{row['deviation']:g}",
            f"{_gain(row['forward'])} ({_gain(row['forward_high'])})",
            f"{_gain(row['backward'])} ({_gain(row['backward_high'])})",
            f"{_gain(row['column_low'])} to {_gain(row['column_high'])}",
        ))  # fmt: skip
    return rows


def _gain(value: float) -> str:
    """Digits enough to tell a gain from 1.

    >>> _gain(1.00021), _gain(316.2)
    ('1.0002', '316')
    """
    return f"{value:.4f}" if abs(value) < 2 else three_digits(float(value))


def _number(value: object) -> str:
    return "–" if words.is_missing(value) else three_digits(float(value))
