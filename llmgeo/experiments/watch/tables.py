"""What a run of the room holds: its tables. Knows columns alone."""

from __future__ import annotations

from llmgeo.run.declaration import CLAIMS, SAMPLES, Column, Declaration, Table

_METHOD = "the channel, or the rule that somebody ships"
_SAMPLES = SAMPLES.with_columns(
    loop_period=Column("count", "tokens of the phrase that the text ends in, said three times at least", "tokens"),
    loop_onset=Column("count", "the first token of its first copy, after the prompt", "tokens"),
)
SCORES = Table(
    "scores",
    "one row a text, method and token: what it read there, from the past alone",
    {
        "sample": Column("text", "the text", required=True),
        "method": Column("text", _METHOD, required=True),
        "token": Column("token", "the token's place after the prompt", required=True),
        "score": Column("number", "larger means more like a loop"),
    },
)
LEADS = Table(
    "leads",
    "one row a decoder and method: how early loops are heard, and how often there is none",
    {
        "condition": Column("text", "the decoder; all: of all together"),
        "method": Column("text", _METHOD),
        "loops": Column("count", "texts that end in a loop"),
        "before_onset": Column("number", "share of them heard before the loop begins"),
        "before_copy_2": Column("number", "share heard before its second copy begins"),
        "before_copy_3": Column("number", "share heard before its third copy begins"),
        "by_copy_3": Column("number", "share heard by the end of its third copy"),
        "median_lead": Column("number", "tokens before the third copy begins, median", "tokens"),
        "lead": Column("number", "the same, mean; what comes later than two copies late counts so much", "tokens"),
        "low": Column("number", "lower end of its 95 % interval over prompts"),
        "high": Column("number", "upper end of it"),
        "over_text": Column("number", "lead less that of the text channel, paired", "tokens"),
        "over_text_low": Column("number", "lower end of its 95 % interval over prompts"),
        "over_text_high": Column("number", "upper end of it"),
        "false_alarms": Column("count", "in fluent texts, and before loops"),
        "fluent_tokens": Column("count", "tokens that these came in"),
        "rate": Column("number", "false alarms in 1,000 of these tokens"),
        "rate_low": Column("number", "lower end of its 95 % interval"),
        "rate_high": Column("number", "upper end of it"),
        "status": Column("text", "ok, or why there is no interval"),
    },
    is_result=True,
)
WARNINGS = Table(
    "warnings",
    "one row a decoder, method and stretch of text: the stretch against the same decoder's earlier tokens",
    {
        "condition": Column("text", "the decoder; all: of all together"),
        "method": Column("text", _METHOD),
        "stretch": Column("text", "48 to 16 tokens before the loop; 16 to 0; first copy; second copy"),
        "auc": Column("number", "how often a token of the stretch has the larger score"),
        "tokens": Column("count", "tokens of the stretch"),
        "earlier": Column("count", "tokens that they stand against"),
    },
    is_result=True,
)

DECLARATION = Declaration((_SAMPLES, SCORES, LEADS, WARNINGS, CLAIMS))
