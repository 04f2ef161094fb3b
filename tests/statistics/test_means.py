"""Means and paired differences: the bootstrap-t written out, scipy's tests, and simulations of known truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from llmgeo.statistics import mean_interval, paired_contrast
from llmgeo.statistics.bootstrap_t import MANY, _transformed, _untransformed, ratio_mean
from llmgeo.statistics.sign_flips import sign_flip_p


def column(*values):
    return np.array(values, dtype=float)[:, None]


# --- the interval


def test_the_interval_is_the_bootstrap_t_written_out():
    """Every draw's t by scipy on the drawn values themselves; the longer end passes Student's, the shorter one not."""
    values = np.random.default_rng(3).exponential(size=14)
    means = mean_interval(values[:, None], np.arange(14), n_bootstrap=20_000)
    drawn = values[np.random.default_rng(4).integers(14, size=(20_000, 14))]
    t = stats.ttest_1samp(drawn, values.mean(), axis=1).statistic
    error = stats.sem(values)
    student = stats.t.ppf(0.975, 13)
    assert np.quantile(t, 0.025) < -1.2 * student < -student < -np.quantile(t, 0.975), "the simulation must be skewed"
    assert means.high[0] == pytest.approx(values.mean() - np.quantile(t, 0.025) * error, rel=0.03)
    assert means.low[0] == pytest.approx(values.mean() - student * error, rel=1e-9)


def test_the_interval_of_many_normal_values_is_students():
    values = np.random.default_rng(1).standard_normal((300, 6)) + 1000.0
    means = mean_interval(values, np.arange(300), n_bootstrap=8000)
    low, high = stats.t.interval(0.95, 299, loc=values.mean(0), scale=stats.sem(values))
    np.testing.assert_allclose(means.mean, values.mean(0))
    np.testing.assert_allclose(means.low - means.mean, low - means.mean, rtol=0.05)
    np.testing.assert_allclose(means.high - means.mean, high - means.mean, rtol=0.05)


SKEWED = {
    "normal": (lambda random, size: random.normal(size=size), 0.0, 0.94),
    "exponential": (lambda random, size: random.exponential(size=size), 1.0, 0.93),
    "beta": (lambda random, size: random.beta(0.5, 3, size), 0.5 / 3.5, 0.935),
    "lognormal": (lambda random, size: random.lognormal(0, 1, size), np.exp(0.5), 0.89),
}


@pytest.mark.parametrize("prompts", [8, 32])
@pytest.mark.parametrize("shape", SKEWED)
def test_the_interval_covers_the_mean_of_skewed_values(shape, prompts):
    """1,500 tables, as columns. Student's covers .83 to .89 of the lognormal ones, and of the exponential ones .89."""
    draw, truth, least = SKEWED[shape]
    values = draw(np.random.default_rng([prompts, 5]), (prompts, 1500))
    means = mean_interval(values, np.arange(prompts), n_bootstrap=999)
    assert least <= np.mean((means.low <= truth) & (truth <= means.high)) <= 0.98
    student = 2 * stats.t.ppf(0.975, prompts - 1) * stats.sem(values)
    assert np.mean(means.high - means.low) < 1.9 * np.mean(student), "covering by being endless is no merit"


@pytest.mark.parametrize("prompts", [5, 8, 16])
def test_the_interval_covers_where_prompts_have_unequal_numbers_of_samples(prompts):
    """Student's with the same linearised error covers .91 with 5 and 8 prompts."""
    random = np.random.default_rng([prompts, 6])
    codes = np.repeat(np.arange(prompts), np.resize([1, 3, 6], prompts))
    values = random.standard_normal((prompts, 2000))[codes] + random.standard_normal((len(codes), 2000))
    means = mean_interval(values, codes, n_bootstrap=999)
    assert 0.93 <= np.mean((means.low <= 0) & (means.high >= 0)) <= 0.98


