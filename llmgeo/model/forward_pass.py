"""One forward pass, or one generation, of a transformers model with the arguments that its family takes.

Knows transformers' calling conventions. Does not know which blocks there are, what is captured, or how a token is
chosen. Families differ: some take no position ids, some no mask, some count positions from the padding token on.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import Cache, GenerationConfig, LogitsProcessorList, PreTrainedModel, StoppingCriteriaList

from llmgeo.model.key_value_cache import growing_cache

IN_PLACE, OWN, NONE = "in place", "own", "none"

CACHES = ("past_key_values", "cache_params", "state")
"""What families call their cache, among the arguments of ``forward`` and in what it returns."""

SETTINGS = "generation_config"
"""The attribute where a transformers model keeps its own settings of ``generate``."""


@dataclass(frozen=True)
class ModelCaller:
    """Calls a model with the arguments that its family takes.

    Args:
        model: a transformers causal LM.
        first_position: the position id of a text's first token, where ids are handed over explicitly: 0, or in the
            RoBERTa kind the padding token's id + 1. None leaves positions to the model.
        cache: generate with a cache that grows ``"in place"``, with the model's ``"own"``, or with ``"none"``, where
            every step computes the whole text again.
    """

    model: PreTrainedModel
    first_position: int | None = None
    cache: str = OWN

    def read(self, ids: torch.Tensor, mask: torch.Tensor, **settings: Any) -> Any:
        """The model's own output for whole texts ``[B, T]``."""
        return self._call(self.model, ids, mask, settings)

    def head_inputs(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """``[B, T, D]``: what the head is given, from the decoder alone."""
        return self._call(self.model.get_decoder(), ids, mask, {}).last_hidden_state

    def past(self, ids: torch.Tensor, mask: torch.Tensor) -> Any:
        """The decoder's cache of whole texts ``[B, T]``; None where it gives none."""
        decoder = self._decoder()
        return getattr(self._call(decoder, ids, mask, {"use_cache": True}), _cache_name(decoder), None)

    def one_more(self, ids: torch.Tensor, mask: torch.Tensor, cache: Any) -> None:
        """A pass of the decoder over the token that comes last, ``[B, 1]``, behind a cache of those before it.

        Args:
            mask: ``[B, T]`` of the whole text.
            cache: of the T − 1 tokens before, as `past` gave it; it is filled.
        """
        decoder = self._decoder()
        self._call(decoder, ids, mask, {_cache_name(decoder): cache, "use_cache": True}, last_alone=True)

    def _decoder(self) -> nn.Module:
        """The part that takes token ids to the head; the whole model where what it calls its decoder is another."""
        decoder = self.model.get_decoder()
        return decoder if "input_ids" in _argument_names(decoder) else self.model

    def generate_tokens(
        self,
        ids: torch.Tensor,
        mask: torch.Tensor,
        max_new_tokens: int,
        processors: Sequence[Callable],
        criteria: Sequence[Callable] = (),
        pad_token: int = 0,
        cache: Cache | None = None,
    ) -> torch.Tensor:
        """Token ids ``[B, T + new]``: transformers' ``generate``, taking the best token the processors leave.

        Args:
            cache: as :meth:`new_cache` made it, to be filled; one that holds a past is gone on with.
        """
        config = GenerationConfig(
            max_new_tokens=max_new_tokens,
            do_sample=False,
            num_beams=1,
            use_cache=self.cache != NONE,
            pad_token_id=pad_token,
            eos_token_id=None,
            disable_compile=True,
        )
        inputs = {"attention_mask": mask} if "attention_mask" in _argument_names(self.model) else {}
        if cache is not None:
            inputs["past_key_values"] = cache
        # From 0 on, generate counts by itself.
        if self.first_position:
            inputs["position_ids"] = self._positions(mask)
        with _OnlySettings(self.model, config) as settings:
            return self.model.generate(
                input_ids=ids,
                generation_config=config,
                logits_processor=LogitsProcessorList([settings.give_back_after_the_first_pass, *processors]),
                stopping_criteria=StoppingCriteriaList(criteria),
                **inputs,
            )

    def new_cache(self, tokens: int) -> Cache | None:
        """A cache with room for so many tokens, whose rows can be let go; None where the model makes its own."""
        return growing_cache(self.model, tokens) if self.cache == IN_PLACE and not self.first_position else None

    def takes_positions(self) -> bool:
        """Whether the family's forward has an argument for position ids."""
        return "position_ids" in _argument_names(self.model)

    def _call(
        self,
        module: nn.Module,
        ids: torch.Tensor,
        mask: torch.Tensor,
        settings: dict[str, Any],
        last_alone: bool = False,
    ) -> Any:
        accepted = _argument_names(module)
        positions = self._positions(mask)
        if last_alone and positions is not None:
            positions = positions[:, -1:]
        possible = {"attention_mask": mask, "position_ids": positions}
        settings = {"use_cache": False, "return_dict": True, **settings}
        inputs = {name: value for name, value in possible.items() if name in accepted and value is not None}
        inputs |= {name: value for name, value in settings.items() if name in accepted or "**" in accepted}
        return module(input_ids=ids, **inputs)

    def _positions(self, mask: torch.Tensor) -> torch.Tensor | None:
        if self.first_position is None:
            return None
        return (mask.cumsum(dim=-1) - 1).clamp(min=0) + self.first_position


def logits_in(output: Any) -> torch.Tensor:
    """The logits ``[B, T, V]`` in what a model returns."""
    return output.logits if hasattr(output, "logits") else output[0]


def _cache_name(decoder: nn.Module) -> str:
    return next((name for name in CACHES if name in _argument_names(decoder)), CACHES[0])


def _argument_names(module: nn.Module) -> set[str]:
    """The names of the arguments of ``forward``; ``"**"`` among them where it takes any."""
    parameters = inspect.signature(module.forward).parameters.values()
    return {"**" if argument.kind is argument.VAR_KEYWORD else argument.name for argument in parameters}


class _OnlySettings:
    """Puts our settings in the place of the model's own while transformers prepares to generate: it fills what is left
    open from there (a repetition penalty, say), and nothing may slip in. An adapter hands them on to the model that it
    wraps, where they may not stay either.

    Once the first pass is made, nobody looks there any more, and whoever else uses the model finds its own.
    """

    def __init__(self, model: PreTrainedModel, config: GenerationConfig):
        self.model, self.config = model, config
        self._own = {module: vars(module)[SETTINGS] for module in model.modules() if SETTINGS in vars(module)}

    def __enter__(self) -> _OnlySettings:
        self.model.generation_config = self.config
        return self

    def __exit__(self, *error: object) -> None:
        self._give_back()

    def give_back_after_the_first_pass(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """A logits processor that leaves the scores as they are."""
        self._give_back()
        return scores

    def _give_back(self) -> None:
        for module in self.model.modules():
            if vars(module).get(SETTINGS) is not self.config:
                continue
            if module in self._own:
                setattr(module, SETTINGS, self._own[module])
            else:
                vars(module).pop(SETTINGS)
