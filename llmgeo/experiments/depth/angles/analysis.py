"""What the table of angles comes to: the excess over null E by layer, and one test a claim. No model, no states."""

from __future__ import annotations

import numpy as np
import pandas as pd

from llmgeo.experiments.depth.angles.recipe import AngleClaim, AnglesSection
from llmgeo.experiments.depth.names import WRITTEN
from llmgeo.experiments.depth.question import Answers
from llmgeo.measures.status import LAYERS_LEFT_OUT, OK
from llmgeo.run import Run, pieces
from llmgeo.statistics import mean_interval, paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.verdict import describe_layers

KEYS = ["layer", "statistic", "frame", "tokens"]


def analyze(run: Run, section: AnglesSection, blocks: int) -> Answers:
    """Excess by layer, rows of the layers table, and a test of each claim."""
    angles = pieces.joined(run.pieces("angles"))
    prompts = pieces.joined(run.pieces("samples", ["sample", "prompt"])).set_index("sample")["prompt"]
    angles = angles.assign(prompt=angles["sample"].map(prompts))
    excess = excess_table(angles)
    tests = tuple(claim_test(angles, claim, section, blocks) for claim in section.claims)
    return Answers(tests, layer_rows(excess), {"excess": excess})


def excess_table(angles: pd.DataFrame) -> pd.DataFrame:
    """One row a layer, statistic, frame and class of tokens."""
    rows = []
    for key, table in angles.groupby(KEYS, sort=False, dropna=False):
        prompts = table["prompt"].to_numpy()
        value, null, excess = (
            mean_interval(numbers.to_numpy(float)[:, None], prompts)
            for numbers in (table["value"], table["null"], table["value"] - table["null"])
        )
        rows.append(
            dict(zip(KEYS, key, strict=True))
            | {"samples": int(excess.n[0]), "value": value.mean[0], "null": null.mean[0], "excess": excess.mean[0]}
            | {"low": excess.low[0], "high": excess.high[0], "status": str(excess.status[0])}
        )
    return pd.DataFrame(rows)


def layer_rows(excess: pd.DataFrame) -> pd.DataFrame | None:
    """The turning angle's rows of the run's layers table."""
    if excess.empty:
        return None
    shown = excess[(excess["statistic"] == "turning_angle") & (excess["frame"] == "raw") & (excess["tokens"] == "all")]
    return pd.DataFrame(
        {
            "condition": WRITTEN, "layer": shown["layer"], "measure": "depth_turning_angle", "axis": "depth",
            "cloud": "none", "value": shown["value"], "null_low": shown["null"], "null_high": shown["null"],
            "samples": shown["samples"], "status": shown["status"],
        }
    )  # fmt: skip


def claim_test(angles: pd.DataFrame, claim: AngleClaim, section: AnglesSection, blocks: int) -> ClaimTest:
    """The claim as one paired test over prompts: observed against null E, averaged over its layers within each text."""
    numbers = claim.layer_numbers(blocks)
    layers = tuple(layer for layer in numbers if 0 < layer < blocks)
    chosen = angles[
        (angles["statistic"] == claim.statistic)
        & (angles["frame"] == section.frames[0])
        & (angles["tokens"] == "all")
        & angles["layer"].isin(layers)
    ]
    means = chosen.groupby("sample", sort=False).agg({"value": "mean", "null": "mean", "prompt": "first"})
    observed, null = (means[name].to_numpy(float)[:, None] for name in ("value", "null"))
    found = paired_contrast(observed, null, means["prompt"].to_numpy())
    return ClaimTest(
        claim=claim.name, source=claim.source, sentence=claim.sentence, effect_is="difference", expect=claim.expect,
        effect=float(found.mean[0]), low=float(found.low[0]), high=float(found.high[0]), p=float(found.p[0]),
        measure="depth_turning_angle", axis="depth", cloud="none", layers=layers,
        layer_words=describe_layers(numbers, claim.layers if isinstance(claim.layers, str) else None, layers),
        a=Side("as observed", (WRITTEN,), float(np.nanmean(observed)), int(found.n[0])),
        b=Side("of other tokens' steps", (), float(np.nanmean(null)), int(found.n[0])),
        status=(OK if np.isfinite(found.p[0]) else str(found.status[0])) if layers else LAYERS_LEFT_OUT,
    )  # fmt: skip
