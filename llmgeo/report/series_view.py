"""What a series came to on a terminal, and as plain data: its exponents, and whether they vary beyond its nulls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group, RenderableType

from llmgeo.report.screen import columns, heading, indented, text

if TYPE_CHECKING:
    from llmgeo.statistics.multifractality import Multifractal

KEEPS = {"shuffle": "its values", "phase": "its spectrum", "iaaft": "both"}
"""What each surrogate has of the series."""

ANSWERS = {
    True: "multifractal: wider than what has the same values and the same spectrum",
    False: "not shown to be multifractal: what has the same values and the same spectrum is as wide",
}

WANDERS = (
    "h(2) is above 1: the series wanders or has a trend, as a falling loss does, and its surrogates have none. Ask its "
    "steps: numpy.diff of it."
)


def series_view(found: Multifractal, title: str) -> RenderableType:
    """What a person reads.

    Args:
        found: of `llmgeo.statistics.multifractal`.
        title: what was measured.
    """
    if found.is_multifractal is None:
        return Group(text(title, "bold"), text(f"not measured: {found.reason}"))
    rows = columns("series", "keeps", "width Δh", "p")
    rows.add_row(text("itself"), text(""), text(f"{found.width:.2f}"), text(""))
    for name, widths in found.surrogates.items():
        spread = f"{np.nanmean(widths):.2f} ± {np.nanstd(widths):.2f}"
        rows.add_row(text(name), text(KEEPS[name]), text(spread), text(f"{found.p[name]:.2f}"))
    lines = [
        text(title, "bold"),
        text(ANSWERS[found.is_multifractal]),
        heading("exponents", f"h(2) = {found.hurst:.2f}; Δh = h(-5) - h(5), of MFDFA; {len(widths)} surrogates each"),
        indented(rows),
    ]
    if not found.is_multifractal and np.isfinite(found.power):
        said = f"Of ten cascades of this length the same test finds {round(10 * found.power)}: a no is worth that much."
        lines.append(text(said, "dim"))
    if found.hurst > 1:
        lines.append(text(WANDERS, "dim"))
    return Group(*lines)


def series_data(found: Multifractal) -> dict[str, Any]:
    """The same numbers for a program; null where there is none."""
    return {
        "status": found.status,
        "reason": found.reason,
        "is_multifractal": found.is_multifractal,
        "width": _or_none(found.width),
        "hurst": _or_none(found.hurst),
        "power": _or_none(found.power),
        "p": {name: _or_none(value) for name, value in found.p.items()},
        "surrogates": {name: _or_none(float(np.nanmean(widths))) for name, widths in found.surrogates.items()},
    }


def _or_none(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
