"""Displaced weights and second derivatives against closed forms, and weights given back to the last bit."""

import copy
import threading

import hessian_eigenthings as eigenthings
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import ArpackNoConvergence
from torch import nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import GPT2Config, GPT2LMHeadModel

import llmgeo
from llmgeo.errors import ModelError, UsageError
from llmgeo.model.digests import module_digest
from llmgeo.model.landscape.common_weights import common_weights
from llmgeo.model.landscape.directions import filter_dimensions, length, random_direction, scaled
from llmgeo.model.landscape.displacement import Displacement
from llmgeo.model.landscape.hessian import Hessian, block_names
from llmgeo.model.landscape.terrain import Terrain
from llmgeo.model.landscape.training_plane import training_plane
from llmgeo.model.sources.toy import toy_model, toy_tokenizer

TEXTS = [(5, 6, 7, 8, 9, 10), (20, 21, 22), (3, 9, 27, 81, 243)]


def small(seed=0, **settings):
    return llmgeo.load(toy_model(layers=2, width=16, seed=seed), tokenizer=toy_tokenizer(), **settings)


@pytest.fixture
def model():
    return small()


class SoftmaxRegression(nn.Module):
    """Cross-entropy of labels given inputs: loss, gradient and Hessian by the weights are closed forms."""

    def __init__(self, seed=0, points=40, inputs=4, classes=3):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.x = torch.randn(points, inputs, generator=generator, dtype=torch.float64)
        self.y = torch.randint(classes, (points,), generator=generator)
        self.weight = nn.Parameter(torch.randn(classes, inputs, generator=generator, dtype=torch.float64))

    def loss(self):
        return functional.cross_entropy(self.x @ self.weight.T, self.y)

    def exact_loss(self, weight):
        scores = self.x.numpy() @ weight.T
        return float(np.mean(np.log(np.exp(scores).sum(1)) - scores[np.arange(len(scores)), self.y.numpy()]))

    def exact_hessian(self):
        x, weight = self.x.numpy(), self.weight.detach().numpy()
        scores = np.exp(x @ weight.T)
        p = scores / scores.sum(1, keepdims=True)
        classes, inputs = weight.shape
        found = np.zeros((classes * inputs, classes * inputs))
        for row, probabilities in zip(x, p, strict=True):
            found += np.kron(np.diag(probabilities) - np.outer(probabilities, probabilities), np.outer(row, row))
        return found / len(x)


@given(seed=st.integers(0, 1000), alpha=st.floats(-1, 1))
@settings(max_examples=15, deadline=None)
def test_the_curve_of_a_softmax_regression_is_its_closed_form(seed, alpha):
    regression = SoftmaxRegression(seed)
    direction = random_direction(regression, seed)
    expected = regression.exact_loss((regression.weight + alpha * direction["weight"]).detach().numpy())
    with Displacement(regression).along((alpha, direction)), torch.no_grad():
        assert float(regression.loss()) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_hessian_of_a_softmax_regression_is_its_closed_form(seed):
    regression = SoftmaxRegression(seed)
    exact, hessian = regression.exact_hessian(), Hessian(regression, regression.loss)
    values = np.linalg.eigvalsh(exact)
    direction = random_direction(regression, 3)
    flat = direction["weight"].numpy().reshape(-1)
    with hessian.graph():
        found = [each.value for each in hessian.eigenvalues(2)]
        assert found == pytest.approx([*values[-1:-3:-1], *values[1::-1]], abs=1e-6)
        assert all(each.status == "ok" for each in hessian.eigenvalues(2))
        far, near = hessian._by_power(0, None)
        assert far.value == pytest.approx(values[-1], rel=1e-3)
        assert near.value == pytest.approx(values[0], abs=1e-3 * values[-1])
        assert hessian.slope_and_curvature(direction)[1] == pytest.approx(flat @ exact @ flat, rel=1e-10)
        trace, error = hessian.trace(400)
        assert abs(trace - np.trace(exact)) < 4 * error
        basis = [{"weight": row.reshape(3, 4)} for row in torch.eye(12, dtype=torch.float64)]
        whole = sum(float((hessian.product(each)["weight"] * each["weight"]).sum()) for each in basis)
        assert whole == pytest.approx(np.trace(exact), abs=1e-6)


