"""The texts a user hands to a model, checked and in one form: a text, token ids, a tokenizer's output, lists of them.

Knows Python, numpy and torch containers, and what a tokenizer returns. Does not know a vocabulary or a model:
``tokenization`` does. Whatever is refused is refused here, with its value and what to give instead, before another
library stumbles over it.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AnySet
from typing import Any

import numpy as np
import torch

from llmgeo.errors import UsageError
from llmgeo.messages import shown
from llmgeo.model.settings import is_iterable, scalar_of, whole_or_none

IDS, MASK = "input_ids", "attention_mask"

OF_A_TOKENIZER = frozenset({
    IDS, MASK, "token_type_ids", "special_tokens_mask", "offset_mapping", "length", "overflowing_tokens",
    "num_truncated_tokens", "overflow_to_sample_mapping", "labels", "assistant_masks",
})  # fmt: skip
"""What a tokenizer returns; besides ids and mask none of it changes a causal model's states."""

BRACKETS = "put the ids of one text in brackets of their own: [[1, 2, 3]]"

CHAT = (
    "Messages of a chat become a text by the template of the model's tokenizer: "
    "model.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True). Give that text."
)


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
    number = whole_or_none(value)
    if number is not None:
        return number
    if isinstance(value, Mapping):
        raise UsageError(
            f"{_capital(name)} is a list with a dict in it, {shown(value)}, where token ids belong. {CHAT}"
        )
    if isinstance(value, str):
        raise UsageError(
            f"{_capital(name)} is a list with a text in it, {shown(value)}, where token ids belong; give the text "
            "itself, without brackets."
        )
    if is_iterable(value):
        raise UsageError(
            f"{_capital(name)} holds {shown(value)} at place {place}, where a token id belongs. Give one text's ids, "
            "or a list with the ids of each text."
        )
    raise UsageError(f"{_capital(name)} has {shown(value)} at place {place} of its token ids; an id is a whole number.")


def _listed(value: Any, name: str) -> list[Any]:
    """The values as a list; arrays and tensors by their own conversion."""
    if isinstance(value, torch.Tensor):
        value = _numbers_of(value, name)
    if isinstance(value, (str, bytes, bytearray, memoryview, AnySet, Mapping)) or not is_iterable(value):
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


def one_or_several(value: Any) -> tuple[Any, bool]:
    """What was given, and whether it is several texts: a list of numbers is one text's ids, a list of anything else is
    several texts. An iterator comes back as a list.

    A tokenizer's output and a table of ids are one text where they have one row, as tokenizers give one text's.

    Example:
        >>> [one_or_several(value)[1] for value in ("a", [1, 2], ["a"], [[1, 2]], np.ones((1, 2)), np.ones((2, 2)))]
        [False, False, True, True, False, True]
    """
    if isinstance(value, Iterator):
        value = list(value)
    if isinstance(value, Mapping):
        rows = value.get(IDS)
        return value, rows is not None and not _is_flat(rows) and is_iterable(rows) and len(rows) != 1
    if isinstance(value, (np.ndarray, torch.Tensor)) and value.ndim != 1:
        return value, value.ndim == 2 and len(value) != 1
    if isinstance(value, (str, bytes, bytearray, memoryview, AnySet)) or not is_iterable(value):
        return value, False
    first = next(iter(value), None)
    return value, isinstance(first, (str, Mapping)) or is_iterable(first)


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
        or not is_iterable(value)
        or (getattr(value, "ndim", 1) > 1 and not is_table)
    ):
        raise UsageError(f"{method} takes a list of prompts, texts or lists of token ids, not {shown(value)}.")
    prompts = _listed(value, "the prompts")
    for place, prompt in enumerate(prompts):
        if isinstance(scalar_of(prompt), numbers.Number):
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
    if "role" in encoding and "content" in encoding:
        raise UsageError(f"{_capital(name)} is a message of a chat, {shown(dict(encoding))}. {CHAT}")
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
    return isinstance(ids, Sequence) and not any(map(is_iterable, ids))


def _unpadded(ids: tuple[int, ...], mask: Any, name: str) -> tuple[int, ...]:
    if mask is None:
        return ids
    listed = _listed(mask, f"the {MASK} of {name}")
    seen = tuple(whole_or_none(int(token) if isinstance(token, bool) else token) for token in listed)
    first, length = (seen.index(1), seen.count(1)) if 1 in seen else (0, 0)
    if len(seen) != len(ids) or seen != (0,) * first + (1,) * length + (0,) * (len(ids) - first - length):
        raise UsageError(
            f"The {MASK} of {name} must be 1 at the text and 0 at padding before or after it, one number a token; it "
            f"is {shown(mask)}. Give the ids that are to be read, as a list."
        )
    return ids[first : first + length]


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
