"""The texts behind a contrast: every text's value, side against side. Knows a run's tables; computes no test."""

from typing import TYPE_CHECKING

import numpy as np

from llmgeo.errors import UsageError
from llmgeo.escape import literal
from llmgeo.experiments.probe.contrast_panels import sides
from llmgeo.experiments.probe.contrast_summary import ContrastSide, ContrastSummary, summarize_contrasts
from llmgeo.measures.status import USABLE
from llmgeo.messages import pick
from llmgeo.plots import style
from llmgeo.report import effect_words, words
from llmgeo.run import pieces

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from llmgeo.run import Run


def contrast(
    run: "Run",
    name: str | None = None,
    *,
    measure: str | None = None,
    layer: int | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """One dot a text on each side, a bar at each side's mean, grey where the middle half of its nulls lies.

    Args:
        name: the contrast; the run's first, if left out.
        measure: the measure that tells the sides apart best, if left out; a baseline is possible as well.
        layer: the measure's strongest layer, if left out.
        ax: where to draw; a new figure, if left out.

    Returns:
        The axes; its title holds the effect with its interval and q. Where measure or layer were left out, the interval
        allows for the choice; where both are given, it is theirs alone.

    Raises:
        UsageError: no such contrast, measure or layer, or a run that does not tell what stands on each side.
    """
    style.check_run(run)
    summaries = {summary.name: summary for summary in summarize_contrasts(run.contrasts)}
    if not summaries:
        raise UsageError("this run makes no contrast; its recipe has no [[contrasts]]")
    name = next(iter(summaries)) if name is None else name
    pick("contrast", name, summaries)
    is_chosen = measure is None or layer is None
    measure, layer = _strongest(summaries[name], measure, layer)
    table = run.contrasts[(run.contrasts["contrast"] == name) & (run.contrasts["measure"] == measure)]
    if layer is not None:
        pick("layer", layer, [int(number) for number in table["layer"].dropna()])
        table = table[table["layer"] == layer]
    (row,) = table.to_dict("records")
    ax = style.axes(ax)
    summary = summaries[name]
    for at, samples in enumerate(sides(run, summary)):
        _side(ax, at, *_values(run, samples, measure, layer))
    ax.set_xticks([0, 1], [_label(summary.a, row["n_a"]), _label(summary.b, row["n_b"])])
    ax.set_xlim(-0.6, 1.6)
    ax.set_ylabel(style.title(measure) + ("" if layer is None else f" at layer {layer}"))
    low, high = (row.get(f"band_{end}" if is_chosen else end, row[end]) for end in ("low", "high"))
    said = words.reason(row["status"])
    if row["status"] == "ok":
        said = f"{effect_words.higher_or_lower(row['auc'], low, high, summary.a.words)}, {words.q(row['q'])}"
    ax.set_title(f"{style.text(name)}\n{style.text(said)}", fontsize=10)
    style.plain(ax)
    return ax


def _strongest(summary: ContrastSummary, measure: str | None, layer: int | None) -> tuple[str, int | None]:
    effects = {effect.measure: effect for effect in (*summary.measures, *summary.baselines)}
    if measure is None:
        best = summary.best or max(summary.measures, key=lambda effect: effect.strength, default=None)
        if best is None:
            raise UsageError(f"the contrast {literal(summary.name)} has no measure with layers; name a baseline")
        measure = best.measure
    pick("measure", measure, effects)
    return measure, effects[measure].layer if layer is None else layer


def _values(run: "Run", samples: list[str], measure: str, layer: int | None) -> tuple[np.ndarray, np.ndarray]:
    """What was measured on the samples, and on their nulls; nan where it was refused."""
    scale = style.factor(measure)
    if layer is None:
        texts = pieces.joined(run.pieces("results_samples", ["sample", measure])).set_index("sample")
        value = texts[measure].reindex(samples).to_numpy(float) * scale
        return value, np.full_like(value, np.nan)
    columns = ("sample", "measure", "layer", "status", "value", "null")
    estimates = pieces.joined(
        piece[(piece["measure"] == measure) & (piece["layer"] == layer)]
        for piece in run.pieces("results_estimates", columns)
    )
    columns = estimates[estimates["status"].isin(USABLE)].set_index("sample")[["value", "null"]].reindex(samples)
    return columns["value"].to_numpy(float) * scale, columns["null"].to_numpy(float) * scale


def _side(ax: "Axes", at: int, values: np.ndarray, nulls: np.ndarray) -> None:
    spread = (np.arange(len(values)) * 0.618034) % 1 - 0.5  # the golden ratio: even, and the same each time
    nulls = nulls[np.isfinite(nulls)]
    if len(nulls):
        low, high = np.percentile(nulls, (25, 75))
        ax.fill_between([at - 0.42, at + 0.42], low, high, color=style.NULL, alpha=0.25, linewidth=0)
    ax.plot(at + 0.5 * spread, values, style.MARKERS[at], color=style.COLOURS[2 * at], alpha=0.75, markersize=5)
    if np.isfinite(values).any():
        ax.hlines(np.nanmean(values), at - 0.34, at + 0.34, color="black", linewidth=2)


def _label(side: ContrastSide, texts: int) -> str:
    lines = [", ".join(side.conditions), f"({side.label})" if side.label else "", words.count(int(texts), "text")]
    return "\n".join(style.text(line) for line in lines if line)
