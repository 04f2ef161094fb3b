"""``llmgeo.load``: from whatever a user calls a model to one that is verified. Knows no formats; ``sources`` does."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from llmgeo.errors import Remark, UsageError
from llmgeo.messages import option
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.sources.in_memory import refuse_options
from llmgeo.model.sources.resolve import resolve


def load(
    name: str | Path | PreTrainedModel | LanguageModel | None = None,
    *,
    tokenizer: Any = None,
    revision: str | None = None,
    dtype: str | torch.dtype | None = None,
    device: str | torch.device | None = None,
    device_map: str | dict[str, Any] | None = None,
    quantization: Any = None,
    blocks: str | None = None,
    trust_remote_code: bool = False,
) -> LanguageModel:
    """Load a causal language model and verify that its hidden states can be captured.

    Args:
        name: a hub name or the address of its page, a model folder, a ``.gguf`` file, ``"toy"``, a transformers model
            already in memory (also within ``torch.compile`` or DataParallel; it is left in the mode it is in), a model
            that this function returned, or None for the default model (SmolLM2-135M-Instruct).
        tokenizer: for a model in memory; may be left out when token ids are given instead of texts.
        revision: a branch, tag or commit of a hub model.
        dtype: ``"float32"`` (the default), ``"bfloat16"`` or ``"float16"``; also ``"bf16"``, ``"fp16"``, ``"half"``.
        device: ``"cpu"``, ``"cuda"``; a GPU is used when there is one.
        device_map: ``"auto"`` spreads a model that is too big for one device over all GPUs, the CPU's memory and the
            disk, as accelerate does; also ``"balanced"``, ``"sequential"``, or a dict from a part's name to its device.
        quantization: ``"bitsandbytes-4bit"`` and its like (see ``llmgeo.model.sources.quantization.WAYS``), or one of
            transformers' quantisation configurations.
        blocks: dotted path of the list of decoder blocks, for a model where they are not found.
        trust_remote_code: run the Python code that a model brings along.

    Nothing that the caller has set in torch reaches in, and nothing is left changed: random numbers, default dtype and
    device, autocast, gradients.

    Raises:
        ModelNameError: no model can have this name.
        ModelError: the model cannot be found or read, is no causal LM, its weights are not those its config asks for or
            not finite, or its blocks are not its hidden states.
        UsageError: a dtype, device or way to quantise that does not exist, or whose package is not installed; an option
            that is for another source.

    Warns:
        Remark: weights that were left out, an end token or tokens of the tokenizer that the model does not know.

    Example:
        >>> import llmgeo
        >>> model = llmgeo.load("toy")
        >>> [trajectory] = model.generate(["Once"], decoding=llmgeo.Decoding(max_new_tokens=5))
        >>> trajectory.states.shape
        torch.Size([7, 9, 64])
    """
    if isinstance(name, LanguageModel):
        refuse_options(
            f"this {name.name}",
            {
                "tokenizer": tokenizer, "revision": revision, "dtype": dtype, "device": device,
                "device_map": device_map, "quantization": quantization, "blocks": blocks,
            },
        )  # fmt: skip
        return name
    if not isinstance(blocks, str | None):
        raise UsageError(
            f"{option('blocks', blocks)} is not the path of a list of modules, such as "
            f"{option('blocks', 'model.layers')}"
        )
    source = resolve(
        name,
        tokenizer=tokenizer,
        revision=revision,
        dtype=dtype,
        device=device,
        device_map=device_map,
        quantization=quantization,
        trust_remote_code=trust_remote_code,
    )
    model = LanguageModel(source, blocks)
    for about in ("unused_weights", "end_tokens", "tokenizer"):
        if remark := model.source.reasons.get(about):
            warnings.warn(f"{model.name}: {remark}.", Remark, stacklevel=2)
    return model
