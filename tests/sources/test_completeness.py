"""Weights and config that do not belong together: refused, or told where nothing depends on it."""

import json
import shutil
import warnings

import pytest
import torch
from safetensors.torch import load_file, save_file

import llmgeo
from llmgeo.errors import ModelError, Remark
from llmgeo.model.sources.toy import toy_model, toy_tokenizer

BLOCK = "model.layers.1."


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("complete") / "model"
    toy_model(layers=5, width=16).save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def folder(good, tmp_path):
    return shutil.copytree(good, tmp_path / "model")


def configure(folder, **changes):
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | changes))


def change_weights(folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def add(**tensors):
    return lambda weights: weights.update(tensors)


def test_a_whole_model_has_nothing_to_tell(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error", Remark)
        assert "unused_weights" not in llmgeo.load(folder).source.reasons


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"num_hidden_layers": 3},
            r"2 more blocks than its config\.json asks for \(model\.layers\.3 to model\.layers\.4\)",
        ),
        ({"num_hidden_layers": 4}, r"1 more blocks than its config\.json asks for \(model\.layers\.4\)"),
        ({"num_hidden_layers": 6}, r"no weights for 9 parameters.*model\.layers\.5"),
        (
            {"vocab_size": 300},
            r"lm_head\.weight is \[257, 16\] in the file, and \[300, 16\] by the config \(the first of 2",
        ),
        (
            {"intermediate_size": 40},
            r"model\.layers\.0\.mlp\.down_proj\.weight is \[16, 32\] in the file, and \[16, 40\]",
        ),
        ({"attention_bias": True}, r"no weights for 20 parameters"),
    ],
)
def test_a_config_of_another_model(folder, settings, message):
    configure(folder, **settings)
    with pytest.raises(ModelError, match=message):
        llmgeo.load(folder)


def test_a_part_of_a_block_that_the_config_leaves_out(folder):
    """Qwen's biases under a config that has none, say: the states would be those of another model."""
    change_weights(folder, add(**{f"{BLOCK}self_attn.q_proj.bias": torch.ones(16)}))
    with pytest.raises(ModelError, match=rf"inside its blocks.*\(the tensor {BLOCK}self_attn\.q_proj\.bias\)"):
        llmgeo.load(folder)


def test_weights_without_the_name_of_the_body(folder):
    """As AutoModel saves them: the head, which the files lack, is tied to the embedding."""
    configure(folder, tie_word_embeddings=True, num_hidden_layers=3)

    def rename(weights):
        del weights["lm_head.weight"]
        for name in list(weights):
            weights[name.removeprefix("model.")] = weights.pop(name)

    change_weights(folder, rename)
    with pytest.raises(ModelError, match="2 more blocks"):
        llmgeo.load(folder)
    configure(folder, num_hidden_layers=5)
    assert llmgeo.load(folder).layers == 5


def test_a_missing_head_is_refused_and_a_tied_one_is_not_missed(folder):
    change_weights(folder, lambda weights: weights.pop("lm_head.weight"))
    with pytest.raises(ModelError, match=r"no weights for 1 parameters.*lm_head\.weight"):
        llmgeo.load(folder)
    configure(folder, tie_word_embeddings=True)
    assert llmgeo.load(folder).layers == 5


def test_a_head_for_another_task_is_told(folder):
    before = llmgeo.load(folder).read("abc").states
    change_weights(folder, add(**{"v_head.summary.weight": torch.ones(1, 16), "v_head.summary.bias": torch.ones(1)}))
    with pytest.warns(
        Remark, match=r"2 tensors, v_head\.summary\.bias the first, for which LlamaForCausalLM has no place"
    ):
        model = llmgeo.load(folder)
    assert "v_head" in model.source.reasons["unused_weights"]
    assert torch.equal(model.read("abc").states, before)


def test_tensors_that_follow_from_the_config_are_no_news(folder):
    change_weights(folder, add(**{f"{BLOCK}self_attn.rotary_emb.inv_freq": torch.ones(2)}))
    with warnings.catch_warnings():
        warnings.simplefilter("error", Remark)
        assert llmgeo.load(folder).layers == 5


def test_blocks_that_predict_further_tokens_are_known_from_the_config(folder):
    configure(folder, num_hidden_layers=4, num_nextn_predict_layers=1)
    with pytest.warns(Remark, match="has no place: left out"):
        assert llmgeo.load(folder).layers == 4
    configure(folder, num_hidden_layers=3)
    with pytest.raises(ModelError, match="2 more blocks"):
        llmgeo.load(folder)


def split(folder):
    hf = toy_model(layers=5, width=16)
    (folder / "model.safetensors").unlink()
    hf.save_pretrained(folder, max_shard_size="10KB")
    return folder / "model.safetensors.index.json"


def test_shards(folder):
    expected = llmgeo.load(folder).read("abc").states
    index = split(folder)
    assert torch.equal(llmgeo.load(folder).read("abc").states, expected)
    lost = sorted(folder.glob("*-of-*.safetensors"))[2]
    lost.rename(folder / "elsewhere")
    with pytest.raises(ModelError, match=f"names '{lost.name}', which is not there"):
        llmgeo.load(folder)
    (folder / "elsewhere").rename(lost)
    index.unlink()
    with pytest.raises(ModelError, match=r"safetensors file\(s\).*but not model\.safetensors\.index\.json"):
        llmgeo.load(folder)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("mine.safetensors", None),
        ("other.safetensors", r"config\.json names 'other\.safetensors', which is not there"),
        ("../mine.safetensors", "is not a safetensors file of this folder"),
        ("mine.bin", "is not a safetensors file of this folder"),
        (3, "is not a safetensors file of this folder"),
    ],
)
def test_weights_that_the_config_names(folder, named, message):
    (folder / "model.safetensors").rename(folder / "mine.safetensors")
    configure(folder, transformers_weights=named)
    if message is None:
        assert llmgeo.load(folder).layers == 5
    else:
        with pytest.raises(ModelError, match=message):
            llmgeo.load(folder)


def test_a_whole_file_comes_before_an_index(folder):
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": "gone.safetensors"}}')
    assert llmgeo.load(folder).layers == 5


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("weights.safetensors", r"holds 'weights\.safetensors', but no model\.safetensors"),
        ("pytorch_model.bin", "pickled weights can run code"),
        ("model.h5", r"there is neither model\.safetensors nor"),
    ],
)
def test_weights_under_another_name(folder, file, message):
    (folder / "model.safetensors").rename(folder / file)
    with pytest.raises(ModelError, match=message):
        llmgeo.load(folder)


def test_a_folder_without_tokenizer(folder):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink(missing_ok=True)
    with pytest.raises(ModelError, match=r"has no tokenizer.*give tokenizer= in Python"):
        llmgeo.load(folder)
    assert llmgeo.load(folder, tokenizer=toy_tokenizer()).read("abc").token_ids == tuple(
        toy_tokenizer()("abc").input_ids
    )


def test_a_config_that_answers_with_tuples_is_no_obstacle(folder):
    expected = llmgeo.load(folder).read("abc").states
    configure(folder, return_dict=False)
    assert torch.equal(llmgeo.load(folder).read("abc").states, expected)
