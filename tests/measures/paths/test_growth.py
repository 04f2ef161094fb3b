"""Exponential growth against scipy's straight line through logarithms."""

import numpy as np
import pytest
from scipy.stats import linregress

from llmgeo.errors import MeasureError
from llmgeo.measures.paths.growth import growth, growth_rate


def test_it_is_the_line_of_the_logarithms():
    generator = np.random.default_rng(0)
    places = np.array([2.0, 3, 5, 8, 9])
    values = np.exp(0.2 * places + generator.normal(size=(4, 5)))
    found = growth(values, places)
    for row in range(4):
        line = linregress(places, np.log(values[row]))
        assert found.rate[row] == pytest.approx(line.slope)
        assert found.intercept[row] == pytest.approx(line.intercept)
        assert found.fit[row] == pytest.approx(line.rvalue**2)


@pytest.mark.parametrize("unit", [1e-6, 1e9])
def test_a_unit_does_not_change_the_rate(unit):
    values = np.array([1.0, 3.0, 4.0, 20.0])
    assert growth_rate(unit * values, np.arange(4)) == pytest.approx(growth_rate(values, np.arange(4)))


def test_what_is_not_above_zero_has_no_rate():
    assert np.isnan(growth_rate(np.array([1.0, 0.0, 2.0]), np.arange(3)))


def test_what_does_not_vary_has_no_fit():
    found = growth(np.ones(3), np.arange(3))
    assert found.rate == 0
    assert np.isnan(found.fit)


@pytest.mark.parametrize("places", [[0.0, 1.0], [1.0, 1.0, 1.0]])
def test_fewer_than_three_places_are_refused(places):
    with pytest.raises(MeasureError, match="growth: places must be one for each of the values, three"):
        growth(np.ones(len(places)), np.array(places))
