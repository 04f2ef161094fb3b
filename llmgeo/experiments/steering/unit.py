"""One unit of the room: some prompts continued in every way. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts
from llmgeo.engine.progress import Progress
from llmgeo.engine.prompt_units import sample_name
from llmgeo.errors import NonFiniteStatesError
from llmgeo.experiments.steering.recipe import Cut, SteeringRecipe, Way
from llmgeo.experiments.steering.ways import lead, plain_decoding
from llmgeo.model.language_model import LanguageModel
from llmgeo.monitor.back_off import NO_STATES, back_off
from llmgeo.monitor.monitor import Monitor
from llmgeo.texts.facts import text_facts
from llmgeo.texts.prompts import Prompt
from llmgeo.texts.repetition import distinct_n, said_thrice
from llmgeo.texts.seeds import sample_seed

NOT_FINITE = "the logits are not finite: the weights are damaged, or the dtype is too narrow; try bfloat16 or float32"


@dataclass(frozen=True)
class Written:
    """A text, and how it came about.

    Attributes:
        ids: of the text, after the prompt. surprisal, entropy: nats, of each of them. temperatures: at which each was
            chosen. led: how many were led. cuts, thrown: how often it was cut, and tokens that this cost.
    """

    ids: list[int]
    surprisal: np.ndarray
    entropy: np.ndarray
    temperatures: list[float]
    led: int
    finish_reason: str
    cuts: int = 0
    thrown: int = 0


@dataclass(frozen=True)
class Writer:
    """What a unit needs to write.

    Attributes:
        rows: texts that run together.
    """

    model: LanguageModel
    recipe: SteeringRecipe
    monitor: Monitor
    rows: int
    progress: Progress

    def seed(self, prompt: Prompt, way: Way) -> int:
        return sample_seed(self.recipe.seed, prompt.id, way.name)


def measure_unit(
    prompts: Sequence[Prompt],
    model: LanguageModel,
    recipe: SteeringRecipe,
    monitor: Monitor,
    rows: int,
    progress: Progress,
    clock: Clock,
) -> Parts:
    """The unit's parts. A text whose numbers are not finite has an error."""
    writer = Writer(model, recipe, monitor, rows, progress)
    texts = _all_texts(prompts, writer, clock)
    samples = [_row(prompt, way.name, texts[prompt.id, way.name], writer) for prompt in prompts for way in recipe.ways]
    if all(row["error"] for row in samples):
        raise NonFiniteStatesError(f"{samples[0]['sample']}: {NOT_FINITE}")
    return Parts(samples=samples)


def _all_texts(prompts: Sequence[Prompt], writer: Writer, clock: Clock) -> dict[tuple[str, str], Written]:
    """By prompt and way. Ways that wait for another one's mean temperature come after it."""
    cut = [way for way in writer.recipe.ways if isinstance(way, Cut)]
    waiting = [way for way in writer.recipe.ways if getattr(way, "same_mean_as", None) is not None]
    others = [way for way in writer.recipe.ways if way not in cut and way not in waiting]
    tokens = len(prompts) * (len(waiting) + len(others)) * writer.recipe.generation.new_tokens
    writer.progress.phase("generating", tokens, "tokens")
    with clock("generating"):
        texts = dict(_led_texts([(prompt, way, None) for way in others for prompt in prompts], writer))
        means = [
            (prompt, way, float(np.mean(texts[prompt.id, way.same_mean_as].temperatures)))
            for way in waiting
            for prompt in prompts
        ]
        texts |= dict(_led_texts(means, writer))
    for way in cut:
        writer.progress.phase("cutting", len(prompts), "texts")
        with clock("cutting"):
            texts |= _cut_texts(prompts, way, writer)
    return texts


def _led_texts(
    tasks: Sequence[tuple[Prompt, Way, float | None]], writer: Writer
) -> Iterator[tuple[tuple[str, str], Written]]:
    model = writer.model
    for start in range(0, len(tasks), writer.rows):
        part = tasks[start : start + writer.rows]
        prompts = [model.encode(prompt.text) for prompt, _, _ in part]
        seeds = [writer.seed(prompt, way) for prompt, way, _ in part]
        leads = [
            lead(way, writer.recipe, writer.monitor, len(ids), seed, mean)
            for (_, way, mean), ids, seed in zip(part, prompts, seeds, strict=True)
        ]
        [batch] = model.generate_batches(
            prompts, [each.decoding for each in leads], seeds, len(part), writer.progress.advance, NO_STATES,
            [each.steering for each in leads],
        )  # fmt: skip
        for (prompt, way, _), led, text in zip(part, leads, batch.texts, strict=True):
            new, count = slice(text.prompt_length, None), len(text.generated_ids)
            yield (
                (prompt.id, way.name),
                Written(
                    list(text.generated_ids), text.surprisal[new].numpy(), text.entropy[new].numpy(),
                    led.temperatures(count), led.led(count), text.finish_reason,
                ),
            )  # fmt: skip


def _cut_texts(prompts: Sequence[Prompt], way: Cut, writer: Writer) -> Mapping[tuple[str, str], Written]:
    decoding = plain_decoding(writer.recipe)
    texts = back_off(
        writer.monitor, [prompt.text for prompt in prompts], decoding, [writer.seed(prompt, way) for prompt in prompts],
        temperature=way.temperature, top_p=decoding.top_p, batch_size=writer.rows,
        on_text=lambda text: writer.progress.advance(1),
    )  # fmt: skip
    return {
        (prompt.id, way.name): Written(
            text.generated_ids, np.array(text.surprisal), np.array(text.entropy),
            [way.temperature if led else decoding.temperature for led in text.led], sum(text.led), text.finish_reason,
            text.cuts, text.thrown,
        )
        for prompt, text in zip(prompts, texts, strict=True)
    }  # fmt: skip


def _row(prompt: Prompt, way: str, text: Written, writer: Writer) -> dict[str, Any]:
    model, ids = writer.model, text.ids
    before = model.encode(prompt.text)
    undefined = np.full(len(before), np.nan)
    whole = (*before, *ids)
    tokens = list(model.texts.strings(whole, model.decode(whole)))
    facts = (ids, tokens[len(before) :], text.entropy, text.surprisal)
    onset, period = said_thrice(ids) or (None, None)
    return {
        "sample": sample_name(prompt.id, way), "condition": way, "prompt": prompt.id, "prompt_text": prompt.text,
        "path": "generate", "prompt_length": len(before), "token_ids": list(whole),
        "tokens": tokens, "text": model.decode(ids),
        "finish_reason": text.finish_reason, "seed": sample_seed(writer.recipe.seed, prompt.id, way),
        **text_facts(*facts, writer.recipe.generation.new_tokens),
        "token_entropy": np.concatenate([undefined, text.entropy]),
        "token_surprisal": np.concatenate([undefined, text.surprisal]),
        "window_start": len(before), "window_stop": len(whole),
        "error": None if np.isfinite(text.surprisal).all() else NOT_FINITE,
        "loop_period": period, "loop_onset": onset, "distinct_2": distinct_n(ids, 2), "written": len(ids),
        "led": text.led, "temperature": float(np.mean(text.temperatures)),
        "alarms": len(writer.monitor.replay(ids).alarms), "cuts": text.cuts, "thrown": text.thrown,
    }  # fmt: skip
