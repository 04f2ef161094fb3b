"""What the question's tables come to: gains by layer, maps between streams beside random ones, and tests of claims.

The unit is the text's prompt. Needs tables and the recipe; no model, no states.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from llmgeo.experiments.depth.gain.recipe import GainClaim, GainSection
from llmgeo.experiments.depth.gain.tables import GAINS, MAP_WHAT_IFS, STREAM_MAPS
from llmgeo.experiments.depth.names import WRITTEN
from llmgeo.experiments.depth.question import Answers
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.maps.mixing import length_of
from llmgeo.measures.status import OK
from llmgeo.run import Run, pieces
from llmgeo.statistics import mean_interval, paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES

OF_JACOBIANS = {
    "jacobian_gain": "largest",
    "random_jacobian_gain": "random",
    "relative_jacobian_gain": "relative",
    "relative_random_gain": "relative_random",
}
"""Measures, and the columns of `jacobians` that hold them."""

OF_MAPS = (
    "forward", "backward", "forward_of_mean", "backward_of_mean", "row_error", "column_low", "column_high",
    "second_eigenvalue",
)  # fmt: skip
SIDE_OF = {"composite_forward_gain": "forward", "composite_backward_gain": "backward"}


def analyze(run: Run, section: GainSection) -> Answers:
    """Result tables, rows of the run's layers, and a test of each claim; nothing where no text was measured."""
    prompts = pieces.joined(run.pieces("samples", ["sample", "prompt"])).set_index("sample")["prompt"]
    maps, growth, jacobians = (
        _with_prompts(pieces.joined(run.pieces(name)), prompts) for name in ("map_gains", "growth_texts", "jacobians")
    )
    tests = tuple(claim_test(maps, claim) for claim in section.claims)
    if growth.empty:
        return Answers(tests=tests)
    gains = gain_table(growth, jacobians)
    tables = {
        "gains": gains,
        "stream_maps": map_table(maps),
        "what_ifs": what_if_table(pieces.joined(run.pieces("map_draws"))),
    }
    return Answers(tests, layer_rows(gains), tables)


def _with_prompts(table: pd.DataFrame, prompts: pd.Series) -> pd.DataFrame:
    return table if table.empty else table.assign(prompt=table["sample"].map(prompts))


def gain_table(growth: pd.DataFrame, jacobians: pd.DataFrame) -> pd.DataFrame:
    """One row a measure and layer: geometric means over texts, as gains multiply."""
    rows = _of_layers(growth, "norm_growth", "norm_growth")
    for measure, column in OF_JACOBIANS.items():
        rows += _of_layers(jacobians, measure, column)
    table = pd.DataFrame(rows, columns=list(GAINS.columns))
    return table.assign(layer=pd.array(table["layer"], dtype="Int64"))


def _of_layers(table: pd.DataFrame, measure: str, column: str) -> list[dict[str, object]]:
    if table.empty:
        return []
    measured = table[table[column].notna() & (table[column] > 0)] if column in table else table.iloc[:0]
    if measured.empty:
        return [{"measure": measure, "layer": None, "samples": 0, "status": str(table["status"].iloc[0])}]
    wide = measured.pivot(index="sample", columns="layer", values=column).astype(float)
    prompts = measured.drop_duplicates("sample").set_index("sample")["prompt"].reindex(wide.index).to_numpy()
    found = mean_interval(np.log(wide.to_numpy()), prompts)
    # A search that did not end has a value, and says so.
    worst = measured[measured["status"] != OK].groupby("layer")["status"].first()
    return [
        {"measure": measure, "layer": int(layer), "samples": found.n[at], "value": math.exp(found.mean[at]),
         "low": np.exp(found.low[at]), "high": np.exp(found.high[at]), "status": worst.get(layer, found.status[at])}
        for at, layer in enumerate(wide.columns)
    ]  # fmt: skip


