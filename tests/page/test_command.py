"""`llmgeo report`: where the page goes, what is said about it, and what a mistake gets."""

import json

import pytest
import typer
from typer.testing import CliRunner

from llmgeo.cli import report
from llmgeo.cli.errors import with_errors_shown
from tests.page.runs import make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "run").path


def call(*words: object):
    app = typer.Typer()
    app.command("report")(with_errors_shown(report.report))
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_page_goes_into_the_run(run):
    found = call(run, "--no-umap", "--format", "json")
    assert found.exit_code == 0, found.output
    said = json.loads(found.stdout)
    assert said == {"path": str(run / "report.html"), "bytes": (run / "report.html").stat().st_size}


def test_the_page_goes_where_it_is_asked_to_go(run, tmp_path):
    found = call(run, "--no-umap", "--out", tmp_path / "page.html", "--format", "quiet")
    assert found.stdout.strip() == str(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert call(run, "--no-umap").stdout.startswith("page: ")


def test_a_folder_that_is_no_run_or_cannot_be_written_gets_one_message(run, tmp_path):
    found = call(tmp_path)
    assert found.exit_code == 2
    assert "is not a run folder" in found.stderr
    found = call(run, "--no-umap", "--out", tmp_path / "absent" / "page.html")
    assert found.exit_code == 2
    assert "there is no folder" in found.stderr
    assert "is a folder" in call(run, "--no-umap", "--out", tmp_path).stderr
