"""Null D: a model of the same architecture whose weights are random, as its family draws them before training.

Knows transformers' classes and configurations; not what is measured. Nothing is loaded: the weights are those that
the class itself draws, from a seed, whatever else draws in this process.
"""

from __future__ import annotations

import copy

import torch

from llmgeo.errors import ModelError
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.loading import load


def random_network(model: LanguageModel, seed: int) -> LanguageModel:
    """The same network before any training: same class, configuration, tokenizer, device and dtype.

    It takes as much memory as the model itself.

    Args:
        seed: of the weights.

    Raises:
        ModelError: the model is an adapter on another, or quantised, so that its class draws no such weights.

    Example:
        >>> import llmgeo
        >>> model = llmgeo.load("toy")
        >>> twin = random_network(model, seed=1)
        >>> twin.layers == model.layers, torch.equal(twin.hf.lm_head.weight, model.hf.lm_head.weight)
        (True, False)
    """
    kind = type(model.hf)
    if getattr(model.hf.config, "quantization_config", None) is not None:
        raise ModelError(f"{model.name} is quantised; a network of its kind with random weights cannot be drawn.")
    if not can_be_drawn(model):
        raise ModelError(f"{model.name} is an adapter on another model; its class draws no weights of its own.")
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False):
        torch.manual_seed(seed)
        network = kind._from_config(copy.deepcopy(model.hf.config))
    return load(network.to(model.hf.device, model.verified.dtype).eval(), tokenizer=model.tokenizer)


def can_be_drawn(model: LanguageModel) -> bool:
    """Whether the model's class draws its own weights.

    >>> import llmgeo
    >>> can_be_drawn(llmgeo.load("toy"))
    True
    """
    is_quantised = getattr(model.hf.config, "quantization_config", None) is not None
    return not is_quantised and hasattr(type(model.hf), "_from_config") and not hasattr(model.hf, "peft_config")
