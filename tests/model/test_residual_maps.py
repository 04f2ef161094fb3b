"""Maps between residual streams against the model's own parameters, and what is said where there are none."""

import pytest
import torch
from transformers import AutoModelForCausalLM
from transformers.models.glm5_next import Glm5NextConfig, Glm5NextForConditionalGeneration

import llmgeo
from llmgeo.errors import ModelError
from llmgeo.measures.maps.gains import backward_gain, composites, forward_gain
from llmgeo.measures.maps.sinkhorn import sinkhorn_knopp
from llmgeo.model.capture import residual_maps
from llmgeo.model.capture.residual_maps import read_residual_maps
from tests.families.check import build
from tests.families.shrink import shrink, tiny_config

IDS = list(range(11, 41))


def streams_model(config, build=AutoModelForCausalLM.from_config):
    torch.manual_seed(0)
    model = build(config).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():  # as initialised, every map is nearly uniform
        for name, parameter in model.named_parameters():
            if name.endswith("_hc.base"):
                parameter.copy_(2 * torch.randn(parameter.shape, generator=generator))
            elif name.endswith("_hc.scale"):
                parameter.fill_(1.0)
    return model


@pytest.fixture(scope="module")
def deepseek():
    return llmgeo.load(streams_model(tiny_config("deepseek_v4")))


def test_maps_are_what_the_parts_give_turned_round(deepseek):
    given = []
    hooks = [
        part.register_forward_hook(lambda module, args, output: given.append(output[1][0].transpose(-1, -2)))
        for block in deepseek.blocks
        for part in (block.attn_hc, block.ffn_hc)
    ]
    with torch.no_grad():
        deepseek.hf(torch.tensor([IDS]))
    for hook in hooks:
        hook.remove()
    found = read_residual_maps(deepseek, IDS)
    torch.testing.assert_close(found.maps, torch.stack(given).float())
    assert found.parts[:3] == ("block 1 attn_hc", "block 1 ffn_hc", "block 2 attn_hc")
    assert not found.is_identity


def test_maps_are_sinkhorns_of_the_logits_that_the_model_computes(deepseek):
    """Its parameters and our iterations give its maps, but for the epsilon that it adds at each division."""
    part, given = deepseek.blocks[1].attn_hc, []
    hook = part.register_forward_pre_hook(lambda module, args: given.append(args[0][0].flatten(1)))
    with torch.no_grad():
        deepseek.hf(torch.tensor([IDS]))
        logits = torch.nn.functional.linear(part.input_norm(given[0]), part.fn)[:, 8:] * part.scale[2] + part.base[8:]
    hook.remove()
    found = read_residual_maps(deepseek, IDS)
    expected = sinkhorn_knopp(logits.unflatten(1, (4, 4)).transpose(-1, -2))
    place = found.parts.index("block 2 attn_hc")
    torch.testing.assert_close(found.maps[place].double(), expected, rtol=1e-4, atol=1e-4)


def test_rows_sum_to_one_and_the_error_is_in_the_columns(deepseek):
    maps = read_residual_maps(deepseek, IDS).maps.double()
    assert float((maps.sum(-1) - 1).abs().max()) < 1e-5
    assert float((maps.sum(-2) - 1).abs().max()) > 1e-4
    whole = composites(maps)
    assert float((forward_gain(whole) - 1).abs().max()) < 1e-4
    assert 1 < float(backward_gain(whole).max()) < 1.6


def test_glm_is_known_without_being_named():
    own = {
        "num_key_value_heads": 4,
        "qk_rope_head_dim": 0,
        "qk_nope_head_dim": 16,
        "layer_types": ["indexed_attention"] * 4,  # its linear attention takes seconds a pass without a kernel
    }
    config = shrink(Glm5NextConfig, {"text_config": own})
    model = llmgeo.load(streams_model(config, Glm5NextForConditionalGeneration))
    maps = read_residual_maps(model, IDS).maps
    assert maps.shape[2:] == (model.verified.layout.streams,) * 2
    assert float((maps.sum(-1) - 1).abs().max()) < 1e-5


def test_streams_that_are_only_added_to_have_the_identity():
    model = llmgeo.load(streams_model(tiny_config("hy_v4")))
    found = read_residual_maps(model, IDS)
    assert found.is_identity
    assert torch.equal(found.maps, torch.eye(found.maps.shape[-1]).expand_as(found.maps))


@pytest.mark.parametrize("family", ["qwen4_exp", "llama"])
def test_one_stream_is_never_mixed(family):
    with pytest.raises(ModelError, match="the residual map is the identity: its blocks hand on one vector"):
        read_residual_maps(llmgeo.load(build(family)), IDS)


def test_a_matrix_that_does_not_leave_one_vector_is_refused(deepseek, monkeypatch):
    monkeypatch.setattr(residual_maps, "_matrix", lambda reader, way: torch.rand(len(reader.streams), 4, 4))
    with pytest.raises(ModelError, match=r"block 1 \w+_hc does to the streams is no matrix that it gives"):
        read_residual_maps(deepseek, IDS)
