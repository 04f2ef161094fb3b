"""What a comparison will do, known before any work. Loads settings and tokenizers, never weights; measures nothing."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from llmgeo.engine.plan import Plan, seconds
from llmgeo.engine.request import Request
from llmgeo.engine.tokens import Tokens
from llmgeo.experiments.compare.models import Facts, check_same_blocks, check_same_tokens
from llmgeo.experiments.compare.names import READERS, TEXTS
from llmgeo.experiments.compare.texts import BLOCK
from llmgeo.experiments.compare.tokens import tokens_of
from llmgeo.model.sources.outline import Outline, outline
from llmgeo.model.wanted_layers import wanted_layers


def plan(request: Request) -> Plan:
    """What the comparison that was asked for would do.

    Raises:
        UsageError: the two cannot be compared, as far as their settings and tokenizers tell.
    """
    recipe = request.recipe
    outlines = [outline(model, dtype=request.loading.get("dtype")) for model in request.subjects]
    check_steps(outlines)
    step = _Step(*outlines, request)
    return Plan(
        model=" against ".join(model.name for model in outlines),
        recipe=recipe.name,
        prompts=len(request.used),
        samples=step.kinds * len(request.used),
        generated_tokens=step.tokens.written,
        read_tokens=step.tokens.read,
        state_bytes=step.state_bytes,
        batch_size=step.rows,
        seconds=seconds(step.base, sum(step.tokens)),
        out=request.out,
        model_bytes=step.base.parameters
        * step.base.bytes_each
        * (1 if request.options.get("one_at_a_time") else len(READERS)),
        claims=len(recipe.claims),
    )


def joined(plans: Sequence[Plan]) -> Plan:
    """The plan of a ladder: its steps, one after the other."""
    names = [plans[0].model, *(step.model.rpartition(" against ")[2] for step in plans[1:])]
    sums = ("samples", "generated_tokens", "read_tokens", "seconds")
    largest = ("state_bytes", "model_bytes")
    return replace(
        plans[0],
        model=" against ".join(names),
        **{name: sum(getattr(step, name) for step in plans) for name in sums},
        **{name: max(getattr(step, name) for step in plans) for name in largest},
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

    def __init__(self, base: Outline, tuned: Outline, request: Request):
        recipe, prompts = request.recipe, request.used
        self.base = base
        has_template = bool(getattr(tuned.tokenizer, "chat_template", None))
        self.kinds = len(TEXTS) if has_template else len(TEXTS) - 1
        self.rows = min(request.batch_size or BLOCK, len(prompts) * self.kinds)
        lengths = [len(base.encode(prompt.text + recipe.generation.opening)) for prompt in prompts]
        window = recipe.window.tokens
        self.tokens = Tokens.sum(tokens_of(base, tuned, prompt, recipe) for prompt in prompts)
        layers = wanted_layers(request.layers, base.layers)
        token_bytes = (base.layers + 1 if layers is None else len(layers)) * base.width * base.bytes_each
        self.state_bytes = len(READERS) * self._tokens_kept(lengths, window, request.save_states) * token_bytes

    def _tokens_kept(self, lengths: Sequence[int], window: int, save_states: bool) -> int:
        """Tokens of a block's texts whose states wait to be measured: a window's, or with ``save_states`` all."""
        longest = sorted(lengths)[-BLOCK:]
        if not save_states:
            return len(longest) * self.kinds * window
        return sum(1 + window + (self.kinds - 1) * (length + window) for length in longest)


def _facts(model: Outline) -> Facts:
    tokens = None if model.tokenizer is None else model.tokenizer.get_vocab()
    return Facts({"name": model.name, "layers": model.layers, "width": model.width}, tokens, len(tokens or ()), {})