def map_table(maps: pd.DataFrame) -> pd.DataFrame:
    """One row a sub-layer and scope; of a model whose streams are not mixed, one row with the reason."""
    measured = maps[maps["status"] == OK]
    if measured.empty:
        status = str(maps["status"].iloc[0]) if len(maps) else NO_SAMPLES
        return pd.DataFrame([{"samples": 0, "status": status}], columns=list(STREAM_MAPS.columns))
    keys = ["scope", "map", "part"]
    means = measured.groupby(keys, sort=False)[list(OF_MAPS)].mean()
    means["row_error"] = measured.groupby(keys, sort=False)["row_error"].max()
    counts = measured.groupby(keys, sort=False).size()
    length = length_of(means["second_eigenvalue"].to_numpy(float))
    table = means.assign(samples=counts, mixing_length=length, status=OK).reset_index()
    return table.sort_values(["scope", "map"], ascending=[False, True])[list(STREAM_MAPS.columns)].reset_index(
        drop=True
    )


def what_if_table(draws: pd.DataFrame) -> pd.DataFrame:
    """One row a kind and deviation; of the first block of texts, as others only draw the same again."""
    if draws.empty:
        return pd.DataFrame(columns=list(MAP_WHAT_IFS.columns))
    first = draws[draws["block"] == draws["block"].iloc[0]].groupby(["kind", "deviation"], sort=False)
    medians, largest = (
        first[["forward", "backward", "column_low", "column_high"]].median(),
        first.max(numeric_only=True),
    )
    table = medians.assign(
        draws=first.size(), forward_high=largest["forward"], backward_high=largest["backward"]
    ).reset_index()
    return table[list(MAP_WHAT_IFS.columns)]


def layer_rows(gains: pd.DataFrame) -> pd.DataFrame:
    """All that has a layer, as rows of the run's layers table."""
    shown = gains[gains["layer"].notna()]
    return pd.DataFrame(
        {
            "condition": WRITTEN, "layer": shown["layer"], "measure": shown["measure"], "axis": "depth",
            "cloud": "none", "value": shown["value"], "low": shown["low"], "high": shown["high"],
            "samples": shown["samples"], "refused": 0, "status": shown["status"],
        }
    )  # fmt: skip


def claim_test(maps: pd.DataFrame, claim: GainClaim) -> ClaimTest:
    """The largest composite gain over all starts, text by text, against the claim's bound."""
    facts = {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "expect": claim.expect,
        "effect_is": "difference", "measure": claim.measure, "axis": "depth", "cloud": "none",
        "layer_words": "the largest over all starts",
    }  # fmt: skip
    a, b = Side("composite maps", (WRITTEN,)), Side("bound")
    measured = maps if maps.empty else maps[(maps["status"] == OK) & (maps["scope"] == "composite")]
    if measured.empty:
        return ClaimTest(a=a, b=b, status=NO_SAMPLES if maps.empty else str(maps["status"].iloc[0]), **facts)
    side = SIDE_OF[claim.measure]
    by_text = measured.groupby("sample", sort=False).agg(value=(side, "max"), prompt=("prompt", "first"))
    of_mean = measured.groupby("sample")[f"{side}_of_mean"].max().mean()
    values = by_text["value"].to_numpy(float)[:, None]
    found = paired_contrast(values, np.full_like(values, claim.bound), by_text["prompt"].to_numpy())
    show = look_up(claim.measure).show
    columns = measured.loc[measured["map"] == 1, ["column_low", "column_high"]].mean()
    return ClaimTest(
        a=Side("composite maps", (WRITTEN,), float(values.mean()), len(values)),
        b=Side("bound", (), claim.bound, len(values)),
        effect=float(found.mean[0]), low=float(found.low[0]), high=float(found.high[0]), p=float(found.p[0]),
        words=f"{look_up(claim.measure).words}: {show(float(values.mean()))}; the bound is {show(claim.bound)}",
        remarks=(
            f"of the tokens' mean map {show(float(of_mean))}; column sums of all maps together "
            f"{show(float(columns['column_low']))} to {show(float(columns['column_high']))}",
        ),
        status=OK if found.prompts[0] >= FEWEST_PROMPTS else FEW_PROMPTS,
        **facts,
    )  # fmt: skip
