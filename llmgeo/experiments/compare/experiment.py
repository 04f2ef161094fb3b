"""Two checkpoints of one model, from texts to verdicts. Knows the order of the steps; not how any of them is done.

weights -> (answers -> readings -> distances, one block of prompts at a time) -> differences -> verdicts, each unit
stored before the next begins.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from transformers import PreTrainedModel

import llmgeo
from llmgeo import run as runs
from llmgeo.engine.clock import Clock
from llmgeo.engine.progress import SILENT, Progress
from llmgeo.errors import NonFiniteStatesError
from llmgeo.experiments.compare.analysis import analyse, counts
from llmgeo.experiments.compare.models import PairModels
from llmgeo.experiments.compare.names import BASE, NEUTRAL, PAIR, TUNED, WEIGHTS, sample_id
from llmgeo.experiments.compare.plan import check_ladder
from llmgeo.experiments.compare.recipe import ComparisonRecipe
from llmgeo.experiments.compare.texts import BLOCK, prepare
from llmgeo.experiments.compare.unit import do_unit
from llmgeo.experiments.compare.weight_changes import change_rows, compare_weights
from llmgeo.model import identity
from llmgeo.model.language_model import LanguageModel
from llmgeo.run.folder import RUNS
from llmgeo.run.reader import Run
from llmgeo.run.writer import RunWriter
from llmgeo.texts.prompts import Prompt

Model = str | Path | PreTrainedModel | LanguageModel | None


def compare(
    base: Model,
    tuned: Model,
    *further: Model,
    recipe: str | Path | ComparisonRecipe = "rlhf",
    out: str | Path | None = None,
    limit: int | None = None,
    prompts: str | Path | None = None,
    one_at_a_time: bool = False,
    progress: Progress = SILENT,
    **loading: Any,
) -> Run | tuple[Run, ...]:
    """Compare two checkpoints of one model, or each of a ladder of them against the one before.

    Args:
        base, tuned: as in :func:`llmgeo.load`, or models that it returned.
        further: later checkpoints; ``compare(a, b, c)`` compares a with b and b with c, and returns both runs.
        recipe: a comparison's recipe: its name or file.
        out: the run's folder; for a ladder, the folder of its runs, ``1`` being the first step.
        limit: use the first so many prompts.
        prompts: a prompt file instead of the recipe's.
        one_at_a_time: hold one model at a time, and load it anew for each block of prompts.
        progress: where to report to.
        loading: ``dtype``, ``device``, ``blocks``, ``tokenizer`` as in :func:`llmgeo.load`, for all models.

    Raises:
        UsageError: the two have different tokenizers, depths or widths.
        LlmgeoError: the request cannot be carried out.

    Example:
        >>> import tempfile, llmgeo
        >>> toy = llmgeo.load("toy")
        >>> run = compare(toy, toy, limit=2, out=tempfile.mkdtemp() + "/run")
        >>> float(run.layers.query("measure == 'kl'")["value"].max()), set(run.claims["verdict"])
        (0.0, {'not measured'})
    """
    asked = {"recipe": recipe, "limit": limit, "prompts": prompts, "one_at_a_time": one_at_a_time, "progress": progress}
    if not further:
        return _compare(base, tuned, out=out, **asked, **loading)
    models = [base, tuned, *further]
    check_ladder(models, **loading)
    return tuple(
        _compare(before, after, out=None if out is None else Path(out) / str(step), **asked, **loading)
        for step, (before, after) in enumerate(itertools.pairwise(models), start=1)
    )


def _compare(
    base: Model,
    tuned: Model,
    *,
    recipe: str | Path | ComparisonRecipe,
    out: str | Path | None,
    limit: int | None,
    prompts: str | Path | None,
    one_at_a_time: bool,
    progress: Progress,
    **loading: Any,
) -> Run:
    recipe, texts = prepare(recipe, prompts, limit)
    runs.check_out(out if out is not None else RUNS / "new")
    clock = Clock()
    with clock("loading"):
        models = PairModels(base, tuned, jitter=recipe.noise.jitter, one_at_a_time=one_at_a_time, **loading)
        fields = _fingerprint(models, recipe, texts)
    used = texts[: recipe.prompts.limit]
    about = models.about
    name = f"{about[BASE]['name']}-{Path(str(about[TUNED]['name'])).name}"
    folder = runs.choose_folder(out, name, recipe.name, runs.fingerprint(fields))
    progress.note(f"{about[BASE]['name']} against {about[TUNED]['name']} · {recipe.name} · {len(used)} prompts")
    with runs.create_or_resume(folder, _manifest(models, recipe), recipe.source, fields) as writer:
        clock.resume(writer.manifest.get("notes"))
        if not writer.unit_done(WEIGHTS):
            with clock("weights"):
                _weights_unit(writer, models, recipe.noise.jitter, progress)
        for number, start in enumerate(range(0, len(used), BLOCK)):
            block = used[start : start + BLOCK]
            unit = f"block-{number:05d}"
            if not writer.unit_done(unit, [sample_id(prompt.id, NEUTRAL, PAIR) for prompt in block]):
                with clock("comparing"):
                    _block_unit(writer, unit, models, block, recipe, progress)
        with clock("analysing"):
            run = runs.open(folder)
            kinds = {prompt.id: prompt.kind for prompt in used}
            writer.write_results(*analyse(run, recipe, kinds, about[BASE]["layers"]))
        writer.finish(
            "complete", counts=counts(run.samples, len(used), models.kinds), seconds=clock.seconds, kinds=kinds
        )
    progress.done()
    return runs.open(folder)


def _weights_unit(writer: RunWriter, models: PairModels, jitter: str, progress: Progress) -> None:
    base, tuned = (models.weights(which) for which in (BASE, TUNED))
    samples, tokens, estimates = [], [], []
    progress.phase("weights", len(base.names()), "tensors")
    for change in compare_weights(base, tuned, jitter):
        sample = f"{WEIGHTS}/{change.name}"
        samples.append({"sample": sample, "condition": PAIR, "prompt": WEIGHTS, "text": change.name})
        estimates += [{"sample": sample, **row} for row in change_rows(change)]
        if len(change.singular_values) and change.layer is not None:
            rank = np.arange(1, len(change.singular_values) + 1, dtype=np.int32)
            tokens.append(
                pd.DataFrame({"token": rank, "change_singular_value": change.singular_values}).assign(
                    sample=sample, layer=np.int32(change.layer), axis="rank"
                )
            )
        progress.advance(1)
    writer.write_unit(WEIGHTS, samples, pd.concat(tokens) if tokens else None, estimates)


def _block_unit(
    writer: RunWriter,
    name: str,
    models: PairModels,
    prompts: Sequence[Prompt],
    recipe: ComparisonRecipe,
    progress: Progress,
) -> None:
    tables = do_unit(models, prompts, name, recipe, progress)
    errors = [row.get("error") for row in tables.samples if row["condition"] == PAIR and "token_ids" in row]
    if errors and all(errors):
        raise NonFiniteStatesError(errors[0])
    tokens = pd.concat(tables.tokens, ignore_index=True)
    writer.write_unit(name, tables.samples, tokens, tables.estimates, points=tables.points)


def _fingerprint(models: PairModels, recipe: ComparisonRecipe, prompts: Sequence[Prompt]) -> dict[str, Any]:
    """What decides the numbers. The number of prompts is none of it: more prompts go on with the same run."""
    fields: dict[str, Any] = {
        "recipe": json.loads(recipe.with_limit(None).canonical()),
        "prompts": identity.prompts_digest(prompts),
        "kinds": sorted({prompt.kind for prompt in prompts}),
        "llmgeo": llmgeo.__version__,
    }
    for which, found in models.facts.items():
        fields |= {which: found.about["name"], f"{which}_dtype": found.about["dtype"]}
        fields |= {f"{which}_{what}": digest for what, digest in found.digests.items()}
    return fields


def _manifest(models: PairModels, recipe: ComparisonRecipe) -> dict[str, Any]:
    base, tuned = models.about[BASE], models.about[TUNED]
    return {
        "kind": "comparison",
        "base": base["name"],
        "tuned": tuned["name"],
        "models": {BASE: base, TUNED: tuned},
        "model": {"name": f"{base['name']} against {tuned['name']}", "dtype": base["dtype"], "device": base["device"]},
        "recipe": {"name": recipe.name, "title": recipe.title},
        "seed": recipe.generation.seed,
        "block": BLOCK,
        "vocabulary": models.vocabulary,
        "layer_meaning": identity.LAYER_MEANING,
    } | identity.circumstances(base["device"])
