"""From a finished run to what a person reads first, as plain data. Knows no model, no screen and no page.

summary = summarize(llmgeo.open("runs/…"))
summary.claims[0].verdict, summary.contrasts[0].best, summary.curves[0].curves
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from llmgeo.report import words
from llmgeo.report.contrasts import ContrastSummary, summarize_contrasts
from llmgeo.report.curves import MeasureCurves, curves_by_measure
from llmgeo.report.noise import noise_sentence
from llmgeo.report.records import rows
from llmgeo.report.refused import Refused, count_refused
from llmgeo.report.scales import ScaleCurve, scale_curves
from llmgeo.run import Run
from llmgeo.status import NEEDS_STATES

PAGE = "report.html"


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


@dataclass(frozen=True)
class Summary:
    """What there is to say about a run.

    Attributes:
        title: model, recipe, size, dtype, device: the parts of one line.
        status: "complete", or what else became of the run.
        claims, contrasts, curves: in the recipe's order.
        scales: how the dimension depends on its scale, by condition.
        counts: prompts, samples, tokens, too_short, failed, loops, as far as the run tells them.
        refused: the estimates that were not trusted, by measure and reason.
        seconds: wall time by phase.
        path: the run's folder.
        noise: how far a state moves by rounding alone, where the number format is coarse.
        notice: what must be read before any number, where the results answer another recipe than the run's own.
    """

    title: tuple[str, ...]
    status: str
    claims: tuple[ClaimAnswer, ...]
    contrasts: tuple[ContrastSummary, ...]
    curves: tuple[MeasureCurves, ...]
    scales: tuple[ScaleCurve, ...]
    counts: Mapping[str, int]
    refused: tuple[Refused, ...]
    seconds: Mapping[str, float]
    path: Path
    notice: str | None = None
    noise: str | None = None

    @property
    def page(self) -> Path | None:
        """The run's HTML page, if it has been written."""
        page = self.path / PAGE
        return page if page.is_file() else None

    @property
    def show_command(self) -> str:
        return f"llmgeo show {shlex.quote(str(self.path))}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences on what is missing from the numbers; empty if nothing is."""
        counts = self.counts
        said = []
        if self.status != "complete":
            said.append(f"This run is {self.status}: the command that began it goes on where it stopped.")
        if counts.get("failed"):
            said.append(f"{words.count(counts['failed'], 'text')} failed and {_is_are(counts['failed'])} left out.")
        if counts.get("too_short"):
            ended = words.count(counts["too_short"], "text")
            said.append(f"{ended} ended before the window was full and {_is_are(counts['too_short'])} not compared.")
        if self.noise:
            said.append(self.noise)
        return tuple(said)


def summarize(run: Run) -> Summary:
    """Everything the screens show of a run.

    Raises:
        RunError: the results were not computed yet. CorruptRunError: a table is damaged.
    """
    counts = of_manifest(run, "counts")
    return Summary(
        _title(run.manifest, counts),
        run.status,
        claim_answers(run.claims),
        summarize_contrasts(run.contrasts),
        curves_by_measure(run.layers),
        scale_curves(run.layers),
        counts,
        count_refused(run.results_estimates),
        of_manifest(run, "seconds"),
        run.path,
        answers_another(run),
        noise_sentence(run.manifest),
    )


def answers_another(run: Run) -> str | None:
    """The sentence that says so, where a later analysis answered another recipe than the run was made with."""
    asked = run.results_recipe
    if asked is None:
        return None
    own = run.manifest.get("recipe")
    own = own.get("name") if isinstance(own, dict) else own
    window = asked.get("window")
    window = window if isinstance(window, Mapping) else {}
    sizes = ", ".join(f"{key} = {window[key]}" for key in ("skip", "tokens") if key in window)
    return (
        "These results answer another recipe than the run was made with: "
        f"{asked.get('name', 'one that cannot be read')}{f' (window: {sizes})' if sizes else ''} instead of {own}. "
        "llmgeo analyze without --probe brings its own back."
    )


def failed_samples(run: Run) -> int:
    """How many samples of a run failed, as its manifest counts them."""
    return int(of_manifest(run, "counts").get("failed", 0))


def of_manifest(run: Run, key: str) -> Mapping:
    """A table of the manifest; what is known only at the end of a run stands among its notes."""
    notes = run.manifest.get("notes")
    found = (notes if isinstance(notes, dict) else {}).get(key, run.manifest.get(key))
    return found if isinstance(found, dict) else {}


def _title(manifest: Mapping, counts: Mapping) -> tuple[str, ...]:
    model = manifest.get("model")
    model = model if isinstance(model, dict) else {"name": model}
    recipe = manifest.get("recipe")
    parts = [model.get("name"), recipe.get("name") if isinstance(recipe, dict) else recipe]
    if counts.get("prompts") and counts.get("samples"):
        conditions = counts["samples"] // counts["prompts"]
        parts.append(f"{words.count(counts['prompts'], 'prompt')} × {words.count(conditions, 'condition')}")
    if counts.get("tokens"):
        parts.append(words.count(counts["tokens"], "token"))
    parts += [model.get("dtype"), model.get("device")]
    return tuple(str(part) for part in parts if part is not None)


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


def _is_are(number: int) -> str:
    return "is" if number == 1 else "are"
