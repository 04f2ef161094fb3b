"""One text, watched token by token by several channels. Knows ids, numbers and projected states; no model, no batch.

Everything that watches goes through here: while a model writes, in a batch, and over a stored text. What is pushed in
the same order gives the same scores and alarms, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import nan

import numpy as np

from llmgeo.monitor.alarm import CHANNELS, ENTROPY, MASKED, NEEDS_STATES, STATES, STEPS, SURPRISAL, TEXT, Alarm
from llmgeo.monitor.channels import (
    ENTROPY_TOKENS,
    STEP_TOKENS,
    SURPRISAL_TOKENS,
    MaskedChannel,
    MeanChannel,
    StateChannel,
    TextChannel,
)
from llmgeo.monitor.repeats import Round
from llmgeo.monitor.token_kinds import changes, is_word

REST = 32
"""Tokens below its threshold after which a channel may alarm anew: an alarm is an episode, not a token."""

_MAKE: dict[str, Callable[[], object]] = {
    TEXT: TextChannel,
    MASKED: MaskedChannel,
    SURPRISAL: lambda: MeanChannel(SURPRISAL_TOKENS),
    ENTROPY: lambda: MeanChannel(ENTROPY_TOKENS),
    STATES: StateChannel,
    STEPS: lambda: MeanChannel(STEP_TOKENS),
}


class Watcher:
    """Watches one text.

    Args:
        thresholds: by channel, the score from which on it alarms; the channels that are not there are not read.
            Infinity reads a channel and never alarms.
        token_text: from a token's id to its text; without it, every token is a word.

    Attributes:
        alarms: all of them so far. scores: by channel, the newest.

    Example:
        >>> watcher = Watcher({"text": 4.0})
        >>> ids = [1, 2, 3, 4, 5, 6, 7] * 3
        >>> [alarm.position for token in ids for alarm in watcher.push(token)]
        [10]
        >>> watcher.alarms[0].reason
        'loop at token 10: the text repeats itself, 1.6 copies of 7 tokens since token 0'
    """

    def __init__(self, thresholds: Mapping[str, float], token_text: Callable[[int], str] | None = None):
        self.thresholds = {name: float(thresholds[name]) for name in CHANNELS if name in thresholds}
        self.alarms: list[Alarm] = []
        self.scores: dict[str, float] = dict.fromkeys(self.thresholds, nan)
        self._channels = {name: _MAKE[name]() for name in self.thresholds}
        self._above = dict.fromkeys(self.thresholds, -REST - 2)
        self._kinds: dict[int, tuple[bool, bool]] = {}
        self._token_text = token_text
        self._tokens = self._states = 0

    @property
    def tokens(self) -> int:
        """How many were pushed."""
        return self._tokens

    @property
    def is_alarmed(self) -> bool:
        """Whether a channel is above its threshold, or was within the last 32 tokens."""
        return any(self._tokens - 1 - last <= REST for last in self._above.values())

    def push(self, token_id: int, surprisal: float = nan, entropy: float = nan) -> list[Alarm]:
        """Takes the next token of the text; the alarms that it raises.

        Args:
            surprisal, entropy: nats, of the raw logits; needed by the channels of these names alone.
        """
        at, channels, raised = self._tokens, self._channels, []
        self._tokens += 1
        if TEXT in channels or MASKED in channels:
            has_letter, may_change = self._kinds.get(token_id) or self._kind(token_id)
            if TEXT in channels:
                self._read(TEXT, channels[TEXT].push(token_id, has_letter), at, raised)
            if MASKED in channels:
                self._read(MASKED, channels[MASKED].push(token_id, has_letter, may_change), at, raised)
        if SURPRISAL in channels:
            self._read(SURPRISAL, channels[SURPRISAL].push(surprisal), at, raised)
        if ENTROPY in channels:
            self._read(ENTROPY, channels[ENTROPY].push(entropy), at, raised)
        return raised

    def push_state(self, state: np.ndarray | None, step: float = nan) -> list[Alarm]:
        """Takes the projected state ``[64]`` of the next token whose state was not pushed yet, and its distance from
        the one before; the alarms that it raises. While a model writes, it is known one token later than the token.
        """
        at, channels, raised = self._states, self._channels, []
        self._states += 1
        if STATES in channels:
            self._read(STATES, channels[STATES].push(state), at, raised)
        if STEPS in channels:
            self._read(STEPS, channels[STEPS].push(step), at, raised)
        return raised

    def _kind(self, token_id: int) -> tuple[bool, bool]:
        text = None if self._token_text is None else self._token_text(token_id)
        kind = self._kinds[token_id] = (True, False) if text is None else (is_word(text), changes(text))
        return kind

    def _read(self, name: str, score: float, at: int, raised: list[Alarm]) -> None:
        self.scores[name] = score
        threshold = self.thresholds[name]
        if not score >= threshold:
            return
        is_new = at - self._above[name] > REST
        self._above[name] = at
        if is_new:
            alarm = Alarm(name, at, *_facts(self._round(name)), score, threshold)
            self.alarms.append(alarm)
            raised.append(alarm)

    def _round(self, name: str) -> Round | None:
        """What the channel, or else the text, repeats."""
        for channel in (self._channels[name], self._channels.get(TEXT)):
            if isinstance(channel, TextChannel | MaskedChannel | StateChannel):
                return channel.last_round()
        return None


def _facts(found: Round | None) -> tuple[int | None, int | None, float | None]:
    return (None, None, None) if found is None else (found.onset, found.period, found.copies)


def replay(
    thresholds: Mapping[str, float],
    token_ids: Sequence[int],
    token_text: Callable[[int], str] | None = None,
    *,
    surprisal: Sequence[float] | None = None,
    entropy: Sequence[float] | None = None,
    states: np.ndarray | None = None,
    steps: Sequence[float] | None = None,
) -> tuple[Watcher, dict[str, np.ndarray]]:
    """A finished text, as it would have been watched: the watcher after it, and by channel the score at every token.

    Args:
        token_ids, surprisal, entropy, steps: ``[T]``. states: ``[T, 64]``, projected; of fewer tokens where the last
            ones were not kept.

    >>> watcher, scores = replay({"text": 3.0}, [1, 2, 3, 4, 1, 2, 3, 4])
    >>> scores["text"].tolist(), watcher.alarms[0].position
    ([0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0], 6)
    """
    watcher = Watcher(thresholds, token_text)
    count = len(token_ids)
    scores = {name: np.full(count, nan) for name in watcher.thresholds}
    has_states = steps is not None or states is not None
    known = 0 if not has_states else len(states if states is not None else steps)
    for at, token_id in enumerate(token_ids):
        watcher.push(
            int(token_id),
            nan if surprisal is None else float(surprisal[at]),
            nan if entropy is None else float(entropy[at]),
        )
        if at < known:
            watcher.push_state(None if states is None else states[at], nan if steps is None else float(steps[at]))
        for name, score in watcher.scores.items():
            if at < known or name not in NEEDS_STATES:
                scores[name][at] = score
    return watcher, scores
