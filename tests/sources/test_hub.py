"""A model from a hub on 127.0.0.1, and each thing that can go wrong there: one message with what to do next."""

import json
import time

import pytest
import torch
from huggingface_hub import constants

import llmgeo
from llmgeo.errors import ModelError
from llmgeo.model.sources.outline import outline
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from tests.experiments.compare.pairs import quick
from tests.sources.hub_server import COMMIT, Hub

NAME = "owner/toy"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    folder = tmp_path / "served"
    toy_model(layers=2).save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)
    server = Hub(folder)
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 4096)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    yield server
    server.shutdown()


@pytest.mark.parametrize("revision", [None, "v1"])
def test_a_revision_is_resolved_once_and_recorded(hub, revision):
    model = llmgeo.load(NAME, revision=revision)
    assert (model.source.kind, model.source.name, model.source.revision) == ("hub", NAME, COMMIT)
    assert len(hub.asked("/revision/") + [one for one in hub.requests if one[1].endswith(NAME)]) == 1
    assert all(COMMIT in path for _, path, _ in hub.asked("/resolve/"))
    expected = llmgeo.load(toy_model(layers=2), tokenizer=toy_tokenizer()).read("some text")
    assert torch.equal(model.read("some text").states, expected.states)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("gated", r"gated.*hf auth login"),
        ("gated without login", r"gated.*hf auth login"),
        ("missing", "neither a folder here nor a model on the hub"),
        ("forbidden", r"does not let this login read owner/toy \(403.*hf auth whoami"),
        ("bad token", r"does not let this login read owner/toy \(401"),
        ("down", r"answered 500 for owner/toy.*HF_HUB_OFFLINE=1"),
    ],
)
def test_refusals_are_told_apart(hub, fault, message):
    hub.fault = fault
    with pytest.raises(ModelError, match=message):
        llmgeo.load(NAME)


def test_a_revision_that_is_not_there(hub):
    with pytest.raises(ModelError, match="no branch, tag or commit 'v9'"):
        llmgeo.load(NAME, revision="v9")


def test_a_hub_that_cannot_be_reached(hub):
    hub.shutdown()
    hub.server_close()
    with pytest.raises(ModelError, match=r"cannot be reached for owner/toy.*HF_HUB_OFFLINE=1 uses the copy"):
        llmgeo.load(NAME)


def test_a_cut_connection_is_resumed(hub):
    hub.cuts = 1
    model = llmgeo.load(NAME)
    ranges = [one[2] for one in hub.asked(".safetensors") if one[0] == "GET"]
    assert ranges[0] is None
    assert ranges[1].startswith("bytes=")
    assert model.layers == 2


def test_a_connection_that_stays_cut_says_that_it_goes_on(hub, monkeypatch):
    hub.cuts = 1000
    with pytest.raises(ModelError, match=r"broke off.*run the same command again"):
        llmgeo.load(NAME)
    with monkeypatch.context() as offline:
        offline.setattr(constants, "HF_HUB_OFFLINE", True)
        with pytest.raises(ModelError, match=r"HF_HUB_OFFLINE=1.*model\.safetensors"):
            llmgeo.load(NAME)
    hub.cuts = 0
    assert llmgeo.load(NAME).layers == 2


def test_offline_uses_the_cache_and_names_what_is_missing(hub, monkeypatch):
    outline(NAME)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"HF_HUB_OFFLINE=1.*model\.safetensors"):
        llmgeo.load(NAME)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    llmgeo.load(NAME)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    asked = len(hub.requests)
    assert llmgeo.load(NAME).source.revision == COMMIT
    assert len(hub.requests) == asked
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE=1"):
        llmgeo.load("owner/other")


def test_a_comparison_holds_one_model_at_a_time(hub, tmp_path):
    """The changed weights are read from the hub's files and the folder's; no two models are in memory for that."""
    tuned = toy_model(layers=2)
    with torch.no_grad():
        tuned.model.layers[1].mlp.down_proj.weight.mul_(1.25)
    tuned.save_pretrained(tmp_path / "tuned")
    toy_tokenizer().save_pretrained(tmp_path / "tuned")
    asked = {"recipe": quick(), "limit": 2, "one_at_a_time": True, "out": tmp_path / "run"}
    run = llmgeo.compare(NAME, tmp_path / "tuned", **asked)
    changes = run.weights.query("measure == 'relative_change'").set_index("matrix")["value"]
    assert changes[changes > 0].to_dict() == {"model.layers.1.mlp.down_proj.weight": pytest.approx(0.25)}
    assert run.manifest["subjects"]["base"]["revision"] == COMMIT


def test_a_dry_run_downloads_no_weights(hub):
    assert outline(NAME).layers == 2
    assert not hub.asked(".safetensors")


def test_pickled_weights_are_refused_before_they_are_downloaded(hub):
    (hub.folder / "model.safetensors").rename(hub.folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"only pickled ones \(pytorch_model\.bin\)"):
        llmgeo.load(NAME)
    assert not hub.asked("pytorch_model.bin")


def test_code_of_a_model_is_not_run_unless_asked_for(hub):
    config = json.loads((hub.folder / "config.json").read_text())
    config |= {"model_type": "unheard_of", "auto_map": {"AutoModelForCausalLM": "modeling.Model"}}
    (hub.folder / "config.json").write_text(json.dumps(config))
    (hub.folder / "modeling.py").write_text("raise SystemExit('this code ran')")
    with pytest.raises(ModelError, match=rf"owner/toy at commit {COMMIT}.*trust_remote_code=True"):
        llmgeo.load(NAME)
    assert not hub.asked("modeling.py")
