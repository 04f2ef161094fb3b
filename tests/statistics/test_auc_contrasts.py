"""AUC contrasts: against brute force, exact enumeration, scipy, a jackknife, closed forms, and simulated coverage."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from llmgeo.statistics import auc, auc_contrast, benjamini_hochberg
from llmgeo.statistics.clustered_auc import clustered_auc
from llmgeo.statistics.relabelling import Relabellings, permutation_test

FEW = {"n_permutations": 199}
NUMBERS = ("auc", "low", "high", "p")


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
    contrast = auc_contrast(values, group, prompts, **FEW)
    for column in range(values.shape[1]):
        here = ~np.isnan(values[:, column])
        a, b = values[group & here, column], values[~group & here, column]
        assert contrast.auc[column] == pytest.approx(brute_force_auc(a, b), abs=1e-12)
        assert auc(a, b) == pytest.approx(brute_force_auc(a, b), abs=1e-12)
        assert contrast.auc[column] == pytest.approx(stats.mannwhitneyu(a, b).statistic / (len(a) * len(b)), abs=1e-12)
        assert (contrast.n_a[column], contrast.n_b[column]) == (len(a), len(b))
        assert contrast.prompts_a[column] == len(set(prompts[group & here]))
        assert contrast.mean_a[column] == pytest.approx(a.mean())
        assert contrast.mean_b[column] == pytest.approx(b.mean())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_contrast_is_unchanged_by_any_increasing_map_and_mirrored_by_swapping_groups(seed):
    values, group, prompts = random_table(seed, decimals=1)
    contrast = auc_contrast(values, group, prompts, **FEW)
    mapped = auc_contrast(np.exp(values) * 7 + 3, group, prompts, **FEW)
    swapped = auc_contrast(values, ~group, prompts, **FEW)
    for name in NUMBERS:
        np.testing.assert_array_equal(getattr(contrast, name), getattr(mapped, name))
    np.testing.assert_allclose(swapped.auc, 1 - contrast.auc, atol=1e-12)
    np.testing.assert_allclose(swapped.low, 1 - contrast.high, atol=1e-6)
    np.testing.assert_allclose(swapped.high, 1 - contrast.low, atol=1e-6)
    assert (contrast.low <= contrast.auc).all()
    assert (contrast.auc <= contrast.high).all()


def test_a_column_does_not_depend_on_the_columns_beside_it():
    values, group, prompts = random_table(missing=0.15, columns=12)
    together = auc_contrast(values, group, prompts, **FEW)
    for column in range(values.shape[1]):
        alone = auc_contrast(values[:, [column]], group, prompts, **FEW)
        for name in (*NUMBERS, "n_a", "mean_b"):
            expected = pytest.approx(getattr(together, name)[column], abs=1e-9, nan_ok=True)
            assert getattr(alone, name)[0] == expected, name


def test_a_missing_sample_is_as_good_as_an_absent_one():
    values, group, prompts = random_table(columns=1, prompts=16)
    values[[3, 7, 8], 0] = np.nan
    kept = ~np.isnan(values[:, 0])
    contrast, dropped = auc_contrast(values, group, prompts), auc_contrast(values[kept], group[kept], prompts[kept])
    assert (contrast.auc[0], contrast.low[0]) == (dropped.auc[0], dropped.low[0])
    assert contrast.p[0] == pytest.approx(dropped.p[0], abs=0.01)


# --- the variance


@pytest.mark.parametrize("correlated", [0.0, 2.0])
def test_variance_of_independent_samples_is_delongs_and_of_clusters_near_a_jackknifes(correlated):
    generator = np.random.default_rng(2)
    prompts, group = np.repeat(np.arange(60), 3), np.tile([True, False, False], 60)
    values = generator.standard_normal((180, 1)) + correlated * generator.standard_normal((60, 1))[prompts]
    left_out = [
        brute_force_auc(values[group & (prompts != p), 0], values[~group & (prompts != p), 0]) for p in range(60)
    ]
    clustered = clustered_auc(values, group, prompts)
    assert clustered.variance[0] == pytest.approx(59 * np.var(left_out), rel=0.05)
    # DeLong, DeLong & Clarke-Pearson 1988: every sample a prompt of its own.
    a, b = values[group, 0], values[~group, 0]
    wins = (a[:, None] > b).astype(float)
    delong = wins.mean(1).var(ddof=1) / len(a) + wins.mean(0).var(ddof=1) / len(b)
    assert clustered_auc(values, group, np.arange(180)).variance[0] == pytest.approx(delong, rel=1e-12)


def test_every_prompts_influence_sums_to_nothing_and_degrees_of_freedom_are_those_of_known_designs():
    values, group, prompts = random_table(prompts=9)
    paired = clustered_auc(values, group, prompts)
    np.testing.assert_allclose(paired.influence.sum(0), 0, atol=1e-12)
    np.testing.assert_allclose(paired.degrees_of_freedom, 8)
    independent = clustered_auc(values, group, np.arange(27))
    a, b = values[group, 0], values[~group, 0]
    welch = stats.ttest_ind(
        (a[:, None] > b).mean(1), (a[:, None] > b).mean(0) * 1.0, equal_var=False
    ).df  # of the placements of both sides, as Brunner & Munzel's test has them
    assert independent.degrees_of_freedom[0] == pytest.approx(welch, rel=0.08)


# --- the test


def studentised(values, group, prompts):
    """The statistic by definition: Obuchowski's variance, and a fiftieth of the smallest step."""
    wins = np.array([[brute_force_auc([x], [y]) for y in values[~group]] for x in values[group]])
    area = wins.mean()
    of_a = np.array([(wins.mean(1) - area)[prompts[group] == p].sum() / group.sum() for p in np.unique(prompts)])
    of_b = np.array([(wins.mean(0) - area)[prompts[~group] == p].sum() / (~group).sum() for p in np.unique(prompts)])
    counts = len(set(prompts[group])), len(set(prompts[~group])), len(set(prompts))
    factors = [count / (count - 1) for count in counts]
    variance = factors[0] * of_a @ of_a + factors[1] * of_b @ of_b + 2 * factors[2] * of_a @ of_b
    return (area - 0.5) / np.sqrt(max(variance, 0) + 0.02 / min(counts[:2]) ** 2)


