"""What the room calls its conditions and samples. Knows words only, so that no torch is needed to know them."""

from __future__ import annotations

from llmgeo.engine.prompt_units import sample_name

TEXT, SHUFFLED, RANDOM = "text", "shuffled", "random weights"
CONDITIONS = {
    TEXT: "the texts as they are",
    SHUFFLED: "the same tokens of each text in random order",
    RANDOM: "the texts, read by the same network with random weights",
}
"""What is measured, with what each is."""

COMPONENTS = "pc_dimension"
"""The measure of principal components."""

OF_TEXTS = "prompts"
"""The cloud of one state of each of many texts."""

NO_RANDOM_NETWORK = "no_random_network"
REPEATED_STATES = "repeated_states"
"""Of a layer where more than a few texts have the very same state, such as that of their last token's embedding."""

TOO_SHORT, NO_MARK, SAME_CONTEXT = "too_short", "no_mark", "same_context"
"""Why a text is not in the clouds."""

LEFT_OUT = {
    TOO_SHORT: "with too few tokens",
    NO_MARK: "without the mark",
    SAME_CONTEXT: "with the same tokens as an earlier one",
}


def sample_of(prompt: str, condition: str) -> str:
    """The name of a prompt's text in a condition.

    >>> sample_of("story-1", RANDOM)
    'story-1-random-weights'
    """
    return sample_name(prompt, condition.replace(" ", "-"))
