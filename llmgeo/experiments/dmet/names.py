"""What the room calls its spaces, series, measures and qualities. Knows words only; no torch, no recipe."""

from __future__ import annotations

FULL, SHARED, PRIVATE = "full", "shared", "private"
SPACES = {
    FULL: "the hidden space itself",
    SHARED: "a basis fitted to fluent texts on other prompts",
    PRIVATE: "a plane fitted to each text by itself, DMET's",
}
"""Where a path is measured, with what each space is."""

TEXT, SHUFFLED, PHASES, AUTOREGRESSIVE = "text", "shuffled", "random phases", "autoregression"
SURROGATES = {
    SHUFFLED: "the same states in random order",
    PHASES: "the same frequencies with other phases",
    AUTOREGRESSIVE: "only the first lag is kept",
}
"""What stands beside a text, with what it is."""

JUMPS = "jumps"
MEASURES = (
    "mean_step", "silhouette", "longest_h1_bar", "predictability", "lag_autocorrelation", "lag_autocorrelation(lag=5)",
    JUMPS, "exploration", "expansion", "convergence", "three_phases",
)  # fmt: skip
"""Measured in every space, of the text and of every surrogate."""

OF_SETS = ("silhouette", "longest_h1_bar")
"""Functions of the set of states, which know no order."""

INCOMPARABLE = ("mean_step",)
"""What cannot be compared between texts in private planes: its sign turns with the basis."""

PHASE_MEASURES = ("exploration", "expansion", "convergence", "three_phases")

LOG_PERPLEXITY, DICTIONARY, GRAMMAR, COHERENCE = (
    "log_perplexity", "dictionary_share", "grammar_errors", "sentence_coherence",
)  # fmt: skip
QUALITIES = {
    LOG_PERPLEXITY: "log perplexity",
    DICTIONARY: "share of dictionary words",
    GRAMMAR: "grammar errors a sentence",
    COHERENCE: "likeness of neighbouring sentences",
}
"""What is known of a text from its words, or from what its own model thinks of them."""

REP_4, NOTHING = "rep-4", "nothing"
HELD = (REP_4, NOTHING)
"""What an association holds beside the decoder."""
