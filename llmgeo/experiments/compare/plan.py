"""What a comparison will do, known before any work. Loads settings and tokenizers, never weights; measures nothing."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmgeo.experiments.compare.models import Facts, check_same_blocks, check_same_tokens
from llmgeo.experiments.compare.names import READERS, TEXTS
from llmgeo.experiments.compare.recipe import ComparisonRecipe
from llmgeo.experiments.compare.texts import BLOCK, prepare
from llmgeo.experiments.probe.plan import Plan, seconds
from llmgeo.model.sources.outline import Outline, outline
from llmgeo.texts.prompts import Prompt


def plan(
    models: Sequence[str | Path | None],
    *,
    recipe: str | Path | ComparisonRecipe = "rlhf",
    out: str | Path | None = None,
    limit: int | None = None,
    prompts: str | Path | None = None,
    dtype: str | None = None,
    one_at_a_time: bool = False,
    **unused: object,
) -> Plan:
    """What `compare` with these arguments would do, all steps of a ladder together.

    Raises:
        UsageError: two neighbours cannot be compared, as far as their settings and tokenizers tell.
    """
    recipe, texts = prepare(recipe, prompts, limit)
    outlines = [outline(model, dtype=dtype) for model in models]
    check_steps(outlines)
    used = texts[: recipe.prompts.limit]
    steps = [_Step(base, tuned, recipe, used) for base, tuned in itertools.pairwise(outlines)]
    return Plan(
        model=" against ".join(of.name for of in outlines),
        recipe=recipe.name,
        prompts=len(used),
        samples=sum(step.kinds for step in steps) * len(used),
        generated_tokens=sum(step.generated for step in steps),
        read_tokens=sum(step.read for step in steps),
        state_bytes=max(step.state_bytes for step in steps),
        batch_size=min(BLOCK, len(used)) * max(step.kinds for step in steps),
        seconds=sum(seconds(step.base, step.generated + step.read) for step in steps),
        out=Path(out) if out is not None else None,
        model_bytes=max(step.base.parameters * step.base.bytes_each for step in steps) * (1 if one_at_a_time else 3),
    )


def check_ladder(models: Sequence[Any], **loading: Any) -> None:
    """Refuse a ladder whose later steps cannot be compared before its first one is.

    Models at hand are checked when their turn comes, and so are those whose settings only their own code can read.

    Raises:
        UsageError: two neighbours cannot be compared, as far as their settings and tokenizers tell.
    """
    by_name = all(model is None or isinstance(model, str | Path) for model in models)
    if by_name and not loading.get("trust_remote_code") and loading.get("tokenizer") is None:
        check_steps([outline(model, dtype=loading.get("dtype")) for model in models])


def check_steps(outlines: Sequence[Outline]) -> None:
    """Raise UsageError for the first two neighbours that cannot be compared; a tokenizer that is not at hand passes."""
    for base, tuned in itertools.pairwise(map(_facts, outlines)):
        check_same_blocks(base, tuned)
        if base.tokens is not None and tuned.tokens is not None:
            check_same_tokens(base, tuned)


class _Step:
    """One pair's tokens and states."""

    def __init__(self, base: Outline, tuned: Outline, recipe: ComparisonRecipe, prompts: Sequence[Prompt]):
        self.base = base
        has_template = bool(getattr(tuned.tokenizer, "chat_template", None))
        self.kinds = len(TEXTS) if has_template else len(TEXTS) - 1
        lengths = [base.count_tokens(prompt.text + recipe.generation.opening) for prompt in prompts]
        window, answers = recipe.window.tokens, self.kinds - 1
        self.generated = len(prompts) * answers * recipe.generation.new_tokens
        of_prompt = [1 + window + answers * (length + window) for length in lengths]
        self.read = len(READERS) * sum(of_prompt) + answers * sum(lengths)
        self.state_bytes = len(READERS) * sum(sorted(of_prompt)[-BLOCK:]) * (base.layers + 1) * base.width
        self.state_bytes *= base.bytes_each


def _facts(of: Outline) -> Facts:
    tokens = None if of.tokenizer is None else of.tokenizer.get_vocab()
    return Facts({"name": of.name, "layers": of.layers, "width": of.width}, tokens, len(tokens or ()), {})
