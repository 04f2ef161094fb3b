"""Steering: DRY's penalty written out, nothing touched before an alarm, and loops that are fewer with it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import llmgeo
from llmgeo.errors import UsageError
from llmgeo.monitor import Monitor
from llmgeo.monitor.steering import Dry, Hotter, repeat_lengths
from llmgeo.texts.repetition import rep_n
from tests.model.families import build
from tests.monitor.test_monitor import prompts, write


def plain_lengths(ids):
    """How long the text before each place agrees with the text's end, from the end on."""
    found = {}
    for place in range(len(ids) - 1):
        length = next((n for n in range(place + 1) if ids[place - n] != ids[-1 - n]), place + 1)
        if length:
            found[ids[place + 1]] = max(found.get(ids[place + 1], 0), length)
    return found


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_lengths_are_those_of_a_plain_search(ids):
    assert repeat_lengths(ids) == plain_lengths(ids)


def test_the_penalty_is_that_of_the_formula():
    scores = torch.zeros(1, 10)
    Dry()(torch.tensor([[1, 2, 3, 4, 9, 1, 2, 3, 4]]), scores)
    expected = torch.zeros(10)
    expected[9] = -0.8 * 1.75**2
    assert torch.allclose(scores[0], expected)


def test_it_acts_only_while_alarmed():
    llama = llmgeo.load(build("llama"))
    texts = prompts()[:4]
    free = write(llama, texts)
    monitor = Monitor(llama, thresholds={"text": 6.0}, on_alarm="note")
    led = write(llama, texts, None, logits_processor=[Dry(monitor)])
    changed = 0
    for row in range(len(texts)):
        start = free.shape[1] - 40
        until = start + 1 + (monitor.alarms[row][0].position if monitor.alarms[row] else 39)
        assert led[row, :until].tolist() == free[row, :until].tolist()
        changed += led[row].tolist() != free[row].tolist()
    assert changed
    assert sum(rep_n(row.tolist()) for row in led) < sum(rep_n(row.tolist()) for row in free)


def test_hotter_draws_from_the_nucleus_at_its_temperature():
    """Frequencies of a thousand draws, each after another text, against the softmax in closed form."""
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0])
    for temperature, top_p in ((2.0, 1.0), (0.5, 1.0), (1.0, 0.7)):
        hotter = Hotter(temperature=temperature, top_p=top_p)
        drawn = [hotter(torch.tensor([[text]]), logits[None].clone())[0].argmax() for text in range(1000)]
        expected = (logits / temperature).softmax(-1)
        expected = torch.where(expected.cumsum(-1) - expected < top_p, expected, 0.0)
        found = torch.bincount(torch.stack(drawn), minlength=4) / 1000
        assert torch.allclose(found, expected / expected.sum(), atol=0.05)


def test_what_hotter_draws_is_what_greedy_and_sampling_take_and_depends_on_seed_and_text_alone():
    logits = torch.randn(1, 50, generator=torch.Generator().manual_seed(0))
    ids = torch.tensor([[3, 4, 5]])
    scores = Hotter(seed=1)(ids, logits.clone())
    assert scores[0].isfinite().sum() == 1
    again = [Hotter(seed=seed)(ids, logits.clone()).argmax().item() for seed in (1, 1, 2, 3, 4, 5)]
    assert again[0] == again[1] == scores.argmax().item()
    assert len(set(again)) > 1


def test_steering_leaves_the_numbers_of_the_raw_logits():
    toy = llmgeo.load("toy")
    decoding = llmgeo.Decoding(6, 0.7)
    plain = list(toy.stream("Once", decoding))
    same = list(toy.stream("Once", decoding, steering=lambda ids, scores: scores + 1.0))
    assert [step.token_id for step in plain] == [step.token_id for step in same]
    assert [step.surprisal for step in same] == pytest.approx([step.surprisal for step in plain], abs=1e-5)
    other = list(toy.stream("Once", llmgeo.Decoding(3, 0), steering=lambda ids, scores: -scores))
    assert other[0].surprisal > plain[0].entropy


@pytest.mark.parametrize(
    "wrong",
    [lambda: Dry(multiplier=-1), lambda: Dry(allowed=0), lambda: Hotter(temperature=0), lambda: Hotter(top_p=0)],
)
def test_nonsense_is_refused(wrong):
    with pytest.raises(UsageError, match="must be"):
        wrong()
