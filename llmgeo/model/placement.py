"""Where the parts of a model lie: on one device, or on several that accelerate spread it over.

Knows accelerate's device maps and hooks. Runs nothing. A part that was offloaded, to the CPU's memory or to the disk,
has no numbers of its own between two passes (its parameters lie on the device "meta"); accelerate brings it when it
runs.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from accelerate.utils import align_module_device
from torch import nn
from transformers import PreTrainedModel

from llmgeo.errors import UsageError


def input_device(model: PreTrainedModel) -> torch.device:
    """Where token ids have to lie when the model is called. Raises UsageError where its weights are gone.

    >>> from llmgeo.model.sources.toy import toy_model
    >>> input_device(toy_model())
    device(type='cpu')
    """
    embeddings = model.get_input_embeddings()
    if embeddings.weight.device.type != "meta":
        return embeddings.weight.device
    if not hasattr(embeddings, "_hf_hook"):
        raise UsageError(
            'The model\'s weights are on the device "meta" now and have no numbers (hf.to("meta")?). Load it again.'
        )
    return torch.device(embeddings._hf_hook.execution_device)


def spread_over(model: nn.Module) -> dict[str, str] | None:
    """Which part lies on which device, or None where all of it lies on one."""
    parts = getattr(model, "hf_device_map", None) or {}
    places = {name: f"cuda:{place}" if isinstance(place, int) else str(place) for name, place in parts.items()}
    return places if len(set(places.values())) > 1 or "disk" in places.values() else None


def parameters(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Every parameter once, with its name, in the order of ``named_parameters``; one offloaded part at a time is
    brought, and may be looked at until the next one is asked for.

    >>> [name for name, _ in parameters(nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)))]
    ['0.weight', '0.bias', '1.weight', '1.bias']
    """
    names = {name for name, _ in model.named_parameters()}
    for path, module in model.named_modules():
        with align_module_device(module):
            for name, parameter in module.named_parameters(recurse=False):
                whole = f"{path}.{name}" if path else name
                if whole in names:
                    yield whole, parameter
