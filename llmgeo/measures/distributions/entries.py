"""The catalogue's entries of what a model's next-token distributions say. Knows names and words; no tensor."""

from __future__ import annotations

from math import log

from llmgeo.measures.measure import Measure

_DIVERGENCE = "llmgeo.measures.distributions.divergence"
_OF_PAIRS = {"kind": "pair", "axis": "none"}
URIAL = "Lin et al. 2023 (URIAL, arXiv 2312.01552): by the rank in the base of the tuned model's first choice"

BASELINE_ENTRIES = (
    Measure(
        "entropy", "baseline", "mean entropy", f"{_DIVERGENCE}:entropy", unit="nats",
        least=0,
        meaning="How uncertain the model was before each token. Knows no geometry.",
        source="Shannon 1948: −Σ p log p",
    ),
    Measure(
        "surprisal", "baseline", "mean surprisal", f"{_DIVERGENCE}:surprisal", unit="nats",
        least=0,
        meaning="How unexpected each token was to the model. Knows no geometry.",
        source="Shannon 1948: −log p(token | tokens before)",
    ),
    Measure(
        "rep_4", "baseline", "rep-4", "llmgeo.texts.repetition:rep_n", fixed={"n": 4},
        least=0, most=1,
        meaning="Share of four-token sequences that occurred before. Knows no geometry.",
        source="Welleck et al. 2020 (arXiv 1908.04319): 1 − distinct / all 4-grams",
    ),
)  # fmt: skip
"""What every geometric measure is printed beside: none of them knows the states."""

DISTRIBUTION_ENTRIES = (
    Measure(
        "kl", words="KL", unit="nats", function=f"{_DIVERGENCE}:kullback_leibler",
        least=0,
        meaning="How far the tuned model's next-token distribution has moved away from the base's.",
        source="Kullback & Leibler 1951, from the tuned model to the base as in Qi et al. 2024 (arXiv 2406.05946): "
        "Σ p log(p/q)",
        **_OF_PAIRS,
    ),
    Measure(
        "js", words="Jensen-Shannon", unit="nats", function=f"{_DIVERGENCE}:jensen_shannon",
        least=0, most=log(2),
        meaning="How different the two models' next-token distributions are: 0 means identical, 0.69 is the most.",
        source="Lin 1991 (IEEE Trans. Inf. Theory 37:145): H((p + q)/2) − (H(p) + H(q))/2",
        **_OF_PAIRS,
    ),
    Measure(
        "entropy_drop", words="entropy drop", unit="nats", function=f"{_DIVERGENCE}:entropy_drop",
        meaning="How much more certain of each token the tuned model is than the base.",
        source="Shannon 1948: H(base) − H(tuned)",
        **_OF_PAIRS,
    ),
    Measure(
        "unshifted_share", words="unshifted tokens", unit="%", scale=100, function=f"{_DIVERGENCE}:unshifted_share",
        least=0, most=1,
        meaning="Share of tokens where the tuned model's first choice is the base's too.",
        source=f"{URIAL}: 1",
        **_OF_PAIRS,
    ),
    Measure(
        "marginal_share", words="marginal tokens", unit="%", scale=100, function=f"{_DIVERGENCE}:marginal_share",
        least=0, most=1,
        meaning="Share of tokens where the tuned model's first choice is the base's second or third.",
        source=f"{URIAL}: 2 or 3",
        **_OF_PAIRS,
    ),
    Measure(
        "shifted_share", words="shifted tokens", unit="%", scale=100, function=f"{_DIVERGENCE}:shifted_share",
        least=0, most=1,
        meaning="Share of tokens where the tuned model's first choice is none of the base's first three.",
        source=f"{URIAL}: above 3",
        **_OF_PAIRS,
    ),
)  # fmt: skip
"""Two models at the same positions of a text."""
