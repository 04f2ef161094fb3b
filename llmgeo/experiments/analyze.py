"""A run's results once more, from what was measured: with its own recipe, or with other questions. No model, no torch.

Another recipe may ask for other contrasts, claims and baselines, and for fewer conditions and measures. Whatever would
have to be generated, read or measured is not in the run, and is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pydantic

from llmgeo import run as runs
from llmgeo.errors import CorruptRunError, UsageError
from llmgeo.experiments.analysis import analyse
from llmgeo.recipe import Recipe, load_recipe
from llmgeo.run.reader import Run
from llmgeo.run.words import place

__all__ = ["analyze"]


def analyze(run: str | Path | Run, *, recipe: str | Path | Recipe | None = None) -> Run:
    """Compute a run's layers, contrasts and claims again and store them in it; a partial run's from what it has.

    Args:
        run: the folder of a run of `llmgeo.probe`, or the run.
        recipe: a recipe's name or file, to be answered instead of the run's own.

    Returns:
        The run with its new results.

    Raises:
        UsageError: no run of a probe, or a recipe that asks for something the run does not have; all of it is named.
        RecipeError: the recipe cannot be used.
        RunError: another process is writing the run, or the disk refuses.
        CorruptRunError: the run is damaged.

    Example:
        >>> import tempfile, llmgeo
        >>> run = llmgeo.probe("toy", limit=2, out=tempfile.mkdtemp() + "/run")
        >>> analyze(run).claims.equals(run.claims)
        True
    """
    folder = run.path if isinstance(run, Run) else Path(run)
    own = _own_recipe(runs.open(folder))
    asked = own
    if recipe is not None:
        asked = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
        if missing := list(_missing(own, asked)):
            raise UsageError(
                f"the recipe {asked.name} asks for what {place(folder)} does not have: {'; '.join(missing)}. "
                f"Take it out of the recipe, or measure it: llmgeo probe MODEL --probe FILE"
            )
    seeded = own.generation.model_copy(update={"new_tokens": asked.generation.new_tokens})
    question = asked.model_copy(update={"generation": seeded})  # one seed for all resampling of a run

    def compute(opened: Run) -> runs.Tables:
        return analyse(opened.samples, opened.estimates, question, _blocks(opened))

    is_own = recipe is None or asked.canonical() == own.canonical()
    return runs.recompute(folder, compute, None if is_own else _source(asked))


def _own_recipe(run: Run) -> Recipe:
    """The recipe as it was run (with --seed, say), from the fingerprint, which no edit of a file has changed."""
    fields = run.manifest["fingerprint_fields"]
    if runs.fingerprint(fields) != run.manifest["fingerprint"]:
        raise CorruptRunError(f"run.json of {place(run.path)} is damaged: its fingerprint is not that of its fields")
    if not isinstance(fields.get("recipe"), dict) or "model" not in fields:
        raise UsageError(f"{place(run.path)} is no run of llmgeo probe, and only those can be analyzed again")
    try:
        return Recipe.model_validate_json(json.dumps(fields["recipe"]))
    except pydantic.ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"]
        raise CorruptRunError(f"run.json of {place(run.path)} holds no recipe that can be used ({reason})") from None


def _missing(own: Recipe, asked: Recipe) -> Iterator[str]:
    """What the model, or the hidden states, would be needed for."""
    known = {condition.name: condition for condition in own.conditions}
    for condition in asked.conditions:
        if condition.name not in known:
            yield f"the condition {condition.name} (it has {', '.join(known)})"
        elif condition != known[condition.name]:
            yield f"the condition {condition.name} with other settings"
    measured = own.measures.geometric
    for measure in asked.measures.geometric:
        if measure not in measured:
            yield f"the measure {measure} (it has {', '.join(measured)})"
    if asked.window != own.window:
        yield f"a window of skip = {asked.window.skip}, tokens = {asked.window.tokens} (it has {_window(own)})"
    if asked.generation.new_tokens != own.generation.new_tokens:
        yield f"new_tokens = {asked.generation.new_tokens} (it has {own.generation.new_tokens})"


def _window(recipe: Recipe) -> str:
    return f"skip = {recipe.window.skip}, tokens = {recipe.window.tokens}"


def _blocks(run: Run) -> int:
    model = run.manifest.get("model")
    layers = model.get("layers") if isinstance(model, dict) else None
    if type(layers) is not int:
        raise CorruptRunError(f"run.json of {place(run.path)} does not say how many layers the model has")
    return layers


def _source(recipe: Recipe) -> bytes:
    """The bytes to keep of a recipe: its file's, or, where it was made in Python, its canonical JSON."""
    return recipe.source or recipe.canonical().encode("ascii")