def every_relabelling(group, prompts):
    """Within mixed prompts, of whole sides where they are of one size, and of whole prompts among the others."""
    mixed = [p for p in np.unique(prompts) if 0 < group[prompts == p].mean() < 1]
    blocks = []
    for prompt in mixed:
        labels = group[prompts == prompt]
        choices = set(itertools.permutations(labels))
        if labels.mean() == 0.5:  # whole sides trade places
            choices = {tuple(labels), tuple(~labels)}
        blocks.append([(np.flatnonzero(prompts == prompt), np.array(x)) for x in choices])
    pure = [p for p in np.unique(prompts) if p not in mixed]
    labels = [bool(group[prompts == p][0]) for p in pure]
    rows = np.concatenate([np.flatnonzero(prompts == p) for p in pure]) if pure else np.array([], dtype=int)
    counts = [int((prompts == p).sum()) for p in pure]
    handed_out = sorted(set(itertools.permutations(labels)))
    blocks.append([(rows, np.repeat(np.array(x, dtype=bool), counts)) for x in handed_out])
    for choice in itertools.product(*blocks):
        relabelled = np.zeros(len(group), dtype=bool)
        for rows_, new in choice:
            relabelled[rows_] = new
        yield relabelled


TWOS = ([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5], [1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1])
PAIRED = ([0, 0, 1, 1, 2, 2, 3, 3, 4, 4], [1, 0, 1, 0, 1, 0, 0, 1, 1, 0])
UNEQUAL = ([0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4], [1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1])


