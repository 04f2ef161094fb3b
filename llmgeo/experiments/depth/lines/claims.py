"""Each claim on lines of thought as one test over prompts, beside what it must be told apart from.

Needs tables; draws no verdict.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.experiments.depth.lines.recipe import LineClaim, LinesSection
from llmgeo.experiments.depth.names import WRITTEN
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.paths.growth import growth
from llmgeo.measures.status import LAYERS_LEFT_OUT, OK
from llmgeo.statistics import paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES
from llmgeo.statistics.verdict import describe_layers

OF_TRUNCATION = ("truncation_divergence", "truncation_same_top")
NOT_ASKED = "not_asked"
HALF = 0.5
FEWEST_LAYERS = 3


@dataclass(frozen=True)
class Pairs:
    """Values of each text on both sides, or why there are none."""

    a: np.ndarray
    b: np.ndarray
    prompts: np.ndarray
    layers: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()
    status: str = OK

    @classmethod
    def none(cls, status: str) -> Pairs:
        nothing = np.array([])
        return cls(nothing, nothing, nothing, status=status)


def claim_tests(of_texts: pd.DataFrame, cut: pd.DataFrame, section: LinesSection, blocks: int) -> tuple[ClaimTest, ...]:
    """One test a claim of the section, in order."""
    return tuple(claim_test(of_texts, cut, claim, blocks) for claim in section.claims)


def claim_test(of_texts: pd.DataFrame, cut: pd.DataFrame, claim: LineClaim, blocks: int) -> ClaimTest:
    """The claim as a paired test: both sides are of the same texts."""
    numbers = claim.layer_numbers(blocks)
    if cut.empty:
        pairs = Pairs.none(NO_SAMPLES)
    elif claim.measure in OF_TRUNCATION:
        pairs = _truncated(cut, claim)
    else:
        pairs = _mapped(of_texts, claim, numbers, blocks)
    words_a, words_b = _sides(claim)
    facts = {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "expect": claim.expect,
        "effect_is": "difference", "measure": claim.measure, "axis": "depth", "cloud": "none",
        "layers": pairs.layers, "layer_words": _layer_words(claim, numbers, pairs),
    }  # fmt: skip
    if not len(pairs.a):
        return ClaimTest(a=Side(words_a, (WRITTEN,)), b=Side(words_b), status=pairs.status, **facts)
    found = paired_contrast(pairs.a[:, None], pairs.b[:, None], pairs.prompts)
    a, b, n = float(pairs.a.mean()), float(pairs.b.mean()), int(found.n[0])
    measure = look_up(claim.measure)
    return ClaimTest(
        a=Side(words_a, (WRITTEN,), a, n),
        b=Side(words_b, (), b, n),
        effect=float(found.mean[0]),
        low=float(found.low[0]),
        high=float(found.high[0]),
        p=float(found.p[0]),
        words=f"{measure.words}: {measure.show(a)} {words_a}, {measure.show(b)} {words_b}"
        if claim.measure not in OF_TRUNCATION
        else f"{measure.words}: {measure.show(a)} {words_a}; {words_b} is {measure.show(b)}",
        remarks=pairs.remarks,
        status=OK if found.prompts[0] >= FEWEST_PROMPTS else FEW_PROMPTS,
        **facts,
    )


def _sides(claim: LineClaim) -> tuple[str, str]:
    """What both sides are called."""
    kept = f"with {claim.share:.0%} of the dimensions"
    return {
        "truncation_divergence": (kept, f"{claim.part:.0%} of other texts' divergence"),
        "truncation_same_top": (kept, "half of all texts"),
        "rotation_stretch_left": ("with rotation and stretch", "with no change"),
        "residual_growth": ("of what the map leaves", "of the states' own variance"),
    }[claim.measure]


# -- truncation -------------------------------------------------------------------------------------------------------


def _truncated(cut: pd.DataFrame, claim: LineClaim) -> Pairs:
    asked = cut[np.isclose(cut["share"].astype(float), claim.share)]
    if asked.empty:
        return Pairs.none(NOT_ASKED)
    if not (asked["status"] == OK).any():
        return Pairs.none(str(asked["status"].iloc[0]))
    asked = asked[asked["status"] == OK].set_index("sample")
    others = cut[cut["share"].isna()].set_index("sample").reindex(asked.index)
    prompts = asked["prompt"].to_numpy()
    if claim.measure == "truncation_same_top":
        values = asked["same_top"].to_numpy(float)
        return Pairs(values, np.full(len(values), HALF), prompts)
    top = look_up("truncation_same_top").show(float(asked["same_top"].mean()))
    divergence, yardstick = asked["divergence"].to_numpy(float), others["divergence"].to_numpy(float)
    of_others = divergence.mean() / yardstick.mean() if yardstick.mean() else np.nan
    return Pairs(
        divergence,
        claim.part * yardstick,
        prompts,
        remarks=(
            f"{of_others:.0%} of the divergence between unrelated texts is left; the most probable token stays the "
            f"same in {top} of texts",
        ),
    )


# -- maps -------------------------------------------------------------------------------------------------------------


def _mapped(of_texts: pd.DataFrame, claim: LineClaim, numbers: tuple[int, ...], blocks: int) -> Pairs:
    chosen = of_texts[of_texts["lag"] == claim.lag]
    if chosen.empty:
        return Pairs.none(NOT_ASKED)
    is_law = claim.measure == "residual_growth"
    last = blocks - 1 if is_law else blocks
    layers = tuple(layer for layer in numbers if claim.lag < layer <= last)
    if len(layers) < (FEWEST_LAYERS if is_law else 1):
        return Pairs.none(LAYERS_LEFT_OUT)
    left, no_change, own, best = (
        _wide(chosen, name, layers) for name in ("rotation_stretch", "no_change", "mean", "ridge")
    )
    if left.empty:
        return Pairs.none(str(chosen[chosen["map"] == "rotation_stretch"]["status"].iloc[0]))
    prompts = chosen.drop_duplicates("sample").set_index("sample")["prompt"].reindex(left.index).to_numpy()
    own, no_change, best = (table.reindex(left.index) for table in (own, no_change, best))
    if is_law:
        places = np.array(layers, float)
        rates = [growth(table.to_numpy(), places).rate for table in (left, own)]
        fit = growth(np.exp(np.log(left).mean().to_numpy()), places).fit
        return Pairs(*rates, prompts, layers, (f"a line through the logarithms has R² {fit:.2f}",))
    variance = own.mean()
    values = [(table / variance).mean(axis=1).to_numpy() for table in (left, no_change)]
    show = look_up("ridge_left").show
    at_median = [show(float((table.mean() / variance).median())) for table in (left, no_change, best)]
    return Pairs(
        *values,
        prompts,
        layers,
        (
            f"at the median layer {at_median[0]} against {at_median[1]}; ridge regression leaves {at_median[2]} there, "
            "the mean alone 100 %",
        ),
    )


def _wide(chosen: pd.DataFrame, name: str, layers: tuple[int, ...]) -> pd.DataFrame:
    """One row a text that has a value at each of the layers."""
    table = chosen[(chosen["map"] == name) & (chosen["status"] == OK) & chosen["layer"].isin(layers)]
    return table.pivot(index="sample", columns="layer", values="residual").astype(float).dropna()


def _layer_words(claim: LineClaim, numbers: tuple[int, ...], pairs: Pairs) -> str:
    if claim.measure in OF_TRUNCATION:
        return "cut down after every block"
    named = claim.layers if isinstance(claim.layers, str) else None
    if named == "all" and pairs.layers:
        return f"layers {pairs.layers[0]}-{pairs.layers[-1]}"
    return describe_layers(numbers, named, pairs.layers or None)
