"""One block of prompts of a comparison: answered, read by every model in batches, and measured. Writes nothing.

States wait in a file until they are measured, and no longer. Clouds of one text are measured text by text; clouds of
several texts on the block's texts together. Memory does not grow with the number of texts, except for states that are
to be saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pandas as pd

from llmgeo.engine.experiment import Parts
from llmgeo.engine.parallel import in_parallel
from llmgeo.engine.progress import Progress
from llmgeo.errors import NonFiniteStatesError
from llmgeo.experiments.compare.block_clouds import pooled_tables
from llmgeo.experiments.compare.models import PairModels
from llmgeo.experiments.compare.names import BASE, JITTERED, PAIR, READERS
from llmgeo.experiments.compare.one_text import Setting, TextParts, measure_text, output_shift, usable_texts
from llmgeo.experiments.compare.readings import Readings, read_texts
from llmgeo.experiments.compare.recipe import ComparisonRecipe
from llmgeo.experiments.compare.texts import make_texts
from llmgeo.measures.distributions.divergence import Shift
from llmgeo.model.capture.keeping import Keeping
from llmgeo.texts.prompts import Prompt


def measure_block(
    models: PairModels,
    prompts: Sequence[Prompt],
    name: str,
    recipe: ComparisonRecipe,
    progress: Progress,
    *,
    rows: int,
    layers: tuple[int, ...] | None = None,
    save_states: bool = False,
    folder: Path | None = None,
) -> Parts:
    """Answer, read and measure one block of prompts.

    Args:
        name: of the block.
        rows: texts that run together, when answers are generated and when texts are read.
        layers: measure these alone, ascending; None for all.
        save_states: give the states of every text and reader, too, those of the prompts included.
        folder: where states wait; None keeps them in memory.

    Raises:
        NonFiniteStatesError: none of the block's texts could be measured.
    """
    texts = make_texts(models, prompts, recipe, rows, progress)
    about = models.about[BASE]
    setting = Setting(recipe, about["dtype"], models.vocabulary, about["layers"], layers, save_states)
    window = None if save_states else (0, recipe.window.tokens)
    rounding: dict[int, Shift] = {}

    def note_rounding(readings: Readings, numbers: Sequence[int]) -> None:
        def shift_of(number: int) -> Shift:
            return output_shift(
                texts[number], JITTERED, lambda reader: readings.logits(reader, number), models.vocabulary
            )

        rounding.update(zip(numbers, list(in_parallel(shift_of, numbers)), strict=True))

    with (
        Keeping(layers, window, folder).in_one_file() as keeping,
        read_texts(models, texts, keeping, rows, progress, note_rounding) as readings,
    ):
        parts = _measure_texts(readings, rounding, setting, progress)
        errors = [row["error"] for row in parts.samples if row["condition"] == PAIR]
        if errors and all(errors):
            raise NonFiniteStatesError(errors[0])
        usable = usable_texts(texts, parts.samples)
        pooled = pooled_tables(readings, usable, name, recipe.window.tokens, setting.dtype, layers)
    tokens = pd.concat(parts.tokens, ignore_index=True) if parts.tokens else None
    arrays = {"points": parts.points} | ({"states": parts.states} if save_states else {})
    return Parts(parts.samples, tokens, parts.estimates, {"pooled": pooled}, arrays)


def _measure_texts(
    readings: Readings, rounding: Mapping[int, Shift], setting: Setting, progress: Progress
) -> TextParts:
    """Every text by itself, several of them side by side."""

    def measure_number(number: int) -> TextParts:
        of_text = {reader: readings.get(reader, number) for reader in READERS}
        return measure_text(readings.texts[number], of_text, rounding[number], setting)

    parts = TextParts()
    progress.phase("comparing", len(readings.texts), "texts")
    # Closed, so that an interruption leaves no measurement waiting for its turn.
    with closing(in_parallel(measure_number, range(len(readings.texts)))) as results:
        for of_text in results:
            parts.add(of_text)
            progress.advance(1)
    return parts
