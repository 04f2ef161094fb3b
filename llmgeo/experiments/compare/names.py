"""What the parts of a comparison call its readers, texts and clouds. Knows words only, so that tables need no torch."""

BASE, TUNED, JITTERED = READERS = ("base", "tuned", "jittered")
"""Who reads a text; `jittered` is the base with its weights moved by rounding."""

PAIR = "pair"
"""The condition of a row that is of both models at once."""

NEUTRAL, BASE_ANSWER, TUNED_ANSWER, CHAT_ANSWER = TEXTS = ("neutral", "base_answer", "tuned_answer", "chat_answer")

WEIGHTS = "weights"
"""The unit of work that measures the weights alone, and the `text` of its rows in the layers table."""

OF_TEXTS, OF_PROMPTS = "texts", "prompts"
"""Clouds of several texts: many tokens of each, or one token of each."""

MEAN, LAST = 0, 1
"""Which of a text's points is which: the mean state of its window, the state of its last token."""


def sample_id(prompt: str, kind: str, reader: str) -> str:
    """The id of a text as it is read by one of the readers, or of both at once (`PAIR`).

    >>> sample_id("refuse-01", "neutral", "tuned")
    'refuse-01-neutral-tuned'
    """
    return f"{prompt}-{kind}-{reader}"
