"""The catalogue's entries of what is measured of a path's dynamics and its cloud. Knows names and words; no tensor."""

from __future__ import annotations

from llmgeo.measures.measure import Measure, Parameter

_DYNAMICS = "llmgeo.measures.paths.dynamics"
_PHASES = "llmgeo.measures.paths.phases"
_CLOUDS = "llmgeo.measures.clouds"
_DMET = "Zhang & Dong 2025 (arXiv 2505.20340)"
_OF_PATHS = {"kind": "dynamics", "axis": "token", "null": "shuffle_order"}
_OF_SETS = {"kind": "dynamics", "cloud": "text", "null": "phase_randomised"}
_OF_PHASES = _OF_PATHS | {"unit": "%", "scale": 100, "least": 0, "most": 1}

DYNAMICS_ENTRIES = (
    Measure(
        "mean_step", words="mean step (C)", function=f"{_DYNAMICS}:mean_step", least=0,
        meaning="Mean distance from one state to the next: the larger, the less smooth.",
        source=f"{_DMET}: C, the mean of |z[t+1] − z[t]|",
        **_OF_PATHS,
    ),
    Measure(
        "silhouette", words="silhouette (Q)", function=f"{_CLOUDS}.silhouette:silhouette", least=-1, most=1,
        meaning="How well the states fall into three clusters, whatever order they came in.",
        source=f"{_DMET}: Q, k-means with k = 3; Rousseeuw 1987: the mean of (b − a)/max(a, b)",
        parameters={"clusters": Parameter(3, 2)},
        **_OF_SETS,
    ),
    Measure(
        "longest_h1_bar", words="longest H1 bar (P)", function=f"{_CLOUDS}.persistence:longest_h1_bar", least=0,
        meaning="How large the largest hole among the states is, whatever order they came in.",
        source=f"{_DMET}: P, the longest bar of the first homology (Vietoris–Rips)",
        **_OF_SETS,
    ),
    Measure(
        "predictability", words="predictability", function=f"{_DYNAMICS}:predictability", most=1,
        meaning="How much better than guessing a linear rule, learnt on the first half, tells the second.",
        source=f"ours, in place of the LSTM of {_DMET}: 1 − E(ridge)/min(E(same as before), E(mean))",
        **_OF_PATHS,
    ),
    Measure(
        "lag_autocorrelation", words="autocorrelation", function=f"{_DYNAMICS}:lag_autocorrelation",
        least=-1, most=1,
        meaning="How much a state resembles the one before.",
        source=f"{_DMET}: autocorrelation of the states; here Σ⟨x[t], x[t+lag]⟩/Σ|x[t]|², centred",
        parameters={"lag": Parameter(1, 1)},
        configured_words="autocorrelation at lag {lag}",
        configured_meaning="How much a state resembles the one {lag} tokens before.",
        **_OF_PATHS,
    ),
    Measure(
        "exploration", words="exploration", function=f"{_PHASES}:exploration",
        meaning="Whether the first third of the window finds the most new ground.",
        source=f"ours, after {_DMET}: distance to the nearest earlier state, by thirds",
        **_OF_PHASES,
    ),
    Measure(
        "expansion", words="expansion", function=f"{_PHASES}:expansion",
        meaning="Whether the middle third of the window is spread more widely than the first.",
        source=f"ours, after {_DMET}: root mean squared distance to a third's own mean",
        **_OF_PHASES,
    ),
    Measure(
        "convergence", words="convergence", function=f"{_PHASES}:convergence",
        meaning="Whether the last third of the window is spread less widely than the middle.",
        source=f"ours, after {_DMET}: root mean squared distance to a third's own mean",
        **_OF_PHASES,
    ),
    Measure(
        "three_phases", words="three phases", function=f"{_PHASES}:three_phases",
        meaning="Whether the window explores, expands and converges: a third of all random orders do.",
        source=f"ours, after {_DMET}: exploration, expansion and convergence together",
        **_OF_PHASES,
    ),
)  # fmt: skip
"""Measured by the room `dmet`, in several spaces; no other recipe lists them."""
