"""A model that is in memory already: taken out of its wrapper, or refused in one sentence where it cannot be measured.

Knows what others wrap models in, and what makes a module a causal language model. Loads and runs nothing, and leaves
the model as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn
from transformers import PreTrainedModel

from llmgeo.errors import ModelError, UsageError
from llmgeo.messages import option, shown

WRAPPERS = {"DataParallel": "module", "DistributedDataParallel": "module", "OptimizedModule": "_orig_mod"}
"""Classes that hold a whole model, and the attribute that it is."""

SHARED_OUT = ("FullyShardedDataParallel", "FSDPModule", "DeepSpeedEngine")
"""Classes whose parameters are shared out over processes."""

NEEDED = ("config", "get_input_embeddings", "get_output_embeddings", "generate", "generation_config")
"""What is asked of a transformers model; PEFT's, which are no `PreTrainedModel`, have it too."""


def taken_out(module: nn.Module) -> nn.Module:
    """The causal language model that a module is, or wraps: `torch.compile`'s, DataParallel's, DDP's.

    Raises:
        ModelError: it is not a transformers model with an output head, its numbers are elsewhere, or compiled code
            would keep its states from being seen.
    """
    model = module
    while (inner := _wrapped(model)) is not None:
        model = inner
    name = type(model).__name__
    _require_own_numbers(model, name)
    missing = [attribute for attribute in NEEDED if not hasattr(model, attribute)]
    if missing or not hasattr(model.config, "get_text_config"):
        raise ModelError(_no_causal_model(model, name, missing))
    if any(getattr(part, "_compiled_call_impl", None) is not None for part in model.modules()):
        raise ModelError(
            f"{name} was compiled in place (.compile()), and compiled blocks do not hand their states out. Give the "
            "model as it was before that, or its folder or name."
        )
    if getattr(model.config, "is_encoder_decoder", False):
        raise ModelError(
            f"{name} is a sequence-to-sequence model, which does not go on from a prompt token by token: no causal "
            "language model. Name one that is, such as gpt2."
        )
    if False in (getattr(config, "return_dict", None) for config in (model.config, model.config.get_text_config())):
        raise ModelError(
            f"{name} was set up to answer with plain tuples, in which nothing has a name: return_dict is False in its "
            "config. Set model.config.return_dict = True, which changes no number, and load it again."
        )
    return model


def refuse_options(model: str, options: Mapping[str, Any]) -> None:
    """Raises UsageError if anything was asked for that can only be had while a model is loaded from files.

    >>> refuse_options("LlamaForCausalLM", {"dtype": "bfloat16"})
    Traceback (most recent call last):
      ...
    llmgeo.errors.UsageError: dtype='bfloat16' is for models loaded from files, and LlamaForCausalLM is in memory...
    """
    for name, value in options.items():
        if value is not None:
            raise UsageError(
                f"{option(name, value)} is for models loaded from files, and {model} is in memory already. Leave it "
                "out, or give the model's folder or name."
            )


def check_tokenizer(tokenizer: object) -> None:
    """Raises UsageError for what cannot split texts into tokens as transformers' tokenizers do."""
    can_split = callable(tokenizer) and hasattr(tokenizer, "decode") and hasattr(tokenizer, "get_vocab")
    if tokenizer is None or (can_split and not isinstance(tokenizer, type)):
        return
    advice = "Give one of transformers' tokenizers: AutoTokenizer.from_pretrained(...)"
    if hasattr(tokenizer, "tokenizer"):
        advice = f"Give the tokenizer in this {type(tokenizer).__name__}, its attribute .tokenizer"
    elif not can_split and hasattr(tokenizer, "encode") and hasattr(tokenizer, "get_vocab"):
        advice = "Wrap it: transformers.PreTrainedTokenizerFast(tokenizer_object=...)"
    raise UsageError(f"{option('tokenizer', tokenizer)} is not a tokenizer. {advice}.")


def _wrapped(module: nn.Module) -> nn.Module | None:
    for kind in type(module).__mro__:
        inner = getattr(module, WRAPPERS.get(kind.__name__, ""), None)
        if isinstance(inner, nn.Module):
            return inner
    return None


def _require_own_numbers(model: nn.Module, name: str) -> None:
    """A part that accelerate offloaded has its numbers on the disk or in the CPU's memory, and a hook brings them."""
    kinds = {kind.__name__ for part in model.modules() for kind in type(part).__mro__}
    parameters = [
        (f"{path}.{own}".lstrip("."), parameter, hasattr(part, "_hf_hook"))
        for path, part in model.named_modules()
        for own, parameter in part.named_parameters(recurse=False)
    ]
    shared = [
        path for path, parameter, _ in parameters if type(parameter).__name__ == "DTensor" or not parameter.numel()
    ]
    if shared or kinds & set(SHARED_OUT):
        raise ModelError(
            f"The weights of {name} are shared out over processes (FSDP, DeepSpeed or tensor parallelism), and none "
            "holds the whole model. Save it, and give the folder; accelerate launch shares the prompts out instead."
        )
    empty = [path for path, parameter, is_hooked in parameters if parameter.is_meta and not is_hooked]
    if empty:
        raise ModelError(
            f"{name} has no numbers: {len(empty)} of its {len(parameters)} parameters lie on the device meta "
            f"({empty[0]} is the first). Load its weights first, or give its folder or name."
        )


def _no_causal_model(model: nn.Module, name: str, missing: list[str]) -> str:
    inner = [path for path, part in [*model.named_children(), ("model", getattr(model, "model", None))]
             if isinstance(part, PreTrainedModel) and hasattr(part, "generation_config")]  # fmt: skip
    if inner:
        return f"{name} is not a transformers model, but holds one: give its attribute .{inner[0]}"
    if isinstance(model, PreTrainedModel) and missing:
        return (
            f"{name} is not a causal language model: it has no output head to generate with. Load it with "
            "AutoModelForCausalLM.from_pretrained, or give its folder or name."
        )
    return (
        f"{shown(name)} is not a transformers model (it has no {missing[0] if missing else 'config'}). "
        "Give a causal language model as AutoModelForCausalLM loads it, its folder or its name."
    )
