"""What changed in the weights, matrix by matrix, without a forward pass. Knows tensors and safetensors; no states.

One matrix of each model is held at a time, whatever the models' size. Of each pair: the relative change ‖ΔW‖/‖W‖, the
stable rank ‖ΔW‖²/σ₁² of the change, its largest singular values, and the effective rank (exponential of the entropy of
the normalised singular values: Roy & Vetterli 2007) of the base's matrix, the tuned one's and the change. A matrix with
more than ``LARGEST_SIDE`` rows and columns has no spectrum here; embeddings are long and narrow, and have one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import torch
from safetensors import safe_open

from llmgeo import measures
from llmgeo.errors import ModelError

ROUNDING = {"bfloat16": 2.0**-9, "float16": 2.0**-12, "float32": 2.0**-25}
"""Largest relative change of a number that is rounded to this format: half the distance to its neighbour."""

LARGEST_SIDE = 8192
"""A longer shorter side would need minutes and gigabytes for one spectrum."""

KEPT = 64
"""Singular values of a change that are stored, the largest first."""

ROWS = 512
"""Rows of a matrix whose TwoNN dimension is measured, evenly spaced: the estimate drifts with their number."""

BLOCK_NUMBER = re.compile(r"\.(\d+)\.")


@dataclass(frozen=True)
class Change:
    """One matrix in both models.

    Attributes:
        name: its dotted name.
        layer: the number of its block, 1 … L, whose output it changes; 0 for embeddings, None for the rest.
        values: by measure.
        nulls: the same, where the base's weights moved by rounding stand for the tuned ones.
        singular_values: of the change, the largest first; empty if nothing changed or the matrix is too large.
    """

    name: str
    layer: int | None
    values: Mapping[str, float]
    nulls: Mapping[str, float]
    singular_values: np.ndarray


class ModuleWeights(AbstractContextManager):
    """The weights of a model in memory, by name; tied weights appear once."""

    def __init__(self, module: torch.nn.Module):
        self._parameters = {name: parameter.detach() for name, parameter in module.named_parameters()}

    def names(self) -> list[str]:
        return list(self._parameters)

    def get(self, name: str) -> torch.Tensor:
        return self._parameters[name]

    def __exit__(self, *_: object) -> None:
        return None


class FolderWeights(AbstractContextManager):
    """The weights in a folder's safetensors files, read one tensor at a time."""

    def __init__(self, folder: Path | str):
        files = sorted(Path(folder).glob("*.safetensors"))
        if not files:
            raise ModelError(f"{folder} holds no .safetensors file; save the model there with save_pretrained.")
        self._open = [safe_open(file, framework="pt") for file in files]
        self._home = {name: file for file in self._open for name in file.keys()}  # noqa: SIM118 - no mapping

    def names(self) -> list[str]:
        return list(self._home)

    def get(self, name: str) -> torch.Tensor:
        return self._home[name].get_tensor(name)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for file in self._open:
            file.__exit__(kind, error, traceback)


Weights = ModuleWeights | FolderWeights


def jittered(weights: torch.Tensor, number_format: str, generator: torch.Generator) -> torch.Tensor:
    """The weights, each moved by a random share of what rounding to the format could move it by.

    >>> weights = torch.ones(3)
    >>> moved = jittered(weights, "bfloat16", torch.Generator().manual_seed(0))
    >>> bool((moved != weights).all()), bool(((moved - weights).abs() <= 2**-9).all())
    (True, True)
    """
    share = torch.rand(weights.shape, generator=generator) * 2 - 1
    return weights * (1 + ROUNDING[number_format] * share.to(weights.device, torch.float32))


def compare_weights(base: Weights, tuned: Weights, jitter: str = "bfloat16") -> Iterator[Change]:
    """Every weight matrix that both models have, in the base's order; vectors (norms, biases) give their change alone.

    A tuned model that knows more tokens has longer embeddings: the rows that both have are compared.

    Args:
        jitter: the number format whose rounding is the noise floor.

    Raises:
        ModelError: a weight has another shape in the other model.

    Example:
        >>> from llmgeo.model.sources.toy import toy_model
        >>> toy = ModuleWeights(toy_model())
        >>> {change.values["relative_change"] for change in compare_weights(toy, toy)}
        {0.0}
    """
    shared = set(tuned.names())
    for name in base.names():
        if name not in shared:
            continue
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
            yield _change(name, before, after, jitter)


def _change(name: str, before: torch.Tensor, after: torch.Tensor, jitter: str) -> Change:
    rounded = jittered(before, jitter, torch.Generator().manual_seed(0))
    alone = _spectrum_and_rows(before)
    values, singular = _measured(before, after, alone)
    nulls = _measured(before, rounded, alone)[0] if values["relative_change"] else {}
    return Change(name, layer_of(name), values, nulls, singular[:KEPT])


Alone = tuple[np.ndarray, float] | None
"""What is measured of one matrix by itself: its singular values, and its rows' dimension."""


def _spectrum_and_rows(weights: torch.Tensor) -> Alone:
    if weights.ndim != 2 or not 1 < min(weights.shape) <= LARGEST_SIDE:
        return None
    weights = weights.to(torch.float64)
    return singular_values(weights), row_dimension(weights)


def _measured(before: torch.Tensor, after: torch.Tensor, alone: Alone) -> tuple[dict[str, float], np.ndarray]:
    """Every measure of a pair of tensors, and the singular values of its change; ``alone`` is what is of the first."""
    before, after = before.to(torch.float64), after.to(before.device, torch.float64)
    delta = after - before
    size, norm = float(before.norm()), float(delta.norm())
    values = {"relative_change": norm / size if size > 0 else (0.0 if norm == 0 else float("nan"))}
    singular = np.empty(0)
    if alone is not None:
        both = {"base": alone, "tuned": _spectrum_and_rows(after) if norm > 0 else alone}
        values |= {f"effective_rank_{which}": effective_rank(spectrum) for which, (spectrum, _) in both.items()}
        values |= {f"row_dimension_{which}": dimension for which, (_, dimension) in both.items()}
        if norm > 0:
            singular = singular_values(delta)
            values["stable_rank_of_change"] = float((singular**2).sum() / singular[0] ** 2)
            values["effective_rank_of_change"] = effective_rank(singular)
    return values, singular


def singular_values(matrix: torch.Tensor) -> np.ndarray:
    """``[min(rows, columns)]`` float64, the largest first, from the smaller Gram matrix: half the digits, and fast."""
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    return torch.linalg.eigvalsh(wide @ wide.T).clamp(min=0).sqrt().flip(0).cpu().numpy()


def effective_rank(singular: np.ndarray) -> float:
    """Exponential of the entropy of the normalised singular values.

    >>> round(effective_rank(np.ones(7)), 6)
    7.0
    """
    total = singular.sum()
    if not total > 0:
        return float("nan")
    shares = singular[singular > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def row_dimension(matrix: torch.Tensor) -> float:
    """TwoNN dimension of a matrix's rows as points; nan where they are too few."""
    step = -(-matrix.shape[0] // ROWS)
    estimate = measures.two_nn(matrix[::step])
    return float(estimate.value) if estimate.usable else float("nan")


def layer_of(name: str) -> int | None:
    """
    >>> [layer_of(f"model.{name}.weight") for name in ("layers.3.mlp.up_proj", "embed_tokens", "norm")]
    [4, 0, None]
    """
    found = BLOCK_NUMBER.search(name)
    if found:
        return int(found.group(1)) + 1
    return 0 if re.search(r"embed|wte|wpe", name) else None