def test_the_error_of_unequal_prompts_is_the_jackknifes():
    random = np.random.default_rng(2)
    codes = np.repeat(np.arange(400), np.resize([1, 2, 3], 400))
    values = (random.standard_normal((400, 1))[codes] + random.standard_normal((len(codes), 1)))[:, 0]
    sums, counts = np.bincount(codes, values), np.bincount(codes)
    without = (sums.sum() - sums) / (counts.sum() - counts)
    jackknife = np.sqrt(399 / 400 * ((without - without.mean()) ** 2).sum())
    mean = np.array([values.mean()])
    ratio = ratio_mean((sums - mean * counts)[:, None], counts[:, None], mean)
    assert ratio.standard_error[0] == pytest.approx(jackknife, rel=0.005)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.sampled_from([1e-9, 0.3, -2.0, 1e7]), st.sampled_from([0.0, 40.0]))
def test_scaling_and_shifting_the_values_scales_and_shifts_the_interval(seed, prompts, scale, shift):
    random = np.random.default_rng(seed)
    codes = random.integers(prompts, size=2 * prompts)
    values = random.lognormal(size=(2 * prompts, 3))
    values[random.random(values.shape) < 0.2] = np.nan
    means = mean_interval(values, codes, n_bootstrap=199)
    mapped = mean_interval(scale * values + shift * abs(scale), codes, n_bootstrap=199)
    ends = (mapped.low, mapped.high) if scale > 0 else (mapped.high, mapped.low)
    for plain, end in zip((means.low, means.high), ends, strict=True):
        np.testing.assert_allclose(end, scale * plain + shift * abs(scale), rtol=1e-6, atol=1e-6 * abs(scale))
    has_interval = np.isfinite(means.low)
    np.testing.assert_array_equal(has_interval, means.prompts > 3)
    assert (means.low <= means.mean + 1e-12)[has_interval].all()
    assert (means.mean <= means.high + 1e-12)[has_interval].all()


def test_a_column_does_not_depend_on_the_columns_beside_it_nor_on_absent_samples():
    random = np.random.default_rng(0)
    values, codes = random.lognormal(size=(40, 6)), np.repeat(np.arange(20), 2)
    values[random.random(values.shape) < 0.3] = np.nan
    together = paired_contrast(values, np.ones_like(values), codes)
    for place in range(6):
        kept = ~np.isnan(values[:, place])
        alone = paired_contrast(values[kept][:, [place]], np.ones((kept.sum(), 1)), codes[kept])
        for name in ("mean", "low", "high", "n", "prompts"):
            assert getattr(alone, name)[0] == pytest.approx(getattr(together, name)[place], rel=1e-9), name
        assert alone.p[0] == pytest.approx(together.p[place], abs=0.015)  # other signs are drawn


def test_prompts_are_counted_not_samples_and_what_is_missing_is_left_out():
    values = np.random.default_rng(1).standard_normal((6, 1))
    once = mean_interval(values, np.arange(6))
    again = mean_interval(np.repeat(values, 5, axis=0), np.repeat(np.arange(6), 5))
    assert again.low[0] == pytest.approx(once.low[0])
    assert again.n[0] == 30
    assert again.prompts[0] == 6
    gaps = np.array([[1.0, np.nan, np.nan], [3.0, 2.0, np.nan], [np.nan, 2.0, np.nan]])
    means = mean_interval(gaps, ["x", "y", "y"])
    assert means.status.tolist() == ["few_prompts", "one_prompt", "no_samples"]
    assert means.mean[:2].tolist() == [2.0, 2.0]
    assert np.isnan(means.mean[2])


def test_fewer_than_four_prompts_give_a_mean_and_no_interval():
    values = np.random.default_rng(1).standard_normal((12, 1))
    three, four = (mean_interval(values, np.arange(12) % prompts) for prompts in (3, 4))
    assert (three.status[0], four.status[0]) == ("few_prompts", "ok")
    assert three.mean == four.mean == pytest.approx(values.mean())
    assert np.isnan([three.low, three.high]).all()
    assert four.low < four.mean < four.high
    assert [float(end[0]) for end in three.band] == [three.mean[0]] * 2
    assert [float(end[0]) for end in four.band] == [four.low[0], four.high[0]]


def test_few_distinct_values_give_a_finite_interval():
    """Most draws of one 1 among zeros do not vary at all, and their t is infinite."""
    means = mean_interval(column(1, 0, 0, 0, 0, 0, 0, 0), np.arange(8))
    student = stats.t.ppf(0.975, 7) * stats.sem([1, 0, 0, 0, 0, 0, 0, 0])
    assert means.high[0] == pytest.approx(0.125 + 3 * student)
    constant = mean_interval(column(*[0.1] * 8), np.arange(8))
    assert constant.low[0] == pytest.approx(0.1)
    assert constant.high[0] == pytest.approx(0.1)


