"""The catalogue's entries of measures of one cloud: its dimension, its spectrum. Knows names and words; no tensor."""

from __future__ import annotations

from llmgeo.measures.measure import Measure, Parameter

_ON_CLOUDS = {"kind": "cloud", "cloud": "text", "null": "gaussian_cloud"}
_CLOUDS = "llmgeo.measures.clouds"

SCALES = (1, 2, 4, 8, 16)
"""The nearer neighbours of the scale curve that is measured beside `intrinsic_dimension`."""


def scale_name(n1: int, calibrated: bool = True) -> str:
    """What one scale of the curve is called in a run's tables.

    >>> scale_name(4), scale_name(4, calibrated=False)
    ('gride_4_calibrated', 'gride_4')
    """
    return f"gride_{n1}{'_calibrated' if calibrated else ''}"


_EXCLUDE = {"exclude": Parameter(0, 0)}
"""Neighbours in order that are none in the cloud: see `Cloud.apart`."""

_DIMENSIONS = _ON_CLOUDS | {"by_scale": tuple(scale_name(n1) for n1 in SCALES)}
"""Of what reads a dimension off one scale."""

DENTI = "Denti et al. 2022 (Sci. Rep. 12:20005), eq. 6 and 8: maximum likelihood of d in the law of μ = r(n2)/r(n1)"

CLOUD_ENTRIES = (
    Measure(
        "intrinsic_dimension", words="dimension", function=f"{_CLOUDS}.dimension:intrinsic_dimension",
        least=0,
        meaning="How many directions the states of a text move in locally, whatever space they lie in.",
        source="calibrated TwoNN (Facco et al. 2017) and simplex skewness (Johnsson et al. 2015), each weighed by its "
        "expected error: docs/accuracy.md",
        parameters=_EXCLUDE,
        configured_words="dimension without neighbours within {exclude} tokens",
        configured_meaning="The same with tokens up to {exclude} places apart in the text not counted as neighbours.",
        **_DIMENSIONS,
    ),
    Measure(
        "two_nn", words="TwoNN dimension", function=f"{_CLOUDS}.ratios:two_nn",
        least=0,
        meaning="Dimension from the ratio of the distances to the two nearest neighbours.",
        source="Facco et al. 2017 (Sci. Rep. 7:12140), eq. 5 and 6: F(μ) = 1 − μ^(−d), μ = r2/r1",
        parameters={"fraction": Parameter(0.9, 0, 1, is_open=True), **_EXCLUDE},
        **_DIMENSIONS,
    ),
    Measure(
        "gride", words="GRIDE dimension", function=f"{_CLOUDS}.ratios:gride",
        least=0,
        meaning="Dimension from the ratio of the distances to two farther neighbours: less noise, larger scale.",
        source=DENTI,
        parameters={"n1": Parameter(2, 1), **_EXCLUDE},
        **_DIMENSIONS,
    ),
    Measure(
        "mle", words="maximum-likelihood dimension", function=f"{_CLOUDS}.ratios:mle",
        least=0,
        meaning="Dimension by maximum likelihood from the distances to the nearest neighbours.",
        source="Levina & Bickel 2004, eq. 8, averaged as MacKay & Ghahramani 2005: 1/d = mean of log(r_k / r_j)",
        parameters={"k": Parameter(20, 2), **_EXCLUDE},
        **_DIMENSIONS,
    ),
    Measure(
        "ess", words="simplex-skewness dimension", function=f"{_CLOUDS}.simplex:ess",
        least=0,
        meaning="Dimension from the skewness of the simplices that neighbours form.",
        source="Johnsson, Soneson & Fontes 2015 (IEEE TPAMI 37:196): mean |sin| of the angle between two neighbours, "
        "Γ(d/2)² / (Γ((d+1)/2) Γ((d−1)/2)) in d dimensions",
        parameters={"k": Parameter(50, 3), **_EXCLUDE},
        **_DIMENSIONS,
    ),
    Measure(
        "participation_ratio", words="participation ratio", function=f"{_CLOUDS}.spectrum:participation_ratio",
        least=1,
        meaning="How many principal components would carry the variance if they carried it evenly.",
        source="Gao et al. 2017 (bioRxiv 214262): (Σλ)² / Σλ²; unbiased: Chun et al. 2025 (arXiv 2509.26560)",
        parameters={"unbiased": Parameter(False)},
        **_ON_CLOUDS,
    ),
    Measure(
        "rank_me", words="RankMe", function=f"{_CLOUDS}.spectrum:rank_me",
        least=1,
        meaning="Effective rank: the exponential of the entropy of the singular values.",
        source="Garrido et al. 2023 (arXiv 2210.02885): exp(−Σ p log p), p = σ/Σσ",
        **_ON_CLOUDS,
    ),
    Measure(
        "pc_dimension", words="principal components for 90 % of the variance",
        function=f"{_CLOUDS}.spectrum:pc_dimension",
        least=1,
        meaning="How many principal components hold 90 % of the variance.",
        source="Ansuini et al. 2019 (arXiv 1905.12784): the least k with Σ(i ≤ k) λ ≥ 0.9 Σλ",
        parameters={"variance": Parameter(0.9, 0.01, 1)},
        configured_words="principal components for {variance} of the variance",
        configured_meaning="How many principal components hold the share {variance} of the variance.",
        **_ON_CLOUDS,
    ),
    Measure(
        "ph_dimension", words="persistent-homology dimension", function=f"{_CLOUDS}.spanning_tree:ph_dimension",
        least=0,
        meaning="Dimension from how the length of the spanning tree grows with the number of points.",
        source="Tulchinskii et al. 2023 (arXiv 2306.04723): α/(1 − m), m the slope of log Σ|e|^α on log n",
        parameters={"alpha": Parameter(1.0, 0, is_open=True), **_EXCLUDE},
        **_ON_CLOUDS,
    ),
    Measure(
        "alpha_req", words="decay exponent of the spectrum", function=f"{_CLOUDS}.spectrum:alpha_req",
        least=0,
        meaning="How fast the spectrum of the covariance decays.",
        source="Agrawal et al. 2022 (α-ReQ, NeurIPS): the exponent α of λ_i ∝ i^(−α)",
        parameters={"ranks": Parameter((12, 100), 1)},
        **_ON_CLOUDS,
    ),
)  # fmt: skip
"""Measured on the tokens of one text."""

