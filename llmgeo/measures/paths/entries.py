"""The catalogue's entries of measures of a path: of its tokens, or of the whole. Knows names and words; no tensor."""

from __future__ import annotations

from llmgeo.measures.measure import Measure, Parameter

_STEPS = "llmgeo.measures.paths.steps"

PATH_ENTRIES = (
    Measure(
        "step_length", "token", "step length", f"{_STEPS}:step_length", first=1, reach=(1, 0), null="shuffle_order",
        least=0,
        meaning="Distance from one token's state to the next. Its null keeps the tokens and shuffles their order.",
        source="the Euclidean distance |x[t+1] − x[t]|",
    ),
    Measure(
        "turning_angle", "token", "turning angle", f"{_STEPS}:turning_angle", unit="°", first=1, reach=(1, 1),
        null="shuffle_order",
        least=0, most=180,
        meaning="Angle between one step and the next: 0° is straight on; points in random order turn by 120°.",
        source="Hosseini & Fedorenko 2023 (arXiv 2311.04930): arccos of the cosine of successive steps",
    ),
    Measure(
        "menger_curvature", "token", "Menger curvature", f"{_STEPS}:menger_curvature", unit="per unit length", first=1,
        reach=(1, 1), null="shuffle_order",
        least=0,
        meaning="One over the radius of the circle through three consecutive states.",
        source="Menger 1930 (Math. Annalen 103:466), as Zhou et al. 2025 (arXiv 2510.09782) use it: 4·area/(abc)",
    ),
    Measure(
        "jumps", "token", "jumps per 100 tokens", f"{_STEPS}:jumps", unit="per 100 tokens", scale=100, first=1,
        null="shuffle_order",
        least=0, most=1,
        meaning="Steps longer than the text's own mean by more than two standard deviations.",
        source="Zhang & Dong 2025 (arXiv 2505.20340): |step| > mean + 2 standard deviations",
        parameters={"rule": Parameter("mean+2sd", choices=("mean+2sd", "mad"))},
        configured_meaning="Steps that are long by the measure of their own text, by the rule {rule}.",
    ),
    Measure(
        "length_to_chord", "path", "length-to-chord ratio", f"{_STEPS}:length_to_chord", null="shuffle_order",
        least=1,
        meaning="Length of the path divided by the distance from its first state to its last.",
        source="Di Sipio et al. 2025 (arXiv 2511.03060): Σ|x[t+1] − x[t]| / |x[T] − x[1]|",
    ),
    Measure(
        "recurrence_rate", "path", "recurrence rate", "llmgeo.measures.paths.recurrence:recurrence_rate", unit="%",
        scale=100, null="gaussian_cloud",
        least=0, most=1,
        meaning="Share of pairs of tokens whose states come close to each other again.",
        source="Eckmann et al. 1987; Marwan et al. 2007 (Phys. Rep. 438:237), eq. 36, without pairs close in time",
        parameters={"radius": Parameter(0.3, 0, is_open=True), "theiler": Parameter(1, 0)},
    ),
)  # fmt: skip
"""Measured on the tokens of one text, in their order."""
