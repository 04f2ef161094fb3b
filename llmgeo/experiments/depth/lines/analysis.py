"""What the question's tables come to: maps by layer, their laws, truncation beside its yardstick.

The unit is the text's prompt. Needs tables and the recipe; no model, no states.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from llmgeo.experiments.depth.lines.claims import claim_tests
from llmgeo.experiments.depth.lines.recipe import LinesSection
from llmgeo.experiments.depth.lines.tables import LAWS, MAPS, TRUNCATION
from llmgeo.experiments.depth.names import WRITTEN
from llmgeo.experiments.depth.question import Answers
from llmgeo.measures.paths.growth import growth
from llmgeo.measures.ranges import clipped
from llmgeo.measures.status import LAYERS_LEFT_OUT, OK
from llmgeo.run import Run, pieces
from llmgeo.statistics import mean_interval, paired_contrast

OF_MEASURES = {"rotation_stretch": "rotation_stretch_left", "ridge": "ridge_left", "no_change": "no_change_left"}
"""Maps that the catalogue knows as measures."""

FEWEST_LAYERS = 3
"""Of a line through layers."""


def analyze(run: Run, section: LinesSection, blocks: int) -> Answers:
    """Result tables, rows of the run's layers, and a test of each claim; nothing where no text was measured."""
    prompts = pieces.joined(run.pieces("samples", ["sample", "prompt"]))
    of_texts, cut = (
        _with_prompts(pieces.joined(run.pieces(name)), prompts) for name in ("map_texts", "truncated_texts")
    )
    if cut.empty:
        return Answers(tests=claim_tests(of_texts, cut, section, blocks))
    maps = map_table(of_texts, pieces.joined(run.pieces("map_blocks")))
    tables = {"maps": maps, "laws": law_table(of_texts, blocks), "truncation": truncation_table(cut)}
    return Answers(claim_tests(of_texts, cut, section, blocks), layer_rows(maps), tables)


def _with_prompts(table: pd.DataFrame, prompts: pd.DataFrame) -> pd.DataFrame:
    if table.empty:
        return table
    return table.assign(prompt=table["sample"].map(prompts.set_index("sample")["prompt"]))


def wide(of_texts: pd.DataFrame, name: str, lag: int) -> pd.DataFrame:
    """Mean squares left by a map: one row a text, one column a layer."""
    chosen = of_texts[(of_texts["map"] == name) & (of_texts["lag"] == lag) & (of_texts["status"] == OK)]
    return chosen.pivot(index="sample", columns="layer", values="residual").astype(float)


def prompts_of(of_texts: pd.DataFrame, samples: pd.Index) -> np.ndarray:
    """The prompts of these texts."""
    return of_texts.drop_duplicates("sample").set_index("sample")["prompt"].reindex(samples).to_numpy()


def map_table(of_texts: pd.DataFrame, of_blocks: pd.DataFrame) -> pd.DataFrame:
    """One row a map, lag and layer; of a map that could not be fitted anywhere, one row with the reason."""
    rows: list[dict[str, object]] = []
    measured = of_texts[of_texts["status"] == OK]
    kurtosis = _kurtosis(of_blocks)
    for lag in sorted(of_texts["lag"].unique()):
        variances = wide(of_texts, "mean", lag)
        names = of_texts[of_texts["lag"] == lag]["map"].unique()
        for name in (name for name in names if name != "mean"):
            if measured[(measured["map"] == name) & (measured["lag"] == lag)].empty:
                refused = of_texts[(of_texts["map"] == name) & (of_texts["lag"] == lag)]["status"].iloc[0]
                rows.append({"map": name, "lag": lag, "layer": None, "samples": 0, "status": refused})
                continue
            left = wide(of_texts, name, lag)
            variance = variances.reindex(left.index).mean()
            found = mean_interval((left / variance).to_numpy(), prompts_of(of_texts, left.index))
            low, high = clipped([OF_MEASURES.get(name, "ridge_left")] * len(found.mean), found.low, found.high)
            rows += [
                {"map": name, "lag": lag, "layer": layer, "samples": found.n[at], "left": found.mean[at],
                 "low": low[at], "high": high[at], "residual": left[layer].mean(), "variance": variance[layer],
                 "excess_kurtosis": kurtosis.get((lag, layer)) if name == "rotation_stretch" else None,
                 "status": found.status[at]}
                for at, layer in enumerate(left.columns)
            ]  # fmt: skip
    table = pd.DataFrame(rows, columns=list(MAPS.columns))
    return table.assign(layer=pd.array(table["layer"], dtype="Int64"))


