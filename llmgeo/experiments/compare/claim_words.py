"""What the claims of a comparison say beside their numbers: sides, values, remarks on lengths. Tests nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from llmgeo.experiments.compare import sentences
from llmgeo.experiments.compare.recipe import Claim, GroupsClaim, PairedClaim, TextSide
from llmgeo.experiments.compare.values_by_prompt import ValuesByPrompt
from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.report import words
from llmgeo.statistics.claim_test import Scales, Side
from llmgeo.statistics.rank_correlation import rank_correlation
from llmgeo.statistics.verdict import describe_layers

UNLIKE_RANKS = 0.3
"""From this rank correlation on, the prompts' lengths go along with their complexity enough to say so."""
UNLIKE_LENGTHS = 1.1
"""From this ratio of mean lengths on, two groups of texts differ in length enough to say so."""


def identity(by_prompt: ValuesByPrompt, claim: Claim) -> dict[str, object]:
    """What every test says of its claim."""
    numbers, layers = claim.layer_numbers(by_prompt.blocks), by_prompt.layers_of(claim)
    return {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "layers": layers,
        "layer_words": describe_layers(numbers, None if claim.layers == "last" else claim.layers, layers),
    }  # fmt: skip


def side_of(side: TextSide, name: str, values: pd.Series) -> Side:
    return Side(name, (side.reader,), float(values.mean()) if len(values) else np.nan, len(values))


def reader_words(side: TextSide) -> str:
    """
    >>> reader_words(TextSide(reader="base", text="tuned_answer"))
    "BASE on TUNED's answers"
    >>> reader_words(TextSide(reader="tuned", text="tuned_answer"))
    'TUNED on its own answers'
    """
    return sentences.reader_on(side.reader, side.text)


def kind_words(side: TextSide) -> str:
    """
    >>> kind_words(TextSide(reader="tuned", text="tuned_answer", kinds=("harmless", "reasoning_plain")))
    'harmless and reasoning plain prompts'
    """
    return f"{words.listed([kind.replace('_', ' ') for kind in side.kinds])} prompts"


def values_in_words(measure: str, a: Side, b: Side, scales: Scales | None = None) -> str:
    """Both sides' values in plain words; with `scales`, between which values they go over them."""
    values = [_value(measure, side) for side in (a, b)]
    said = sentences.two_values(EVERY_MEASURE[measure].words, values[0], a.words, values[1], b.words)
    return said if scales is None else words.over_scales(said, measure, scales.a_values, scales.b_values)


def _value(measure: str, side: Side) -> str:
    return words.value(measure, side.value) if np.isfinite(side.value) else sentences.NO_VALUE


def note_of(claim: Claim) -> tuple[str, ...]:
    return (claim.note,) if claim.note else ()


def length_remark(
    by_prompt: ValuesByPrompt, claim: PairedClaim | GroupsClaim, a: pd.Series, b: pd.Series
) -> tuple[str, ...]:
    """A word on lengths where the texts of the two sides differ in them."""
    if not (len(a) and len(b)):
        return ()
    sides = ((claim.a, a), (claim.b, b))
    lengths = [float(by_prompt.lengths(side, values.index).mean()) for side, values in sides]
    if not max(lengths) > UNLIKE_LENGTHS * min(lengths):
        return ()
    return (sentences.unlike_lengths(*lengths),)


def complexity_remark(by_prompt: ValuesByPrompt, side: TextSide, complexity: pd.Series) -> tuple[str, ...]:
    """Longer prompts may be the more complex ones, or the less, and a dimension drifts with length."""
    related = rank_correlation(by_prompt.lengths(side, complexity.index).to_numpy(), complexity.to_numpy()).rho
    if not abs(related) > UNLIKE_RANKS:
        return ()
    return (sentences.length_goes_with_complexity(related),)
