"""What a claim's own picture is drawn from: the numbers that its verdict weighs, prompt by prompt or text by text.

Knows a run's samples and estimates, and the sides of a claim. Where the same prompts stand on both sides, the picture
is of each prompt's difference; elsewhere every text is a dot of its own. Beside the measure stand the claim's baseline
and, where the measure reads a dimension at several scales, each of them.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from llmgeo.experiments.probe import sentences
from llmgeo.experiments.probe.contrast_summary import ContrastSide
from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.measures.status import USABLE
from llmgeo.report.claims import ClaimAnswer
from llmgeo.report.page import evidence as kit

SHARED = 0.5
"""From this share of the smaller side's prompts on, a prompt's two values are drawn as their difference."""


def evidence(
    texts: pd.DataFrame, estimates: pd.DataFrame, claims: Sequence[ClaimAnswer], seed: int = 0
) -> list[dict[str, object] | None]:
    """One entry a claim, in their order; None where no text was measured on one of its sides.

    Args:
        texts: one row a measured text, with its baselines.
        estimates: their values, with sample, layer, measure, value and status.
        seed: of the choice of dots, where there are many.
    """
    trusted = estimates.assign(value=estimates["value"].where(estimates["status"].isin(USABLE)))
    of_measure = dict(tuple(trusted.groupby("measure", sort=False)))
    return [_entry(texts, of_measure, claim, seed) for claim in claims]


def _entry(texts: pd.DataFrame, of_measure: Mapping, claim: ClaimAnswer, seed: int) -> dict[str, object] | None:
    sides = (
        ContrastSide(claim.a_words, tuple(claim.a_conditions), claim.a_label),
        ContrastSide(claim.b_words, tuple(claim.b_conditions), claim.b_label),
    )
    a, b = (texts[side.holds(texts)] for side in sides)
    names = {claim.measure: ""}
    if claim.measure in EVERY_MEASURE:
        by_scale = {name: int(EVERY_MEASURE[name].fixed["n1"]) for name in EVERY_MEASURE[claim.measure].by_scale}
        names = {name: sentences.scale(n1) for name, n1 in by_scale.items() if name in of_measure} or names
    rows = [(words, _mean_over_layers(of_measure.get(name), claim.layers)) for name, words in names.items()]
    rows = [(words, values) for words, values in rows if _is_on(values, a) and _is_on(values, b)]
    if not rows:
        return None
    shared = set(a["prompt"]) & set(b["prompt"])
    is_paired = len(shared) >= max(1, SHARED * min(a["prompt"].nunique(), b["prompt"].nunique()))
    turn = -1 if claim.expect == "a < b" else 1
    draw = _differences if is_paired else _two_sides
    panels = [kit.panel(claim.measure or "", [draw(a, b, *row, turn, seed) for row in rows], turn)]
    if claim.baseline in texts:
        values = texts.set_index("sample")[claim.baseline]
        side_told = 1 if claim.baseline_effect is None or claim.baseline_effect >= 0.5 else -1
        panels.append(kit.panel(claim.baseline, [draw(a, b, "", values, side_told, seed)], side_told))
    return {"paired": is_paired, "a": claim.a_words, "b": claim.b_words, "panels": panels}


def _mean_over_layers(estimates: pd.DataFrame | None, layers: Sequence[int]) -> pd.Series:
    """A text's mean over a claim's layers; nan where a layer was not measured, as in the claim itself."""
    if estimates is None or not layers:
        return pd.Series(dtype=float)
    wide = estimates[estimates["layer"].isin(layers)].pivot(index="sample", columns="layer", values="value")
    return wide.reindex(columns=list(layers)).mean(axis=1, skipna=False)


def _is_on(values: pd.Series, side: pd.DataFrame) -> bool:
    return bool(values.reindex(side["sample"]).notna().any())


def _differences(a: pd.DataFrame, b: pd.DataFrame, words: str, values: pd.Series, turn: int, seed: int) -> dict:
    """Of a prompt with several texts on a side, their mean."""
    by_prompt = [
        values.reindex(side["sample"]).groupby(side["prompt"].to_numpy(), sort=False).mean() for side in (a, b)
    ]
    return kit.differences(*by_prompt, turn=turn, words=words, seed=seed)


def _two_sides(a: pd.DataFrame, b: pd.DataFrame, words: str, values: pd.Series, turn: int, seed: int) -> dict:
    sides = [
        pd.DataFrame({"name": side["sample"], "prompt": side["prompt"], "value": values.reindex(side["sample"]).array})
        for side in (a, b)
    ]
    return kit.two_sides(sides, words, seed)
