"""What every measure can be at all: its values of clouds of all kinds lie within, and intervals are cut there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmgeo.measures.catalogue import (
    DYNAMICS_MEASURES,
    EVERY_MEASURE,
    LIBRARY_MEASURES,
    MEASURES,
    PAIR_MEASURES,
    SCALE_MEASURES,
    look_up,
)
from llmgeo.measures.ranges import clipped

UNBOUNDED = {"entropy_drop", "residual_growth"}
"""The only measures that may be any number."""

OF_STATES = [
    *(name for name, measure in (MEASURES | SCALE_MEASURES | DYNAMICS_MEASURES).items() if measure.kind != "baseline"),
    "gride(n1=1)", "jumps(rule=mad)", "participation_ratio(unbiased=true)", "recurrence_rate(radius=3.0)",
    "covariance_rank", "local_dimension", "lag_autocorrelation(lag=5)",
]  # fmt: skip
OF_TWO_CLOUDS = [
    "unrotated_residual", "procrustes_distance", "linear_cka", "neighbour_overlap", "subspace_overlap_10",
    "mean_shift", "difference_participation_ratio", "difference_intrinsic_dimension",
]  # fmt: skip
OF_DISTRIBUTIONS = ["kl", "js"]
ROUNDING = 1e-9


def cloud(seed: int, kind: str) -> np.ndarray:
    """128 points of 24 numbers each."""
    random = np.random.default_rng(seed)
    normal = random.normal(size=(128, 24))
    return {
        "normal": normal,
        "line": normal[:, :1] * np.arange(1, 25) + 1e-3 * normal,
        "collinear": normal[:, :1] * np.arange(1, 25),
        "heavy tails": normal / random.uniform(1e-3, 1, size=(128, 1)),
        "lattice": random.integers(-1, 2, size=(128, 24)).astype(float),
        "loop": np.tile(normal[:40], (4, 1))[:128],
        "walk": normal.cumsum(0),
        "there and back": np.concatenate([normal[:64], normal[:64][::-1]]).cumsum(0),
        "power law": normal * np.arange(1, 25) ** -2.0,
    }[kind]


KINDS = ["normal", "line", "collinear", "heavy tails", "lattice", "loop", "walk", "there and back", "power law"]


def inside(label: str, found: object) -> bool:
    """Whether all finite values lie in the measure's range."""
    measure = look_up(label)
    values = np.asarray(getattr(found, "value", found), dtype=float)
    values = values[np.isfinite(values)]
    low = -np.inf if measure.least is None else measure.least
    high = np.inf if measure.most is None else measure.most
    return bool(((values >= low - ROUNDING) & (values <= high + ROUNDING)).all())


@pytest.mark.parametrize("label", OF_STATES)
@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_no_value_of_a_cloud_lies_outside(label, seed):
    for kind in KINDS:
        assert inside(label, look_up(label).compute(cloud(seed, kind))), kind


@pytest.mark.parametrize("label", OF_TWO_CLOUDS)
@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_no_value_of_two_clouds_lies_outside(label, seed):
    for kind in KINDS:
        first, normal = cloud(seed, kind), cloud(seed + 1, "normal")
        for second in (first + 0.1 * normal, normal, -first):
            assert inside(label, look_up(label).compute(first, second)), kind


@pytest.mark.parametrize("label", OF_DISTRIBUTIONS)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6), sharpness=st.sampled_from([0.1, 1.0, 30.0]))
def test_no_value_of_two_distributions_lies_outside(label, seed, sharpness):
    logits = sharpness * np.random.default_rng(seed).normal(size=(2, 8, 40))
    first, second = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    assert inside(label, look_up(label).compute(first, second))


@pytest.mark.parametrize("label", ["stable_rank_of_change", "effective_rank_of_change"])
@pytest.mark.parametrize("kind", ["normal", "line", "collinear", "power law"])
def test_no_rank_of_a_matrix_lies_outside(label, kind):
    assert inside(label, look_up(label).compute(np.linalg.svd(cloud(3, kind), compute_uv=False)))


def test_every_measure_says_what_it_can_be_but_these():
    known = {name for name, measure in EVERY_MEASURE.items() if (measure.least, measure.most) != (None, None)}
    assert set(EVERY_MEASURE) - known == UNBOUNDED
    assert set(PAIR_MEASURES) | set(LIBRARY_MEASURES) < known | UNBOUNDED


def test_intervals_are_cut_at_the_bounds_and_what_is_not_known_stays():
    labels = ["turning_angle", "intrinsic_dimension", "gride(n1=4)", "length_to_chord", "of_a_plugin", "jumps"]
    low, high = clipped(labels, np.array([-5.0, -34.0, -1.0, 0.2, -9.0, np.nan]), np.array([200, 9e9, 5, 3, 9, np.nan]))
    np.testing.assert_array_equal(low, [0, 0, 0, 1, -9, np.nan])
    np.testing.assert_array_equal(high, [180, 9e9, 5, 3, 9, np.nan])


def test_a_difference_lies_between_the_differences_of_the_bounds():
    labels = ["turning_angle", "intrinsic_dimension", "recurrence_rate", "linear_cka"]
    low, high = clipped(labels, np.full(4, -500.0), np.full(4, 500.0), of_differences=True)
    np.testing.assert_array_equal(low, [-180, -500, -1, -2])
    np.testing.assert_array_equal(high, [180, 500, 1, 2])
