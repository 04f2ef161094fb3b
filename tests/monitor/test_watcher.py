"""One text and its channels: scores against plain formulas, alarms as episodes, and what an alarm says."""

import numpy as np
import pytest

from llmgeo.monitor.channels import COSINE_TOKENS, StateChannel
from llmgeo.monitor.token_kinds import decoder
from llmgeo.monitor.watcher import REST, Watcher, replay
from tests.monitor.structured import STRUCTURED

ALL = {"text": 6.0, "masked": 6.0, "surprisal": -0.5, "entropy": -0.5, "states": 0.9, "step_length": -1.0}


def walk(tokens, seed=0, width=64):
    return np.random.default_rng(seed).normal(size=(tokens, width)).astype(np.float32)


def plain_state_scores(states):
    """Cosines of centred states, mean over four, best of all lags: written out."""
    means = np.cumsum(states.astype(float), 0)[:-1] / np.arange(1, len(states))[:, None]
    away = np.concatenate([np.zeros((1, states.shape[1])), states[1:] - means])
    norms = np.linalg.norm(away, axis=1, keepdims=True)
    units = np.divide(away, norms, out=np.zeros_like(away), where=norms > 0)
    cosines = units @ units.T
    scores = np.full(len(states), np.nan)
    for t in range(COSINE_TOKENS, len(states)):
        lags = range(1, t - COSINE_TOKENS + 2)
        scores[t] = max(np.mean([cosines[t - j, t - j - lag] for j in range(COSINE_TOKENS)]) for lag in lags)
    return scores


@pytest.mark.parametrize("tokens", [3, 40])
def test_state_scores_are_those_of_the_formula(tokens):
    states = walk(tokens)
    channel = StateChannel()
    assert [channel.push(state) for state in states] == pytest.approx(plain_state_scores(states), abs=1e-5, nan_ok=True)


def test_states_that_come_back_are_heard_with_their_lag_and_only_as_far_as_they_are_remembered():
    loop = np.concatenate([walk(30), *[walk(11, seed=1)] * 3])
    channel = StateChannel(remembered=64)
    scores = [channel.push(state) for state in loop]
    assert channel.lag == 11
    assert scores[-1] == pytest.approx(1, abs=0.2)
    far = StateChannel(remembered=16)
    again = np.concatenate([walk(8), walk(40, seed=1), walk(8)])
    assert max([far.push(state) for state in again][48:]) < 0.5


def test_scores_of_numbers_are_their_means():
    numbers = np.random.default_rng(0).exponential(size=50)
    _, scores = replay({"surprisal": np.inf, "entropy": np.inf}, range(50), surprisal=numbers, entropy=numbers)
    assert scores["surprisal"][20] == pytest.approx(-numbers[5:21].mean())
    assert scores["entropy"][40] == pytest.approx(-numbers[9:41].mean())
    assert np.isnan(scores["entropy"][:31]).all()


def test_an_alarm_is_an_episode():
    phrase = list(range(100, 110))
    ids = [*phrase * 4, *range(REST + 5), *phrase * 2]
    watcher, scores = replay({"text": 6.0}, ids)
    assert [alarm.position for alarm in watcher.alarms] == [15, 40 + REST + 5 + 5]
    assert (scores["text"] >= 6).sum() > 20
    first = watcher.alarms[0]
    assert (first.onset, first.period, first.copies) == (0, 10, 1.6)


def test_it_stays_alarmed_for_a_while_and_then_no_longer():
    watcher = Watcher({"text": 3.0})
    assert not watcher.is_alarmed
    for token in [1, 2, 3, 4] * 3:
        watcher.push(token)
    assert watcher.is_alarmed
    after = []
    for token in range(10, 12 + REST):
        watcher.push(token)
        after.append(watcher.is_alarmed)
    assert after == [True] * REST + [False] * 2


def test_every_channel_is_read_alike_whether_pushed_or_replayed():
    tokens = 80
    ids = ([1, 2, 3, 4, 5, 6, 7, 8, 9] * 9)[:tokens]
    states, numbers = walk(tokens), np.full(tokens, 0.25)
    steps = np.linalg.norm(np.diff(states, axis=0, prepend=states[:1]), axis=1)
    watcher, _ = replay(ALL, ids, surprisal=numbers, entropy=numbers, states=states, steps=steps)
    online = Watcher(ALL)
    for at, token in enumerate(ids):
        if at:
            online.push_state(states[at - 1], steps[at - 1])
        online.push(token, 0.25, 0.25)
    online.push_state(states[-1], steps[-1])
    assert online.alarms == watcher.alarms
    assert {alarm.channel for alarm in watcher.alarms} >= {"text", "masked", "surprisal", "entropy"}


def test_a_watcher_that_lacks_numbers_is_silent_in_their_channels():
    watcher, scores = replay({"surprisal": -100.0}, range(40))
    assert not watcher.alarms
    assert np.isnan(scores["surprisal"]).all()


def test_at_most_one_of_twenty_tables_lists_json_and_code_alarms(default_model):
    token_text = decoder(default_model.tokenizer)
    alarmed = {}
    for name, text in STRUCTURED.items():
        watcher, scores = replay({"text": 2.5}, default_model.tokenizer.encode(text), token_text)
        if watcher.alarms:
            alarmed[name] = scores["text"].max()
    assert len(STRUCTURED) == 20
    assert len(alarmed) <= 1, alarmed


def test_the_same_tables_said_over_and_over_alarm(default_model):
    token_text = decoder(default_model.tokenizer)
    for name, text in STRUCTURED.items():
        watcher, _ = replay({"text": 6.0}, default_model.tokenizer.encode(text * 8), token_text)
        assert watcher.alarms, name
