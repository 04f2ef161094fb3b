"""A run's summary on a terminal, of any width, with or without colour. Knows Rich; computes no number.

Every text goes through `text`, which escapes it: what a model or a recipe says is shown literally and drives nothing.
"""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from llmgeo.report import words
from llmgeo.report.contrasts import ContrastSummary, Effect
from llmgeo.report.curves import Curve, MeasureCurves
from llmgeo.report.escape import literal
from llmgeo.report.refused import Refused
from llmgeo.report.sparkline import LEVELS, MISSING, sparkline
from llmgeo.report.summary import ClaimAnswer, Summary

WIDE = 100
"""From this many columns on, things stand side by side."""
MIDDLING = 76
"""Below this many columns, a table of numbers becomes lines."""
NARROW = 50
"""Below this many columns, everything stands under each other."""

VERDICT_STYLES = {"supported": "bold green", "contradicted": "bold red", "undecided": "bold yellow"}
HEADLINE_MEASURE = "intrinsic_dimension"
"""The measure whose curves stand on the first screen."""


def text(value: object, style: str = "") -> Text:
    """Anything as a Rich text without markup, escaped."""
    return Text(literal(value), style, overflow="fold")


def first_screen(summary: Summary, width: int) -> Group:
    """What a person reads when a run has finished: verdicts, best layers, one measure by layer, where the run is."""
    chosen = [of for of in summary.curves if of.measure == HEADLINE_MEASURE] or summary.curves[:1]
    return Group(
        *_claims(summary.claims, width),
        *_best_layers(summary.contrasts, width),
        *_curves(chosen, width),
        *_counts(summary),
        *_refused_in_short(summary.refused),
        _place("run", summary.path),
        _place("more", summary.show_command),
    )


def whole(summary: Summary, width: int) -> Group:
    """Everything there is to show of a run: as the first screen, and every measure in every contrast and by layer."""
    return Group(
        text(" · ".join(summary.title), "bold"),
        *_claims(summary.claims, width),
        *_best_layers(summary.contrasts, width),
        *(_measures(contrast, width) for contrast in summary.contrasts),
        *_curves(summary.curves, width),
        *_counts(summary),
        *_refused_in_full(summary.refused),
        *_seconds(summary),
        _place("run", summary.path),
    )


def heading(words_: str, remark: str = "") -> Text:
    return Text.assemble("\n", text(words_, "bold"), text(f"  {remark}" if remark else "", "dim"))


# -- claims -----------------------------------------------------------------------------------------------------------


def _claims(claims: Sequence[ClaimAnswer], width: int) -> Iterator[RenderableType]:
    if not claims:
        return
    yield heading("What the papers say, asked of this model")
    table = Table.grid(padding=(0, 2), expand=width >= WIDE)
    if width >= NARROW:
        table.add_column(min_width=len("contradicted"))
    if width >= WIDE:
        table.add_column(ratio=2)
    table.add_column(ratio=3)
    for claim in claims:
        table.add_row(*_claim_cells(claim, width))
    yield _indented(table)


def _claim_cells(claim: ClaimAnswer, width: int) -> list[RenderableType]:
    verdict = text(claim.verdict, VERDICT_STYLES.get(claim.verdict, "bold"))
    sentence = Text.assemble(text(claim.sentence), "  ", text(claim.source, "dim"))
    evidence = [text(line, style) for line, style in _evidence(claim) if line]
    if width >= WIDE:
        return [verdict, Group(text(claim.sentence), text(claim.source, "dim")), Group(*evidence)]
    below = Group(sentence, *map(_indented, evidence))
    return [verdict, below] if width >= NARROW else [Group(verdict, below)]


def _evidence(claim: ClaimAnswer) -> Iterator[tuple[str | None, str]]:
    yield claim.words if claim.effect is not None else None, ""
    yield claim.evidence, "dim"
    yield claim.caveat, "yellow" if claim.is_no_news else "dim"


# -- contrasts --------------------------------------------------------------------------------------------------------


