"""Contrasts on a terminal: the best layer of each, and every measure of one. Knows Rich; computes no number."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from llmgeo.experiments.probe import sentences
from llmgeo.experiments.probe.contrast_summary import OK, ContrastSummary, Effect
from llmgeo.report import effect_words, words
from llmgeo.report.screen import MIDDLING, columns, heading, indented, text
from llmgeo.statistics.beside_baselines import BETTER

ROOMY = 112
"""From this many columns on, the best of each contrast stands in a table, with what the baseline tells."""

SPACIOUS = 90
"""From this many columns on, there is room for how many layers tell the sides apart."""


def best_layers(contrasts: Sequence[ContrastSummary], width: int) -> Iterator[RenderableType]:
    if not contrasts:
        return
    yield heading(sentences.BEST_TITLE)
    if any(contrast.best for contrast in contrasts):
        yield indented(text(_how_to_read(contrasts), "dim"))
    if width < ROOMY:
        for contrast in contrasts:
            first, *lines = _best_in_lines(contrast)
            name = Text.assemble(text(contrast.name, "bold"), text(f"  {first}"))
            yield indented(Group(name, *(indented(text(line)) for line in lines)))
    else:
        table = columns(*sentences.BEST_COLUMNS, unbroken=sentences.PAIRS)
        for contrast in contrasts:
            best = contrast.best
            style = "" if contrast.beside_baseline == BETTER else "yellow"
            cells = _effect_cells(best) if best else (sentences.NO_BEST, "", "", "", "", "")
            remark = sentences.with_ties(contrast.beside_words, contrast.ties) if best else contrast.why_nothing
            table.add_row(text(contrast.name), *map(text, cells), text(remark, style))
        yield indented(table)


def _how_to_read(contrasts: Sequence[ContrastSummary]) -> str:
    has_embedding = any(contrast.embedding for contrast in contrasts)
    return sentences.how_to_read_best(max(contrast.tests for contrast in contrasts), has_embedding)


def _best_in_lines(contrast: ContrastSummary) -> Iterator[str]:
    if contrast.best is None:
        yield contrast.why_nothing
        return
    yield _values(contrast.best)
    yield _pairs(contrast.best, contrast.a.words)
    yield sentences.with_ties(contrast.beside_words, contrast.ties)


def at_the_embedding(contrasts: Sequence[ContrastSummary]) -> Iterator[RenderableType]:
    """What layer 0 tells, a line a contrast: of the tokens and their repetitions, and of no context."""
    found = [contrast for contrast in contrasts if contrast.embedding is not None]
    if not found:
        return
    yield Text()
    yield indented(text(sentences.AT_THE_EMBEDDING, "dim"))
    for contrast in found:
        effect = contrast.embedding
        said = sentences.embedding_effect(contrast.name, effect.measure, _pairs(effect))
        yield indented(indented(text(said, "dim")))


def measures(contrast: ContrastSummary, width: int) -> RenderableType:
    title = heading(contrast.name, sentences.both_sides(contrast.a.words, contrast.b.words))
    if contrast.status != OK:
        return Group(title, indented(text(sentences.not_compared(contrast.why_nothing))))
    effects = (*contrast.measures, *contrast.baselines)
    if width < MIDDLING:
        of_a = contrast.a.words
        lines = (text(line, _style(effect)) for effect in effects for line in (*_effect_in_lines(effect, of_a), ""))
        return Group(title, *map(indented, lines))
    names = sentences.MEASURE_COLUMNS[: None if width >= SPACIOUS else -1]
    table = columns(*names, unbroken=sentences.PAIRS)
    for effect in effects:
        layers = "" if effect.layer is None else words.count(effect.significant, "layer")
        cells = (*_effect_cells(effect), layers)[: len(table.columns)]
        table.add_row(*(text(cell, _style(effect)) for cell in cells))
    return Group(title, indented(table))


def _style(effect: Effect) -> str:
    return "" if effect.is_significant else "dim"


def _effect_cells(effect: Effect) -> tuple[str, ...]:
    layer = "" if effect.layer is None else str(effect.layer)
    sides = (words.value(effect.measure, mean) for mean in (effect.mean_a, effect.mean_b))
    q = words.q(effect.q).removeprefix("q ").removeprefix("= ")
    return words.measure(effect.measure), layer, *sides, _pairs(effect), q


def _effect_in_lines(effect: Effect, side: str) -> tuple[str, ...]:
    q = f", {words.q(effect.q)}" if effect.q is not None else ""
    return _values(effect), f"{_pairs(effect, side)}{q}"


def _values(effect: Effect) -> str:
    a, b = (words.value(effect.measure, mean) for mean in (effect.mean_a, effect.mean_b))
    return sentences.two_values(effect.measure, effect.layer, a, b)


def _pairs(effect: Effect, side: str | None = None) -> str:
    """In how many pairs the first side is higher, or lower; without its name, as a cell of a table."""
    if effect.auc is None:
        return words.reason(effect.status)
    said = effect_words.higher_or_lower(effect.auc, effect.low, effect.high, side or "a")
    return said if side else said.replace(" in a in ", " in ").replace(" of 100 pairs", "")
