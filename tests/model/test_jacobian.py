"""Jacobians of the last token against torch.func.jacrev over the whole text, and finite differences."""

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

import llmgeo
from llmgeo.errors import ModelError
from llmgeo.model import jacobian
from llmgeo.model.capture.hooks import hidden_of
from llmgeo.model.jacobian import LastToken
from tests.families.check import build

IDS = [11, 12, 13, 21, 22, 23, 24]


@pytest.fixture(scope="module", params=["toy", "gpt2", "gemma2", "gpt_neox"])
def token(request):
    return LastToken(llmgeo.load("toy" if request.param == "toy" else build(request.param)), IDS)


def onward(model, layer, ids=IDS):
    """The last block's output of the last token as a function of its state after a layer, in a pass over the text."""

    def function(state):
        found = []

        def replace(module, args, output):
            hidden = hidden_of(output)
            changed = torch.cat([hidden[:, :-1], state[None, None]], 1)
            return (changed, *output[1:]) if isinstance(output, tuple) else changed

        hooks = [
            model.blocks[layer - 1].register_forward_hook(replace),
            model.blocks[-1].register_forward_hook(lambda module, args, output: found.append(hidden_of(output))),
        ]
        try:
            model.hf(torch.tensor([list(ids)]), use_cache=False)
        finally:
            for hook in hooks:
                hook.remove()
        return found[0][0, -1]

    return function


def expected(token, layer):
    with sdpa_kernel(SDPBackend.MATH):
        return torch.func.jacrev(onward(token.model, layer))(token.states[layer]).detach()


def test_it_is_jacrevs_over_the_whole_text(token):
    layer = token.model.layers - 1
    torch.testing.assert_close(token.jacobian(layer), expected(token, layer), rtol=1e-3, atol=1e-3)


def test_it_is_jacrevs_from_an_early_layer():
    token = LastToken(llmgeo.load("toy"), IDS)
    torch.testing.assert_close(token.jacobian(1), expected(token, 1), rtol=1e-3, atol=1e-3)


def test_from_the_embedding_it_is_what_differences_are():
    model = llmgeo.load("toy")
    model.hf.double()
    token = LastToken(llmgeo.load(model.hf), IDS)
    direction = torch.randn(model.width, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with token._running():
        ends = [token._onward(0, (token.states[0] + step * direction)[None])[0] for step in (1e-3, -1e-3)]
    pushed = token.jacobian(0).double() @ direction
    assert float((pushed - (ends[0] - ends[1]) / 2e-3).norm() / pushed.norm()) < 5e-3  # its norms compute in float32


def test_the_last_layer_depends_on_itself(token):
    torch.testing.assert_close(token.jacobian(token.model.layers), torch.eye(token.model.width))


def test_the_search_finds_what_the_whole_jacobian_has(token):
    layer = token.model.layers - 2
    whole = token.gains(layer)
    searched = token.searched(layer)
    assert searched.has_ended
    assert searched.rounds > 2
    assert searched.largest == pytest.approx(whole.largest, rel=5e-3)
    assert searched.random == pytest.approx(whole.random, rel=0.05)
    assert whole.rounds == 0


@pytest.mark.parametrize("family", ["mixtral", "deepseek_v3", "bloom"])
def test_blocks_without_forward_derivatives_are_searched_too(family):
    """Experts that are computed in groups, and a GELU of its own, have derivatives backward alone."""
    token = LastToken(llmgeo.load(build(family)), IDS)
    layer = token.model.layers - 2
    whole, searched = token.jacobian(layer), token.searched(layer)
    assert searched.largest == pytest.approx(float(torch.linalg.matrix_norm(whole, 2)), rel=5e-3)
    assert searched.random == pytest.approx(float(whole.norm()) / token.model.width**0.5, rel=0.05)


def test_pushing_forward_is_what_the_whole_jacobian_does(token):
    directions = torch.randn(8, token.model.width, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    with token._running(), sdpa_kernel(SDPBackend.MATH):
        pushed = token._pushed(2, token._start(2, 8), directions)
    torch.testing.assert_close(pushed, directions @ token.jacobian(2).double().T, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("family", ["qwen3_next", "falcon_h1", "zaya", "mamba", "modernbert-decoder"])
def test_a_cache_that_cannot_be_repeated_is_read_in_as_many_rows(family):
    """Recurrent states and convolutions: none are repeated, or some, and some have names of their own."""
    token = LastToken(llmgeo.load(build(family)), IDS)
    layer = token.model.layers - 1
    torch.testing.assert_close(token.jacobian(layer), expected(token, layer), rtol=1e-3, atol=1e-3)


def test_memory_that_ran_out_is_not_taken_for_a_missing_jacobian(monkeypatch):
    token = LastToken(llmgeo.load("toy"), IDS)

    def full(*given):
        raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(token, "_onward", full)
    with pytest.raises(RuntimeError, match="out of memory"):
        token.jacobian(3)
    monkeypatch.setattr(token, "_onward", lambda layer, given: given.detach())
    with pytest.raises(ModelError, match="no gradient goes through"):
        token.jacobian(3)


def test_fewer_copies_at_once_give_the_same():
    model = llmgeo.load("toy")
    few, many = (LastToken(model, IDS, copies=copies).jacobian(2) for copies in (5, 64))
    torch.testing.assert_close(few, many)


def test_wide_models_are_searched(monkeypatch):
    monkeypatch.setattr(jacobian, "WIDEST", 63)
    assert LastToken(llmgeo.load("toy"), IDS).gains(4).rounds > 0


def test_a_search_without_rounds_says_that_it_has_not_ended(monkeypatch):
    monkeypatch.setattr(jacobian, "MOST_ROUNDS", 2)
    assert not LastToken(llmgeo.load("toy"), IDS).searched(4).has_ended


def test_weights_have_no_gradient_and_no_hook_stays():
    model = llmgeo.load("toy")
    hooks = [(len(block._forward_hooks), len(block._forward_pre_hooks)) for block in model.blocks]
    LastToken(model, IDS).jacobian(0)
    assert all(parameter.grad is None for parameter in model.hf.parameters())
    assert [(len(block._forward_hooks), len(block._forward_pre_hooks)) for block in model.blocks] == hooks


def test_earlier_tokens_matter_and_are_held_fixed():
    model = llmgeo.load("toy")
    here, elsewhere = (LastToken(model, ids).jacobian(2) for ids in (IDS, [31, 32, 33, *IDS[-1:]]))
    assert not torch.allclose(here, elsewhere, rtol=1e-3)


@pytest.mark.parametrize(("family", "said"), [("deepseek_v4", "several residual streams"), ("rwkv", "cache|differs")])
def test_models_without_one_token_passes_are_told(family, said):
    with pytest.raises(ModelError, match=said):
        LastToken(llmgeo.load(build(family)), IDS)


def test_one_token_has_no_earlier_ones():
    with pytest.raises(ModelError, match="two tokens at least"):
        LastToken(llmgeo.load("toy"), [5])