def test_the_hessian_leaves_gradients_and_their_switches_alone():
    regression = SoftmaxRegression()
    regression.weight.requires_grad_(False)
    hessian = Hessian(regression, regression.loss)
    with hessian.graph():
        hessian.trace(2)
    assert not regression.weight.requires_grad
    assert regression.weight.grad is None
    regression.weight.requires_grad_(True)
    with pytest.raises(KeyboardInterrupt), hessian.graph():
        raise KeyboardInterrupt
    assert regression.weight.requires_grad


class Rectified(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(6, 8, bias=False), nn.Linear(8, 3, bias=False)
        self.x, self.y = torch.randn(20, 6), torch.randint(3, (20,))

    def loss(self):
        return functional.cross_entropy(self.second(self.first(self.x).relu()), self.y)


@pytest.mark.parametrize("factor", [8.0, 0.3])
def test_rescaling_layers_leaves_the_normalised_curve_and_changes_the_other(factor):
    plain, rescaled = Rectified(), Rectified()
    rescaled.first.weight.data *= factor
    rescaled.second.weight.data /= factor

    def curve(network, is_normalised):
        displacement, direction = Displacement(network), random_direction(network, 1, is_normalised=is_normalised)
        with torch.no_grad():
            found = []
            for alpha in (-0.5, -0.1, 0.0, 0.2, 0.7):
                with displacement.along((alpha, direction)):
                    found.append(float(network.loss()))
        return found

    assert curve(rescaled, True) == pytest.approx(curve(plain, True), abs=1e-5)
    assert curve(rescaled, False) != pytest.approx(curve(plain, False), abs=1e-2)


def test_a_mirrored_direction_mirrors_the_curve_exactly(model):
    terrain, direction = Terrain(model, TEXTS), random_direction(model.hf, 0)
    mirrored = scaled(direction, -1.0)
    for alpha in (-0.2, 0.03, 0.1):
        assert terrain.losses((alpha, direction)).tolist() == terrain.losses((-alpha, mirrored)).tolist()


def test_the_middle_is_the_plain_loss_to_the_last_bit(model):
    plain = [float(text.surprisal[1:].double().mean()) for text in model.read([list(each) for each in TEXTS])]
    terrain = Terrain(model, TEXTS)
    assert terrain.losses((0.0, {})).tolist() == terrain.losses().tolist()
    alone = [float(model.read(list(each)).surprisal[1:].double().mean()) for each in TEXTS]
    assert terrain.losses(rows=1).tolist() == alone
    assert terrain.losses() == pytest.approx(plain, abs=1e-6)
    other = small(seed=1)
    weights, _ = common_weights(model, other)
    assert terrain.losses_between(weights, 1.0).tolist() == Terrain(other, TEXTS).losses().tolist()
    assert terrain.losses_between(weights, 0.0).tolist() == terrain.losses().tolist()


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, MemoryError])
def test_weights_are_given_back_however_it_ends(model, error):
    before, held = module_digest(model.hf), [each.clone() for each in model.hf.parameters()]
    displacement, direction = Displacement(model.hf), random_direction(model.hf, 0)

    def displaced():
        with displacement.along((0.3, direction)):
            assert module_digest(model.hf) != before
            raise error("stopped")

    with pytest.raises(error):
        displaced()
    assert module_digest(model.hf) == before
    assert all(torch.equal(a, b) for a, b in zip(model.hf.parameters(), held, strict=True))


def test_ctrl_c_while_weights_are_given_back_is_heard_when_they_are(model, monkeypatch):
    before = module_digest(model.hf)
    displacement, direction = Displacement(model.hf), random_direction(model.hf, 0)
    copied, stops = torch.Tensor.copy_, [3, 5]

    def stopping(self, *arguments):
        if stops:
            stops[0] -= 1
            if not stops[0]:
                del stops[0]
                raise KeyboardInterrupt
        return copied(self, *arguments)

    with pytest.raises(KeyboardInterrupt), displacement.along((0.3, direction)):
        monkeypatch.setattr(torch.Tensor, "copy_", stopping)
    assert not stops
    assert module_digest(model.hf) == before


def test_a_loss_that_fails_gives_the_weights_and_the_model_back(model, monkeypatch):
    before, terrain = module_digest(model.hf), Terrain(model, TEXTS)
    with monkeypatch.context() as patched:
        patched.setattr(type(model.runner), "read_batch", lambda *_: (_ for _ in ()).throw(RuntimeError("no room")))
        with pytest.raises(RuntimeError, match="no room"):
            terrain.losses((0.1, random_direction(model.hf, 0)))
    assert module_digest(model.hf) == before
    assert model.read([1, 2, 3]).states.shape[0] == 3


