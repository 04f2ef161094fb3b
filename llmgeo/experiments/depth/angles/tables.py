"""What the question of angles stores and what it concludes: its tables. Knows columns alone."""

from __future__ import annotations

from llmgeo.run.declaration import Column, Table

ANGLES = Table(
    "angles",
    "one row a text, layer, statistic, frame and class of tokens: its paths through the layers, and their null E",
    {
        "sample": Column("text", "the text", required=True),
        "layer": Column("layer", "where the path turns; none for a whole path"),
        "statistic": Column("text", "what is averaged over the tokens", required=True),
        "frame": Column("text", "raw, unit or final_norm: in which form the states are taken", required=True),
        "tokens": Column("text", "all, or the class of tokens", required=True),
        "n": Column("count", "tokens"),
        "value": Column("number", "mean over the tokens"),
        "null": Column("number", "null E plus the text's influence on it: the mean over texts is null E itself"),
        "status": Column("text", "ok, or why there is no null", required=True),
    },
)
EXCESS = Table(
    "excess",
    "one row a layer, statistic, frame and class of tokens: observed paths beside null E, over texts",
    {
        "layer": Column("layer", "where the path turns; none for a whole path"),
        "statistic": Column("text", "what is averaged"),
        "frame": Column("text", "raw, unit or final_norm"),
        "tokens": Column("text", "all, or the class of tokens"),
        "samples": Column("count", "texts"),
        "value": Column("number", "observed, mean over texts"),
        "null": Column("number", "null E: steps of other texts' tokens at the same layers"),
        "excess": Column("number", "observed minus null E"),
        "low": Column("number", "lower end of its 95 % interval over texts, of this row alone"),
        "high": Column("number", "upper end of its 95 % interval over texts, of this row alone"),
        "status": Column("text", "ok, or why there is no interval"),
    },
    is_result=True,
)
