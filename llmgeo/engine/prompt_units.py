"""Texts of prompts in several conditions: what each is called, and how prompts are put together to units.

Knows names and numbers of texts; loads no torch, so that a run's samples are known without any model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from llmgeo.engine.experiment import Unit
from llmgeo.texts.prompts import Prompt


def sample_name(prompt: str, condition: str) -> str:
    """The name of a prompt's text in a condition.

    >>> sample_name("story-1", "greedy")
    'story-1-greedy'
    """
    return f"{prompt}-{condition}"


def sample_names(prompts: Iterable[Prompt], conditions: Sequence[str]) -> list[str]:
    """The names of every prompt's texts, prompt by prompt."""
    return [sample_name(prompt.id, condition) for prompt in prompts for condition in conditions]


def prompt_units(prompts: Sequence[Prompt], conditions: Sequence[str], rows: int, prefix: str = "") -> list[Unit]:
    """Blocks of prompts, so many that their texts in all conditions run together.

    Args:
        rows: texts that run together.
        prefix: how the units' names begin.

    >>> prompts = [Prompt(name, f"Once, {name}") for name in ("a", "b", "c")]
    >>> [(unit.name, unit.samples) for unit in prompt_units(prompts, ["hot"], rows=2)]
    [('00000', ('a-hot', 'b-hot')), ('00001', ('c-hot',))]
    """
    size = max(1, rows // len(conditions))
    blocks = [prompts[start : start + size] for start in range(0, len(prompts), size)]
    return [
        Unit(f"{prefix}{number:05d}", tuple(sample_names(block, conditions)), block, len(block), len(conditions))
        for number, block in enumerate(blocks)
    ]