def test_nobody_else_reads_displaced_weights(model):
    terrain, direction = Terrain(model, TEXTS), random_direction(model.hf, 0)
    expected, found = model.read([1, 2, 3]).surprisal, []
    thread = threading.Thread(target=lambda: found.extend(model.read([1, 2, 3]).surprisal for _ in range(8)))
    thread.start()
    for _ in range(8):
        terrain.losses((0.5, direction))
    thread.join()
    assert all(torch.equal(each[1:], expected[1:]) for each in found)


def test_a_training_meanwhile_is_not_undone(model):
    terrain = Terrain(model, TEXTS)
    with torch.no_grad():
        next(model.hf.parameters()).add_(1.0)
    trained = module_digest(model.hf)
    with pytest.raises(ModelError, match="were changed since"):
        terrain.losses((0.1, random_direction(model.hf, 0)))
    assert module_digest(model.hf) == trained


def gpt2():
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=300, n_embd=16, n_layer=1, n_head=2, n_positions=32, eos_token_id=0)
    return GPT2LMHeadModel(config)


def test_a_tied_matrix_is_drawn_once_and_stays_tied():
    hf = gpt2()
    model = llmgeo.load(hf)
    direction = random_direction(hf, 0)
    assert "transformer.wte.weight" in direction
    assert "lm_head.weight" not in direction
    Terrain(model, TEXTS).losses((0.1, direction))
    assert hf.lm_head.weight is hf.transformer.wte.weight


def test_filters_are_columns_of_conv1d_and_rows_of_all_others():
    hf = gpt2()
    direction = random_direction(hf, 0)
    for name, within in {"transformer.h.0.attn.c_attn.weight": 0, "transformer.wte.weight": 1}.items():
        weight = hf.get_parameter(name)
        assert torch.allclose(direction[name].norm(dim=within), weight.norm(dim=within), rtol=1e-5)
        assert not torch.allclose(direction[name].norm(dim=1 - within), weight.norm(dim=1 - within), rtol=1e-2)
    assert not [name for name in direction if "bias" in name or "ln_" in name]


def test_experts_are_normalised_row_by_row():
    class Experts(nn.Module):
        def __init__(self, is_transposed):
            super().__init__()
            self.is_transposed = is_transposed
            self.gate_up_proj = nn.Parameter(torch.randn(3, 5, 4))

    for is_transposed, within in ((False, 2), (True, 1)):
        experts = Experts(is_transposed)
        assert filter_dimensions(experts) == {"gate_up_proj": (within,)}
        drawn = random_direction(experts, 0)["gate_up_proj"]
        assert torch.allclose(drawn.norm(dim=within), experts.gate_up_proj.norm(dim=within), rtol=1e-5)


def test_biases_of_experts_stay():
    class Experts(nn.Module):
        def __init__(self):
            super().__init__()
            self.down_proj = nn.Parameter(torch.ones(2, 3, 4))
            self.down_proj_bias = nn.Parameter(torch.ones(2, 4))

    assert list(filter_dimensions(Experts())) == ["down_proj"]


class Quadratic(nn.Module):
    """Half the sum of d w², whose Hessian is diag(d)."""

    def __init__(self, diagonal):
        super().__init__()
        self.diagonal = torch.tensor(diagonal, dtype=torch.float64)
        self.weight = nn.Parameter(torch.ones(1, len(diagonal), dtype=torch.float64))

    def loss(self):
        return (self.weight**2 * self.diagonal).sum() / 2


def eigenvalues(network, loss=None):
    hessian = Hessian(network, loss or network.loss)
    with hessian.graph():
        return [(each.value, each.status) for each in hessian.eigenvalues(3)]


def test_a_hessian_of_zero_or_of_no_numbers_has_a_status():
    assert eigenvalues(Quadratic([0.0] * 50)) == [(0.0, "ok")] * 2
    found = eigenvalues(Quadratic([np.nan] + [1.0] * 49))
    assert np.isnan([value for value, _ in found]).all()
    assert {status for _, status in found} == {"undefined"}


def test_ends_that_lanczos_did_not_reach_are_not_mistaken_for_each_other(monkeypatch):
    def not_reached(*_, **__):
        raise ArpackNoConvergence("no", np.array([5.0]), np.zeros((50, 1)))

    monkeypatch.setattr("llmgeo.model.landscape.hessian.eigsh", not_reached)
    (largest, _), (smallest, _) = eigenvalues(Quadratic([-3.0, 5.0] + [0.5] * 48))
    assert (largest, smallest) == (pytest.approx(5.0, rel=1e-3), pytest.approx(-3.0, rel=1e-3))


