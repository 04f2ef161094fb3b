"""A run's results once more, from what was measured: with its own recipe, or with another. Runs no model.

Knows runs and recipes; which other questions a run can answer is its experiment's to say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pydantic

from llmgeo import plugins
from llmgeo import run as runs
from llmgeo.engine import registry
from llmgeo.engine.experiment import Experiment
from llmgeo.errors import CorruptRunError, UsageError
from llmgeo.messages import place, plain
from llmgeo.recipe import load_recipe
from llmgeo.recipe.faults import fault_message
from llmgeo.recipe.load import parse_recipe
from llmgeo.recipe.tables import RecipeTable
from llmgeo.recipe.toml_file import Document
from llmgeo.run.reader import Run
from llmgeo.user_file import UserFile


def analyze(
    run: str | Path | Run, *, recipe: str | Path | RecipeTable | None = None, settings: Sequence[str] = ()
) -> Run:
    """Compute a run's results again and store them in it; a partial run's from what it has.

    Args:
        run: the run, or its folder.
        recipe: a recipe's name or file, to be answered instead of the run's own.
        settings: keys to set in that recipe or the run's own, each ``key=value``, as in :func:`load_recipe`.

    Returns:
        The run with its new results.

    Raises:
        UsageError: a recipe of another kind, or one that asks for something the run does not have; all of it is named.
            On a window within the run's own, what needs hidden states that were not kept is no error: those estimates
            have the status "needs_states".
        RecipeError: the recipe cannot be used.
        RunError: another process is writing the run, or the disk refuses.
        CorruptRunError: the run is damaged.

    Example:
        >>> import tempfile, llmgeo
        >>> run = llmgeo.probe("toy", limit=2, out=tempfile.mkdtemp() + "/run")
        >>> analyze(run).claims.equals(run.claims)
        True
    """
    plugins.load()
    opened = runs.open(run.path if isinstance(run, Run) else run)
    folder = opened.path
    experiment = registry.experiment_of(opened)
    own = own_recipe(opened, experiment)
    question = _question(opened, own, recipe, settings)
    if question.kind != own.kind:
        raise UsageError(
            f"the recipe {question.name} is of the kind {question.kind}, and {place(folder)} is a run of the kind "
            f"{own.kind}: {registry.experiment(question.kind).command} --recipe {question.path or question.name}"
        )
    is_own = _as_it_was_run(question, own).canonical() == own.canonical()

    def compute(opened: Run) -> dict[str, pd.DataFrame]:
        return experiment.analyze(opened, own) if is_own else experiment.answer(opened, own, question)

    # Of a recipe that was made in Python, its canonical JSON is kept in place of a file's bytes.
    source = None if is_own else question.source or question.canonical().encode("ascii")
    return runs.recompute(folder, compute, experiment.declaration, source, experiment.counts)


def _question(
    run: Run, own: RecipeTable, recipe: str | Path | RecipeTable | None, settings: Sequence[str]
) -> RecipeTable:
    """The recipe to answer: another, or the run's own, as it is or with keys of it set."""
    if isinstance(recipe, RecipeTable):
        if settings:
            raise UsageError("settings change a recipe's file, and a recipe in memory was given; load it with them")
        return recipe
    if recipe is not None:
        return load_recipe(recipe, settings)
    return (
        parse_recipe(UserFile(f"recipe.toml of {place(run.path)}", run.recipe_source, None), settings)
        if settings
        else own
    )


def _as_it_was_run(question: RecipeTable, own: RecipeTable) -> RecipeTable:
    """Limit and seed are options of a command, and no questions: as the run has them, which names no limit."""
    if own.seed is not None and question.seed is not None:
        question = question.with_seed(own.seed)
    return question.with_limit(None)


def own_recipe(run: Run, experiment: Experiment) -> RecipeTable:
    """The recipe as it was run (with --seed, say), from the fingerprint, which no edit of a file has changed.

    Raises:
        UsageError: it lists a measure of a package that is not installed.
        CorruptRunError: the manifest holds no such recipe.
    """
    fields = run.manifest["fingerprint_fields"]
    if runs.fingerprint(fields) != run.manifest["fingerprint"]:
        raise CorruptRunError(f"run.json of {place(run.path)} is damaged: its fingerprint is not that of its fields")
    if not isinstance(fields.get("recipe"), dict):
        raise CorruptRunError(f"run.json of {place(run.path)} holds no recipe")
    try:
        recipe = {"kind": experiment.kind, **fields["recipe"]}  # runs of format 1 have recipes without a kind
        return experiment.schema.model_validate_json(json.dumps(recipe))
    except pydantic.ValidationError as error:
        if missing := _missing_plugins(fields):
            raise UsageError(
                f"{place(run.path)} was measured with {', '.join(missing)}, which this llmgeo does not have. Install "
                f"that package here (without {plugins.SWITCH}=off in the environment), or, for one registered by hand, "
                "register it here with llmgeo.measures.register, and run the same again"
            ) from None
        reason = fault_message(error, Document("its recipe", recipe, {}), experiment.schema)
        raise CorruptRunError(f"run.json of {place(run.path)} holds no recipe that can be used ({reason})") from None


def _missing_plugins(fields: Mapping[str, object]) -> list[str]:
    """The measures that a run was made with and nobody registered, each with the package that it came from."""
    origins = fields.get("plugins")
    origins = origins if isinstance(origins, dict) else {}
    missing = {name: origin for name, origin in origins.items() if name not in plugins.ORIGINS}
    return [f"the measure {plain(name)} of {plain(origin)}" for name, origin in missing.items()]
