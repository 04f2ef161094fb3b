"""Find the decoder blocks of any causal language model. Knows module trees; runs nothing and captures nothing.

The rule: inside ``get_decoder()``, the ``ModuleList`` that matches the configured depth, is made of block-like classes,
lies shallowest, is longest. Whether the blocks found really give the model's hidden states is verified by a forward
pass when a model is loaded (``llmgeo.model.language_model``), so that a wrong guess is refused and never measured.
"""

from __future__ import annotations

from torch import nn
from transformers.modeling_layers import GradientCheckpointingLayer

from llmgeo.errors import ModelError
from llmgeo.messages import option


def find_blocks(model: nn.Module, path: str | None = None) -> tuple[str, nn.ModuleList]:
    """The dotted path and the list of decoder blocks of a transformers causal LM.

    Args:
        model: the model with its head.
        path: the dotted path of the list, for a model nobody has seen (``"model.layers"``); found when None.

    Raises:
        ModelError: no list of modules looks like decoder blocks, or ``path`` names none.
    """
    if path is not None:
        return path, _named_list(model, path)
    candidates = _candidates(_decoder(model)) or _candidates(model)
    if not candidates:
        raise ModelError(
            f"{type(model).__name__}: no list of decoder blocks was found in it; it may be no causal language model. "
            f"Its parts are {_top(model)}. Name the list, for instance {option('blocks', 'model.layers')}"
        )
    depth = getattr(model.config.get_text_config(), "num_hidden_layers", None)
    best = max(candidates, key=lambda item: _score(item[0], item[1], depth, model))
    names = {id(module): name for name, module in model.named_modules()}
    return names[id(best[1])], best[1]


def _decoder(model: nn.Module) -> nn.Module:
    get_decoder = getattr(model, "get_decoder", None)
    decoder = get_decoder() if get_decoder is not None else None
    return decoder if decoder is not None else getattr(model, "base_model", model)


def _candidates(root: nn.Module) -> list[tuple[str, nn.ModuleList]]:
    return [(name, m) for name, m in root.named_modules() if isinstance(m, nn.ModuleList) and len(m)]


def _score(name: str, blocks: nn.ModuleList, depth: int | None, model: nn.Module) -> tuple:
    return (len(blocks) == depth, _block_likeness(blocks, model), -name.count("."), len(blocks))


def _block_likeness(blocks: nn.ModuleList, model: nn.Module) -> int:
    """How much the members look like the blocks whose outputs transformers itself records."""
    recorded = (getattr(model, "_can_record_outputs", None) or {}).get("hidden_states")
    recorded = recorded if isinstance(recorded, (list, tuple)) else [recorded]
    classes = {getattr(item, "target_class", item) for item in recorded}
    whole = set(getattr(model, "_no_split_modules", None) or [])
    first = blocks[0]
    return (
        2 * (type(first) in classes) + isinstance(first, GradientCheckpointingLayer) + (type(first).__name__ in whole)
    )


def _named_list(model: nn.Module, path: str) -> nn.ModuleList:
    lists = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, (nn.ModuleList, nn.Sequential)) and len(module)
    }
    if path not in lists:
        known = ", ".join(f"{name} ({len(module)})" for name, module in list(lists.items())[:8]) or "none"
        raise ModelError(
            f"{option('blocks', path)} names no list of modules in {type(model).__name__}; its lists are: {known}."
        )
    return nn.ModuleList(lists[path])


def _top(model: nn.Module) -> str:
    return ", ".join(f"{name} ({type(child).__name__})" for name, child in list(model.named_children())[:8])
