"""What the question of gain stores and what it concludes: its tables. Knows columns alone."""

from __future__ import annotations

from llmgeo.run.declaration import Array, Column, Table

_MAP = Column("count", "which sub-layer's map, in order, from 1; of a composite, the first of its maps")
_SCOPE = Column("text", "single: one map; composite: all maps from this one on, multiplied")
_GAINS = {
    "forward": Column("number", "Amax forward, the largest row sum: mean over tokens"),
    "backward": Column("number", "Amax backward, the largest column sum: mean over tokens"),
    "forward_of_mean": Column("number", "Amax forward of the mean map of the tokens"),
    "backward_of_mean": Column("number", "Amax backward of the mean map of the tokens"),
    "row_error": Column("number", "largest |row sum − 1| of any token"),
    "column_low": Column("number", "smallest column sum: mean over tokens"),
    "column_high": Column("number", "largest column sum: mean over tokens"),
    "second_eigenvalue": Column("number", "|λ₂|: mean over tokens"),
}

MAP_GAINS = Table(
    "map_gains",
    "one row a text, sub-layer and scope: the matrices that mix its residual streams",
    {
        "sample": Column("text", "the text", required=True),
        "map": _MAP,
        "part": Column("text", "the part of the model that gave it"),
        "scope": _SCOPE,
        "n": Column("count", "tokens"),
        **_GAINS,
        "status": Column("text", "ok, or why there is no value", required=True),
    },
)
WHAT_IFS = Table(
    "map_draws",
    "one row a block of texts, kind of random maps and draw: gains of a stack of as many maps as the model has",
    {
        "block": Column("text", "the first text of the block", required=True),
        "kind": Column("text", "unconstrained: I + s·N; sinkhorn: doubly stochastic, of logits s·N", required=True),
        "deviation": Column("number", "s"),
        "draw": Column("count", "which stack"),
        "forward": Column("number", "Amax forward of the composite of all"),
        "backward": Column("number", "Amax backward of the composite of all"),
        "column_low": Column("number", "smallest column sum of the composite of all"),
        "column_high": Column("number", "largest column sum of the composite of all"),
    },
)
GROWTH_TEXTS = Table(
    "growth_texts",
    "one row a text and layer: how much longer its states are than at the embedding",
    {
        "sample": Column("text", "the text", required=True),
        "layer": Column("layer", "the layer"),
        "n": Column("count", "tokens"),
        "norm_growth": Column("number", "geometric mean over tokens of |x_l| / |x_0|"),
        "status": Column("text", "ok, or why there is no value", required=True),
    },
)
JACOBIANS = Table(
    "jacobians",
    "one row a text and layer: how the last state of its last measured token depends on the layer's",
    {
        "sample": Column("text", "the text", required=True),
        "layer": Column("layer", "the layer that a small change is made at"),
        "largest": Column("number", "σ_max of ∂x_L/∂x_l"),
        "random": Column("number", "‖∂x_L/∂x_l‖_F / √D"),
        "relative": Column("number", "σ_max · |x_l| / |x_L|"),
        "relative_random": Column("number", "‖∂x_L/∂x_l‖_F / √D · |x_l| / |x_L|"),
        "rounds": Column("count", "of the search for σ_max; 0 where the whole Jacobian was computed"),
        "status": Column("text", "ok, or why there is no value", required=True),
    },
)
GAINS = Table(
    "gains",
    "one row a measure and layer: growth of states and gains of Jacobians, over texts",
    {
        "measure": Column("text", "norm_growth, jacobian_gain, random_jacobian_gain, or relative to lengths"),
        "layer": Column("layer", "the layer"),
        "samples": Column("count", "texts with a value"),
        "value": Column("number", "geometric mean over texts"),
        "low": Column("number", "lower end of its 95 % interval over texts, of this row alone"),
        "high": Column("number", "upper end of its 95 % interval over texts, of this row alone"),
        "status": Column("text", "ok, or why there is no value"),
    },
    is_result=True,
)
STREAM_MAPS = Table(
    "stream_maps",
    "one row a sub-layer and scope: the matrices that mix residual streams, means over texts",
    {"map": _MAP, "part": Column("text", "the part of the model that gave it"), "scope": _SCOPE,
     "samples": Column("count", "texts with a value"), **_GAINS,
     "mixing_length": Column("number", "maps like it until a hundredth of a difference is left: ln .01 / ln |λ₂|"),
     "status": Column("text", "ok, or why there is no value")},
    is_result=True,
)  # fmt: skip
MAP_WHAT_IFS = Table(
    "what_ifs",
    "one row a kind of random maps: gains of the composite of as many maps as the model has",
    {
        "kind": Column("text", "unconstrained: I + s·N; sinkhorn: doubly stochastic, of logits s·N"),
        "deviation": Column("number", "s"),
        "draws": Column("count", "stacks of maps"),
        "forward": Column("number", "Amax forward: median over draws"),
        "forward_high": Column("number", "the largest drawn"),
        "backward": Column("number", "Amax backward: median over draws"),
        "backward_high": Column("number", "the largest drawn"),
        "column_low": Column("number", "smallest column sum: median over draws"),
        "column_high": Column("number", "largest column sum: median over draws"),
    },
    is_result=True,
)
COMPOSITES = Array(
    "composites",
    "all maps of the residual streams from one on, multiplied: mean over the text's measured tokens",
    ("sample", "map", "row", "column"),
)
