"""The test of a monitor: rules against plain searches, leads of texts made by hand, and a tiny model that loops."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import llmgeo
from llmgeo.cli.app import app
from llmgeo.experiments.watch.claims import claim_tests
from llmgeo.experiments.watch.heard import Text, alarm_at, false_alarms, leads, shares, stretch_auc
from llmgeo.experiments.watch.rules import BY_IDS, RULES, VLLM, copies_at, cusum, sure
from llmgeo.model.sources.toy import toy_tokenizer
from llmgeo.monitor.alarm import CHANNELS
from llmgeo.recipe import load_recipe
from tests.experiments.watch.small import looping_run, recipe


@given(st.lists(st.integers(0, 2), min_size=1, max_size=40))
def test_the_rule_of_exact_copies_is_a_plain_search(ids):
    plain = [
        float(any(
            ids[end - 3 * period : end] == ids[end - period : end] * 3 for period in range(2, 6) if 3 * period <= end
        ))
        for end in range(1, len(ids) + 1)
    ]  # fmt: skip
    assert copies_at(ids, 2, 5, 3).tolist() == plain


def test_rules_need_their_copies():
    ids = [*range(30), *list(range(50, 60)) * 4]
    assert np.flatnonzero(BY_IDS[VLLM](ids))[0] == 30 + 30 - 1
    assert BY_IDS[RULES[1]](ids).sum() == 0
    assert np.flatnonzero(BY_IDS[RULES[2]](ids)).tolist() == [69]
    assert sure(np.array([0.0, 0.001, 0.5, 0.0])).tolist() == [1, 2, 0, 1]


def test_a_cumulative_sum_grows_where_the_score_does():
    noise = np.random.default_rng(0).normal(size=200)
    shifted = noise + np.where(np.arange(200) > 150, 3.0, 0.0)
    assert np.nanmax(cusum(noise)) < 15 < cusum(shifted)[-1]
    assert np.isnan(cusum(np.zeros(100))).all()


def text(alarm, onset=100, period=20, prompt="a", tokens=200, **more):
    score = np.zeros(tokens)
    if alarm is not None:
        score[alarm:] = 10.0
    return Text(f"{prompt}-x", "x", prompt, {"text": score, **more}, onset, period, False)


def test_leads_count_to_the_third_copy_and_no_later_than_two_more():
    texts = [text(95), text(130), text(None), text(80)]
    alarms = np.array([alarm_at(each, "text", 5.0, 16) for each in texts])
    assert alarms.tolist() == [95, 130, np.inf, 84]
    assert leads(texts, alarms).tolist() == [45, 10, -40, 56]
    assert shares(texts, alarms) == {
        "before_onset": 0.5,
        "before_copy_2": 0.5,
        "before_copy_3": 0.75,
        "by_copy_3": 0.75,
    }


def test_false_alarms_are_those_of_fluent_texts_and_before_loops():
    early = text(None)
    early.scores["text"][[10, 12, 70, 150]] = 10.0
    fluent = Text("f", "x", "f", {"text": np.r_[np.zeros(50), 10.0]}, None, None, True)
    neither = Text("n", "x", "n", {"text": np.full(50, 10.0)}, None, None, False)
    assert false_alarms([early, fluent, neither], "text", 5.0, 16) == (3, 84 + 51)


def test_a_stretch_stands_against_the_same_texts_earlier_tokens():
    found = stretch_auc([text(100)], "text", (0, 1.0))
    assert found == (1.0, 20, 52)
    assert stretch_auc([text(100)], "text", (-16, 0))[0] == 0.5


def test_claims_go_as_the_leads_do():
    texts = [text(125, prompt=str(number), states=text(110 + number).scores["text"]) for number in range(12)]
    tests = {test.claim: test for test in claim_tests(recipe(), texts, {"text": 5.0, "states": 5.0})}
    assert tests["states first"].effect == pytest.approx(125 - 115.5)
    assert tests["states first"].low > 0
    assert tests["before"].effect == -0.5
    assert tests["dimension"].status == "no_samples"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return looping_run(tmp_path_factory.mktemp("watch"))


def test_what_a_run_holds_is_what_a_replay_gives(run):
    samples = run.samples.set_index("sample")
    scores = run.table("scores") if run.declaration.table("scores").is_result else pd.concat(run.pieces("scores"))
    assert set(scores["method"]) == {*CHANNELS, *RULES}
    name = samples.index[0]
    ids = list(samples.loc[name, "token_ids"])[int(samples.loc[name, "prompt_length"]) :]
    monitor = llmgeo.Monitor(toy_tokenizer())
    own = scores[(scores["sample"] == name) & (scores["method"] == "text")].sort_values("token")["score"]
    assert own.to_numpy() == pytest.approx(monitor.replay(ids).scores["text"], rel=1e-6)


def test_a_run_finds_loops_and_who_hears_them(run):
    loops = int(run.samples["loop_onset"].notna().sum())
    assert loops >= 3
    table = run.table("leads").set_index("method")
    assert table.loc["text", "loops"] == loops
    assert table.loc[VLLM, "before_copy_3"] == 0
    assert run.manifest["thresholds"]["by_channel"]["states"] == 0.9
    assert set(run.claims["verdict"]) <= {"supported", "contradicted", "undecided", "not measured"}


def test_screen_page_and_analyze_say_it(run, tmp_path):
    shown = CliRunner().invoke(app, ["show", str(run.path), "--alarms"])
    assert "watched by" in shown.stdout
    assert "Thresholds: calibrated" in shown.stdout
    page = run.report(tmp_path / "page.html").read_text()
    assert "How early, and how often for nothing" in page
    again = llmgeo.analyze(run, recipe=recipe())
    assert again.claims["verdict"].tolist() == run.claims["verdict"].tolist()


def test_the_recipe_that_is_shipped_names_its_claims():
    shipped = load_recipe("watch")
    assert [decoder.name for decoder in shipped.decoders] == ["greedy", "cool"]
    assert shipped.prompts.limit == 32
    assert shipped.generation.new_tokens == 384
