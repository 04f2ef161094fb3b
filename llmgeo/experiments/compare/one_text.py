"""One text of a comparison, as every model read it: its samples, its measures, its distances. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch

from llmgeo.experiments.compare.distances import pair_rows
from llmgeo.experiments.compare.kept_layers import numbered
from llmgeo.experiments.compare.names import BASE, CHAT_ANSWER, JITTERED, NEUTRAL, PAIR, READERS, TUNED
from llmgeo.experiments.compare.readings import Reading
from llmgeo.experiments.compare.recipe import ComparisonRecipe
from llmgeo.experiments.compare.texts import PairText
from llmgeo.measures.distributions.divergence import Logits, Shift, shift_at
from llmgeo.measuring import measure
from llmgeo.texts.degeneration import COLUMNS, judge
from llmgeo.texts.repetition import rep_n
from llmgeo.texts.seeds import sample_seed

OF_A_PAIR = (
    "text_kind", "prompt_kind", "prompt", "prompt_text", "path", "prompt_length", "token_ids", "tokens", "text",
    "finish_reason", *COLUMNS, "rep_4", "window_start", "window_stop",
)  # fmt: skip
"""Columns of a pair's sample: the same for both readers, or as TUNED read them."""


@dataclass(frozen=True)
class Setting:
    """What every text of a block is measured with.

    Attributes:
        dtype: the number format the models computed in.
        vocabulary: tokens that both output layers know.
        blocks: the models' number of blocks L.
        layers: those kept, ascending; None for all.
        save_states: whether the states themselves are wanted.
    """

    recipe: ComparisonRecipe
    dtype: str
    vocabulary: int
    blocks: int
    layers: tuple[int, ...] | None
    save_states: bool


@dataclass
class TextParts:
    """What one text, or several, add to the run.

    Attributes:
        points: by sample, mean and last state of its window ``[2, layers, D]`` float32; the analysis of all texts of a
            run together needs them, and no unit holds all texts.
        states: by sample, every kept state ``[layers, T, D]``, where they were wanted.
    """

    samples: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[pd.DataFrame] = field(default_factory=list)
    estimates: list[dict[str, Any]] = field(default_factory=list)
    points: dict[str, torch.Tensor] = field(default_factory=dict)
    states: dict[str, torch.Tensor] = field(default_factory=dict)

    def add(self, parts: TextParts) -> None:
        self.samples += parts.samples
        self.tokens += parts.tokens
        self.estimates += parts.estimates
        self.points |= parts.points
        self.states |= parts.states


def measure_text(text: PairText, readings: Mapping[str, Reading], rounding: Shift, setting: Setting) -> TextParts:
    """Every measure of the recipe on each reader's states, and every distance between the readers'.

    Args:
        rounding: how the predictions of the jittered base differ from the base's.
    """
    recipe = setting.recipe
    is_full = text.tokens == recipe.window.tokens
    parts = TextParts()
    for reader in READERS:
        reading, sample = readings[reader], text.sample(reader)
        parts.samples.append(_sample_row(text, reader, reading, recipe.window.tokens))
        if reading.error is None and setting.save_states:
            parts.states[sample] = reading.trajectory.states
        if is_full and reading.error is None:
            seed = sample_seed(recipe.generation.seed, text.prompt.id, text.kind)
            window = text.window(reader)
            measured = measure(reading.trajectory, window, recipe.measures.geometric, setting.dtype, seed)
            parts.estimates += [{"sample": sample, **row} for row in measured.estimates]
            if text.kind != CHAT_ANSWER:
                parts.points[sample] = points_of(reading.trajectory.states_of(window))
            if reader != JITTERED:
                parts.tokens.append(pd.DataFrame(measured.tokens).assign(sample=sample, axis="token"))
    errors = [reading.error for reading in readings.values() if reading.error]
    parts.samples.append(_pair_sample(text, readings[TUNED], recipe.window.tokens, errors[0] if errors else None))
    if errors:
        return parts
    pair = text.sample(PAIR)
    moved = output_shift(text, TUNED, lambda reader: readings[reader].logits, setting.vocabulary)
    parts.tokens.append(_shift_columns(text, moved, setting.blocks).assign(sample=pair, axis="token"))
    rows = output_rows(moved, rounding, setting.blocks, text.tokens)
    if is_full:
        states = [readings[reader].trajectory.states_of(text.window(reader)) for reader in READERS]
        rows += numbered(pair_rows(*states, setting.dtype, "text"), setting.layers)
    parts.estimates += [{"sample": pair, **row} for row in rows]
    return parts


