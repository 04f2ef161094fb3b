"""Statistics against brute force, exact enumeration, scipy, closed forms, and simulated coverage."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from llmgeo.statistics import auc_contrast, benjamini_hochberg

FEW = {"n_bootstrap": 200, "n_permutations": 199}


def brute_force_auc(a, b):
    return np.mean([1.0 if x > y else 0.5 if x == y else 0.0 for x in a for y in b])


def random_table(seed=0, prompts=8, columns=5, per_prompt=3, missing=0.0, decimals=None):
    """One sample of group a and `per_prompt` - 1 of group b in every prompt."""
    generator = np.random.default_rng(seed)
    codes = np.repeat(np.arange(prompts), per_prompt)
    group = np.tile(np.arange(per_prompt) == 0, prompts)
    values = generator.standard_normal((len(codes), columns)) + group[:, None]
    values = values if decimals is None else np.round(values, decimals)
    values[generator.random(values.shape) < missing] = np.nan
    return values, group, codes


# --- the effect size


@pytest.mark.parametrize("decimals", [None, 0])
def test_auc_is_the_share_of_pairs_won_and_the_mann_whitney_statistic(decimals):
    values, group, prompts = random_table(missing=0.2, decimals=decimals, columns=20)
    found = auc_contrast(values, group, prompts, **FEW)
    for column in range(values.shape[1]):
        here = ~np.isnan(values[:, column])
        a, b = values[group & here, column], values[~group & here, column]
        assert found.auc[column] == pytest.approx(brute_force_auc(a, b), abs=1e-12)
        assert found.auc[column] == pytest.approx(stats.mannwhitneyu(a, b).statistic / (len(a) * len(b)), abs=1e-12)
        assert (found.n_a[column], found.n_b[column]) == (len(a), len(b))
        assert found.prompts_a[column] == len(set(prompts[group & here]))
        assert found.mean_a[column] == pytest.approx(a.mean())
        assert found.mean_b[column] == pytest.approx(b.mean())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_contrast_is_unchanged_by_any_increasing_map_and_mirrored_by_swapping_groups(seed):
    values, group, prompts = random_table(seed, decimals=1)
    found = auc_contrast(values, group, prompts, **FEW)
    mapped = auc_contrast(np.exp(values) * 7 + 3, group, prompts, **FEW)
    swapped = auc_contrast(values, ~group, prompts, **FEW)
    for name in ("auc", "low", "high", "p"):
        np.testing.assert_array_equal(getattr(found, name), getattr(mapped, name))
    np.testing.assert_allclose(swapped.auc, 1 - found.auc, atol=1e-12)
    np.testing.assert_allclose(swapped.low, 1 - found.high, atol=1e-6)
    np.testing.assert_allclose(swapped.high, 1 - found.low, atol=1e-6)
    np.testing.assert_array_equal(swapped.p, found.p)
    assert (found.low <= found.auc).all()
    assert (found.auc <= found.high).all()


def test_a_column_does_not_depend_on_the_columns_beside_it():
    values, group, prompts = random_table(missing=0.15, columns=12)
    together = auc_contrast(values, group, prompts, **FEW)
    for column in range(values.shape[1]):
        alone = auc_contrast(values[:, [column]], group, prompts, **FEW)
        for name in ("auc", "low", "high", "p", "n_a", "mean_b", "status"):
            assert getattr(alone, name)[0] == pytest.approx(getattr(together, name)[column], abs=1e-5), name


def test_a_missing_sample_is_as_good_as_an_absent_one():
    values, group, prompts = random_table(columns=1, prompts=16)
    values[[3, 7, 8], 0] = np.nan
    kept = ~np.isnan(values[:, 0])
    found = auc_contrast(values, group, prompts, n_bootstrap=4000)
    dropped = auc_contrast(values[kept], group[kept], prompts[kept], n_bootstrap=4000)
    assert found.auc[0] == dropped.auc[0]
    assert found.low[0] == pytest.approx(dropped.low[0], abs=0.01)
    assert found.p[0] == pytest.approx(dropped.p[0], abs=0.01)


# --- the permutation test


def exact_p(values, group, prompts):
    """Enumerates every relabelling: within mixed prompts, and of whole prompts among the others."""
    blocks = []
    mixed = [p for p in np.unique(prompts) if 0 < group[prompts == p].mean() < 1]
    for prompt in mixed:
        rows = np.flatnonzero(prompts == prompt)
        blocks.append([(rows, np.array(x)) for x in itertools.permutations(group[rows])])
    pure = [p for p in np.unique(prompts) if p not in mixed]
    labels = [bool(group[prompts == p][0]) for p in pure]
    rows = np.concatenate([np.flatnonzero(prompts == p) for p in pure]) if pure else np.array([], dtype=int)
    counts = [int((prompts == p).sum()) for p in pure]
    blocks.append([(rows, np.repeat(np.array(x, dtype=bool), counts)) for x in itertools.permutations(labels)])
    observed = abs(brute_force_auc(values[group], values[~group]) - 0.5)
    extreme = []
    for choice in itertools.product(*blocks):
        relabelled = np.zeros(len(group), dtype=bool)
        for rows, new in choice:
            relabelled[rows] = new
        shift = abs(brute_force_auc(values[relabelled], values[~relabelled]) - 0.5)
        extreme.append(shift >= observed - 1e-9)
    return np.mean(extreme)


@pytest.mark.parametrize(
    ("prompts", "group"),
    [
        ([0, 0, 1, 1, 2, 2, 3, 3], [1, 0, 1, 0, 1, 0, 0, 1]),
        ([0, 0, 0, 1, 1, 1, 2, 2], [1, 0, 0, 1, 1, 0, 0, 1]),
        ([0, 1, 1, 2, 3, 4, 4, 4, 5], [1, 1, 1, 1, 0, 0, 0, 0, 0]),
        ([0, 0, 1, 1, 2, 2, 3, 4, 4], [1, 0, 1, 0, 1, 1, 0, 0, 0]),
    ],
)
def test_permutation_p_matches_the_enumeration_of_every_relabelling(prompts, group):
    prompts, group = np.array(prompts), np.array(group, dtype=bool)
    values = np.random.default_rng(3).standard_normal((len(group), 3)) + 0.8 * group[:, None]
    values[:, 2] = np.round(values[:, 2])
    found = auc_contrast(values, group, prompts, n_bootstrap=100, n_permutations=20_000)
    for column in range(3):
        assert found.p[column] == pytest.approx(exact_p(values[:, column], group, prompts), abs=0.015)


def test_p_is_uniform_under_the_null_although_prompts_differ():
    generator = np.random.default_rng(5)
    prompts = np.repeat(np.arange(16), 4)
    group = np.tile([True, False, False, False], 16)
    group[prompts >= 10] = np.repeat([True, False, True, False, False, True], 4)
    effect = 2 * generator.standard_normal((16, 600))
    values = effect[prompts] + generator.standard_normal((64, 600))
    p = auc_contrast(values, group, prompts, n_bootstrap=10, n_permutations=399).p
    assert 0.02 < np.mean(p <= 0.05) < 0.085
    assert 0.43 < np.mean(p <= 0.5) < 0.57
    naive = stats.mannwhitneyu(values[group], values[~group]).pvalue
    assert np.mean(naive <= 0.05) > 0.12, "the simulation must be one that defeats a test on samples"


# --- the interval


def test_more_samples_of_the_same_prompts_are_no_new_evidence():
    generator = np.random.default_rng(0)
    values = generator.standard_normal((20, 30))
    group = np.arange(20) < 10
    values[group] += 0.7
    once = auc_contrast(values, group, np.arange(20), n_permutations=999)
    again = auc_contrast(np.repeat(values, 6, 0), np.repeat(group, 6), np.repeat(np.arange(20), 6), n_permutations=999)
    np.testing.assert_allclose(again.low, once.low, atol=1e-5)
    np.testing.assert_allclose(again.high, once.high, atol=1e-5)
    np.testing.assert_allclose(again.p, once.p, atol=0.06)


def hanley_mcneil(theta, m, n):
    shared = (m + n) / 2 - 1
    q1, q2 = theta / (2 - theta), 2 * theta**2 / (1 + theta)
    return (theta * (1 - theta) + shared * (q1 - theta**2) + shared * (q2 - theta**2)) / (m * n)


@pytest.mark.parametrize("prompts", [4, 12, 32])
def test_perfect_separation_gets_newcombes_interval_never_zero_width(prompts):
    values, group = np.r_[np.ones(prompts), np.zeros(2 * prompts)][:, None], np.arange(3 * prompts) < prompts
    found = auc_contrast(values, group, np.tile(np.arange(prompts), 3), n_permutations=99)
    z = stats.norm.ppf(0.975)
    low = optimize.brentq(lambda t: (1 - t) ** 2 - z**2 * hanley_mcneil(t, prompts, prompts), 0.1, 1 - 1e-9)
    assert found.auc[0] == found.high[0] == 1.0
    assert found.low[0] == pytest.approx(low, abs=1e-6)
    if prompts == 32:
        assert found.low[0] == pytest.approx(0.94, abs=0.005)


def jackknife_variance(values, group, prompts):
    labels = np.unique(prompts)
    left_out = [brute_force_auc(values[group & (prompts != p)], values[~group & (prompts != p)]) for p in labels]
    return (len(labels) - 1) * np.var(left_out)


def test_interval_has_the_width_that_a_jackknife_over_prompts_gives():
    """Away from 0 and 1 a score interval is close to ± z standard errors; the jackknife is an independent estimate."""
    generator = np.random.default_rng(2)
    prompts = np.repeat(np.arange(60), 3)
    group = np.tile([True, False, False], 60)
    for correlated in (0.0, 2.0):
        values = generator.standard_normal((180, 4)) + correlated * generator.standard_normal((60, 4))[prompts]
        found = auc_contrast(values, group, prompts, n_bootstrap=4000, n_permutations=9)
        expected = [2 * 1.96 * np.sqrt(jackknife_variance(values[:, k], group, prompts)) for k in range(4)]
        ratio = (found.high - found.low) / expected
        assert (ratio > 0.92).all()
        assert (ratio < 1.2).all()


@pytest.mark.parametrize("auc", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("shared", [0.0, 0.5])
def test_interval_covers_the_truth(auc, shared):
    """500 replications (as columns) of 14 prompts; a percentile bootstrap of 16 covers 0.83 at AUC 0.97."""
    generator = np.random.default_rng(7)
    prompts = np.repeat(np.arange(14), 3)
    group = np.tile([True, False, False], 14)
    noise = generator.standard_normal((42, 500)) * np.sqrt(1 - shared)
    values = noise + np.sqrt(shared) * generator.standard_normal((14, 500))[prompts]
    shift = np.sqrt(2) * stats.norm.ppf(auc)
    values[group] += shift
    within = 1 / 14  # the share of pairs from one prompt, which the prompt's own effect does not separate
    truth = within * stats.norm.cdf(shift / np.sqrt(2 - 2 * shared)) + (1 - within) * auc
    found = auc_contrast(values, group, prompts, n_bootstrap=300, n_permutations=9)
    covered = np.mean((found.low <= truth) & (truth <= found.high))
    assert 0.925 <= covered <= 0.998
    if auc == 0.5:
        assert (found.high - found.low).mean() < 1.25 * 2 * 1.96 * found.auc.std()


# --- what cannot be answered


def test_statuses_say_why_there_is_no_interval():
    group = np.array([True, True, False, False, False])
    prompts = np.array(["x", "x", "y", "z", "x"])
    values = np.tile(np.arange(5.0)[:, None], 3)
    values[:2, 1] = np.nan
    values[:, 2] = np.nan
    found = auc_contrast(values, group, prompts, **FEW)
    assert found.status.tolist() == ["one_prompt", "no_samples", "no_samples"]
    assert found.auc[0] == 0.0
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()
    assert np.isnan(found.auc[1:]).all()
    assert np.isnan(found.p[1:]).all()
    assert np.isfinite(found.p[0])
    assert found.n_a.tolist() == [2, 0, 0]
    assert found.n_b.tolist() == [3, 3, 0]
    alone = auc_contrast(values[:, :1], group, np.zeros(5), **FEW)
    assert alone.status[0] == "one_prompt"
    assert np.isnan(alone.p[0])


def test_equal_values_are_a_coin_toss_with_room_for_doubt():
    found = auc_contrast(np.ones((12, 2)), np.arange(12) % 2 == 0, np.arange(12) // 2, **FEW)
    assert (found.auc == 0.5).all()
    assert (found.p == 1.0).all()
    assert (found.high - found.low > 0.05).all()


def test_an_empty_table_gives_empty_answers():
    assert auc_contrast(np.empty((4, 0)), [True, False] * 2, [0, 0, 1, 1]).auc.shape == (0,)
    nothing = auc_contrast(np.empty((0, 3)), np.empty(0, dtype=bool), np.empty(0))
    assert nothing.status.tolist() == ["no_samples"] * 3


def test_shapes_that_do_not_fit_are_refused():
    values, group, prompts = random_table()
    with pytest.raises(ValueError, match="prompts"):
        auc_contrast(values, group, prompts[:-1])
    with pytest.raises(ValueError, match="group"):
        auc_contrast(values, group[:-1], prompts)
    with pytest.raises(ValueError, match="values"):
        auc_contrast(values[:, 0], group, prompts)
    with pytest.raises(ValueError, match="confidence"):
        auc_contrast(values, group, prompts, confidence=95)


# --- many tests at once


def test_benjamini_hochberg_by_hand_and_with_gaps():
    p = np.array([[0.001, np.nan, 0.04], [0.03, 0.5, np.nan]])
    expected = np.array([[0.004, np.nan, 0.16 / 3], [0.16 / 3, 0.5, np.nan]])
    np.testing.assert_allclose(benjamini_hochberg(p), expected)
    assert np.isnan(benjamini_hochberg(np.full(3, np.nan))).all()


@given(st.lists(st.sampled_from([0.0, 1e-9, 0.001, 0.02, 0.02, 0.3, 0.9, 1.0]), min_size=1, max_size=40))
def test_benjamini_hochberg_is_that_of_scipy(p):
    np.testing.assert_allclose(benjamini_hochberg(np.array(p)), stats.false_discovery_control(p), rtol=1e-12)
