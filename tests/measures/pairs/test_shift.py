"""Where a cloud moved, planted."""

import pytest
import torch

from llmgeo.measures import difference_intrinsic_dimension, difference_participation_ratio, mean_shift
from llmgeo.measures.pairs.shift import mean_shift_cosine


def cloud(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_a_shift_is_measured_in_radii():
    x = cloud(2, 300, 16)
    assert mean_shift(x, x + 1)[0] == pytest.approx(1.0, rel=0.05)  # |(1, …, 1)| = 4, the radius of the cloud too
    torch.testing.assert_close(mean_shift(5 * x, 5 * (x + 1)), mean_shift(x, x + 1))
    assert not mean_shift(x, x).any()
    assert mean_shift(torch.ones(3, 4), torch.zeros(3, 4)).isnan()


def test_shifts_of_layers_are_compared_with_the_layer_before():
    x = cloud(3, 50, 2)
    moves = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]).unsqueeze(1)
    cosine = mean_shift_cosine(x, x + moves)
    assert cosine[0].isnan()
    assert cosine[1] == pytest.approx(0.5**0.5)
    assert cosine[2].isnan() or abs(cosine[2]) < 1


def test_the_difference_cloud_has_the_dimension_that_was_planted():
    x = cloud(400, 64)
    moved = x + cloud(800, 5)[400:] @ torch.eye(5, 64).double()
    assert float(difference_participation_ratio(x, moved).value) == pytest.approx(5, rel=0.05)
    assert float(difference_intrinsic_dimension(x, moved).value) == pytest.approx(5, rel=0.2)
    assert difference_participation_ratio(x, x).status == "constant"
