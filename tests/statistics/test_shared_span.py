"""The overlap of two kinds of change, where it was planted and where it was not."""

import numpy as np

from llmgeo.statistics.shared_span import compare_changes


def planted(share):
    """Twelve problems whose steps, and eighteen texts whose tuning, move along two directions shared or not."""
    random = np.random.default_rng(1)
    plain, base = random.normal(size=(12, 1, 50)), random.normal(size=(18, 1, 50))
    directions = np.eye(50)
    along = directions[:2], directions[:2] if share else directions[2:4]
    steps, tuned = (
        side + (10 * random.normal(size=(len(side), 1, 2)) @ of) + 0.1 * random.normal(size=side.shape)
        for side, of in zip((plain, base), along, strict=True)
    )
    return steps, plain, base, tuned, base + 0.01 * random.normal(size=base.shape)


def test_a_shared_change_is_found():
    found = compare_changes(*planted(share=True), k=2)
    assert found.value[0] > 0.99
    assert found.smallest_angle[0] < 5
    assert found.halves[0] > 0.99
    assert found.rounding[0] < 0.3
    assert found.mean_p([0]) < 0.01
    low, high = found.mean_interval([0])
    assert low < found.value[0] < high


def test_changes_along_other_directions_share_nothing():
    found = compare_changes(*planted(share=False), k=2)
    assert found.value[0] < 0.05
    assert found.smallest_angle[0] > 75


def test_no_change_has_no_span():
    steps, plain, base, _, jittered = planted(share=True)
    found = compare_changes(steps, plain, base, base, jittered, k=2, draws=9)
    assert np.isnan(found.value).all()
