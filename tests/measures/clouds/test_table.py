"""The table of points holds what each measure gives when it is asked alone, beside the same of Gaussian points."""

import numpy as np
import pytest
import torch

from llmgeo import measures
from llmgeo.errors import MeasureError
from llmgeo.measures.catalogue import MEASURES

POINTS = np.random.default_rng(0).normal(size=(2, 120, 6)) @ np.random.default_rng(1).normal(size=(6, 24))


def test_each_row_is_the_measure_asked_alone():
    table = measures.table(POINTS)
    clouds = [name for name, known in MEASURES.items() if known.kind == "cloud"]
    assert set(clouds) < set(table.index.get_level_values("measure"))
    for name in clouds:
        alone = getattr(measures, name)(POINTS)
        own = table.xs(name, level="measure")
        np.testing.assert_allclose(own["value"], alone.value, rtol=1e-12)
        np.testing.assert_allclose(own["standard_error"], alone.standard_error, rtol=1e-12)
        assert own["status"].tolist() == alone.status.tolist()


def test_the_null_is_a_gaussian_cloud_of_the_same_covariance():
    drawn = measures.Cloud(POINTS).gaussian_null(torch.Generator().manual_seed(3))
    table = measures.table(POINTS, ["two_nn", "participation_ratio"], seed=3)
    for name in ("two_nn", "participation_ratio"):
        expected = getattr(measures, name)(drawn).value
        np.testing.assert_allclose(table.xs(name, level="measure")["null"], expected, rtol=1e-12)


def test_the_scale_curve_stands_beside_the_dimension():
    table = measures.table(POINTS[0], "intrinsic_dimension")
    curve = measures.scale_curve(POINTS[0])
    for n1, raw, calibrated in zip(curve.n1, curve.value, curve.calibrated, strict=True):
        assert table.loc[f"gride_{n1}", "value"] == pytest.approx(raw)
        assert table.loc[f"gride_{n1}_calibrated", "value"] == pytest.approx(calibrated, nan_ok=True)
    assert set(measures.table(POINTS[0], "two_nn").index) == {"two_nn"}


def test_one_cloud_is_a_batch_of_one():
    one, several = measures.table(POINTS[1], "mle"), measures.table(POINTS, "mle")
    assert one.loc["mle", "value"] == pytest.approx(several.loc[(1, "mle"), "value"])
    cloud = measures.table(measures.Cloud(POINTS[1]), "mle")
    assert cloud.loc["mle", "value"] == one.loc["mle", "value"]


def test_moving_turning_and_scaling_points_changes_no_row():
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(24, 24)))[0]
    one, other = (measures.table(points) for points in (POINTS[0], 3 * POINTS[0] @ turn + 7))
    np.testing.assert_allclose(one["value"], other["value"], rtol=1e-5)


def test_what_cannot_be_measured_says_why():
    table = measures.table(np.repeat(POINTS[0, :3], 20, 0))
    assert (table["status"] == "degenerate_cloud").all()
    assert table["value"].isna().all()


@pytest.mark.parametrize(("points", "asked", "said"), [
    (POINTS[None], None, r"\[N, D\], or \[L, N, D\]"), (POINTS[0, 0], None, "shape"),
    (POINTS, [], "empty list"), (POINTS, "turning_angle", "no measure of points"), (POINTS, ["two_n"], "did you mean"),
])  # fmt: skip
def test_what_does_not_fit_is_one_message(points, asked, said):
    with pytest.raises(MeasureError, match=said):
        measures.table(points, asked)


def test_a_seed_that_torch_does_not_take_is_one_message():
    with pytest.raises(MeasureError, match="seed must be"):
        measures.table(POINTS, "two_nn", seed=2**64)
