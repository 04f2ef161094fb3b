"""What the run of a comparison holds: its tables and arrays. Knows their columns, not their maths."""

from llmgeo.run.declaration import (
    CLAIMS,
    CONTRASTS,
    ESTIMATES,
    LAYERS,
    SAMPLES,
    TOKENS,
    Array,
    Column,
    Declaration,
    Table,
)

LAYERS_OF_MODELS = LAYERS.with_columns(
    text=Column("text", "which text, or the weights"),
    what=Column("text", "a value of one model, a difference, a distance, an output or a weight"),
    samples=Column("count", "prompts with a value"),
    halves=Column("number", "the same between two halves of the prompts"),
    p=Column("number", "of the test of a difference"),
    q=Column("number", "p after the correction of Benjamini and Hochberg"),
)
_CLAIMED = (
    "claim", "source", "verdict", "effect", "low", "high", "q", "sentence", "measure", "layers", "words", "n_a", "n_b",
    "p", "baseline", "baseline_effect", "caveat", "status", "effect_is", "noise", "halves",
)  # fmt: skip
CLAIMS_OF_MODELS = Table(
    "claims",
    CLAIMS.words,
    {name: CLAIMS.columns[name] for name in _CLAIMED} | {"layers": Column("text", "the layers it is about, in words")},
    is_result=True,
)
POINTS = Array("points", "mean and last state of each text's window", ("sample", "point", "layer", "width"))

DECLARATION = Declaration((SAMPLES, TOKENS, ESTIMATES, LAYERS_OF_MODELS, CONTRASTS, CLAIMS_OF_MODELS), (POINTS,))
