"""The glossary in a terminal: one word in full, or all words group by group. Knows Rich and the terms, no run."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table

from llmgeo.report.glossary import GROUPS, Term
from llmgeo.report.screen import NARROW, heading, indented, text


def term_view(term: Term, width: int) -> RenderableType:
    """One word: what it means, an example, and what a measure's numbers are read beside."""
    title = text(term.title, "bold")
    if term.word != term.title.lower().replace(" ", "_"):
        title.append_text(text(f"  {term.word}", "dim"))
    facts = {
        "Example": term.example,
        "Unit": term.unit,
        "Null": term.null,
        "Parameters": "; ".join(term.parameters),
        "Source": term.source,
        "See also": ", ".join(term.see),
    }
    parts: list[RenderableType] = [title, indented(text(term.meaning)), text("")]
    return Group(*parts, indented(_named({name: text(fact) for name, fact in facts.items() if fact}, "dim", width)))


def terms_view(terms: Iterable[Term], width: int) -> RenderableType:
    """Every word under its group's heading."""
    terms = list(terms)
    parts: list[RenderableType] = []
    for group, title in GROUPS.items():
        names = [term.word for term in terms if term.group == group]
        if names:
            parts += [heading(title), indented(text(", ".join(names)))]
    return Group(*parts, _hint("llmgeo explain WORD says what one means."))


def measures_view(listed: Sequence[Term], always: Sequence[Term], width: int, is_long: bool) -> RenderableType:
    """Measures by kind: name, unit and a sentence for each; with `is_long` all of its meaning, parameters, source.

    Args:
        listed: those that a recipe may list.
        always: those that it cannot, because they are always measured; only their names, unless `is_long`.
    """
    parts: list[RenderableType] = []
    shown = [*listed, *always] if is_long else listed
    for group in dict.fromkeys(term.group for term in shown):
        parts += _kind([term for term in shown if term.group == group], width, is_long)
    if not is_long:
        for group in dict.fromkeys(term.group for term in always):
            names = ", ".join(term.word for term in always if term.group == group)
            parts += [heading(GROUPS[group]), indented(text(names))]
    more = "" if is_long else "; llmgeo list measures --long says it of all"
    return Group(*parts, _hint(f"llmgeo explain NAME says more of one, with its source{more}."))


def _kind(terms: Sequence[Term], width: int, is_long: bool) -> list[RenderableType]:
    nulls = {term.null for term in terms}
    shared = nulls.pop() if len(nulls) == 1 else ""
    said = {term.word: _said(term, "" if shared else term.null, is_long) for term in terms}
    null = [indented(text(f"null: {shared}", "dim"))] if shared else []
    return [heading(GROUPS[terms[0].group]), *null, indented(_named(said, "bold", width))]


def _said(term: Term, null: str, is_long: bool) -> RenderableType:
    said = text(term.meaning if is_long else term.brief)
    if term.unit:
        said.append_text(text(f" [{term.unit}]", "dim"))
    aside = {"null": null}
    if is_long:
        aside |= {"parameters": "; ".join(term.parameters), "source": term.source}
    lines = [text(f"{name}: {fact}", "dim") for name, fact in aside.items() if fact]
    return Group(said, *lines)


def _named(said: dict[str, RenderableType], style: str, width: int) -> RenderableType:
    """Names with what is said of each beside it, or below it where there is no room."""
    if width < NARROW:
        return Group(*(part for name in said for part in (text(name, style), indented(said[name]))))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name in said:
        table.add_row(text(name, style), said[name])
    return table


def _hint(said: str) -> RenderableType:
    return Padding(text(said, "dim"), (1, 0, 0, 0))
