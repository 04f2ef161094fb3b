"""What is said of clouds of many texts, on screen and page alike. Knows words and numbers; computes none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from llmgeo.experiments.layers.names import COMPONENTS, LEFT_OUT, RANDOM, SHUFFLED
from llmgeo.measures.catalogue import DIMENSION, SCALES
from llmgeo.measures.measure import three_digits
from llmgeo.report import words
from llmgeo.report.records import rows
from llmgeo.report.scales import scale_curves

OTHERS = {"both ends": "the higher of the first and the last layer", "all others": "the highest of all other layers"}
"""What a peak must rise above."""

GAUSSIAN = "Gaussian"
"""What the null is called: one Gaussian cloud of the same covariance."""

NO_PARTS = (
    "no test: the texts are too few for parts that have a dimension (100 and more, for the five parts of the recipe)"
)

OVER_TEXTS = "the interval is over texts, read by this one model"

OF_RANDOM = "of one draw of random weights"
OF_SHUFFLED = "in the cloud of one text's tokens, shuffling is said to do the opposite (Viswanathan et al. 2025)"


def peak(top: float, at: int, rest: float, other: int) -> str:
    """
    >>> peak(20.04, 12, 9.96, 1)
    'dimension 20.0 at layer 12, and 9.96 at layer 1'
    """
    return f"dimension {three_digits(top)} at layer {at}, and {three_digits(rest)} at layer {other}"


def extremes(largest: float, smallest: float, at: int, other: int) -> str:
    """The largest and the smallest value over layers."""
    return f"dimension from {three_digits(smallest)} (layer {other}) to {three_digits(largest)} (layer {at})"


def beside(a: str, own: float, b: str, other: float) -> str:
    """Both conditions' mean dimensions."""
    return f"dimension {three_digits(own)} in {a}, {three_digits(other)} in {b} (geometric means over the layers)"


def components(number: float, dimension: float, at: int, most: float) -> str:
    """Where components and dimension are nearest to each other."""
    return (
        f"{number:.0f} components and {three_digits(dimension)} dimensions at layer {at}, where they are nearest; "
        f"{three_digits(most)} times as many where they are farthest apart"
    )


def of_gaussian(ratio: float) -> Iterator[str]:
    """What the same ratio is of clouds that are not curved at all."""
    if math.isfinite(ratio):
        yield (
            f"Gaussian clouds of the same covariances, which are flat, have {three_digits(ratio)} times as many at "
            "least: the rest is curvature, or clusters"
        )


def most_components(texts: int, least: float) -> str:
    """Why the number of texts matters."""
    return f"far above is taken to begin at {least:g} times; {texts:,} texts have {texts - 1:,} components at most"


def flat(most: float) -> str:
    """What flat is taken to mean."""
    return f"flat is taken to end at {most:g} times from the smallest to the largest"


def of_conditions(conditions: Sequence[str]) -> Iterator[str]:
    """What belongs beside a condition."""
    if RANDOM in conditions:
        yield OF_RANDOM
    if SHUFFLED in conditions:
        yield OF_SHUFFLED


def layer_words(said: str, counted: Sequence[int] | None, is_peak: bool) -> str:
    """Which layers a claim is about, and which of them count.

    >>> layer_words("all layers (0-6)", [2, 3, 4, 5], True)
    'all layers (0-6), of which 2 to 5 are inside and measured'
    """
    if counted is None:
        return said
    are = "are inside and measured" if is_peak else "are measured"
    return f"{said}, of which {_spans(counted) or 'none'} {are}"


def _spans(numbers: Sequence[int]) -> str:
    """Numbers with runs of them in short.

    >>> _spans([1, 2, 3, 7, 9, 10])
    '1 to 3, 7, 9, 10'
    """
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    return ", ".join(
        f"{span[0]} to {span[-1]}" if len(span) > 2 else ", ".join(map(str, span)) for span in spans
    )  # fmt: skip


def left_out(counts: Mapping[str, int]) -> Iterator[str]:
    """Texts that are in no cloud, and why."""
    for reason, count in counts.items():
        if reason in LEFT_OUT and count:
            yield f"{words.count(count, 'text')} {LEFT_OUT[reason]} {'is' if count == 1 else 'are'} in no cloud."


def repeated(condition: str, layers: Sequence[int], unique: int, texts: int) -> str:
    """Layers where many texts have the same state.

    >>> repeated("text", [0], 543, 1000)
    'text, layer 0: 1,000 texts have 543 different states; it has no value.'
    """
    said = words.count(len(layers), "layer").partition(" ")[2]
    return (
        f"{condition}, {said} {_spans(layers)}: {texts:,} texts have {unique:,} different states; "
        f"{'it has' if len(layers) == 1 else 'they have'} no value."
    )


def surprisals(means: Mapping[str, float]) -> str:
    """What the model, or the network, thinks of each condition's texts."""
    each = ", ".join(f"{name} {three_digits(mean)}" for name, mean in means.items())
    return f"mean surprisal of a token in nats: {each}"


def layer_rows(layers: pd.DataFrame) -> list[tuple[str, ...]]:
    """Dimension, with its interval, and principal components of each condition at every layer. Headings first."""
    conditions = list(dict.fromkeys(layers["condition"]))
    by_place = {(row["condition"], row["measure"], row["layer"]): row for row in rows(layers)}
    found = [("layer", *(f"{name}: {what}" for name in conditions for what in ("dimension", "components")))]
    for layer in sorted(layers["layer"].dropna().unique()):
        cells = []
        for name in conditions:
            own, components = (by_place.get((name, measure, int(layer)), {}) for measure in (DIMENSION, COMPONENTS))
            cells += [_with_interval(own), _number(components.get("value"))]
        found.append((str(int(layer)), *cells))
    return found if len(found) > 1 else []


def scale_rows(layers: pd.DataFrame) -> list[tuple[str, ...]]:
    """The dimension at every scale, at a third, two thirds and the end of the layers. Headings first."""
    found = [("condition", "layer", *(f"neighbours {n1}, {2 * n1}" for n1 in SCALES))]
    for curve in scale_curves(layers):
        mark = "" if curve.has_plateau else " *"
        found.append((curve.condition, f"{curve.layer}{mark}", *(_number(value) for value in curve.values)))
    return found if len(found) > 1 else []


def _with_interval(row: Mapping[str, Any]) -> str:
    if words.is_missing(row.get("value")):
        return "–"
    ends = (row.get("low"), row.get("high"))
    band = "" if any(map(words.is_missing, ends)) else f" [{_number(ends[0])}, {_number(ends[1])}]"
    return _number(row["value"]) + band


def _number(value: object) -> str:
    return "–" if words.is_missing(value) else three_digits(float(value))
