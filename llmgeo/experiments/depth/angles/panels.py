"""The curves of the question of angles: what each picture's lines are, by layer. Knows result tables; draws nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from llmgeo.experiments.depth.angles.sentences import FRAME_WORDS, NULL_WORDS
from llmgeo.experiments.depth.curves import line, panel
from llmgeo.measures.catalogue import look_up
from llmgeo.report import words

ANGLE = "depth_turning_angle"

RIGHT_ANGLE = 90
"""What random directions turn by."""

BANDS = {"value": ("value_low", "value_high"), "null": ("null_low", "null_high"), "excess": ("low", "high")}
"""The ends of each column's interval."""


def panels(layers: pd.DataFrame, nulls: pd.DataFrame, frame: str) -> list[dict[str, object]]:
    """One entry a picture; those without any value are left out."""
    own = layers[(layers["frame"] == frame) & (layers["tokens"] == "all")]
    drawn = [
        panel(
            f"measure-{ANGLE}",
            "Turning angle beside its nulls",
            "Observed, with its 95 % interval over texts, and paths under each null; A, random directions, is at 90°.",
            ANGLE,
            [_line("observed", "c0", own[own["measure"] == ANGLE]), *_null_lines(own, nulls)],
            level=RIGHT_ANGLE,
        ),
        panel(
            "depth-excess",
            "Observed angle minus null E",
            "Above 0 the tokens' own steps turn more than other tokens' do at the same layers.",
            ANGLE,
            [
                _excess(FRAME_WORDS[name], f"c{place}", layers[(layers["frame"] == name) & (layers["tokens"] == "all")])
                for place, name in enumerate(layers["frame"].unique())
            ],
            zero=True,
        ),
        *(
            panel(
                f"measure-{measure}",
                words.measure(measure),
                look_up(measure).meaning,
                measure,
                [
                    _line("observed", "c0", own[own["measure"] == measure]),
                    _line("null E", "c6", own[own["measure"] == measure], "null", dashed=True),
                ],
            )
            for measure in ("turns_back", "beyond_chance")
        ),
        panel(
            "measure-attention_write",
            "What attention and the MLP write",
            "Length of what each adds, beside the length of the state that the block was given.",
            "attention_write",
            [
                _line(
                    "attention", "c1", layers[(layers["measure"] == "attention_write") & (layers["tokens"] == "all")]
                ),
                _line("MLP", "c2", layers[(layers["measure"] == "mlp_write") & (layers["tokens"] == "all")]),
            ],
            log=True,
        ),
        panel(
            "measure-layer_cosine",
            words.measure("layer_cosine"),
            look_up("layer_cosine").meaning,
            "layer_cosine",
            [_line("observed", "c0", own[own["measure"] == "layer_cosine"])],
        ),
        panel(
            "measure-depth_step_length",
            words.measure("depth_step_length"),
            look_up("depth_step_length").meaning,
            "depth_step_length",
            [_line("observed", "c0", own[own["measure"] == "depth_step_length"])],
            log=True,
        ),
    ]
    return [panel for panel in drawn if any(line["value"] for line in panel["lines"])]


def _line(
    said: str, colour: str, table: pd.DataFrame, value: str = "value", *, dashed: bool = False
) -> dict[str, object]:
    """A curve of a column of the table, with the band that goes with it where there is one."""
    return line(said, colour, table, value, BANDS[value], dashed=dashed)


def _excess(said: str, colour: str, table: pd.DataFrame) -> dict[str, object]:
    return _line(said, colour, table[table["measure"] == ANGLE], "excess")


def _null_lines(own: pd.DataFrame, nulls: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Null E with its band, then the others' means by layer; that of random directions is 90 degrees everywhere."""
    yield _line(f"E: {NULL_WORDS['E']}", "c6", own[own["measure"] == ANGLE], "null", dashed=True)
    for name, colour in {"B": "c5", "C": "c3", "D": "c7", "DE": "c4"}.items():
        table = nulls[(nulls["null"] == name) & (nulls["measure"] == ANGLE)]
        yield _line(f"{name}: {NULL_WORDS[name]}", colour, table, dashed=True)
