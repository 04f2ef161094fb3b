"""Expected simplex skewness against scikit-dimension, its closed form, and itself by another route."""

import os
import subprocess
import sys

import numpy as np
import pytest
import skdim
from scipy.integrate import quad

from llmgeo.errors import MeasureError
from llmgeo.measures import Cloud, ess
from llmgeo.measures.clouds.simplex import (
    _skewness_from_points,
    _skewness_on_gpu,
    dimension_of_skewness,
    expected_skewness,
    local_ess,
)


def gaussian(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def test_equal_to_scikit_dimension():
    """Which inverts the skewness by straight lines between whole dimensions: hence the tolerance."""
    points = gaussian(60, 12) @ gaussian(12, 20, seed=1)
    peer = skdim.id.ESS().fit(points, n_neighbors=20)
    assert ess(points, k=20).value == pytest.approx(peer.dimension_, rel=0.01)
    np.testing.assert_allclose(local_ess(Cloud(points), np.array([20]))[0], peer.dimension_pw_, rtol=0.03)


@pytest.mark.parametrize("d", [2, 3, 10, 50])
def test_expected_skewness_is_the_mean_sine(d):
    sine = quad(lambda angle: np.sin(angle) ** (d - 1), 0, np.pi)[0]
    assert expected_skewness(d) == pytest.approx(sine / quad(lambda a: np.sin(a) ** (d - 2), 0, np.pi)[0], rel=1e-9)


def test_inverse():
    d = np.array([1.0, 1.2, 2.0, 7.5, 64.0, 999.0])
    np.testing.assert_allclose(dimension_of_skewness(expected_skewness(d)), d, rtol=1e-6)
    assert dimension_of_skewness(np.array([0.0])) == 1
    assert np.isnan(dimension_of_skewness(np.array([np.nan]))).all()


def test_gathered_points_give_what_the_gram_gives():
    points = gaussian(2, 90, 15)
    points[1, 60:] = points[1, :30]
    cloud = Cloud(points)
    sizes = np.array([40, 25])
    from_gram = local_ess(cloud, sizes)
    for b, size in enumerate(sizes):
        kept = cloud.flat_unique[b].numpy()
        points, nearest = cloud.flat_points[b], cloud.neighbours(40).indices[b, cloud.flat_unique[b], :size]
        for skewness in (_skewness_from_points(points.numpy(), nearest.numpy()), _skewness_on_gpu(points, nearest)):
            np.testing.assert_allclose(dimension_of_skewness(skewness), from_gram[b, kept], rtol=1e-9)
        assert np.isnan(from_gram[b, ~kept]).all()


def test_fewer_points_than_neighbours_is_a_status():
    assert ess(gaussian(45, 5), k=50).status == "too_few_points"
    with pytest.raises(MeasureError, match="from 3; got 2"):
        ess(gaussian(45, 5), k=2)


@pytest.mark.parametrize("d", [5, 20, 60])
def test_reads_gaussians_of_any_dimension(d):
    estimate = ess(gaussian(30, 128, d))
    assert estimate.value.mean() == pytest.approx(d, rel=0.03)
    assert estimate.standard_error.mean() == pytest.approx(estimate.value.std(), rel=0.5)


def test_compiled_code_and_cached_code_give_the_same_bytes(tmp_path):
    """A process that compiles the sums, and the next one, which finds them in the cache."""
    program = (
        "import numpy as np, hashlib\n"
        "from llmgeo.measures.clouds.simplex import ess\n"
        "value = ess(np.random.default_rng(0).normal(size=(2, 128, 40))).value\n"
        "print(hashlib.sha256(np.asarray(value).tobytes()).hexdigest())"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    first, second = (
        subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    )
    assert any(tmp_path.rglob("*.nbi"))
    assert first.stdout == second.stdout
