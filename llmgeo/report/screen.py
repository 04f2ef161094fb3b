"""The few pieces that everything on a terminal is made of. Knows Rich and widths, no run.

Every text goes through `text`, which escapes it: what a model or a recipe says is shown literally and drives nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from llmgeo.escape import literal
from llmgeo.messages import from_here

WIDE = 100
"""From this many columns on, things stand side by side."""
MIDDLING = 76
"""Below this many columns, a table of numbers becomes lines."""
NARROW = 50
"""Below this many columns, everything stands under each other."""

RIGHT = ("layer", "a", "b")


def text(value: object, style: str = "") -> Text:
    """Anything as a Rich text without markup, escaped."""
    return Text(literal(value), style, overflow="fold")


def heading(title: str, remark: str = "") -> Text:
    """A bold line with room above it, and a remark behind it."""
    return Text.assemble("\n", text(title, "bold"), text(f"  {remark}" if remark else "", "dim"))


def indented(renderable: RenderableType) -> Padding:
    return Padding(renderable, (0, 0, 0, 2))


def notice_lines(notices: Iterable[str]) -> Iterator[Text]:
    """What must be read before any number."""
    return (text(notice, "bold yellow") for notice in notices)


def columns(*names: str, unbroken: str = "") -> Table:
    """An empty table without lines.

    Args:
        unbroken: the column whose cells are never broken, which holds intervals.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        justify = "right" if name in RIGHT else "left"
        table.add_column(name, justify=justify, overflow="fold", no_wrap=name == unbroken)
    return table


def grid(rows: Sequence[Sequence[str]]) -> RenderableType:
    """Rows of cells as a table without lines; the first of them are the names of the columns."""
    names, *cells = rows
    table = columns(*names)
    for row in cells:
        table.add_row(*map(text, row))
    return indented(table)


def place(name: str, where: object) -> Text:
    """A name and a path from here; broken at the terminal's edge only, so that the path can be copied."""
    where = from_here(where) if isinstance(where, Path) else where
    return Text.assemble(text(f"{name}: ", "dim"), text(where), no_wrap=True, overflow="ignore")
