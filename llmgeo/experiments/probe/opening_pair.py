"""Which two texts open the page, and the measure that colours them: one text that coheres, one that does not.

Nothing is picked by eye. The prompt is the first, in the run's order, that has both kinds of text; the colour is the
measure of tokens, past layer 0, that differs most over all texts of the contrast that the two belong to. Knows the
tables of samples and contrasts; draws nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from llmgeo.experiments.probe import sentences
from llmgeo.experiments.probe.contrast_summary import SIGNIFICANT, ContrastSummary, summarize_contrasts
from llmgeo.run import Run, pieces
from llmgeo.texts.degeneration import FLUENT, LOOP

_FACTS = ("sample", "condition", "prompt", "label", "entropy")


@dataclass(frozen=True)
class OpeningPair:
    """Two samples and how they are coloured.

    Attributes:
        left, right: names of samples; the right one degenerates, if any text of the run does.
        about: what the two are, in a sentence.
        measure, layer: of the colour. coloured: why this one, in a sentence.
    """

    left: str
    right: str
    about: str
    measure: str
    layer: int
    coloured: str


def opening_pair(
    run: Run, chosen: Sequence[str], measures: Sequence[str], contrasts: pd.DataFrame, recipe: Mapping
) -> OpeningPair | None:
    """The pair for a run's page.

    Args:
        chosen: the samples that the page holds.
        measures: the measures of tokens that can colour a text at a layer.
        contrasts: the table of contrasts. recipe: as plain data.

    Returns:
        None where no prompt has two texts, or nothing was measured along a text.
    """
    samples = pieces.joined(run.pieces("samples", _FACTS, chosen)) if chosen and measures else pd.DataFrame()
    if samples.empty:
        return None
    written = {str(table["name"]) for table in recipe["conditions"] if table.get("kind") == "generate"}
    samples = samples.assign(written=samples["condition"].isin(written))
    is_of_files = all(table.get("kind") == "file" for table in recipe["conditions"])
    found = (
        _first_of_sides(samples, contrasts) if is_of_files else _fluent_and_loop(samples) or _most_different(samples)
    )
    if found is None:
        return None
    left, right, about = found
    of_pair = samples.set_index("sample", drop=False).loc[[left, right]]
    colour = _tells_best(contrasts, of_pair, measures) or _differs_most(run, left, right, measures)
    measure, layer, coloured = colour
    return OpeningPair(left, right, about, measure, layer, coloured)


def _first_of_sides(samples: pd.DataFrame, contrasts: pd.DataFrame) -> tuple[str, str, str] | None:
    """Of texts from files: the first text on either side of the first contrast that has texts on both."""
    for summary in summarize_contrasts(contrasts):
        sides = [samples[side.holds(samples)] for side in (summary.b, summary.a)]
        if not any(side.empty for side in sides):
            left, right = (str(side["sample"].iloc[0]) for side in sides)
            return left, right, sentences.first_of_sides(summary.b.words, summary.a.words)
    return None


def _fluent_and_loop(samples: pd.DataFrame) -> tuple[str, str, str] | None:
    """The first prompt with a text that flows and one that loops: one the model wrote, if there is one."""
    fluent = samples[samples["label"] == FLUENT].sort_values("written", ascending=False, kind="stable")
    first_fluent = fluent.drop_duplicates("prompt").set_index("prompt")["sample"]
    loops = samples[(samples["label"] == LOOP) & samples["prompt"].isin(first_fluent.index)]
    if loops.empty:
        return None
    loop = loops.sort_values("written", ascending=False, kind="stable").iloc[0]
    about = sentences.fluent_and_loop(bool(loop["written"]))
    return str(first_fluent[loop["prompt"]]), str(loop["sample"]), about


def _most_different(samples: pd.DataFrame) -> tuple[str, str, str] | None:
    """Where nothing loops: the two conditions whose mean entropy lies farthest apart, at the first prompt with both."""
    means = samples.groupby("condition", sort=False)["entropy"].mean().dropna()
    names = list(dict.fromkeys(samples["condition"]))
    ends = (means.idxmin(), means.idxmax()) if len(means) > 1 else (names[0], names[-1])
    sides = [samples[samples["condition"] == end].drop_duplicates("prompt").set_index("prompt") for end in ends]
    both = [prompt for prompt in sides[0].index if prompt in sides[1].index]
    if not both or ends[0] == ends[1]:
        return None
    about = sentences.most_different(LOOP in set(samples["label"]))
    left, right = (str(side.loc[both[0], "sample"]) for side in sides)
    return left, right, about


def _tells_best(contrasts: pd.DataFrame, of_pair: pd.DataFrame, measures: Sequence[str]) -> tuple[str, int, str] | None:
    """The measure and layer that differ most over all texts of the contrast that the pair belongs to."""
    is_usable = contrasts["measure"].isin(measures) & (contrasts["layer"] > 0) & contrasts["auc"].notna()
    for summary in summarize_contrasts(contrasts):
        table = contrasts[is_usable & (contrasts["contrast"] == summary.name)]
        second_is_a = _stand_on_sides(of_pair, summary)
        if second_is_a is None or table.empty:
            continue
        strength = (table["auc"] - 0.5).abs()
        strongest = table[strength == strength.max()]
        best = strongest.iloc[len(strongest) // 2]  # of several that tell the sides apart perfectly, the middle one
        share = best["auc"] if second_is_a else 1 - best["auc"]
        measure, layer = str(best["measure"]), int(best["layer"])
        is_significant = bool(best["q"] < SIGNIFICANT)
        coloured = sentences.colour_of_contrast(measure, layer, summary.name, float(share), is_significant)
        return measure, layer, coloured
    return None


def _stand_on_sides(of_pair: pd.DataFrame, summary: ContrastSummary) -> bool | None:
    """Whether the second text stands on side a, and the first on side b; None if they do not face each other."""
    (first_a, second_a), (first_b, second_b) = (side.holds(of_pair) for side in (summary.a, summary.b))
    return True if second_a and first_b else False if first_a and second_b else None


def _differs_most(run: Run, left: str, right: str, measures: Sequence[str]) -> tuple[str, int, str]:
    """The measure and layer whose means over the two texts lie most of their tokens' spreads apart."""
    tokens = pieces.joined(run.pieces("tokens", samples=[left, right]))
    tokens = tokens[(tokens["axis"] == "token") & ((tokens["layer"] > 0) | (tokens["layer"] == tokens["layer"].max()))]
    of_layer = tokens.groupby(["layer", "sample"])[list(measures)]
    means, spreads = of_layer.mean().unstack("sample"), of_layer.std().unstack("sample")
    gaps = {
        (name, int(layer)): abs(means.loc[layer, (name, left)] - means.loc[layer, (name, right)])
        / (spreads.loc[layer, name].mean() or 1.0)
        for name in measures
        for layer in means.index
    }
    known = {place: gap for place, gap in gaps.items() if gap == gap}
    measure, layer = max(known, key=known.get) if known else (measures[0], int(tokens["layer"].median()))
    return measure, layer, sentences.colour_of_two_texts(measure, layer)