def test_the_closed_form_goes_on_where_the_draws_end():
    values = np.random.default_rng(9).exponential(size=(MANY + 1, 40))
    drawn, closed = (mean_interval(values[:size], np.arange(size), n_bootstrap=4000) for size in (MANY, MANY + 1))
    widths = [(means.high - means.mean) / (means.mean - means.low) for means in (drawn, closed)]
    assert np.median(widths[1]) == pytest.approx(np.median(widths[0]), rel=0.02)
    assert np.median(widths[0]) > 1.05


def test_halls_transformation_is_undone():
    t, slope = np.meshgrid(np.linspace(-6, 6, 25), [-0.4, -0.05, 0.0, 1e-7, 0.2])
    np.testing.assert_allclose(_untransformed(_transformed(t, slope), slope), t, atol=1e-6)


def test_a_hundred_thousand_prompts_take_no_draws():
    values = np.random.default_rng(0).exponential(size=(100_000, 2))
    means = paired_contrast(values, np.ones_like(values), np.arange(100_000))
    error = stats.sem(values)
    np.testing.assert_allclose(means.high - means.low, 2 * 1.96 * error, rtol=0.01)
    np.testing.assert_allclose(means.p, 2 * stats.norm.sf(np.abs(values.mean(0) - 1) / error), rtol=0.05)


# --- the test


@pytest.mark.parametrize("prompts", [6, 13, 20])
def test_sign_flips_are_scipys(prompts):
    difference = np.random.default_rng(8).standard_normal((prompts, 3)) + 0.3
    expected = stats.permutation_test(
        (difference,), np.mean, permutation_type="samples", n_resamples=9999, alternative="two-sided", rng=1
    )
    p = sign_flip_p(difference, 9999, seed=0)
    np.testing.assert_allclose(p, expected.pvalue, atol=1e-12 if prompts <= 13 else 0.02)


@pytest.mark.parametrize("negative", [0, 1, 3, 6, 9])
def test_the_tail_of_the_sign_flips_is_wilcoxons(negative):
    """With the ranks as differences it is the signed-rank test, whose distribution scipy counts exactly."""
    ranks = np.arange(1.0, 31.0)
    ranks[:negative] *= -1
    exact = stats.wilcoxon(ranks, method="exact").pvalue
    assert exact < 1e-4, "so few that 9,999 draws say nothing"
    assert sign_flip_p(ranks[:, None], 9999, seed=0)[0] == pytest.approx(exact, rel=0.4 if negative < 6 else 0.1)


def test_many_prompts_need_no_draws():
    random = np.random.default_rng(5)
    sums = random.exponential(size=(MANY + 1, 200)) * random.choice([-1.0, 1.0], (MANY + 1, 200))
    p = sign_flip_p(sums, 9999, seed=0)
    np.testing.assert_allclose(p[:40], _drawn_p(sums[:, :40]), atol=0.02)
    assert stats.kstest(p, "uniform").pvalue > 0.01


def _drawn_p(sums):
    signs = np.random.default_rng(6).choice([-1.0, 1.0], (9999, len(sums)))
    return (1 + (np.abs(signs @ sums) >= np.abs(sums.sum(0))).sum(0)) / 10_000


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([-3.0, -1.0, -1e-9, 0.0, 0.5, 1.0, 1e6]), min_size=1, max_size=40))
def test_a_p_is_never_below_that_of_the_rarest_pattern(differences):
    p = sign_flip_p(column(*differences), 999, seed=0)[0]
    signs = np.sign(differences)
    rarest = 0.5 ** max(np.count_nonzero(np.abs(differences) > 1e-12 * max(np.abs(differences), default=0)) - 1, 0)
    assert min(rarest, 1.0) * 0.999 <= p <= 1.0
    if not signs.any():
        assert p == 1.0


