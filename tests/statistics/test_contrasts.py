"""Means, pairs and many tests at once: against scipy, enumeration and closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from llmgeo.statistics import benjamini_hochberg, mean_interval, paired_contrast


def random_table(seed=0, prompts=8, columns=5, per_prompt=3):
    """One sample of group a and `per_prompt` - 1 of group b in every prompt."""
    generator = np.random.default_rng(seed)
    codes = np.repeat(np.arange(prompts), per_prompt)
    return generator.standard_normal((len(codes), columns)), np.tile(np.arange(per_prompt) == 0, prompts), codes


def test_shapes_that_do_not_fit_are_refused():
    values, _, prompts = random_table()
    with pytest.raises(ValueError, match="values"):
        mean_interval(values[:, 0], prompts)
    with pytest.raises(ValueError, match="confidence"):
        mean_interval(values, prompts, confidence=95)


def test_an_empty_table_gives_empty_answers():
    assert mean_interval(np.empty((0, 2)), np.empty(0)).status.tolist() == ["no_samples"] * 2


# --- means, pairs, and many tests at once


def test_mean_interval_is_students_when_every_prompt_gives_one_sample():
    values = np.random.default_rng(1).standard_normal((12, 6)) + 1000.0
    found = mean_interval(values, np.arange(12), n_bootstrap=8000)
    low, high = stats.t.interval(0.95, 11, loc=values.mean(0), scale=stats.sem(values))
    np.testing.assert_allclose(found.mean, values.mean(0))
    np.testing.assert_allclose(found.low - found.mean, low - found.mean, rtol=0.04)
    np.testing.assert_allclose(found.high - found.mean, high - found.mean, rtol=0.04)


def test_mean_interval_counts_prompts_not_samples_and_leaves_out_what_is_missing():
    values = np.random.default_rng(1).standard_normal((6, 1))
    once = mean_interval(values, np.arange(6))
    again = mean_interval(np.repeat(values, 5, axis=0), np.repeat(np.arange(6), 5))
    assert again.low[0] == pytest.approx(once.low[0])
    assert again.n[0] == 30
    assert again.prompts[0] == 6
    gaps = np.array([[1.0, np.nan, np.nan], [3.0, 2.0, np.nan], [np.nan, 2.0, np.nan]])
    found = mean_interval(gaps, ["x", "y", "y"])
    assert found.status.tolist() == ["ok", "one_prompt", "no_samples"]
    assert found.mean[:2].tolist() == [2.0, 2.0]
    assert np.isnan(found.mean[2])
    assert np.isnan(found.low[1:]).all()
    assert found.low[0] < 1.0
    assert found.high[0] > 3.0


@pytest.mark.parametrize("prompts", [6, 20])
def test_paired_p_is_the_sign_flip_test(prompts):
    generator = np.random.default_rng(8)
    a, b = generator.standard_normal((prompts, 3)) + 0.4, generator.standard_normal((prompts, 3))
    found = paired_contrast(a, b, np.arange(prompts))
    expected = stats.permutation_test(
        (a - b,), np.mean, permutation_type="samples", n_resamples=9999, alternative="two-sided", rng=1
    )
    np.testing.assert_allclose(found.mean, (a - b).mean(0))
    np.testing.assert_allclose(found.p, expected.pvalue, atol=1e-12 if prompts == 6 else 0.02)


def test_paired_signs_flip_by_prompt_and_pairs_need_both_halves():
    a = np.array([[1.0], [2.0], [3.0], [np.nan]])
    found = paired_contrast(a, np.array([[0.0], [0.0], [0.0], [9.0]]), ["x", "x", "y", "z"])
    assert found.n[0] == 3
    assert found.prompts[0] == 2
    assert found.mean[0] == 2.0
    assert found.p[0] == 0.5  # two prompts: four sign patterns, two as extreme


def test_benjamini_hochberg_by_hand_and_with_gaps():
    p = np.array([[0.001, np.nan, 0.04], [0.03, 0.5, np.nan]])
    expected = np.array([[0.004, np.nan, 0.16 / 3], [0.16 / 3, 0.5, np.nan]])
    np.testing.assert_allclose(benjamini_hochberg(p), expected)
    assert np.isnan(benjamini_hochberg(np.full(3, np.nan))).all()


@given(st.lists(st.sampled_from([0.0, 1e-9, 0.001, 0.02, 0.02, 0.3, 0.9, 1.0]), min_size=1, max_size=40))
def test_benjamini_hochberg_is_that_of_scipy(p):
    np.testing.assert_allclose(benjamini_hochberg(np.array(p)), stats.false_discovery_control(p), rtol=1e-12)
