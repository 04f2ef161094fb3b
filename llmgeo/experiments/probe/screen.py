"""A run's summary on a terminal, of any width, with or without colour. Knows Rich; computes no number."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from llmgeo.experiments.probe import sentences
from llmgeo.experiments.probe.contrast_view import at_the_embedding, best_layers, measures
from llmgeo.experiments.probe.given_view import FIRST, answers, standing_out, texts_given
from llmgeo.experiments.probe.summary import Summary
from llmgeo.report.claim_view import claims
from llmgeo.report.common_parts import chosen, refused_in_short
from llmgeo.report.curve_view import curves
from llmgeo.report.scale_view import scales
from llmgeo.report.screen import heading, indented, notice_lines, place, text
from llmgeo.run import Run

HEADLINE_MEASURE = "intrinsic_dimension"
"""The measure whose curves stand on the first screen."""


def first_screen(summary: Summary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: verdicts, best layers, one measure by layer, where the run is.

    Args:
        has_title: whether to begin with the line that says what was run; the progress said it already.
    """
    headline_curves = [group for group in summary.curves if group.measure == HEADLINE_MEASURE] or summary.curves[:1]
    return Group(
        *([_title(summary)] if has_title else []),
        *notice_lines(summary.notices),
        *claims(summary.claims, width, in_short=True),
        *_separated(summary, width),
        *curves(headline_curves, width, summary.headline_conditions or None),
        *_counts(summary),
        *refused_in_short(summary.refused),
        place("run", summary.path),
        *([place("page", summary.page)] if summary.page else []),
        place("more", f"{summary.show_command} --all"),
    )


def parts_screen(run: Run, summary: Summary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names (of `Probe.shows`), whole."""
    own = {
        "answers": lambda: _answers(summary, width),
        "claims": lambda: claims(summary.claims, width),
        "contrasts": lambda: [
            *best_layers(summary.contrasts, width),
            *at_the_embedding(summary.contrasts),
            *(measures(contrast, width) for contrast in summary.contrasts),
        ],
        "curves": lambda: curves(summary.curves, width),
        "scales": lambda: scales(summary.scales, width),
    }  # fmt: skip
    if summary.given is None and len(names) > 1:  # asked for with everything else
        names = [name for name in names if name != "answers"]
    parts = chosen(run, width, names, own)
    return Group(_title(summary), *notice_lines(summary.notices), *parts, Text(), place("run", summary.path))


def _title(summary: Summary) -> Text:
    return text(" · ".join(summary.title), "bold")


def _separated(summary: Summary, width: int) -> Iterator[RenderableType]:
    """What tells texts apart: of files' texts the answer to their own question, else the best of each contrast."""
    given = summary.given
    if given is None:
        yield from best_layers(summary.contrasts, width)
        return
    yield from answers(given)
    asked = {row["contrast"] for row in given.separations}
    yield from best_layers([contrast for contrast in summary.contrasts if contrast.name not in asked], width)
    if not summary.contrasts:
        yield from standing_out(given, width, FIRST)


def _answers(summary: Summary, width: int) -> Iterator[RenderableType]:
    if summary.given is not None:
        yield from (*answers(summary.given), *texts_given(summary.given), *standing_out(summary.given, width))


def _counts(summary: Summary) -> Iterator[RenderableType]:
    counts = summary.counts
    if summary.given is not None:
        yield from texts_given(summary.given)
    elif counts.get("samples"):
        yield heading(sentences.texts_and_labels(counts["samples"], counts))
    else:
        yield Text()
    for remark in summary.remarks:
        yield indented(text(remark, "yellow"))
