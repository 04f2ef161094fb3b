"""One loader for the toy, folders, GGUF files and names; each failure is one message with what to do next."""

import inspect
import json
import shutil
import sys

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertLMHeadModel, T5Config, T5ForConditionalGeneration

import llmgeo
from llmgeo.errors import MissingPackageError, ModelError, UsageError
from llmgeo.model.sources import adapter
from llmgeo.model.sources.outline import outline
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from tests.model.families import build
from tests.model.unseen import unseen


def test_the_toy_is_the_same_every_time():
    first, second = toy_model(), toy_model()
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


@pytest.mark.parametrize("text", ["plain", "é 漢字 \u202e", "\x1b[2J</script>", "a\nb\tc"])
def test_the_toy_tokenizer_is_one_token_a_byte_and_loses_nothing(text):
    tokenizer = toy_tokenizer()
    ids = tokenizer(text)["input_ids"]
    assert len(ids) == len(text.encode())
    assert tokenizer.decode(ids) == text


def test_a_folder_gives_what_was_saved_in_it(tmp_path):
    hf = toy_model(layers=2)
    hf.save_pretrained(tmp_path)
    toy_tokenizer().save_pretrained(tmp_path)
    loaded = llmgeo.load(tmp_path)
    assert loaded.source.kind == "folder"
    trajectory = loaded.read("some text")
    direct = llmgeo.load(hf, tokenizer=toy_tokenizer()).read("some text")
    assert torch.equal(trajectory.states, direct.states)


def write_tiny_gguf(path):
    """A Llama of one block with random weights and a vocabulary of bytes, in GGUF."""
    writer = gguf.GGUFWriter(str(path), "llama")
    width, hidden, heads, vocabulary = 32, 64, 4, 260
    writer.add_context_length(128)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // heads)
    writer.add_vocab_size(vocabulary)
    alphabet = sorted(toy_tokenizer().get_vocab())
    tokens = [*alphabet, "ab", "<b>", "<c>"][:vocabulary]
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * len(tokens))
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(256)
    writer.add_eos_token_id(257)
    random = np.random.default_rng(0)

    def tensor(name, *shape):
        writer.add_tensor(name, random.normal(size=shape).astype(np.float32))

    tensor("token_embd.weight", vocabulary, width)
    tensor("output_norm.weight", width)
    tensor("output.weight", vocabulary, width)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        tensor(f"blk.0.{name}.weight", width, width)
    tensor("blk.0.ffn_gate.weight", hidden, width)
    tensor("blk.0.ffn_up.weight", hidden, width)
    tensor("blk.0.ffn_down.weight", width, hidden)
    tensor("blk.0.attn_norm.weight", width)
    tensor("blk.0.ffn_norm.weight", width)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_a_gguf_file_is_converted_once_and_loaded(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMGEO_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "tiny.gguf"
    write_tiny_gguf(file)
    model = llmgeo.load(file)
    assert (model.layers, model.width, model.source.kind) == (1, 32, "gguf")
    [folder] = [path for path in (tmp_path / "cache" / "models").iterdir() if path.is_dir()]
    written = (folder / "model.safetensors").stat().st_mtime_ns
    again = llmgeo.load(file)
    assert (folder / "model.safetensors").stat().st_mtime_ns == written
    assert torch.equal(model.read([1, 2, 3]).states, again.read([1, 2, 3]).states)


def test_a_broken_gguf_file(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMGEO_CACHE", str(tmp_path / "cache"))
    (tmp_path / "broken.gguf").write_bytes(b"GGUF nothing else")
    with pytest.raises(ModelError, match="cannot read this GGUF file"):
        llmgeo.load(tmp_path / "broken.gguf")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody/no-such-model", "neither a folder here nor a model on the hub|cannot be loaded"),
        ("no/such/folder/at/all", "There is no folder or file"),
        ("./missing", "There is no folder or file"),
        ("missing.gguf", "No GGUF file at"),
    ],
)
def test_a_name_that_is_nothing(name, message):
    with pytest.raises(ModelError, match=message):
        llmgeo.load(name)


def test_a_folder_that_is_no_model(tmp_path):
    with pytest.raises(ModelError, match=r"holds no config\.json"):
        llmgeo.load(tmp_path)


def test_a_sequence_to_sequence_model_is_refused(tmp_path):
    config = T5Config(vocab_size=50, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    T5ForConditionalGeneration(config).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="no causal language model of that family"):
        llmgeo.load(tmp_path)


def test_a_model_that_looks_ahead_is_refused():
    config = BertConfig(vocab_size=50, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2)
    with pytest.raises(ModelError, match="is not a causal language model"):
        llmgeo.load(BertLMHeadModel(config))


def test_pickled_weights_are_refused(tmp_path):
    hf = toy_model(layers=1)
    hf.config.save_pretrained(tmp_path)
    torch.save(hf.state_dict(), tmp_path / "pytorch_model.bin")
    toy_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="no safetensors weights"):
        llmgeo.load(tmp_path)


@pytest.mark.parametrize(
    ("option", "message"), [({"dtype": "int8"}, "float32"), ({"device": "quantum"}, "not a device")]
)
def test_dtypes_and_devices_that_do_not_exist(option, message):
    with pytest.raises(UsageError, match=message):
        llmgeo.load("toy", **option)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_states_keep_the_dtype_of_the_model(dtype):
    trajectory = llmgeo.load("toy", dtype=dtype).read("abc")
    assert trajectory.states.dtype == getattr(torch, dtype)


def test_blocks_that_are_not_the_hidden_states_are_refused():
    hf = build("llama")
    hf.model.other = torch.nn.ModuleList([torch.nn.Linear(32, 32) for _ in range(3)])
    with pytest.raises(ModelError):
        llmgeo.load(hf, blocks="model.other")
    with pytest.raises(ModelError, match=r"model\.layers"):
        llmgeo.load(hf, blocks="model.nothing")


