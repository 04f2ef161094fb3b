"""A comparison on a terminal, of any width, with or without colour. Knows Rich; computes no number."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from llmgeo.experiments.compare import sentences
from llmgeo.experiments.compare.summary import CHAT, ComparisonSummary, Difference, Output, count_remarks
from llmgeo.report import words
from llmgeo.report.claim_view import claims
from llmgeo.report.common_parts import chosen
from llmgeo.report.curve_view import curves
from llmgeo.report.manifest import stopped
from llmgeo.report.screen import MIDDLING, columns, heading, indented, notice_lines, place, text
from llmgeo.run import Run

ROUNDING = "rounding"
"""What the null of a number of two models is called: what moving the base's weights by rounding makes."""
FIRST = 8
"""Differences on the first screen."""
FIRST_POSITIONS = 4
"""Positions on the first screen."""

DIFFERENCES_WIDTH = 120
"""Below this many columns, a difference is two lines."""


def first_screen(summary: ComparisonSummary, width: int) -> Group:
    """What a person reads when a comparison has finished: what differs, verdicts, the clearest differences."""
    return Group(
        _title(summary),
        *notice_lines(summary.notices),
        *([text(summary.headline)] if summary.headline else []),
        *_findings(summary),
        *claims(summary.claims, width, in_short=True),
        *_outputs(summary, width),
        *_differences(summary, FIRST, width),
        *curves(summary.curves[:2], width, null_name=ROUNDING),
        *_positions(summary, FIRST_POSITIONS),
        *_counts(summary),
        place("run", summary.path),
        *([place("page", summary.page)] if summary.page else []),
        place("more", f"{summary.show_command} --all"),
    )


def parts_screen(run: Run, summary: ComparisonSummary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names (of `Comparison.shows`), whole."""
    own = {
        "claims": lambda: claims(summary.claims, width),
        "contrasts": lambda: [
            *_findings(summary), *_outputs(summary, width), *_differences(summary, len(summary.differences), width)
        ],
        "curves": lambda: curves(summary.curves, width, null_name=ROUNDING),
        "positions": lambda: _positions(summary, len(summary.positions)),
    }  # fmt: skip
    parts = chosen(run, width, names, own)
    return Group(_title(summary), *notice_lines(summary.notices), *parts, Text(), place("run", summary.path))


def _title(summary: ComparisonSummary) -> Text:
    return text(" · ".join(summary.title), "bold")


def _findings(summary: ComparisonSummary) -> Iterator[RenderableType]:
    yield heading(sentences.FINDINGS_TITLE)
    if summary.status != "complete":
        yield indented(text(stopped(summary.status)))
    for finding in summary.findings:
        yield indented(text(finding))


def _outputs(summary: ComparisonSummary, width: int) -> Iterator[RenderableType]:
    if not summary.outputs:
        return
    yield heading(sentences.OUTPUTS_TITLE, sentences.HOW_TO_READ_OUTPUTS)
    if width < MIDDLING:
        for output in summary.outputs:
            cells = zip(sentences.OUTPUT_COLUMNS, _output_cells(output), strict=True)
            yield indented(text(f"{_name(output.text)}: " + ", ".join(f"{name} {value}" for name, value in cells)))
        return
    if any(output.text == CHAT for output in summary.outputs):
        yield indented(text(sentences.CHAT_NOTE, "dim"))
    table = columns("text", *sentences.OUTPUT_COLUMNS)
    for output in summary.outputs:
        table.add_row(text(_name(output.text)), *map(text, _output_cells(output)))
    yield indented(table)


def _output_cells(output: Output) -> tuple[str, ...]:
    names = ("kl", "rounding", "js", "entropy_drop", "unshifted", "marginal", "shifted")
    measures = ("kl", "kl", "js", "entropy_drop", "unshifted_share", "marginal_share", "shifted_share")
    return tuple(words.value(measure, getattr(output, name)) for measure, name in zip(measures, names, strict=True))


def _differences(summary: ComparisonSummary, most: int, width: int) -> Iterator[RenderableType]:
    differences, left_out = summary.differences[:most], len(summary.differences[most:])
    yield heading(sentences.DIFFERENCES_TITLE)
    if not differences:
        yield indented(text(summary.why_no_difference, "dim"))
        return
    yield indented(text(sentences.HOW_TO_READ_DIFFERENCES, "dim"))
    if width < DIFFERENCES_WIDTH:
        for difference in differences:
            yield indented(_difference_lines(difference))
    else:
        table = columns(*sentences.DIFFERENCE_COLUMNS)
        for difference in differences:
            table.add_row(*map(text, _difference_cells(difference)))
        yield indented(table)
        for difference in differences:
            if difference.scale_remark:
                yield indented(text(f"{difference.name}, {_name(difference.text)}: {difference.scale_remark}", "dim"))
    if left_out:
        yield indented(text(sentences.more_differences(left_out, summary.show_command), "dim"))


def _difference_cells(difference: Difference) -> tuple[str, ...]:
    def say(value: float | None) -> str:
        return words.value(difference.measure, value)

    return (
        difference.name, _name(difference.text), str(difference.layer), say(difference.base), say(difference.tuned),
        words.value_interval(difference.measure, difference.value, difference.low, difference.high),
        words.q(difference.q),
        say(difference.rounding), difference.where,
    )  # fmt: skip


def _difference_lines(difference: Difference) -> Group:
    """The same in two lines, for a screen that ten columns do not fit on."""
    cells = dict(zip(sentences.DIFFERENCE_COLUMNS, _difference_cells(difference), strict=True))
    both = sentences.two_models(*(cells[name] for name in ("measure", "text", "base", "tuned", "layer")))
    layers = difference.layers, difference.measured_layers, difference.higher
    between = sentences.difference(cells["difference"], cells["q"], cells["rounding"], *layers)
    remark = [indented(text(difference.scale_remark, "dim"))] if difference.scale_remark else []
    return Group(text(both), indented(text(between, "dim")), *remark)


def _positions(summary: ComparisonSummary, most: int) -> Iterator[RenderableType]:
    if not summary.positions:
        return
    yield heading(sentences.POSITIONS_TITLE, sentences.HOW_TO_READ_POSITIONS)
    table = Table.grid(padding=(0, 2, 0, 0))
    for position in summary.positions[:most]:
        line = f"{'…' * position.is_cut}{position.before}[{position.token}]".replace("\n", "⏎")
        table.add_row(text(f"{position.kl:.2f}"), text(line), text(f"{position.prompt}, {_name(position.text)}", "dim"))
    yield indented(table)


def _counts(summary: ComparisonSummary) -> Iterator[RenderableType]:
    counts = summary.counts
    if counts.get("samples"):
        yield heading(words.count(counts["samples"], "text"))
    for remark in count_remarks(counts):
        yield indented(text(remark, "yellow"))


def _name(kind: str) -> str:
    return sentences.TEXT_WORDS.get(kind, kind)
