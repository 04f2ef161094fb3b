"""One unit of the room: some prompts' texts, or a piece of a question's own, measured. Writes nothing.

Knows texts and questions; not which unit it is, where it is stored or who else works on the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts
from llmgeo.engine.progress import Progress
from llmgeo.errors import NonFiniteStatesError
from llmgeo.experiments.depth.question import Setting
from llmgeo.experiments.depth.questions import asked
from llmgeo.experiments.depth.recipe import DepthRecipe
from llmgeo.experiments.depth.texts import written_texts
from llmgeo.model.language_model import LanguageModel
from llmgeo.texts.prompts import Prompt


def measure_prompts(
    prompts: Sequence[Prompt],
    model: LanguageModel,
    recipe: DepthRecipe,
    rows: int,
    progress: Progress,
    clock: Clock,
    save_states: bool = False,
) -> Parts:
    """Writes and reads the prompts' texts, and puts every question that is about texts to them.

    Raises:
        NonFiniteStatesError: none of the texts could be measured.
    """
    written = written_texts(prompts, model, recipe, rows, progress, clock)
    if all(each.row["error"] for each in written):
        raise NonFiniteStatesError(written[0].row["error"])
    texts = [each.text for each in written if each.text is not None]
    found = [
        question.measure_texts(texts, Setting(model, section, recipe.seed, rows, progress, clock))
        for question, section in asked(recipe)
        if question.needs_texts and texts
    ]
    states = {text.sample: text.trajectory.states for text in texts} if save_states else {}
    return joined([Parts([each.row for each in written], arrays={"states": states} if states else {}), *found])


def joined(parts: Sequence[Parts]) -> Parts:
    """Several questions' parts of one unit, as one; a table or an array of its own comes from one question alone."""
    return Parts(
        samples=[row for part in parts for row in part.samples],
        tokens=_token_columns([part.tokens for part in parts if part.tokens is not None]),
        estimates=[row for part in parts for row in part.estimates],
        tables={name: rows for part in parts for name, rows in part.tables.items()},
        arrays={name: tensors for part in parts for name, tensors in part.arrays.items()},
    )


def _token_columns(parts: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray] | None:
    """The columns of several tables of tokens, one under the other; a measure that one of them lacks is nan there."""
    if not parts:
        return None
    names = list(dict.fromkeys(name for part in parts for name in part))
    lengths = [len(part["layer"]) for part in parts]
    return {
        name: np.concatenate(
            [
                np.asarray(part[name]) if name in part else np.full(length, np.nan, np.float32)
                for part, length in zip(parts, lengths, strict=True)
            ]
        )
        for name in names
    }
