"""A model's shape and tokenizer without its weights: what a dry run needs. Downloads no weights, runs nothing."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from llmgeo.model.context import longest_text
from llmgeo.model.sources import adapter, default
from llmgeo.model.sources.choices import chosen_dtype
from llmgeo.model.sources.from_folder import explained, load_config, load_tokenizer
from llmgeo.model.sources.gguf import converted_folder
from llmgeo.model.sources.naming import model_name
from llmgeo.model.sources.resolve import locate
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from llmgeo.model.tokenization import Tokenization

CHARACTERS_A_TOKEN = 4
"""Of English text, where there is no tokenizer yet to count with."""


@dataclass(frozen=True)
class Outline:
    """Name, number of blocks, hidden size, bytes a number, parameters; the tokenizer where it is at hand; the longest
    text, None where the settings name no limit."""

    name: str
    layers: int
    width: int
    bytes_each: int
    parameters: int
    tokenizer: Any
    context: int | None = None

    def encode(self, text: str) -> tuple[int, ...]:
        """As the model would; as many tokens as usual, if its tokenizer is not at hand."""
        return _usual(text) if self.tokenizer is None else self._texts.encode(text)

    def encode_continuation(self, text: str) -> tuple[int, ...]:
        """As `encode`, without special tokens."""
        return _usual(text) if self.tokenizer is None else self._texts.encode_continuation(text)

    @cached_property
    def _texts(self) -> Tokenization:
        return Tokenization(self.tokenizer, vocabulary=sys.maxsize)


def outline(name: str | Path | None, *, revision: str | None = None, dtype: str | None = None) -> Outline:
    """The outline of what ``name`` stands for, as in ``resolve``. Raises ModelError."""
    bytes_each = chosen_dtype(dtype)[0].itemsize
    named = model_name(name, revision)
    if named.kind == "toy":
        model = toy_model()
        size = len(model.model.layers), model.config.hidden_size
        return Outline("toy", *size, bytes_each, _count(model), toy_tokenizer(), longest_text(model))
    if named.kind == "default" and not converted_folder(default.NAME, default.SHA256).is_dir():
        return Outline(default.NAME, 30, 576, bytes_each, 134_515_008, None, 8192)
    if adapter.is_adapter(named.path):
        base, revision = adapter.base_of(named.path)
        of_base = outline(base, revision=revision, dtype=dtype)
        return replace(of_base, name=f"{of_base.name}+{named.path.resolve().name}")
    folder, label, _, _ = locate(named, weights=False)
    config = load_config(folder, label)
    with explained(label), torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    text = config.get_text_config()
    tokenizer = load_tokenizer(folder, label)
    size = text.num_hidden_layers, text.hidden_size
    return Outline(label, *size, bytes_each, _count(model), tokenizer, longest_text(model))


def _usual(text: str) -> tuple[int, ...]:
    return (0,) * (len(text) // CHARACTERS_A_TOKEN + 1)


def _count(model: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
