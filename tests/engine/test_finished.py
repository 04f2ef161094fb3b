"""A finished run that is asked for again is shown without a model; whatever might have changed is looked at again."""

import json
import os
import shutil

import pytest

import llmgeo
from llmgeo.engine import finished as finished_runs
from llmgeo.engine.runner import carry_out
from llmgeo.errors import OtherRunError
from llmgeo.experiments.compare.room import Comparison
from llmgeo.experiments.probe.room import Probe
from llmgeo.model.sources.identity import identity
from tests.engine.test_token_counts import Told


class LoadedError(Exception):
    """A model was loaded."""


@pytest.fixture
def unloaded(monkeypatch):
    """To load is to fail."""

    def load(self, request):
        raise LoadedError

    monkeypatch.setattr(Probe, "load", load)
    monkeypatch.setattr(Comparison, "load", load)


def probe(model, folder, **more):
    return carry_out((model,), recipe="coherence", out=folder, **({"limit": 2} | more))


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory, toy):
    folder = tmp_path_factory.mktemp("models") / "mine"
    toy.hf.save_pretrained(folder)
    toy.tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "toy"
    probe("toy", folder)
    return folder


@pytest.fixture
def run(made, tmp_path):
    return shutil.copytree(made, tmp_path / "run")


def test_the_same_again_is_shown_without_a_model_and_changes_nothing(run, unloaded):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    told = Told()
    again = probe("toy", run, progress=told)
    assert again.path == run
    assert told.notes == [f"This run is finished, and is shown again. For a new one: out='{run}-2'"]
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_a_smaller_limit_is_told_what_else_counts(run, unloaded):
    told = Told()
    probe("toy", run, limit=1, progress=told)
    assert "The run also holds 1 prompt of an earlier command; all of them count." in told.notes[0]


def test_its_page_is_written_where_there_is_none(run, unloaded):
    probe("toy", run, with_page=True)
    assert (run / "report.html").is_file()


@pytest.mark.parametrize(
    "more", [{"limit": 3}, {"dtype": "float32"}, {"batch_size": 128}, {"layers": "0-6"}, {"device": "cpu"}]
)
def test_whatever_is_asked_otherwise_is_looked_at_with_the_model(run, unloaded, more):
    with pytest.raises(LoadedError):
        probe("toy", run, **more)


def edit(run, **changes):
    manifest = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(manifest | changes))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda run: edit(run, status="partial"),
        lambda run: edit(run, asked=None),
        lambda run: edit(run, asked=[1]),
        lambda run: (run / "results" / "claims.parquet").write_bytes(b"garbage"),
        lambda run: (run / "results" / "layers.parquet").unlink(),
        lambda run: (run / "results" / "recipe.toml").write_text('name = "another"'),
        lambda run: (run / "journal.jsonl").write_bytes(b""),
    ],
)
def test_a_run_that_is_not_whole_is_gone_on_with(run, unloaded, spoil):
    spoil(run)
    with pytest.raises((LoadedError, llmgeo.errors.CorruptRunError)):
        probe("toy", run)


def test_a_model_at_hand_is_looked_at(run, toy, unloaded):
    with pytest.raises(LoadedError):
        probe(toy, run)


def test_a_folder_is_known_by_the_state_of_its_files(model_folder, tmp_path, monkeypatch):
    folder = shutil.copytree(model_folder, tmp_path / "mine")
    run = tmp_path / "run"
    probe(str(folder), run, limit=1)
    with monkeypatch.context() as patched:
        patched.setattr(Probe, "load", lambda *_: pytest.fail("the model was loaded"))
        probe(str(folder), run, limit=1)
    weights = folder / "model.safetensors"
    data, moment = bytearray(weights.read_bytes()), weights.stat().st_mtime_ns
    data[-1] ^= 1
    weights.write_bytes(data)
    os.utime(weights, ns=(moment, moment))  # of the same size and date
    with pytest.raises(OtherRunError, match=r"model\.revision"):
        probe(str(folder), run, limit=1)


def test_a_file_that_is_added_removed_or_touched_is_another_state(model_folder, tmp_path):
    folder = shutil.copytree(model_folder, tmp_path / "mine")
    seen = [identity(str(folder))]
    (folder / "more.txt").write_text("x")
    seen.append(identity(folder))
    (folder / "more.txt").unlink()
    (folder / "config.json").touch()
    seen.append(identity(folder))
    assert len({known["files"] for known in seen}) == 3


def test_an_adapter_is_none_that_can_be_told(tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    assert identity(str(tmp_path)) is None


@pytest.mark.parametrize(("commit", "is_shown"), [("abc", True), ("def", False), (None, False)])
def test_a_model_of_the_hub_must_be_the_same_commit(run, monkeypatch, commit, is_shown):
    """The commit is asked for; what was measured stands in the manifest."""
    subjects = json.loads((run / "run.json").read_text())["subjects"]
    asked = json.loads((run / "run.json").read_text())["asked"]
    hub = {"kind": "hub", "name": "org/model", "revision": ""}
    edit(run, subjects={"model": {**subjects["model"], "revision": "abc"}}, asked={**asked, "subjects": [hub]})
    monkeypatch.setattr(finished_runs, "commit_now", lambda name, revision: commit)
    request = llmgeo.engine.request.make_request(
        ("org/model",), "coherence", out=run, limit=2, save_states=False, layers=None, options={}, loading={}
    )
    assert (finished_runs.finished(request) is not None) is is_shown


def test_a_comparison_is_shown_again_too(tmp_path, monkeypatch):
    def compared(**more):
        options = {"one_at_a_time": False} | more
        return carry_out(("toy", "toy"), recipe="rlhf", out=tmp_path / "run", limit=1, options=options)

    first = compared()
    monkeypatch.setattr(Comparison, "load", lambda *_: pytest.fail("the models were loaded"))
    assert compared().manifest == first.manifest
