"""Results that answer another recipe than the run was made with: every view says so, and uses that recipe's sides."""

import pytest

from llmgeo.experiments.probe.summary import summarize
from llmgeo.report.page import Options, page_html
from llmgeo.report.run_records import as_records
from llmgeo.run import open as open_run
from tests.page.runs import make_run
from tests.report.test_terminal import first, screen, whole, words_of

OTHER = b"""
name = "mine"
title = "Other questions"
window = { skip = 4, tokens = 8 }
[[contrasts]]
name = "loops against fluent"
a = { conditions = ["hot"] }
b = { conditions = ["nucleus"] }
"""


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "run", states=False)


def answering(run, source):
    (run.path / "results" / "recipe.toml").write_bytes(source)
    return open_run(run.path)


def test_a_runs_own_results_say_nothing(run):
    assert run.results_recipe is None
    assert not any("another recipe" in notice for notice in summarize(run).notices)
    assert "another recipe" not in repr(run) + run._repr_html_() + page_html(run, Options(umap_layers=0))
    assert as_records(run)["results_recipe"] is None


def test_every_view_says_it(run):
    other = answering(run, OTHER)
    said = "These results answer another recipe than the run was made with: mine (window: skip = 4, tokens = 8)"
    for view in (first, whole):
        shown = words_of(screen(other, 60, view))
        assert said in shown
        assert shown.index(said) < shown.index("What the papers say")
    page = page_html(other, Options(umap_layers=0))
    assert f'<p class="banner">{said} instead of coherence.' in page
    assert "The recipe that these results answer" in page
    assert "Other questions" in page
    assert "answer another recipe: mine" in repr(other)
    assert "answer another recipe: mine" in other._repr_html_()
    assert as_records(other)["results_recipe"] == "mine"


@pytest.mark.parametrize(
    ("source", "name"),
    [(b'{"name": "made in Python"}', "made in Python"), (b"\xff", None), (b"[" * 10_000, None), (b"", None)],
)
def test_a_recipe_of_any_kind_is_named_or_said_to_be_unreadable(run, source, name):
    other = answering(run, source)
    assert other.results_recipe.get("name") == name
    assert (name or "one that cannot be read") in " ".join(summarize(other).notices)


def test_a_hostile_name_drives_no_terminal(run):
    other = answering(run, b'{"name": "a\\u001b[2Jb"}')
    assert "\x1b[2J" not in screen(other, 80) + repr(other)
    assert "\\x1b[2J" in screen(other, 80)


@pytest.mark.parametrize("part", ["conditions", "contrasts", "claims"])
@pytest.mark.parametrize(
    "value",
    ["3", '"abc"', "[1]", '[{"name": 1}]', '[{"name": "x", "a": 3, "b": {"conditions": "abc"}}]', '[{"a": []}]'],
)
def test_a_hostile_recipe_breaks_no_page(run, part, value):
    other = answering(run, f'{{"name": "mine", "window": 3, "{part}": {value}}}'.encode())
    page = page_html(other, Options(umap_layers=0))
    assert "another recipe than the run was made with: mine" in page
    assert "another recipe" in screen(other, 80)
