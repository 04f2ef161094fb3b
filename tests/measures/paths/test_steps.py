"""Shape of a path, against curves whose answer is known and against what must not change it."""

import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from llmgeo.errors import MeasureError
from llmgeo.measures.paths.steps import (
    BLOCK_ELEMENTS,
    StatePath,
    jumps,
    length_to_chord,
    menger_curvature,
    step_length,
    turning_angle,
)

MEASURES = (step_length, turning_angle, menger_curvature, length_to_chord, jumps)


def walk(seed=0, steps=40, dimension=8, batch=()):
    return np.random.default_rng(seed).normal(size=(*batch, steps + 1, dimension)).cumsum(-2)


def rotation(dimension, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(dimension, dimension)))[0]


# --- closed forms -----------------------------------------------------------------------------------------------------


def test_a_straight_line_does_not_turn():
    line = np.linspace(0, 1, 30)[:, None] * np.arange(1, 6) + 3
    np.testing.assert_allclose(turning_angle(line), 0, atol=1e-5)
    np.testing.assert_allclose(menger_curvature(line), 0, atol=1e-5)
    assert length_to_chord(line) == pytest.approx(1)
    assert not jumps(line).any()
    assert not jumps(line, rule="mad").any()


@pytest.mark.parametrize("radius", [1e-3, 1, 250])
def test_a_circle_has_the_curvature_of_its_radius(radius):
    angle = np.linspace(0, 5, 60)
    circle = radius * np.stack([np.cos(angle), np.sin(angle), np.zeros(60)], -1)
    np.testing.assert_allclose(menger_curvature(circle), 1 / radius, rtol=1e-9)
    np.testing.assert_allclose(turning_angle(circle), np.degrees(5 / 59), rtol=1e-9)
    np.testing.assert_allclose(step_length(circle), 2 * radius * np.sin(5 / 118), rtol=1e-12)


def test_a_helix_has_its_curvature():
    turn = np.arange(0, 1, 1e-3)
    helix = np.stack([3 * np.cos(turn), 3 * np.sin(turn), 4 * turn], -1)
    np.testing.assert_allclose(menger_curvature(helix), 3 / 25, rtol=1e-6)  # r/(r² + c²), up to the square of the step


def test_menger_curvature_is_four_areas_over_three_sides():
    """Against the area by the cross product, not by the formula that is used."""
    points = np.random.default_rng(1).normal(size=(50, 3))
    before, after, chord = points[1:-1] - points[:-2], points[2:] - points[1:-1], points[2:] - points[:-2]
    sides = np.prod([np.linalg.norm(side, axis=-1) for side in (before, after, chord)], axis=0)
    expected = 2 * np.linalg.norm(np.cross(before, after), axis=-1) / sides
    np.testing.assert_allclose(menger_curvature(points), expected, rtol=1e-12)


def test_menger_curvature_survives_nearly_straight_float32_points():
    angle = 1e-3 * np.arange(100)
    circle = (1000 * np.stack([np.cos(angle), np.sin(angle)], -1)).astype(np.float32)
    exact = menger_curvature(circle.astype(np.float64))
    np.testing.assert_allclose(menger_curvature(circle), exact, rtol=1e-9)


def test_nulls_of_the_turning_angle():
    points = np.random.default_rng(0).normal(size=(4, 400, 768))
    assert turning_angle(points).mean() == pytest.approx(120, abs=0.3)
    assert turning_angle(points.cumsum(-2)).mean() == pytest.approx(90, abs=0.3)


def test_a_loop_of_two_turns_back_and_one_of_eight_looks_like_noise():
    states = np.random.default_rng(0).normal(size=(8, 200))
    np.testing.assert_allclose(turning_angle(np.tile(states[:2], (20, 1))), 180, atol=1e-5)
    assert turning_angle(np.tile(states, (20, 1))).mean() == pytest.approx(120, abs=4)


