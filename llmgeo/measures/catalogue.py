"""The names of the measures, what each is measured on, and how a person reads its values.

Knows words and units only: how a measure is computed stands in `llmgeo.measures`.
"""

from collections import ChainMap
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """One row of the table of measures: its kind, and how a person reads its values.

    A printed value is `value * scale` followed by `unit`.

    Attributes:
        first: which token of a window a token measure's first value belongs to: a step to the token it arrives at, an
            angle to its middle.
        reach: how many tokens before and after its own a token measure's value depends on; None if on the whole
            window, as the bar that makes a step a jump.
    """

    kind: Literal["cloud", "token", "path", "baseline", "scale", "pair"]
    words: str
    unit: str = ""
    scale: float = 1.0
    first: int = 0
    reach: tuple[int, int] | None = None

    @property
    def axis(self) -> str:
        """The axis that the samples of a recipe are measured along."""
        return "token"

    @property
    def cloud(self) -> str:
        """`text` (the tokens of one text at one layer, order ignored) or `none`."""
        return "text" if self.kind in ("cloud", "scale") else "none"

    def show(self, value: float | None) -> str:
        """
        >>> MEASURES["turning_angle"].show(114.42), MEASURES["jumps"].show(0.0241), MEASURES["jumps"].show(None)
        ('114.4°', '2.41', 'not measured')
        """
        if value is None or value != value:
            return "not measured"
        scaled = value * self.scale
        number = f"{scaled:.1f}" if 100 <= abs(scaled) < 1e5 else f"{scaled:.3g}"
        return number + (self.unit if self.unit in ("°", "%") else "")


MEASURES: dict[str, Measure] = {
    "intrinsic_dimension": Measure("cloud", "dimension"),
    "two_nn": Measure("cloud", "TwoNN dimension"),
    "gride": Measure("cloud", "GRIDE dimension"),
    "mle": Measure("cloud", "maximum-likelihood dimension"),
    "ess": Measure("cloud", "simplex-skewness dimension"),
    "participation_ratio": Measure("cloud", "participation ratio"),
    "rank_me": Measure("cloud", "RankMe"),
    "pc_dimension": Measure("cloud", "principal components for 90 % of the variance"),
    "ph_dimension": Measure("cloud", "persistent-homology dimension"),
    "alpha_req": Measure("cloud", "decay exponent of the spectrum"),
    "step_length": Measure("token", "step length", first=1, reach=(1, 0)),
    "turning_angle": Measure("token", "turning angle", unit="°", first=1, reach=(1, 1)),
    "menger_curvature": Measure("token", "Menger curvature", unit="per unit length", first=1, reach=(1, 1)),
    "jumps": Measure("token", "jumps per 100 tokens", unit="per 100 tokens", scale=100, first=1),
    "length_to_chord": Measure("path", "length-to-chord ratio"),
    "recurrence_rate": Measure("path", "recurrence rate", unit="%", scale=100),
    "entropy": Measure("baseline", "mean entropy", unit="nats"),
    "surprisal": Measure("baseline", "mean surprisal", unit="nats"),
    "rep_4": Measure("baseline", "rep-4"),
}

SCALES = (1, 2, 4, 8, 16)
"""The nearer neighbours of the scale curve that is measured beside `intrinsic_dimension`."""


def scale_name(n1: int, calibrated: bool = True) -> str:
    """What one scale of that curve is called in a run's tables.

    >>> scale_name(4), scale_name(4, calibrated=False)
    ('gride_4_calibrated', 'gride_4')
    """
    return f"gride_{n1}{'_calibrated' if calibrated else ''}"


SCALE_MEASURES: dict[str, Measure] = {
    scale_name(n1, calibrated): Measure(
        "scale", f"GRIDE dimension, neighbours {n1} and {2 * n1}{', calibrated' if calibrated else ''}"
    )
    for calibrated in (False, True)
    for n1 in SCALES
}
"""Measured wherever `intrinsic_dimension` is, shown as a curve; no recipe names them, no contrast is made of them."""

PAIR_MEASURES: dict[str, Measure] = {
    "unrotated_residual": Measure("pair", "un-rotated residual"),
    "procrustes_distance": Measure("pair", "Procrustes distance"),
    "linear_cka": Measure("pair", "CKA, unbiased"),
    "neighbour_overlap": Measure("pair", "neighbour overlap"),
    "subspace_overlap_10": Measure("pair", "overlap of 10 components"),
    "subspace_overlap_50": Measure("pair", "overlap of 50 components"),
    "subspace_overlap_200": Measure("pair", "overlap of 200 components"),
    "mean_shift": Measure("pair", "shift of the mean", unit="radii"),
    "mean_shift_cosine": Measure("pair", "cosine of the shift with the last layer's"),
    "difference_participation_ratio": Measure("pair", "participation ratio of the differences"),
    "difference_intrinsic_dimension": Measure("pair", "dimension of the differences"),
    "steps_tuning_overlap": Measure("pair", "overlap of step-by-step and tuning"),
    "steps_rounding_overlap": Measure("pair", "overlap of step-by-step and rounding"),
    "steps_tuning_angle": Measure("pair", "smallest angle of step-by-step and tuning", unit="°"),
    "covariance_rank": Measure("pair", "RankMe of the covariance"),
    "kl": Measure("pair", "KL", unit="nats"),
    "js": Measure("pair", "Jensen-Shannon", unit="nats"),
    "entropy_drop": Measure("pair", "entropy drop", unit="nats"),
    "unshifted_share": Measure("pair", "unshifted tokens", unit="%", scale=100),
    "marginal_share": Measure("pair", "marginal tokens", unit="%", scale=100),
    "shifted_share": Measure("pair", "shifted tokens", unit="%", scale=100),
    "relative_change": Measure("pair", "relative change of the weights"),
    "stable_rank_of_change": Measure("pair", "stable rank of the change"),
    "effective_rank_of_change": Measure("pair", "effective rank of the change"),
    "effective_rank_base": Measure("pair", "effective rank, base"),
    "effective_rank_tuned": Measure("pair", "effective rank, tuned"),
    "row_dimension_base": Measure("pair", "TwoNN dimension of the rows, base"),
    "row_dimension_tuned": Measure("pair", "TwoNN dimension of the rows, tuned"),
}
"""What is measured of two models at once, always; no recipe lists them."""

PROMPT_MEASURES = ("rank_me", "covariance_rank")
"""Measured on the last tokens of all prompts as one cloud."""

EVERY_MEASURE = ChainMap(MEASURES, SCALE_MEASURES, PAIR_MEASURES)
"""All of them, and what plugins add to the first: a view, not a copy."""
