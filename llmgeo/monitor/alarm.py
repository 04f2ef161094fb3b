"""What an alarm says: which channel, where, since when, how long one copy of the loop is. Knows no text, no model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

TEXT, MASKED, SURPRISAL, ENTROPY, STATES, STEPS = CHANNELS = (
    "text",
    "masked",
    "surprisal",
    "entropy",
    "states",
    "step_length",
)
"""What a text can be watched by."""

NEEDS_NUMBERS = (SURPRISAL, ENTROPY)
NEEDS_STATES = (STATES, STEPS)

CHANNEL_WORDS = {
    TEXT: "the text repeats itself",
    MASKED: "the text repeats itself but for numbers and names",
    SURPRISAL: "the model is hardly surprised by its own words",
    ENTROPY: "the model is sure of every next word",
    STATES: "the states come back",
    STEPS: "the states hardly move",
}
"""Why a channel alarms, in words."""


@dataclass(frozen=True)
class Alarm:
    """One alarm. Positions count the tokens that the model wrote, from 0; the prompt is not watched.

    Attributes:
        channel: of `CHANNELS`.
        position: the token that raised it.
        onset: the first token of the first copy, as far as it can be told at that moment; None where it cannot.
        period: tokens of one copy; copies: how many stand there, the one under way included; None as above.
        score: what the channel read; threshold: from where on it alarms.
    """

    channel: str
    position: int
    onset: int | None
    period: int | None
    copies: float | None
    score: float
    threshold: float

    @property
    def reason(self) -> str:
        """One sentence.

        >>> Alarm("text", 40, 20, 11, 1.9, 10.0, 8.0).reason
        'loop at token 40: the text repeats itself, 1.9 copies of 11 tokens since token 20'
        """
        since = (
            "" if self.onset is None else f", {self.copies:.1f} copies of {self.period} tokens since token {self.onset}"
        )
        return f"loop at token {self.position}: {CHANNEL_WORDS[self.channel]}{since}"

    def record(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)
