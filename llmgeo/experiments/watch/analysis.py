"""The room's result tables: leads, warnings, claims. Needs what the run holds and the recipe; no model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from llmgeo.experiments.watch.claims import claim_tests
from llmgeo.experiments.watch.heard import STRETCHES, Text, alarm_at, false_alarms, leads, shares, stretch_auc, texts_of
from llmgeo.experiments.watch.recipe import WatchRecipe
from llmgeo.experiments.watch.rules import FIRES, RULES
from llmgeo.experiments.watch.tables import DECLARATION
from llmgeo.monitor.alarm import CHANNELS, TEXT
from llmgeo.monitor.calibration import rate_interval
from llmgeo.run import Run, pieces
from llmgeo.statistics import mean_interval, paired_contrast
from llmgeo.statistics.prompt_table import NO_SAMPLES
from llmgeo.statistics.verdict import claim_frame, decide

ALL = "all"


def analyze(run: Run, recipe: WatchRecipe) -> dict[str, pd.DataFrame]:
    """Every result table; empty where nothing was measured."""
    texts = run_texts(run)
    thresholds = thresholds_of(run)
    decoders = [decoder.name for decoder in recipe.decoders]
    groups = [(name, [text for text in texts if text.condition == name]) for name in decoders]
    groups += [(ALL, texts)] if len(decoders) > 1 else []
    rows = [
        row for name, part in groups for row in _lead_rows(name, part, thresholds, recipe.watching.before, recipe.seed)
    ]
    warned = [
        {"condition": name, "method": method, "stretch": stretch, "auc": found[0], "tokens": found[1],
         "earlier": found[2]}
        for name, part in groups
        for method in _methods(part)
        for stretch, ends in STRETCHES.items()
        for found in [stretch_auc([text for text in part if text.is_loop], method, ends)]
    ]  # fmt: skip
    tests = claim_tests(recipe, texts, thresholds)
    return {
        "leads": _frame("leads", rows),
        "warnings": _frame("warnings", warned),
        "claims": claim_frame(decide(tests)),
    }


def run_texts(run: Run) -> list[Text]:
    """Every text that was measured."""
    columns = ["sample", "condition", "prompt", "token_ids", "prompt_length", "loop_onset", "loop_period", "error"]
    samples = pieces.joined(run.pieces("samples", columns))
    scores = pieces.joined(run.pieces("scores"))
    return [] if samples.empty or scores.empty else texts_of(samples, scores)


def thresholds_of(run: Run) -> dict[str, float]:
    """Of each channel, as the run's manifest tells it, and of the rules that have one."""
    record = run.manifest.get("thresholds") or {}
    return {**{name: float(value) for name, value in record.get("by_channel", {}).items()}, **FIRES}


def _frame(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(DECLARATION.table(name).columns))


def _methods(texts: list[Text]) -> list[str]:
    return [name for name in (*CHANNELS, *RULES) if any(name in text.scores for text in texts)]


def _lead_rows(
    condition: str, texts: list[Text], thresholds: dict[str, float], before: int, seed: int
) -> list[dict[str, Any]]:
    looping = [text for text in texts if text.is_loop]
    prompts = np.array([text.prompt for text in looping])
    found: dict[str, np.ndarray] = {}
    rows = []
    for method in _methods(texts):
        if method not in thresholds:
            continue
        wrong, tokens = false_alarms(texts, method, thresholds[method], before)
        low, high = rate_interval(wrong, tokens) if tokens else (np.nan, np.nan)
        row = {
            "condition": condition, "method": method, "loops": len(looping), "false_alarms": wrong,
            "fluent_tokens": tokens, "rate": 1000 * wrong / tokens if tokens else np.nan, "rate_low": low,
            "rate_high": high, "status": NO_SAMPLES,
        }  # fmt: skip
        if looping:
            alarms = np.array([alarm_at(text, method, thresholds[method], before) for text in looping])
            found[method] = leads(looping, alarms)
            own = mean_interval(found[method][:, None], prompts, seed=seed)
            beside = paired_contrast(found[method][:, None], found[TEXT][:, None], prompts, seed=seed)
            row |= shares(looping, alarms) | {
                "median_lead": float(np.median(found[method])), "lead": own.mean[0], "low": own.low[0],
                "high": own.high[0], "status": str(own.status[0]),
            }  # fmt: skip
            if method != TEXT:
                row |= {"over_text": beside.mean[0], "over_text_low": beside.low[0], "over_text_high": beside.high[0]}
        rows.append(row)
    return rows
