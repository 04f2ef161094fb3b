"""Do the weights in the files and the model that was made of its config belong together, tensor by tensor?

Knows what transformers reports of loading. Loads nothing. Where the two differ inside the blocks, the states would be
those of another model; what lies beside them, such as a head for another task, is left out on purpose and told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from torch import nn

from llmgeo.errors import ModelError

DERIVED = re.compile(r"(^|\.)(rotary_emb\..*|inv_freq|masked_bias|position_ids|(attn|attention|self_attn)\.bias)$")
"""Tensors that are computed from the config, and that older versions of transformers saved all the same."""

FURTHER_BLOCKS = re.compile(r"num_(nextn_predict|mtp|mtp_hidden)_layers|mtp_num_(hidden_)?layers")
"""Settings that tell of blocks behind the last one, which predict tokens beyond the next and do not run on text."""

_SAVE_AGAIN = "Download or save the model again, whole, with the config.json that belongs to it."


def check_complete(report: Mapping[str, Any], model: nn.Module, label: str) -> str | None:
    """What a user should know of tensors that were left out; None where all were taken.

    Args:
        report: as ``from_pretrained(..., output_loading_info=True, ignore_mismatched_sizes=True)`` gives it.

    Raises:
        ModelError: parameters have no weights or weights of another shape, or blocks have weights without parameters.
    """
    _require_same_shapes(sorted(report.get("mismatched_keys", ())), label)
    _require_weights(sorted(report.get("missing_keys", ())), label)
    unused = [key for key in sorted(report.get("unexpected_keys", ())) if not DERIVED.search(key)]
    homes = {key: _home(key, model) for key in unused}
    _require_depth({f"{path}.{rest[0]}" for path, rest in homes.values() if _is_block(path, rest, model)}, model, label)
    _require_parts([key for key in unused if any(part.isdigit() for part in homes[key][0].split("."))], model, label)
    if not unused:
        return None
    return f"its files hold {_counted(unused)}, for which {type(model).__name__} has no place: left out"


def _require_same_shapes(mismatched: Sequence[tuple], label: str) -> None:
    if mismatched:
        name, in_file, in_model = mismatched[0]
        others = f" (the first of {len(mismatched)} that differ)" if len(mismatched) > 1 else ""
        raise ModelError(
            f"{label}: its weights and its config.json differ in size: {name} is {list(in_file)} in the file, and "
            f"{list(in_model)} by the config{others}. {_SAVE_AGAIN}"
        )


def _require_weights(missing: Sequence[str], label: str) -> None:
    """transformers fills what is missing with random numbers and goes on."""
    if missing:
        raise ModelError(
            f"{label} has no weights for {len(missing)} parameters that its config.json asks for ({missing[0]} is the "
            f"first), and random ones would be measured in their place. {_SAVE_AGAIN}"
        )


def _require_depth(blocks: Collection[str], model: nn.Module, label: str) -> None:
    config = model.config.get_text_config()
    further = [value for name, value in vars(config).items() if FURTHER_BLOCKS.fullmatch(name)]
    if len(blocks) > max((value for value in further if isinstance(value, int)), default=0):
        ordered = sorted(blocks, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
        named = ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"
        raise ModelError(
            f"{label} holds weights of {len(blocks)} more blocks than its config.json asks for ({named}): without them "
            f"it is another model. {_SAVE_AGAIN}"
        )


def _require_parts(keys: Sequence[str], model: nn.Module, label: str) -> None:
    """Codes of quantised weights have scales and offsets beside them, which each method names in its own way."""
    if keys and getattr(model.config, "quantization_config", None) is None:
        raise ModelError(
            f"{label} holds weights inside its blocks that its config.json leaves out ({_counted(keys)}): without them "
            f"it is another model. {_SAVE_AGAIN}"
        )


def _home(key: str, model: nn.Module) -> tuple[str, list[str]]:
    """The path of the deepest module there is on the way to a tensor, and the rest of the way."""
    prefix = getattr(model, "base_model_prefix", "")  # files of a model without its head do not name it
    return max((_deepest(path.split("."), model) for path in (key, f"{prefix}.{key}")), key=lambda home: len(home[0]))


def _deepest(parts: list[str], model: nn.Module) -> tuple[str, list[str]]:
    module, depth = model, 0
    while depth < len(parts) and (child := dict(module.named_children()).get(parts[depth])) is not None:
        module, depth = child, depth + 1
    return ".".join(parts[:depth]), parts[depth:]


def _is_block(path: str, rest: list[str], model: nn.Module) -> bool:
    """Whether what is missing on the way is a member of a list of modules."""
    return bool(rest) and rest[0].isdigit() and isinstance(model.get_submodule(path), nn.ModuleList | nn.Sequential)


def _counted(keys: Sequence[str]) -> str:
    return f"{len(keys)} tensors, {keys[0]} the first" if len(keys) > 1 else f"the tensor {keys[0]}"
