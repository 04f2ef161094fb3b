"""What a name of a model means, and that every string is either a model or one message."""

import os
import pathlib
import string

import pytest
import torch
from huggingface_hub import constants
from hypothesis import example, given, settings
from hypothesis import strategies as st

import llmgeo
from llmgeo.errors import LlmgeoError, ModelError, ModelNameError, UsageError
from llmgeo.messages import command_line_words
from llmgeo.model.sources.naming import model_name
from llmgeo.model.sources.toy import toy_model, toy_tokenizer

HUB = "https://huggingface.co"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A folder with a model in it, which is the current one, and a hub that is out of reach."""
    folder = tmp_path_factory.mktemp("elsewhere")
    toy_model(layers=1, width=16).save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(constants, "HF_HUB_OFFLINE", True)
        patch.setattr(constants, "HF_HUB_CACHE", str(folder / "cache"))
        yield folder


@pytest.mark.parametrize(
    ("address", "name", "revision"),
    [
        (f"{HUB}/owner/name", "owner/name", None),
        (f"{HUB}/owner/name/", "owner/name", None),
        (f" {HUB}/owner/name\n", "owner/name", None),
        (f"{HUB}/owner/name?library=transformers#files", "owner/name", None),
        (f"{HUB}/owner/name.git", "owner/name", None),
        (f"{HUB}/owner/name/tree/main", "owner/name", "main"),
        (f"{HUB}/owner/name/tree/main/", "owner/name", "main"),
        (f"{HUB}/owner/name/tree/refs%2Fpr%2F1", "owner/name", "refs/pr/1"),
        (f"{HUB}/owner/name/commit/0123abc", "owner/name", "0123abc"),
        (f"{HUB}/owner/name/blob/v2/config.json", "owner/name", "v2"),
        (f"{HUB}/owner/name/discussions/3", "owner/name", None),
        (f"{HUB}/gpt2", "gpt2", None),
        (f"{HUB}/gpt2/tree/main", "gpt2", "main"),
        ("http://www.huggingface.co/owner/name", "owner/name", None),
        ("huggingface.co/owner/name", "owner/name", None),
        ("HuggingFace.co/owner/name", "owner/name", None),
        ("hf.co/owner/name", "owner/name", None),
        ("https://hf.co/owner/name/", "owner/name", None),
        ("hf://owner/name", "owner/name", None),
    ],
)
def test_the_address_of_a_model_is_its_name(elsewhere, address, name, revision):
    named = model_name(address)
    assert (named.kind, named.text, named.revision) == ("hub", name, revision)


def test_the_address_on_a_mirror(elsewhere, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://localhost:8080")
    assert model_name("http://localhost:8080/owner/name").text == "owner/name"


def test_a_revision_beside_an_address(elsewhere):
    assert model_name(f"{HUB}/owner/name", "v1").revision == "v1"
    assert model_name(f"{HUB}/owner/name/tree/v1", "v1").revision == "v1"
    with pytest.raises(ModelNameError, match=r"names the revision 'main', and revision='v1' another"):
        model_name(f"{HUB}/owner/name/tree/main", "v1")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "The model's name is empty"),
        (" \t\n", "The model's name is empty"),
        ("TOY", "did you mean toy?"),
        ("Default", "did you mean default?"),
        ("~nosuch/x", "'~nosuch' names the home folder of a user whom this machine does not know"),
        ("~nosuch", "'~nosuch' names the home folder"),
        ("~/nosuch", "There is no folder or file '~/nosuch'"),
        ("a/b/c", "There is no folder or file 'a/b/c'"),
        ("./a", "There is no folder or file './a'"),
        ("owner/name/", "If the hub's is meant: 'owner/name'"),
        ("owner/name@v1", "write owner/name with revision='v1'"),
        ("toy@main", "Write toy alone"),
        ("default@main", "Write default alone"),
        ("a.gguf", "No GGUF file at 'a.gguf'"),
        ("x" * 5000 + ".gguf", "No GGUF file at"),
        ("x" * 5000, "neither a folder here nor a name"),
        ("a\0b", r"'a\x00b' cannot be loaded"),
        ("a\ud800b", r"'a\ud800b' cannot be loaded"),
        ("a\x1b[2Jb", r"'a\x1b[2Jb' cannot be loaded"),
        ("s3://bucket/model", "is the address of something that is not a model of"),
        ("https://github.com/owner/name", "is the address of something that is not a model of"),
        ("https://[", "is the address of something"),
        ("file:///models/mine", "write the path alone: '/models/mine'"),
        (f"{HUB}", "is not a model's page"),
        (f"{HUB}/datasets/owner/name", "is not a model's page"),
        (f"{HUB}/owner/name/blob/main/model-Q4.gguf", "hf download 'owner/name' 'model-Q4.gguf'"),
        (f"{HUB}/owner/name/tree/main/onnx", "is a folder within a model's repository"),
        (3, "3, of type int, is not a model"),
        (True, "True, of type bool, is not a model"),
        (b"toy", "b'toy', of type bytes, is not a model"),
        (["toy", "toy"], "one model is loaded at a time"),
        ({"model": 1}, "of type dict, is not a model"),
        (torch.nn.Linear, "Linear is a class, not a model"),
        (pathlib.Path("owner/name"), "A hub model is given as a text: 'owner/name'"),
        (pathlib.Path("a\0b"), "There is no folder or file"),
    ],
)
def test_what_no_model_can_be_called(elsewhere, name, message):
    with pytest.raises(ModelNameError) as caught:
        llmgeo.load(name)
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_pipeline_is_told_where_its_model_is():
    class Pipeline:
        model = None

    with pytest.raises(ModelNameError, match=r"A Pipeline is not a model; give the model in it, its attribute \.model"):
        llmgeo.load(Pipeline())


@pytest.mark.parametrize("revision", ["", "  ", 3, b"main", "a\x1bb"])
def test_what_no_revision_can_be(revision):
    with pytest.raises(UsageError, match=r"revision=.* names nothing"):
        llmgeo.load("owner/name", revision=revision)


@pytest.mark.parametrize("name", ["toy ", "\ntoy"])
def test_blanks_around_a_name_mean_nothing(name):
    assert llmgeo.load(name).source.kind == "toy"


def test_what_is_on_the_disk_comes_first(elsewhere):
    (elsewhere / "owner").mkdir(exist_ok=True)
    (elsewhere / "owner" / " name").mkdir()
    assert model_name("owner/ name").kind == "path"
    assert llmgeo.load(".").source.kind == "folder"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/", "holds no config.json"),
        ("/dev/null", "neither a folder nor a file"),
        (__file__, "is a file; llmgeo loads"),
    ],
)
def test_what_is_on_the_disk_and_no_model(name, message):
    with pytest.raises(ModelError, match=message):
        llmgeo.load(name)


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_one_file_of_a_model(elsewhere, file):
    with pytest.raises(ModelError, match=rf"is one file of a model; give the folder it lies in: .*{elsewhere.name}"):
        llmgeo.load(elsewhere / file)


def test_a_folder_that_may_not_be_read(elsewhere, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *anything: False)
    with pytest.raises(ModelError, match="permission denied"):
        llmgeo.load(elsewhere)


def test_messages_name_options_as_their_reader_writes_them():
    with pytest.raises(UsageError, match=r"^revision='main' was given"):
        llmgeo.load("toy", revision="main")
    with command_line_words(), pytest.raises(UsageError, match=r"^--revision main was given"):
        llmgeo.load("toy", revision="main")


PARTS = [
    "https://", "huggingface.co", "hf.co", "/", "//", "tree", "main", "owner", "name", "~", ".", "..", "@", ":", "\\",
    "\0", "\ud800", "\u202e", " ", "\n", ".gguf", "toy", "--", "%2F", "%00", "?", "#", "[", "é", "x" * 300,
]  # fmt: skip
NAMES = st.one_of(
    st.text(max_size=40),
    st.text(string.printable, max_size=40),
    st.lists(st.sampled_from(PARTS), max_size=8).map("".join),
)


@settings(max_examples=300, deadline=None)
@given(name=NAMES)
@example(name="")
@example(name="~nosuch/x")
@example(name="~\0")
@example(name="~\ud800")
@example(name="http://[/owner/name")
@example(name="x/" * 3000)
def test_any_string_is_a_model_or_one_message(elsewhere, name):
    """With no network, what is not on this disk is told so; nothing of another library comes through."""
    named = None
    try:
        named = model_name(name)
    except LlmgeoError as error:
        check_message(error)
    if named is not None and named.kind in ("hub", "path"):
        try:
            llmgeo.load(name)
        except LlmgeoError as error:
            check_message(error)


def check_message(error):
    message = str(error)
    assert message.isprintable(), repr(message)
    assert 20 < len(message) < 700
