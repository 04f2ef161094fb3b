"""How many prompts the toy takes: a few of a recipe that comes with llmgeo, all that the user asks for otherwise."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import llmgeo
from llmgeo.engine.request import TOY_PROMPTS, make_request
from llmgeo.errors import OtherRunError, UsageError
from llmgeo.recipe import load_recipe

SHIPPED = Path(__file__).parents[2] / "probes" / "coherence.toml"
TOY_IN_MEMORY = SimpleNamespace(source=SimpleNamespace(kind="toy"), name="toy")


@pytest.mark.parametrize(
    ("subjects", "recipe"),
    [
        (("toy",), "coherence"),
        ((TOY_IN_MEMORY,), "coherence"),
        (("toy", "toy"), "rlhf"),
        (("toy", TOY_IN_MEMORY), "rlhf"),
    ],
)
def test_the_toy_takes_few_prompts_and_says_of_how_many(subjects, recipe):
    request = make_request(subjects, recipe)
    assert len(request.used) == request.recipe.prompts.limit == TOY_PROMPTS == 8
    assert request.shortened_from == 32


@pytest.mark.parametrize(
    ("subjects", "recipe", "options", "prompts"),
    [
        ((None,), "coherence", {}, 32),
        (("gpt2",), "coherence", {}, 32),
        (("toy", "gpt2"), "rlhf", {}, 32),
        (("toy",), "coherence", {"limit": 12}, 12),
        (("toy",), "coherence", {"limit": 32}, 32),
        (("toy",), "coherence", {"limit": 3}, 3),
        (("toy",), SHIPPED, {}, 32),
        (("toy",), load_recipe("coherence").with_limit(20), {}, 20),
        ((SimpleNamespace(source=SimpleNamespace(kind="memory"), name="toy"),), "coherence", {}, 32),
    ],
)
def test_what_the_user_asks_for_is_what_runs(subjects, recipe, options, prompts):
    request = make_request(subjects, recipe, **options)
    assert len(request.used) == prompts
    assert request.shortened_from is None


def test_prompts_of_ones_own_are_all_taken(tmp_path):
    (tmp_path / "mine.txt").write_text("\n".join(f"prompt {number}" for number in range(20)))
    request = make_request(("toy",), "coherence", prompts=str(tmp_path / "mine.txt"))
    assert len(request.used) == 20
    assert request.shortened_from is None


def test_texts_that_are_listed_are_all_taken():
    texts = [f"prompt {number}" for number in range(40)]
    assert [prompt.text for prompt in make_request(("gpt2",), "coherence", prompts=texts).used] == texts
    assert len(make_request(("toy",), "coherence", prompts=texts, limit=3).used) == 3
    for wrong in (3, b"text"):
        with pytest.raises(UsageError, match="a prompt file, a list of texts, or nothing"):
            make_request(("toy",), "coherence", prompts=wrong)


def test_a_run_of_listed_texts_goes_on_and_is_analyzed(tmp_path):
    recipe = Path(__file__).parents[2] / "benchmarks" / "small.toml"
    texts = ["The harbour was", "Nobody in the town", "Above the door"]
    run = llmgeo.probe("toy", recipe=recipe, prompts=texts[:2], out=tmp_path / "run")
    assert set(run.samples["prompt_text"]) == set(texts[:2])
    assert set(run.samples["prompt"]) == {"prompt-1", "prompt-2"}
    again = llmgeo.probe("toy", recipe=recipe, prompts=texts[:2], out=tmp_path / "run")
    assert len(again.units) == len(run.units)
    assert llmgeo.analyze(run).layers.equals(run.layers)
    with pytest.raises(OtherRunError, match="prompts"):
        llmgeo.probe("toy", recipe=recipe, prompts=texts[1:], out=tmp_path / "run")
