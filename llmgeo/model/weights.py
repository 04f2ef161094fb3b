"""Where a model's weights lie, in memory or in files, and which of them two models share. Measures nothing.

One tensor of each model is held at a time, whatever the models' size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import align_module_device
from safetensors import SafetensorError, safe_open

from llmgeo.errors import ModelError
from llmgeo.escape import literal
from llmgeo.messages import shown

FORMATS = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
"""What safetensors calls the formats whose numbers are weights."""

BLOCK_NUMBER = re.compile(r"\.([0-9]{1,6})\.")
"""Of a block in a tensor's name; a longer number, which anyone may write into a file, is none."""


def is_plain(parameter: torch.Tensor) -> bool:
    """Whether its numbers are the weight: not codes of a quantised one, in whole numbers, bytes or several tensors.

    >>> is_plain(torch.ones(2)), is_plain(torch.ones(2, dtype=torch.uint8))
    (True, False)
    """
    is_composed = hasattr(parameter, "__tensor_flatten__")
    return parameter.is_floating_point() and parameter.element_size() > 1 and not is_composed


def _format(parameter: torch.Tensor) -> str:
    if not is_plain(parameter) and parameter.is_floating_point() and parameter.element_size() > 1:
        return type(parameter).__name__  # several tensors that act as one
    return str(parameter.dtype).removeprefix("torch.")


class ModuleWeights(AbstractContextManager):
    """The weights of a model in memory, by name; tied weights appear once.

    A weight that was offloaded is brought when it is asked for. Weights whose numbers are codes, as those of quantised
    models, are left out, unless ``every`` is set.

    Example:
        >>> weights = ModuleWeights(torch.nn.Linear(2, 3))
        >>> weights.names(), weights.get("weight").shape
        (['weight', 'bias'], torch.Size([3, 2]))
    """

    def __init__(self, module: torch.nn.Module, *, every: bool = False):
        self._module = module
        self._shapes = {
            name: (tuple(parameter.shape), _format(parameter))
            for name, parameter in module.named_parameters()
            if every or is_plain(parameter)
        }

    def names(self) -> list[str]:
        return list(self._shapes)

    def header(self, name: str) -> tuple[tuple[int, ...], str]:
        """Shape and number format."""
        return self._shapes[name]

    def get(self, name: str, part: int | None = None) -> torch.Tensor:
        """A weight, or one of those that it is stacked of along its first axis."""
        path, _, attribute = name.rpartition(".")
        module = self._module.get_submodule(path)
        with align_module_device(module):
            weight = getattr(module, attribute).detach()
        return weight if part is None else weight[part]

    def __exit__(self, *_: object) -> None:
        return None


class FolderWeights(AbstractContextManager):
    """The weights in a folder's safetensors files, read one tensor at a time. No file is open between two of them.

    Args:
        files: these alone; by default all that lie in it.

    Raises:
        ModelError: the folder holds no such file, or one that is damaged.
    """

    def __init__(self, folder: Path | str, files: Sequence[Path] | None = None):
        files = sorted(Path(folder).glob("*.safetensors")) if files is None else files
        if not files:
            raise ModelError(f"{folder} holds no .safetensors file; save the model there with save_pretrained.")
        self._home: dict[str, Path] = {}
        self._headers: dict[str, tuple[tuple[int, ...], str]] = {}
        for file in files:
            with _opened(file) as known:
                for name in known.keys():  # noqa: SIM118 - no mapping
                    tensor = known.get_slice(name)
                    kind = str(tensor.get_dtype())
                    self._home[name] = file
                    self._headers[name] = tuple(tensor.get_shape()), FORMATS.get(kind, kind.lower())

    def names(self) -> list[str]:
        return list(self._home)

    def header(self, name: str) -> tuple[tuple[int, ...], str]:
        """Shape and number format, as the file's own header has them."""
        return self._headers[name]

    def get(self, name: str, part: int | None = None) -> torch.Tensor:
        """A weight, or one of those that it is stacked of along its first axis: no more is read.

        Raises:
            ModelError: the file was damaged or removed since it was first looked into.
        """
        with _opened(self._home[name]) as file:
            return file.get_tensor(name) if part is None else file.get_slice(name)[part]

    def __exit__(self, *_: object) -> None:
        return None


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """A safetensors file, open within the block; what is wrong with it is told as one message."""
    try:
        with safe_open(file, framework="pt") as known:
            yield known
    except (SafetensorError, OSError) as error:
        raise ModelError(
            f"{shown(file, width=200)} is damaged, or was not fetched whole ({literal(error)}). Remove it, and fetch "
            "or save it again."
        ) from error


Weights = ModuleWeights | FolderWeights


def shared_weights(base: Weights, tuned: Weights) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    """Every floating-point weight that both models have, sorted by name: name, the base's, the tuned model's.

    Block 2 comes before block 10. The order is the same wherever the weights lie.

    A tuned model that knows more tokens has longer embeddings: the rows that both have are given.

    Raises:
        ModelError: a weight has another shape in the other model.

    >>> from llmgeo.model.sources.toy import toy_model
    >>> toy = ModuleWeights(toy_model())
    >>> all(before.equal(after) for _, before, after in shared_weights(toy, toy))
    True
    """
    for name in sorted({*base.names()} & {*tuned.names()}, key=_blocks_in_order):
        before, after = base.get(name), tuned.get(name)
        if before.ndim == after.ndim == 2 and before.shape[1] == after.shape[1]:
            rows = min(len(before), len(after))
            before, after = before[:rows], after[:rows]
        if before.shape != after.shape:
            raise ModelError(
                f"{name} has shape {tuple(before.shape)} in the base and {tuple(after.shape)} in the tuned model: they "
                "are not two checkpoints of one architecture."
            )
        if before.is_floating_point():
            yield name, before, after


def _blocks_in_order(name: str) -> list[tuple[int, str]]:
    parts = name.split(".")
    return [(int(part), "") if re.fullmatch("[0-9]{1,6}", part) else (-1, part) for part in parts]


def layer_of(name: str) -> int | None:
    """The layer whose output a weight changes: 1 … L in a block, 0 for embeddings, None for the rest.

    >>> [layer_of(f"model.{name}.weight") for name in ("layers.3.mlp.up_proj", "embed_tokens", "norm")]
    [4, 0, None]
    """
    block = BLOCK_NUMBER.search(name)
    if block:
        return int(block.group(1)) + 1
    return 0 if re.search(r"embed|wte|wpe", name) else None
