"""Which matrices a checkpoint has: layouts of families, experts, fused and quantised tensors, each named or refused."""

from itertools import pairwise

import pytest
import torch
from safetensors.torch import save_file

from llmgeo.errors import ModelError, UsageError
from llmgeo.model.matrices import Header, matrices_of, wanted
from llmgeo.model.sources.matrix_source import open_matrices
from llmgeo.model.sources.toy import toy_model


def only(name, shape, dtype="float32", **config):
    return matrices_of([Header(name, shape, dtype)], config)


@pytest.mark.parametrize(
    ("name", "kind", "layer"),
    [
        ("model.layers.0.self_attn.q_proj.weight", "q", 1),
        ("model.layers.11.self_attn.o_proj.weight", "o", 12),
        ("model.layers.2.mlp.down_proj.weight", "down", 3),
        ("transformer.h.3.attn.c_proj.weight", "o", 4),
        ("transformer.h.3.mlp.c_proj.weight", "down", 4),
        ("gpt_neox.layers.1.attention.query_key_value.weight", "qkv", 2),
        ("gpt_neox.layers.1.attention.dense.weight", "o", 2),
        ("gpt_neox.layers.1.mlp.dense_4h_to_h.weight", "down", 2),
        ("model.layers.1.block_sparse_moe.experts.3.w2.weight", "expert down", 2),
        ("model.layers.1.mlp.shared_expert.up_proj.weight", "shared expert up", 2),
        ("model.layers.1.mlp.gate.weight", "router", 2),
        ("model.decoder.layers.1.self_attn.out_proj.weight", "o", 2),
        ("backbone.layers.4.mixer.x_proj.weight", "x_proj", 5),
        ("model.embed_tokens.weight", "embedding", 0),
        ("transformer.wpe.weight", "positions", 0),
        ("lm_head.weight", "head", None),
    ],
)
def test_a_name_tells_kind_and_layer(name, kind, layer):
    [matrix] = only(name, (8, 6))
    assert (matrix.kind, matrix.layer, matrix.status) == (kind, layer, "ok")


def test_fused_tensors_are_taken_apart_where_their_parts_lie_one_behind_the_other():
    parts = only("model.layers.0.self_attn.qkv_proj.weight", (32, 16), num_attention_heads=4, num_key_value_heads=2)
    assert [(each.kind, each.outputs) for each in parts] == [("q", (0, 16)), ("k", (16, 24)), ("v", (24, 32))]
    [whole] = only("gpt_neox.layers.0.attention.query_key_value.weight", (48, 16), num_attention_heads=4)
    assert (whole.kind, whole.outputs) == ("qkv", None)  # heads lie between its parts
    assert [each.kind for each in only("model.layers.0.mlp.gate_up_proj.weight", (64, 16))] == ["gate", "up"]


@pytest.mark.parametrize(
    ("name", "rows", "config", "ends"),
    [
        ("qkv_proj", 48, {"model_type": "codegen", "num_attention_heads": 4, "n_embd": 16}, None),
        ("c_attn", 24, {"model_type": "gpt_bigcode", "n_head": 4, "n_embd": 16, "multi_query": True}, [16, 20, 24]),
        ("c_attn", 48, {"model_type": "gpt_bigcode", "n_head": 4, "n_embd": 16, "multi_query": False}, None),
        ("qkv_proj", 48, {"model_type": "minimax", "num_attention_heads": 4, "hidden_size": 16}, None),
        ("qkv_proj", 48, {"num_attention_heads": 4, "hidden_size": 32}, None),  # a head would have four rows, not eight
        ("qkv_proj", 48, {"num_attention_heads": 4, "hidden_size": 32, "head_dim": 4}, [16, 32, 48]),
    ],
)
def test_queries_keys_and_values_are_parted_only_where_they_are_blocks_of_known_size(name, rows, config, ends):
    parts = only(f"h.0.attn.{name}.weight", (rows, 16), **config)
    assert [each.outputs and each.outputs[1] for each in parts] == (ends or [None])


