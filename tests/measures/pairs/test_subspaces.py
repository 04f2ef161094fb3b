"""Principal angles: against scipy, closed forms and a rotation of the space."""

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from llmgeo.measures.pairs.subspaces import directions, mean_squared_cosine, principal_cosines, smallest_angle


def cosines_of(a, b, k):
    """Of the spans of the rows of two sets of points."""
    points = np.concatenate([a, b])
    rows = np.eye(len(points))
    return principal_cosines(points @ points.T, rows[: len(a)], rows[len(a) :], k)


def test_cosines_are_those_of_scipys_angles():
    a, b = np.random.default_rng(0).normal(size=(2, 5, 40))
    expected = np.cos(subspace_angles(a.T, b.T))
    np.testing.assert_allclose(np.sort(cosines_of(a, b, 5)), np.sort(expected), atol=1e-9)


@pytest.mark.parametrize("degrees", [0.0, 17.0, 45.0, 90.0])
def test_two_planes_that_share_a_line_and_meet_at_an_angle(degrees):
    """span(e1, e2) and span(e1, cos t e2 + sin t e3): angles 0 and t."""
    angle = np.radians(degrees)
    a = np.eye(3)[:2]
    b = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(angle), np.sin(angle)]])
    cosines = cosines_of(a, b, 2)
    np.testing.assert_allclose(cosines, [1.0, np.cos(angle)], atol=1e-12)
    assert mean_squared_cosine(cosines) == pytest.approx((1 + np.cos(angle) ** 2) / 2)
    assert smallest_angle(cosines) == pytest.approx(0.0, abs=1e-5)


def test_lines_enclose_their_angle():
    assert smallest_angle(cosines_of(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]]), 1)) == pytest.approx(45.0)


def test_unrelated_spans_share_k_of_the_width():
    random = np.random.default_rng(0)
    overlaps = [mean_squared_cosine(cosines_of(*random.normal(size=(2, 4, 20)), 4)) for _ in range(400)]
    assert np.mean(overlaps) == pytest.approx(4 / 20, rel=0.03)


def test_rotation_and_size_change_nothing():
    random = np.random.default_rng(1)
    a, b = random.normal(size=(2, 6, 10))
    turn = np.linalg.qr(random.normal(size=(10, 10)))[0]
    np.testing.assert_allclose(cosines_of(3 * a @ turn, 0.1 * b @ turn, 3), cosines_of(a, b, 3), atol=1e-9)


def test_a_span_that_is_too_thin_has_no_angles():
    line = np.outer(np.arange(1.0, 4.0), np.ones(5))
    assert np.isnan(cosines_of(line, np.eye(5), 2)).all()
    assert np.isnan(directions(np.eye(2), np.eye(2), 3)).all()
