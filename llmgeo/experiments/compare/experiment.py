"""`llmgeo.compare`: two checkpoints of one model, or a ladder of them, from Python."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmgeo.engine import runner
from llmgeo.engine.keywords import check_keywords
from llmgeo.engine.plan import Plan
from llmgeo.engine.progress import SILENT, Progress
from llmgeo.errors import UsageError
from llmgeo.experiments.compare.plan import check_ladder, joined
from llmgeo.recipe.tables import RecipeTable
from llmgeo.run.reader import Run

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from llmgeo.model.language_model import LanguageModel

    Model = str | Path | PreTrainedModel | LanguageModel | None


def compare(
    base: Model,
    tuned: Model,
    *further: Model,
    recipe: str | Path | RecipeTable = "rlhf",
    out: str | Path | None = None,
    limit: int | None = None,
    seed: int | None = None,
    batch_size: int | None = None,
    prompts: str | Path | Sequence[str] | None = None,
    save_states: bool = False,
    layers: str | Sequence[int] | None = None,
    one_at_a_time: bool = False,
    progress: Progress = SILENT,
    with_page: bool = False,
    **loading: Any,
) -> Run | tuple[Run, ...]:
    """Compare two checkpoints of one model, or each of a ladder of them against the one before.

    Args:
        base, tuned: as in :func:`llmgeo.load`, or models that it returned.
        further: later checkpoints; ``compare(a, b, c)`` compares a with b and b with c, and returns both runs.
        recipe: a comparison's recipe: its name or file.
        out: the run's folder; for a ladder, the folder of its runs, ``1`` being the first step.
        limit: use the first so many prompts; the toy takes 8 of a recipe of llmgeo's own, if left out.
        seed: instead of the recipe's.
        batch_size: texts that are read together.
        prompts: a prompt file instead of the recipe's, or a list of texts, all of which are used unless `limit` says
            otherwise (also of objects with ``id``, ``text`` and ``kind``, as in a prompt file). The run keeps them.
        save_states: keep the states ``[L+1, T, D]`` of every text and reader in the run.
        layers: compare these alone: numbers, or a text such as ``"0,8,20-22"``; None for all.
        one_at_a_time: hold one model at a time, and load it anew for each block of prompts.
        progress: where to report to.
        with_page: whether to write each run's page, too.
        loading: ``dtype``, ``device``, ``device_map``, ``quantization``, ``blocks``, ``tokenizer`` as in
            :func:`llmgeo.load`, for all models.

    Raises:
        UsageError: the two have different tokenizers, depths or widths.
        LlmgeoError: the request cannot be carried out.
        KeyboardInterrupt: on Ctrl-C, as in :func:`llmgeo.probe`.

    Example:
        >>> import tempfile, llmgeo
        >>> toy = llmgeo.load("toy")
        >>> run = compare(toy, toy, limit=2, out=tempfile.mkdtemp() + "/run")
        >>> float(run.layers.query("measure == 'kl'")["value"].max()), set(run.claims["verdict"])
        (0.0, {'not measured'})
    """
    check_keywords(compare, loading)
    models = (base, tuned, *further)
    if further:
        check_ladder(models, **loading)
    runs = tuple(
        runner.carry_out(
            pair, recipe=recipe, out=folder, limit=limit, seed=seed, batch_size=batch_size, prompts=prompts,
            save_states=save_states, layers=layers, progress=progress, with_page=with_page,
            options={"one_at_a_time": one_at_a_time}, **loading,
        )
        for pair, folder in zip(itertools.pairwise(models), _folders(out, len(models) - 1), strict=True)
    )  # fmt: skip
    return runs if further else runs[0]


def plan(*models: Model, one_at_a_time: bool = False, out: str | Path | None = None, **asked: Any) -> Plan:
    """What `compare` with these arguments would do, all steps of a ladder together.

    Raises:
        UsageError: two neighbours cannot be compared, as far as their settings and tokenizers tell.
    """
    options = {"one_at_a_time": one_at_a_time}
    return joined([runner.plan(pair, out=out, options=options, **asked) for pair in itertools.pairwise(models)])


def check_count(models: Sequence[object]) -> None:
    """Raises UsageError for a comparison of fewer than two models."""
    if len(models) < 2:
        raise UsageError(
            f"compare needs two models, BASE and TUNED; got {models[0]} alone. For one model: llmgeo probe {models[0]}"
        )


def _folders(out: str | Path | None, steps: int) -> list[Path | None]:
    if out is None:
        return [None] * steps
    return [Path(out)] if steps == 1 else [Path(out) / str(step) for step in range(1, steps + 1)]
