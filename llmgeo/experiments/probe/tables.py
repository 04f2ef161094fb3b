"""What the run of a probe holds: its tables and arrays. Knows their columns, not their maths."""

from llmgeo.run.declaration import (
    CLAIMS,
    CONTRASTS,
    ESTIMATES,
    LAYERS,
    SAMPLES,
    STATES,
    TOKENS,
    Column,
    Declaration,
    Table,
)

LAYERS_OF_CONDITIONS = LAYERS.with_columns(
    samples=Column("count", "texts with a value"),
    refused=Column("count", "texts without one"),
    no_plateau=Column("count", "texts whose value depends on the scale"),
)
CONTRASTS_OF_TEXTS = CONTRASTS.with_columns(
    contrast=Column("text", "the contrast's name"),
    mean_a=Column("number", "mean of the first group"),
    mean_b=Column("number", "mean of the second group"),
    status=Column("text", "ok, or why there is no effect to trust"),
)
_CLAIMED = (
    "claim", "source", "verdict", "effect", "low", "high", "q", "sentence", "measure", "layers", "words", "n_a", "n_b",
    "p", "baseline", "baseline_effect", "caveat", "status",
)  # fmt: skip
CLAIMS_OF_TEXTS = Table(
    "claims",
    CLAIMS.words,
    {name: CLAIMS.columns[name] for name in _CLAIMED} | {"layers": Column("text", "the layers it is about, in words")},
    is_result=True,
)

DECLARATION = Declaration(
    (SAMPLES, TOKENS, ESTIMATES, LAYERS_OF_CONDITIONS, CONTRASTS_OF_TEXTS, CLAIMS_OF_TEXTS), (STATES,)
)
