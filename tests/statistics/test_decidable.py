"""What so many prompts can decide, against what they do decide in simulations."""

import numpy as np
import pytest
from scipy import stats

from llmgeo.statistics import auc_contrast, paired_contrast
from llmgeo.statistics.decidable import fewest_prompts, smallest_auc, smallest_difference


@pytest.mark.parametrize("prompts", [16, 32])
@pytest.mark.parametrize("claims", [1, 5])
def test_the_smallest_effect_is_decided_in_about_four_of_five_runs(prompts, claims):
    generator = np.random.default_rng(prompts + claims)
    codes, group = np.repeat(np.arange(prompts), 2), np.tile([True, False], prompts)
    values = generator.standard_normal((2 * prompts, 300))
    values[group] += np.sqrt(2) * stats.norm.ppf(smallest_auc(prompts, claims))
    p = auc_contrast(values, group, codes, n_permutations=499).p
    assert 0.7 < np.mean(p < 0.05 / claims) < 0.95
    differences = generator.standard_normal((prompts, 300)) + smallest_difference(prompts, claims)
    p = paired_contrast(differences, np.zeros_like(differences), np.arange(prompts)).p
    assert 0.65 < np.mean(p < 0.05 / claims) < 0.9


@pytest.mark.parametrize("claims", [1, 5, 9])
def test_with_fewer_prompts_not_even_sides_that_do_not_overlap_are_decided(claims):
    def p_of(prompts):
        group = np.tile([True, False], prompts)
        return auc_contrast(group[:, None] * 1.0, group, np.repeat(np.arange(prompts), 2)).p[0]

    fewest = fewest_prompts(claims)
    assert p_of(fewest) < 0.05 / claims
    assert not p_of(fewest - 1) < 0.05 / claims
    assert smallest_auc(fewest, claims) <= 1
    assert smallest_auc(fewest - 1, claims) is None
    assert smallest_difference(fewest - 1, claims) is None
