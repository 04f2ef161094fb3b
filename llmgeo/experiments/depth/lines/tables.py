"""What the question of lines of thought stores and what it concludes: its tables. Knows columns alone."""

from __future__ import annotations

from llmgeo.run.declaration import Column, Table

_MAP = Column("text", "rotation_stretch, also as fitted and with random_signs; ridge; no_change; mean, of the layer")
_LAG = Column("count", "layers from the states that the map is given to those that it is to give")
_LAYER = Column("layer", "the later layer")

MAP_TEXTS = Table(
    "map_texts",
    "one row a text, map, lag and layer: what a map leaves of the text's states that was fitted to other texts",
    {
        "sample": Column("text", "the text", required=True),
        "map": Column("text", _MAP.words, required=True),
        "lag": Column("count", _LAG.words, required=True),
        "layer": _LAYER,
        "n": Column("count", "tokens"),
        "residual": Column("number", "mean square of what is left, a token and coordinate"),
        "status": Column("text", "ok, or why there is no value", required=True),
    },
)
MAP_BLOCKS = Table(
    "map_blocks",
    "one row a block of texts, lag and layer: the form of what rotation and stretch leave",
    {
        "block": Column("text", "the first text of the block", required=True),
        "lag": Column("count", _LAG.words, required=True),
        "layer": _LAYER,
        "n": Column("count", "tokens"),
        "excess_kurtosis": Column("number", "mean over coordinates; 0 for a Gaussian"),
    },
)
TRUNCATED_TEXTS = Table(
    "truncated_texts",
    "one row a text and number of dimensions kept: what the model predicts next, beside the whole state's prediction",
    {
        "sample": Column("text", "the text", required=True),
        "share": Column("number", "of the dimensions that are kept; none: the predictions of other texts stand in"),
        "kept": Column("count", "dimensions kept after every block"),
        "divergence": Column("number", "KL(truncated, or of another text ‖ whole)", "nats"),
        "same_top": Column("number", "1 where the most probable token is the same; mean over other texts"),
        "status": Column("text", "ok, or why there is no value", required=True),
    },
)
MAPS = Table(
    "maps",
    "one row a map, lag and layer: what it leaves, beside the variance of the layer's states over texts",
    {
        "map": _MAP,
        "lag": _LAG,
        "layer": _LAYER,
        "samples": Column("count", "texts with a value"),
        "left": Column("number", "mean square left over the layer's variance: 1 is no better than the mean"),
        "low": Column("number", "lower end of its 95 % interval over texts, of this row alone"),
        "high": Column("number", "upper end of its 95 % interval over texts, of this row alone"),
        "residual": Column("number", "mean square of what is left, a coordinate"),
        "variance": Column("number", "of the layer's states, a coordinate"),
        "excess_kurtosis": Column("number", "of what rotation and stretch leave; 0 for a Gaussian"),
        "status": Column("text", "ok, or why there is no value"),
    },
    is_result=True,
)
LAWS = Table(
    "laws",
    "one row a lag: growth of what rotation and stretch leave, beside the growth of the states' own variance",
    {
        "lag": _LAG,
        "layers": Column("text", "the layers that the lines are fitted to"),
        "samples": Column("count", "texts with a value"),
        "rate": Column("number", "λ: slope of log mean square left", "a layer"),
        "rate_low": Column("number", "lower end of its 95 % interval over texts"),
        "rate_high": Column("number", "upper end of its 95 % interval over texts"),
        "fit": Column("number", "R² of the line of the mean over texts"),
        "own_rate": Column("number", "slope of log variance of the states at the same layers", "a layer"),
        "excess": Column("number", "λ minus the states' own rate", "a layer"),
        "low": Column("number", "lower end of the difference's 95 % interval over texts"),
        "high": Column("number", "upper end of the difference's 95 % interval over texts"),
        "status": Column("text", "ok, or why there is no value"),
    },
    is_result=True,
)
TRUNCATION = Table(
    "truncation",
    "one row a share of dimensions kept: how far the prediction is from the whole state's; none: of other texts",
    {
        "share": Column("number", "of the dimensions that are kept"),
        "kept": Column("count", "dimensions kept after every block"),
        "samples": Column("count", "texts with a value"),
        "divergence": Column("number", "KL(truncated ‖ whole), mean over texts", "nats"),
        "low": Column("number", "lower end of its 95 % interval over texts"),
        "high": Column("number", "upper end of its 95 % interval over texts"),
        "same_top": Column("number", "share of texts whose most probable token is the same"),
        "same_top_low": Column("number", "lower end of its 95 % interval over texts"),
        "same_top_high": Column("number", "upper end of its 95 % interval over texts"),
        "of_other_texts": Column("number", "divergence over that of other texts' predictions"),
        "status": Column("text", "ok, or why there is no value"),
    },
    is_result=True,
)