def test_one_head_for_all_keys_is_cut_as_the_model_cuts_it():
    from transformers import GPTBigCodeConfig, GPTBigCodeForCausalLM

    model = GPTBigCodeForCausalLM(GPTBigCodeConfig(vocab_size=40, n_layer=1, n_positions=8, n_embd=16, n_head=4))
    attention = model.transformer.h[0].attn
    ends = [0, attention.embed_dim, attention.embed_dim + attention.kv_dim, len(attention.c_attn.weight)]
    assert [each.outputs for each in open_matrices(model, patterns=["c_attn"]).matrices] == list(pairwise(ends))


@pytest.mark.parametrize(
    ("name", "shape", "family", "is_turned"),
    [
        ("down_proj", (2, 16, 16), "gpt_oss", True),
        ("gate_up_proj", (2, 16, 16), "llama4_text", True),
        ("down_proj", (2, 16, 16), "qwen3_moe", None),  # square: which side is which?
        ("gate_up_proj", (2, 12, 24), "qwen3_moe", None),  # no side has the width
        ("wi", (2, 12, 16), "qwen3_moe", None),  # into the width, or out of it?
        ("gate_up_proj", (2, 12, 16), "qwen3_moe", False),
        ("down_proj", (2, 16, 12), "qwen3_moe", False),
        ("down_proj", (2, 12, 16), "qwen3_moe", True),
    ],
)
def test_the_inputs_of_an_expert_are_known_or_it_is_refused(name, shape, family, is_turned):
    [first, _] = only(f"layers.0.mlp.experts.{name}", shape, model_type=family, hidden_size=16)
    assert first.status == ("sides_unknown" if is_turned is None else "ok")
    assert first.is_turned == bool(is_turned)


@pytest.mark.parametrize("number", ["1234567", "9" * 5000])
def test_a_number_that_no_layer_has_is_none(number):
    [matrix] = only(f"model.layers.{number}.mlp.up_proj.weight", (8, 6))
    assert matrix.layer is None


def test_gpt2_stores_inputs_as_rows(tmp_path):
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(GPT2Config(vocab_size=40, n_embd=16, n_layer=1, n_head=2, n_positions=8))
    model.save_pretrained(tmp_path)
    source = open_matrices(tmp_path)
    shapes = {each.kind: (each.rows, each.columns) for each in source.matrices}
    assert shapes == {
        "q": (16, 16), "k": (16, 16), "v": (16, 16), "o": (16, 16), "up": (64, 16), "down": (16, 64),
        "embedding": (40, 16), "positions": (8, 16),
    }  # fmt: skip
    by_kind = {each.kind: each for each in source.matrices}
    block = model.transformer.h[0]
    assert torch.equal(source.read(by_kind["k"]), block.attn.c_attn.weight.T[16:32])
    assert torch.equal(source.read(by_kind["up"]), block.mlp.c_fc.weight.T)
    assert {each.name for each in open_matrices(model).matrices} == {each.name for each in source.matrices}


