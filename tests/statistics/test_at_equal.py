"""The intercept against statsmodels' formulas by hand, simulation, and what it must not see."""

import numpy as np
import pytest

from llmgeo.statistics.at_equal import at_equal


def world(seed, effect=0.0, count=79, noise=1.0):
    generator = np.random.default_rng(seed)
    others = generator.normal(0.5, 1, size=(count, 3))
    spread = noise * (0.5 + np.abs(others[:, 0]))  # pairs that are further apart spread more
    return effect + others @ [0.6, 0.3, 0.0] + spread * generator.standard_t(6, size=count), others


def test_what_others_make_is_not_left():
    differences, others = world(0, count=300)
    assert differences.mean() > 0.25
    found = at_equal(differences, others)
    assert found.low < 0 < found.high
    assert found.p > 0.05


def test_what_they_do_not_make_is():
    found = at_equal(*world(1, effect=1.5))
    assert found.value == pytest.approx(1.5, abs=0.6)
    assert found.low > 0
    assert found.p < 0.01


def test_it_is_least_squares_with_hc3():
    differences, others = world(2)
    design = np.column_stack([np.ones(len(others)), others])
    bread = np.linalg.inv(design.T @ design)
    coefficients = bread @ design.T @ differences
    hat = np.diag(design @ bread @ design.T)
    left = (differences - design @ coefficients) / (1 - hat)
    covariance = bread @ (design.T * left**2) @ design @ bread
    found = at_equal(differences, others)
    assert found.value == pytest.approx(coefficients[0])
    from scipy.stats import t

    assert found.high - found.value == pytest.approx(t.ppf(0.975, len(others) - 4) * np.sqrt(covariance[0, 0]))


def test_its_level_is_held():
    rejected = np.mean([at_equal(*world(seed)).p < 0.05 for seed in range(400)])
    assert 0.02 < rejected < 0.085


def test_units_and_idle_columns_change_nothing():
    differences, others = world(3)
    found = at_equal(differences, others)
    scaled = at_equal(1000 * differences, others * [1e-3, 5, 100])
    assert scaled.value == pytest.approx(1000 * found.value)
    assert scaled.p == pytest.approx(found.p)
    idle = at_equal(differences, np.column_stack([others, np.zeros(len(others)), others[:, 0]]))
    assert (idle.value, idle.p) == (pytest.approx(found.value), pytest.approx(found.p))


def test_no_others_leave_the_mean():
    differences, _ = world(4)
    assert at_equal(differences, np.zeros((len(differences), 1))).value == pytest.approx(differences.mean())


def test_too_few_pairs_have_no_interval():
    assert np.isnan(at_equal(np.ones(9), np.random.default_rng(0).normal(size=(9, 2))).p)


@pytest.mark.parametrize(("differences", "others"), [
    (np.ones((3, 1)), np.ones((3, 1))), (np.ones(3), np.ones(3)), (np.ones(3), np.ones((2, 1))),
    (np.array([np.nan]), np.ones((1, 1))),
])  # fmt: skip
def test_what_does_not_fit_is_refused(differences, others):
    with pytest.raises(ValueError, match="must be"):
        at_equal(differences, others)
