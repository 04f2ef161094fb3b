"""Checkpoints that are branches of a hub model, from a server on 127.0.0.1."""

import hashlib
import json
import shutil
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import constants

import llmgeo
from llmgeo.engine.progress import Progress
from llmgeo.errors import ModelError, UsageError
from llmgeo.model.sources.checkpoints import equal_to, trainings
from tests.experiments.trace.test_trace import recipe, train_series
from tests.sources.hub_server import Handler, Hub


class SeriesHandler(Handler):
    """Serves each folder of the hub's folder as a branch of one repository."""

    def answer(self, *, body):
        hub, path = self.server, unquote(urlsplit(self.path).path)
        hub.requests.append((self.command, path, self.headers.get("Range")))
        api = f"/api/models/{hub.name}"
        branches = {branch.name: branch for branch in hub.folder.iterdir()}
        commits = {hashlib.sha1(name.encode()).hexdigest(): branch for name, branch in branches.items()}
        if path == f"{api}/refs":
            refs = [{"name": name, "ref": f"refs/heads/{name}", "targetCommit": "0" * 40} for name in branches]
            return self.send(200, json.dumps({"branches": refs, "tags": [], "converts": []}).encode(), {}, body)
        for commit, branch in commits.items():
            files = {file.name: file.read_bytes() for file in sorted(branch.iterdir())}
            if path in (f"{api}/revision/{branch.name}", f"{api}/revision/{commit}"):
                siblings = [self.sibling(name, content) for name, content in files.items()]
                about = {"id": hub.name, "sha": commit, "siblings": siblings}
                return self.send(200, json.dumps(about).encode(), {}, body)
            if path.startswith(f"{api}/tree/{commit}"):
                listed = [
                    {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                    for name, content in files.items()
                ]
                return self.send(200, json.dumps(listed).encode(), {}, body)
            name = path.removeprefix(f"/{hub.name}/resolve/{commit}/")
            if name in files:
                headers = {"ETag": f'"{hashlib.sha1(files[name]).hexdigest()}"', "X-Repo-Commit": commit}
                is_cut = body and branch.name == hub.fault and name.endswith(".safetensors")
                return self.send(200, files[name], headers, body, cut=is_cut)
        return self.send(404, b"", {"X-Error-Code": "EntryNotFound"}, body)

    @staticmethod
    def sibling(name, content):
        facts = {"rfilename": name, "size": len(content), "blobId": hashlib.sha1(content).hexdigest()}
        if name.endswith(".safetensors"):
            facts["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 1}
        return facts


@pytest.fixture(scope="module")
def branches(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "branches"
    train_series(folder, 0, 3e-2, steps=(0, 2, 8))
    for branch in list(folder.iterdir()):
        branch.rename(folder / branch.name.replace("checkpoint-", "step"))
    return folder


@pytest.fixture
def hub(branches, tmp_path, monkeypatch):
    server = Hub(branches, "owner/series")
    server.RequestHandlerClass = SeriesHandler
    server.commit = lambda name: hashlib.sha1(name.encode()).hexdigest()
    settings = {
        "ENDPOINT": server.url,
        "HUGGINGFACE_CO_URL_TEMPLATE": server.url + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_CACHE": str(tmp_path / "cache"),
        "HF_HUB_OFFLINE": False,
    }
    for name, value in settings.items():
        monkeypatch.setattr(constants, name, value)
    yield server
    server.shutdown()
    server.server_close()


def test_branches_are_in_the_order_of_their_steps(hub):
    [training] = trainings(["owner/series"], "step*")
    assert training.name == "series"
    assert [each.step for each in training.checkpoints] == [0, 4, 16]
    assert [each.name for each in training.checkpoints] == ["step0", "step4", "step16"]
    assert not hub.asked("safetensors")


def test_equal_branches_are_named_before_anything_is_downloaded(hub, branches, tmp_path):
    copied = shutil.copytree(branches, tmp_path / "copied")
    shutil.copy(copied / "step16" / "model.safetensors", copied / "step0" / "model.safetensors")
    hub.folder = copied
    [training] = trainings(["owner/series"], "step0,step4,step16")
    assert equal_to(training) == {"step0": "step16"}
    assert not hub.asked("/resolve/")


def test_a_series_of_the_hub_is_traced(hub, tmp_path):
    run = llmgeo.trace("owner/series", revisions="step*", recipe=recipe(), out=tmp_path / "run")
    assert run.table("along")["step"].tolist() == [0, 4, 16]
    assert run.table("along")["loss"].is_monotonic_decreasing


def test_equal_branches_are_said_and_not_traced(hub, branches, tmp_path):
    copied = shutil.copytree(branches, tmp_path / "copied")
    shutil.copy(copied / "step16" / "model.safetensors", copied / "step0" / "model.safetensors")
    hub.folder = copied
    said = []

    class Listening(Progress):
        def note(self, text):
            said.append((text, len(hub.asked("/resolve/"))))

    run = llmgeo.trace(
        "owner/series", revisions="step*", recipe=recipe(), out=tmp_path / "run", limit=2, progress=Listening()
    )
    assert said[0] == ("series: step0 is step16, byte for byte (1 checkpoint)", 0)  # before anything was fetched
    assert run.table("along")["step"].tolist() == [4, 16]
    assert not [path for _, path, _ in hub.requests if "/resolve/" in path and hub.commit("step0") in path]


def test_a_download_that_breaks_off_goes_on_where_it_was(hub, tmp_path, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    asked = {"recipe": recipe(), "out": tmp_path / "run", "limit": 2}
    hub.fault = "step4"  # the second of three
    with pytest.raises(ModelError, match="broke off"):
        llmgeo.trace("owner/series", revisions="step*", **asked)
    weights = f"{hub.commit('step0')}/model.safetensors"
    first, hub.fault = len(hub.asked(weights)), ""
    run = llmgeo.trace("owner/series", revisions="step*", **asked)
    assert run.table("along")["step"].tolist() == [0, 4, 16]
    fetched = [request for request in hub.asked(weights) if request[0] == "GET"]
    assert len(fetched) == 1, f"what had arrived was fetched again ({first} requests before)"


def test_another_tokenizer_is_seen_in_what_the_hub_lists(hub, branches, tmp_path):
    hub.folder = shutil.copytree(branches, tmp_path / "copied")
    file = hub.folder / "step16" / "tokenizer.json"
    file.write_text(file.read_text().replace('"x"', '"¤"', 1))
    with pytest.raises(UsageError, match="series/step16 has another tokenizer than series/step0"):
        llmgeo.trace("owner/series", revisions="step*", recipe=recipe(), out=tmp_path / "run")
    assert not hub.asked("safetensors")


def test_a_pattern_that_no_branch_fits_lists_them(hub):
    with pytest.raises(ModelError, match=r"no branch or tag that fits 'epoch\*'; it has 3 branches: .*step16"):
        trainings(["owner/series"], "epoch*")
