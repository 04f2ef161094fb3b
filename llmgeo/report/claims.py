"""A paper's sentence and what came out of it, as a screen or page needs it. Knows the claims table; no experiment."""

from dataclasses import dataclass, fields

import pandas as pd

from llmgeo.measures.status import NEEDS_STATES
from llmgeo.report import words
from llmgeo.report.records import rows


@dataclass(frozen=True)
class ClaimAnswer:
    """A paper's sentence and what this model answers; the columns of `run.claims`.

    Attributes:
        verdict: "supported", "contradicted", "undecided" or "not measured".
        words: the two sides' values in plain words.
        effect, low, high: AUC with its interval; a mean difference or a rank correlation where `effect_is` says so.
        noise, halves: the effect that rounding the base's weights makes, and that two halves of the prompts differ by.
        caveat: what the verdict must not be read without, or None.
    """

    claim: str
    sentence: str
    source: str
    verdict: str
    words: str | None
    measure: str | None
    layers: str | None
    effect: float | None
    low: float | None
    high: float | None
    q: float | None
    n_a: int | None
    n_b: int | None
    baseline: str | None
    baseline_effect: float | None
    caveat: str | None
    status: str | None
    effect_is: str | None = None
    noise: float | None = None
    halves: float | None = None

    @property
    def evidence(self) -> str | None:
        """The effect with its interval and q; None where nothing was measured."""
        if self.effect is None:
            return None
        where = f"{_layer_words(self.layers)}: " if self.layers else ""
        if self.effect_is == "difference":
            value, low, high = (words.value(self.measure or "", one) for one in (self.effect, self.low, self.high))
            said = f"{where}difference {value}"
            if words.is_missing(self.low) or words.is_missing(self.high):
                return f"{said}, too few texts for an interval{self._floors}"
            return f"{said} [{low}, {high}], {words.q(self.q)}{self._floors}"
        if self.effect_is == "correlation":
            said = f"rank correlation {self.effect:.2f} {words.interval(self.low, self.high)}"
            return f"{where}{said}, {words.q(self.q)}{self._floors}"
        effect = f"AUC {words.auc(self.effect)} {words.interval(self.low, self.high)}"
        return f"{where}{effect}, {words.q(self.q)}{self._floors}"

    @property
    def _floors(self) -> str:
        """What the effect must exceed, in a comparison."""
        name = self.measure or "" if self.effect_is == "difference" else ""
        known = {"rounding": self.noise, "halves": self.halves}
        said = [f"{which} {words.value(name, one)}" for which, one in known.items() if one is not None]
        return f" ({', '.join(said)})" if said else ""

    @property
    def why_not_measured(self) -> str:
        """What kept a claim from being tested, with the texts on each side."""
        if self.status == NEEDS_STATES:
            return words.reason(self.status)
        if self.effect_is == "range" or self.status == "same_model":
            why = words.reason(self.status or "undefined")
            return f"{why}: {self.caveat}" if self.caveat and self.status != "same_model" else why
        return f"{words.reason(self.status or 'undefined')} ({self.sides})"

    @property
    def sides(self) -> str:
        """How many texts the claim stands on."""
        if self.effect_is == "correlation":
            return words.count(self.n_a or 0, "text")
        return f"{self.n_a or 0:,} against {words.count(self.n_b or 0, 'text')}"

    @property
    def is_no_news(self) -> bool:
        """Whether a baseline without any geometry tells the sides apart at least as well."""
        known = self.effect is not None and self.baseline_effect is not None
        return known and abs(self.baseline_effect - 0.5) >= abs(self.effect - 0.5)


def claim_answers(table: pd.DataFrame) -> tuple[ClaimAnswer, ...]:
    names = [field.name for field in fields(ClaimAnswer)]
    return tuple(ClaimAnswer(**record) for record in rows(table.reindex(columns=names)))


def _layer_words(layers: str) -> str:
    """
    >>> _layer_words("middle third (11-20)"), _layer_words("all (0-30)"), _layer_words("5, 6")
    ('middle third (layers 11-20)', 'all layers (0-30)', 'layers 5, 6')
    """
    name, _, span = layers.partition(" (")
    if not span:
        return f"layers {layers}" if "," in layers else f"layer {layers}"
    return f"all layers ({span}" if name == "all" else f"{name} (layers {span}"