def test_code_without_a_second_derivative_is_told():
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            context.save_for_backward(x)
            return x * x

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(context, gradient):
            return 2 * context.saved_tensors[0] * gradient

    network = Quadratic([1.0, 2.0, 3.0])
    with pytest.raises(ModelError, match="no second derivative"):
        eigenvalues(network, lambda: Once.apply(network.weight).square().sum())


def test_a_direction_depends_on_names_alone():
    first = nn.ModuleDict({"a": nn.Linear(3, 2), "b": nn.Linear(3, 2)})
    second = nn.ModuleDict({"b": first["b"], "a": first["a"]})
    one, two = random_direction(first, 7), random_direction(second, 7)
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not torch.equal(one["a.weight"], random_direction(first, 8)["a.weight"])


def test_a_filter_of_zeros_stays():
    layer = nn.Linear(3, 2)
    layer.weight.data[0] = 0
    drawn = random_direction(layer, 0)["weight"]
    assert torch.equal(drawn[0], torch.zeros(3))
    assert torch.isfinite(drawn).all()


def test_slope_and_curvature_agree_with_differences():
    model = llmgeo.load(toy_model(layers=2, width=16, seed=0).double(), tokenizer=toy_tokenizer())
    terrain, direction, step = Terrain(model, TEXTS), random_direction(model.hf, 2), 1e-3
    below, at, above = (terrain.losses((alpha, direction)).mean() for alpha in (-step, 0.0, step))
    with terrain.hessian(len(TEXTS)) as hessian:
        slope, curvature = hessian.slope_and_curvature(direction)
    assert (above - below) / (2 * step) == pytest.approx(slope, rel=0.01)
    assert (above - 2 * at + below) / step**2 == pytest.approx(curvature, rel=0.01)


def test_eigenvalues_and_trace_are_those_of_hessian_eigenthings(model):
    """An independent package, on the same loss, by the weights of one block's projection."""
    [name] = block_names(model.hf, "*layers.1.mlp.down_proj*")
    with Terrain(model, TEXTS).hessian(len(TEXTS), [name]) as hessian:
        largest, *_, smallest = hessian.eigenvalues(1)
        trace, error = hessian.trace(60)

    def loss(module, batch):
        means = [module(torch.tensor([text]), labels=torch.tensor([text])).loss for text in batch]
        return torch.stack(means).mean()

    with sdpa_kernel(SDPBackend.MATH):
        operator = eigenthings.HessianOperator(model.hf, [TEXTS], loss, param_filter=eigenthings.match_names(name))
        ends = {
            which: float(eigenthings.lanczos(operator, k=1, max_iter=40, which=which, seed=0).eigenvalues[0])
            for which in ("LA", "SA")
        }
        theirs = eigenthings.hutchinson(operator, num_samples=60, seed=1)
    assert largest.value == pytest.approx(ends["LA"], rel=1e-3)
    assert smallest.value == pytest.approx(ends["SA"], rel=1e-3)
    assert abs(trace - theirs.estimate) < 4 * np.hypot(error, theirs.stderr)


def test_weaker_skips_are_less_of_what_passes_the_blocks(model):
    blocks, seen, text = model.blocks, {}, TEXTS[:1]
    hooks = [
        blocks[0].register_forward_hook(lambda _, args, out: seen.update(first=seen.get("first", (args[0], out)))),
        blocks[1].register_forward_pre_hook(lambda _, args: seen.update(second=args[0])),
    ]  # the first pass is without weaker skips, and so is the block's own output
    before = len(blocks[0]._forward_hooks)
    plain = Terrain(model, text).losses()
    weak = Terrain(model, text, skip=0.75).losses()
    given, out = seen["first"]
    out = out if isinstance(out, torch.Tensor) else out[0]
    assert torch.allclose(seen["second"], out - 0.25 * given, atol=1e-6)
    assert weak[0] != plain[0]
    assert len(blocks[0]._forward_hooks) == before
    assert Terrain(model, text).losses().tolist() == plain.tolist()
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_sixteen_bits_are_refused(dtype):
    model = llmgeo.load(toy_model(layers=2, width=16).to(dtype), tokenizer=toy_tokenizer())
    with pytest.raises(ModelError, match="float32"):
        Terrain(model, TEXTS)


