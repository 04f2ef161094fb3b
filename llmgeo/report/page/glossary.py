"""What the measures, conditions and samples are called on the page, in a sentence each. Knows words only."""

from collections.abc import Mapping

from llmgeo import plugins
from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.report import words

MEANINGS = {
    "intrinsic_dimension": "How many directions the states of a text move in locally, whatever space they lie in.",
    "two_nn": "Dimension from the ratio of the distances to the two nearest neighbours.",
    "gride": "Dimension from the ratio of the distances to two farther neighbours: less noise, larger scale.",
    "mle": "Dimension by maximum likelihood from the distances to the nearest neighbours.",
    "ess": "Dimension from how skew the simplices of neighbours are.",
    "ph_dimension": "Dimension from how the length of the spanning tree grows with the number of points.",
    "participation_ratio": "How many principal components carry the variance, if they carried it evenly.",
    "rank_me": "Effective rank: the exponential of the entropy of the singular values.",
    "pc_dimension": "How many principal components hold 90 % of the variance.",
    "alpha_req": "How fast the spectrum of the covariance decays.",
    "step_length": "Distance from one token's state to the next. Its null keeps the tokens and shuffles their order.",
    "turning_angle": "Angle between one step and the next: 0° is straight on; points in no order turn by 120°.",
    "menger_curvature": "One over the radius of the circle through three consecutive states.",
    "jumps": "Steps longer than the text's own mean by two standard deviations.",
    "length_to_chord": "Length of the way divided by the distance from its first state to its last.",
    "recurrence_rate": "Share of pairs of tokens whose states come close to each other again.",
    "entropy": "How undecided the model was before each token. Knows no geometry.",
    "surprisal": "How unexpected each token was to the model. Knows no geometry.",
    "rep_4": "Share of four-token sequences that occurred before. Knows no geometry.",
    "unrotated_residual": "Squared distance of the two clouds, centred, at unit size, as they lie; 2 is unrelated.",
    "procrustes_distance": "The same after the best rotation: what no turn of the space explains.",
    "linear_cka": "Likeness of the two clouds' inner products, whatever their rotation and size. 1 is the same.",
    "neighbour_overlap": "Share of a token's ten nearest tokens that are the same in both models.",
    "subspace_overlap_10": "How much of the span of the first components is the same in both models.",
    "subspace_overlap_50": "How much of the span of the first components is the same in both models.",
    "subspace_overlap_200": "How much of the span of the first components is the same in both models.",
    "mean_shift": "How far the cloud's middle moved, in units of BASE's cloud.",
    "mean_shift_cosine": "Whether the middle moves in the same direction as a layer before: 1 is the same direction.",
    "difference_participation_ratio": "How many directions the moves of all tokens spread over, by variance.",
    "difference_intrinsic_dimension": "How many directions the moves of all tokens spread over, locally.",
    "steps_tuning_overlap": "Mean squared cosine of the principal angles between two changes. Grey: unrelated answers.",
    "steps_rounding_overlap": "The same with what rounding does in place of tuning.",
    "steps_tuning_angle": "The smallest of these angles: 0° is a shared direction, 90° none.",
    "covariance_rank": "Effective rank from the covariance's eigenvalues, as arXiv 2509.23024 takes it.",
    "relative_change": "Size of the change over the size of the weights.",
    "stable_rank_of_change": "How many directions the change has, if all were as large as the largest.",
    "effective_rank_of_change": "How many directions the change spreads over.",
    "effective_rank_base": "How many directions the weights spread over.",
    "effective_rank_tuned": "How many directions the weights spread over.",
    "row_dimension_base": "Dimension of the cloud that a matrix's rows are.",
    "row_dimension_tuned": "Dimension of the cloud that a matrix's rows are.",
}
"""One sentence a measure, for the page's captions."""


def measure(name: str) -> dict[str, object]:
    """What the page must know to show a measure: its words, unit, the factor of its printed values, its meaning."""
    known = EVERY_MEASURE.get(name)
    return {
        "name": name,
        "words": words.measure(name),
        "unit": known.unit if known else "",
        "scale": known.scale if known else 1.0,
        "meaning": MEANINGS.get(name) or plugins.MEANINGS.get(name, ""),
    }


def condition(of: Mapping) -> str:
    """
    >>> condition({"kind": "generate", "temperature": 0.7, "top_p": 0.95})
    'generated, T = 0.7, top-p 0.95'
    >>> condition({"kind": "generate", "temperature": 0.0}), condition({"kind": "read", "text": "same", "of": "hot"})
    ('generated, always the likeliest token', 'read: the text of hot')
    """
    if of.get("kind") == "generate":
        temperature, top_p = of.get("temperature"), of.get("top_p", 1.0)
        if temperature == 0:
            return "generated, always the likeliest token"
        return f"generated, T = {temperature}" + (f", top-p {top_p}" if top_p != 1 else "")
    text, source = of.get("text"), of.get("of") or "the prompt"
    known = {
        "same": f"read: the text of {source}",
        "shuffled": f"read: the text of {source}, its tokens shuffled",
        "repeat": "read: the prompt said over and over",
    }
    return known.get(text, "")