def write_adapter(folder, base, rank=2):
    """A LoRA adapter on the queries of the toy, in PEFT's format."""
    folder.mkdir()
    width = toy_model(layers=2).config.hidden_size
    settings = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": str(base), "r": rank,
        "lora_alpha": 2 * rank, "target_modules": ["q_proj"],
    }  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    generator = torch.Generator().manual_seed(1)
    place = "base_model.model.model.layers.{}.self_attn.q_proj.lora_{}.weight"
    weights = {}
    for layer in range(2):
        weights[place.format(layer, "A")] = torch.randn(rank, width, generator=generator)
        weights[place.format(layer, "B")] = torch.randn(width, rank, generator=generator)
    save_file(weights, folder / "adapter_model.safetensors")
    return weights, place


@pytest.fixture
def base(tmp_path):
    toy_model(layers=2).save_pretrained(tmp_path / "base")
    toy_tokenizer().save_pretrained(tmp_path / "base")
    return tmp_path / "base"


def test_an_adapter_is_merged_into_its_base(base, tmp_path):
    pytest.importorskip("peft")
    weights, place = write_adapter(tmp_path / "lora", base)
    model = llmgeo.load(tmp_path / "lora")
    assert (model.source.kind, model.source.name) == ("adapter", "base+lora")
    expected = toy_model(layers=2)
    with torch.no_grad():
        for layer, block in enumerate(expected.model.layers):
            block.self_attn.q_proj.weight += 2 * weights[place.format(layer, "B")] @ weights[place.format(layer, "A")]
    reference = llmgeo.load(expected, tokenizer=toy_tokenizer())
    torch.testing.assert_close(model.read("some text").states, reference.read("some text").states)


def test_a_dry_run_of_an_adapter_is_that_of_its_base(base, tmp_path):
    write_adapter(tmp_path / "lora", base)
    found = outline(tmp_path / "lora")
    assert (found.layers, found.name) == (2, "base+lora")


def test_an_adapter_on_the_default_model_is_at_home_in_any_cache(tmp_path):
    write_adapter(tmp_path / "lora", "/home/somebody/.cache/llmgeo/models/SmolLM2-135M-Instruct-b179c9523d0e")
    assert adapter.base_of(tmp_path / "lora") == ("default", None)
    assert outline(tmp_path / "lora").name == "SmolLM2-135M-Instruct+lora"


def test_an_adapter_without_peft_says_what_to_install(base, tmp_path, monkeypatch):
    write_adapter(tmp_path / "lora", base)
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(MissingPackageError, match=r"an adapter, needs peft.*pip install \"llmgeo\[adapter\]\""):
        llmgeo.load(tmp_path / "lora")


@pytest.mark.parametrize(("lost", "message"), [("adapter_model.safetensors", "safetensors"), (None, "no base model")])
def test_a_broken_adapter(base, tmp_path, lost, message):
    write_adapter(tmp_path / "lora", base)
    if lost:
        (tmp_path / "lora" / lost).unlink()
    else:
        (tmp_path / "lora" / "adapter_config.json").write_text("{}")
    with pytest.raises(ModelError, match=message):
        llmgeo.load(tmp_path / "lora")


def test_an_adapter_on_itself_is_refused(tmp_path):
    write_adapter(tmp_path / "lora", tmp_path / "lora")
    with pytest.raises(ModelError, match="another adapter as its base"):
        llmgeo.load(tmp_path / "lora")


def test_code_in_a_folder_runs_only_when_it_is_trusted(tmp_path, monkeypatch):
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    folder = tmp_path / "theirs"
    hf = unseen()
    hf.save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)
    shutil.copy(inspect.getfile(type(hf)), folder / "unseen.py")
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoConfig": "unseen.UnseenConfig", "AutoModelForCausalLM": "unseen.UnseenForCausalLM"}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"theirs contains custom code \(.unseen\.UnseenForCausalLM.\)"):
        llmgeo.load(folder)
    model = llmgeo.load(folder, trust_remote_code=True)
    assert model.source.reasons["code"] == "'unseen.UnseenForCausalLM' of theirs"
    assert torch.equal(model.read([1, 2, 3]).states, llmgeo.load(hf).read([1, 2, 3]).states)


def test_code_in_another_repository_is_refused(base):
    config = json.loads((base / "config.json").read_text())
    config |= {"model_type": "unheard_of", "auto_map": {"AutoModelForCausalLM": "else/where--modeling.Model"}}
    (base / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"another repository \(.else/where.\)"):
        llmgeo.load(base, trust_remote_code=True)


@pytest.mark.parametrize("name", ["toy", None, "mine.gguf"])
def test_a_revision_of_what_has_none_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.gguf").touch()
    with pytest.raises(UsageError, match="leave it out"):
        llmgeo.load(name, revision="main")


@pytest.mark.parametrize(
    ("given", "dtype"),
    [("fp16", "float16"), ("half", "float16"), (torch.float16, "float16"), ("BF16", "bfloat16"), ("fp32", "float32")],
)
def test_a_number_format_has_several_names(given, dtype):
    assert llmgeo.load("toy", dtype=given).dtype == dtype


@pytest.mark.parametrize("wrong", ["int8", "fp15", 3, "auto", np.float16])
def test_a_number_format_that_is_none_is_answered_in_pythons_words(wrong):
    with pytest.raises(UsageError, match=r"^dtype=.* is not one of float32, bfloat16, float16 \(or fp32, bf16, fp16\)"):
        llmgeo.load("toy", dtype=wrong)