def _best_layers(contrasts: Sequence[ContrastSummary], width: int) -> Iterator[RenderableType]:
    if not contrasts:
        return
    yield heading("What tells the texts apart best")
    yield _indented(text(_how_to_read(contrasts), "dim"))
    if width < WIDE:
        for contrast in contrasts:
            lines = [_indented(text(line)) for line in _best_in_lines(contrast)]
            yield _indented(Group(text(contrast.name, "bold"), *lines))
        return
    table = _table("contrast", "measure", "layer", "a against b", "AUC", "q", "without geometry")
    for contrast in contrasts:
        best = contrast.best
        style = "yellow" if best and not contrast.beats_baseline(best) else ""
        cells = _effect_cells(best) if best else ("nothing", "", "", "", "")
        remark = _against_baseline(contrast, best) if best else _why_nothing(contrast)
        table.add_row(text(contrast.name), *map(text, cells), text(remark, style))
    yield _indented(table)


def _how_to_read(contrasts: Sequence[ContrastSummary]) -> str:
    pairs = max(contrast.tests for contrast in contrasts)
    return (
        f"The strongest of {words.count(pairs, 'measure-layer pair')} with q < 0.05; q is corrected for the choice, "
        "the interval is not. AUC: how often a text of side a has the higher value (0.5 tells nothing, 0 and 1 all)."
    )


def _best_in_lines(contrast: ContrastSummary) -> Iterator[str]:
    if contrast.best is None:
        yield f"nothing: {_why_nothing(contrast)}"
        return
    yield from _effect_in_lines(contrast.best)
    yield _against_baseline(contrast, contrast.best)


def _measures(contrast: ContrastSummary, width: int) -> RenderableType:
    title = heading(contrast.name, f"a: {contrast.a}, b: {contrast.b}")
    effects = (*contrast.measures, *contrast.baselines)
    if width < MIDDLING:
        lines = (text(line, _style(effect)) for effect in effects for line in (*_effect_in_lines(effect), ""))
        return Group(title, *map(_indented, lines))
    table = _table("measure", "layer", "a against b", "AUC", "q", "layers")
    for effect in effects:
        layers = "" if effect.layer is None else f"{effect.significant} of {effect.layers}"
        table.add_row(*(text(cell, _style(effect)) for cell in (*_effect_cells(effect), layers)))
    return Group(title, _indented(table))


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name, justify="right" if name == "layer" else "left", overflow="fold")
    return table


def _style(effect: Effect) -> str:
    return "" if effect.is_significant else "dim"


def _effect_cells(effect: Effect) -> tuple[str, ...]:
    layer = "" if effect.layer is None else str(effect.layer)
    q = words.q(effect.q).removeprefix("q ").removeprefix("= ")
    return words.measure(effect.measure), layer, _means(effect), _auc(effect), q


def _effect_in_lines(effect: Effect) -> tuple[str, ...]:
    where = "" if effect.layer is None else f" at layer {effect.layer}"
    auc = f"AUC {_auc(effect)}, {words.q(effect.q)}" if effect.auc is not None else _auc(effect)
    return f"{words.measure(effect.measure)}{where}: {_means(effect)}", auc


def _why_nothing(contrast: ContrastSummary) -> str:
    if contrast.status != "ok":
        n_a, n_b = max((effect.n_a, effect.n_b) for effect in (*contrast.measures, *contrast.baselines))
        return f"{words.reason(contrast.status)} ({n_a} against {n_b})"
    return "no measure differs at any layer"


def _means(effect: Effect) -> str:
    return f"{words.value(effect.measure, effect.mean_a)} against {words.value(effect.measure, effect.mean_b)}"


def _auc(effect: Effect) -> str:
    if effect.auc is None:
        return words.reason(effect.status)
    return f"{words.auc(effect.auc)} {words.interval(effect.low, effect.high)}"


def _against_baseline(contrast: ContrastSummary, effect: Effect) -> str:
    if contrast.baseline is None:
        return "no baseline was measured"
    baseline = f"{words.measure(contrast.baseline.measure)}"
    alone = words.auc(contrast.baseline.auc)
    if contrast.beats_baseline(effect):
        return f"{baseline} alone: AUC {alone}"
    return f"no more than {baseline} tells: AUC {alone}"