@pytest.mark.parametrize("prompts", [8, 16, 32])
@pytest.mark.parametrize("shape", ["normal", "exponential", "beta"])
def test_the_test_holds_its_level_for_skewed_differences_of_mean_zero(shape, prompts):
    """The sign flips alone say p < .05 in .10 of exponential and beta differences with 8 prompts, .07 with 32."""
    draw, truth, _ = SKEWED[shape]
    difference = draw(np.random.default_rng([prompts, 7]), (prompts, 2000)) - truth
    p = paired_contrast(difference, 0 * difference, np.arange(prompts), n_bootstrap=999, n_permutations=999).p
    assert 0.02 < np.mean(p < 0.05) < 0.065


def test_the_test_has_the_power_of_students_for_normal_differences():
    difference = np.random.default_rng(4).standard_normal((16, 1500)) + 0.8
    p = paired_contrast(difference, 0 * difference, np.arange(16), n_bootstrap=999, n_permutations=999).p
    student = stats.ttest_1samp(difference, 0).pvalue
    assert np.mean(p < 0.05) > np.mean(student < 0.05) - 0.06


def test_one_clear_difference_among_eight_hundred_has_a_small_p():
    """9,999 sign patterns alone allow no p below 1e-4, and among 800 tests no q below .08."""
    difference = np.random.default_rng(0).standard_normal((32, 1)) + 1.5
    p = paired_contrast(difference, 0 * difference, np.arange(32)).p[0]
    assert 2**-31 <= p < 1e-5


def test_signs_flip_by_prompt_and_pairs_need_both_values():
    a = column(1, 2, 3, np.nan)
    means = paired_contrast(a, column(0, 0, 0, 9), ["x", "x", "y", "z"])
    assert means.n[0] == 3
    assert means.prompts[0] == 2
    assert means.mean[0] == 2.0
    assert means.p[0] >= 0.5  # two prompts: four sign patterns, two as extreme


def test_eight_prompts_have_no_p_below_two_in_two_hundred_and_fifty_six():
    difference = np.random.default_rng(0).uniform(0.99, 1.01, (8, 1))
    assert paired_contrast(difference, 0 * difference, np.arange(8)).p[0] == 2 / 256


def test_no_difference_at_all_has_no_effect():
    means = paired_contrast(np.ones((8, 1)), np.ones((8, 1)), np.arange(8))
    assert (means.mean[0], means.low[0], means.high[0], means.p[0]) == (0, 0, 0, 1)


def test_tables_that_are_empty_or_do_not_fit():
    assert mean_interval(np.empty((0, 2)), np.empty(0)).status.tolist() == ["no_samples"] * 2
    assert paired_contrast(np.empty((3, 0)), np.empty((3, 0)), np.arange(3)).p.shape == (0,)
    with pytest.raises(ValueError, match="values"):
        mean_interval(np.ones(4), np.arange(4))
    with pytest.raises(ValueError, match="prompts"):
        paired_contrast(np.ones((4, 1)), np.ones((4, 1)), np.arange(3))
    with pytest.raises(ValueError, match="confidence"):
        mean_interval(np.ones((4, 1)), np.arange(4), confidence=95)
    with pytest.raises(ValueError, match="pairs"):
        paired_contrast(np.ones((4, 2)), np.ones((4, 1)), np.arange(4))
    with pytest.raises(ValueError, match="column 1 is not"):
        mean_interval(np.array([[1.0, np.inf], [2.0, 3.0]]), np.arange(2))
    for draws in (0, -1, 2.5, True):
        with pytest.raises(ValueError, match="n_bootstrap must be a whole number from 1 on"):
            mean_interval(np.ones((4, 1)), np.arange(4), n_bootstrap=draws)


@pytest.mark.parametrize("exponent", [-900, -400, 400, 900])
def test_units_change_neither_p_nor_the_interval(exponent):
    """By a power of two, nothing is rounded: whatever squares can be held."""
    generator = np.random.default_rng(0)
    a, b = generator.normal(1, 1, (10, 2)), generator.normal(0, 1, (10, 2))
    a[3, 1] = np.nan
    means = paired_contrast(a, b, np.arange(10))
    scaled = paired_contrast(np.ldexp(a, exponent), np.ldexp(b, exponent), np.arange(10))
    assert np.array_equal(scaled.p, means.p)
    for name in ("mean", "low", "high"):
        assert np.array_equal(np.ldexp(getattr(scaled, name), -exponent), getattr(means, name)), name
