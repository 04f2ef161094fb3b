"""What reading a token and measuring a text take on this machine, tried out on very little. Keeps no result."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from itertools import cycle, islice

import torch

from llmgeo.engine.parallel import in_parallel, workers
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.measuring import measure
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.language_model import LanguageModel

TEXTS = 2
"""Texts that are read together: enough for a matrix product, and little beside a run."""


def rehearse(
    model: LanguageModel, recipe: Recipe, prompts: Sequence[Sequence[int]], keeping: Keeping
) -> dict[str, float]:
    """Seconds of a token that is read, and of a text that is measured; of the latter nothing if states are not finite.

    Args:
        prompts: lists of token ids, of which a text as long as the recipe's is made.
        keeping: which states are kept.

    Example:
        >>> import llmgeo
        >>> from llmgeo.recipe import load_recipe
        >>> seconds = rehearse(llmgeo.load("toy"), load_recipe("coherence"), [[1, 2, 3], [4, 5]], Keeping())
        >>> sorted(seconds), all(0 < each < 10 for each in seconds.values())
        (['measuring', 'reading'], True)
    """
    start = len(prompts[0])
    window = slice(start + recipe.window.skip, start + recipe.window.skip + recipe.window.tokens)
    text = (*prompts[0], *islice(cycle(token for ids in prompts for token in ids), window.stop - start))
    before = time.perf_counter()
    [batch] = model.read_batches([text] * TEXTS, [start] * TEXTS, TEXTS, keeping=keeping)
    seconds_each = {"reading": (time.perf_counter() - before) / (TEXTS * len(text))}
    trajectory = batch[0]
    if torch.isfinite(trajectory.states_of(window)).all():
        job = partial(measure, trajectory, window, recipe.measures.geometric, model.dtype, recipe.seed)
        job()  # compiles what is compiled once
        before = time.perf_counter()
        for _ in in_parallel(lambda _: job(), range(workers())):
            pass
        seconds_each["measuring"] = (time.perf_counter() - before) / workers()
    batch.close()
    return seconds_each
