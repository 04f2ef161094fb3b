"""The catalogue's entries of measures of two clouds, or of two models' weights. Knows names and words; no tensor."""

from __future__ import annotations

from llmgeo.measures.measure import Measure

_SIMILARITY = "llmgeo.measures.pairs.similarity"
_SHIFT = "llmgeo.measures.pairs.shift"
_SUBSPACES = "llmgeo.measures.pairs.subspaces"
_WEIGHTS = "llmgeo.measures.weights"
_MATRICES = "llmgeo.measures.matrices"
_RANKS = "llmgeo.measures.ranks"
_OF_CLOUDS = {"kind": "pair", "axis": "none", "cloud": "text", "null": "rounding"}
_OF_PROMPTS = {"kind": "pair", "axis": "none", "cloud": "prompts"}
_OF_WEIGHTS = {"kind": "pair", "axis": "none", "null": "rounding"}

SUBSPACES = (10, 50, 200)
"""Numbers of principal components whose spans are compared."""

ANGLES = "Björck & Golub 1973 (Math. Comp. 27:579): cos θ = the singular values of UᵀV"
ROY = "Roy & Vetterli 2007 (EUSIPCO): exp(−Σ p log p), p = σ/Σσ"


def _overlap(k: int) -> Measure:
    return Measure(
        f"subspace_overlap_{k}", words=f"overlap of {k} components", function=f"{_SIMILARITY}:subspace_overlap",
        least=0, most=1,
        meaning="How much of the span of the first components is the same in both models.",
        source=f"{ANGLES}; their mean square, ‖UᵀV‖²/k", fixed={"k": k},
        **_OF_CLOUDS,
    )  # fmt: skip


CLOUD_PAIR_ENTRIES = (
    Measure(
        "unrotated_residual", words="un-rotated residual", function=f"{_SIMILARITY}:unrotated_residual",
        least=0, most=4,
        meaning="Squared distance of the two clouds, centred and scaled to unit size, unrotated; 2 means unrelated.",
        source="‖X − Y‖² of centred X and Y at unit norm: Procrustes without the rotation",
        **_OF_CLOUDS,
    ),
    Measure(
        "procrustes_distance", words="Procrustes distance", function=f"{_SIMILARITY}:procrustes_distance",
        least=0, most=2,
        meaning="The same after the best rotation: what no rotation of the space explains.",
        source="Schönemann 1966 (Psychometrika 31:1); Ding et al. 2021 (arXiv 2108.01661): 2 − 2‖XᵀY‖₊",
        **_OF_CLOUDS,
    ),
    Measure(
        "linear_cka", words="CKA, unbiased", function=f"{_SIMILARITY}:linear_cka", fixed={"unbiased": True},
        least=-1, most=1,
        meaning="Similarity of the two clouds' inner products, whatever their rotation and size; 1 means identical.",
        source="Kornblith et al. 2019 (arXiv 1905.00414): ‖XᵀY‖² / (‖XᵀX‖ ‖YᵀY‖), each by its HSIC₁ (Song et al. 2012)",
        **_OF_CLOUDS,
    ),
    Measure(
        "neighbour_overlap", words="neighbour overlap", function=f"{_SIMILARITY}:neighbour_overlap", fixed={"k": 10},
        least=0, most=1,
        meaning="Share of a token's ten nearest tokens that are the same in both models.",
        source="Doimo et al. 2020 (arXiv 2007.03506): mean |N_k(x) ∩ N_k(y)| / k",
        **_OF_CLOUDS,
    ),
    *map(_overlap, SUBSPACES),
    Measure(
        "mean_shift", words="shift of the mean", unit="radii", function=f"{_SHIFT}:mean_shift",
        least=0,
        meaning="How far the cloud's centre moved, in units of BASE's cloud radius.",
        source="|mean(y − x)| over the root-mean-square radius of x",
        **_OF_CLOUDS,
    ),
    Measure(
        "mean_shift_cosine", words="cosine of the shift with the last layer's", function=f"{_SHIFT}:mean_shift_cosine",
        least=-1, most=1,
        meaning="Whether the centre moves in the same direction as one layer before: 1 means the same direction.",
        source="the cosine of mean(y − x) at one layer and the layer before",
        **_OF_CLOUDS,
    ),
    Measure(
        "difference_participation_ratio", words="participation ratio of the differences",
        function=f"{_SHIFT}:difference_participation_ratio",
        least=1,
        meaning="How many directions the shifts of all tokens spread over, by variance.",
        source="Gao et al. 2017 (bioRxiv 214262) of y − x: (Σλ)² / Σλ²",
        **_OF_CLOUDS,
    ),
    Measure(
        "difference_intrinsic_dimension", words="dimension of the differences",
        function=f"{_SHIFT}:difference_intrinsic_dimension",
        least=0,
        meaning="How many directions the shifts of all tokens spread over, locally.",
        source="`intrinsic_dimension` of y − x: docs/accuracy.md",
        **_OF_CLOUDS,
    ),
    Measure(
        "steps_tuning_overlap", words="overlap of step-by-step and tuning",
        function=f"{_SUBSPACES}:mean_squared_cosine",
        least=0, most=1,
        meaning="Mean squared cosine of the principal angles between two changes. Grey: unrelated answers.",
        source=f"{ANGLES}; their mean square",
        **_OF_PROMPTS,
    ),
    Measure(
        "steps_rounding_overlap", words="overlap of step-by-step and rounding",
        function=f"{_SUBSPACES}:mean_squared_cosine",
        least=0, most=1,
        meaning="The same, with the change that rounding makes in place of tuning.",
        source=f"{ANGLES}; their mean square",
        **_OF_PROMPTS,
    ),
    Measure(
        "steps_tuning_angle", words="smallest angle of step-by-step and tuning", unit="°",
        function=f"{_SUBSPACES}:smallest_angle",
        least=0, most=90,
        meaning="The smallest of these angles: 0° is a shared direction, 90° none.",
        source=ANGLES,
        **_OF_PROMPTS,
    ),
)  # fmt: skip
"""Two clouds of the same tokens, or two sets of differences."""

