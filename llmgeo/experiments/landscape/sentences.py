"""What is said of a landscape, on screen and page alike. Knows the result tables; computes no number."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from llmgeo.measures.measure import three_digits
from llmgeo.report import words
from llmgeo.run import Run, pieces

SUBJECT_WORDS = {
    "model": "the model",
    "skip": "weaker skips",
    "other": "the other model",
    "random": "random weights",
}


def headline(run: Run) -> str | None:
    """Slope and curvature at the model, and where its lines are lowest; None where nothing was measured."""
    bowls, lines = run.table("bowls"), run.table("lines")
    if bowls.empty or lines.empty:
        return None
    of_model = bowls[(bowls["subject"] == "model") & (bowls["normalised"] == "filter")].set_index("quantity")
    if of_model.empty:
        return None
    own = lines[lines["subject"] == "model"]
    lowest = own.loc[own["loss"].idxmin()]
    at_model = float(own[own["alpha"] == 0]["loss"].iloc[0])
    gain = at_model - float(lowest["loss"])
    where = (
        "No point of its lines is lower."
        if gain <= 0
        else f"The lowest point of its lines is at α = {lowest['alpha']:+.3f}, {gain:.3f} nats lower."
    )
    curvature, slope = (_interval(of_model.loc[name]) for name in ("curvature", "slope"))
    return (
        f"At its weights the loss is {at_model:.3f} nats, its slope {slope} and its curvature {curvature} per unit α, "
        f"{three_digits(of_model.loc['curvature', 'trimmed'])} of most texts. "
        f"{where}"
    )


def remarks(run: Run) -> Iterator[str]:
    """What is missing from the numbers, or has to be known of them."""
    manifest = run.manifest
    if not manifest.get("has_random", True):
        yield f"Nothing stands beside a random network: {words.reason('no_random_network')}."
    if manifest.get("common"):
        yield f"Of the two models only what both have was moved. {manifest['common']}."
    plain, losses = manifest.get("plain_losses"), pieces.joined(run.pieces("losses"))
    if plain and len(losses):
        centre = losses[(losses["part"] == "centre") & (losses["subject"] == "model")].set_index("text")["loss"]
        known = [
            (centre[text], loss) for text, loss in zip(manifest.get("texts", ()), plain, strict=False) if text in centre
        ]
        apart = max((abs(a - b) for a, b in known if not words.is_missing(a) and not words.is_missing(b)), default=0.0)
        if apart > 0:
            yield (
                f"The middle of the lines differs from the plain loss by up to {apart:.1e} nats: fewer texts were read "
                "together, or this device does not compute the same twice."
            )


BOWL_COLUMNS = ("loss of", "nats", "slope", "curvature", "of most texts", "by direction")
IN_SHORT = BOWL_COLUMNS[:-1]
"""Of the table of bowls: all, and those that a narrow screen holds."""


def bowl_rows(run: Run, names: tuple[str, ...] = BOWL_COLUMNS) -> list[tuple[str, ...]]:
    """Slope and curvature of each model. The first row is of headings."""
    table = run.table("bowls")
    if table.empty:
        return []
    rows = [names]
    losses = pieces.joined(run.pieces("losses"))
    centres = losses[losses["part"] == "centre"].groupby("subject")["loss"].mean()
    for (subject, normalised), of in table.groupby(["subject", "normalised"], sort=False):
        of = of.set_index("quantity")
        curved = of.loc["curvature"]
        cells = {
            "loss of": SUBJECT_WORDS[subject] + ("" if normalised == "filter" else ", same step"),
            "nats": f"{centres[subject]:.3f}",
            "slope": _interval(of.loc["slope"]),
            "curvature": _interval(curved),
            "of most texts": three_digits(curved["trimmed"]),
            "by direction": f"{three_digits(curved['lowest'])} to {three_digits(curved['highest'])}",
        }
        rows.append(tuple(cells[name] for name in names))
    return rows


def check_rows(run: Run) -> list[tuple[str, ...]]:
    """Derivatives beside differences."""
    table = run.table("checks")
    if table.empty:
        return []
    rows = [("direction", "slope", "by steps", "curvature", "by steps", "apart")]
    for row in table.to_dict("records"):
        numbers = (three_digits(row[name]) for name in ("slope", "slope_by_steps", "curvature", "curvature_by_steps"))
        rows.append(
            (str(int(row["direction"])), *numbers, "–" if words.is_missing(row["apart"]) else f"{row['apart']:.1%}")
        )
    return rows


def spectrum_rows(run: Run) -> list[tuple[str, ...]]:
    """Each block: its weights, ends of its spectrum, trace."""
    spectrum, traces = pieces.joined(run.pieces("spectrum")), pieces.joined(run.pieces("traces"))
    if traces.empty:
        return []
    rows = [("block", "weights", "largest", "smallest", "trace", "texts")]
    for row in traces.to_dict("records"):
        values = spectrum[spectrum["block"] == row["block"]].sort_values("rank")
        half = (len(values) + 1) // 2
        ends = (", ".join(map(_eigenvalue, part.to_dict("records"))) for part in (values[:half], values[half:]))
        trace = f"{three_digits(row['trace'])} ± {three_digits(row['standard_error'])}"
        rows.append((str(row["block"]), f"{int(row['numbers']):,}", *ends, trace, str(int(row["texts"]))))
    return rows


def barrier_rows(run: Run) -> list[tuple[str, ...]]:
    """The barrier to the other model."""
    table = run.table("barriers")
    if table.empty:
        return []
    rows = [("barrier", "at", "chord there", "texts")]
    for row in table.to_dict("records"):
        rows.append((_interval(row, "barrier") + " nats", f"{row['share']:.2f} of the way", f"{row['chord']:.3f} nats",
                     str(int(row["texts"]))))  # fmt: skip
    return rows


def path_rows(run: Run) -> list[tuple[str, ...]]:
    """How much of a training the plane holds."""
    table = run.table("path_axes")
    if table.empty:
        return []
    rows = [("checkpoints", "share of two axes", "of random walks with these steps")]
    for row in table.to_dict("records"):
        if row["status"] != "ok":
            rows.append((str(int(row["checkpoints"])), words.reason(row["status"]), "–"))
        else:
            rows.append((str(int(row["checkpoints"])), f"{row['two_axes']:.0%}",
                         f"{row['walk_two_axes']:.0%}, at most {row['walk_high']:.0%} of 39 in 40"))  # fmt: skip
    return rows


def _interval(row: pd.Series | dict, name: str = "value") -> str:
    value, low, high = row[name], row["low"], row["high"]
    if words.is_missing(value):
        return words.MISSING
    if words.is_missing(low) or words.is_missing(high):
        return three_digits(value)
    return f"{three_digits(value)} [{three_digits(low)}, {three_digits(high)}]"


def _eigenvalue(row: dict) -> str:
    if words.is_missing(row["value"]):
        return words.reason(str(row["status"]))
    return three_digits(row["value"]) + ("" if row["status"] == "ok" else f" (± {row['residual']:.0%})")
