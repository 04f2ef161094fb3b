"""One unit of the room: all texts in one condition, read and measured. Writes nothing.

Knows contexts, a model and clouds; not which unit it is, where it is stored or who else works on the run. Of every text
no more is kept than its one state at each layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts
from llmgeo.engine.parallel import in_parallel
from llmgeo.engine.progress import Progress
from llmgeo.errors import ModelError, NonFiniteStatesError
from llmgeo.experiments.layers.clouds import OF_PARTS, Rows, measure_part, measure_whole, refused_rows
from llmgeo.experiments.layers.contexts import Context, read_of
from llmgeo.experiments.layers.names import NO_RANDOM_NETWORK, RANDOM, REPEATED_STATES, SHUFFLED, sample_of
from llmgeo.experiments.layers.recipe import LayersRecipe
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.random_network import random_network
from llmgeo.statistics.disjoint_parts import divisions
from llmgeo.texts.seeds import sample_seed
from llmgeo.trajectory import Trajectory

LAYERS_AT_ONCE = 8
"""Clouds of a part that are measured together, and so held in double precision together."""


@dataclass(frozen=True)
class Points:
    """One state of each text that was read.

    Attributes:
        rows: of the run's table of samples. states: ``[N, layers, D]`` of those in `contexts`.
        lost: what was wrong with the first text whose states are not finite; None if all are.
    """

    rows: Rows
    contexts: tuple[Context, ...]
    states: torch.Tensor
    lost: str | None


@dataclass
class Setting:
    """What a unit is measured with.

    Attributes:
        layers: their numbers. rows: texts that are read together.
    """

    model: LanguageModel
    recipe: LayersRecipe
    layers: tuple[int, ...]
    rows: int
    progress: Progress
    clock: Clock
    save_states: bool = False


def measure_condition(condition: str, contexts: Sequence[Context], setting: Setting) -> Parts:
    """Samples, clouds and their parts of one condition.

    Raises:
        NonFiniteStatesError: none of the texts could be measured.
    """
    model, seed = setting.model, setting.recipe.seed
    if condition == RANDOM:
        try:
            with setting.clock("random weights"):
                model = random_network(model, sample_seed(seed, RANDOM, "weights"))
        except ModelError:
            rows = [row | {"condition": RANDOM, "layer": layer}
                    for layer in setting.layers for row in refused_rows(NO_RANDOM_NETWORK)]  # fmt: skip
            return Parts(samples=[_sample(each, RANDOM) for each in contexts], tables={"clouds": rows})
    points = _read(condition, contexts, model, setting)
    if points.lost is not None and not points.contexts:
        raise NonFiniteStatesError(points.lost)
    clouds, parts = _measure(condition, points, setting)
    arrays: Mapping[str, Mapping[str, torch.Tensor]] = {}
    if setting.save_states:
        names = [sample_of(context.prompt.id, condition) for context in points.contexts]
        arrays = {"states_of_texts": dict(zip(names, points.states.unbind(0), strict=True))}
    return Parts(samples=points.rows, tables={"clouds": clouds, "parts": parts}, arrays=arrays)


# -- reading -----------------------------------------------------------------------------------------------------------


def _read(condition: str, contexts: Sequence[Context], model: LanguageModel, setting: Setting) -> Points:
    """Every text's one state, and its row; texts of about one length are read together."""
    asked = setting.recipe.contexts
    wanted = sorted(read_of(contexts), key=lambda context: len(context.token_ids))
    ids = [_token_ids(context, condition, setting.recipe) for context in wanted]
    starts = [context.state_tokens(asked.state).start for context in wanted]
    is_mean = asked.state == "mean"
    states = torch.empty(
        len(wanted), len(setting.layers), model.width, dtype=torch.float32 if is_mean else model.verified.dtype
    )
    rows: dict[str, dict[str, Any]] = {}
    lost: dict[str, str] = {}
    setting.progress.phase("reading", sum(map(len, ids)), "tokens")
    with setting.clock("reading"):
        read = _trajectories(model, ids, starts, setting)
        for place, (context, trajectory) in enumerate(zip(wanted, read, strict=True)):
            name = sample_of(context.prompt.id, condition)
            try:
                trajectory.check_finite(name)
            except NonFiniteStatesError as raised:
                lost[context.prompt.id] = str(raised)
            states[place] = (trajectory.states.float().mean(1) if is_mean else trajectory.states[:, -1]).cpu()
            rows[context.prompt.id] = _sample(context, condition, trajectory, lost.get(context.prompt.id))
    order = {context.prompt.id: place for place, context in enumerate(wanted) if context.prompt.id not in lost}
    kept = tuple(context for context in contexts if context.prompt.id in order)
    return Points(
        [rows.get(context.prompt.id) or _sample(context, condition) for context in contexts],
        kept,
        states[[order[context.prompt.id] for context in kept]],
        next(iter(lost.values()), None),
    )