@pytest.mark.parametrize(("prompts", "group"), [PAIRED, TWOS, UNEQUAL])
def test_p_is_that_of_the_enumeration_of_every_relabelling(prompts, group):
    prompts, group = np.array(prompts), np.array(group, dtype=bool)
    values = np.random.default_rng(3).standard_normal((len(group), 3)) + 0.8 * group[:, None]
    values[:, 2] = np.round(values[:, 2])
    p, _ = permutation_test(values, group, prompts, Relabellings(group, prompts), np.arange(len(group)))
    for column in range(3):
        observed = abs(studentised(values[:, column], group, prompts))
        others = [abs(studentised(values[:, column], x, prompts)) for x in every_relabelling(group, prompts)]
        assert p[column] == pytest.approx(np.mean(np.array(others) >= observed * (1 - 1e-6)), abs=1e-12)
    assert (auc_contrast(values, group, prompts).p >= p).all()


@pytest.mark.parametrize(
    ("prompts", "group"),
    [PAIRED, TWOS, UNEQUAL, ([0, 1, 1, 2, 3, 4, 4, 4, 5], [1, 1, 1, 1, 0, 0, 0, 0, 0]), ([0, 0, 1, 2], [1, 0, 1, 0])],
)
def test_relabellings_are_all_there_are_each_as_often(prompts, group):
    prompts, group = np.array(prompts), np.array(group, dtype=bool)
    expected = {tuple(x) for x in every_relabelling(group, prompts)}
    every, number = Relabellings(group, prompts).of(np.arange(len(group)))
    assert number == len(expected) == every.shape[1]
    assert {tuple(column) for column in every.T} == expected
    drawn, number = Relabellings(group, prompts, draws=number - 1).of(np.arange(len(group)))
    assert drawn.shape[1] == number - 1
    assert {tuple(column) for column in drawn.T} <= expected


def test_whole_prompts_that_trade_sides_get_the_larger_of_two_p():
    """Brunner & Munzel's test, which scipy has for independent samples, bounds the permutation's from below."""
    generator = np.random.default_rng(4)
    values = generator.standard_normal((24, 40))
    group = np.arange(24) < 10
    values[group] += 0.8
    contrast = auc_contrast(values, group, np.arange(24))
    scipys = stats.brunnermunzel(values[group], values[~group]).pvalue
    assert (contrast.p >= scipys * 0.9).all()
    assert np.median(contrast.p / scipys) < 1.6


def test_p_of_hundreds_of_prompts_is_brunner_and_munzels():
    generator = np.random.default_rng(4)
    values = generator.standard_normal((500, 6))
    group = np.arange(500) < 200
    values[group] += 0.2
    contrast = auc_contrast(values, group, np.arange(500))
    np.testing.assert_allclose(
        contrast.p, stats.brunnermunzel(values[group], values[~group]).pvalue, rtol=0.01, atol=1e-6
    )


@pytest.mark.parametrize("kind", ["unequal numbers", "side effects of prompts", "unequal spreads"])
def test_p_holds_its_level_where_a_permutation_of_the_auc_does_not(kind):
    """Without any difference p <= .05 in one of twenty; permuting the plain AUC finds one in up to 27 of a hundred."""
    generator = np.random.default_rng(5)
    of_b = 1 if kind == "side effects of prompts" else 3
    sides = np.array([True, True, True, *[False] * 3]) if of_b == 1 else np.array([True, False, False, False])
    prompts, group = np.repeat(np.arange(16), len(sides)), np.tile(sides, 16)
    values = generator.standard_normal((len(group), 600))
    if kind == "side effects of prompts":
        values += np.where(group, 1, -1)[:, None] * generator.standard_normal((16, 600))[prompts]
    elif kind == "unequal spreads":
        values[group] *= 3
    else:
        values += 2 * generator.standard_normal((16, 600))[prompts]
    p = auc_contrast(values, group, prompts, n_permutations=299).p
    assert 0.025 < np.mean(p <= 0.05) < 0.075
    assert 0.4 < np.mean(p <= 0.5) < 0.6


