"""q-values by hand, with gaps, and against scipy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from llmgeo.statistics import benjamini_hochberg


def test_benjamini_hochberg_by_hand_and_with_gaps():
    p = np.array([[0.001, np.nan, 0.04], [0.03, 0.5, np.nan]])
    expected = np.array([[0.004, np.nan, 0.16 / 3], [0.16 / 3, 0.5, np.nan]])
    np.testing.assert_allclose(benjamini_hochberg(p), expected)
    assert np.isnan(benjamini_hochberg(np.full(3, np.nan))).all()


@given(st.lists(st.sampled_from([0.0, 1e-9, 0.001, 0.02, 0.02, 0.3, 0.9, 1.0]), min_size=1, max_size=40))
def test_benjamini_hochberg_is_that_of_scipy(p):
    np.testing.assert_allclose(benjamini_hochberg(np.array(p)), stats.false_discovery_control(p), rtol=1e-12)