def test_each_expert_is_a_matrix_and_none_but_its_own_is_read(tmp_path):
    stacked = torch.arange(2 * 16 * 12.0).reshape(2, 16, 12)
    save_file({"model.layers.0.mlp.experts.gate_up_proj": stacked}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text('{"model_type": "llama", "hidden_size": 16, "num_hidden_layers": 1}')
    source = open_matrices(tmp_path)
    assert [(each.name[-3:], each.kind, each.rows, each.is_turned) for each in source.matrices] == [
        ("[0]", "expert gate_up", 12, True), ("[1]", "expert gate_up", 12, True),
    ]  # fmt: skip
    assert torch.equal(source.read(source.matrices[1]), stacked[1].T)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([Header("layers.0.mlp.up_proj.qweight", (8, 8), "i32")], "quantised_codes"),
        ([Header("layers.0.mlp.up_proj.weight", (8, 8), "u8")], "quantised_codes"),
        ([Header("layers.0.mlp.up_proj.weight", (8, 8), "f8_e4m3")], "quantised_codes"),
        ([Header("layers.0.mlp.up_proj.scales", (8, 8), "float16")], "quantised_codes"),
        ([Header("layers.0.mlp.up_proj.weight_scale_inv", (8, 4), "float32")], "quantised_codes"),
        ([Header("layers.0.mlp.up_proj.weight_scale", (256, 4), "float32")], "quantised_codes"),
        ([Header("layers.0.mlp.up_proj.weight_scale_2", (256, 4), "float32")], "quantised_codes"),
        ([Header("layers.0.mlp.experts.gate_up_proj_blocks", (2, 8, 4, 16), "u8")], "quantised_codes"),
        (
            [
                Header("layers.0.mlp.up_proj.weight", (8, 8), "bfloat16"),
                Header("layers.0.mlp.up_proj.weight_scale_inv", (1,), "float32"),
            ],
            "quantised_codes",
        ),
        ([Header("layers.0.mixer.conv1d.weight", (8, 1, 4), "float32")], "not_a_matrix"),
        ([Header("layers.0.mlp.up_proj.weight", (9000, 9000), "float32")], "too_large"),
        ([Header("layers.0.mlp.shared_expert_gate.weight", (1, 64), "float32")], "one_row"),
    ],
)
def test_what_is_no_plain_matrix_is_named_with_its_reason(headers, status):
    found = matrices_of(headers, {})
    assert {matrix.status for matrix in found} == {status}
    if status == "quantised_codes":
        assert {matrix.kind for matrix in found} <= {"up", "expert gate_up"}  # scales are of their matrix's kind


def test_a_head_that_is_tied_is_no_second_matrix():
    headers = [Header("model.embed_tokens.weight", (9, 4), "float32"), Header("lm_head.weight", (9, 4), "float32")]
    assert [each.status for each in matrices_of(headers, {"tie_word_embeddings": True})] == ["ok", "tied"]


def test_patterns_and_what_fits_none():
    assert wanted("model.layers.3.self_attn.q_proj.weight", ["*.q_proj", "nothing"])
    assert not wanted("model.layers.3.self_attn.q_proj.weight", ["layers.*.mlp.*"])
    with pytest.raises(UsageError, match=r"fits none of the 57 tensors.*layers"):
        open_matrices("toy", patterns=["blocks.*"])


def test_an_adapter_is_refused(tmp_path):
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "toy"}')
    with pytest.raises(ModelError, match="merge_and_unload"):
        open_matrices(tmp_path)


def test_files_and_memory_hold_the_same_matrices(tmp_path):
    model = toy_model(layers=2)
    model.save_pretrained(tmp_path)
    files, memory = open_matrices(tmp_path, patterns=["layers.*"]), open_matrices(model, patterns=["layers.*"])
    assert files.matrices == memory.matrices
    assert files.vectors == memory.vectors == 4
    assert all(torch.equal(files.read(each), memory.read(each)) for each in files.matrices)
    with torch.no_grad():
        model.model.layers[0].mlp.up_proj.weight[0, 0] += 1
    model.save_pretrained(tmp_path)
    assert open_matrices(tmp_path, patterns=["layers.*"]).revision != files.revision


def test_a_damaged_file_is_one_message(tmp_path):
    toy_model(layers=2).save_pretrained(tmp_path)
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(ModelError, match="is not a whole safetensors file"):
        open_matrices(tmp_path)


def test_layers_choose(tmp_path):
    source = open_matrices("toy", patterns=["layers.*.mlp.*"], layers="2-3")
    assert {each.layer for each in source.matrices} == {2, 3}
    with pytest.raises(UsageError, match="40"):
        open_matrices("toy", layers="40")
