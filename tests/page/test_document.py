"""The page as a file: one policy, no foreign address, no way for text to become markup, and a size that stays small."""

import base64
import hashlib
import json
import re
from importlib import resources

import pytest

from llmgeo.errors import RunError
from llmgeo.experiments.probe.tables import DECLARATION
from llmgeo.report.glossary import find, glossary
from llmgeo.report.page import Options, page_html, provenance, write_page
from llmgeo.run import create_or_resume, open
from tests.page.hostile import STRINGS
from tests.page.runs import make_run

PLAIN = Options(umap_layers=0)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp("runs") / "hostile", words=tuple(STRINGS), said=next(iter(STRINGS)))
    return page_html(run, PLAIN)


def data_of(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_the_policy_allows_the_two_inline_blocks_and_nothing_else(hostile):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', hostile)[1].replace("&#39;", "'")
    script = re.search(r"<script>(.*?)</script>", hostile, re.DOTALL)[1]
    style = re.search(r"<style>(.*?)</style>", hostile, re.DOTALL)[1]
    for kind, block in (("script", script), ("style", style)):
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_no_text_leaves_the_json(hostile):
    assert hostile.count("<script") == hostile.count("</script>") == 2
    assert "<img" not in hostile
    shown = data_of(hostile)["texts"]["samples"][0]["tokens"]
    assert shown[: len(STRINGS)] == list(STRINGS.values())


def test_nothing_is_fetched(hostile):
    outside = set(re.findall(r"""https?://[^\s"'<)]+""", hostile)) - {"http://www.w3.org/2000/svg"}
    assert "https://arxiv.org/abs/2510.21258" in outside
    for paper in outside:  # each is a paper's, and asked for when its link is clicked
        assert re.fullmatch(r"https://arxiv\.org/abs/\d{4}\.\d{5}", paper)
        assert hostile.count(paper) == hostile.count(f'<a href="{paper}" rel="noreferrer">')
    assert not re.search(r"""(?:src|href)=["'](?!#|https://arxiv\.org/abs/)""", hostile)
    assert "@import" not in hostile
    assert "url(" not in hostile


@pytest.mark.parametrize(
    "way", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("]
)
def test_the_scripts_know_no_way_from_text_to_markup(way):
    folder = resources.files("llmgeo.report.page") / "scripts"
    for script in folder.iterdir():
        assert way not in script.read_text(encoding="utf-8"), script.name


def test_no_two_scripts_of_a_page_declare_the_same_name(hostile):
    """All scripts of a page share one scope, where a name declared twice stops every one of them."""
    declared = re.findall(r"^(?:async )?(?:const|let|var|function\*?|class) (\w+|[{[].*?[}\]])", hostile, re.MULTILINE)
    names = [name for group in declared for name in re.findall(r"\w+", group)]
    assert len(names) > 50
    assert {name for name in names if names.count(name) > 1} == set()


def test_a_text_of_a_megabyte_a_token_makes_no_large_page(hostile):
    assert len(hostile.encode()) < 300_000


def test_above_its_budget_the_page_holds_a_selection_and_says_so(tmp_path):
    run = make_run(tmp_path / "run", prompts=6)
    whole, small = (
        data_of(page_html(run, options))
        for options in (PLAIN, Options(text_bytes=8_000, value_bytes=500, trajectory_bytes=4_000, umap_layers=0))
    )
    assert len(whole["texts"]["samples"]) == 18
    assert "All 18 measured texts" in whole["texts"]["sentence"]
    assert "1 text ended too early to be measured" in whole["texts"]["sentence"]
    held = small["texts"]["samples"]
    assert 0 < len(held) < 18
    assert f"holds {len(held)} of 18 measured texts" in small["texts"]["sentence"]
    assert {sample["prompt"] for sample in held} == {f"p{n}" for n in range(len(held) // 3)}  # whole prompts
    assert small["values"]["left_out"] == 7 - len(small["values"]["layers"]) > 0
    assert 3 in small["values"]["layers"]  # the layer that tells best
    assert 0 < len(small["trajectory"]["samples"]) < len(held)


def test_the_same_run_gives_the_same_bytes(tmp_path):
    run = make_run(tmp_path / "run")
    first = write_page(run, tmp_path / "a.html", PLAIN).read_bytes()
    assert write_page(open(run.path), tmp_path / "b.html", PLAIN).read_bytes() == first


def test_the_neighbour_maps_are_made_with_their_seed(tmp_path):
    run = make_run(tmp_path / "run")
    options = Options(umap_layers=1, umap_points=60)
    first, second = (data_of(page_html(run, options))["trajectory"]["umap"] for _ in range(2))
    assert [one["layer"] for one in first] == [6]
    assert first == second


def test_the_page_goes_into_the_run_and_verifies_with_it(tmp_path):
    from llmgeo.run import verify

    run = make_run(tmp_path / "run")
    page = write_page(run, options=PLAIN)
    assert page == run.path / "report.html"
    assert list(verify(run.path)) == []


def test_a_run_without_results_is_refused(tmp_path):
    with create_or_resume(tmp_path / "run", {"kind": "probe"}, b"", {"seed": 0}, DECLARATION) as writer:
        writer.write_unit("00000", {"samples": [{"sample": "a", "condition": "greedy", "prompt": "p"}]})
    with pytest.raises(RunError, match="Run the command that started it again"):
        write_page(open(tmp_path / "run"))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ({"name": "SmolLM2-135M-Instruct", "kind": "default"}, "llmgeo probe --limit 3"),
        (
            {"name": "a/b", "kind": "hub", "revision": "abc", "dtype": "bfloat16"},
            "llmgeo probe a/b --revision abc --dtype",
        ),
        ({"name": "mine", "kind": "folder"}, "llmgeo probe PATH/TO/mine --limit 3"),
        ({"name": "x; rm -rf ~", "kind": "hub"}, "llmgeo probe 'x; rm -rf ~' --limit 3"),
        ({"name": "Llama", "kind": "memory"}, None),
    ],
)
def test_the_command_that_makes_the_run_again(tmp_path, model, expected):
    run = make_run(tmp_path / "run", states=False)
    run._manifest["subjects"] = {"model": {"dtype": "float32", **model}}
    said = provenance.command(run)
    assert said is None if expected is None else said.startswith(expected)


@pytest.mark.parametrize(
    ("subjects", "expected"),
    [
        ({"model": {"name": "a/b"}}, "a/b"),
        ({"base": {"name": "a"}, "tuned": {"name": "b"}}, "a against b"),
        ({}, "run"),
        (None, "run"),
    ],
)
def test_the_heading_says_what_was_looked_at(tmp_path, subjects, expected):
    run = make_run(tmp_path / "run", states=False)
    run._manifest["subjects"] = subjects
    assert f"<h1>{expected}</h1>" in page_html(run, PLAIN)


def test_the_page_does_not_tell_where_the_run_lies(tmp_path):
    run = make_run(tmp_path / "run")
    assert str(tmp_path) not in page_html(run, PLAIN)


@pytest.fixture(scope="module")
def plain_page(tmp_path_factory):
    return page_html(make_run(tmp_path_factory.mktemp("runs") / "plain", states=False), PLAIN)


class TestGlossary:
    def test_every_link_has_its_explanation(self, plain_page):
        linked = {*re.findall(r'href="#(glossary-[^"]+)"', plain_page)}
        explained = re.findall(r'<div id="(glossary-[^"]+)"', plain_page)
        assert len(linked) >= 5
        assert linked <= {*explained}
        assert len(explained) == len({*explained})

    def test_only_the_words_that_it_uses_and_in_the_same_words(self, plain_page):
        explained = {*re.findall(r'<div id="(glossary-[^"]+)"', plain_page)}
        assert len(explained) < len(glossary()) / 2
        assert {find("auc").anchor, find("turning_angle").anchor, find("nucleus").anchor} <= explained
        assert find("kl").anchor not in explained
        assert find("auc").meaning in plain_page

    def test_a_condition_is_explained_as_this_run_has_it(self, plain_page):
        explained = re.search(r'<div id="glossary-hot">(.*?)</div>', plain_page, re.DOTALL)[1]
        assert "at temperature 1." in explained
