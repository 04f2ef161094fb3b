"""The names of ways to quantise a model while it is loaded, as transformers' own configurations.

Knows which package each way needs and how its configuration is made. Quantises nothing itself.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import transformers
from transformers.utils.quantization_config import QuantizationConfigMixin

from llmgeo.errors import UsageError
from llmgeo.messages import did_you_mean, option


@dataclass(frozen=True)
class Way:
    """One way to quantise: the packages it needs, by the names they are imported and installed by, and its making."""

    packages: dict[str, str]
    make: Callable[[], QuantizationConfigMixin]


def _torchao() -> QuantizationConfigMixin:
    from torchao.quantization import Int8WeightOnlyConfig

    return transformers.TorchAoConfig(Int8WeightOnlyConfig())


_BITSANDBYTES = {"bitsandbytes": "bitsandbytes"}
_QUANTO = {"optimum.quanto": "optimum-quanto"}
_HQQ = {"hqq": "hqq"}

WAYS: dict[str, Way] = {
    "bitsandbytes-8bit": Way(_BITSANDBYTES, lambda: transformers.BitsAndBytesConfig(load_in_8bit=True)),
    "bitsandbytes-4bit": Way(
        _BITSANDBYTES, lambda: transformers.BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4")
    ),
    "torchao-int8": Way({"torchao": "torchao"}, _torchao),
    "quanto-int8": Way(_QUANTO, lambda: transformers.QuantoConfig(weights="int8")),
    "quanto-int4": Way(_QUANTO, lambda: transformers.QuantoConfig(weights="int4")),
    "hqq-8bit": Way(_HQQ, lambda: transformers.HqqConfig(nbits=8)),
    "hqq-4bit": Way(_HQQ, lambda: transformers.HqqConfig(nbits=4)),
    "fp8": Way({}, lambda: transformers.FineGrainedFP8Config()),
}
"""In transformers' defaults, but for NF4, the format that QLoRA (Dettmers et al. 2023, arXiv 2305.14314) found best."""


def configuration(way: str | QuantizationConfigMixin) -> QuantizationConfigMixin:
    """transformers' configuration for a name of ``WAYS``, or the one that was given.

    Raises:
        UsageError: there is no such way, or the package it needs is not installed.

    >>> configuration("quanto-int9")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    llmgeo.errors.UsageError: quantization='quanto-int9' is not one of ...; did you mean quanto-int8?
    """
    if isinstance(way, QuantizationConfigMixin):
        return way
    known = WAYS.get(way) if isinstance(way, str) else None
    if known is None:
        raise UsageError(
            f"{option('quantization', way)} is not one of {', '.join(WAYS)} (in Python, one of transformers' own "
            f"configurations will do too){did_you_mean(str(way), list(WAYS))}"
        )
    missing = [package for module, package in known.packages.items() if not _is_installed(module)]
    if missing:
        raise UsageError(f"{option('quantization', way)} needs {missing[0]}: pip install {' '.join(missing)}")
    return known.make()


def record(config: Any) -> dict[str, Any] | None:
    """What a manifest should tell of how a model is quantised, as plain values; None where it is not.

    Args:
        config: the model's configuration; a model may come quantised as it is.
    """
    settings = getattr(config, "quantization_config", None)
    if settings is None:
        return None
    if hasattr(settings, "to_json_string"):
        return json.loads(settings.to_json_string(use_diff=False))
    return json.loads(json.dumps(settings))


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package above it is missing
        return False