def _kurtosis(of_blocks: pd.DataFrame) -> dict[tuple[int, int], float]:
    """The mean over blocks of texts, each with the weight of its tokens, by lag and layer."""
    if of_blocks.empty:
        return {}
    keys = [of_blocks["lag"], of_blocks["layer"]]
    weighted = (of_blocks["excess_kurtosis"] * of_blocks["n"]).groupby(keys).sum(min_count=1)
    return (weighted / of_blocks["n"].groupby(keys).sum()).to_dict()


def law_layers(lag: int, blocks: int) -> tuple[int, ...]:
    """The later layers that lines are fitted to: all but the last, whose states are another scale's in many models
    (Sarfati et al. leave it out)."""
    return tuple(range(1 + lag, blocks))


def law_table(of_texts: pd.DataFrame, blocks: int) -> pd.DataFrame:
    """One row a lag."""
    return pd.DataFrame(
        [_law(of_texts, int(lag), blocks) for lag in sorted(of_texts["lag"].unique())], columns=list(LAWS.columns)
    )


def _law(of_texts: pd.DataFrame, lag: int, blocks: int) -> dict[str, object]:
    layers = law_layers(lag, blocks)
    row: dict[str, object] = {"lag": lag, "layers": f"{layers[0]}-{layers[-1]}" if layers else "", "samples": 0}
    left = wide(of_texts, "rotation_stretch", lag)
    if len(layers) < FEWEST_LAYERS:
        return row | {"status": LAYERS_LEFT_OUT}
    if left.empty:
        return row | {"status": of_texts[of_texts["map"] == "rotation_stretch"]["status"].iloc[0]}
    own = wide(of_texts, "mean", lag).reindex(left.index)
    rates, own_rates = (growth(table[list(layers)].to_numpy(), np.array(layers, float)).rate for table in (left, own))
    prompts = prompts_of(of_texts, left.index)
    rate, excess = mean_interval(rates[:, None], prompts), paired_contrast(rates[:, None], own_rates[:, None], prompts)
    fit = growth(np.exp(np.log(left[list(layers)]).mean().to_numpy()), np.array(layers, float)).fit
    return row | {
        "samples": rate.n[0], "rate": rate.mean[0], "rate_low": rate.low[0], "rate_high": rate.high[0],
        "fit": float(fit), "own_rate": own_rates.mean(), "excess": excess.mean[0], "low": excess.low[0],
        "high": excess.high[0], "status": rate.status[0],
    }  # fmt: skip


def truncation_table(cut: pd.DataFrame) -> pd.DataFrame:
    """One row a share, most dimensions last; then the yardstick."""
    return pd.DataFrame(list(_truncations(cut)), columns=list(TRUNCATION.columns))


def _truncations(cut: pd.DataFrame) -> Iterator[dict[str, object]]:
    others = cut[cut["share"].isna() & (cut["status"] == OK)]["divergence"].mean()
    shares = [*sorted(cut["share"].dropna().unique()), None]
    for share in shares:
        table = cut[cut["share"].isna()] if share is None else cut[cut["share"] == share]
        row = {"share": share, "kept": None if share is None else int(table["kept"].iloc[0])}
        measured = table[table["status"] == OK]
        if measured.empty:
            if len(table):
                yield row | {"samples": 0, "status": table["status"].iloc[0]}
            continue
        values = measured[["divergence", "same_top"]].to_numpy(float)
        found = mean_interval(values, measured["prompt"].to_numpy())
        low, high = clipped(["truncation_divergence", "truncation_same_top"], found.low, found.high)
        yield row | {
            "samples": found.n[0], "divergence": found.mean[0], "low": low[0], "high": high[0],
            "same_top": found.mean[1], "same_top_low": low[1], "same_top_high": high[1],
            "of_other_texts": found.mean[0] / others if others else None, "status": found.status[0],
        }  # fmt: skip


def layer_rows(maps: pd.DataFrame) -> pd.DataFrame:
    """What the maps of the shortest lag leave, as rows of the run's layers table."""
    shown = maps[(maps["lag"] == maps["lag"].min()) & maps["map"].isin(list(OF_MEASURES)) & maps["layer"].notna()]
    return pd.DataFrame(
        {
            "condition": WRITTEN, "layer": shown["layer"], "measure": shown["map"].map(OF_MEASURES), "axis": "depth",
            "cloud": "none", "value": shown["left"], "low": shown["low"], "high": shown["high"],
            "samples": shown["samples"], "refused": 0, "status": shown["status"],
        }
    )  # fmt: skip
