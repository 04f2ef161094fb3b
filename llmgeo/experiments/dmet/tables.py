"""What a run of the room holds: its tables and arrays. Knows their columns, not their maths."""

from llmgeo.run.declaration import (
    CLAIMS,
    ESTIMATES,
    LAYERS,
    SAMPLES,
    STATES,
    TOKENS,
    Array,
    Column,
    Declaration,
    Table,
)

_LAYER = Column("layer", "0 is the embedding output, l the residual stream after block l", required=True)
_SPACE = "full: the hidden space; shared: axes fitted to fluent texts; private: each text's own plane"
_SERIES = "text, or the surrogate: shuffled, random phases, autoregression"

FEATURES = Table(
    "features",
    "one row a text, layer, space, series and measure",
    {
        "sample": Column("text", "the text", required=True),
        "layer": _LAYER,
        "space": Column("text", _SPACE, required=True),
        "series": Column("text", _SERIES, required=True),
        "measure": Column("text", "the measure", required=True),
        "value": Column("number", "what it says; of a surrogate, the mean over its draws"),
        "status": Column("text", "ok, or why there is no value", required=True),
    },
)
BESIDE = Table(
    "surrogates",
    "one row a decoder, layer, space, measure and surrogate: the texts beside their own surrogates",
    {
        "condition": Column("text", "the decoder; all: of all decoders together"),
        "layer": _LAYER,
        "space": Column("text", _SPACE),
        "measure": Column("text", "the measure"),
        "series": Column("text", "the surrogate: shuffled, random phases, autoregression"),
        "n": Column("count", "texts with a value"),
        "value": Column("number", "mean over the texts"),
        "low": Column("number", "lower end of its 95 % interval over prompts"),
        "high": Column("number", "upper end of its 95 % interval"),
        "null": Column("number", "mean over their surrogates"),
        "difference": Column("number", "text less surrogate, a mean over prompts"),
        "difference_low": Column("number", "lower end of its 95 % interval over prompts"),
        "difference_high": Column("number", "upper end of its 95 % interval"),
        "p": Column("number", "of no difference, by prompts"),
        "q": Column("number", "p after the correction of Benjamini and Hochberg, over this table"),
        "status": Column("text", "ok, or why there is no interval"),
    },
    is_result=True,
)
QUALITIES = Table(
    "qualities",
    "one row a text and quality",
    {
        "sample": Column("text", "the text"),
        "condition": Column("text", "its decoder"),
        "prompt": Column("text", "the id of its prompt"),
        "quality": Column("text", "log_perplexity (nats), dictionary_share, grammar_errors or sentence_coherence"),
        "value": Column("number", "what it is"),
        "status": Column("text", "ok, or why there is none"),
    },
    is_result=True,
)
ASSOCIATIONS = Table(
    "associations",
    "one row a layer, space, measure, quality and what is held: rank correlations within decoders",
    {
        "layer": _LAYER,
        "space": Column("text", _SPACE),
        "measure": Column("text", "the measure"),
        "quality": Column("text", "the quality of the text"),
        "held": Column("text", "what is held beside the decoder: rep-4, or nothing"),
        "rho": Column("number", "partial rank correlation within decoders"),
        "low": Column("number", "lower end of its 95 % interval over prompts"),
        "high": Column("number", "upper end of its 95 % interval"),
        "p": Column("number", "of no correlation, prompts dealt out anew"),
        "q": Column("number", "p after the correction of Benjamini and Hochberg, over this table"),
        "surrogate_rho": Column("number", "the same of the random-phase surrogate's measure"),
        "n": Column("count", "texts"),
        "prompts": Column("count", "prompts that they come from"),
        "status": Column("text", "ok, or why there is no correlation"),
    },
    is_result=True,
)
REPLICATION = Table(
    "replication",
    "one row a layer, space and predictor: the paper's mixed model of log perplexity",
    {
        "layer": _LAYER,
        "space": Column("text", _SPACE),
        "measure": Column("text", "the predictor"),
        "coefficient": Column("number", "standard deviations of log perplexity per standard deviation"),
        "low": Column("number", "lower end of its 95 % interval"),
        "high": Column("number", "upper end of its 95 % interval"),
        "p": Column("number", "of no effect, by Wald's test"),
        "group_variance": Column("number", "variance between prompts, as a share of the residual variance"),
        "n": Column("count", "texts"),
        "groups": Column("count", "prompts, each with an intercept of its own"),
        "status": Column("text", "ok, few_groups, singular or not_installed"),
    },
    is_result=True,
)
LAYERS_OF_DECODERS = LAYERS.with_columns(
    samples=Column("count", "texts with a value"),
    refused=Column("count", "texts without one"),
)
PLANES = Array(
    "planes",
    "a text's path in its private plane and on the two first shared axes",
    ("sample", "layer", "space", "token", "axis"),
)

DECLARATION = Declaration(
    (SAMPLES, TOKENS, ESTIMATES, FEATURES, LAYERS_OF_DECODERS, BESIDE, QUALITIES, ASSOCIATIONS, REPLICATION, CLAIMS),
    (PLANES, STATES),
)
