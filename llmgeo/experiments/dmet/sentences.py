"""What the room says, in words: one place for its sentences. Knows numbers and names; computes nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from llmgeo.experiments.dmet.names import QUALITIES, SPACES
from llmgeo.measures.measure import Measure
from llmgeo.report import words

if TYPE_CHECKING:
    from llmgeo.experiments.dmet.summary import AssociationRow

SPACE_NAMES = {"full": "hidden space", "shared": "shared axes", "private": "private planes"}
"""Short names of the spaces, for tables."""

CANNOT_BE = {
    "silhouette": "the silhouette is a function of the set of states: whatever order they come in, it is the same, up "
    "to where k-means starts, so that it cannot show that a path settles",
    "longest_h1_bar": "the longest bar is a function of the distances between the states: whatever order they come in, "
    "it is the same, so that it cannot show that a path circles",
}
"""Why a sentence that reads a path out of a measure cannot be, by measure."""

PHASES_RULE = (
    "Exploration: the first third of the window finds the most new ground. Expansion: the middle third is spread more "
    "widely than the first. Convergence: the last third is spread less widely than the middle. Of random orders, half "
    "expand, half converge, and a third do both."
)

NO_SURROGATES = "No text was long enough to be measured."


def where(layers: str, space: str) -> str:
    """Layers and space.

    >>> where("last (layer 30)", "private")
    'last (layer 30), private planes'
    """
    return f"{layers}, {SPACE_NAMES[space]}"


def association(measure: str, quality: str) -> str:
    """What is correlated with what.

    >>> association("silhouette", "dictionary_share")
    'silhouette (Q) with share of dictionary words, within decoders, rep-4 held'
    """
    return f"{words.measure(measure)} with {QUALITIES[quality]}, within decoders, rep-4 held"


def beside_random_phases(rho: float) -> str:
    """
    >>> beside_random_phases(0.123)
    'the same of random phases in place of the text: +0.12'
    """
    return f"the same of random phases in place of the text: {rho:+.2f}"


def beside(measure: Measure, text: float, null: float, series: str) -> str:
    """
    >>> from llmgeo.measures.catalogue import look_up
    >>> beside(look_up("three_phases"), 0.31, 0.333, "shuffled")
    'three phases: 31.0% of texts, 33.3% of shuffled'
    >>> beside(look_up("silhouette"), 0.5, 0.42, "random phases")
    'silhouette (Q): 0.500 text, 0.420 random phases'
    """
    if measure.unit == "%":
        return f"{measure.words}: {measure.show(text)} of texts, {measure.show(null)} of {series}"
    return f"{measure.words}: {measure.show(text)} text, {measure.show(null)} {series}"


def other_surrogates(measure: Measure, values: Mapping[str, float], series: str) -> tuple[str, ...]:
    """What the surrogates give that the text is not tested against.

    >>> from llmgeo.measures.catalogue import look_up
    >>> other_surrogates(look_up("silhouette"), {"shuffled": 0.5, "random phases": 0.38}, "random phases")
    ('shuffled 0.500',)
    """
    said = [f"{name} {measure.show(value)}" for name, value in values.items() if name != series]
    return (", ".join(said),)


def in_range(measure: str, mean: tuple[float, float, float], claimed: tuple[float, float], null: float) -> str:
    """A mean with its interval beside the range that is claimed.

    >>> in_range("silhouette", (0.502, 0.49, 0.513), (0.71, 0.81), 0.383)
    'silhouette (Q): 0.502 [0.490, 0.513], claimed 0.710 to 0.810; random phases 0.383'
    """
    low, high = (words.value(measure, end) for end in claimed)
    said = f"{words.measure(measure)}: {words.value_interval(measure, *mean)}, claimed {low} to {high}"
    return f"{said}; random phases {words.value(measure, null)}"


def shuffled(measure: str, text: np.ndarray, others: np.ndarray) -> str | None:
    """What shuffling the tokens does to a measure, in each of some texts; None where none has a value.

    >>> shuffled("longest_h1_bar", np.array([1.0, 2.0]), np.array([1.0, 2.0]))
    'tokens shuffled: the same to the last bit in 2 of 2 texts'
    >>> shuffled("silhouette", np.array([0.5, 0.4]), np.array([0.51, 0.4]))
    'tokens shuffled: the same to the last bit in 1 of 2 texts, by 0.005 different on average'
    """
    both = np.isfinite(text) & np.isfinite(others)
    if not both.any():
        return None
    difference = np.abs(text - others)[both]
    same = (
        f"tokens shuffled: the same to the last bit in {(difference == 0).sum()} of {words.count(both.sum(), 'text')}"
    )
    return same if not difference.any() else f"{same}, by {difference.mean():.2g} different on average"


def how_held(held: str) -> str:
    return "decoder held" if held == "nothing" else f"decoder and {held} held"


def spaces_explained() -> str:
    return "; ".join(f"{SPACE_NAMES[space]}: {said}" for space, said in SPACES.items())


def one_association(row: AssociationRow) -> str:
    """An association in one line.

    >>> from llmgeo.experiments.dmet.summary import AssociationRow
    >>> numbers = {"rho": -0.3, "low": -0.5, "high": -0.1, "q": 0.01, "surrogate_rho": -0.2, "rho_unheld": -0.4}
    >>> row = AssociationRow(layer=30, space="full", measure="mean_step", quality="log_perplexity", n=120,
    ...     status="ok", **numbers)
    >>> one_association(row)
    'mean step (C), hidden space, layer 30, with log perplexity: -0.30 [-0.50, -0.10], q = 0.010; random phases -0.20'
    """
    name = f"{words.measure(row.measure)}, {SPACE_NAMES[row.space]}, layer {row.layer}, with {QUALITIES[row.quality]}"
    if row.status != "ok":
        return f"{name}: {words.reason(row.status)}"
    beside = "" if row.surrogate_rho is None else f"; random phases {row.surrogate_rho:+.2f}"
    return f"{name}: {row.rho:+.2f} {words.interval(row.low, row.high)}, {words.q(row.q)}{beside}"


def not_associated(rows: Sequence[AssociationRow]) -> list[str]:
    """Why some associations are none: a line for a quality that no text has, and for every other reason."""
    missing = [row for row in rows if row.status != "ok"]
    by_reason: dict[tuple[str, str], list[AssociationRow]] = {}
    for row in missing:
        whole = all(other.status != "ok" for other in rows if other.quality == row.quality)
        name = QUALITIES[row.quality] if whole else f"{words.measure(row.measure)}, {SPACE_NAMES[row.space]}"
        if not (whole and row.status == "private_axes"):
            by_reason.setdefault((name, row.status), []).append(row)
    return [f"{name}: {words.reason(status)}" for name, status in by_reason]
