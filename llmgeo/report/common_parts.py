"""Parts of a screen that every run has: its texts, the estimates that were refused, the times. Knows no experiment."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from llmgeo.report import words
from llmgeo.report.manifest import name_of_time
from llmgeo.report.refused import Refused, refused_of
from llmgeo.report.screen import heading, indented, text
from llmgeo.report.token_text import token_text
from llmgeo.report.token_text_view import coloured
from llmgeo.run import Run

FIRST_CHARACTERS = 240
"""Of a text in the list of texts; a terminal shows as many of them as fit on its line."""

SHORTEST = 16
"""Columns below which nothing of the texts is shown in their list."""


def texts(run: Run, width: int) -> Iterator[RenderableType]:
    """A list of all texts by the names that `--sample` takes, with how each begins; and one of them as it shows it."""
    held = run.declaration.table("samples")
    yield heading("Texts", "llmgeo show RUN --sample NAME shows one, token by token")
    if held is None:
        yield indented(text("None.", "dim"))
        return
    names = [name for name in ("sample", "label", "text", "error") if name in held.columns]
    rows = [_row(values) for piece in run.pieces("samples", names) for values in piece.to_dict("records")]
    table = Table.grid(padding=(0, 2, 0, 0))
    used = sum(max((len(row[place].plain) for row in rows), default=0) + len("  ") for place in (0, 1))
    room = width - len("  ") - used
    for row in rows:
        row[2].truncate(max(room, 0), overflow="ellipsis")
        table.add_row(*row if room >= SHORTEST else row[:1])
    yield indented(table)
    if run.declaration.table("tokens") is not None and (example := token_text(run)) is not None:
        yield from coloured(example)


def _row(values: Mapping[str, object]) -> tuple[Text, Text, Text]:
    """A text's name, its label, and how it begins, on one line."""
    label, begins = (value if isinstance(value, str) else "" for value in (values.get("label"), values.get("text")))
    begins = "failed" if isinstance(values.get("error"), str) else begins[:FIRST_CHARACTERS].strip()
    return text(values["sample"]), text(label, "dim"), text(begins.replace("\n", "⏎"))


def refused(run: Run, width: int) -> Iterator[RenderableType]:
    """Which estimates have no value, by measure and reason."""
    yield from refused_groups(refused_of(run) if run.declaration.table("estimates") is not None else ())


def refused_groups(groups: Sequence[Refused]) -> Iterator[RenderableType]:
    """The same of estimates that were counted already."""
    yield heading("Refused", "estimates that cannot be trusted and so have no value")
    if not groups:
        yield indented(text("None.", "dim"))
    for group in groups:
        yield indented(
            text(f"{words.measure(group.measure)}: {group.count:,} of {group.tried:,} estimates · {group.reason}")
        )


def refused_in_short(groups: Sequence[Refused]) -> Iterator[RenderableType]:
    """How many there are, in a line or two; which and why, where there is one reason."""
    if not groups:
        return
    by_reason: dict[str, int] = {}
    for group in groups:
        by_reason[group.reason] = by_reason.get(group.reason, 0) + group.count
    why = " (--refused says why)" if len(by_reason) > 1 else f": {groups[0].reason}"
    refused, measures = sum(by_reason.values()), {group.measure: group.tried for group in groups}
    names = [words.measure(name) for name in measures]
    of_what = names[0] if len(names) == 1 else words.count(len(names), "measure")
    were = "was" if refused == 1 else "were"
    total = f"{refused:,} of {words.count(sum(measures.values()), 'estimate')} of {of_what} {were}"
    yield indented(text(f"{total} refused{why}", "dim"))


def times(run: Run, width: int) -> Iterator[RenderableType]:
    """The seconds that the run took, by phase."""
    yield heading("Times", "of all processes together" if name_of_time(run) != "time" else "")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    for phase, seconds in run.seconds.items():
        table.add_row(text(phase), text(words.duration(seconds)))
    if run.seconds:
        table.add_row(text("total", "bold"), text(words.duration(sum(run.seconds.values()))))
    yield indented(table if run.seconds else text(words.MISSING, "dim"))


COMMON: dict[str, Callable[[Run, int], Iterator[RenderableType]]] = {"texts": texts, "refused": refused, "times": times}
"""By the name that `llmgeo show` knows them by."""


def chosen(
    run: Run, width: int, names: Iterable[str], own: Mapping[str, Callable[[], Iterable[RenderableType]]]
) -> Iterator[RenderableType]:
    """The parts of these names, one after the other.

    Args:
        own: what makes the parts that the experiment has for itself.
    """
    for name in names:
        lines = list(own[name]() if name in own else COMMON[name](run, width))
        yield from lines or (heading(name.capitalize()), indented(text("None.", "dim")))
