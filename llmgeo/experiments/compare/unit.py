"""One block of prompts of a comparison: every text read by every model, and measured. Writes nothing.

The states of a block are held until it is measured, and no longer. Clouds of one text are measured text by text; clouds
of several texts (for subspaces, which need more points than a text has tokens) on the block's texts together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch

from llmgeo.engine.experiment import Parts
from llmgeo.engine.measuring import measure
from llmgeo.engine.parallel import in_parallel
from llmgeo.engine.progress import Progress
from llmgeo.errors import NonFiniteStatesError
from llmgeo.experiments.compare.distances import pair_rows, pooled_pair_rows
from llmgeo.experiments.compare.models import PairModels
from llmgeo.experiments.compare.names import (
    BASE,
    BASE_ANSWER,
    CHAT_ANSWER,
    JITTERED,
    NEUTRAL,
    OF_TEXTS,
    PAIR,
    READERS,
    TEXTS,
    TUNED,
    TUNED_ANSWER,
)
from llmgeo.experiments.compare.recipe import ComparisonRecipe
from llmgeo.experiments.compare.texts import PairText, answer_text, answers, has_template, neutral_text, templated
from llmgeo.measures import Cloud
from llmgeo.measures.catalogue import MEASURES
from llmgeo.measures.distributions.divergence import Logits, shift_at
from llmgeo.texts.degeneration import label, rep_n
from llmgeo.texts.prompts import Prompt
from llmgeo.texts.seeds import sample_seed
from llmgeo.trajectory import Trajectory

POOLED_TOKENS = 16
"""Tokens of each text, evenly spaced, in a cloud of several texts whose subspaces are compared."""

POOLED_MEASURES = ("intrinsic_dimension", "two_nn", "participation_ratio", "rank_me", "pc_dimension")


@dataclass(frozen=True)
class Reading:
    """One text read by one model."""

    trajectory: Trajectory
    logits: Logits
    error: str | None


@dataclass
class Tables:
    """What a unit adds to the run.

    Attributes:
        points: by sample, mean and last state of its window ``[2, L+1, D]`` float32: what is asked of all texts of a
            run together, which no unit holds.
    """

    samples: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[pd.DataFrame] = field(default_factory=list)
    estimates: list[dict[str, Any]] = field(default_factory=list)
    pooled: list[dict[str, Any]] = field(default_factory=list)
    points: dict[str, torch.Tensor] = field(default_factory=dict)

    def add(self, other: Tables) -> None:
        self.samples += other.samples
        self.tokens += other.tokens
        self.estimates += other.estimates
        self.pooled += other.pooled
        self.points |= other.points


def measure_block(
    models: PairModels,
    prompts: Sequence[Prompt],
    name: str,
    recipe: ComparisonRecipe,
    progress: Progress,
    **unused: Any,
) -> Parts:
    """Answer, read and measure one block of prompts."""
    texts = make_texts(models, prompts, recipe, progress)
    readings: dict[str, list[Reading]] = {}
    for reader in (TUNED, BASE, JITTERED):
        model = models.get(reader)
        progress.phase(f"reading ({reader})", len(texts), "texts")
        readings[reader] = []
        for text in texts:
            trajectory, logits = model.read_with_logits(text.ids(reader), text.window(reader).start)
            readings[reader].append(Reading(trajectory, logits, _error(trajectory, text.sample(reader))))
            progress.advance(1)
    tables = Tables()
    triples = [tuple(readings[reader][place] for reader in READERS) for place in range(len(texts))]
    progress.phase("comparing", len(texts), "texts")
    dtype = models.about[BASE]["dtype"]
    work = list(zip(texts, triples, strict=True))
    for part in in_parallel(lambda one: _measure_text(*one, recipe, dtype, models.vocabulary), work):
        tables.add(part)
        progress.advance(1)
    _measure_block(tables, work, name, recipe, dtype)
    errors = [row["error"] for row in tables.samples if row["condition"] == PAIR]
    if errors and all(errors):
        raise NonFiniteStatesError(errors[0])
    tokens = pd.concat(tables.tokens, ignore_index=True) if tables.tokens else None
    return Parts(tables.samples, tokens, tables.estimates, {"pooled": tables.pooled}, {"points": tables.points})


def make_texts(
    models: PairModels, prompts: Sequence[Prompt], recipe: ComparisonRecipe, progress: Progress
) -> list[PairText]:
    """All texts of a block that have at least one token to measure; the run counts the others as empty."""
    tokens = recipe.window.tokens
    base = models.get(BASE)
    plain = [base.encode(prompt.text + recipe.generation.opening) for prompt in prompts]
    made = [neutral_text(base, prompt, recipe) for prompt in prompts]
    given = {}
    progress.phase("answering (base)", len(prompts), "prompts")
    given[BASE_ANSWER] = answers(base, prompts, plain, BASE_ANSWER, recipe)
    tuned = models.get(TUNED)
    progress.phase("answering (tuned)", len(prompts), "prompts")
    given[TUNED_ANSWER] = answers(tuned, prompts, plain, TUNED_ANSWER, recipe)
    chat = None
    if has_template(tuned):
        chat = [templated(tuned, prompt) for prompt in prompts]
        given[CHAT_ANSWER] = answers(tuned, prompts, chat, CHAT_ANSWER, recipe)
    for kind, found in given.items():
        for place, (prompt, (ids, reason)) in enumerate(zip(prompts, found, strict=True)):
            before = {"base": plain[place], "tuned": chat[place] if kind == CHAT_ANSWER else plain[place]}
            made.append(answer_text(prompt, kind, before, ids, reason, tokens))
    return [text for text in made if text.tokens]


def _error(trajectory: Trajectory, sample: str) -> str | None:
    try:
        trajectory.check_finite(sample)
    except NonFiniteStatesError as error:
        return str(error)
    return None


# -- one text --------------------------------------------------------------------------------------------------------


def _measure_text(
    text: PairText, readings: tuple[Reading, ...], recipe: ComparisonRecipe, dtype: str, vocabulary: int
) -> Tables:
    by_reader = dict(zip(READERS, readings, strict=True))
    is_full = text.tokens == recipe.window.tokens
    tables = Tables()
    for reader, reading in by_reader.items():
        sample = text.sample(reader)
        tables.samples.append(_sample_row(text, reader, reading, is_full))
        if is_full and reading.error is None:
            seed = sample_seed(recipe.generation.seed, text.prompt.id, text.kind)
            found = measure(reading.trajectory, text.window(reader), recipe.measures.geometric, dtype, seed)
            tables.estimates += [{"sample": sample, **row} for row in found.estimates]
            if text.kind != CHAT_ANSWER:
                tables.points[sample] = points_of(reading.trajectory.states[:, text.window(reader)])
            if reader != JITTERED:
                tables.tokens.append(pd.DataFrame(found.tokens).assign(sample=sample, axis="token"))
    pair = text.sample(PAIR)
    errors = [reading.error for reading in readings if reading.error]
    tables.samples.append(_pair_sample(text, by_reader[TUNED], is_full, errors[0] if errors else None))
    if errors:
        return tables
    rows = output_rows(text, by_reader, vocabulary, tables.tokens)
    if is_full:
        states = [by_reader[reader].trajectory.states[:, text.window(reader)] for reader in READERS]
        rows += pair_rows(*states, dtype, "text")
    tables.estimates += [{"sample": pair, **row} for row in rows]
    return tables


def points_of(states: torch.Tensor) -> torch.Tensor:
    """Mean and last state ``[2, L+1, D]`` of a window's states ``[L+1, T, D]``."""
    return torch.stack([states.mean(1, dtype=torch.float32), states[:, -1].float()]).cpu()


