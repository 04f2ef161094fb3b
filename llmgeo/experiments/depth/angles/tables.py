"""What the question of angles stores and what it concludes: its tables. Knows columns alone."""

from __future__ import annotations

from llmgeo.run.declaration import Array, Column, Table

_LAYER = Column("layer", "where the path turns or arrives; none for a whole path")
_MEASURE = Column("text", "what is averaged over the tokens")
_FRAME = Column("text", "raw, unit or final_norm: in which form the states are taken")
_TOKENS = Column("text", "all, a class of tokens, or a third of the window")

PATHS = Table(
    "paths",
    "one row a text, layer, measure, frame and group of tokens: their paths through the layers, beside null E",
    {
        "sample": Column("text", "the text", required=True),
        "layer": _LAYER,
        "measure": Column("text", _MEASURE.words, required=True),
        "frame": Column("text", _FRAME.words, required=True),
        "tokens": Column("text", _TOKENS.words, required=True),
        "n": Column("count", "tokens"),
        "value": Column("number", "mean over the tokens"),
        "null": Column("number", "null E plus the text's influence on it: the mean over texts is null E itself"),
        "status": Column("text", "ok, or why there is no value", required=True),
    },
)
NULL_DRAWS = Table(
    "null_draws",
    "one row a block of texts, null, measure and set of paths drawn under it, raw frame, all tokens",
    {
        "block": Column("text", "the first text of the block", required=True),
        "null": Column("text", "A, B, C, D, E; DE: E of the network of D", required=True),
        "draw": Column("count", "which set; none for the mean over all sets, layer by layer"),
        "layer": _LAYER,
        "measure": Column("text", _MEASURE.words, required=True),
        "n": Column("count", "paths"),
        "value": Column("number", "mean over the paths"),
        "status": Column("text", "ok, or why there is no value", required=True),
    },
)
PATH_LAYERS = Table(
    "path_layers",
    "one row a layer, measure, frame and group of tokens: observed paths beside null E, over texts",
    {
        "layer": _LAYER,
        "measure": _MEASURE,
        "frame": _FRAME,
        "tokens": _TOKENS,
        "samples": Column("count", "texts with a value"),
        "value": Column("number", "observed, mean over texts"),
        "value_low": Column("number", "lower end of its 95 % interval over texts, of this row alone"),
        "value_high": Column("number", "upper end of its 95 % interval over texts, of this row alone"),
        "null": Column("number", "null E: steps of other texts' tokens at the same layers"),
        "null_low": Column("number", "lower end of null E's 95 % interval over texts"),
        "null_high": Column("number", "upper end of null E's 95 % interval over texts"),
        "excess": Column("number", "observed minus null E"),
        "low": Column("number", "lower end of the difference's 95 % interval over texts, of this row alone"),
        "high": Column("number", "upper end of the difference's 95 % interval over texts, of this row alone"),
        "status": Column("text", "ok, or why there is no interval"),
    },
    is_result=True,
)
NULLS = Table(
    "nulls",
    "one row a null, measure and layer: what paths drawn under it give, beside the observed ones",
    {
        "null": Column("text", "A, B, C, D, E; DE: E of the network of D"),
        "layer": Column("layer", "where the path turns; none for all layers together"),
        "measure": _MEASURE,
        "observed": Column("number", "mean of the observed paths"),
        "value": Column("number", "mean over the sets"),
        "deviation": Column("number", "standard deviation over the sets"),
        "draws": Column("count", "sets"),
        "p": Column(
            "number", "how often a set lies as far from the sets' mean as what was observed; 1/(1 + sets) at least"
        ),
        "status": Column("text", "ok, or why there is no value"),
    },
    is_result=True,
)
PLANE = Array(
    "plane",
    "the states at length 1, in the two principal components of all states of a block of texts",
    ("sample", "layer", "measured_token", "component"),
)