def test_small_p_come_from_the_tail_and_are_near_the_exact_ones():
    """13 pairs have 8,192 relabellings: all of them against 1,999 at random with a fitted tail."""
    generator = np.random.default_rng(6)
    group, prompts = np.tile([True, False], 13), np.repeat(np.arange(13), 2)
    values = generator.standard_normal((26, 60)) + group[:, None] * np.linspace(0.8, 2.5, 60)
    exact = auc_contrast(values, group, prompts, n_permutations=8192).p
    fitted = auc_contrast(values, group, prompts).p
    assert (exact >= 2 / 8192 - 1e-12).all()
    assert (fitted >= 2 / 8192 - 1e-12).all()
    small = exact < 1e-2
    assert small.sum() > 20
    assert np.abs(np.log10(fitted[small] / exact[small])).max() < 0.8
    assert abs(np.log10(fitted[small] / exact[small]).mean()) < 0.2


# --- the interval


def test_more_samples_of_the_same_prompts_are_no_new_evidence():
    generator = np.random.default_rng(0)
    values = generator.standard_normal((20, 30))
    group = np.arange(20) < 10
    values[group] += 0.7
    once = auc_contrast(values, group, np.arange(20))
    again = auc_contrast(np.repeat(values, 6, 0), np.repeat(group, 6), np.repeat(np.arange(20), 6))
    np.testing.assert_allclose(again.low, once.low, atol=1e-9)
    np.testing.assert_allclose(again.high, once.high, atol=1e-9)
    np.testing.assert_allclose(again.p, once.p, atol=0.06)


def hanley_mcneil(theta, m, n):
    shared = (m + n) / 2 - 1
    q1, q2 = theta / (2 - theta), 2 * theta**2 / (1 + theta)
    return (theta * (1 - theta) + shared * (q1 - theta**2) + shared * (q2 - theta**2)) / (m * n)


@pytest.mark.parametrize("prompts", [5, 12, 32])
def test_perfect_separation_gets_newcombes_interval_never_zero_width(prompts):
    values, group = np.r_[np.ones(prompts), np.zeros(2 * prompts)][:, None], np.arange(3 * prompts) < prompts
    contrast = auc_contrast(values, group, np.tile(np.arange(prompts), 3), n_permutations=99)
    z = stats.norm.ppf(0.975)
    low = optimize.brentq(lambda t: (1 - t) ** 2 - z**2 * hanley_mcneil(t, prompts, prompts), 0.1, 1 - 1e-9)
    assert contrast.auc[0] == contrast.high[0] == 1.0
    assert contrast.low[0] == pytest.approx(low, abs=1e-6)
    if prompts == 32:
        assert contrast.low[0] == pytest.approx(0.94, abs=0.005)


