"""The numbers a user hands to a model, checked: whole numbers, seeds, a value for each row.

Knows Python, numpy and torch scalars. Does not know texts or a model. Where a number is meant, 3.0 is 3, and 3.5, True
and "3" are no numbers.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AnySet
from typing import Any

import numpy as np
import torch

from llmgeo.errors import UsageError
from llmgeo.messages import shown


def whole_number(value: Any, name: str, least: int = 0) -> int:
    """The value as an int.

    Raises:
        UsageError: it is no whole number, or below ``least``.

    Example:
        >>> whole_number(np.int16(3), "batch_size", 1), whole_number(torch.tensor(3.0), "batch_size", 1)
        (3, 3)
        >>> whole_number(True, "batch_size", 1)
        Traceback (most recent call last):
          ...
        llmgeo.errors.UsageError: batch_size is True; give a whole number from 1.
    """
    number = whole_or_none(value)
    if number is None or number < least:
        raise UsageError(f"{name} is {shown(value)}; give a whole number from {least}.")
    return number


def real_number(value: Any) -> float | None:
    """The value as a float, or None where it is no finite real number."""
    value = scalar_of(value)
    if not isinstance(value, numbers.Real) or isinstance(value, (bool, np.bool_)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def row_seeds(seed: Any, rows: int) -> list[int]:
    """A seed for each row: made of one seed and the row's place, or as given.

    Args:
        seed: a whole number from 0 on, or one for each row.

    Raises:
        UsageError: another value, or another number of seeds.

    Example:
        >>> row_seeds([4, 2], 2), len(set(row_seeds(0, 3)))
        ([4, 2], 3)
    """
    single = whole_or_none(seed)
    if single is not None and single >= 0:
        return [int(np.random.SeedSequence([single, row]).generate_state(1, np.uint64)[0] >> 1) for row in range(rows)]
    if single is not None or isinstance(seed, (str, bytes, Mapping, AnySet)) or not is_iterable(seed):
        raise UsageError(f"seed is {shown(seed)}; give a whole number from 0, or a list with one for each prompt.")
    seeds = [whole_number(row_seed, f"seed of prompt {row}") for row, row_seed in enumerate(seed)]
    return of_every_row(seeds, rows, "seed")


def prompt_lengths_of(values: Any, lengths: Sequence[int]) -> list[int]:
    """How many tokens of each text are its prompt: none, where nothing is said.

    Args:
        values: None, or a number for each text.
        lengths: of the texts.

    Raises:
        UsageError: no numbers, not one for each text, or more tokens than a text has.

    Example:
        >>> prompt_lengths_of(None, [4, 5]), prompt_lengths_of((1, 5), [4, 5])
        ([0, 0], [1, 5])
    """
    if values is None:
        return [0] * len(lengths)
    if isinstance(values, (str, bytes, Mapping, AnySet)) or not is_iterable(values):
        raise UsageError(f"prompt_lengths is {shown(values)}; give a list with a whole number for each text.")
    prompt_lengths = [whole_number(value, f"The prompt length of text {row}") for row, value in enumerate(values)]
    for row, (prompt, length) in enumerate(
        zip(of_every_row(prompt_lengths, len(lengths), "prompt_lengths"), lengths, strict=True)
    ):
        if prompt > length:
            raise UsageError(f"The prompt length of text {row} is {prompt}, but the text has {length} tokens.")
    return prompt_lengths


def of_every_row(values: Sequence[Any], rows: int, name: str) -> list[Any]:
    """The values as a list. Raises UsageError where there is not one for each row."""
    if len(values) != rows:
        raise UsageError(f"{name} has {len(values)} values for {rows} texts; give one for each, or one for all.")
    return list(values)


def whole_or_none(value: Any) -> int | None:
    """The value as an int, or None where it is no whole number."""
    value = scalar_of(value)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):  # nan and infinity
        return None
    return number if number == value else None


def scalar_of(value: Any) -> Any:
    """What a tensor or array without axes holds."""
    if isinstance(value, torch.Tensor) and value.dim() == 0 and value.device.type != "meta":
        return value.item()
    return value.item() if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0 else value


def is_iterable(value: Any) -> bool:
    """A tensor without axes has an ``__iter__``, and refuses."""
    return isinstance(value, Iterable) and getattr(value, "ndim", 1) != 0
