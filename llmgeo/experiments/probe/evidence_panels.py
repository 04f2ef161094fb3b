"""What a claim's own picture is drawn from: the numbers that its verdict weighs, prompt by prompt or text by text.

Knows a run's samples and estimates, and the sides of a claim. Where the same prompts stand on both sides, the picture
is of each prompt's difference; elsewhere every text is a dot of its own. Beside the measure stand the claim's baseline
and, where the measure reads a dimension at several scales, each of them.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from llmgeo.experiments.probe.contrast_summary import ContrastSide
from llmgeo.measures.catalogue import SCALES, scale_name
from llmgeo.measures.status import USABLE
from llmgeo.report.claims import ClaimAnswer
from llmgeo.report.page import glossary
from llmgeo.report.page.packing import number
from llmgeo.report.scales import DIMENSION
from llmgeo.statistics import mean_interval

SHARED = 0.5
"""From this share of the smaller side's prompts on, a prompt's two values are drawn as their difference."""

MOST_DOTS = 200
"""Prompts, or texts on a side, that are drawn of each claim; the means are of all."""


def evidence(
    texts: pd.DataFrame, estimates: pd.DataFrame, claims: Sequence[ClaimAnswer], recipe: Mapping, seed: int = 0
) -> list[dict[str, object] | None]:
    """One entry a claim, in their order; None where no text was measured on one of its sides.

    Args:
        texts: one row a measured text, with its baselines.
        estimates: their values, with sample, layer, measure, value and status.
        recipe: the one that the claims stand in, as plain data: it tells which label a side's texts must have.
        seed: of the choice of dots, where there are more than `MOST_DOTS`.
    """
    labels = dict(_labels(recipe))
    trusted = estimates.assign(value=estimates["value"].where(estimates["status"].isin(USABLE)))
    of_measure = dict(tuple(trusted.groupby("measure", sort=False)))
    return [_entry(texts, of_measure, claim, labels.get(claim.claim, (None, None)), seed) for claim in claims]


def _labels(recipe: Mapping) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    tables = recipe.get("claims")
    for table in tables if isinstance(tables, list | tuple) else ():
        if isinstance(table, Mapping) and isinstance(table.get("name"), str):
            sides = (table.get(side) for side in ("a", "b"))
            yield table["name"], tuple(side.get("label") if isinstance(side, Mapping) else None for side in sides)


def _entry(
    texts: pd.DataFrame, of_measure: Mapping, claim: ClaimAnswer, labels: tuple, seed: int
) -> dict[str, object] | None:
    a, b = (
        texts[ContrastSide(words, tuple(conditions), label).holds(texts)]
        for words, conditions, label in zip(
            (claim.a_words, claim.b_words), (claim.a_conditions, claim.b_conditions), labels, strict=True
        )
    )
    names = [(claim.measure, "")]
    if claim.measure == DIMENSION:
        by_scale = [(scale_name(n1, True), f"neighbours {n1} and {2 * n1}") for n1 in SCALES]
        names = [(name, words) for name, words in by_scale if name in of_measure] or names
    rows = [(words, _mean_over_layers(of_measure.get(name), claim.layers)) for name, words in names]
    rows = [(words, values) for words, values in rows if _is_on(values, a) and _is_on(values, b)]
    if not rows:
        return None
    shared = set(a["prompt"]) & set(b["prompt"])
    is_paired = len(shared) >= max(1, SHARED * min(a["prompt"].nunique(), b["prompt"].nunique()))
    turn = -1 if claim.expect == "a < b" else 1
    draw = _differences if is_paired else _two_sides
    panels = [{**glossary.measure(claim.measure or ""), "rows": [draw(a, b, *row, turn, seed) for row in rows]}]
    if claim.baseline in texts:
        values = texts.set_index("sample")[claim.baseline]
        side_told = 1 if claim.baseline_effect is None or claim.baseline_effect >= 0.5 else -1
        panels.append({**glossary.measure(claim.baseline), "rows": [draw(a, b, "", values, side_told, seed)]})
        panels[-1]["turn"] = side_told
    panels[0]["turn"] = turn
    return {"paired": is_paired, "a": claim.a_words, "b": claim.b_words, "panels": panels}


def _mean_over_layers(estimates: pd.DataFrame | None, layers: Sequence[int]) -> pd.Series:
    """A text's mean over a claim's layers; nan where a layer was not measured, as in the claim itself."""
    if estimates is None or not layers:
        return pd.Series(dtype=float)
    wide = estimates[estimates["layer"].isin(layers)].pivot(index="sample", columns="layer", values="value")
    return wide.reindex(columns=list(layers)).mean(axis=1, skipna=False)


def _is_on(values: pd.Series, side: pd.DataFrame) -> bool:
    return bool(values.reindex(side["sample"]).notna().any())


def _differences(
    a: pd.DataFrame, b: pd.DataFrame, words: str, values: pd.Series, turn: int, seed: int
) -> dict[str, object]:
    """One dot a prompt: both sides' values, each the mean of the prompt's texts; and the mean of the differences."""
    by_prompt = [
        values.reindex(side["sample"]).groupby(side["prompt"].to_numpy(), sort=False).mean().dropna() for side in (a, b)
    ]
    prompts = by_prompt[0].index.intersection(by_prompt[1].index)
    of_a, of_b = (of_side[prompts].to_numpy() for of_side in by_prompt)
    differences = turn * (of_a - of_b)
    drawn = _drawn(len(prompts), seed)
    return {
        "words": words,
        "names": [str(prompts[at]) for at in drawn],
        "a": [number(of_a[at], 6) for at in drawn],
        "b": [number(of_b[at], 6) for at in drawn],
        "n": len(prompts),
        "as_predicted": int((differences > 0).sum()),
        **_mean(differences, prompts.to_numpy(str)),
    }


def _two_sides(
    a: pd.DataFrame, b: pd.DataFrame, words: str, values: pd.Series, turn: int, seed: int
) -> dict[str, object]:
    """One dot a text, side by side."""
    sides = []
    for side in (a, b):
        measured = side.assign(value=values.reindex(side["sample"]).to_numpy()).dropna(subset="value")
        drawn = measured.iloc[_drawn(len(measured), seed)]
        sides.append(
            {
                "names": drawn["sample"].astype(str).tolist(),
                "values": [number(value, 6) for value in drawn["value"]],
                "n": len(measured),
                **_mean(measured["value"].to_numpy(), measured["prompt"].to_numpy(str)),
            }
        )
    return {"words": words, "sides": sides}


def _drawn(count: int, seed: int) -> list[int]:
    """Which are drawn, in order."""
    if count <= MOST_DOTS:
        return list(range(count))
    return sorted(np.random.default_rng(seed).choice(count, MOST_DOTS, replace=False).tolist())


def _mean(values: np.ndarray, prompts: np.ndarray) -> dict[str, float | None]:
    if not len(values):
        return {"value": None, "low": None, "high": None}
    means = mean_interval(values[:, None], prompts)
    return {"value": number(means.mean[0], 6), "low": number(means.low[0], 6), "high": number(means.high[0], 6)}
