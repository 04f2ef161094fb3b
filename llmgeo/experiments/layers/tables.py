"""What a run of this room holds: its tables and its array. Knows columns alone."""

from __future__ import annotations

from llmgeo.run.declaration import CLAIMS, LAYERS, SAMPLES, Array, Column, Declaration, Table

_CONDITION = Column("text", "text, shuffled or random weights", required=True)
_LAYER = Column("layer", "0 is the embedding output, l the residual stream after block l", required=True)
_MEASURE = Column("text", "the measure, with the parameters that are not its defaults", required=True)

CLOUDS = Table(
    "clouds",
    "one row a condition, layer and measure: one state of each text as one cloud",
    {
        "condition": _CONDITION,
        "layer": _LAYER,
        "measure": _MEASURE,
        "axis": Column("text", "none: the order of the texts does not matter"),
        "cloud": Column("text", "prompts: the points are one state of each text"),
        "n": Column("count", "texts"),
        "n_unique": Column("count", "states that differ from all others"),
        "value": Column("number", "what the measure says"),
        "standard_error": Column("number", "its error if the texts were independent draws; null where it has none"),
        "group_error": Column("number", "of principal components: the same with the texts of a group together"),
        "null": Column("number", "the same measure on one Gaussian cloud of the same covariance"),
        "status": Column("text", "ok, or why there is no value to trust", required=True),
    },
)
PARTS = Table(
    "parts",
    "one row a condition, layer, measure and part: the same of disjoint parts of the texts",
    {
        "condition": _CONDITION,
        "layer": _LAYER,
        "measure": _MEASURE,
        "division": Column("count", "which of the divisions into parts"),
        "part": Column("count", "which of its parts"),
        "n": Column("count", "texts in it"),
        "value": Column("number", "what the measure says of them; null where it has no value to trust"),
    },
)
SAMPLES_OF_CLOUDS = SAMPLES.with_columns(
    group=Column("text", "texts of one group are kept together wherever texts are divided"),
    left_out=Column("text", "why it is in no cloud: too_short, no_mark, same_context"),
)
LAYERS_OF_CLOUDS = LAYERS.with_columns(
    samples=Column("count", "texts in the cloud"),
    groups=Column("count", "groups of texts in it"),
)
STATES_OF_TEXTS = Array(
    "states_of_texts", "each text's one state at every layer that was measured", ("sample", "layer", "width")
)
DECLARATION = Declaration((SAMPLES_OF_CLOUDS, CLOUDS, PARTS, LAYERS_OF_CLOUDS, CLAIMS), (STATES_OF_TEXTS,))