def test_a_random_walk_gets_as_far_as_the_square_root_of_its_steps():
    ratio = length_to_chord(walk(steps=12, dimension=768, batch=(200,)))
    assert ratio.shape == (200,)
    assert ratio.mean() == pytest.approx(np.sqrt(12), rel=0.01)


@pytest.mark.parametrize("rule", ["mean+2sd", "mad"])
def test_jumps_are_found_where_they_were_planted(rule):
    steps = np.random.default_rng(0).normal(size=(3, 100, 32))
    steps[:, [20, 70]] *= 12
    path = np.concatenate([np.zeros((3, 1, 32)), steps.cumsum(1)], axis=1)
    found = jumps(path, rule=rule)
    assert found.dtype == bool
    assert [row.nonzero()[0].tolist() for row in found] == [[20, 70]] * 3


def test_jump_rules_follow_their_definitions():
    path = np.random.default_rng(3).standard_t(2, size=(6, 80, 4)).cumsum(1)
    steps = np.linalg.norm(np.diff(path, axis=1), axis=-1)
    bar = steps.mean(1, keepdims=True) + 2 * steps.std(1, ddof=1, keepdims=True)
    np.testing.assert_array_equal(jumps(path), steps > bar)
    logs = np.log(steps)
    away = logs - np.median(logs, axis=1, keepdims=True)
    z = away / (1.4826 * np.median(np.abs(away), axis=1, keepdims=True))
    np.testing.assert_array_equal(jumps(path, rule="mad"), z > 4)


# --- invariances ------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-3, 1e3), shift=st.floats(-10, 10), dimension=st.integers(2, 30))
def test_rotation_shift_and_scale_change_units_only(seed, scale, shift, dimension):
    path = walk(seed, dimension=dimension)
    moved = scale * path @ rotation(dimension, seed) + scale * shift
    np.testing.assert_allclose(step_length(moved), scale * step_length(path), rtol=1e-9)
    np.testing.assert_allclose(turning_angle(moved), turning_angle(path), atol=1e-4)
    np.testing.assert_allclose(menger_curvature(moved), menger_curvature(path) / scale, rtol=1e-5, atol=1e-6 / scale)
    np.testing.assert_allclose(length_to_chord(moved), length_to_chord(path), rtol=1e-9)
    np.testing.assert_array_equal(jumps(moved, rule="mad"), jumps(path, rule="mad"))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_way_back_is_shaped_like_the_way_there(seed):
    path = walk(seed)
    for measure in (step_length, turning_angle, menger_curvature, jumps):
        np.testing.assert_allclose(measure(path[::-1]), measure(path)[::-1], rtol=1e-9)
    np.testing.assert_allclose(length_to_chord(path[::-1]), length_to_chord(path), rtol=1e-12)


def test_a_shared_offset_does_not_move_the_angle():
    """States on a grid of 2⁻⁹, so that adding 10⁴ to each of them is exact in float32."""
    path = (walk(steps=191, dimension=64) * 512).round() / 512
    moved = (path + 1e4).astype(np.float32)
    np.testing.assert_array_equal(moved - np.float32(1e4), path)
    for measure in MEASURES:
        np.testing.assert_array_equal(measure(moved), measure(path.astype(np.float32)))


def test_massive_coordinates_do_not_drown_the_rest():
    path = (walk(steps=60, dimension=64) * 512).round() / 512
    path[:, 7] = 5000
    without = np.delete(path, 7, axis=1).astype(np.float32)
    np.testing.assert_allclose(turning_angle(path.astype(np.float32)), turning_angle(without), rtol=1e-12)


