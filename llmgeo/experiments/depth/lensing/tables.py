"""What the question of lensing stores and what it concludes: its tables. Knows columns alone."""

from __future__ import annotations

from llmgeo.run.declaration import Column, Table

_KIND = Column("text", "meaning, paraphrase, function or random: how a word of the sentence was changed")

EDITS = Table(
    "edits",
    "one row a sentence and kind of edit: what the edit is by itself, and what it does to the output",
    {
        "sentence": Column("text", "which", required=True),
        "kind": Column("text", _KIND.words, required=True),
        "original": Column("text", "the word that was changed"),
        "word": Column("text", "what it was changed into"),
        "probe": Column("text", "the later word whose path is followed"),
        "surprisal_change": Column("number", "surprisal of the edit minus that of the original word", "nats"),
        "divergence": Column("number", "KL of what is predicted behind the probe, edited ‖ original", "nats"),
        "word_distance": Column("number", "distance of both words' states at layer 0, beside their length"),
        "status": Column("text", "ok, or why there is no value", required=True),
    },
)
EDIT_LAYERS = Table(
    "edit_layers",
    "one row a sentence, kind of edit and layer: the probe's path beside its path in the original",
    {
        "sentence": Column("text", "which", required=True),
        "kind": Column("text", _KIND.words, required=True),
        "layer": Column("layer", "the layer"),
        "deflection": Column("number", "angle between both ways since layer 0", "°"),
        "path_distance": Column("number", "distance of both states over their mean length"),
        "status": Column("text", "ok, or why there is no value", required=True),
    },
)
LENSING = Table(
    "lensing",
    "one row a measure, kind of edit and layer, over sentences; of differences, two kinds joined by a minus",
    {
        "measure": Column("text", "deflection or path_distance"),
        "kind": Column("text", "kind of edit, or a difference: meaning − paraphrase"),
        "layer": Column("layer", "the layer"),
        "samples": Column("count", "sentences with a value"),
        "value": Column("number", "mean over sentences"),
        "low": Column("number", "lower end of its 95 % interval over sentences, of this row alone"),
        "high": Column("number", "upper end of its 95 % interval over sentences, of this row alone"),
        "status": Column("text", "ok, or why there is no interval"),
    },
    is_result=True,
)
BESIDE = Table(
    "lensing_beside",
    "one row a kind of edit and plain measure: what the edit is by itself, and what it does to the output",
    {
        "kind": Column("text", _KIND.words),
        "measure": Column("text", "surprisal_change, divergence or word_distance"),
        "samples": Column("count", "sentences with a value"),
        "value": Column("number", "mean over sentences; of the first two in nats"),
        "low": Column("number", "lower end of its 95 % interval over sentences"),
        "high": Column("number", "upper end of its 95 % interval over sentences"),
        "status": Column("text", "ok, or why there is no interval"),
    },
    is_result=True,
)