# -- curves -----------------------------------------------------------------------------------------------------------


def _curves(chosen: Sequence[MeasureCurves], width: int) -> Iterator[RenderableType]:
    for of_measure in chosen:
        yield _curve_heading(of_measure)
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(overflow="fold", max_width=max(8, width // 4))
        table.add_column(overflow="fold", min_width=8)
        if width >= NARROW:
            table.add_column(overflow="fold")
        for curve in of_measure.curves:
            spark = text(sparkline(map(of_measure.position, curve.values)), "cyan")
            row = [text(curve.condition), spark, text(_range(of_measure, curve), "dim")]
            table.add_row(*row[: len(table.columns)])
        yield _indented(table)


def _curve_heading(of_measure: MeasureCurves) -> Text:
    layers = max((curve.layers[-1] for curve in of_measure.curves if curve.layers), default=0)
    kind = "one text's tokens at a layer" if of_measure.cloud == "text" else f"{of_measure.axis} axis"
    name = f"{words.measure(of_measure.measure)} by layer, 0 to {layers}"
    if of_measure.low is None:
        return heading(name, f"{kind}; {words.MISSING}")
    low, high = (words.value(of_measure.measure, end) for end in (of_measure.low, of_measure.high))
    scale = f"{LEVELS[0]} {low}  {LEVELS[-1]} {high}{', log scale' if of_measure.is_log else ''}"
    has_gaps = any(value is None for curve in of_measure.curves for value in curve.values)
    return heading(name, f"{kind}; {scale}{f'  {MISSING} {words.MISSING}' if has_gaps else ''}")


def _range(of_measure: MeasureCurves, curve: Curve) -> str:
    if not curve.measured:
        return f"{words.MISSING}: {words.reason(max(curve.statuses, key=curve.statuses.count))}"
    low, high = (words.value(of_measure.measure, end(curve.measured)) for end in (min, max))
    if curve.null_range is None:
        return f"{low} to {high}"
    null = " to ".join(words.value(of_measure.measure, end) for end in curve.null_range)
    within = f", within it at {words.count(curve.inside_null, 'layer')}" if curve.inside_null else ""
    return f"{low} to {high} (null {null}{within})"


# -- the end ----------------------------------------------------------------------------------------------------------


def _counts(summary: Summary) -> Iterator[RenderableType]:
    counts = summary.counts
    if counts.get("samples"):
        loops = f", {words.count(counts['loops'], 'loop')} among them" if counts.get("loops") else ""
        yield heading(f"{words.count(counts['samples'], 'text')}{loops}")
    else:
        yield Text()
    for remark in summary.remarks:
        yield _indented(text(remark, "yellow"))


def _refused_in_short(refused: Sequence[Refused]) -> Iterator[RenderableType]:
    if not refused:
        return
    by_reason: dict[str, int] = {}
    for one in refused:
        by_reason[one.reason] = by_reason.get(one.reason, 0) + one.count
    listed = "; ".join(f"{count:,} {reason}" for reason, count in sorted(by_reason.items(), key=lambda item: -item[1]))
    total = words.count(sum(by_reason.values()), "estimate was", "estimates were")
    yield _indented(text(f"{total} refused: {listed}", "dim"))


def _refused_in_full(refused: Sequence[Refused]) -> Iterator[RenderableType]:
    for one in refused:
        sentence = f"{one.count:,} of {one.tried:,} estimates of {words.measure(one.measure)} refused: {one.reason}"
        yield _indented(text(sentence, "dim"))


def _seconds(summary: Summary) -> Iterator[RenderableType]:
    if summary.seconds:
        spent = ", ".join(f"{phase} {words.duration(seconds)}" for phase, seconds in summary.seconds.items())
        yield text(f"time: {spent}", "dim")


def _place(name: str, where: object) -> Text:
    """Never broken by the terminal's width other than at its edge, so that it can be copied."""
    return Text.assemble(text(f"{name}: ", "dim"), text(where), no_wrap=True, overflow="ignore")


def _indented(renderable: RenderableType) -> Padding:
    return Padding(renderable, (0, 0, 0, 2))
