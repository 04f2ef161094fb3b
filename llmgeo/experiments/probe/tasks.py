"""The texts of a recipe's conditions: which prompt, which settings, which tokens. Knows recipes; runs no model.

Every sample has a seed of its own, made of the recipe's seed, the prompt and the condition: it does not change with the
number of prompts, their order or the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmgeo.engine.prompt_units import sample_name
from llmgeo.errors import UsageError
from llmgeo.experiments.probe.given_rows import GivenRow
from llmgeo.experiments.probe.recipe import Generate, Given, Read, Recipe
from llmgeo.experiments.probe.texts_to_read import TextToRead, texts_to_read
from llmgeo.model.decoding import Decoding
from llmgeo.model.language_model import LanguageModel
from llmgeo.texts.prompts import Prompt
from llmgeo.texts.seeds import sample_seed
from llmgeo.trajectory import Trajectory


@dataclass(frozen=True)
class Task:
    """One sample to be made: a prompt under a condition, or a text from a file.

    Attributes:
        prompt: its id is what is resampled.
        prompt_ids: the tokens that stand before what is measured.
        given: the text, as far as it is read; None of a prompt.
    """

    sample: str
    prompt: Prompt
    prompt_ids: tuple[int, ...]
    condition: Generate | Read | Given
    seed: int
    given: TextToRead | None = None


def tasks(recipe: Recipe, prompts: Sequence[Prompt], model: LanguageModel) -> list[list[Task]]:
    """Each prompt's tasks, in the recipe's order of the conditions that begin with prompts.

    Raises:
        UsageError: a prompt does not fit the model's context together with its new tokens; the prompt is named.
    """
    seed, new_tokens = recipe.generation.seed, recipe.generation.new_tokens
    by_prompt = []
    for prompt in prompts:
        ids = model.encode(prompt.text)
        model.check_fits(ids, new_tokens, f"prompt {prompt.id!r}")
        by_prompt.append(
            [
                Task(
                    sample_name(prompt.id, condition.name),
                    prompt,
                    ids,
                    condition,
                    sample_seed(seed, prompt.id, condition.name),
                )
                for condition in recipe.prompted
            ]
        )
    return by_prompt


def given_tasks(recipe: Recipe, rows: Sequence[GivenRow], model: LanguageModel) -> list[Task]:
    """A task for each text of a file, in their order; for each part of one that is longer than the context.

    Raises:
        UsageError: a text or its window does not fit the model; it is named.
    """
    return [
        Task(
            text.sample,
            Prompt(text.group, text.prompt),
            text.ids[: text.before],
            text.condition,
            sample_seed(recipe.generation.seed, text.name, text.condition.name),
            text,
        )
        for text in texts_to_read(recipe, rows, model)
    ]


def decoding(recipe: Recipe, condition: Generate) -> Decoding:
    return Decoding(recipe.generation.new_tokens, condition.temperature, condition.top_p)


def read_ids(recipe: Recipe, task: Task, model: LanguageModel, generated: dict[str, Trajectory]) -> tuple[int, ...]:
    """The token ids of a text that is read: those given, or the prompt, then new tokens to the end of the window.

    A causal model's states do not depend on what follows, so a text is read as far as it is measured and no farther.

    Args:
        generated: this prompt's trajectories by condition.
    """
    if task.given is not None:
        return task.given.ids
    wanted = recipe.window.skip + recipe.window.tokens
    if task.condition.text == "repeat":
        return task.prompt_ids + said_over_and_over(task, model, wanted)
    new = generated[task.condition.of].generated_ids[:wanted]
    if task.condition.text == "shuffled":
        order = np.random.default_rng(task.seed).permutation(len(new))
        new = tuple(new[place] for place in order)
    return task.prompt_ids + new


def said_over_and_over(task: Task, model: LanguageModel, wanted: int) -> tuple[int, ...]:
    """The prompt's own sentence again and again, cut at ``wanted`` tokens (DITTO's stimulus, Xu et al. 2022)."""
    phrase = model.encode_continuation(" " + task.prompt.text.strip())
    if not phrase:
        raise UsageError(f"prompt {task.prompt.id!r} has no tokens to repeat.")
    return (phrase * (wanted // len(phrase) + 1))[:wanted]
