"""What is said before any number, on every view: random weights, and too few prompts to decide anything."""

from types import SimpleNamespace

import pytest

from llmgeo.report.notices import has_random_weights, notices
from llmgeo.report.page import Options, page_html
from llmgeo.report.page.content import plain_page
from llmgeo.report.plain_screen import plain_screen
from llmgeo.report.run_records import as_records
from llmgeo.run.declaration import Declaration
from llmgeo.statistics.decidable import fewest_prompts
from tests.report import synthetic
from tests.report.test_terminal import first, screen, whole, words_of

RANDOM = "Random weights: this run tests the plumbing; its numbers say nothing about language models."
TRAINED = synthetic.MODEL | {"name": "org/model", "kind": "hub", "revision": "abc"}


def trained(folder, monkeypatch, prompts):
    monkeypatch.setitem(synthetic.COUNTS, "prompts", prompts)
    return synthetic.make_run(folder, model=TRAINED)


def test_every_view_of_a_toy_says_first_that_it_means_nothing(run):
    for view in (first, whole):
        shown = words_of(screen(run, 60, view))
        assert shown.index(RANDOM) < shown.index("What the papers say")
    page = page_html(run, Options(umap_layers=0))
    assert f'<p class="banner">{RANDOM}</p>' in page
    assert page.index(RANDOM) < page.index("<main")
    assert as_records(run)["notices"] == [RANDOM]
    assert plain_page(run).notices == (RANDOM,)
    assert RANDOM in str(plain_screen(run, 80).renderables[1])


def test_a_trained_model_with_prompts_enough_has_nothing_to_be_warned_of(tmp_path, monkeypatch):
    assert notices(trained(tmp_path / "run", monkeypatch, 32)) == ()


@pytest.mark.parametrize("prompts", [1, 2, 4, 5])
def test_too_few_prompts_are_said_to_decide_nothing(tmp_path, monkeypatch, prompts):
    *bands, said = notices(trained(tmp_path / "run", monkeypatch, prompts))
    assert [notice for notice in bands if "curves have no bands" in notice] == bands
    assert len(bands) == (prompts < 4)
    assert said.startswith(f"{prompts} prompt")
    assert "too few for any verdict" in said
    assert "--limit 32" in said


def test_fewer_than_one_claim_takes_are_too_few_for_a_lone_one(tmp_path, monkeypatch):
    claims = len(synthetic.RESULTS["claims"]())
    assert fewest_prompts(1) < fewest_prompts(claims)
    [said] = notices(trained(tmp_path / "few", monkeypatch, fewest_prompts(claims) - 1))
    assert f"one of these {claims} claims by itself" in said
    assert notices(trained(tmp_path / "enough", monkeypatch, fewest_prompts(claims))) == ()


def test_a_run_of_an_older_rule_says_which_labels_it_has(tmp_path, monkeypatch):
    monkeypatch.setitem(synthetic.COUNTS, "prompts", 32)
    [said] = notices(synthetic.make_run(tmp_path / "old", model=TRAINED, label_rule=None))
    assert said.startswith("Texts are labelled by rule 1, of llmgeo 0.1")
    assert "nonsense included" in said


def test_which_of_two_models_is_random_is_said(run):
    subjects = {"base": TRAINED, "tuned": TRAINED | {"name": "toy", "kind": "toy"}}
    of_two = SimpleNamespace(
        manifest={"subjects": subjects}, results_recipe=None, claims=run.claims, declaration=Declaration(())
    )
    assert notices(of_two)[0].startswith("Random weights in toy: this run tests the plumbing")


@pytest.mark.parametrize(
    ("subject", "is_random"),
    [
        ({"kind": "memory", "name": "LlamaForCausalLM", "revision": None}, False),
        ({"kind": "folder", "revision": "built from its config, seed 3"}, True),
        ({"name": 3, "kind": None}, False),
        ({}, False),
    ],
)
def test_a_model_that_does_not_say_so_is_not_called_random(subject, is_random):
    assert has_random_weights(subject) is is_random
