"""Model folders made by someone who means harm, or cut short on the way: the message each gets, and that nothing runs.

Every payload would leave a file behind if any part of it were executed.
"""

import json
import os
import pickle
import shutil
from pathlib import Path

import pytest

import llmgeo
from llmgeo.errors import ModelError
from llmgeo.model.sources.toy import toy_model, toy_tokenizer

SMALL = Path(__file__).parents[2] / "benchmarks" / "small.toml"
CODE = """
import pathlib
pathlib.Path(__file__).with_name("ran").touch()
from transformers import LlamaConfig as C, LlamaForCausalLM as M, PreTrainedTokenizerFast as T
"""


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good") / "model"
    toy_model(layers=2, width=16).save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def model(good, tmp_path):
    return shutil.copytree(good, tmp_path / "model")


def change(name, **changes):
    """Keys of a JSON file."""

    def attack(folder):
        fields = json.loads((folder / name).read_bytes())
        (folder / name).write_text(json.dumps(fields | changes))

    return attack


def raw(name, data):
    return lambda folder: (folder / name).write_bytes(data)


def cut(length):
    def attack(folder):
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:length])

    return attack


def loop(name):
    """A link to itself."""
    return lambda folder: ((folder / name).unlink(), (folder / name).symlink_to(name))


def with_code(attack):
    return lambda folder: ((folder / "evil.py").write_text(CODE), attack(folder))


def bomb(path):
    """A pickle that makes a file when it is opened."""

    class Bomb:
        def __reduce__(self):
            return os.system, (f"touch '{path}'",)

    return pickle.dumps(Bomb())


def pickled(folder):
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(bomb(folder / "ran"))


def index(file):
    """Weights that are said to lie in another file."""

    def attack(folder):
        (folder / "model.safetensors").unlink()
        (folder / "evil.bin").write_bytes(bomb(folder / "ran"))
        record = {"metadata": {}, "weight_map": {"model.embed_tokens.weight": file}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(record))

    return attack


AUTO = {"AutoConfig": "evil.C", "AutoModelForCausalLM": "evil.M"}
ATTACKS = {
    "pickled weights": (pickled, "pickled weights can run code when they are opened"),
    "index of a pickle": (
        index("evil.bin"),
        "index.json names 'evil.bin', which is not a safetensors file of this folder",
    ),
    "index out of the folder": (
        index("../../x.safetensors"),
        "x.safetensors', which is not a safetensors",
    ),
    "code of its own": (with_code(change("config.json", model_type="evil", auto_map=AUTO)), "contains custom code"),
    "tokenizer's own code": (
        with_code(change("tokenizer_config.json", tokenizer_class="T", auto_map={"AutoTokenizer": ["evil.T", None]})),
        "contains custom code",
    ),
    "config no JSON": (raw("config.json", b"{nope"), "config.json is not JSON"),
    "config empty": (raw("config.json", b""), "config.json is not JSON"),
    "config binary": (raw("config.json", bytes(range(256))), "config.json is not JSON"),
    "config nested": (raw("config.json", b"[" * 200_000), "config.json is not JSON"),
    "config a list": (raw("config.json", b"[]"), "config.json is not a JSON object"),
    "config a loop": (loop("config.json"), "holds no config.json"),
    "family missing": (change("config.json", model_type=None), "model_type is None"),
    "family a list": (change("config.json", model_type=["llama"]), "model_type is ['llama']"),
    "family of escapes": (change("config.json", model_type="\x1b[2J"), "model_type is '\\x1b[2J'"),
    "family of encoders": (change("config.json", model_type="t5"), "no causal language model of that family"),
    "another family": (change("config.json", model_type="gpt2"), "and random ones would be measured in their place"),
    "a layer too many": (change("config.json", num_hidden_layers=3), "no weights for 9 parameters"),
    "another width": (change("config.json", hidden_size=32), "its weights and its config.json differ in size"),
    "width negative": (change("config.json", hidden_size=-4), "cannot be loaded as a causal language model"),
    "width a text": (change("config.json", hidden_size="x"), "cannot be loaded as a causal language model"),
    "weights cut short": (cut(-10), "model.safetensors is not a whole safetensors file"),
    "weights cut in the header": (cut(20), "model.safetensors is not a whole safetensors file"),
    "weights empty": (cut(0), "model.safetensors is not a whole safetensors file"),
    "header beyond every memory": (raw("model.safetensors", b"\xff" * 8 + b"{"), "is not a whole safetensors file"),
    "weights a loop": (loop("model.safetensors"), "has no safetensors weights"),
    "tokenizer no JSON": (raw("tokenizer.json", b"{"), "cannot be loaded"),
    "tokenizer a list": (raw("tokenizer.json", b"[]"), "tokenizer.json is not a JSON object"),
    "tokenizer a loop": (loop("tokenizer.json"), "cannot be loaded"),
    "tokenizer settings a list": (raw("tokenizer_config.json", b"[]"), "tokenizer_config.json is not a JSON object"),
    "generation settings a list": (raw("generation_config.json", b"[]"), "generation_config.json is not a JSON object"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_model_gets_its_message_and_nothing_runs(model, attack):
    change_it, words = ATTACKS[attack]
    change_it(model)
    with pytest.raises(ModelError) as caught:
        llmgeo.load(model)
    assert words in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert not (model / "ran").exists()


TEMPLATE = "{{ cycler.__init__.__globals__.os.system('touch RAN') }}"
HARMLESS = {
    "code beside a known family": with_code(change("config.json", auto_map=AUTO)),
    "chat template in the settings": lambda folder: change(
        "tokenizer_config.json", chat_template=TEMPLATE.replace("RAN", str(folder / "ran"))
    )(folder),
    "chat template of its own": lambda folder: (folder / "chat_template.jinja").write_text(
        TEMPLATE.replace("RAN", str(folder / "ran"))
    ),
    "a pickle beside the weights": lambda folder: (folder / "pytorch_model.bin").write_bytes(bomb(folder / "ran")),
    "a class of another family": change("config.json", architectures=["BertForMaskedLM"]),
}


@pytest.mark.parametrize("attack", HARMLESS)
def test_what_is_not_needed_is_not_opened(model, attack, tmp_path):
    HARMLESS[attack](model)
    run = llmgeo.probe(llmgeo.load(model), recipe=SMALL, limit=1, out=tmp_path / "run")
    assert run.status == "complete"
    assert not (model / "ran").exists()


@pytest.mark.parametrize(
    "name", ["x" * 5000, "a\0b", "\x1b[2J", "../..", "a/../../b", "", "~nobody/x", "a:b", "\u202e"]
)
def test_a_strange_name_is_one_message(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError):
        llmgeo.load(name)


def test_a_link_to_itself_is_one_message(tmp_path):
    (tmp_path / "model").symlink_to("model")
    with pytest.raises(ModelError, match="There is no folder or file"):
        llmgeo.load(tmp_path / "model")
