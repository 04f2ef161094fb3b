"""Contrasts on a terminal: the best layer of each, and every measure of one. Knows Rich; computes no number."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType

from llmgeo.experiments.probe.contrast_summary import OK, ContrastSummary, Effect
from llmgeo.report import words
from llmgeo.report.screen import MIDDLING, WIDE, columns, heading, indented, text
from llmgeo.statistics.beside_baselines import BETTER

SPACIOUS = 90
"""From this many columns on, there is room for how many layers tell the sides apart."""


def best_layers(contrasts: Sequence[ContrastSummary], width: int) -> Iterator[RenderableType]:
    if not contrasts:
        return
    yield heading("What tells the texts apart best")
    yield indented(text(_how_to_read(contrasts), "dim"))
    if width < WIDE:
        for contrast in contrasts:
            lines = [indented(text(line)) for line in _best_in_lines(contrast)]
            yield indented(Group(text(contrast.name, "bold"), *lines))
        return
    table = columns("contrast", "measure", "layer", "a", "b", "AUC", "q", "beside it")
    for contrast in contrasts:
        best = contrast.best
        style = "" if contrast.beside_baseline == BETTER else "yellow"
        cells = _effect_cells(best) if best else ("nothing", "", "", "", "", "")
        remark = _remark(contrast, best) if best else _why_nothing(contrast)
        table.add_row(text(contrast.name), *map(text, cells), text(remark, style))
    yield indented(table)


def _how_to_read(contrasts: Sequence[ContrastSummary]) -> str:
    pairs = max(contrast.tests for contrast in contrasts)
    return (
        f"The strongest of {words.count(pairs, 'measure-layer pair')} with q < 0.05; q, the interval and the gain "
        "over the baseline are corrected for the choice. AUC: how often a text of side a has the higher value (0.5 "
        "tells nothing, 0 and 1 all)."
    )


def _best_in_lines(contrast: ContrastSummary) -> Iterator[str]:
    if contrast.best is None:
        yield f"nothing: {_why_nothing(contrast)}"
        return
    yield from _effect_in_lines(contrast.best)
    yield _remark(contrast, contrast.best)


def measures(contrast: ContrastSummary, width: int) -> RenderableType:
    title = heading(contrast.name, f"a: {contrast.a.words}, b: {contrast.b.words}")
    if contrast.status != OK:
        return Group(title, indented(text(f"not compared: {_why_nothing(contrast)}")))
    effects = (*contrast.measures, *contrast.baselines)
    if width < MIDDLING:
        lines = (text(line, _style(effect)) for effect in effects for line in (*_effect_in_lines(effect), ""))
        return Group(title, *map(indented, lines))
    names = ("measure", "layer", "a", "b", "AUC", "q", "q < 0.05 at")
    table = columns(*names[: None if width >= SPACIOUS else -1])
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
    return words.measure(effect.measure), layer, *sides, _auc(effect), q


def _effect_in_lines(effect: Effect) -> tuple[str, ...]:
    where = "" if effect.layer is None else f" at layer {effect.layer}"
    a, b = (words.value(effect.measure, mean) for mean in (effect.mean_a, effect.mean_b))
    auc = f"AUC {_auc(effect)}, {words.q(effect.q)}" if effect.auc is not None else _auc(effect)
    return f"{words.measure(effect.measure)}{where}: {a} against {b}", auc


def _why_nothing(contrast: ContrastSummary) -> str:
    n_a, n_b = max((effect.n_a, effect.n_b) for effect in (*contrast.measures, *contrast.baselines))
    reason = "no measure differs at any layer" if contrast.status == OK else words.reason(contrast.status)
    return f"{reason} ({n_a} against {n_b} texts)"


def _auc(effect: Effect) -> str:
    if effect.auc is None:
        return words.reason(effect.status)
    return f"{words.auc(effect.auc)} {words.interval(effect.low, effect.high)}"


def _remark(contrast: ContrastSummary, best: Effect) -> str:
    """The remark beside the best effect: what a baseline tells, and how many other measures and layers tell as much."""
    ties = "1 other pair tells" if contrast.ties == 1 else f"{contrast.ties:,} other pairs tell"
    return _against_baseline(contrast) + (f"; {ties} as much" if contrast.ties else "")


def _against_baseline(contrast: ContrastSummary) -> str:
    if contrast.baseline is None:
        return "no baseline was measured"
    baseline = f"{words.measure(contrast.baseline.measure)} alone: AUC {words.auc(contrast.baseline.auc)}"
    if contrast.beside_baseline is None:
        return baseline
    gain = f"gain {contrast.gain_low:+.2f} to {contrast.gain_high:+.2f}"
    return f"{contrast.beside_baseline} {baseline}, {gain}".replace(" alone: ", ": ")
