"""Progress of models that were put on the geodesic, or off it, by hand."""

import numpy as np
import pytest
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.distributions.bhattacharyya import ignorance_affinity, truth_affinity
from llmgeo.measures.distributions.geodesic import arc_weights, progress

SYMBOLS, POSITIONS = 30, 40
TRUTH = torch.tensor(np.random.default_rng(0).integers(0, SYMBOLS, POSITIONS))


def on_the_way(place):
    """√p of a model at a place of the great circle, at every position: [N, V]."""
    ignorance = np.full((POSITIONS, SYMBOLS), SYMBOLS**-0.5)
    truth = np.zeros((POSITIONS, SYMBOLS))
    truth[np.arange(POSITIONS), TRUTH.numpy()] = 1
    first, second = arc_weights(np.array(SYMBOLS**-0.5), np.array(place))
    return first * ignorance + second * truth


def found(roots):
    log_probs = torch.tensor(2 * np.log(roots))
    return progress(ignorance_affinity(log_probs).numpy(), truth_affinity(log_probs, TRUTH).numpy(), SYMBOLS)


@pytest.mark.parametrize("place", [0.0, 0.01, 0.37, 0.8, 0.999])
def test_a_model_on_the_way_is_where_it_was_put(place):
    of = found(on_the_way(place))
    assert of.progress == pytest.approx(place, abs=1e-3)
    assert of.distance == pytest.approx(0, abs=1e-3)


def test_what_is_off_the_way_is_told_how_far():
    roots = on_the_way(0.4)
    aside = np.zeros_like(roots)
    aside[np.arange(POSITIONS), (TRUTH.numpy() + 1) % SYMBOLS] = 1  # sure of something else, in part
    aside -= (aside * roots).sum(1, keepdims=True) * roots
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    turned = np.cos(0.3) * roots + np.sin(0.3) * aside
    of = found(np.maximum(turned, 1e-9))
    assert 0.2 < of.distance <= 0.301
    assert of.progress < 0.4


def test_weights_of_an_arc_keep_its_length_one():
    angle = np.linspace(0.01, 3.1, 20)
    first, second = arc_weights(np.cos(angle), np.full(20, 0.3))
    np.testing.assert_allclose(first**2 + second**2 + 2 * first * second * np.cos(angle), 1, atol=1e-9)
    assert [float(each) for each in arc_weights(np.array(1.0), np.array(0.3))] == pytest.approx([0.7, 0.3])


@pytest.mark.parametrize(
    "pair", [(np.ones(2), np.ones(3)), (np.array([1.2]), np.ones(1)), (np.array([-0.1]), np.ones(1))]
)
def test_what_are_no_cosines_is_refused(pair):
    with pytest.raises(MeasureError, match="to_ignorance and to_truth must be"):
        progress(*pair, 5)
