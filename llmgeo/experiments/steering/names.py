"""What the room counts of each text. Knows words alone."""

from __future__ import annotations

LOOPS, DISTINCT, SURPRISAL = QUANTITIES = ("loops", "distinct_2", "surprisal")
"""Whether a text ends in a loop; its share of different pairs of tokens; nats a token, under the model as it is."""

QUANTITY_WORDS = {
    LOOPS: "share of texts that end in a loop",
    DISTINCT: "distinct-2",
    SURPRISAL: "surprisal under the model as it is",
}

NEVER, ALWAYS, WHILE_ALARMED = "never", "always", "while alarmed"
"""When a way acts."""

LOWER, HIGHER, NOT_TOLD_APART = "lower", "higher", "not told apart"
"""What an interval says of a difference."""
