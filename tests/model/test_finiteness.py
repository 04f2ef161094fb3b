"""Weights and states that are no numbers are told as that, and told apart."""

import pytest
import torch

import llmgeo
from llmgeo.errors import NonFiniteStatesError
from llmgeo.model.sources.toy import toy_model


def change(path, value):
    def changed(model):
        with torch.no_grad():
            model.get_parameter(path)[0, 0] = value
        return model

    return changed


DOWN = "model.layers.1.mlp.down_proj.weight"


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("path", [DOWN, "lm_head.weight", "model.layers.0.self_attn.q_proj.weight"])
def test_weights_that_are_no_numbers_are_named(path, value):
    hf = change(path, value)(toy_model(layers=2, width=16))
    with pytest.raises(NonFiniteStatesError) as caught:
        llmgeo.load(hf)
    numbers = hf.get_parameter(path).numel()
    assert f"hold NaN or infinity: 1 of the {numbers:,} numbers of {path}." in str(caught.value)


def test_a_mask_of_infinity_is_allowed():
    hf = toy_model(layers=2, width=16)
    hf.register_buffer("mask", torch.full((3, 3), -torch.inf).triu(1))
    assert llmgeo.load(hf).layers == 2


def test_several_are_counted():
    hf = change("lm_head.weight", torch.nan)(change(DOWN, torch.nan)(toy_model(layers=2, width=16)))
    with pytest.raises(NonFiniteStatesError, match=rf"numbers of {DOWN}, and 1 other tensors hold some too"):
        llmgeo.load(hf)


def test_a_buffer_may_be_the_one():
    hf = toy_model(layers=2, width=16)
    hf.model.rotary_emb.inv_freq.fill_(torch.nan)
    with pytest.raises(NonFiniteStatesError, match=r"model\.rotary_emb\.inv_freq"):
        llmgeo.load(hf)


@pytest.mark.parametrize(
    ("dtype", "factor", "message"),
    [
        (
            torch.float16,
            1e5,
            r"overflows float16, whose largest number is 6\.55e\+04, at layer 1: load it with dtype='bf",
        ),
        (torch.float32, 3e38, r"overflows float32.* at layer 1: its weights are far too large"),
    ],
)
def test_states_that_overflow(dtype, factor, message):
    hf = toy_model(layers=2, width=16)
    with torch.no_grad():
        hf.model.layers[0].mlp.down_proj.weight.mul_(min(factor, torch.finfo(dtype).max / 4))
        hf.model.layers[0].mlp.up_proj.weight.mul_(50)
    with pytest.raises(NonFiniteStatesError, match=message):
        llmgeo.load(hf.to(dtype))


def test_logits_that_overflow():
    hf = toy_model(layers=2, width=16)
    with torch.no_grad():
        hf.lm_head.weight.mul_(6e4)
        hf.model.norm.weight.mul_(100)
    with pytest.raises(NonFiniteStatesError, match=r"overflows float16.* at the logits"):
        llmgeo.load(hf.half())


def test_a_token_that_can_never_come_is_allowed():
    hf = toy_model(layers=2, width=16)
    hf.lm_head.register_forward_hook(lambda module, args, logits: logits.index_fill(-1, torch.tensor([5]), -torch.inf))
    assert llmgeo.load(hf).layers == 2
