"""Load what lies in a model folder through transformers; whatever it raises becomes one message.

Knows transformers' loading. Does not know how a folder was found.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedConfig, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from llmgeo.errors import LlmgeoError, ModelError
from llmgeo.escape import literal
from llmgeo.messages import option, shown
from llmgeo.model.sources.completeness import check_complete
from llmgeo.model.sources.folder import holds_tokenizer
from llmgeo.model.sources.quiet import loading_quietly


def load_config(folder: str, label: str, *, trusted: bool = False) -> PreTrainedConfig:
    """The settings of a model.

    Args:
        label: what messages call it.
        trusted: run the Python code that lies there.

    Raises:
        ModelError: they cannot be loaded, or transformers knows no causal language model of this family.
    """
    with explained(label):
        config = AutoConfig.from_pretrained(folder, trust_remote_code=trusted)
    if not trusted and config.model_type not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise ModelError(
            f"{label} is a {config.model_type} model, and transformers has no causal language model of that family "
            "(encoder-only and sequence-to-sequence models do not generate token by token from a prompt). "
            "Name a causal one, such as gpt2, or leave the name out for the default model."
        )
    return config


def load_model(
    folder: str,
    label: str,
    config: PreTrainedConfig,
    dtype: torch.dtype,
    device_map: str | dict[str, Any],
    quantization: Any,
    *,
    trusted: bool,
) -> tuple[PreTrainedModel, str | None]:
    """The model of a folder, in eval mode, and what a user should know of its weights; None if nothing.

    Raises:
        ModelError: it cannot be loaded, or its weights are not those its config asks for.
    """
    with explained(label):
        model, report = AutoModelForCausalLM.from_pretrained(
            folder,
            config=config,
            dtype=dtype,
            device_map=device_map,
            quantization_config=quantization,
            use_safetensors=True,
            trust_remote_code=trusted,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # so that the report names them; `check_complete` refuses them
        )
    remark = check_complete(report, model, label)
    for answering in (model.config, model.config.get_text_config()):
        answering.return_dict = True  # the form of the answer; no number depends on it
    return model.eval(), remark


def load_tokenizer(folder: str, label: str, *, trust_remote_code: bool = False) -> Any:
    """The tokenizer that lies with the model. Raises ModelError."""
    advice = f"Save one there (tokenizer.save_pretrained), or give {option('tokenizer')} in Python."
    if not holds_tokenizer(Path(folder)) and not trust_remote_code:
        raise ModelError(
            f"{label} has no tokenizer: none of its files (tokenizer.json and its like) is there. {advice}"
        )
    with explained(f"The tokenizer of {label}"):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=trust_remote_code)
    if not len(tokenizer):
        raise ModelError(f"The tokenizer of {label} knows no token: its files are not whole. {advice}")
    return tokenizer


def own_code(folder: str, label: str, commit: str | None, trusted: bool) -> str | None:
    """Which code of the model's own will run, or None where transformers knows the family and nobody asked for it.

    Raises:
        ModelError: the family is the model's own code and that was not allowed, or the code lies somewhere else.
    """
    try:
        config = json.loads((Path(folder) / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None  # transformers says what is wrong with it
    places = config.get("auto_map") if isinstance(config, dict) else None
    place = places.get("AutoModelForCausalLM") if isinstance(places, dict) else None
    if not isinstance(place, str) or (not trusted and config.get("model_type") in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES):
        return None
    where = f"{label} at commit {commit}" if commit else label
    if "--" in place:
        raise ModelError(
            f"{where} takes its code from another repository ({shown(place.partition('--')[0])}), whose commit nothing "
            "fixes. Download both into one folder, remove that prefix in config.json, and name the folder."
        )
    if not trusted:
        raise ModelError(
            f"{where} contains custom code ({shown(place)}), which would run on this machine with all your "
            f"rights. Read it there; if you trust it, say so: {option('trust_remote_code', True)}"
        )
    return f"{shown(place)} of {where}"


@contextlib.contextmanager
def explained(label: str) -> Iterator[None]:
    """Within it, transformers loads quietly; what it and the hub raise becomes one message that says what to do."""
    try:
        with loading_quietly():
            yield
    except LlmgeoError:
        raise
    except Exception as error:  # a config may hold anything, and tokenizers raises Exception itself
        raise ModelError(_explanation(label, error)) from error


def _explanation(label: str, error: Exception) -> str:
    reason = _first_line(error)
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in reason:
        smaller = f"{option('dtype', 'bfloat16')}, {option('quantization')} or {option('device_map', 'auto')}"
        return f"{label} does not fit into memory ({reason[:-1]}). It takes less with {smaller}."
    if isinstance(error, OSError):
        return f"{label} cannot be loaded: {reason} If a file of it is missing or cut, download it again."
    return f"{label} cannot be loaded as a causal language model: {reason}"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return literal(lines[0].rstrip(".:"), longest=300) + "."
