"""A model's weights moved by rounding, wherever its parts lie. Knows parameters and accelerate's hooks, no text.

A part that was offloaded has no numbers to move: it is brought, from memory or disk, each time it runs. Its weights are
moved as they are brought, by the same amounts that they would be moved by in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from accelerate.utils import has_offloaded_params
from torch import nn

from llmgeo.measures.weights import jittered
from llmgeo.model.weights import is_plain


class JitteredWeights(Mapping):
    """The weights of an offloaded part, moved when they are looked up.

    Args:
        weights: accelerate's own, by their names within the part.
        draws: by name, the state of the random numbers that a weight is moved by.
    """

    def __init__(self, weights: Mapping[str, torch.Tensor], draws: Mapping[str, torch.Tensor], number_format: str):
        self.as_loaded = weights
        self._draws = draws
        self._format = number_format

    def __getitem__(self, name: str) -> torch.Tensor:
        weight = self.as_loaded[name]
        if name not in self._draws:
            return weight
        generator = torch.Generator()
        generator.set_state(self._draws[name])
        return jittered(weight, self._format, generator).to(weight.dtype)

    def __iter__(self) -> Iterator[str]:
        return iter(self.as_loaded)

    def __len__(self) -> int:
        return len(self.as_loaded)


@torch.no_grad()
def jitter_(model: nn.Module, number_format: str, seed: int = 0, original: nn.Module | None = None) -> float:
    """Set every weight to the original's, moved by a random share of what rounding to the format could move it by.

    Args:
        seed: which draw of the shares.
        original: a model of the same parameters that is left as it is; the model itself, if left out.

    Returns:
        The share of the model's numbers that were moved. The numbers of a quantised weight are codes, and stay.

    Example:
        >>> layer = nn.Linear(3, 3)
        >>> before = layer.weight.clone()
        >>> jitter_(layer, "bfloat16")
        1.0
        >>> bool((layer.weight != before).any()), bool(((layer.weight - before).abs() <= before.abs() / 500).all())
        (True, True)
    """
    generator = torch.Generator().manual_seed(seed)
    originals = dict((original or model).named_parameters())
    tied = getattr(model, "all_tied_weights_keys", None) or {}
    draws: dict[str, torch.Tensor] = {}
    moved = total = 0
    for name, parameter in model.named_parameters():
        total += parameter.numel()
        if not is_plain(parameter):
            continue
        moved += parameter.numel()
        if parameter.is_meta and tied.get(name) in draws:  # offloaded apart from the weight that it is tied to
            draws[name] = draws[tied[name]]
            continue
        draws[name] = generator.get_state()
        if parameter.is_meta:
            torch.rand(parameter.shape, generator=generator)  # what moving it will draw
        else:
            parameter.copy_(jittered(originals[name], number_format, generator))
    _move_when_brought(model, draws, number_format)
    return moved / total if total else 1.0


def _move_when_brought(model: nn.Module, draws: Mapping[str, torch.Tensor], number_format: str) -> None:
    for path, module in model.named_modules():
        if has_offloaded_params(module):
            names = {name: f"{path}.{name}" if path else name for name, _ in module.named_parameters(recurse=False)}
            draws_of_part = {name: draws[full_name] for name, full_name in names.items() if full_name in draws}
            hook = module._hf_hook
            as_loaded = (
                hook.weights_map.as_loaded if isinstance(hook.weights_map, JitteredWeights) else hook.weights_map
            )
            hook.weights_map = JitteredWeights(as_loaded, draws_of_part, number_format)
