"""A run's results once more, from what was measured: with its own recipe, or with other questions. Runs no model.

Another recipe may ask for other contrasts, claims and baselines, for fewer conditions and measures, and for another
window within what was captured; where the run kept its hidden states, for other measures and any window of the new
tokens. torch is loaded for these states alone. Whatever would have to be generated or read is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pydantic

from llmgeo import plugins
from llmgeo import run as runs
from llmgeo.errors import CorruptRunError, UsageError
from llmgeo.experiments.compare.analysis import analyze_comparison
from llmgeo.experiments.probe.analysis import analyse
from llmgeo.experiments.probe.other_window import Measurements, keeps_states, rewindow
from llmgeo.experiments.probe.recipe import Recipe, load_recipe
from llmgeo.experiments.probe.tables import DECLARATION
from llmgeo.messages import place
from llmgeo.run.reader import Run

__all__ = ["analyze"]

Fact = TypeVar("Fact", int, str)


def analyze(run: str | Path | Run, *, recipe: str | Path | Recipe | None = None) -> Run:
    """Compute a run's layers, contrasts and claims again and store them in it; a partial run's from what it has.

    Args:
        run: the folder of a run of `llmgeo.probe` or `llmgeo.compare`, or the run.
        recipe: a recipe's name or file, to be answered instead of the run's own.

    Returns:
        The run with its new results.

    Raises:
        UsageError: no run of a probe, or a recipe that asks for something the run does not have; all of it is named.
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
    folder = run.path if isinstance(run, Run) else Path(run)
    plugins.load()
    opened = runs.open(folder)
    if opened.manifest.get("kind") == "comparison":
        return analyze_comparison(opened, recipe)
    own = _own_recipe(opened)
    asked = own
    if recipe is not None:
        asked = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
        if missing := list(_missing(own, asked, keeps_states(opened))):
            raise UsageError(
                f"the recipe {asked.name} asks for what {place(folder)} does not have: {'; '.join(missing)}. "
                f"Take it out of the recipe, or measure it: llmgeo probe MODEL --probe FILE"
            )
    seeded = own.generation.model_copy(update={"new_tokens": asked.generation.new_tokens})
    question = asked.model_copy(update={"generation": seeded})  # one seed for all resampling of a run

    def compute(opened: Run) -> runs.Frames:
        measured = Measurements(opened.samples, opened.estimates)
        basis = {}
        if question.window != own.window or set(question.measures.geometric) - set(own.measures.geometric):
            measured = rewindow(opened, question, _of_model(opened, "dtype", str))
            basis = measured._asdict()
        layers, contrasts, claims = analyse(*measured, question, _of_model(opened, "layers", int))
        return {**basis, "layers": layers, "contrasts": contrasts, "claims": claims}

    is_own = recipe is None or asked.canonical() == own.canonical()
    return runs.recompute(folder, compute, DECLARATION, None if is_own else _source(asked))


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


def _missing(own: Recipe, asked: Recipe, has_states: bool) -> Iterator[str]:
    """What the model would be needed for, or hidden states that were not kept."""
    known = {condition.name: condition for condition in own.conditions}
    for condition in asked.conditions:
        if condition.name not in known:
            yield f"the condition {condition.name} (it has {', '.join(known)})"
        elif condition != known[condition.name]:
            yield f"the condition {condition.name} with other settings"
    measured = own.measures.geometric
    for measure in asked.measures.geometric:
        if measure not in measured and not has_states:
            yield f"the measure {measure} (it has {', '.join(measured)})"
    if not has_states and not (own.window.skip <= asked.window.skip and _end(asked) <= _end(own)):
        yield f"a window of {_window(asked)} (it measured {_window(own)}, and kept no hidden states)"
    elif _end(asked) > _end(own) and any(condition.kind == "read" for condition in asked.conditions):
        yield f"a window of {_window(asked)} (no text was read beyond {_window(own)}; generated texts go on)"
    if asked.generation.new_tokens != own.generation.new_tokens:
        yield f"new_tokens = {asked.generation.new_tokens} (it has {own.generation.new_tokens})"


def _window(recipe: Recipe) -> str:
    return f"skip = {recipe.window.skip}, tokens = {recipe.window.tokens}"


def _end(recipe: Recipe) -> int:
    return recipe.window.skip + recipe.window.tokens


def _of_model(run: Run, key: str, kind: type[Fact]) -> Fact:
    model = run.manifest.get("model")
    fact = model.get(key) if isinstance(model, dict) else None
    if type(fact) is not kind:
        what = {"layers": "how many layers the model has", "dtype": "which number format the model computed in"}[key]
        raise CorruptRunError(f"run.json of {place(run.path)} does not say {what}")
    return fact


def _source(recipe: Recipe) -> bytes:
    """The bytes to keep of a recipe: its file's, or, where it was made in Python, its canonical JSON."""
    return recipe.source or recipe.canonical().encode("ascii")
