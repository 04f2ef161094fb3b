"""What the number of a recipe's key may be, in words, read off its schema. Knows pydantic's fields, no recipe."""

from __future__ import annotations

import typing
from collections.abc import Iterator

import annotated_types
from pydantic.fields import FieldInfo

from llmgeo.messages import number_words


def allowed_number(field: FieldInfo | None) -> str:
    """What the number of a field may be.

    >>> allowed_number(FieldInfo.from_annotation(typing.Annotated[int, annotated_types.Ge(1)] | None))
    'a whole number from 1'
    """
    if field is None:
        return "a number"
    types = {*_leaves(field.annotation)}
    ends = {type(end): end for end in (*field.metadata, *_metadata(field.annotation))}
    at_least, above = ends.get(annotated_types.Ge), ends.get(annotated_types.Gt)
    at_most, below = ends.get(annotated_types.Le), ends.get(annotated_types.Lt)
    return number_words(
        float not in types,
        above.gt if above else at_least.ge if at_least else None,
        below.lt if below else at_most.le if at_most else None,
        above=above is not None,
        below=below is not None,
    )


def _leaves(annotation: object) -> Iterator[object]:
    parts = typing.get_args(annotation)
    yield from [leaf for part in parts for leaf in _leaves(part)] if parts else [annotation]


def _metadata(annotation: object) -> Iterator[object]:
    for extra in getattr(annotation, "__metadata__", ()):
        yield from extra.metadata if isinstance(extra, FieldInfo) else (extra,)
    for part in typing.get_args(annotation):
        yield from _metadata(part)