LIBRARY_ENTRIES = (
    Measure(
        "local_dimension", "cloud", "dimension around a point", f"{_CLOUDS}.dimension:local_dimension",
        least=0,
        meaning="How many directions the nearest neighbours of each point spread over.",
        source="Johnsson, Soneson & Fontes 2015 (IEEE TPAMI 37:196), neighbourhood by neighbourhood",
        cloud="text", parameters={"k": Parameter(30, 3), **_EXCLUDE},
    ),
    Measure(
        "scale_curve", "cloud", "dimension by scale", f"{_CLOUDS}.scale:scale_curve",
        least=0,
        meaning="GRIDE dimension over doubling numbers of neighbours: flat where a cloud has one dimension.",
        source="Denti et al. 2022 (Sci. Rep. 12:20005), section on the evolution with the scale", cloud="text",
        parameters={"largest": Parameter(16, 1), **_EXCLUDE},
    ),
    Measure(
        "skdim_dimension", "cloud", "dimension by an estimator of scikit-dimension",
        f"{_CLOUDS}.scikit_dimension:skdim_dimension",
        least=0,
        meaning="The result of a scikit-dimension estimator, checked as llmgeo's own are.",
        source="Bac et al. 2021 (Entropy 23:1368), scikit-dimension", cloud="text",
    ),
    Measure(
        "correlation_dimension", "cloud", "correlation dimension",
        "llmgeo.measures.distributions.correlation:correlation_dimension",
        least=0,
        meaning="How the number of close pairs of next-token distributions grows with the distance.",
        source="Du & Tanaka-Ishii 2025 (arXiv 2510.21258): the slope of log S(ε) on log ε", cloud="text",
        parameters={"groups": Parameter(8192, 1)},
    ),
)  # fmt: skip
"""Called from Python only: no recipe lists them, no run holds them."""

PROMPT_ENTRIES = (
    Measure(
        "covariance_rank", "pair", "RankMe of the covariance", f"{_CLOUDS}.spectrum:covariance_rank", axis="none",
        least=1,
        meaning="Effective rank from the covariance's eigenvalues, as defined in arXiv 2509.23024.",
        source="Li et al. 2025 (arXiv 2509.23024): exp(−Σ p log p), p = λ/Σλ",
        cloud="prompts",
    ),
)  # fmt: skip
"""Measured on the last tokens of all prompts as one cloud, beside `rank_me`."""


def _scale_entry(n1: int, calibrated: bool) -> Measure:
    said = ", calibrated" if calibrated else ""
    read = "read against a Gaussian cloud of as many points" if calibrated else "as it is read"
    return Measure(
        scale_name(n1, calibrated), "scale", f"GRIDE dimension, neighbours {n1} and {2 * n1}{said}",
        f"{_CLOUDS}.{'scale:calibrated_gride' if calibrated else 'ratios:gride'}", fixed={"n1": n1}, least=0,
        meaning=f"Dimension from the distances to neighbours {n1} and {2 * n1}, {read}.",
        source=DENTI, cloud="text", null="gaussian_cloud",
    )  # fmt: skip


SCALE_ENTRIES = tuple(_scale_entry(n1, calibrated) for calibrated in (False, True) for n1 in SCALES)
"""Measured wherever `intrinsic_dimension` is, shown as a curve; no recipe names them, no contrast is made of them."""
