"""A comparison on a terminal, of any width, with or without colour. Knows Rich; computes no number."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from llmgeo.experiments.compare.recipe import TEXT_WORDS
from llmgeo.experiments.compare.summary import CHAT, CHAT_NOTE, ComparisonSummary, Difference, Output, count_remarks
from llmgeo.report import words
from llmgeo.report.claim_view import claims
from llmgeo.report.common_parts import chosen
from llmgeo.report.curve_view import curves
from llmgeo.report.screen import MIDDLING, columns, heading, indented, notice_lines, place, text
from llmgeo.run import Run

FIRST = 8
"""Differences on the first screen."""
FIRST_POSITIONS = 4
"""Positions on the first screen."""

DIFFERENCE_COLUMNS = (*("measure", "text", "layer", "base", "tuned", "difference", "q", "rounding", "layers"),)
DIFFERENCES_WIDTH = 120
"""Below this many columns, a difference is two lines."""

OUTPUT_COLUMNS = ("KL", "rounding", "JS", "entropy drop", "unshifted", "marginal", "shifted")


def first_screen(summary: ComparisonSummary, width: int) -> Group:
    """What a person reads when a comparison has finished: what differs, verdicts, the clearest differences."""
    return Group(
        _title(summary),
        *notice_lines(summary.notices),
        *_findings(summary),
        *claims(summary.claims, width, in_short=True),
        *_outputs(summary, width),
        *_differences(summary, FIRST, width),
        *curves(summary.curves[:2], width),
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
        "curves": lambda: curves(summary.curves, width),
        "positions": lambda: _positions(summary, len(summary.positions)),
    }  # fmt: skip
    parts = chosen(run, width, names, own)
    return Group(_title(summary), *notice_lines(summary.notices), *parts, Text(), place("run", summary.path))


def _title(summary: ComparisonSummary) -> Text:
    return text(" · ".join(summary.title), "bold")


def _findings(summary: ComparisonSummary) -> Iterator[RenderableType]:
    yield heading("Where the two differ")
    if summary.status != "complete":
        yield indented(text(f"This run is {summary.status}: the command that began it goes on where it stopped."))
    for finding in summary.findings:
        yield indented(text(finding))


def _outputs(summary: ComparisonSummary, width: int) -> Iterator[RenderableType]:
    if not summary.outputs:
        return
    yield heading(
        "Next-token distributions",
        "KL and JS in nats; unshifted, marginal, shifted: TUNED's choice is BASE's first, its second or third, or none",
    )
    if width < MIDDLING:
        for output in summary.outputs:
            cells = zip(OUTPUT_COLUMNS, _output_cells(output), strict=True)
            yield indented(text(f"{_name(output.text)}: " + ", ".join(f"{name} {value}" for name, value in cells)))
        return
    if any(output.text == CHAT for output in summary.outputs):
        yield indented(text(CHAT_NOTE, "dim"))
    table = columns("text", *OUTPUT_COLUMNS)
    for output in summary.outputs:
        table.add_row(text(_name(output.text)), *map(text, _output_cells(output)))
    yield indented(table)


def _output_cells(output: Output) -> tuple[str, ...]:
    shares = (f"{100 * share:.1f} %" for share in (output.unshifted, output.marginal, output.shifted))
    rounding = "-" if output.rounding is None else f"{output.rounding:.2g}"
    return f"{output.kl:.3g}", rounding, f"{output.js:.3g}", f"{output.entropy_drop:+.3g}", *shares


def _differences(summary: ComparisonSummary, most: int, width: int) -> Iterator[RenderableType]:
    differences, left_out = summary.differences[:most], len(summary.differences[most:])
    yield heading("What changed in each model's own geometry")
    if not differences:
        yield indented(text(summary.why_no_difference, "dim"))
        return
    remark = (
        "The clearest layer of each measure with q < 0.05 and beyond rounding; q is corrected for the choice, the "
        "interval is that of one layer by itself."
    )
    yield indented(text(remark, "dim"))
    if width < DIFFERENCES_WIDTH:
        for difference in differences:
            yield indented(_difference_lines(difference))
    else:
        table = columns(*DIFFERENCE_COLUMNS)
        for difference in differences:
            table.add_row(*map(text, _difference_cells(difference)))
        yield indented(table)
        for difference in differences:
            if difference.scale_remark:
                yield indented(text(f"{difference.name}, {_name(difference.text)}: {difference.scale_remark}", "dim"))
    if left_out:
        yield indented(text(f"and {left_out} more: {summary.show_command} --contrasts", "dim"))


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
    cells = dict(zip(DIFFERENCE_COLUMNS, _difference_cells(difference), strict=True))
    return Group(
        text(
            f"{cells['measure']}, {cells['text']}: {cells['base']} BASE, {cells['tuned']} TUNED "
            f"at layer {cells['layer']}"
        ),
        indented(
            text(
                f"difference {cells['difference']}, {cells['q']}; "
                f"rounding {cells['rounding']}; "
                f"clear at {difference.layers} of {difference.measured_layers} layers, {difference.higher} up and "
                f"{difference.layers - difference.higher} down",
                "dim",
            )
        ),
        *([indented(text(difference.scale_remark, "dim"))] if difference.scale_remark else []),
    )


def _positions(summary: ComparisonSummary, most: int) -> Iterator[RenderableType]:
    if not summary.positions:
        return
    yield heading(
        "Where the predictions differ most",
        "KL in nats, in texts that both read alike; the token in brackets is the one predicted",
    )
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
    return TEXT_WORDS.get(kind, kind)