# --- what is undefined ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_a_step_of_no_length_has_no_direction(dtype):
    path = torch.tensor([[0.0, 0], [1, 0], [1, 0], [1, 1], [2, 1]], dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        angle, curvature = turning_angle(path), menger_curvature(path)
    assert angle.isnan().tolist() == [True, True, False]
    assert curvature.isnan().tolist() == [True, True, False]
    assert step_length(path).tolist() == [1, 0, 1, 1]


def test_a_step_of_one_rounding_has_no_direction():
    path = torch.tensor([[1.0, 1.0], [1.0 + 2**-23, 1.0], [2.0, 1.0], [3.0, 2.0]])
    assert turning_angle(path).isnan().tolist() == [True, False]
    assert turning_angle(path.double()).isnan().tolist() == [False, False]
    rounded = StatePath(path.double(), state_dtype="bfloat16")
    assert turning_angle(rounded).isnan().tolist() == [True, False]


def test_a_path_that_stands_still_answers_nan_everywhere():
    path = np.full((2, 10, 3), 0.1)
    assert np.isnan(turning_angle(path)).all()
    assert np.isnan(menger_curvature(path)).all()
    assert np.isnan(length_to_chord(path)).all()
    assert not jumps(path).any()
    assert not jumps(path, rule="mad").any()


def test_a_path_that_closes_has_no_ratio_to_its_chord():
    square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
    assert np.isnan(length_to_chord(square))


def test_a_point_returned_to_has_no_circle():
    assert np.isnan(menger_curvature(np.array([[0.0, 0], [1, 0], [0, 0]]))).all()
    assert menger_curvature(np.array([[0.0, 0], [2, 0], [1, 0]])).tolist() == [0]


def test_equal_steps_are_not_jumps_of_their_own_rounding():
    stairs = (
        0.1 + np.repeat(np.arange(100.0), 2)[1:, None] * [1, 0] + np.repeat(np.arange(100.0), 2)[:-1, None] * [0, 1]
    )
    assert len(np.unique(np.linalg.norm(np.diff(stairs, axis=0), axis=1))) > 1  # all are 1, but for rounding
    assert not jumps(stairs).any()
    assert not jumps(stairs, rule="mad").any()


@pytest.mark.parametrize("points", [0, 1, 2])
def test_short_paths_give_empty_answers(points):
    path = np.ones((2, points, 3)) * np.arange(points)[:, None]
    assert step_length(path).shape == (2, max(points - 1, 0))
    assert turning_angle(path).shape == menger_curvature(path).shape == (2, 0)
    assert jumps(path).shape == jumps(path, rule="mad").shape == (2, max(points - 1, 0))
    np.testing.assert_array_equal(np.isnan(length_to_chord(path)), [points < 2] * 2)


# --- kinds of array ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", MEASURES)
def test_a_batch_is_its_paths_one_by_one_and_a_path_object_is_its_states(measure):
    states = torch.from_numpy(walk(steps=20, batch=(2, 3))).float()
    together = measure(states)
    assert isinstance(together, torch.Tensor)
    torch.testing.assert_close(measure(StatePath(states)), together, rtol=0, atol=0)
    one_by_one = torch.stack([torch.stack([measure(path) for path in row]) for row in states])
    torch.testing.assert_close(one_by_one, together, rtol=0, atol=0)
    array = measure(states.numpy())
    assert isinstance(array, np.ndarray)
    np.testing.assert_array_equal(array, together.numpy())


def test_the_depth_axis_is_the_transposed_call():
    states = torch.from_numpy(walk(steps=20, batch=(5,)))  # [L+1, T, D]
    depth = turning_angle(states.transpose(0, 1))
    assert depth.shape == (21, 3)
    torch.testing.assert_close(depth[4], turning_angle(states[:, 4].contiguous()))


def test_blocks_leave_no_seam(monkeypatch):
    states = walk(steps=50, dimension=6, batch=(4,))
    whole = [measure(states) for measure in MEASURES]
    monkeypatch.setitem(BLOCK_ELEMENTS, "cpu", 6 * 7)
    for measure, expected in zip(MEASURES, whole, strict=True):
        np.testing.assert_allclose(measure(states), expected, rtol=1e-12)


def test_bfloat16_states_are_read_exactly():
    states = torch.from_numpy(walk(steps=30, dimension=16)).bfloat16()
    torch.testing.assert_close(turning_angle(states), turning_angle(states.double()), rtol=1e-12, atol=0)


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_non_finite_states_are_refused_by_name(bad):
    states = walk(steps=5, batch=(3,))
    states[1, 4, 2] = bad
    with pytest.raises(MeasureError, match=r"layer\) 1, point \(token\) 4, coordinate 2"):
        turning_angle(states)


@pytest.mark.parametrize("bad", [np.zeros(4), np.array(["a"]), np.zeros((3, 2), dtype=complex)])
def test_other_things_are_refused(bad):
    with pytest.raises(MeasureError, match="states"):
        step_length(bad)


def test_an_unknown_rule_names_the_known_ones():
    with pytest.raises(MeasureError, match=r"'mean\+2sd' or 'mad'; got '3sd'"):
        jumps(walk(), rule="3sd")


def test_an_unknown_dtype_names_the_known_ones():
    with pytest.raises(MeasureError, match="bfloat16"):
        StatePath(walk(), state_dtype="int4")


# --- sizes apart ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("far", [1e12, 1e150, 1e300, 1.7e308])
@pytest.mark.parametrize("size", [1e-300, 1e-160, 1.0])
@pytest.mark.parametrize("place", [0, 20, 41])
def test_one_huge_point_takes_nothing_from_the_other_steps(place, size, far):
    ordinary = walk(dimension=5)
    huge = np.full(5, far)
    path = np.insert(ordinary * size, place, huge, axis=0)
    before, after = slice(0, max(place - 1, 0)), slice(place + 1, None)
    expected = np.linalg.norm(np.diff(np.insert(ordinary, place, 0, axis=0), axis=0), axis=-1) * size
    lengths = step_length(path)
    for steps in (before, after):
        np.testing.assert_allclose(lengths[steps], expected[steps], rtol=1e-6)
    if far < 1e308:  # the longest step of all may be longer than a number can be
        np.testing.assert_allclose(lengths[max(place - 1, 0)], np.sqrt(5) * far, rtol=1e-6)
    angles, curvature = turning_angle(path), menger_curvature(path)
    whole, bend = turning_angle(ordinary), menger_curvature(ordinary)
    turns = slice(0, max(place - 2, 0))
    np.testing.assert_allclose(angles[turns], whole[turns], rtol=1e-6)
    np.testing.assert_allclose(angles[place + 1 :], whole[place:], rtol=1e-6)
    if size > 1e-200:
        np.testing.assert_allclose(curvature[turns] * size, bend[turns], rtol=1e-6)
    if place == 20:
        assert angles[place - 1] == pytest.approx(180, abs=1e-5)
        assert set(np.flatnonzero(jumps(path))) == {19, 20}


@settings(max_examples=30, deadline=None)
@given(exponents=st.lists(st.integers(-900, 900), min_size=3, max_size=12), seed=st.integers(0, 10**6))
def test_steps_of_any_size_have_their_length(exponents, seed):
    points = np.ldexp(np.random.default_rng(seed).normal(size=(len(exponents), 3)), np.array(exponents)[:, None])
    expected = [math.hypot(*step) for step in np.diff(points, axis=0)]
    np.testing.assert_allclose(step_length(points), expected, rtol=1e-12)
    for measure in (turning_angle, menger_curvature, length_to_chord):
        values = measure(points)
        assert not np.isinf(values).any()
        assert (values[np.isfinite(values)] >= 0).all()


def test_a_path_of_ordinary_size_reads_the_same_beside_an_odd_one():
    ordinary, odd = walk(dimension=5), np.insert(walk(1, 39, 5), 3, np.full(5, 1e300), axis=0)
    for measure in MEASURES:
        both = measure(np.stack([ordinary, odd]))
        np.testing.assert_array_equal(both[0], measure(ordinary))
        np.testing.assert_array_equal(both[1], measure(odd))
