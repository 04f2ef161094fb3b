"""What the run of a comparison holds: tables and arrays, as its manifest declares them. Knows columns alone."""

from llmgeo.run.declaration import CLAIMS, ESTIMATES, LAYERS, SAMPLES, STATES, TOKENS, Array, Column, Declaration, Table

_TEXT_KIND = Column("text", "neutral, base_answer, tuned_answer or chat_answer", required=True)

TEXTS = SAMPLES.with_columns(
    text_kind=_TEXT_KIND,
    prompt_kind=Column("text", "the kind of its prompt"),
    draw=Column("count", "which draw of the rounding moved the weights it was read with; none unless jittered"),
)
POOLED = Table(
    "pooled",
    "one row a block of prompts, kind of text, reader, layer and measure: clouds of several texts' tokens",
    {
        "block": Column("text", "the block of prompts", required=True),
        "text_kind": _TEXT_KIND,
        "condition": Column("text", "base, tuned or jittered: the model's own; pair: of both models", required=True),
        **{name: column for name, column in ESTIMATES.columns.items() if name not in ("sample", "standard_error")},
        "halves": Column("number", "the same between two halves of the texts, in BASE alone"),
    },
)
WEIGHTS = Table(
    "weights",
    "one row a tensor and measure: what changed in the weights",
    {
        "matrix": Column("text", "the tensor's name", required=True),
        "layer": Column("layer", "its block; 0 is the embedding, none for the rest"),
        "measure": Column("text", "the measure", required=True),
        "cloud": Column("text", "rows: the points are its rows; none: no cloud"),
        "value": Column("number", "what the measure says"),
        "null": Column("number", "the same, where rounding BASE's weights stands for tuning"),
        "status": Column("text", "ok, or why there is no value to trust", required=True),
    },
)
SINGULAR_VALUES = Table(
    "singular_values",
    "one row a tensor and rank: the largest singular values of its change",
    {
        "matrix": Column("text", "the tensor's name", required=True),
        "layer": Column("layer", "its block; 0 is the embedding, none for the rest"),
        "rank": Column("count", "1 is the largest"),
        "change_singular_value": Column("number", "of TUNED minus BASE"),
    },
)
LAYERS_OF_MODELS = LAYERS.with_columns(
    text=Column("text", "which kind of text, or the weights"),
    what=Column("text", "a value of one model, a difference, a distance, an output or a weight"),
    samples=Column("count", "prompts with a value"),
    null_low=Column("number", "lower end of the interval of its null; of a pair, of what one more rounding gives"),
    null_high=Column("number", "upper end of the interval of its null; of a pair, of what one more rounding gives"),
    halves=Column("number", "an overlap between two halves of the texts"),
    p=Column("number", "of the test of a difference"),
    q=Column("number", "p after the correction of Benjamini and Hochberg"),
)
POINTS = Array("points", "mean and last state of each text's window", ("sample", "point", "layer", "width"))

DECLARATION = Declaration(
    (TEXTS, TOKENS, ESTIMATES, POOLED, WEIGHTS, SINGULAR_VALUES, LAYERS_OF_MODELS, CLAIMS), (POINTS, STATES)
)