def points_of(states: torch.Tensor) -> torch.Tensor:
    """Mean and last state ``[2, L+1, D]`` of a window's states ``[L+1, T, D]``."""
    return torch.stack([states.mean(1, dtype=torch.float32), states[:, -1].float()]).cpu()


# -- what the models predict -----------------------------------------------------------------------------------------


def output_shift(text: PairText, second: str, logits_of: Callable[[str], Logits], vocabulary: int) -> Shift:
    """How the distributions of a second reader differ from the base's, at every token of the window.

    Args:
        logits_of: a reader's logits of the text.
        vocabulary: tokens that are compared, the first ones.
    """

    def logits(reader: str) -> Logits:
        return lambda positions: logits_of(reader)(positions)[:, :vocabulary]

    return shift_at(logits(BASE), text.base_window, logits(second), text.window(second))


def _shift_columns(text: PairText, moved: Shift, blocks: int) -> pd.DataFrame:
    tokens = np.arange(text.tuned_window.start, text.tuned_window.stop, dtype=np.int32)
    columns = {"kl": moved.kl, "js": moved.js, "entropy_drop": moved.entropy_drop, "base_rank": moved.base_rank}
    return pd.DataFrame({"layer": np.int32(blocks), "token": tokens, **columns})


def output_rows(moved: Shift, null: Shift, blocks: int, tokens: int) -> list[dict[str, Any]]:
    """The output measures of a text, at the last layer, which gives them whatever layers are kept."""
    nulls = null.summary()
    return [
        {"layer": blocks, "measure": name, "axis": "token", "cloud": "none", "n": tokens, "n_unique": None,
         "value": value, "null": nulls[name], "status": "ok" if np.isfinite(value) else "undefined"}
        for name, value in moved.summary().items()
    ]  # fmt: skip


# -- samples ---------------------------------------------------------------------------------------------------------


def _sample_row(text: PairText, reader: str, reading: Reading, wanted: int) -> dict[str, Any]:
    trajectory, window = reading.trajectory, text.window(reader)
    ids, is_full = trajectory.token_ids[window], text.tokens == wanted
    return {
        "sample": text.sample(reader),
        "condition": reader,
        "text_kind": text.kind,
        "prompt_kind": text.prompt.kind,
        "prompt": text.prompt.id,
        "prompt_text": text.prompt.text,
        "path": trajectory.path,
        "prompt_length": window.start,
        "token_ids": list(trajectory.token_ids),
        "tokens": list(trajectory.tokens),
        "text": trajectory.text if text.kind == NEUTRAL else trajectory.continuation,  # its first token is no prompt
        "finish_reason": text.finish_reason,
        **judge(ids, trajectory.tokens[window], wanted).row(),
        "rep_4": rep_n(ids, 4),
        "entropy": float(trajectory.entropy[window].mean()),
        "surprisal": float(trajectory.surprisal[window].mean()),
        "token_entropy": trajectory.entropy.numpy(),
        "token_surprisal": trajectory.surprisal.numpy(),
        "window_start": window.start if is_full else None,
        "window_stop": window.stop if is_full else None,
        "draw": text.draw if reader == JITTERED else None,
        "error": reading.error,
    }


def _pair_sample(text: PairText, tuned: Reading, wanted: int, error: str | None) -> dict[str, Any]:
    row = _sample_row(text, TUNED, tuned, wanted)
    return {
        "sample": text.sample(PAIR),
        "condition": PAIR,
        **{name: row[name] for name in OF_A_PAIR},
        "error": error,
    }


def usable_texts(texts: Sequence[PairText], samples: Sequence[Mapping[str, Any]]) -> list[int]:
    """The places of the texts that have a full window and that every reader could read."""
    fine = {
        row["sample"]
        for row in samples
        if row["condition"] == PAIR and row["error"] is None and row["window_start"] is not None
    }
    return [number for number, text in enumerate(texts) if text.sample(PAIR) in fine]
