"""Nothing found is no finding where so few texts could have shown none; checked on contrasts with planted effects."""

import numpy as np
import pytest

from llmgeo.report.nothing_found import nothing_found
from llmgeo.statistics import auc_contrast


def contrast_of(prompts: int, shift: float):
    """Thirty measures that differ alike between the two sides, by so many standard deviations."""
    values = np.random.default_rng(0).normal(size=(2 * prompts, 30))
    group = np.arange(2 * prompts) < prompts
    values[group] += shift
    return auc_contrast(values, group, np.arange(2 * prompts) % prompts)


def said_of(prompts: int, shift: float) -> str:
    contrast = contrast_of(prompts, shift)
    return nothing_found(zip(contrast.band_low, contrast.band_high, strict=True))


@pytest.mark.parametrize("prompts", [2, 5, 6, 8])
def test_so_few_texts_cannot_tell(prompts):
    assert said_of(prompts, 0.0).startswith("too few texts to decide: ")


def test_texts_enough_say_how_large_a_difference_there_is_at_most():
    said = said_of(200, 0.0)
    assert said.startswith("no measure separates more than ")
    assert 55 < int(said.split()[5]) < 75, "the band of 200 texts a side"


def test_a_large_difference_is_never_said_to_be_none():
    assert said_of(200, 2.5).startswith("too few texts to decide")


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.5), (0.5, 0.9)])
def test_ninety_of_a_hundred_pairs_is_a_large_difference_either_way(low, high):
    assert nothing_found([(low, high)]) == "too few texts to decide: a difference in 90 of 100 pairs is not ruled out"
    assert nothing_found([(0.101, 0.899)]) == "no measure separates more than 90 of 100 pairs at any layer"
