"""The layers that a user asks for, by number. Knows how many blocks a model has; no model, and no torch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from numbers import Integral

from llmgeo.errors import UsageError
from llmgeo.messages import option

Layers = str | int | Sequence[int] | None
"""One layer, several (a list, a range), or a text such as ``"0,8,20-22"``; None for all of them."""


def wanted_layers(
    layers: Layers, blocks: int, whole: str = "this model, which has 0 (the embedding output)"
) -> tuple[int, ...] | None:
    """The layers asked for, ascending; None for all of 0 to ``blocks``.

    Args:
        whole: what has them, and how its first is called, for the message.

    >>> wanted_layers("0, 8, 20-22", blocks=30)
    (0, 8, 20, 21, 22)
    >>> wanted_layers(range(0, 31, 10), blocks=30), wanted_layers(8, blocks=30)
    ((0, 10, 20, 30), (8,))

    Raises:
        UsageError: no layer numbers, or layers that the model does not have.
    """
    if layers is None:
        return None
    if _is_number(layers):
        layers = [layers]
    spans = layers.split(",") if isinstance(layers, str) else _numbers_as_spans(layers)
    numbers: set[int] = set()
    for span in spans:
        matched = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", span, re.ASCII)
        first, last = (int(matched[1]), int(matched[2] or matched[1])) if matched else (0, -1)
        if not first <= last <= blocks:
            raise UsageError(
                f"{option('layers', layers)}: {span.strip()!r} names no layers of {whole} to {blocks}. "
                f"{_how_to_name_layers(layers, blocks)}"
            )
        numbers |= set(range(first, last + 1))
    return tuple(sorted(numbers))


def _numbers_as_spans(layers: object) -> list[str]:
    numbers = list(layers) if isinstance(layers, Iterable) else []
    if not numbers or not all(map(_is_number, numbers)):
        raise UsageError(
            f"{option('layers', layers)}: give layers by number, such as {option('layers', [0, 8])}, a text such as "
            "'0,8,20-22', or leave it out."
        )
    return [str(int(layer)) for layer in numbers]


def _how_to_name_layers(layers: object, blocks: int) -> str:
    if isinstance(layers, str):
        return f"Write numbers and spans, such as {option('layers', f'0,{blocks // 2}-{blocks}')}."
    return f"Give numbers, such as {option('layers', [0, blocks])}."


def _is_number(layer: object) -> bool:
    return isinstance(layer, Integral) and not isinstance(layer, bool)
