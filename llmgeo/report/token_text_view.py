"""A sample's text on a terminal, coloured by a measure. Knows Rich; computes no number.

With colours, a token's ground tells its value; without, the highest are named. Jumps have a sign either way.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from llmgeo.report import words
from llmgeo.report.screen import heading, indented, text
from llmgeo.report.token_text import FLAT, Token, TokenText

JUMP = "▲"
"""Stands before a token whose step is a jump."""

HIGHEST = 3
"""Tokens that are named with their values."""

GROUNDS = (
    ("#faf5e6", "#000000"), ("#cfe3c8", "#000000"), ("#7fc4b8", "#000000"), ("#3a93ae", "#000000"),
    ("#2a5f9a", "#ffffff"), ("#2b2f75", "#ffffff"),
)  # fmt: skip
"""Ground and ink of each level; lightness runs one way, as on the page, and each pair is legible on any terminal."""


def coloured(shown: TokenText) -> Iterator[RenderableType]:
    """The text, its legend, and its highest tokens."""
    where = "" if shown.measure in FLAT else f" at layer {shown.layer}"
    name = shown.measure if shown.measure in FLAT else words.measure(shown.measure)  # one token's surprisal is no mean
    yield heading(f"the text of {shown.sample}, by {name}{where}")
    about = ", ".join(part for part in (shown.condition, shown.label) if part)
    yield indented(text(f"{about}; {shown.why}. Others: --sample, --measure, --layer", "dim"))
    if shown.prompt:
        yield indented(Text.assemble(text("prompt: ", "dim"), text(shown.prompt, "italic")))
    yield indented(_text_of(shown.tokens))
    if shown.remark:
        yield indented(text(shown.remark, "yellow"))
        return
    yield indented(_Legend(shown))
    highest = sorted((one for one in shown.tokens if one.value is not None), key=lambda one: -one.value)[:HIGHEST]
    named = ", ".join(f"{one.text.strip() or one.text!r} {words.value(shown.measure, one.value)}" for one in highest)
    yield indented(text(f"highest: {named}", "dim"))


def _text_of(tokens: tuple[Token, ...]) -> Text:
    whole = Text.assemble(*(part for one in tokens for part in _parts(one)), overflow="fold")
    return whole[1:] if whole.plain.startswith(" ") else whole


def _parts(one: Token) -> Iterator[Text]:
    ground, ink = GROUNDS[one.level] if one.level is not None else (None, None)
    style = f"{ink} on {ground}" if ground else "dim"
    space = one.text[: len(one.text) - len(one.text.lstrip(" "))] if one.is_jump else ""
    yield text(space, style)
    if one.is_jump:
        yield text(JUMP, "bold red")
    yield text(one.text[len(space) :], style)


@dataclass(frozen=True)
class _Legend:
    """A renderable: only when it is drawn is it known whether there are colours."""

    shown: TokenText

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown = self.shown
        low, high = (words.value(shown.measure, end) for end in (shown.low, shown.high))
        jump = f"{JUMP} before a token: a jump at layer {shown.layer}"
        if console.color_system is None or console.no_color:
            yield text(f"{jump}. Values run from {low} to {high}; in colour, each token shows its own.", "dim")
            return
        swatches = [text("  ", f"on {ground}") for ground, _ in GROUNDS]
        yield Text.assemble(text(f"{low} "), *swatches, text(f" {high}, 2nd to 98th percentile of this text. {jump}"))
