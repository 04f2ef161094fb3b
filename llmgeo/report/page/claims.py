"""What the scripts draw of a claim: its effect on a scale, and the way to its curve. Knows a claim's row alone."""

from llmgeo.report import words
from llmgeo.report.claims import ClaimAnswer
from llmgeo.report.page.curve_panels import panel_name
from llmgeo.report.page.packing import number

SCALES = {"auc": (0.0, 1.0), "correlation": (-1.0, 1.0)}
"""The ends of the scale where an effect has natural ones; any other scale goes a little beyond the interval."""


def claim_entry(claim: ClaimAnswer) -> dict[str, object]:
    """One claim for the page's data, which is JSON."""
    return {
        "claim": claim.claim,
        "measure": panel_name(claim.measure, claim.cloud),
        "span": [claim.layers[0], claim.layers[-1]] if claim.layers else None,
        "expect": claim.expect,
        "effect_is": claim.effect_is,
        "conditions": list(dict.fromkeys([*claim.a_conditions, *claim.b_conditions])),
        "scale": _scale(claim),
        "effect": number(claim.effect),
        "low": number(claim.low),
        "high": number(claim.high),
        "noise": number(claim.noise),
        "baseline": number(claim.baseline_effect),
        "baseline_words": words.measure(claim.baseline) if claim.baseline else "",
    }


def _scale(claim: ClaimAnswer) -> list[float | None]:
    """The low end, the value that means no effect, and the high end."""
    middle = claim.nothing if claim.nothing is not None else 0.0
    ends = [end for end in (claim.low, claim.high, claim.effect) if end is not None]
    reach = 1.1 * (max((abs(end - middle) for end in ends), default=1.0) or 1.0)
    low, high = SCALES.get(claim.effect_is, (middle - reach, middle + reach))
    return [number(low), number(middle), number(high)]
