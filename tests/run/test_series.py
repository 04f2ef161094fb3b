"""A series of a stored text: its own tokens alone, and what `llmgeo measure` says of it; or why there is none."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import llmgeo
from llmgeo.cli.app import app
from llmgeo.errors import UsageError
from llmgeo.run import create_or_resume
from llmgeo.run.declaration import CLAIMS, SAMPLES, TOKENS, Declaration
from llmgeo.run.series import text_series
from llmgeo.statistics import multifractal

SURPRISAL = np.random.default_rng(0).gamma(2.0, size=303)
STEPS = np.random.default_rng(1).gamma(2.0, size=(2, 300))
LONG, SHORT = "story-1-hot", "story-1-\x1b[31mgreedy"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two texts: one of 300 tokens after a prompt of three, one that ended at once."""
    texts = [
        {"sample": LONG, "condition": "hot", "prompt": "story-1", "prompt_length": 3,
         "token_surprisal": [None, *SURPRISAL[1:].tolist()], "token_entropy": [*(SURPRISAL + 1)[:-1].tolist(), None]},
        {"sample": SHORT, "condition": "greedy", "prompt": "story-1", "prompt_length": 3,
         "token_surprisal": [None, 1.0, 2.0, 3.0], "token_entropy": [1.0, 2.0, 3.0, None]},
    ]  # fmt: skip
    tokens = [
        {"sample": LONG, "layer": layer, "token": 3 + at, "axis": "token", "step_length": STEPS[layer, at]}
        for layer in (0, 1)
        for at in reversed(range(300))  # in whatever order they stand
    ]
    manifest = {"kind": "probe", "subjects": {}, "recipe": {}}
    folder = tmp_path_factory.mktemp("texts") / "run"
    with create_or_resume(folder, manifest, b"", {}, Declaration((SAMPLES, TOKENS, CLAIMS))) as writer:
        writer.write_unit("00000", {"samples": texts, "tokens": tokens})
    return llmgeo.open(folder)


def test_a_text_is_a_series_of_its_own_tokens(run):
    assert text_series(run, sample=LONG).values == pytest.approx(SURPRISAL[3:])
    entropy = text_series(run, "entropy", LONG).values
    assert entropy == pytest.approx(SURPRISAL[3:-1] + 1)  # nothing comes after the last token
    steps = text_series(run, "step_length", LONG, layer=1)
    assert steps.values == pytest.approx(STEPS[1])
    assert steps.words() == "step length of story-1-hot at layer 1: 300 values"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, r"holds 2 texts; name one, such as the longest, 'story-1-hot' \(300 tokens\)"),
        ({"sample": "story-1-hto"}, "no text of this name; did you mean story-1-hot?"),
        ({"sample": "story-1-greedy"}, r"did you mean story-1-\\x1b\[31mgreedy"),
        ({"sample": LONG, "name": "surprisl"}, "did you mean surprisal?"),
        ({"sample": LONG, "layer": 1}, "is of a token, and of no layer"),
        ({"sample": LONG, "name": "step_length"}, "name one, such as layers=1"),
        ({"sample": LONG, "name": "step_length", "layer": 7}, "Known: 0, 1"),
        ({"sample": SHORT, "name": "step_length", "layer": 1}, "ended before its window"),
    ],
)
def test_a_mistake_is_one_message(run, asked, said):
    with pytest.raises(UsageError, match=said) as error:
        text_series(run, **asked)
    assert "\x1b" not in str(error.value)


def test_a_run_without_texts_has_no_series(tmp_path):
    manifest = {"kind": "weights", "subjects": {}, "recipe": {}}
    with create_or_resume(tmp_path / "run", manifest, b"", {}, Declaration((CLAIMS,))):
        pass
    with pytest.raises(UsageError, match="holds no text token by token"):
        text_series(llmgeo.open(tmp_path / "run"))


def said(run, *arguments):
    return CliRunner().invoke(app, ["measure", str(run.path), *arguments], env={"COLUMNS": "80"})


def test_the_command_says_what_the_function_finds(run):
    found = json.loads(said(run, "--sample", LONG, "--format", "json").output)
    own = multifractal(SURPRISAL[3:])
    assert found["p"] == pytest.approx(dict(own.p))
    assert found["width"] == pytest.approx(own.width)
    assert (found["sample"], found["name"], found["layer"], found["values"]) == (LONG, "surprisal", None, 300)


def test_the_command_refuses_what_has_no_answer(run):
    assert "fewer than 256 values" in said(run, "--sample", SHORT).output
    for options, words in (
        (["--layers", "0-1"], "of one layer"), (["--points", "3"], "is of points"), (["--format", "csv"], "json"),
    ):  # fmt: skip
        refused = said(run, "--sample", LONG, *options)
        assert refused.exit_code == 2
        assert words in refused.output


def test_who_waits_long_is_told_how_long(run, monkeypatch):
    monkeypatch.setattr("llmgeo.statistics.multifractality.seconds_needed", lambda values: 125.0)
    monkeypatch.setattr("llmgeo.statistics.multifractal", lambda values, seed: multifractal(values[:9]))
    result = said(run, "--sample", LONG, "--format", "json")
    assert "about 2:05 here" in result.stderr
    assert json.loads(result.stdout)["status"] == "too_few_points"


def test_a_text_belongs_to_a_run(tmp_path):
    np.save(tmp_path / "series.npy", SURPRISAL)
    refused = CliRunner().invoke(app, ["measure", str(tmp_path / "series.npy"), "--sample", LONG])
    assert refused.exit_code == 2
    assert "names a text of a run" in refused.output
