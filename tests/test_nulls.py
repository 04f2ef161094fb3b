"""The surrogates against the closed forms of what they must give, and against what each must leave alone."""

import math

import pytest
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.nulls import gaussian_cloud, random_walk, shuffle_order


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def angles(states):
    """Turning angles in degrees, written out here so that no measure of the package vouches for a null."""
    steps = states.double().diff(dim=-2)
    cosine = torch.nn.functional.cosine_similarity(steps[..., :-1, :], steps[..., 1:, :], dim=-1)
    return torch.rad2deg(torch.arccos(cosine.clamp(-1, 1)))


def smooth_path(layers=3, tokens=60, width=32, seed=0):
    return torch.randn(layers, tokens, width, generator=generator(seed), dtype=torch.float64).cumsum(-2)


# --- order


def test_shuffling_gives_every_layer_the_same_order_and_keeps_every_state():
    states = torch.arange(40.0).reshape(1, 40, 1).repeat(4, 1, 3) + 100 * torch.arange(4.0)[:, None, None]
    shuffled = shuffle_order(states, generator())
    order = shuffled[0, :, 0].long()
    assert sorted(order.tolist()) == list(range(40))
    assert order.tolist() != list(range(40))
    assert torch.equal(shuffled, states[:, order])


def test_a_shuffled_path_turns_by_120_degrees_as_independent_points_do():
    path = smooth_path(width=256, tokens=400)
    assert angles(path).mean().item() == pytest.approx(90, abs=1)
    independent = torch.randn(400, 256, generator=generator(1))
    assert angles(independent).mean().item() == pytest.approx(120, abs=0.5)
    assert angles(shuffle_order(independent, generator())).mean().item() == pytest.approx(120, abs=0.5)


def test_shuffled_steps_have_inner_product_minus_half_their_mean_square_on_any_cloud():
    """Exact over all orders: E<x_j - x_i, x_k - x_j> = -½ E|x_j - x_i|², here averaged over many shuffles."""
    cloud = torch.tensor([[0.0, 0.0], [3.0, 1.0], [-2.0, 5.0], [10.0, -1.0], [0.5, 0.5]], dtype=torch.float64)
    source, products, squares = generator(), [], []
    for _ in range(3000):
        steps = shuffle_order(cloud, source).diff(dim=0)
        products.append((steps[:-1] * steps[1:]).sum(-1).mean())
        squares.append((steps**2).sum(-1).mean())
    assert (torch.stack(products).mean() / torch.stack(squares).mean()).item() == pytest.approx(-0.5, abs=0.015)


# --- walks


@pytest.mark.parametrize("steps", ["isotropic", "covariance"])
def test_a_walk_keeps_the_start_and_every_step_length(steps):
    states = smooth_path() * torch.linspace(1, 50, 60, dtype=torch.float64)[:, None]
    states[:, 10] = states[:, 9]  # a step of length zero
    walk = random_walk(states, generator(), steps)
    torch.testing.assert_close(walk[:, 0], states[:, 0])
    torch.testing.assert_close(walk.diff(dim=-2).norm(dim=-1), states.diff(dim=-2).norm(dim=-1))
    assert (walk[:, 5:] - states[:, 5:]).norm(dim=-1).min() > 1


@pytest.mark.parametrize("width", [16, 64, 768])
def test_an_isotropic_walk_turns_by_90_degrees_with_the_spread_of_its_dimension(width):
    straight = torch.ones(8, 500, width, dtype=torch.float64).cumsum(-2)
    turned = angles(random_walk(straight, generator()))
    assert turned.mean().item() == pytest.approx(90, abs=0.5)
    assert turned.std().item() == pytest.approx(math.degrees(1) / math.sqrt(width), rel=0.06)


def test_a_walk_with_the_covariance_of_the_steps_has_the_spread_of_the_dimension_they_use():
    used = 6
    basis = torch.linalg.qr(torch.randn(300, used, generator=generator(3), dtype=torch.float64)).Q
    path = (torch.randn(400, used, generator=generator(4), dtype=torch.float64) @ basis.T).cumsum(0)
    walk = random_walk(path.expand(6, -1, -1), generator(), "covariance")
    inside = walk.diff(dim=-2) @ basis @ basis.T
    torch.testing.assert_close(inside, walk.diff(dim=-2))
    turned = angles(walk)
    assert turned.mean().item() == pytest.approx(90, abs=1)
    assert turned.std().item() == pytest.approx(angles(path).std().item(), rel=0.1)
    assert angles(random_walk(path, generator())).std().item() < 0.3 * turned.std().item()


