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


def coloured(sample_text: TokenText) -> Iterator[RenderableType]:
    """The text, its legend, and its highest tokens."""
    where = "" if sample_text.measure in FLAT else f" at layer {sample_text.layer}"
    # One token's surprisal is no mean, as that measure's words would say.
    name = sample_text.measure if sample_text.measure in FLAT else words.measure(sample_text.measure)
    yield heading(f"the text of {sample_text.sample}, by {name}{where}")
    about = ", ".join(part for part in (sample_text.condition, sample_text.label) if part)
    yield indented(text(f"{about}; {sample_text.why}. Others: --sample, --measure, --layer", "dim"))
    if sample_text.prompt:
        yield indented(Text.assemble(text("prompt: ", "dim"), text(sample_text.prompt, "italic")))
    yield indented(_text_of(sample_text.tokens))
    if sample_text.remark:
        yield indented(text(sample_text.remark, "yellow"))
        return
    yield indented(_Legend(sample_text))
    highest = sorted(
        (token for token in sample_text.tokens if token.value is not None), key=lambda token: -token.value
    )[:HIGHEST]
    named = ", ".join(
        f"{token.text.strip() or token.text!r} {words.value(sample_text.measure, token.value)}" for token in highest
    )
    yield indented(text(f"highest of all: {named}", "dim"))


def _text_of(tokens: tuple[Token, ...]) -> Text:
    text_of_tokens = Text.assemble(*(part for token in tokens for part in _parts(token)), overflow="fold")
    return text_of_tokens[1:] if text_of_tokens.plain.startswith(" ") else text_of_tokens


def _parts(token: Token) -> Iterator[Text]:
    ground, ink = GROUNDS[token.level] if token.level is not None else (None, None)
    style = f"{ink} on {ground}" if ground else "dim"
    space = token.text[: len(token.text) - len(token.text.lstrip(" "))] if token.is_jump else ""
    yield text(space, style)
    if token.is_jump:
        yield text(JUMP, "bold red")
    yield text(token.text[len(space) :], style)


@dataclass(frozen=True)
class _Legend:
    """A renderable: only when it is drawn is it known whether there are colours."""

    sample_text: TokenText

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        sample_text = self.sample_text
        low, high = (words.value(sample_text.measure, end) for end in (sample_text.low, sample_text.high))
        jump = f"{JUMP} before a token: a jump at layer {sample_text.layer}"
        if console.color_system is None or console.no_color:
            ends = f"{low} to {high} (2nd to 98th percentile of this text)"
            yield text(f"{jump}. Most values run from {ends}; in colour, each token shows its own.", "dim")
            return
        swatches = [text("  ", f"on {ground}") for ground, _ in GROUNDS]
        yield Text.assemble(text(f"{low} "), *swatches, text(f" {high}, 2nd to 98th percentile of this text. {jump}"))
