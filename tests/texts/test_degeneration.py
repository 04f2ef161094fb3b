"""The label of a text: hand-made texts of every kind, texts that repeat as they must, and what other rules imply."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmgeo.experiments.watch.rules import BY_IDS, VLLM
from llmgeo.texts import degeneration
from llmgeo.texts.degeneration import INCOHERENT, LABELS, LOOP, SWITCHED, TEMPLATED, judge, label
from llmgeo.texts.loops import find_loop
from llmgeo.texts.prompts import read_prompts
from llmgeo.texts.repetition import looping_suffix, rep_n
from tests.monitor.structured import STRUCTURED
from tests.texts import hand_made
from tests.texts.hand_made import tokens_of

OF_EACH = {name: getattr(hand_made, name.upper()) for name in LABELS if name != "stopped"}
CASES = [(name, place) for name, texts in OF_EACH.items() for place in range(len(texts))]
few_words = st.lists(st.integers(0, 2), max_size=60)


def judged(text, wanted=None):
    return judge(*tokens_of(text), wanted)


def test_there_are_five_texts_of_each_kind():
    assert {len(texts) for texts in OF_EACH.values()} == {5}


@pytest.mark.parametrize(("name", "place"), CASES)
def test_a_hand_made_text_gets_its_label(name, place):
    found = judged(OF_EACH[name][place])
    assert found.name == name, found.reason
    assert np.isfinite(found.number)
    assert (found.period is not None) == (name in (LOOP, TEMPLATED))


@pytest.mark.parametrize("place", range(5))
def test_a_text_that_stopped_early_is_that_first(place):
    text = OF_EACH[LABELS[place + 1]][place]
    ids, tokens = tokens_of(text)
    found = judge(ids, tokens, len(ids) + 1)
    assert (found.name, found.number) == ("stopped", len(ids))
    assert judge(ids, tokens, len(ids)).name == LABELS[place + 1]


@pytest.mark.parametrize("texts", [STRUCTURED, hand_made.NO_LOOPS], ids=["structured", "more"])
def test_tables_lists_json_and_code_are_no_loops(texts):
    assert len(texts) == 20
    wrong = {name: found for name, text in texts.items() if judged(text).name in (LOOP, TEMPLATED) for found in [text]}
    assert wrong == {}


def test_what_cannot_be_decided_is_said():
    said = {name: judged(text) for name, text in hand_made.UNDECIDED.items()}
    assert {found.name for found in said.values()} == {"fluent"}
    undecided = {name: [each.split(":")[0] for each in found.undecided] for name, found in said.items()}
    assert undecided == {
        "Swahili": [SWITCHED],
        "Chinese": [INCOHERENT],
        "names": [INCOHERENT, SWITCHED],
        "code": [TEMPLATED, INCOHERENT, SWITCHED],
    }


@pytest.mark.parametrize("language", hand_made.FEW_RETURNS)
def test_running_text_whose_words_seldom_come_back_is_not_incoherent(language):
    found = judged(hand_made.FEW_RETURNS[language])
    assert found.name == "fluent"
    assert not any(each.startswith(INCOHERENT) for each in found.undecided)


def test_without_its_text_a_label_knows_loops_and_rep_4_alone():
    ids, tokens = tokens_of(hand_made.INCOHERENT[0])
    assert judge(ids, tokens).name == INCOHERENT
    found = judge(ids)
    assert found.name == "fluent"
    assert [each.split(":")[0] for each in found.undecided] == [TEMPLATED, INCOHERENT, SWITCHED]


def test_the_prompts_that_come_with_llmgeo_have_no_fault():
    """Of 128 texts, and of 42 made of three each, where those change their language that hold a foreign prompt."""
    texts = [prompt.text for prompt in read_prompts("coherence.jsonl")]
    assert {judged(text).name for text in texts} == {"fluent"}
    longer = {start: judged(" ".join(texts[start : start + 3])) for start in range(0, 126, 3)}
    foreign = {63: ("French", 65), 78: ("Spanish", 80), 81: ("CJK script", 82), 108: ("CJK script", 110)}
    assert {start for start, found in longer.items() if found.name != "fluent"} == set(foreign)
    for start, (language, prompt) in foreign.items():
        said, onset = longer[start].reason.removesuffix(" on").split(" from token ")
        begins = len(tokens_of(" ".join(texts[start:prompt]))[1])
        assert longer[start].name == SWITCHED
        assert said.endswith(f"in {language}, else English,")
        assert abs(int(onset) - begins) <= 5
        assert longer[start].number > 0.2
    assert [each for found in longer.values() for each in found.undecided] == []


@settings(max_examples=200, deadline=None)
@given(few_words, st.integers(3, 60), st.integers(2, 5), st.data())
def test_a_loop_has_its_primitive_period_copies_and_onset(head, period, repeats, data):
    phrase = list(range(100, 100 + period))
    partial = data.draw(st.integers(0, period - 1))
    found = judge(head + phrase * repeats + phrase[:partial])
    assert (found.name, found.period, found.onset) == (LOOP, period, len(head))
    assert found.copies == pytest.approx(repeats + partial / period)


@settings(max_examples=200, deadline=None)
@given(few_words, few_words, st.integers(0, 8))
def test_where_the_rule_of_vllm_fires_at_the_end_the_text_is_a_loop(head, phrase, repeats):
    tokens = head + phrase * repeats
    if len(tokens) and BY_IDS[VLLM](tokens)[-1]:
        assert label(tokens) == LOOP


def test_a_loop_that_the_text_has_left_again_is_one_if_it_took_most_of_it():
    tokens = [1, 2, 3, 4, 5] * 12 + list(range(50, 80))
    found = judge(tokens)
    assert (found.name, found.period, found.copies, found.onset) == (LOOP, 5, 12, 0)
    assert find_loop([*range(100), *tokens, *range(200, 300)]) is None


@pytest.mark.parametrize(
    ("phrase", "copies", "is_loop"),
    [
        (["we", " go", " home"], 2, True),
        (["we", " go"], 4, False),
        (["we", " go"], 5, True),
        (["ha"], 4, False),
        (["ha"], 5, True),
        (["---", "|"], 4, False),
        (["---", "|"], 5, True),
        (["x", " =", " y", " +", " z", ";"], 4, False),
        (["x", " =", " y", " +", " z", ";"], 5, True),
    ],
)
def test_a_phrase_of_fewer_words_must_be_said_five_times_and_one_without_also_take_most_of_the_text(
    phrase, copies, is_loop
):
    tokens = phrase * copies
    ids = [phrase.index(token) for token in tokens]
    assert (find_loop(ids, tokens) is not None) is is_loop
    beginning = [f" word{place}" for place in range(len(tokens))]
    longer = judge([*range(1000, 1000 + len(tokens)), *ids], beginning + tokens)
    assert (longer.name == LOOP) is (is_loop and phrase[0] in ("we", "ha"))


def test_random_texts_are_no_loops():
    """Words with the frequencies of language (Zipf), 192 tokens: chance meets the bar in few."""
    texts = np.random.default_rng(0).zipf(1.2, size=(500, 192)) % 50_000
    assert np.mean([label(text) == LOOP for text in texts]) < 0.02


@settings(max_examples=100, deadline=None)
@given(few_words, few_words, st.integers(0, 70))
def test_rule_1_is_still_known_for_old_runs(head, phrase, repeats):
    tokens = head + (phrase * repeats)[:400]
    expected = rep_n(tokens) > 0.5 or looping_suffix(tokens)
    assert judge(tokens, rule=1).name == ("loop" if expected else "fluent")


@pytest.mark.parametrize("tokens", [[], [1], [1, 1], [1, 2, 3]])
def test_the_shortest_texts_have_no_fault(tokens):
    assert judge(tokens, ["a"] * len(tokens)).name == judge(tokens).name == "fluent"


def test_what_is_no_text_is_refused():
    with pytest.raises(ValueError, match="token_ids"):
        judge([[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="2 token ids, but 1 tokens"):
        judge([1, 2], ["a"])
    with pytest.raises(ValueError, match="rule"):
        judge([1, 2], rule=3)


def test_every_label_has_a_column_for_what_decided_it():
    row = judged(hand_made.LOOP[0]).row()
    assert tuple(row) == degeneration.COLUMNS
    assert (row["label"], row["repeat_period"]) == (LOOP, 6)
    assert judged(hand_made.UNDECIDED["names"]).row()["label_undecided"].startswith("incoherent: a list")
