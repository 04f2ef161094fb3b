"""Mixed models against the closed form of a balanced design, and what is said of fits that mean nothing."""

import sys

import numpy as np
import pandas as pd
import pytest

from llmgeo.errors import MissingPackageError
from llmgeo.statistics.mixed_model import mixed_model


def design(seed, groups=40, each=4):
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(groups), each)
    return random, labels, random.normal(size=groups * each)


def test_within_groups_it_is_the_regression_of_deviations():
    """Where groups differ widely, the estimate is that within them (the limit of generalised least squares)."""
    random, labels, x = design(0)
    y = 0.5 * x + 50.0 * random.normal(size=40)[labels] + 0.3 * random.normal(size=160)
    fit = mixed_model(y, pd.DataFrame({"x": x}), labels)
    within = [values - pd.Series(values).groupby(labels).transform("mean").to_numpy() for values in (x, y)]
    slope = (within[0] @ within[1]) / (within[0] @ within[0])
    assert fit.terms["coefficient"][0] * y.std() / x.std() == pytest.approx(slope, rel=0.01)
    assert (fit.status, fit.groups, fit.n) == ("ok", 40, 160)
    assert fit.terms["p"][0] < 1e-6


def test_groups_that_do_not_differ_are_a_singular_fit():
    random, labels, x = design(1)
    y = x + random.normal(size=160)
    y -= pd.Series(y).groupby(labels).transform("mean").to_numpy()
    fit = mixed_model(y, pd.DataFrame({"x": x}), labels)
    assert fit.status == "singular"
    assert np.isfinite(fit.terms["coefficient"][0])


def test_a_predictor_said_twice_is_a_singular_fit():
    random, labels, x = design(2)
    y = x + random.normal(size=40)[labels] + random.normal(size=160)
    assert mixed_model(y, pd.DataFrame({"x": x, "again": x}), labels).status == "singular"


def test_few_groups_are_not_fitted():
    _, labels, x = design(3, groups=29)
    fit = mixed_model(x, pd.DataFrame({"x": x}), labels)
    assert (fit.status, fit.groups) == ("few_groups", 29)
    assert fit.terms["coefficient"].isna().all()


def test_levels_are_held_and_what_is_missing_is_left_out():
    random, labels, x = design(4)
    levels = np.tile(["a", "b", "c", "d"], 40)
    shift = np.tile([0.0, 5.0, 10.0, 15.0], 40)
    y = -x + shift + random.normal(size=40)[labels] + random.normal(size=160)
    x[0] = np.nan
    fit = mixed_model(y, pd.DataFrame({"x": x + shift}), labels, levels)
    assert fit.n == 159
    assert fit.terms["coefficient"][0] < 0
    assert list(fit.terms["term"]) == ["x"]


def test_without_statsmodels_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels", None)
    monkeypatch.delitem(sys.modules, "statsmodels.regression.mixed_linear_model", raising=False)
    with pytest.raises(MissingPackageError, match=r'pip install "llmgeo\[dmet\]"'):
        mixed_model(np.zeros(3), pd.DataFrame({"x": np.zeros(3)}), np.zeros(3))


def test_an_outcome_that_levels_explain_nearly_whole_is_not_singular_for_that():
    """statsmodels warns of the boundary by the size of the variance alone, which standardising makes small."""
    random, labels, x = design(5)
    levels = np.tile(["a", "b", "c", "d"], 40)
    shift = np.tile([0.0, 500.0, 1000.0, 1500.0], 40)
    y = x + shift + random.normal(size=40)[labels] + random.normal(size=160)
    fit = mixed_model(y, pd.DataFrame({"x": x}), labels, levels)
    assert (fit.status, fit.group_variance > 0.3) == ("ok", True)
    assert fit.terms["coefficient"][0] * y.std() / x.std() == pytest.approx(1.0, abs=0.3)
