"""The exponent of a tail, against WeightWatcher's own fit."""

import contextlib
import io

import numpy as np
import pytest

from llmgeo.measures.power_law import power_law_tail

with contextlib.redirect_stdout(io.StringIO()):
    from weightwatcher.WW_powerlaw import WWFit


def spectrum(seed, rows=120, columns=80, tail=None):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(rows, columns)) if tail is None else random.standard_t(tail, size=(rows, columns))
    return np.linalg.svd(matrix, compute_uv=False) ** 2


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("tail", [None, 2.5, 4.0])
def test_the_fit_is_weightwatchers(seed, tail):
    values = spectrum(seed, tail=tail)
    found, expected = power_law_tail(values), WWFit(values)
    assert found.alpha == pytest.approx(expected.alpha, rel=1e-9)
    assert found.least == pytest.approx(expected.xmin, rel=1e-12)
    assert found.distance == pytest.approx(expected.D, rel=1e-9)
    assert (found.n, found.standard_error) == (len(expected.data), pytest.approx(expected.sigma, rel=1e-9))


def test_many_values_are_fitted_in_parts_alike():
    values = np.random.default_rng(3).pareto(1.5, 1000) + 1
    assert power_law_tail(values).alpha == pytest.approx(WWFit(values).alpha, rel=1e-9)


def test_it_does_not_depend_on_the_unit():
    values = spectrum(5, tail=3.0)
    assert power_law_tail(values * 2.0**-80).alpha == pytest.approx(power_law_tail(values).alpha, rel=1e-12)


@pytest.mark.parametrize(
    ("values", "status"),
    [(np.ones(40), "undefined"), (np.arange(1.0, 9), "too_few_points"), (np.zeros(40), "too_few_points"),
     (np.full(40, np.inf), "undefined")],
)  # fmt: skip
def test_what_has_no_tail_says_so(values, status):
    found = power_law_tail(np.asarray(values, dtype=float))
    assert (found.status, np.isnan(found.alpha)) == (status, True)
