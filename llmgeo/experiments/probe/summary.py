"""Summarizes a finished probe as plain data: what a person reads first. Knows no model, no screen and no page.

summary = summarize(llmgeo.open("runs/…"))
summary.claims[0].verdict, summary.contrasts[0].best, summary.curves[0].curves
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from llmgeo.engine.tokens import Tokens
from llmgeo.errors import RunError
from llmgeo.experiments.probe import sentences
from llmgeo.experiments.probe.contrast_panels import headline_conditions, measured_texts
from llmgeo.experiments.probe.contrast_summary import ContrastSummary, summarize_contrasts
from llmgeo.experiments.probe.given_summary import GivenTexts, given_texts
from llmgeo.messages import place
from llmgeo.report import words
from llmgeo.report.claims import ClaimAnswer, claim_answers
from llmgeo.report.curves import MeasureCurves, curves_by_measure
from llmgeo.report.manifest import PAGE, name_of_time, of_manifest, show_command, stopped, subjects_of
from llmgeo.report.noise_sentence import noise_sentence
from llmgeo.report.notices import notices
from llmgeo.report.page.provenance import recipe_of
from llmgeo.report.refused import Refused, refused_of
from llmgeo.report.scales import ScaleCurve, scale_curves
from llmgeo.run import Run

MANY = 4
"""From so many conditions on, not all curves are shown at first."""


@dataclass(frozen=True)
class Summary:
    """What there is to say about a run.

    Attributes:
        title: model, recipe, size, dtype, device: the parts of one line.
        status: "complete", or what else became of the run.
        claims, contrasts, curves: in the recipe's order.
        scales: how the dimension depends on its scale, by condition.
        counts: prompts, samples, tokens, too_short, failed, loops and other labels, as far as the run tells them.
        refused: the estimates that were not trusted, by measure and reason.
        seconds: by phase, those of all parts of the run together, and of all processes.
        path: the run's folder.
        time_name: what the seconds are called.
        noise: how far a state moves by rounding alone, where the number format is coarse.
        headline_conditions: those whose curves are shown first, as on the page; empty for all.
        given: what became of texts that came from files; None where there are none.
        notices: sentences that must be read before any number; empty where nothing needs saying first.
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
    time_name: str = "time"
    headline_conditions: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    given: GivenTexts | None = None
    noise: str | None = None

    @property
    def page(self) -> Path | None:
        """The run's HTML page, if it has been written."""
        page = self.path / PAGE
        return page if page.is_file() else None

    @property
    def show_command(self) -> str:
        return show_command(self.path)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences on what is missing from the numbers; empty if nothing is."""
        counts = self.counts
        remarks = []
        if self.status != "complete":
            remarks.append(stopped(self.status))
        if counts.get("failed"):
            remarks.append(sentences.failed(counts["failed"]))
        if counts.get("too_short") and self.given is None:  # which tells of each condition how many there are
            remarks.append(sentences.too_short(counts["too_short"]))
        if self.noise:
            remarks.append(self.noise)
        return tuple(remarks)


def summarize(run: Run) -> Summary:
    """Everything the screens show of a run.

    Raises:
        RunError: the results were not computed yet. CorruptRunError: a table is damaged.
    """
    counts = of_manifest(run, "counts")
    _check_columns(run)
    contrasts = summarize_contrasts(run.contrasts)
    return Summary(
        _title(run.manifest, counts),
        run.status,
        claim_answers(run.claims),
        contrasts,
        curves_by_measure(run.layers),
        scale_curves(run.layers),
        counts,
        refused_of(run),
        run.seconds,
        run.path,
        name_of_time(run),
        tuple(headline_conditions(measured_texts(run), contrasts)) if run.layers["condition"].nunique() >= MANY else (),
        notices(run),
        given_texts(run, recipe_of(run)),
        noise_sentence(run.manifest),
    )


def _check_columns(run: Run) -> None:
    """Raises RunError where an older llmgeo computed the contrasts, with fewer columns than are told of now."""
    columns = set(run.contrasts.columns)
    if missing := [name for name in ("a_conditions", "b_conditions", "a_label", "b_label") if name not in columns]:
        where = place(run.path)
        raise RunError(
            f"the results of {where} were computed by an older llmgeo and lack {', '.join(missing)}. To compute them "
            f"again, without the model: llmgeo analyze {where}"
        )


def _title(manifest: Mapping, counts: Mapping) -> tuple[str, ...]:
    model = next(iter(subjects_of(manifest).values()), {})
    recipe = manifest.get("recipe")
    parts = [model.get("name"), recipe.get("name") if isinstance(recipe, dict) else recipe]
    if counts.get("groups") and counts.get("samples"):
        parts.append(words.count(counts["samples"], "text"))
    elif counts.get("prompts") and counts.get("samples"):
        conditions = counts["samples"] // counts["prompts"]
        parts.append(f"{words.count(counts['prompts'], 'prompt')} × {words.count(conditions, 'condition')}")
    if counts.get("tokens_written") or counts.get("tokens_read"):
        parts.append(Tokens(counts.get("tokens_written", 0), counts.get("tokens_read", 0)).done())
    parts += [model.get("dtype"), model.get("device")]
    return tuple(str(part) for part in parts if part is not None)
