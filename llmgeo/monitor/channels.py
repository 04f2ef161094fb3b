"""What each channel reads at each token, from the past alone; larger means more like a loop. Knows numbers; no model.

A score is nan until a channel has seen enough.
"""

from __future__ import annotations

from collections import deque
from math import nan

import numpy as np

from llmgeo.monitor.repeats import Repeats, Round, last_round

SURPRISAL_TOKENS, ENTROPY_TOKENS, STEP_TOKENS, COSINE_TOKENS = 16, 32, 16, 4
"""Tokens that each channel takes a mean over."""

MARK, ANY = 1 / 8, 1 / 32
"""Words that a token without a letter counts, and that any token counts at least."""

NEAR, USUAL, PRIOR = 64, 0.8, 8
"""Tokens whose share of words is taken; what it usually is; as many such tokens a text is taken to begin with."""

PROJECTED = 64
"""Dimensions that a state is projected to: cosines keep to about 1/8."""

REMEMBERED = 512
"""States that a new one is compared with."""

STILL = 1e-6
"""A norm below it has no direction."""


class TextChannel:
    """How many words at the end of a text occurred in it before, in this order: DRY's number, at every lag.

    Tables, lists and code repeat their marks and blanks, as they must; a loop repeats words. So a mark counts an eighth
    of a word, and where marks are many among the last 64 tokens, words count less, too: by the cube of their share, as
    soon as it is below .8. So that a line of dashes that never ends is found, 32 tokens of any kind count one word.

    >>> channel = TextChannel()
    >>> [channel.push(token, True) for token in (4, 5, 6, 4, 5, 9)]
    [0.0, 0.0, 0.0, 1.0, 2.0, 0.0]
    """

    def __init__(self):
        self._repeats = Repeats()
        self._words = [0]
        self._matched = 0

    def push(self, symbol: object, is_word: bool) -> float:
        """Takes a token, and whether it has a letter; the score."""
        words = self._words
        words.append(words[-1] + is_word)
        self._matched = matched = self._repeats.push(symbol)
        if not matched:
            return 0.0
        repeated = words[-1] - words[-1 - matched]
        near = min(len(words) - 1, NEAR)
        share = (words[-1] - words[-1 - near] + USUAL * PRIOR) / (near + PRIOR)
        score = repeated + (matched - repeated) * MARK
        if share < USUAL:
            score *= (share / USUAL) ** 3
        return max(score, matched * ANY)

    def last_round(self) -> Round | None:
        """The repeat that the text ends in."""
        return last_round(self._repeats.symbols, self._matched)


class MaskedChannel:
    """As `TextChannel`, with numbers and capitalised words blotted out; several in a row are one blot.

    It hears loops whose counter or name changes; marks count as little as in the text, so that tables stay quiet.
    """

    BLOT = -1

    def __init__(self):
        self._text = TextChannel()
        self._places: list[int] = []
        self._seen = 0
        self._score = 0.0
        self._is_blot = False

    def push(self, symbol: int, is_word: bool, changes: bool) -> float:
        """Takes a token, whether it has a letter, and whether a template may change it; the score."""
        if not (changes and self._is_blot):
            self._places.append(self._seen)
            self._score = self._text.push(self.BLOT if changes else symbol, is_word and not changes)
        self._is_blot = changes
        self._seen += 1
        return self._score

    def last_round(self) -> Round | None:
        """The repeat that the text ends in, in tokens of the text itself."""
        found = self._text.last_round()
        if found is None:
            return None
        places = [*self._places, self._seen]
        first = places[found.onset]
        period = places[found.onset + found.period] - first
        return Round(first, period, (self._seen - first) / period)


class MeanChannel:
    """Minus the mean of the last so many numbers: of surprisal, entropy, or the length of a step.

    While a number that is not there (nan) is among them, the score is not either.
    """

    def __init__(self, tokens: int):
        self._last: deque[float] = deque(maxlen=tokens)

    def push(self, number: float) -> float:
        """Takes a number; the score."""
        self._last.append(number)
        if len(self._last) < self._last.maxlen:
            return nan
        return -sum(self._last) / len(self._last)


class StateChannel:
    """The mean cosine of the last four states with those of one lag before, at the best of all lags.

    States come projected; from each the mean of all states so far is taken. The last 512 are remembered.
    """

    def __init__(self, remembered: int = REMEMBERED, width: int = PROJECTED):
        self._size = remembered
        self._sum = np.zeros(width)
        self._count = 0
        # Newest first from `_newest` on, and twice as long as what is remembered, so that it always lies in one piece.
        self._units = np.zeros((2 * remembered, width), dtype=np.float32)
        self._newest = remembered
        self._cosines = np.zeros((COSINE_TOKENS, remembered), dtype=np.float32)
        self.lag: int | None = None

    def push(self, state: np.ndarray) -> float:
        """Takes a projected state ``[64]``; the score."""
        units, first, size = self._units, self._newest, self._size
        unit = self._direction(state)
        np.dot(units[first : first + size], unit, out=self._cosines[self._count % COSINE_TOKENS])
        if first == 0:
            units[size:] = units[:size]
            first = size
        self._newest = first - 1
        units[first - 1] = unit
        self._count += 1
        lags = min(self._count - COSINE_TOKENS, size)
        if lags < 1:
            return nan
        sums = self._cosines[:, :lags].sum(0)
        best = int(sums.argmax())
        self.lag = best + 1
        return float(sums[best]) / COSINE_TOKENS

    def last_round(self) -> Round | None:
        """The lag at which the last four states came back, as a period."""
        if self.lag is None:
            return None
        return Round(max(0, self._count - COSINE_TOKENS - self.lag), self.lag, (COSINE_TOKENS + self.lag) / self.lag)

    def _direction(self, state: np.ndarray) -> np.ndarray:
        """Of the state from the mean of those before it; none for the first, and where it does not differ."""
        away = state - self._sum / self._count if self._count else np.zeros_like(self._sum)
        self._sum += state
        norm = float(np.sqrt(away @ away))
        return (away / norm if norm > STILL else np.zeros_like(away)).astype(np.float32)
