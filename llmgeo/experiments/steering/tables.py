"""What a run of the room holds: its tables. Knows columns alone."""

from __future__ import annotations

from llmgeo.run.declaration import CLAIMS, SAMPLES, Column, Declaration, Table

_SAMPLES = SAMPLES.with_columns(
    loop_period=Column("count", "tokens of the phrase that the text ends in, said three times at least", "tokens"),
    loop_onset=Column("count", "the first token of its first copy, after the prompt", "tokens"),
    distinct_2=Column("number", "share of its pairs of tokens that are different"),
    written=Column("count", "tokens of the text, after the prompt", "tokens"),
    led=Column("count", "tokens of it that were chosen from other logits than the model's", "tokens"),
    temperature=Column("number", "at which its tokens were chosen, mean; 0: the most probable"),
    alarms=Column("count", "how often the finished text alarms"),
    cuts=Column("count", "how often it was cut"),
    thrown=Column("count", "tokens that were written and cut", "tokens"),
)
WAYS = Table(
    "ways",
    "one row a way of writing: how many of its texts loop, and what else is known of them",
    {
        "way": Column("text", "its name in the recipe"),
        "acts": Column("text", "never, always, or while alarmed"),
        "texts": Column("count", "one a prompt"),
        "looping": Column("count", "of them, end in a phrase said three times or more"),
        "loops": Column("number", "the same, as a share"),
        "loops_low": Column("number", "lower end of its 95 % interval (Wilson's)"),
        "loops_high": Column("number", "upper end of it"),
        "distinct_2": Column("number", "share of pairs of tokens that are different, mean over texts"),
        "distinct_2_low": Column("number", "lower end of its 95 % interval over prompts"),
        "distinct_2_high": Column("number", "upper end of it"),
        "surprisal": Column("number", "of the tokens, under the model as it is, mean over texts", "nats"),
        "surprisal_low": Column("number", "lower end of its 95 % interval over prompts", "nats"),
        "surprisal_high": Column("number", "upper end of it", "nats"),
        "rep_4": Column("number", "share of 4-grams that occurred before, mean over texts"),
        "alarmed": Column("number", "share of texts that alarm when they are finished"),
        "led": Column("number", "share of tokens chosen from other logits than the model's"),
        "temperature": Column("number", "at which tokens were chosen, mean"),
        "thrown": Column("number", "tokens that were written and cut, as a share of all that were written"),
        "written": Column("number", "tokens of a text, mean", "tokens"),
    },
    is_result=True,
)
DIFFERENCES = Table(
    "differences",
    "one row a pair of ways and a quantity: paired over prompts, and over equally many tokens of both texts",
    {
        "way": Column("text", "side a"),
        "against": Column("text", "side b"),
        "quantity": Column("text", "loops (0 or 1 a text), distinct_2, or surprisal in nats"),
        "difference": Column("number", "a less b, mean over prompts"),
        "low": Column("number", "lower end of its 95 % interval over prompts, of this row alone"),
        "high": Column("number", "upper end of it"),
        "p": Column("number", "of no difference"),
        "says": Column("text", "what the interval says of a: lower, higher, or not told apart"),
        "differ": Column("count", "prompts at which the two are not equal"),
        "prompts": Column("count", "prompts"),
        "status": Column("text", "ok, or why there is no interval"),
    },
    is_result=True,
)

DECLARATION = Declaration((_SAMPLES, WAYS, DIFFERENCES, CLAIMS))
