"""What reading and comparing a text take on this machine, tried out on one neutral text. Keeps no result."""

from __future__ import annotations

import time

from llmgeo.engine.parallel import in_parallel, workers
from llmgeo.experiments.compare.models import PairModels
from llmgeo.experiments.compare.names import BASE, JITTERED, READERS
from llmgeo.experiments.compare.one_text import Setting, TextParts, measure_text, output_shift
from llmgeo.experiments.compare.readings import Reading
from llmgeo.experiments.compare.recipe import ComparisonRecipe
from llmgeo.experiments.compare.texts import neutral_text
from llmgeo.model.capture.keeping import Keeping
from llmgeo.texts.prompts import Prompt

TEXTS = 2
"""Texts that are read together."""

CONTRASTING = 0.2
"""Seconds that contrasting takes for each layer: measured once (two cores, 32 prompts), and not tried out."""


def rehearse(
    models: PairModels, prompt: Prompt, recipe: ComparisonRecipe, layers: tuple[int, ...] | None = None
) -> dict[str, float]:
    """Seconds of a token that is read, of a text that is compared, with BASE in everybody's place, and of the end.

    Where a state is not finite, nothing of the second.
    """
    model = models.get(BASE)
    text = neutral_text(model, prompt, recipe)
    window = text.window(BASE)
    before = time.perf_counter()
    [batch] = model.read_batches(
        [text.ids(BASE)] * TEXTS, [window.start] * TEXTS, TEXTS, keeping=Keeping(layers), with_logits=True
    )
    tokens = TEXTS * len(text.ids(BASE))
    seconds_each = {"reading": (time.perf_counter() - before) / tokens, "contrasting": CONTRASTING * model.layers}
    trajectory = batch[0]
    if trajectory.states_of(window).isfinite().all():
        readings = dict.fromkeys(READERS, Reading(trajectory, batch.logits(0), None))
        setting = Setting(recipe, model.dtype, models.vocabulary, model.layers, layers, save_states=False)

        def measure(_: object) -> TextParts:
            rounding = output_shift(text, JITTERED, lambda reader: readings[reader].logits, models.vocabulary)
            return measure_text(text, readings, rounding, setting)

        measure(None)  # compiles what is compiled once
        before = time.perf_counter()
        for _ in in_parallel(measure, range(workers())):
            pass
        seconds_each["comparing"] = (time.perf_counter() - before) / workers()
    batch.close()
    return seconds_each