WEIGHT_ENTRIES = (
    Measure(
        "relative_change", words="relative change of the weights", function=f"{_WEIGHTS}:relative_change",
        least=0,
        meaning="Size of the change over the size of the weights.",
        source="‖ΔW‖ / ‖W‖ in the Frobenius norm",
        **_OF_WEIGHTS,
    ),
    Measure(
        "stable_rank_of_change", words="stable rank of the change", function=f"{_RANKS}:stable_rank",
        least=1,
        meaning="How many directions the change has, if all were as large as the largest.",
        source="Rudelson & Vershynin 2007 (J. ACM 54:21): ‖ΔW‖² / σ₁²",
        **_OF_WEIGHTS,
    ),
    Measure(
        "effective_rank_of_change", words="effective rank of the change", function=f"{_RANKS}:effective_rank",
        least=1,
        meaning="How many directions the change spreads over.",
        source=ROY,
        **_OF_WEIGHTS,
    ),
    Measure(
        "effective_rank_base", words="effective rank, base", function=f"{_RANKS}:effective_rank",
        least=1,
        meaning="How many directions the weights spread over.",
        source=ROY,
        **_OF_WEIGHTS,
    ),
    Measure(
        "effective_rank_tuned", words="effective rank, tuned", function=f"{_RANKS}:effective_rank",
        least=1,
        meaning="How many directions the weights spread over.",
        source=ROY,
        **_OF_WEIGHTS,
    ),
    Measure(
        "row_dimension_base", words="TwoNN dimension of the rows, base", function=f"{_MATRICES}:row_dimension",
        least=0,
        meaning="Dimension of the cloud that a matrix's rows form.", cloud="rows",
        source="Facco et al. 2017 (Sci. Rep. 7:12140): F(μ) = 1 − μ^(−d), μ = r2/r1",
        **_OF_WEIGHTS,
    ),
    Measure(
        "row_dimension_tuned", words="TwoNN dimension of the rows, tuned", function=f"{_MATRICES}:row_dimension",
        least=0,
        meaning="Dimension of the cloud that a matrix's rows form.", cloud="rows",
        source="Facco et al. 2017 (Sci. Rep. 7:12140): F(μ) = 1 − μ^(−d), μ = r2/r1",
        **_OF_WEIGHTS,
    ),
)  # fmt: skip
"""One matrix of each of two models, or its change."""