def _token_ids(context: Context, condition: str, recipe: LayersRecipe) -> tuple[int, ...]:
    if condition == SHUFFLED:
        return context.shuffled(recipe.seed, recipe.beside.last_stays)
    return context.token_ids


def _trajectories(
    model: LanguageModel, ids: Sequence[tuple[int, ...]], starts: Sequence[int], setting: Setting
) -> Iterator[Trajectory]:
    """Texts with the states from `starts` on alone."""
    longest = max(map(len, ids), default=0)
    keeping = Keeping(setting.layers, window=(0, longest))
    for batch in model.read_batches(ids, starts, setting.rows, setting.progress.advance, keeping):
        yield from batch
        batch.close()


def _sample(
    context: Context, condition: str, trajectory: Trajectory | None = None, error: str | None = None
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "sample": sample_of(context.prompt.id, condition), "condition": condition, "prompt": context.prompt.id,
        "prompt_text": context.prompt.text, "group": context.group, "left_out": context.left_out, "error": error,
    }  # fmt: skip
    if trajectory is None:
        return row
    surprisal, entropy = trajectory.surprisal.numpy(), trajectory.entropy.numpy()
    return row | {
        "path": trajectory.path, "prompt_length": 0, "token_ids": list(trajectory.token_ids),
        "tokens": list(trajectory.tokens), "text": trajectory.text, "finish_reason": trajectory.finish_reason,
        "surprisal": _mean(surprisal), "entropy": _mean(entropy), "window_start": trajectory.first_state,
        "window_stop": len(trajectory),
    }  # fmt: skip


def _mean(values: np.ndarray) -> float | None:
    return float(np.nanmean(values)) if np.isfinite(values).any() else None


# -- measuring ---------------------------------------------------------------------------------------------------------


def _measure(condition: str, points: Points, setting: Setting) -> tuple[Rows, Rows]:
    recipe, states, layers = setting.recipe, points.states, setting.layers
    names = [context.group for context in points.contexts]
    _, groups = np.unique(names, return_inverse=True)
    divided = divisions(names, recipe.parts.parts, recipe.parts.divisions, recipe.seed)

    def of_whole(place: int) -> Rows:
        seed = sample_seed(recipe.seed, condition, f"null {layers[place]}")
        rows = measure_whole(states[:, place], groups, setting.model.dtype, seed)
        return [row | {"condition": condition, "layer": layers[place]} for row in rows]

    def of_part(which: tuple[int, int]) -> Rows:
        division, part = which
        chosen = states[torch.from_numpy(np.flatnonzero(divided[division] == part))].transpose(0, 1)
        about = {"condition": condition, "division": division, "part": part, "n": chosen.shape[1]}
        found = [measure_part(some, setting.model.dtype) for some in chosen.split(LAYERS_AT_ONCE)]
        return [
            about | {"layer": layer, "measure": name, "value": float(value) if np.isfinite(value) else None}
            for name in OF_PARTS
            for layer, value in zip(layers, np.concatenate([values[name] for values in found]), strict=True)
        ]

    every_part = [(division, part) for division in range(len(divided)) for part in range(recipe.parts.parts)]
    clouds: Rows = []
    parts: Rows = []
    setting.progress.phase("measuring", len(layers) + len(every_part), "clouds")
    with setting.clock("measuring"):
        for rows in in_parallel(of_whole, range(len(layers))):
            clouds += rows
            setting.progress.advance(1)
        repeated = {row["layer"] for row in clouds if row["status"] == REPEATED_STATES}
        for rows in in_parallel(of_part, every_part):
            parts += [row for row in rows if row["layer"] not in repeated]
            setting.progress.advance(1)
    return clouds, parts
