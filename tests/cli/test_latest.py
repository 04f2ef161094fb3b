"""`latest` is the newest run wherever a run is named, and stderr says which it is; `--open` opens its page."""

import json
import os
import webbrowser

import pytest

from llmgeo.run.folder import newest
from tests.report.synthetic import make_run


def begun(folder, created, seconds=0):
    """A run that says when it was begun; its recipe was written so many seconds after a moment."""
    run = make_run(folder).path
    manifest = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**manifest, "created": created}))
    os.utime(run / "recipe.toml", (1e9 + seconds, 1e9 + seconds))
    return run


def test_the_newest_is_the_one_that_was_begun_last_whatever_its_name(llmgeo, tmp_path):
    begun(tmp_path / "runs" / "b", "2026-01-01T00:00:00Z")
    begun(tmp_path / "runs" / "a", "2026-01-02T00:00:00Z")
    begun(tmp_path / "mine" / "c", "2026-01-03T00:00:00Z")
    for name, run in (("latest", "runs/a"), ("runs/latest", "runs/a"), ("mine/latest", "mine/c")):
        result = llmgeo("show", name, "--format", "quiet")
        assert result.stderr == f"latest: {run}\n"
        assert result.stdout == f"{tmp_path / run}\n"


@pytest.mark.parametrize("command", ["show", "report", "analyze", "verify", "repair"])
def test_every_command_that_takes_a_run_takes_it(llmgeo, tmp_path, command):
    begun(tmp_path / "runs" / "a", "2026-01-02T00:00:00Z")
    result = llmgeo(command, "latest")
    assert result.stderr.startswith("latest: runs/a\n")


def test_of_two_of_one_second_it_is_the_one_written_later(tmp_path):
    later = begun(tmp_path / "runs" / "a", "2026-01-01T00:00:00Z", seconds=0.5)
    begun(tmp_path / "runs" / "b", "2026-01-01T00:00:00Z", seconds=0.25)
    assert newest(tmp_path / "runs") == later


def test_one_that_cannot_be_read_is_passed_over(tmp_path):
    run = begun(tmp_path / "runs" / "a", "2026-01-01T00:00:00Z")
    begun(tmp_path / "runs" / "b", "2026-01-02T00:00:00Z")
    (tmp_path / "runs" / "b" / "run.json").write_text("{")
    assert newest(tmp_path / "runs") == run


def test_a_run_that_is_called_so_is_itself(llmgeo, tmp_path):
    run = begun(tmp_path / "latest", "2026-01-01T00:00:00Z")
    result = llmgeo("show", "latest", "--format", "quiet")
    assert (result.stdout, result.stderr) == (f"{run}\n", "")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, "There is no run yet: there is no folder runs here. To make one: llmgeo probe"),
        (lambda folder: folder.mkdir(), "There is no run in runs. To make one"),
        (lambda folder: folder.write_text("x"), "runs cannot be looked into (Not a directory)"),
        (
            lambda folder: (begun(folder / "a", "x") / "run.json").write_text("{"),
            "There is no run in runs that can be read.",
        ),
    ],
)
def test_where_there_is_none_it_says_so(llmgeo, tmp_path, make, message):
    make(tmp_path / "runs")
    result = llmgeo("show", "latest")
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


@pytest.fixture
def opened(monkeypatch):
    addresses = []
    monkeypatch.setattr(webbrowser, "open", lambda address: addresses.append(address) or True)
    monkeypatch.setenv("DISPLAY", ":0")
    return addresses


def test_open_opens_the_page(llmgeo, tmp_path, opened):
    run = begun(tmp_path / "runs" / "a", "2026-01-01T00:00:00Z")
    result = llmgeo("show", "latest", "--open")
    assert result.exit_code == 1
    assert "runs/a has no page yet. To write it and open it: llmgeo report runs/a --open" in result.stderr
    assert llmgeo("report", "latest", "--open").exit_code == 0
    assert llmgeo("show", "latest", "--open", "--format", "quiet").exit_code == 0
    assert opened == [(run / "report.html").as_uri()] * 2


def test_without_a_display_it_says_where_the_page_is(llmgeo, tmp_path, opened, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    run = begun(tmp_path / "runs" / "a", "2026-01-01T00:00:00Z")
    result = llmgeo("report", "latest", "--open")
    assert result.exit_code == 0
    assert "There is no display here to open the page on. Copy it to a machine that has one: " in result.stderr
    assert result.stderr.rstrip().endswith("report.html")
    assert (run / "report.html").is_file()
    assert opened == []


def test_without_a_browser_it_says_so(llmgeo, tmp_path, opened, monkeypatch):
    begun(tmp_path / "runs" / "a", "2026-01-01T00:00:00Z")
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    result = llmgeo("report", "latest", "--open")
    assert result.exit_code == 0
    assert "No browser was found here. Give this address to one: file://" in result.stderr
