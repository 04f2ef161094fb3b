"""Matrices of a model on a hub on 127.0.0.1: only the files are fetched that hold what was asked for."""

import json

import pytest
import torch
from huggingface_hub import constants

import llmgeo
from llmgeo.errors import ModelError, UsageError
from llmgeo.model.sources.matrix_source import open_matrices
from llmgeo.model.sources.toy import toy_model
from tests.sources.hub_server import COMMIT
from tests.sources.test_hub import NAME, hub  # noqa: F401 - a fixture

MLP = ["layers.1.mlp.*"]


@pytest.fixture
def shards(hub):  # noqa: F811
    for file in list(hub.folder.iterdir()):
        file.unlink()
    toy_model(layers=2).save_pretrained(hub.folder, max_shard_size="60kB")
    index = json.loads((hub.folder / "model.safetensors.index.json").read_text())["weight_map"]
    assert len(set(index.values())) > 3
    return index


def fetched(hub):  # noqa: F811
    return {path.rpartition("/")[2] for method, path, _ in hub.requests if method == "GET" and "/resolve/" in path}


def test_only_the_shards_asked_for_are_fetched(hub, shards):  # noqa: F811
    source = open_matrices(NAME, patterns=MLP)
    wanted = {file for name, file in shards.items() if ".layers.1.mlp." in name}
    assert {file for file in fetched(hub) if file.endswith(".safetensors")} == wanted
    assert len(wanted) < len(set(shards.values()))
    assert (source.kind, source.revision, len(source.matrices)) == ("hub", COMMIT, 3)
    mlp = toy_model(layers=2).model.layers[1].mlp
    assert torch.equal(source.read(source.matrices[0]), mlp.gate_proj.weight)


def test_a_dry_run_fetches_headers_and_no_weights(hub, shards):  # noqa: F811
    source = open_matrices(NAME, patterns=MLP, headers_only=True)
    assert [each.rows for each in source.matrices] == [128, 128, 64]
    asked = [ranged for method, path, ranged in hub.requests if method == "GET" and path.endswith(".safetensors")]
    assert asked
    assert all(ranged and ranged.startswith("bytes=0-") for ranged in asked)


def test_layers_choose_the_shards_too(hub, shards):  # noqa: F811
    source = open_matrices(NAME, layers="1")
    assert {each.layer for each in source.matrices} == {1}
    wanted = {file for name, file in shards.items() if ".layers.0." in name}
    assert {file for file in fetched(hub) if file.endswith(".safetensors")} == wanted


def test_a_damaged_shard_is_one_message(hub, shards):  # noqa: F811
    file = hub.folder / next(file for name, file in shards.items() if ".layers.1.mlp." in name)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ModelError, match="damaged"):
        open_matrices(NAME, patterns=MLP)
    with pytest.raises(ModelError, match="damaged"):
        open_matrices(NAME, patterns=MLP, headers_only=True)


def test_a_dry_run_of_what_lies_in_the_cache_needs_no_hub(hub, shards, monkeypatch):  # noqa: F811
    open_matrices(NAME, patterns=MLP)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub.requests.clear()
    assert len(open_matrices(NAME, patterns=MLP, headers_only=True).matrices) == 3
    assert not hub.requests


def test_one_file_is_fetched_whole(hub):  # noqa: F811
    assert len(open_matrices(NAME, patterns=MLP).matrices) == 3
    assert "model.safetensors" in fetched(hub)


def test_a_pattern_that_fits_nothing_fetches_nothing(hub, shards):  # noqa: F811
    with pytest.raises(UsageError, match="fits none"):
        open_matrices(NAME, patterns=["blocks.*"])
    assert not [file for file in fetched(hub) if file.endswith(".safetensors")]


def test_pickled_weights_are_refused(hub):  # noqa: F811
    (hub.folder / "model.safetensors").rename(hub.folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickled"):
        open_matrices(NAME)


def test_a_run_names_its_commit(hub, shards, tmp_path):  # noqa: F811
    run = llmgeo.weights(NAME, tensors=MLP, out=tmp_path / "run")
    assert run.manifest["subjects"]["model"]["revision"] == COMMIT
    assert set(run.table("kinds")["kind"]) == {"gate", "up", "down"}
