"""A run's summary on a terminal, of any width, with or without colour. Knows Rich; computes no number."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from llmgeo.experiments.probe.contrast_view import best_layers, measures
from llmgeo.experiments.probe.summary import Summary
from llmgeo.report import words
from llmgeo.report.claim_view import claims
from llmgeo.report.curve_view import curves
from llmgeo.report.refused import Refused
from llmgeo.report.scale_view import scales
from llmgeo.report.screen import heading, indented, notice_lines, place, text
from llmgeo.report.token_text import TokenText
from llmgeo.report.token_text_view import coloured

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
        *claims(summary.claims, width),
        *best_layers(summary.contrasts, width),
        *curves(headline_curves, width),
        *_counts(summary),
        *_refused_in_short(summary.refused),
        place("run", summary.path),
        *([place("page", summary.page)] if summary.page else []),
        place("more", summary.show_command),
    )


def whole_screen(summary: Summary, width: int, sample_text: TokenText | None = None) -> Group:
    """Everything there is to show of a run: as the first screen, and every measure in every contrast and by layer.

    Args:
        sample_text: the text of one sample, with its values.
    """
    return Group(
        _title(summary),
        *notice_lines(summary.notices),
        *claims(summary.claims, width),
        *best_layers(summary.contrasts, width),
        *(measures(contrast, width) for contrast in summary.contrasts),
        *curves(summary.curves, width),
        *scales(summary.scales, width),
        *(coloured(sample_text) if sample_text else ()),
        *_counts(summary),
        *_refused_in_full(summary.refused),
        *_seconds(summary),
        place("run", summary.path),
    )


def _title(summary: Summary) -> Text:
    return text(" · ".join(summary.title), "bold")


def _counts(summary: Summary) -> Iterator[RenderableType]:
    counts = summary.counts
    if counts.get("samples"):
        loops = f", {words.count(counts['loops'], 'loop')} among them" if counts.get("loops") else ""
        yield heading(f"{words.count(counts['samples'], 'text')}{loops}")
    else:
        yield Text()
    for remark in summary.remarks:
        yield indented(text(remark, "yellow"))


def _refused_in_short(refused: Sequence[Refused]) -> Iterator[RenderableType]:
    if not refused:
        return
    by_reason: dict[str, int] = {}
    for group in refused:
        by_reason[group.reason] = by_reason.get(group.reason, 0) + group.count
    by_count = sorted(by_reason.items(), key=lambda item: -item[1])
    reasons = (
        "; ".join(f"{reason} ×{count:,}" for reason, count in by_count) if len(by_reason) > 1 else refused[0].reason
    )
    total = words.count(sum(by_reason.values()), "estimate was", "estimates were")
    yield indented(text(f"{total} refused: {reasons}", "dim"))


def _refused_in_full(refused: Sequence[Refused]) -> Iterator[RenderableType]:
    for group in refused:
        sentence = (
            f"{group.count:,} of {group.tried:,} estimates of {words.measure(group.measure)} refused: {group.reason}"
        )
        yield indented(text(sentence, "dim"))


def _seconds(summary: Summary) -> Iterator[RenderableType]:
    if summary.seconds:
        spent = ", ".join(f"{phase} {words.duration(seconds)}" for phase, seconds in summary.seconds.items())
        yield text(f"{summary.time_name}: {spent}", "dim")