@pytest.mark.parametrize("area", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("shared", [0.0, 0.5])
def test_interval_covers_the_truth(area, shared):
    """500 replications (as columns) of 14 prompts; a percentile bootstrap of 16 covers 0.83 at AUC 0.97."""
    generator = np.random.default_rng(7)
    prompts = np.repeat(np.arange(14), 3)
    group = np.tile([True, False, False], 14)
    noise = generator.standard_normal((42, 500)) * np.sqrt(1 - shared)
    values = noise + np.sqrt(shared) * generator.standard_normal((14, 500))[prompts]
    shift = np.sqrt(2) * stats.norm.ppf(area)
    values[group] += shift
    within = 1 / 14  # the share of pairs from one prompt, which the prompt's own effect does not separate
    truth = within * stats.norm.cdf(shift / np.sqrt(2 - 2 * shared)) + (1 - within) * area
    contrast = auc_contrast(values, group, prompts, n_permutations=9)
    covered = np.mean((contrast.low <= truth) & (truth <= contrast.high))
    assert 0.925 <= covered <= 0.998
    if area == 0.5:
        assert (contrast.high - contrast.low).mean() < 1.25 * 2 * 1.96 * contrast.auc.std()


def test_bands_hold_for_all_columns_at_once():
    """Of 120 contrasts of 25 unrelated columns, all intervals hold in 28 % (.95^25); all bands in 95 % or more."""
    generator = np.random.default_rng(8)
    group, prompts = np.tile([True, False], 20), np.repeat(np.arange(20), 2)
    held = {"alone": 0, "band": 0}
    for _ in range(120):
        contrast = auc_contrast(generator.standard_normal((40, 25)), group, prompts, n_permutations=1)
        held["alone"] += bool(((contrast.low <= 0.5) & (contrast.high >= 0.5)).all())
        held["band"] += bool(((contrast.band_low <= 0.5) & (contrast.band_high >= 0.5)).all())
    assert held["alone"] < 0.6 * 120
    assert held["band"] > 0.92 * 120
    one = auc_contrast(generator.standard_normal((40, 1)), group, prompts, n_permutations=1)
    assert (one.low[0], one.high[0]) == (one.band_low[0], one.band_high[0])


# --- beside baselines


def simulated_gain(areas, count, prompts, seed, correlation=0.5):
    """`count` runs of a measure and baselines with these true AUCs: gains, and the truth."""
    generator = np.random.default_rng(seed)
    group, codes = np.tile([True, False], prompts), np.repeat(np.arange(prompts), 2)
    for _ in range(count):
        shared = generator.standard_normal((2 * prompts, 1))
        values = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * generator.standard_normal(
            (2 * prompts, len(areas))
        )
        values[group] += np.sqrt(2) * stats.norm.ppf(areas)
        yield auc_contrast(values[:, :1], group, codes, baselines=values[:, 1:], n_permutations=1)


@pytest.mark.parametrize("prompts", [8, 32])
def test_a_gain_is_claimed_in_a_fortieth_of_runs_where_there_is_none(prompts):
    runs = list(simulated_gain([0.8, 0.8, 0.8, 0.8], 100, prompts, seed=9))
    assert np.mean([run.gain_low[0] > 0 for run in runs]) <= 0.04
    assert np.mean([run.gain_low[0] <= 0 <= run.gain_high[0] for run in runs]) >= 0.93
    lone = list(simulated_gain([0.8, 0.8], 100, prompts, seed=10))
    assert np.mean([run.gain_low[0] > 0 for run in lone]) <= 0.045


def test_a_gain_that_is_there_is_seen_and_its_interval_covers_it():
    runs = list(simulated_gain([0.95, 0.75, 0.75, 0.75], 100, 32, seed=11))
    assert np.mean([run.gain_low[0] > 0 for run in runs]) > 0.75
    assert np.mean([run.gain_low[0] <= 0.2 <= run.gain_high[0] for run in runs]) >= 0.93


def test_a_gain_does_not_depend_on_which_way_a_number_points():
    generator = np.random.default_rng(12)
    group, prompts = np.tile([True, False], 12), np.repeat(np.arange(12), 2)
    values = generator.standard_normal((24, 3)) + group[:, None] * [1.5, 1.0, 0.5]
    plain = auc_contrast(values[:, :1], group, prompts, baselines=values[:, 1:])
    turned = auc_contrast(-values[:, :1], group, prompts, baselines=values[:, 1:] * [1.0, -1.0])
    for name in ("gain", "gain_low", "gain_high", "best_gain_low"):
        np.testing.assert_allclose(getattr(plain, name), getattr(turned, name), atol=1e-9)
    assert plain.baseline[0] == turned.baseline[0]


def test_the_best_of_many_columns_wins_against_baselines_as_good_in_a_fortieth_of_runs():
    """The best of 40 columns against the best of 3 baselines, all truly .80: a look at the two numbers says 100 %."""
    generator = np.random.default_rng(13)
    group, prompts = np.tile([True, False], 32), np.repeat(np.arange(32), 2)
    wins = glances = 0
    for _ in range(40):
        values = generator.standard_normal((64, 43)) + group[:, None] * np.sqrt(2) * stats.norm.ppf(0.8)
        contrast = auc_contrast(values[:, :40], group, prompts, baselines=values[:, 40:], n_permutations=1)
        wins += bool((contrast.best_gain_low > 0).any())
        glances += bool((contrast.gain > 0).any())
    assert glances >= 33
    assert wins <= 3


def test_a_baseline_is_compared_on_the_samples_of_the_column():
    values, group, prompts = random_table(prompts=10, columns=2)
    values[[0, 4, 5], 0] = np.nan
    kept = ~np.isnan(values[:, 0])
    contrast = auc_contrast(values[:, :1], group, prompts, baselines=values[:, 1:])
    assert contrast.baseline_auc[0] == pytest.approx(auc(values[kept & group, 1], values[kept & ~group, 1]), abs=1e-12)
    missing = auc_contrast(values[:, 1:], group, prompts, baselines=values[:, :1])
    assert missing.baseline[0] == -1
    assert np.isnan(missing.gain_low[0])


# --- what cannot be answered


def test_statuses_say_why_there_is_no_p():
    group = np.array([True, True, False, False, False])
    prompts = np.array(["x", "x", "y", "z", "x"])
    values = np.tile(np.arange(5.0)[:, None], 3)
    values[:2, 1] = np.nan
    values[:, 2] = np.nan
    contrast = auc_contrast(values, group, prompts, **FEW)
    assert contrast.status.tolist() == ["few_prompts", "no_samples", "no_samples"]
    assert contrast.auc[0] == 0.0
    for numbers in (contrast.low, contrast.high, contrast.auc[1:], contrast.p):
        assert np.isnan(numbers).all()
    assert contrast.n_a.tolist() == [2, 0, 0]
    assert contrast.n_b.tolist() == [3, 3, 0]
    four, five = (auc_contrast(np.arange(2.0 * n)[:, None], np.arange(2 * n) < n, np.arange(2 * n)) for n in (4, 5))
    assert (four.status[0], five.status[0]) == ("few_prompts", "ok")
    assert np.isnan(four.p[0])
    assert five.p[0] == pytest.approx(2 / 252)


def test_a_few_wide_prompts_against_many_are_not_tested():
    generator = np.random.default_rng(14)
    group = np.arange(32) < 5
    values = generator.standard_normal((32, 200)) * np.where(group, 6, 1)[:, None]
    contrast = auc_contrast(values, group, np.arange(32), n_permutations=199)
    refused = contrast.status == "unequal_spreads"
    assert 0.8 < refused.mean() < 1
    assert np.isnan(contrast.p[refused]).all()
    assert np.isfinite(contrast.low).all()
    assert np.mean(contrast.p <= 0.05) < 0.1
    alike = auc_contrast(generator.standard_normal((32, 200)), group, np.arange(32), n_permutations=199)
    assert (alike.status == "unequal_spreads").mean() < 0.15


def test_equal_values_are_a_coin_toss_with_room_for_doubt():
    contrast = auc_contrast(np.ones((12, 2)), np.arange(12) % 2 == 0, np.arange(12) // 2, **FEW)
    assert (contrast.auc == 0.5).all()
    assert (contrast.p == 1.0).all()
    assert (contrast.high - contrast.low > 0.05).all()


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
    with pytest.raises(ValueError, match="baselines"):
        auc_contrast(values, group, prompts, baselines=values[1:])


def test_one_effect_among_hundreds_of_tests_is_found():
    """With p no smaller than one over the draws, 800 tests could not give a q below 0.08."""
    generator = np.random.default_rng(15)
    group, prompts = np.tile([True, False], 32), np.repeat(np.arange(32), 2)
    values = generator.standard_normal((64, 800))
    values[group, 0] += 2.0
    q = benjamini_hochberg(auc_contrast(values, group, prompts).p)
    assert q[0] < 0.01
    assert np.sum(q < 0.05) < 5


@pytest.mark.parametrize("group", [["a", "b"] * 5, [0, 1, 2, 1, 0] * 2, [1.0, np.nan] * 5, [None, True] * 5])
def test_a_group_is_true_or_false(group):
    """Everything else would count as true, and two groups as one."""
    with pytest.raises(ValueError, match="True for a and False for b"):
        auc_contrast(np.ones((10, 1)), group, np.arange(10))


def test_a_group_of_ones_and_zeros_is_one_of_true_and_false():
    values, group = np.arange(10.0)[:, None], np.arange(10) % 2 == 0
    expected = auc_contrast(values, group, np.arange(10)).p
    for same in (group.astype(int), group.astype(float), group.astype(object)):
        assert np.array_equal(auc_contrast(values, same, np.arange(10)).p, expected)
    with pytest.raises(ValueError, match="n_permutations must be a whole number"):
        auc_contrast(values, group, np.arange(10), n_permutations=0)
