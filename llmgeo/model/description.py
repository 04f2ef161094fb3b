"""What a run's manifest tells of a model, as plain values. Knows loaded models; no run, no file."""

from __future__ import annotations

from typing import Any

from llmgeo.model.language_model import LanguageModel
from llmgeo.model.placement import spread_over
from llmgeo.model.sources import quantization


def describe(model: LanguageModel) -> dict[str, Any]:
    """Name, source, shape, number format, placement and how the states were verified.

    Example:
        >>> import llmgeo
        >>> description = describe(llmgeo.load("toy"))
        >>> description["name"], description["layers"], description["width"]
        ('toy', 6, 64)
    """
    return {
        "name": model.name,
        "kind": model.source.kind,
        "revision": model.source.revision,
        "class": type(model.hf).__name__,
        "blocks": model.block_path,
        "layers": model.layers,
        "width": model.width,
        "dtype": model.dtype,
        "device": model.device,
        "device_map": spread_over(model.hf),
        "quantization": quantization.record(model.hf.config),
        "reasons": dict(model.source.reasons),
        "end_tokens": list(model.end_tokens),
        "capture": model.verified.record(),
    }
