"""What the claims of a run come to, all together, in one sentence. Knows claims' rows; no experiment, no recipe.

The second half says what a reader of the output alone would have known: whether geometry separates the texts better
than the strongest baseline, which has none.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmgeo.report import words
from llmgeo.report.claims import SAME_MODEL, ClaimAnswer
from llmgeo.statistics.beside_baselines import BETTER
from llmgeo.statistics.verdict import CANNOT_BE, CONTRADICTED, NOT_MEASURED, SUPPORTED, UNDECIDED

_ONE_OF = {
    SUPPORTED: "held",
    CONTRADICTED: "was contradicted",
    UNDECIDED: "stayed open",
    NOT_MEASURED: "was not measured",
    CANNOT_BE: "cannot be read out of its measure",
}
_SEVERAL = _ONE_OF | {
    CONTRADICTED: "were contradicted",
    NOT_MEASURED: "were not measured",
    CANNOT_BE: "cannot be read out of their measures",
}

_ALONE = {"entropy": "the mean entropy of the next token", "surprisal": "the mean surprisal of the text"}
"""What a baseline is called where it is the only one; any other goes by its usual words."""


def story(claims: Sequence[ClaimAnswer]) -> str:
    """One sentence on all claims; empty where there are none.

    >>> from llmgeo.statistics.claim_test import ClaimTest, Side
    >>> from llmgeo.statistics.verdict import claim_frame, decide
    >>> from llmgeo.report.claims import claim_answers
    >>> side = Side(words="loops", n=8)
    >>> thin = ClaimTest(claim="thin", source="a paper", sentence="Loops are thin.", effect_is="auc", expect="a < b",
    ...     layer_words="layer 3", a=side, b=side, effect=0.1, low=0.02, high=0.3, p=0.001, baseline="entropy",
    ...     baseline_effect=0.0, gain=-0.1, gain_low=-0.3, gain_high=0.02)
    >>> story(claim_answers(claim_frame(decide([thin]))))
    'The one claim from a paper held; there, geometry does no better than the mean entropy of the next token.'
    """
    if not claims:
        return ""
    beside = _beside_baselines([claim for claim in claims if claim.verdict in (SUPPORTED, CONTRADICTED)])
    return f"{_verdicts(claims)}{beside}."


def shared_reason(claims: Sequence[ClaimAnswer]) -> str:
    """What keeps every claim from being tested, where that is the same and of the models; else empty."""
    reasons = {words.reason(claim.status) if claim.status == SAME_MODEL else "" for claim in claims}
    return reasons.pop() if len(reasons) == 1 else ""


def _verdicts(claims: Sequence[ClaimAnswer]) -> str:
    counts = {verdict: sum(claim.verdict == verdict for claim in claims) for verdict in _ONE_OF}
    present = [verdict for verdict, count in counts.items() if count]
    if why := shared_reason(claims):
        return f"No sentence from a paper was tested: {why}"
    if len(claims) == 1:
        return f"The one claim from a paper {_ONE_OF[present[0]]}"
    if len(present) == 1:
        all_of_them = "Both" if len(claims) == 2 else f"All {words.number(len(claims))}"
        return f"{all_of_them} claims from papers {_SEVERAL[present[0]]}"
    parts = [
        f"{words.number(counts[verdict])} {(_ONE_OF if counts[verdict] == 1 else _SEVERAL)[verdict]}"
        for verdict in present
    ]
    return f"Of {words.number(len(claims))} claims from papers, {words.listed(parts)}"


def _beside_baselines(decided: Sequence[ClaimAnswer]) -> str:
    """Of the decided claims that stand beside a baseline, in how many geometry does better than it."""
    beside = [claim for claim in decided if claim.beside_baseline is not None]
    if not beside:
        return ""
    better = sum(claim.beside_baseline == BETTER for claim in beside)
    all_no_better = not better and not any(claim.is_open_beside_baseline for claim in beside)
    clearly = "" if better or all_no_better else "clearly "
    count, than = len(beside), _baselines(beside)
    if len(decided) == 1:
        does = "does better" if better else f"does not {clearly}do better" if clearly else "does no better"
        return f"; there, geometry {does} than {than}"
    them = words.number(count) if count == len(decided) else f"{words.number(count)} with a baseline"
    if not better:
        none = "neither of the two" if count == 2 and count == len(decided) else f"none of the {them}"
        return f"; in {none} does geometry {clearly}do better than {than}"
    which = ("both" if count == 2 else f"all {them}") if better == count else f"{words.number(better)} of the {them}"
    return f"; in {which}, geometry does better than {than}"


def _baselines(claims: Sequence[ClaimAnswer]) -> str:
    names = list(dict.fromkeys(claim.baseline for claim in claims if claim.baseline))
    if len(names) == 1:
        return _ALONE.get(names[0], words.measure(names[0]))
    return f"the output alone ({', '.join(words.measure(name) for name in names)})"
