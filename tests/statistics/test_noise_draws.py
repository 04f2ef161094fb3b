"""What several draws of a noise foretell of the next: scipy's t, and draws whose variances are known."""

import numpy as np
import pytest
from scipy import stats

from llmgeo.statistics.noise_draws import draw_means, noise_interval


def test_an_end_is_where_a_t_test_begins_to_tell_one_draw_from_the_others():
    drawn = np.array([1.0, 4.0, 2.5, 3.0])
    for end in noise_interval(drawn[:, None]):
        spread = drawn.std(ddof=1) * np.sqrt(1 + 1 / 4)
        assert 2 * stats.t.sf(abs(float(end[0]) - drawn.mean()) / spread, 3) == pytest.approx(0.05)


@pytest.mark.parametrize("ratio", [0.0, 0.5, 3.0])
@pytest.mark.parametrize("draws", [4, 8])
def test_a_further_draw_lies_within_whatever_the_draws_have_in_common(draws, ratio):
    """5,000 comparisons, as columns: `ratio` is the standard deviation between draws over that between prompts."""
    random = np.random.default_rng([draws, int(10 * ratio)])
    prompts, columns = 4 * draws, 5000
    of_prompt = np.repeat(np.arange(draws), 4)
    common = ratio * random.standard_normal((draws + 1, columns))
    values = common[:draws][of_prompt] + random.standard_normal((prompts, columns))
    low, high = noise_interval(draw_means(values, of_prompt))
    further = common[draws] + random.standard_normal((prompts, columns)).mean(0)
    held = np.mean((low <= further) & (further <= high))
    assert held > 0.94
    if ratio == 3.0:
        assert held < 0.965
        of_one = values[:4]
        reach = stats.t.ppf(0.975, 3) * stats.sem(of_one)
        assert np.mean(np.abs(further - of_one.mean(0)) <= reach) < 0.5, "that one draw does not do must be visible"


def test_what_was_not_measured_is_left_out():
    values = np.array([[1.0, np.nan, np.nan], [3.0, 2.0, np.nan], [np.nan, 8.0, np.nan]])
    means = draw_means(values, np.array([5, 5, 7]))
    np.testing.assert_array_equal(means, [[2.0, 2.0, np.nan], [np.nan, 8.0, np.nan]])
    low, high = noise_interval(means)
    assert (low[0], high[0]) == (2.0, 2.0)  # one draw has no spread
    assert low[1] < 2.0 < 8.0 < high[1]
    assert np.isnan([low[2], high[2]]).all()
