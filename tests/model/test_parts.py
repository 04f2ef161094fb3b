"""What a model's parts do, found by what they do: writes, the final norm, and the same network before training."""

import pytest
import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    GraniteConfig,
    GraniteForCausalLM,
    MambaConfig,
    MambaForCausalLM,
)

import llmgeo
from llmgeo.errors import ModelError
from llmgeo.model.capture.writes import find_writers, read_writes
from llmgeo.model.final_norm import after_final_norm, find_final_norm
from llmgeo.model.random_network import random_network
from tests.model.families import BUILDERS, ENDS, MODERN, VOCABULARY, build

IDS = tuple(range(20, 60))
SETTINGS = {"vocab_size": VOCABULARY, **ENDS}


@pytest.fixture(scope="module", params=[*BUILDERS, "gemma2"])
def model(request):
    if request.param == "gemma2":
        torch.manual_seed(3)
        config = Gemma2Config(num_key_value_heads=2, head_dim=8, **MODERN, **SETTINGS)
        return llmgeo.load(Gemma2ForCausalLM(config).eval())
    return llmgeo.load(build(request.param))


def test_writes_are_all_that_a_block_adds(model):
    writes = read_writes(model, IDS, find_writers(model))
    torch.testing.assert_close(writes.states, model.read(IDS).states)
    added = writes.states[:-1] + writes.attention + writes.mlp
    torch.testing.assert_close(added, writes.states[1:], rtol=1e-3, atol=1e-3)
    assert writes.attention.shape == writes.mlp.shape == writes.states[1:].shape


def test_attention_is_the_part_that_sees_other_tokens(model):
    """The MLP's write at a token depends on this token's state alone: change the text before, and undo that."""
    writers = find_writers(model)
    one, other = (read_writes(model, ids, writers) for ids in (IDS, (*IDS[:-2], 99, IDS[-1])))
    assert torch.equal(one.states[0, -1], other.states[0, -1])
    assert not torch.allclose(one.attention[0, -1], other.attention[0, -1])


def test_the_final_norm_leads_to_the_head(model):
    norm = find_final_norm(model)
    with torch.no_grad():
        expected = model.hf.get_decoder()(torch.tensor([IDS])).last_hidden_state[0]
    found = after_final_norm(model, norm, model.read(IDS).states)
    torch.testing.assert_close(found[-1], expected, rtol=1e-4, atol=1e-4)
    assert found.shape == model.read(IDS).states.shape


def test_a_network_before_training_is_the_same_one_each_time_and_another_one(model):
    state = torch.random.get_rng_state()
    one, again, other = (random_network(model, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert (one.layers, one.width) == (model.layers, model.width)
    texts = [network.read(IDS).states for network in (one, again, other, model)]
    assert torch.equal(texts[0], texts[1])
    assert not any(torch.allclose(texts[0], states) for states in texts[2:])


@pytest.mark.parametrize(
    ("config", "kind", "why"),
    [
        (
            GraniteConfig(residual_multiplier=0.3, num_key_value_heads=2, **MODERN, **SETTINGS),
            GraniteForCausalLM,
            "attn",
        ),
        (MambaConfig(hidden_size=32, num_hidden_layers=2, **SETTINGS), MambaForCausalLM, "mixer"),
    ],
    ids=["scales what it adds", "has one part"],
)
def test_a_block_whose_parts_do_not_add_up_is_refused(config, kind, why):
    with pytest.raises(ModelError, match=why):
        find_writers(llmgeo.load(kind(config).eval()))


def test_hooks_are_gone(model):
    before = [len(part._forward_hooks) for part in model.hf.modules()]
    read_writes(model, IDS, find_writers(model))
    find_final_norm(model)
    assert [len(part._forward_hooks) for part in model.hf.modules()] == before
