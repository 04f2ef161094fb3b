"""What a user hands to a model, checked and in one form: whole numbers, seeds, lists of prompts, token ids.

Knows Python, numpy and torch containers, and what a tokenizer returns. Does not know a vocabulary or a model:
``tokenization`` does. Whatever is refused is refused here, with its value and what to give instead, before another
library stumbles over it. Where a number is meant, 3.0 is 3, and 3.5, True and "3" are no numbers.
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

IDS, MASK = "input_ids", "attention_mask"

OF_A_TOKENIZER = frozenset({
    IDS, MASK, "token_type_ids", "special_tokens_mask", "offset_mapping", "length", "overflowing_tokens",
    "num_truncated_tokens", "overflow_to_sample_mapping", "labels", "assistant_masks",
})  # fmt: skip
"""What a tokenizer returns; besides ids and mask none of it changes a causal model's states."""

BRACKETS = "put the ids of one text in brackets of their own: [[1, 2, 3]]"


# -- numbers ----------------------------------------------------------------------------------------------------------


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
        llmgeo.errors.UsageError: batch_size is True; give a whole number from 1 on.
    """
    number = _whole(value)
    if number is None or number < least:
        raise UsageError(f"{name} is {shown(value)}; give a whole number from {least} on.")
    return number


def real_number(value: Any) -> float | None:
    """The value as a float, or None where it is no finite real number."""
    value = _scalar(value)
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
    single = _whole(seed)
    if single is not None and single >= 0:
        return [int(np.random.SeedSequence([single, row]).generate_state(1, np.uint64)[0] >> 1) for row in range(rows)]
    if single is not None or isinstance(seed, (str, bytes, Mapping, AnySet)) or not _is_iterable(seed):
        raise UsageError(f"seed is {shown(seed)}; give a whole number from 0 on, or a list with one for each prompt.")
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
    if isinstance(values, (str, bytes, Mapping, AnySet)) or not _is_iterable(values):
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


def _whole(value: Any) -> int | None:
    value = _scalar(value)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):  # nan and infinity
        return None
    return number if number == value else None


def _scalar(value: Any) -> Any:
    """What a tensor or array without axes holds."""
    if isinstance(value, torch.Tensor) and value.dim() == 0 and value.device.type != "meta":
        return value.item()
    return value.item() if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0 else value


def _is_iterable(value: Any) -> bool:
    """A tensor without axes has an ``__iter__``, and refuses."""
    return isinstance(value, Iterable) and getattr(value, "ndim", 1) != 0


# -- token ids --------------------------------------------------------------------------------------------------------


def token_ids(value: Any, name: str) -> tuple[int, ...]:
    """The ids of one text: a list, an array or a tensor of any integer type, or what a tokenizer gave for one text.

    Args:
        name: of the text, for messages: ``"prompt 3"``.

    Raises:
        UsageError: anything else; several texts.

    Example:
        >>> token_ids(np.array([1, 2], dtype=np.uint8), "the text"), token_ids({"input_ids": [[3, 4]]}, "the text")
        ((1, 2), (3, 4))
        >>> token_ids([1.7], "the text")
        Traceback (most recent call last):
          ...
        llmgeo.errors.UsageError: The text has 1.7 at place 0 of its token ids; an id is a whole number.
    """
    if isinstance(value, Mapping):
        rows = _rows_of_tokenizer(value, name)
        if len(rows) != 1:
            raise UsageError(f"{_capital(name)} holds the token ids of {len(rows)} texts; give one text's.")
        return rows[0]
    values = _listed(value, name)
    if len(values) == 1 and getattr(value, "ndim", 1) == 2:  # as tokenizers give one text's
        [values] = values
    if all(type(token) is int for token in values):
        return tuple(values)
    return tuple(_token(token, place, name) for place, token in enumerate(values))


def _token(value: Any, place: int, name: str) -> int:
    number = _whole(value)
    if number is not None:
        return number
    if isinstance(value, Mapping):
        raise UsageError(
            f"{_capital(name)} is a list with a dict in it, {shown(value)}, where token ids belong. Messages of a chat "
            "become a text by tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)."
        )
    if isinstance(value, str):
        raise UsageError(
            f"{_capital(name)} is a list with a text in it, {shown(value)}, where token ids belong; give the text "
            "itself, without brackets."
        )
    if _is_iterable(value):
        raise UsageError(
            f"{_capital(name)} holds {shown(value)} at place {place}, where a token id belongs. Give one text's ids; "
            "several texts go to generate, or to read_batches."
        )
    raise UsageError(f"{_capital(name)} has {shown(value)} at place {place} of its token ids; an id is a whole number.")


def _listed(value: Any, name: str) -> list[Any]:
    """The values as a list; arrays and tensors by their own conversion."""
    if isinstance(value, torch.Tensor):
        value = _numbers_of(value, name)
    if isinstance(value, (str, bytes, bytearray, memoryview, AnySet, Mapping)) or not _is_iterable(value):
        raise UsageError(f"{_capital(name)} is {shown(value)}; give a text or a list of token ids.")
    return value.tolist() if isinstance(value, np.ndarray) else list(value)


def _numbers_of(value: torch.Tensor, name: str) -> np.ndarray:
    if value.device.type == "meta" or value.layout is not torch.strided or value.is_nested or value.is_quantized:
        raise UsageError(
            f"{_capital(name)} is a tensor without plain numbers ({value.device}, {value.dtype}); give a list."
        )
    value = value.detach().cpu()
    return (value.double() if value.is_floating_point() else value).resolve_conj().resolve_neg().numpy()


# -- lists of texts ---------------------------------------------------------------------------------------------------


def prompt_list(value: Any, method: str, padding: int | None = None) -> list[Any]:
    """The prompts one by one, texts and ids still to be read: a list of them, a table ``[texts, tokens]`` of ids, or
    what a tokenizer gave for several texts, less its padding.

    Args:
        method: that they were given to, for messages.
        padding: the tokenizer's padding token, which may not hide in a table of ids.

    Raises:
        UsageError: one text instead of several; something that is no list.

    Example:
        >>> prompt_list({"input_ids": [[1, 2], [3, 0]], "attention_mask": [[1, 1], [1, 0]]}, "generate")
        [(1, 2), (3,)]
        >>> prompt_list([1, 2, 3], "generate")
        Traceback (most recent call last):
          ...
        llmgeo.errors.UsageError: Prompt 0 is 1, no text; put the ids of one text in brackets of their own: [[1, 2, 3]].
    """
    if isinstance(value, (str, bytes, bytearray)):
        raise UsageError(f"{method} takes a list of prompts; put the text in brackets: [text].")
    if isinstance(value, Mapping):
        if _is_flat(value.get(IDS)):
            raise UsageError(f"{method} takes a list of prompts, and these are the ids of one; put it in brackets.")
        return list(_rows_of_tokenizer(value, "what was given"))
    is_table = isinstance(value, (np.ndarray, torch.Tensor)) and value.ndim == 2
    if (
        isinstance(value, (AnySet, memoryview))
        or not _is_iterable(value)
        or (getattr(value, "ndim", 1) > 1 and not is_table)
    ):
        raise UsageError(f"{method} takes a list of prompts, texts or lists of token ids, not {shown(value)}.")
    prompts = _listed(value, "the prompts")
    for place, prompt in enumerate(prompts):
        if isinstance(_scalar(prompt), numbers.Number):
            raise UsageError(f"Prompt {place} is {shown(prompt)}, no text; {BRACKETS}.")
    if is_table:
        _refuse_padding(prompts, padding)
    return prompts


def _refuse_padding(rows: Sequence[Sequence[Any]], padding: int | None) -> None:
    """In a table of ids, texts of unequal length were padded, and nothing says where."""
    at_edge = [padding in (row[:1] + row[-1:]) for row in rows]
    if padding is not None and any(at_edge) and not all(at_edge):
        raise UsageError(
            f"Prompt {at_edge.index(True)} begins or ends with the padding token {padding}, which would be read as "
            "text. Give all that the tokenizer returned, its attention_mask included, or a list of lists of ids."
        )


def _rows_of_tokenizer(encoding: Mapping, name: str) -> list[tuple[int, ...]]:
    """The ids of each text, less its padding."""
    unknown = [key for key in encoding if key not in OF_A_TOKENIZER]
    if IDS not in encoding or unknown:
        keys = ", ".join(map(shown, unknown or encoding)) or "nothing"
        raise UsageError(
            f"{_capital(name)} is a dict with {keys}; a tokenizer's output has {IDS}, which are read, and "
            f"{MASK}, which tells its padding. Give texts, or lists of token ids."
        )
    rows, masks = encoding[IDS], encoding.get(MASK)
    if _is_flat(rows):
        rows, masks = [rows], masks if masks is None else [masks]
    rows = _listed(rows, name)
    masks = [None] * len(rows) if masks is None else _listed(masks, f"the {MASK} of {name}")
    if len(masks) != len(rows):
        raise UsageError(f"{_capital(name)} has {len(rows)} rows of {IDS} and {len(masks)} of {MASK}.")
    return [_unpadded(token_ids(ids, name), mask, name) for ids, mask in zip(rows, masks, strict=True)]


def _is_flat(ids: Any) -> bool:
    """Whether these are one text's ids."""
    if getattr(ids, "ndim", None) is not None:
        return ids.ndim == 1
    return isinstance(ids, Sequence) and not any(map(_is_iterable, ids))


def _unpadded(ids: tuple[int, ...], mask: Any, name: str) -> tuple[int, ...]:
    if mask is None:
        return ids
    seen = tuple(
        _whole(int(token) if isinstance(token, bool) else token) for token in _listed(mask, f"the {MASK} of {name}")
    )
    first, length = (seen.index(1), seen.count(1)) if 1 in seen else (0, 0)
    if len(seen) != len(ids) or seen != (0,) * first + (1,) * length + (0,) * (len(ids) - first - length):
        raise UsageError(
            f"The {MASK} of {name} must be 1 at the text and 0 at padding before or after it, one number a token; it "
            f"is {shown(mask)}. Give the ids that are to be read, as a list."
        )
    return ids[first : first + length]


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
