"""The whole command against a hub on 127.0.0.1 that HF_ENDPOINT names, and everything that goes wrong there."""

import os
import subprocess
import sys

import pytest

from llmgeo import run as runs
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from tests.engine.ranks import ONE_THREAD, ROOT, server
from tests.sources.hub_server import COMMIT, Hub

SMALL = str(ROOT / "benchmarks" / "small.toml")
COMMAND = ["probe", "owner/toy", "--recipe", SMALL, "--limit", "1", "--format", "quiet", "--out"]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    toy_model(layers=2, width=560).save_pretrained(folder)  # 24 MB: the hub's client keeps what it has by 10 MB
    toy_tokenizer().save_pretrained(folder)
    found = Hub(folder)
    yield found
    found.shutdown()


@pytest.fixture(scope="module")
def environment(hub, tmp_path_factory):
    return {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path_factory.mktemp("home")), "HF_HUB_OFFLINE": "0"}


@pytest.fixture(scope="module")
def probe(environment):
    with server(**environment) as ask:

        def started(out, command=COMMAND):
            done = ask(1, [*command, str(out)])
            return done["codes"][0], done["stderr"][0]

        yield started


def fresh(out, environment):
    """``python -m llmgeo``, nothing imported before."""
    return subprocess.run(
        [sys.executable, "-m", "llmgeo", *COMMAND, str(out)],
        env={**os.environ, **ONE_THREAD, **environment}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_every_fault_has_its_message_and_then_the_command_goes_on(hub, environment, probe, tmp_path):
    """In the order in which they might befall one user; nothing is cached until the last."""
    said = {}
    for fault in ("missing", "gated", "gated without login", "bad token", "forbidden", "down"):
        hub.fault = fault
        code, said[fault] = probe(tmp_path / "run")
        assert code == 1, said[fault]
        assert said[fault].count("\n") == 1, said[fault]
    hub.fault = ""
    assert "neither a folder here nor a model on the hub" in said["missing"]
    assert f"Ask for access on {hub.url}/owner/toy, then run hf auth login" in said["gated"]
    assert said["gated"] == said["gated without login"]
    assert "does not let this login read owner/toy (401" in said["bad token"]
    assert "does not let this login read owner/toy (403" in said["forbidden"]
    assert f"{hub.url} answered 500 for owner/toy" in said["down"]
    code, wrong = probe(tmp_path / "run", [*COMMAND[:2], "--revision", "v9", *COMMAND[2:]])
    assert (code, "no branch, tag or commit 'v9'" in wrong) == (1, True)

    hub.cuts = 1000
    code, broken = probe(tmp_path / "run")
    assert code == 1
    assert "broke off" in broken
    assert "Files that arrived whole are kept: run the same command again" in broken
    assert not (tmp_path / "run").exists()

    hub.cuts, asked = 1, len(hub.requests)
    done = fresh(tmp_path / "run", environment)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'run'}\n"), done.stderr
    begins = [int(one[2].removeprefix("bytes=").split("-")[0]) for one in hub.requests[asked:] if one[2]]
    assert max(begins, default=0) >= 10_000_000, "what had arrived before the cut was asked for again"
    model = runs.open(tmp_path / "run").manifest["subjects"]["model"]
    assert (model["name"], model["kind"], model["revision"]) == ("owner/toy", "hub", COMMIT)