def output_rows(
    text: PairText, readings: dict[str, Reading], vocabulary: int, tokens: list[pd.DataFrame]
) -> list[dict[str, Any]]:
    """The output measures of a text, at the last layer; the positions' own go into ``tokens``."""

    def cut(reading: Reading) -> Logits:
        return lambda positions: reading.logits(positions)[:, :vocabulary]

    def against(other: str) -> Any:
        return shift_at(cut(readings[BASE]), text.base_window, cut(readings[other]), text.window(other))

    found, null = against(TUNED), against(JITTERED)
    last = readings[BASE].trajectory.layers
    at = np.arange(text.tuned_window.start, text.tuned_window.stop, dtype=np.int32)
    columns = {"kl": found.kl, "js": found.js, "entropy_drop": found.entropy_drop, "base_rank": found.base_rank}
    tokens.append(
        pd.DataFrame({"layer": np.int32(last), "token": at, **columns}).assign(sample=text.sample(PAIR), axis="token")
    )
    nulls = null.summary()
    return [
        {"layer": last, "measure": name, "axis": "token", "cloud": "none", "n": text.tokens, "n_unique": None,
         "value": value, "null": nulls[name], "status": "ok"}
        for name, value in found.summary().items()
    ]  # fmt: skip


def _sample_row(text: PairText, reader: str, reading: Reading, is_full: bool) -> dict[str, Any]:
    trajectory, window = reading.trajectory, text.window(reader)
    ids = trajectory.token_ids[window]
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
        "text": trajectory.continuation,
        "finish_reason": text.finish_reason,
        "label": label(ids),
        "rep_4": rep_n(ids, 4),
        "entropy": float(trajectory.entropy[window].mean()),
        "surprisal": float(trajectory.surprisal[window].mean()),
        "token_entropy": trajectory.entropy.numpy(),
        "token_surprisal": trajectory.surprisal.numpy(),
        "window_start": window.start if is_full else None,
        "window_stop": window.stop if is_full else None,
        "error": reading.error,
    }