def test_what_cannot_be_moved_or_read_is_refused(model):
    with pytest.raises(UsageError, match="single token"):
        Terrain(model, [(1,)])
    with pytest.raises(ModelError, match="no matrix"):
        Displacement(nn.LayerNorm(3))
    with pytest.raises(ModelError, match="not in memory"):
        Displacement(nn.Linear(2, 2, device="meta"))
    adapter = nn.Linear(2, 2)
    adapter.peft_config = {"default": 1}
    with pytest.raises(ModelError, match="Merge it first"):
        Displacement(adapter)
    with pytest.raises(UsageError, match="no weight is called"):
        block_names(model.hf, "*nothing*")


def test_models_between_which_no_way_leads_are_refused(model):
    with pytest.raises(UsageError, match="different weights"):
        common_weights(model, llmgeo.load(toy_model(layers=3, width=16), tokenizer=toy_tokenizer()))
    with pytest.raises(UsageError, match="has shape"):
        common_weights(model, llmgeo.load(toy_model(layers=2, width=32), tokenizer=toy_tokenizer()))
    other = copy.deepcopy(model.tokenizer)
    swapped = {**other.get_vocab()}
    a, b = list(swapped)[:2]
    swapped[a], swapped[b] = swapped[b], swapped[a]
    other.get_vocab = lambda: swapped
    with pytest.raises(UsageError, match="number their tokens differently"):
        common_weights(model, llmgeo.load(toy_model(layers=2, width=16), tokenizer=other))


def test_of_a_longer_vocabulary_the_common_rows_are_moved(model):
    longer = toy_model(layers=2, width=16, seed=1)
    rows = longer.get_input_embeddings().weight.shape[0]
    longer.resize_token_embeddings(rows + 5)
    other = llmgeo.load(longer, tokenizer=toy_tokenizer())
    weights, remark = common_weights(model, other)
    assert f"the first {rows:,} rows" in remark
    terrain = Terrain(model, TEXTS)
    with terrain.displacement.between(weights, 1.0):
        own = model.hf.get_input_embeddings().weight
        assert torch.equal(own, longer.get_input_embeddings().weight[:rows])
    back, _ = common_weights(other, model)
    with Displacement(longer).between(back, 1.0):
        assert longer.get_input_embeddings().weight.shape[0] == rows + 5


def test_the_plane_of_a_training_keeps_distances_within_it():
    generator = torch.Generator().manual_seed(0)
    end = {"a": torch.randn(4, 3, generator=generator), "b": torch.randn(2, generator=generator)}
    axes = [{name: torch.randn(each.shape, generator=generator) for name, each in end.items()} for _ in range(2)]
    places = [(3.0, 1.0), (2.0, -1.0), (0.5, 0.2)]
    path = [{name: end[name] + x * axes[0][name] + y * axes[1][name] for name in end} for x, y in places]
    plane = training_plane(end, path)
    exact = np.array([length({name: each[name] - end[name] for name in end}) for each in path])
    assert np.linalg.norm(plane.coordinates, axis=1) == pytest.approx(exact, rel=1e-5)
    assert [length(axis) for axis in plane.axes] == pytest.approx([1, 1], rel=1e-5)
    assert np.sqrt(np.diag(plane.products)) == pytest.approx(exact, rel=1e-5)


def test_a_training_is_read_once_and_chunk_by_chunk(monkeypatch):
    """The same plane, whatever is in memory at once: principal axes are numpy's singular vectors."""
    monkeypatch.setattr("llmgeo.model.landscape.training_plane.CHUNK", 5)
    generator = torch.Generator().manual_seed(1)
    end = {"a": torch.randn(4, 3, generator=generator), "b": torch.randn(2, generator=generator)}
    path = [{name: torch.randn(each.shape, generator=generator) for name, each in end.items()} for _ in range(4)]
    plane = training_plane(end, iter(path))
    flat = np.stack([np.concatenate([(each[name] - end[name]).flatten() for name in end]) for each in path])
    left, sizes, right = np.linalg.svd(flat.astype(np.float64), full_matrices=False)
    assert np.abs(plane.coordinates) == pytest.approx(np.abs(left[:, :2] * sizes[:2]), rel=1e-5)
    for axis, vector in zip(plane.axes, right, strict=False):
        along = np.concatenate([axis[name].flatten() for name in end])
        assert abs(along @ vector) == pytest.approx(1, rel=1e-5)
