"""scikit-dimension's estimators behind the guard."""

import numpy as np
import pytest
import skdim

from llmgeo.errors import MeasureError
from llmgeo.measures.clouds.scikit_dimension import skdim_dimension


def test_the_library_reads_the_distinct_points():
    points = np.random.default_rng(0).normal(size=(2, 120, 5))
    twice = np.concatenate([points, points[:, :20]], axis=1)
    estimate = skdim_dimension(twice, "skdim:MOM")
    assert list(estimate.n_unique) == [120, 120]
    for b in range(2):
        assert estimate.value[b] == pytest.approx(skdim.id.MOM().fit(points[b]).dimension_)


def test_a_failure_inside_is_a_status():
    points = np.random.default_rng(0).normal(size=(30, 5))
    assert skdim_dimension(points, "GRIDE", n1=40).status == "estimator_failed"
    assert skdim_dimension(np.ones((30, 5)), "TwoNN").status == "constant"


def test_unknown_names_and_options_are_refused():
    with pytest.raises(MeasureError, match="skdim:DANCo"):
        skdim_dimension(np.ones((30, 5)), "skdim:Danco")
    with pytest.raises(MeasureError, match="options"):
        skdim_dimension(np.ones((30, 5)), "TwoNN", neighbours=3)