def test_one_giant_step_does_not_set_the_directions_of_all():
    path = torch.randn(400, 20, generator=generator(4), dtype=torch.float64).cumsum(0)
    path[200:] += 10_000
    turned = angles(random_walk(path.expand(6, -1, -1), generator(), "covariance"))
    assert turned.std().item() == pytest.approx(math.degrees(1) / math.sqrt(20), rel=0.1)


def test_the_length_of_a_walk_over_its_chord_is_the_root_of_its_steps():
    straight = torch.ones(200, 13, 512, dtype=torch.float64).cumsum(-2)
    walk = random_walk(straight, generator())
    ratio = walk.diff(dim=-2).norm(dim=-1).sum(-1) / (walk[:, -1] - walk[:, 0]).norm(dim=-1)
    assert ratio.mean().item() == pytest.approx(math.sqrt(12), rel=0.02)


def test_layers_of_a_walk_are_independent():
    states = torch.ones(2, 300, 8, dtype=torch.float64).cumsum(-2)
    steps = random_walk(states, generator()).diff(dim=-2)
    cosine = torch.nn.functional.cosine_similarity(steps[0], steps[1], dim=-1)
    assert cosine.mean().item() == pytest.approx(0, abs=0.06)
    assert cosine.std().item() == pytest.approx(1 / math.sqrt(8), rel=0.15)


# --- clouds


def test_a_gaussian_cloud_has_the_mean_and_covariance_of_the_points():
    points = torch.rand(40, 4, generator=generator(1), dtype=torch.float64) * torch.tensor([5.0, 2.0, 1.0, 0.1]) + 30
    points[:, 1] += points[:, 0]
    drawn = gaussian_cloud(points.expand(4000, -1, -1), generator()).reshape(-1, 4)
    expected = torch.cov(points.T, correction=0)
    scale = expected.diagonal().sqrt()
    torch.testing.assert_close((drawn.mean(0) - points.mean(0)) / scale, torch.zeros(4).double(), atol=0.02, rtol=0)
    error = (torch.cov(drawn.T, correction=0) - expected) / scale[:, None] / scale[None]
    assert error.abs().max() < 0.015  # N in the denominator: N - 1 would be 0.026 off


def test_a_gaussian_cloud_is_gaussian_and_stays_in_the_subspace_of_the_points():
    corners = torch.tensor([[1.0, 1, 0], [1, -1, 0], [-1, 1, 0], [-1, -1, 0]], dtype=torch.float64).repeat(50, 1)
    drawn = gaussian_cloud(corners.expand(50, -1, -1), generator())
    assert drawn[..., 2].abs().max() == 0
    kurtosis = (drawn[..., :2] ** 4).mean() / (drawn[..., :2] ** 2).mean() ** 2
    assert kurtosis.item() == pytest.approx(3, abs=0.25)  # 1 for the corners


def test_a_prepared_cloud_gives_a_prepared_cloud_with_its_duplicates():
    points = torch.randn(2, 60, 5, generator=generator(2), dtype=torch.float64)
    points[:, 40:] = points[:, :20]
    null = gaussian_cloud(Cloud(points), generator())
    assert isinstance(null, Cloud)
    assert null.n_unique.tolist() == [40, 40]


# --- all of them


@pytest.mark.parametrize("surrogate", [shuffle_order, random_walk, gaussian_cloud])
def test_the_seed_decides_and_the_input_is_left_alone(surrogate):
    states = smooth_path().to(torch.float32)
    before = states.clone()
    first, again, other = (surrogate(states, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(states, before)
    assert first.shape == states.shape
    assert first.dtype == torch.float32


def test_16_bit_states_do_not_lose_their_step_lengths():
    states = (smooth_path() + 300).to(torch.bfloat16)
    walk = random_walk(states, generator())
    assert walk.dtype == torch.float32
    torch.testing.assert_close(
        walk.diff(dim=-2).norm(dim=-1), states.float().diff(dim=-2).norm(dim=-1), rtol=1e-3, atol=1e-3
    )
    assert shuffle_order(states, generator()).dtype == torch.bfloat16


def test_one_state_is_a_walk_without_steps_and_none_is_refused():
    one = torch.ones(2, 1, 4)
    assert torch.equal(random_walk(one, generator()), one)
    for surrogate in (shuffle_order, random_walk, gaussian_cloud):
        with pytest.raises(MeasureError, match=r"\[\.\.\., [TN], D\]"):
            surrogate(torch.ones(4), generator())
        with pytest.raises(MeasureError, match="at least 1"):
            surrogate(torch.ones(2, 0, 4), generator())
    with pytest.raises(MeasureError, match="isotropic, covariance"):
        random_walk(torch.ones(3, 4), generator(), steps="levy")