def _pair_sample(text: PairText, tuned: Reading, is_full: bool, error: str | None) -> dict[str, Any]:
    row = _sample_row(text, TUNED, tuned, is_full)
    kept = (
        "text_kind",
        "prompt_kind",
        "prompt",
        "prompt_text",
        "path",
        "prompt_length",
        "token_ids",
        "tokens",
        "text",
        "finish_reason",
    )
    return {
        "sample": text.sample(PAIR),
        "condition": PAIR,
        **{name: row[name] for name in (*kept, "label", "rep_4", "window_start", "window_stop")},
        "error": error,
    }


# -- a block's texts together ----------------------------------------------------------------------------------------


def _measure_block(
    tables: Tables, work: list[tuple[PairText, tuple[Reading, ...]]], name: str, recipe: ComparisonRecipe, dtype: str
) -> None:
    for kind in TEXTS:
        usable = [
            one for one in work
            if one[0].kind == kind and one[0].tokens == recipe.window.tokens and not any(r.error for r in one[1])
        ]  # fmt: skip
        if len(usable) < 2:
            continue
        clouds = [
            torch.cat([triple[place].trajectory.states[:, text.window(reader)] for text, triple in usable], dim=1)
            for place, reader in enumerate(READERS)
        ]
        step = max(1, recipe.window.tokens // POOLED_TOKENS)
        thinned = [cloud[:, ::step] for cloud in clouds]
        rows = {PAIR: pooled_pair_rows(*thinned, dtype), BASE: [], TUNED: [], JITTERED: []}
        if kind == NEUTRAL:
            for place, reader in enumerate(READERS):
                rows[reader] += pooled_rows(clouds[place], dtype)
        for reader, of_reader in rows.items():
            tables.pooled += [{"block": name, "text_kind": kind, "condition": reader, **row} for row in of_reader]


def pooled_rows(states: torch.Tensor, dtype: str) -> list[dict[str, Any]]:
    """Dimensions of a cloud of several texts ``[L+1, N, D]``, one row a layer and measure."""
    cloud = Cloud(states, state_dtype=dtype)
    rows = []
    for name in POOLED_MEASURES:
        more = {} if name in ("intrinsic_dimension", "two_nn", "participation_ratio") else {"standard_error": False}
        estimate = MEASURES[name].compute(cloud, **more)
        for layer, value in enumerate(np.asarray(estimate.value).tolist()):
            rows.append(
                {
                    "layer": layer, "measure": name, "axis": "none", "cloud": OF_TEXTS, "n": estimate.n,
                    "n_unique": int(np.asarray(estimate.n_unique)[layer]), "value": value,
                    "status": str(estimate.status[layer]),
                }
            )  # fmt: skip
    return rows
