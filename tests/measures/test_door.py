"""What enters the measures: every kind of array is measured as its numbers are, or refused in one clear sentence."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from llmgeo import measures as M  # noqa: N812
from llmgeo import nulls
from llmgeo.errors import MeasureError
from llmgeo.measures.door import as_tensor, number_format

POINTS = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
LOGS = np.log(np.random.default_rng(1).dirichlet(np.ones(5), size=8))


def seeded(surrogate):
    return lambda states: surrogate(states, torch.Generator().manual_seed(0))


ONE = {
    "two_nn": M.two_nn,
    "gride": M.gride,
    "mle": M.mle,
    "ess": M.ess,
    "ph_dimension": lambda points: M.ph_dimension(points, min_points=20, max_points=40),
    "intrinsic_dimension": M.intrinsic_dimension,
    "calibrated_gride": M.calibrated_gride,
    "scale_curve": M.scale_curve,
    "local_dimension": M.local_dimension,
    "participation_ratio": M.participation_ratio,
    "rank_me": M.rank_me,
    "covariance_rank": M.covariance_rank,
    "pc_dimension": M.pc_dimension,
    "alpha_req": lambda points: M.alpha_req(points, ranks=(1, 3)),
    "skdim_dimension": lambda points: M.skdim_dimension(points, "MOM"),
    "step_length": M.step_length,
    "turning_angle": M.turning_angle,
    "menger_curvature": M.menger_curvature,
    "length_to_chord": M.length_to_chord,
    "jumps": M.jumps,
    "recurrence_rate": M.recurrence_rate,
    "shuffle_order": seeded(nulls.shuffle_order),
    "random_walk": seeded(nulls.random_walk),
    "gaussian_cloud": seeded(nulls.gaussian_cloud),
}
TWO = {
    "linear_cka": M.linear_cka,
    "procrustes_distance": M.procrustes_distance,
    "unrotated_residual": M.unrotated_residual,
    "subspace_overlap": lambda x, y: M.subspace_overlap(x, y, 2),
    "neighbour_overlap": lambda x, y: M.neighbour_overlap(x, y, 5),
    "mean_shift": M.mean_shift,
    "difference_participation_ratio": M.difference_participation_ratio,
    "difference_intrinsic_dimension": M.difference_intrinsic_dimension,
    "relative_change": M.relative_change,
}
EVERY = ONE | {name: lambda x, of=of: of(x, np.asarray(POINTS)[::-1].copy()) for name, of in TWO.items()}
every_measure = pytest.mark.parametrize("name", EVERY)


def number(answer):
    """The numbers of an answer of any kind."""
    value = getattr(answer, "value", answer)
    return value.cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)


READ_ALIKE = {
    "big-endian": lambda x: x.astype(">f4"),
    "longdouble": lambda x: x.astype(np.longdouble),
    "strided": lambda x: np.repeat(x, 2, axis=0)[::2],
    "Fortran order": np.asfortranarray,
    "nested lists": lambda x: x.tolist(),
    "a list of tensors": lambda x: list(torch.from_numpy(x)),
    "a table": pd.DataFrame,
    "a mask that hides nothing": lambda x: np.ma.masked_array(x, mask=np.zeros_like(x, dtype=bool)),
    "a tensor": lambda x: torch.from_numpy(x.copy()),
    "with a gradient": lambda x: torch.from_numpy(x.copy()).requires_grad_(),
    "float64": lambda x: torch.from_numpy(x).double(),
}


@every_measure
def test_the_same_numbers_read_the_same_in_every_kind_of_array(name):
    expected = number(EVERY[name](POINTS))
    for kind, convert in READ_ALIKE.items():
        array = convert(POINTS)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            answer = EVERY[name](array)
        np.testing.assert_allclose(number(answer), expected, rtol=2e-6, atol=1e-9, err_msg=kind)
        value = getattr(answer, "value", answer)
        if name != "relative_change":
            assert isinstance(value, torch.Tensor) == ("tensor" in kind or kind in ("with a gradient", "float64")), kind
            assert not getattr(value, "requires_grad", False)


@every_measure
def test_a_read_only_array_is_read_without_a_warning(name):
    array = POINTS.copy()
    array.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(number(EVERY[name](array)), number(EVERY[name](POINTS)))


@every_measure
def test_whole_numbers_and_booleans_count_as_numbers(name):
    for dtype in (np.int32, np.uint8, bool):
        array = (10 * np.abs(POINTS)).astype(dtype)
        read, expected = (number(EVERY[name](given)) for given in (array, array.astype(np.float64)))
        np.testing.assert_array_equal(read, expected, err_msg=str(dtype))


masked = np.ma.masked_array(POINTS, mask=POINTS > 2)
REFUSED = {
    "masked": masked,
    "ragged": [[1.0, 2.0], [3.0]],
    "ragged tensors": [torch.ones(2), torch.ones(3)],
    "complex": POINTS.astype(complex),
    "complex tensor": torch.from_numpy(POINTS).to(torch.complex64),
    "objects": POINTS.astype(object),
    "texts": np.array([["a", "b"]]),
    "a text": "points",
    "nothing": None,
    "a dictionary": {"points": POINTS},
    "dates": np.zeros((30, 2), dtype="datetime64[s]"),
    "records": np.zeros((30, 2), dtype=[("x", float)]),
    "a number": 3.0,
    "sparse": torch.from_numpy(POINTS).to_sparse(),
    "sparse rows": torch.from_numpy(POINTS).to_sparse_csr(),
    "meta": torch.empty(60, 4, device="meta"),
    "float8": torch.from_numpy(POINTS).to(torch.float8_e4m3fn),
    "quantised": torch.quantize_per_tensor(torch.from_numpy(POINTS), 0.1, 0, torch.qint8),
    "no coordinates": np.zeros((60, 0)),
    "beyond float64": np.full((60, 4), np.longdouble("1e4000")),
}


def refusal(measure, wrong):
    """The sentence with which a measure refuses what it is given."""
    try:
        measure(wrong)
    except MeasureError as error:
        return str(error)
    return "measured"


@every_measure
def test_what_is_no_full_array_of_numbers_is_refused_in_one_sentence_that_names_the_measure(name):
    for kind, wrong in REFUSED.items():
        said = refusal(EVERY[name], wrong)
        assert said.startswith(f"{name}: "), (kind, said)
        assert "must" in said or "are masked" in said, (kind, said)
        assert len(said) < 250, (kind, said)


@every_measure
def test_too_few_axes_and_numbers_that_are_not_finite_are_refused(name):
    if name != "relative_change":
        with pytest.raises(MeasureError, match=rf"^{name}: \w+ must have shape \[.*\]; got \(4,\)"):
            EVERY[name](POINTS[0])
    spoilt = POINTS.copy()
    spoilt[7, 2] = np.nan
    if name == "relative_change":
        assert np.isnan(EVERY[name](spoilt))
    elif name != "shuffle_order":
        with pytest.raises(MeasureError, match=f"^{name}: .*finite"):
            EVERY[name](spoilt)


@settings(max_examples=150, deadline=None)
@given(
    data=st.data(),
    name=st.sampled_from(sorted(EVERY)),
    shape=st.lists(st.integers(0, 4), min_size=0, max_size=4),
    dtype=st.sampled_from(["f2", "<f4", ">f8", "g", "i8", "u1", "?", "c16", "O", "U3", "M8[s]"]),
)
def test_any_array_is_measured_or_refused(data, name, shape, dtype):
    numbers = data.draw(st.lists(st.floats(width=16), min_size=1, max_size=8))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array = np.resize(np.nan_to_num(numbers) if dtype[-1] in "81sO" else numbers, shape)
        array = array.astype("i8").astype(dtype) if dtype.startswith("M") else array.astype(dtype)
    refusal = None
    try:
        number(EVERY[name](array))
    except MeasureError as error:
        refusal = str(error)
    assert refusal is None or refusal.startswith(f"{name}: ")


@pytest.mark.parametrize("name", [*ONE, *TWO])
def test_no_measure_depends_on_the_unit_but_those_that_are_in_it(name):
    points = POINTS.astype(np.float64)
    power = {"step_length": 1, "menger_curvature": -1, "shuffle_order": 1, "random_walk": 1, "gaussian_cloud": 1}
    measure = ONE.get(name) or (lambda x: TWO[name](x, x[::-1].copy()))
    expected = number(measure(points))
    for exponent in (-997, -266, 266, 498, 997):
        size = 2.0**exponent
        with np.errstate(over="ignore"):
            wanted = expected * size ** power.get(name, 0)
        np.testing.assert_allclose(number(measure(points * size)), wanted, rtol=1e-6, err_msg=f"2^{exponent}")


def test_distributions_take_arrays_and_refuse_what_is_no_log_probability():
    p, q = LOGS, LOGS[::-1].copy()
    for measure in (M.kullback_leibler, M.jensen_shannon, M.entropy_drop):
        from_arrays = measure(p, q)
        assert isinstance(from_arrays, np.ndarray)
        np.testing.assert_array_equal(from_arrays, measure(torch.from_numpy(p), torch.from_numpy(q)).numpy())
        with pytest.raises(MeasureError, match=r"log_softmax"):
            measure(p + 9, q)
        with pytest.raises(MeasureError, match=r"these are probabilities"):
            measure(np.exp(p), q)
        with pytest.raises(MeasureError, match="one shape"):
            measure(p, q[:, :3])
    np.testing.assert_allclose(M.surprisal(p, np.arange(8) % 5), -p[np.arange(8), np.arange(8) % 5])
    for wrong in (np.full(8, 5), np.full(8, -1), np.full(8, 0.5), np.zeros(7)):
        with pytest.raises(MeasureError, match="from 0 to 4"):
            M.surprisal(p, wrong)
    assert M.unshifted_share([1, 2, 3, 9]) == 0.25


def test_spectra_and_weights_take_lists():
    assert M.stable_rank([2, 1, 1, 0]) == 1.5
    assert M.effective_rank([1, 1, 1]) == pytest.approx(3)
    assert M.stable_rank(np.array([2e200, 1e200, 1e200])) == 1.5
    with pytest.raises(MeasureError, match="effective_rank: weights must not be negative"):
        M.effective_rank([-1.0, 2.0])
    assert M.relative_change([3.0, 4.0], np.array([3.0, 5.0])) == 0.2
    with pytest.raises(MeasureError, match="one shape"):
        M.relative_change(np.ones(3), np.ones((3, 1)))
    assert M.mean_squared_cosine([1.0, 0.0]) == 0.5


@pytest.mark.parametrize(
    ("measure", "options"),
    [
        (M.two_nn, {"fraction": "0.5"}), (M.two_nn, {"fraction": np.nan}), (M.two_nn, {"fraction": True}),
        (M.gride, {"n1": 1.5}), (M.gride, {"n1": True}), (M.gride, {"n1": 2, "n2": 2}), (M.mle, {"k": "20"}),
        (M.ess, {"k": None}), (M.pc_dimension, {"variance": 2}), (M.alpha_req, {"ranks": (5, 5)}),
        (M.alpha_req, {"ranks": 3}), (M.jumps, {"rule": "3sd"}), (M.recurrence_rate, {"radius": np.inf}),
        (M.recurrence_rate, {"theiler": -1}), (M.ph_dimension, {"alpha": 0}), (M.ph_dimension, {"seed": -1}),
        (M.participation_ratio, {"unbiased": 1}), (M.scale_curve, {"largest": 0}), (M.local_dimension, {"k": 2}),
    ],
)  # fmt: skip
def test_a_parameter_that_is_not_allowed_is_refused_by_name(measure, options):
    name = list(options)[-1]
    with pytest.raises(MeasureError, match=f"^{measure.__name__}: {name} must be .*; got "):
        measure(POINTS, **options)


def test_numbers_of_numpy_are_numbers():
    assert M.mle(POINTS, k=np.int64(10)).value == M.mle(POINTS, k=10).value
    assert M.two_nn(POINTS, fraction=np.float64(0.5)).value == M.two_nn(POINTS, fraction=0.5).value


def test_formats_are_named_in_every_way():
    assert [number_format(dtype) for dtype in ("float16", torch.float16, np.float16, np.dtype("f2"))] == ["float16"] * 4
    for wrong in ("float8", torch.int64, 16, object()):
        with pytest.raises(MeasureError, match="state_dtype"):
            number_format(wrong)


def test_a_surrogate_needs_a_generator_of_torch():
    for surrogate in (nulls.shuffle_order, nulls.random_walk, nulls.gaussian_cloud):
        with pytest.raises(MeasureError, match="manual_seed"):
            surrogate(POINTS, np.random.default_rng(0))


def test_states_of_every_layer_may_come_as_transformers_gives_them():
    layers = tuple(torch.from_numpy(POINTS) * scale for scale in (1.0, 2.0, 3.0))
    assert as_tensor(layers).shape == (3, 60, 4)
    assert M.two_nn(layers).value.shape == (3,)
