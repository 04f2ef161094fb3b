"""A probe's results from what was measured: the answers to its own recipe, or to another. Runs no model.

Another recipe may ask for other contrasts, claims and baselines, for fewer conditions and measures, and for another
window within what was captured; where the run kept its hidden states, for other measures and any window of the new
tokens. torch is loaded for these states alone. Whatever would have to be generated or read is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

import pandas as pd

from llmgeo.errors import CorruptRunError, UsageError
from llmgeo.experiments.probe.analysis import results_of
from llmgeo.experiments.probe.estimate_columns import COLUMNS
from llmgeo.experiments.probe.other_window import keeps_states, measure_other_window
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.experiments.probe.sample_table import facts_of, make_sample_table
from llmgeo.experiments.probe.separations import separation_rows
from llmgeo.experiments.probe.standing_out import standing_out
from llmgeo.messages import place
from llmgeo.report.manifest import subjects_of
from llmgeo.run import Run, pieces
from llmgeo.texts.degeneration import LABELS_BY_RULE

Fact = TypeVar("Fact", int, str)


def analyze(run: Run, recipe: Recipe) -> dict[str, pd.DataFrame]:
    """Layers, contrasts and claims of a run's own measurements."""
    samples = pieces.joined(run.pieces("samples", facts_of(recipe)))
    return _results(run, samples, run.pieces("estimates", COLUMNS), recipe)


def answer(run: Run, own: Recipe, recipe: Recipe) -> dict[str, pd.DataFrame]:
    """The same for another recipe; with samples and estimates where they are of another window or of more measures.

    Raises:
        UsageError: the recipe asks for something the run does not have; all of it is named.
    """
    if missing := [*_missing(own, recipe, keeps_states(run)), *_missing_labels(run.label_rule, recipe)]:
        raise UsageError(
            f"the recipe {recipe.name} asks for what {place(run.path)} does not have: {'; '.join(missing)}. "
            f"Take it out of the recipe, or measure it: llmgeo probe MODEL --recipe FILE"
        )
    seeded = own.generation.model_copy(update={"new_tokens": recipe.generation.new_tokens})
    question = recipe.model_copy(update={"generation": seeded})  # one seed for all resampling of a run
    is_measured = set(question.measures.geometric) <= set(own.measures.geometric)
    if question.window == own.window and is_measured:
        return analyze(run, question)
    samples, estimates = measure_other_window(run, question, _of_model(run, "dtype", str))
    return {"samples": samples, "estimates": estimates, **_results(run, samples, [estimates], question)}


def _results(
    run: Run, samples: pd.DataFrame, estimates: Iterable[pd.DataFrame], recipe: Recipe
) -> dict[str, pd.DataFrame]:
    blocks = _of_model(run, "layers", int)
    table = make_sample_table(samples, estimates, recipe, run.path)
    layers, contrasts, claims = results_of(table, recipe, blocks)
    own = {
        "separations": separation_rows(contrasts, samples, recipe),
        "standing_out": standing_out(table, recipe),
    }
    return {"layers": layers, "contrasts": contrasts, "claims": claims, **own}


def _missing(own: Recipe, recipe: Recipe, has_states: bool) -> Iterator[str]:
    """What the model would be needed for, or hidden states that were not kept."""
    known = {condition.name: condition for condition in own.conditions}
    for condition in recipe.conditions:
        if condition.name not in known:
            yield f"the condition {condition.name} (it has {', '.join(known)})"
        elif condition != known[condition.name]:
            yield f"the condition {condition.name} with other settings"
    measured = own.measures.geometric
    for measure in recipe.measures.geometric:
        if measure not in measured and not has_states:
            yield f"the measure {measure} (it has {', '.join(measured)})"
    if not has_states and not (own.window.skip <= recipe.window.skip and _end(recipe) <= _end(own)):
        yield f"a window of {_window(recipe)} (it measured {_window(own)}, and kept no hidden states)"
    elif _end(recipe) > _end(own) and any(condition.kind != "generate" for condition in recipe.conditions):
        yield f"a window of {_window(recipe)} (no text was read beyond {_window(own)}; generated texts go on)"
    if recipe.generation.new_tokens != own.generation.new_tokens:
        yield f"new_tokens = {recipe.generation.new_tokens} (it has {own.generation.new_tokens})"


def _missing_labels(rule: int, recipe: Recipe) -> Iterator[str]:
    """Labels that the run's texts could not get, since its rule does not know them."""
    if rule not in LABELS_BY_RULE:
        yield f"labels by a rule that this llmgeo knows (its texts were labelled by rule {rule})"
        return
    sides = (side for item in (*recipe.contrasts, *recipe.claims) for side in (item.a, item.b))
    unknown = dict.fromkeys(label for side in sides for label in side.labels if label not in LABELS_BY_RULE[rule])
    if unknown:
        known = ", ".join(LABELS_BY_RULE[rule])
        yield f"the label {', '.join(unknown)} (its texts were labelled by rule {rule}, which knows {known})"


def _window(recipe: Recipe) -> str:
    return f"skip = {recipe.window.skip}, tokens = {recipe.window.tokens}"


def _end(recipe: Recipe) -> int:
    return recipe.window.skip + recipe.window.tokens


def _of_model(run: Run, key: str, kind: type[Fact]) -> Fact:
    fact = subjects_of(run.manifest).get("model", {}).get(key)
    if type(fact) is not kind:
        fact_words = {"layers": "how many layers the model has", "dtype": "which number format the model computed in"}[
            key
        ]
        raise CorruptRunError(f"run.json of {place(run.path)} does not say {fact_words}")
    return fact
