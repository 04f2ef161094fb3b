"""What a run shows of itself: in a notebook, in a terminal, as a page."""

import shutil

import pytest

import llmgeo
from llmgeo.errors import RunError, UsageError
from tests.page.runs import make_run


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "run", states=False)


def test_a_notebook_shows_facts_and_claims(finished):
    html = finished._repr_html_()
    assert "<caption>llmgeo run</caption>" in html
    for sentence in finished.claims["sentence"]:
        assert sentence.split("'")[0] in html
    assert html.count("<tr><td>") == len(finished.claims)


def test_show_writes_the_first_screen(finished, capsys):
    finished.show()
    first = capsys.readouterr().out
    assert str(finished.path.name) in first
    assert "What the papers say" in first
    finished.show("claims", "refused")
    assert "What the papers say" in capsys.readouterr().out
    with pytest.raises(UsageError, match="no part 'clams'; did you mean claims"):
        finished.show("clams")


def test_report_writes_the_page_and_says_where(finished, tmp_path):
    page = finished.report(tmp_path / "page.html", umap=False)
    assert page == tmp_path / "page.html"
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert finished.report(umap=False) == finished.path / "report.html"


def test_what_has_no_results_says_so(finished, tmp_path):
    shutil.copytree(finished.path, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "results")
    run = llmgeo.open(tmp_path / "run")
    assert "what papers say" not in run._repr_html_()
    for call in (run.show, run.report):
        with pytest.raises(RunError, match="results"):
            call()


def test_a_damaged_table_of_claims_leaves_the_facts(finished, tmp_path):
    shutil.copytree(finished.path, tmp_path / "run")
    [claims] = (tmp_path / "run" / "results").glob("claims*")
    claims.write_bytes(b"no table")
    html = llmgeo.open(tmp_path / "run")._repr_html_()
    assert "<caption>llmgeo run</caption>" in html
    assert "claims" in html
