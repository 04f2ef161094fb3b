"""What the scripts draw of a claim: its effect on a scale, and the way to its curve. Knows a claim's row alone."""

from llmgeo.report import words
from llmgeo.report.claims import ClaimAnswer
from llmgeo.report.page.curve_panels import panel_name
from llmgeo.report.page.packing import number

SCALES = {"auc": (0.0, 1.0), "correlation": (-1.0, 1.0)}
"""The ends of the scale where an effect has natural ones; any other scale goes a little beyond the interval."""

MIDDLES = {"auc": "chance", "correlation": "no correlation", "difference": "no difference"}
"""What the value that means no effect is called."""


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
        "ends": _ends(claim),
        "effect": number(claim.effect),
        "low": number(claim.low),
        "high": number(claim.high),
        "noise": number(claim.noise),
        "baseline": number(claim.baseline_effect),
        "baseline_words": words.measure(claim.baseline) if claim.baseline else "",
        "scale_effects": [number(effect) for effect in claim.scale_effects],
        "scale_neighbours": list(claim.scale_neighbours),
        "scale_shown": claim.scale_shown,
    }


def _ends(claim: ClaimAnswer) -> list[str]:
    """What the low end, the middle and the high end are called; the predicted side is drawn on the right."""
    middle = MIDDLES.get(claim.effect_is, "no effect")
    if claim.effect_is == "auc" and claim.expect:
        return ["none as predicted", middle, "all as predicted"]
    return ["the opposite", middle, "as predicted"] if claim.expect else ["lower", middle, "higher"]


def _scale(claim: ClaimAnswer) -> list[float | None]:
    """The low end, the value that means no effect, and the high end."""
    middle = claim.nothing if claim.nothing is not None else 0.0
    ends = [end for end in (claim.low, claim.high, claim.effect) if end is not None]
    reach = 1.1 * (max((abs(end - middle) for end in ends), default=1.0) or 1.0)
    low, high = SCALES.get(claim.effect_is, (middle - reach, middle + reach))
    return [number(low), number(middle), number(high)]
