"""What a monitor asks of a loaded model: its calibration, and the layer to read. Knows loaded models and the cache."""

from __future__ import annotations

from llmgeo.errors import UsageError
from llmgeo.messages import option
from llmgeo.model.digests import weights_digest
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.sources.gguf import cache_folder
from llmgeo.monitor.thresholds import Thresholds, known


def identity(model: LanguageModel) -> str:
    """What fixes a model's scores: its weights, and the format of its numbers."""
    return f"{model.source.revision or weights_digest(model)} {model.dtype}"


def known_thresholds(model: LanguageModel) -> Thresholds:
    """Those that were calibrated for it here, else those that come with llmgeo, else the uncalibrated ones."""
    return known(identity(model), cache_folder(), model.name)


def watched_layer(model: LanguageModel, asked: int | None, thresholds: Thresholds) -> int:
    """The layer whose states are read: as asked for, as calibrated, or the middle one.

    Raises:
        UsageError: the model does not have it, or another one was calibrated.
    """
    calibrated = thresholds.layer
    layer = asked if asked is not None else calibrated if calibrated is not None else model.layers // 2
    if isinstance(layer, bool) or not isinstance(layer, int) or not 0 <= layer <= model.layers:
        raise UsageError(f"{option('layer', layer)}: {model.name} has layers 0 to {model.layers}.")
    if calibrated is not None and layer != calibrated and thresholds.calibrations:
        raise UsageError(
            f"{option('layer', layer)}: the thresholds of {model.name} were calibrated at layer {calibrated}; leave "
            "the layer out, or name thresholds of your own."
        )
    return layer
