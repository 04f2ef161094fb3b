"""Partial rank correlations within groups, against scipy's and against regressions written out here."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, spearmanr

from llmgeo.statistics.partial_rank import partial_rank

ONE_GROUP = np.zeros(30)
PROMPTS = np.arange(30)


def drawn(seed, count=30, columns=3):
    return np.random.default_rng(seed).normal(size=(columns, count))


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_in_one_group_it_is_spearmans(seed):
    x, y, _ = drawn(seed)
    y = y + x
    found = partial_rank(x, y, ONE_GROUP, PROMPTS, n_permutations=99, n_bootstrap=99)
    assert found.rho == pytest.approx(spearmanr(x, y).statistic)


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_with_one_number_held_it_is_the_formulas(seed):
    x, y, z = drawn(seed)
    x, y = x + z, y - z
    xy, xz, yz = (spearmanr(a, b).statistic for a, b in ((x, y), (x, z), (y, z)))
    expected = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
    found = partial_rank(x, y, ONE_GROUP, PROMPTS, z, n_permutations=99, n_bootstrap=99)
    assert found.rho == pytest.approx(expected)


def test_what_distinguishes_groups_is_held():
    """Between groups x and y rise together; within each they fall."""
    random = np.random.default_rng(0)
    groups, prompts = np.repeat(["a", "b", "c"], 20), np.tile(np.arange(20), 3)
    x = random.normal(size=60)
    y = -x + 0.1 * random.normal(size=60)
    shift = np.repeat([0.0, 10.0, 20.0], 20)
    assert spearmanr(x + shift, y + shift).statistic > 0.5
    assert partial_rank(x + shift, y + shift, groups, prompts).rho < -0.9


def test_the_permutation_p_is_scipys():
    x, y, _ = drawn(1)
    y = y + 0.3 * x
    found = partial_rank(x, y, ONE_GROUP, PROMPTS, n_permutations=9999)
    assert found.p == pytest.approx(spearmanr(x, y).pvalue, abs=0.02)
    assert found.low < found.rho < found.high


def test_only_ranks_count_and_a_sign_turns():
    x, y, z = drawn(2)
    options = {"n_permutations": 199, "n_bootstrap": 199}
    one = partial_rank(x, y, ONE_GROUP, PROMPTS, z, **options)
    other = partial_rank(np.exp(x), -(y**3), ONE_GROUP, PROMPTS, rankdata(z), **options)
    assert other.rho == pytest.approx(-one.rho)
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low))


def test_what_is_missing_is_left_out_and_what_cannot_be_told_says_why():
    x, y, _ = drawn(3)
    x[:3] = np.nan
    found = partial_rank(x, y, ONE_GROUP, PROMPTS)
    assert (found.n, found.prompts, found.status) == (27, 27, "ok")
    assert found.rho == pytest.approx(spearmanr(x[3:], y[3:]).statistic)
    assert partial_rank(x[:9], y[:9], ONE_GROUP[:9], PROMPTS[:9]).status == "few_for_ranks"
    assert partial_rank(x[:3], y[:3], ONE_GROUP[:3], PROMPTS[:3]).status == "no_samples"
    assert partial_rank(np.ones(30), y, ONE_GROUP, PROMPTS).status == "constant"
    with pytest.raises(ValueError, match="two texts in one group"):
        partial_rank(y, y, ONE_GROUP, np.zeros(30))
    with pytest.raises(ValueError, match=r"must be \[n\]"):
        partial_rank(y, y[:5], ONE_GROUP, PROMPTS)


def test_a_prompt_may_lack_a_text_in_a_group():
    random = np.random.default_rng(5)
    groups, prompts = np.repeat(["a", "b"], 20), np.tile(np.arange(20), 2)
    x = random.normal(size=40)
    y = x + 0.1 * random.normal(size=40)
    kept = np.arange(40) != 33
    found = partial_rank(x[kept], y[kept], groups[kept], prompts[kept])
    within = [
        rankdata(values[rows]) / rows.sum()
        for values in (x, y)
        for rows in (kept & (groups == "a"), kept & (groups == "b"))
    ]
    centred = [ranks - ranks.mean() for ranks in within]
    expected = sum(a @ b for a, b in zip(centred[:2], centred[2:], strict=True))
    expected /= np.sqrt(sum(a @ a for a in centred[:2]) * sum(b @ b for b in centred[2:]))
    assert found.rho == pytest.approx(expected)
    assert (found.n, found.status) == (39, "ok")
    assert found.p < 0.01
