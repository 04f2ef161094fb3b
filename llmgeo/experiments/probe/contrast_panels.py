"""What the contrast view is drawn from: effects by layer, and every text's own value behind them.

Knows the tables of contrasts, samples and estimates. Where the values of all layers would not fit the budget, it takes
evenly spaced layers, always with those that tell best, and says so.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from llmgeo.experiments.probe.contrast_summary import OK, ContrastSide, ContrastSummary, Effect
from llmgeo.measures.catalogue import SCALE_MEASURES
from llmgeo.measures.status import USABLE
from llmgeo.report.page import glossary, packing
from llmgeo.report.page.packing import number
from llmgeo.report.records import rows
from llmgeo.run import Run, pieces

MOST_TEXTS = 2000
"""Texts that are drawn as dots: more take a page of many megabytes and show no more."""

_READ = ("sample", "layer", "measure", "value", "status")
_BASELINES = ("entropy", "surprisal", "rep_4")


def contrasts(table: pd.DataFrame, summaries: Sequence[ContrastSummary]) -> list[dict[str, object]]:
    """One entry a contrast, with AUC, interval and q of every measure at every layer."""
    return [_contrast(table[table["contrast"] == summary.name], summary) for summary in summaries]


def measured_texts(run: Run) -> pd.DataFrame:
    """The texts that fill the window, with their baselines: one row a text."""
    facts = ("sample", "condition", "prompt", "label", "window_start", "error", *_BASELINES)
    samples = pieces.joined(run.pieces("results_samples", facts))
    return samples[samples["error"].isna() & samples["window_start"].notna()].reset_index(drop=True)


def drawn_texts(texts: pd.DataFrame) -> pd.DataFrame:
    """The texts of as many prompts as `MOST_TEXTS` allows, in the run's order; of one at least."""
    numbers = pd.factorize(texts["prompt"])[0]
    fit = np.searchsorted(np.cumsum(np.bincount(numbers)), MOST_TEXTS, side="right") if len(texts) else 0
    return texts[numbers < max(1, fit)].reset_index(drop=True)


def estimates_of(run: Run, texts: pd.DataFrame) -> pd.DataFrame:
    """What was measured on these texts, layer by layer, scales included."""
    estimates = pieces.joined(run.pieces("results_estimates", _READ, texts["sample"]))
    return estimates[estimates["layer"].notna()]


def values(
    texts: pd.DataFrame,
    estimates: pd.DataFrame,
    summaries: Sequence[ContrastSummary],
    layers: Sequence[int],
    budget: int,
    texts_in_all: int,
) -> dict[str, object]:
    """Every text's values, and which texts stand on which side of which contrast.

    Args:
        texts, estimates: of the texts that are drawn.
        layers: those that must be there, the most wanted first.
        budget: bytes of the packed values.
        texts_in_all: how many texts were measured.

    Returns:
        "data" [S, M, layers] float32, NaN where an estimate was refused; "flat" [S, baselines]; "sides" by contrast.
    """
    geometric = estimates[~estimates["measure"].isin(SCALE_MEASURES)]
    measures = [str(name) for name in geometric["measure"].unique()]
    measured = sorted(int(layer) for layer in geometric["layer"].unique())
    fits = budget // max(1, 4 * len(texts) * len(measures))
    drawn = _layers(measured, layers, fits)
    trusted = geometric.assign(trusted_value=geometric["value"].where(geometric["status"].isin(USABLE)))
    wide = trusted.pivot(index="sample", columns=["measure", "layer"], values="trusted_value")
    columns = pd.MultiIndex.from_product([measures, drawn])
    data = wide.reindex(index=texts["sample"], columns=columns).to_numpy(float)
    return {
        "samples": [
            {key: str(row[key]) for key in ("sample", "condition", "prompt")} for row in texts.to_dict("records")
        ],
        "texts": texts_in_all,
        "measures": measures,
        "layers": drawn,
        "left_out": len(measured) - len(drawn),
        "data": packing.float32(data),
        "baselines": list(_BASELINES),
        "flat": packing.float32(texts[list(_BASELINES)].to_numpy(float)),
        "sides": {
            summary.name: [np.flatnonzero(side.holds(texts)).tolist() for side in (summary.a, summary.b)]
            for summary in summaries
        },
    }


def headline_conditions(texts: pd.DataFrame, summaries: Sequence[ContrastSummary], count: int = 3) -> list[str]:
    """The conditions that are drawn at first: for each side of each contrast, the one with the most texts on it."""
    names: dict[str, None] = {}
    for side in (side for summary in summaries for side in (summary.a, summary.b)):
        on_side = texts.loc[side.holds(texts), "condition"]
        if len(on_side):
            names[str(on_side.value_counts(sort=True).index[0])] = None
    return list(names)[:count]


def sides(run: Run, summary: ContrastSummary) -> tuple[list[str], list[str]]:
    """The measured samples on both sides of a contrast."""
    texts = measured_texts(run)
    a, b = (texts.loc[side.holds(texts), "sample"].astype(str).tolist() for side in (summary.a, summary.b))
    return a, b


def best_layers(summaries: Sequence[ContrastSummary]) -> list[int]:
    """The layers that the page points at: each contrast's best, then each measure's strongest."""
    best = [summary.best.layer for summary in summaries if summary.best]
    strongest = [effect.layer for summary in summaries for effect in summary.measures]
    return [layer for layer in dict.fromkeys(best + strongest) if layer is not None]


def _layers(measured: list[int], wanted: Sequence[int], fits: int) -> list[int]:
    if fits >= len(measured):
        return measured
    spaced_evenly = [measured[round(at)] for at in np.linspace(0, len(measured) - 1, max(1, fits))]
    first = [layer for layer in wanted if layer in measured][: max(1, fits // 2)]
    return sorted(dict.fromkeys([*first, *spaced_evenly]))[: max(1, fits)] if fits else first[:1]


def _contrast(table: pd.DataFrame, summary: ContrastSummary) -> dict[str, object]:
    geometric = table[table["layer"].notna()].sort_values("layer")
    return {
        "name": summary.name,
        "sides": [_side(side) for side in (summary.a, summary.b)],
        "status": summary.status,
        "why": None if summary.status == OK else summary.why_nothing,
        "tests": summary.tests,
        "best": _effect(summary.best),
        "baseline": _effect(summary.baseline),
        "beside": summary.beside_words,
        "gain": [number(summary.gain_low, 3), number(summary.gain_high, 3)],
        "strongest": [_effect(effect) for effect in summary.measures],
        "baselines": [_effect(effect) for effect in summary.baselines],
        "measures": [
            {**glossary.measure(str(name)), **_by_layer(part)}
            for name, part in geometric.groupby("measure", sort=False)
        ],
    }


def _side(side: ContrastSide) -> dict[str, object]:
    return {"words": side.words, "conditions": list(side.conditions), "label": side.label}


def _by_layer(table: pd.DataFrame) -> dict[str, list]:
    records = rows(table)
    keys = ("auc", "low", "high", "band_low", "band_high", "q")
    numbers = {key: [number(record.get(key), 4) for record in records] for key in keys}
    return numbers | {key: [record.get(key) for record in records] for key in ("layer", "n_a", "n_b", "status")}


def _effect(effect: Effect | None) -> dict[str, object] | None:
    if effect is None:
        return None
    attributes = ("measure", "layer", "auc", "low", "high", "q", "n_a", "n_b", "status")
    values = {key: getattr(effect, key) for key in attributes}
    return values | {"words": glossary.measure(effect.measure)["words"]}
