"""A table of texts of one's own, from a file, a folder, a pandas table or a list; checked as a whole, with a digest.

Knows rows and where they came from. Does not know tokens, models, or what is made of labels.

>>> table = read_texts([{"text": "One day", "label": "a"}, {"text": "One night", "label": "b"}])
>>> table.labels, [row.id for row in table.rows]
(('a', 'b'), ['row-1', 'row-2'])
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from llmgeo.errors import RecipeError
from llmgeo.messages import counted, option, shown
from llmgeo.texts.table_files import MOST_BYTES, MOST_ROWS, Rows, rows_of, too_much
from llmgeo.texts.text_rows import TextRow, check_columns, text_row

IN_MEMORY = "texts"
"""What a table is called that came from no file."""


@dataclass(frozen=True)
class TextTable:
    """Texts in their order.

    Attributes:
        name: what messages call it.
        rows: at least one; their ids differ, and all of them have a label or none has.
    """

    name: str
    rows: tuple[TextRow, ...]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every label, in the order in which they first appear; empty without labels."""
        return tuple(dict.fromkeys(row.label for row in self.rows if row.label is not None))

    @cached_property
    def has_groups(self) -> bool:
        return any(row.group is not None for row in self.rows)

    @cached_property
    def digest(self) -> str:
        """Of everything in the rows: another file of the same name is another table."""
        digest = hashlib.sha256()
        for row in self.rows:
            digest.update(row.content.encode("ascii") + b"\n")
        return digest.hexdigest()[:16]

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of results should know of the table: rows that are not independent, and nothing ties them."""
        return tuple(_remarks(self.rows)) if not self.has_groups else ()


def read_texts(source: Any, beside: Path | None = None) -> TextTable:
    """The texts of a file (.jsonl, .csv, .tsv, .parquet), a folder of .txt files, a pandas table, or a list.

    A row has a `text`; or `messages`, which the model's chat template makes a text of; or a `prompt` and an `answer`.
    It may have an `id`, a `label` and a `group`; all further columns are kept.

    Args:
        source: a path, a table with columns, or a list of texts or of rows.
        beside: the recipe that names the file. A relative path starts at the recipe's folder; where nothing is there,
            at the current one.

    Raises:
        RecipeError: with one message: where, what is wrong, what to do.
    """
    if isinstance(source, str | os.PathLike):
        name, columns, rows = rows_of(_found(Path(source), beside))
    else:
        name, columns, rows = IN_MEMORY, *_rows_in_memory(source)
    if columns is not None:
        check_columns(columns, name)
    found = tuple(_checked(name, rows, has_header=columns is not None))
    _check_whole(name, found)
    return TextTable(name, found)


def _found(path: Path, beside: Path | None) -> Path:
    if beside is None or path.is_absolute():
        return path
    at_recipe = beside.parent / path
    return at_recipe if os.path.lexists(at_recipe) or not os.path.lexists(path) else path


def _rows_in_memory(source: Any) -> tuple[list[Any] | None, Rows]:
    if hasattr(source, "to_pandas"):  # polars, datasets, pyarrow
        source = source.to_pandas()
    if hasattr(source, "columns") and hasattr(source, "to_dict"):
        rows = source.to_dict("records")
        return list(source.columns), ((f"row {number} of the table", row) for number, row in enumerate(rows, 1))
    if isinstance(source, str | bytes | Mapping) or not isinstance(source, Iterable):
        raise RecipeError(
            f"{option('texts', source)}: give the path of a file or folder, a pandas table, or a list of texts"
        )
    return None, _listed(source)


def _listed(source: Iterable[Any]) -> Rows:
    for number, given in enumerate(source, start=1):
        where = f"text {number}"
        if isinstance(given, str):
            yield where, {"text": given}
        elif isinstance(given, Mapping):
            yield where, given
        else:
            raise RecipeError(f'{where} is {shown(given)}; give a text, or a row like {{"text": "Once", "label": "a"}}')


def _checked(name: str, rows: Rows, has_header: bool) -> Iterator[TextRow]:
    """The rows, each checked by itself, as long as there is room for them."""
    characters = 0
    for number, (where, values) in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise RecipeError(f"{name} has more than {MOST_ROWS:,} rows; split it")
        if number == 1 and not has_header:
            check_columns(values, where)
        row = text_row(values, where, f"row-{number}")
        characters += len(row.content)
        if characters > MOST_BYTES:
            raise too_much(name)
        yield row


def _check_whole(name: str, rows: tuple[TextRow, ...]) -> None:
    """Raises RecipeError for rows that do not go together."""
    if not rows:
        raise RecipeError(f"{name} holds no text; write one row for each, with a column text")
    where_of: dict[str, str] = {}
    for row in rows:
        if row.id in where_of:
            raise RecipeError(
                f"{row.where}: the id {shown(row.id)} stands already at {where_of[row.id]}; every text needs its own. "
                "Change one, or call the column group if it says which texts belong together"
            )
        where_of[row.id] = row.where
    for column in ("label", "group"):
        without = [row for row in rows if getattr(row, column) is None]
        if without and len(without) < len(rows):
            raise RecipeError(
                f"{without[0].where}: there is no {column} here, and {counted(len(rows) - len(without), 'other row')} "
                f"have one; give every row a {column}, or none"
            )


def _remarks(rows: tuple[TextRow, ...]) -> Iterator[str]:
    texts = Counter((row.prompt, row.text, repr(row.messages)) for row in rows)
    again = sum(count - 1 for count in texts.values())
    if again:
        yield (
            f"{counted(again, 'text')} {'repeats' if again == 1 else 'repeat'} another word for word and "
            f"{'counts' if again == 1 else 'count'} as a case of {'its' if again == 1 else 'their'} own: give a column "
            "group to have repeats count as one."
        )
    prompts = Counter(row.prompt or _asked(row) for row in rows)
    shared = sum(count for prompt, count in prompts.items() if prompt and count > 1)
    if shared > again + 1:
        yield (
            f"{counted(shared, 'text')} share their prompt with another and count as independent cases: give a column "
            "group, such as the prompt, to resample by prompt."
        )


def _asked(row: TextRow) -> str:
    """What a chat's last message answers."""
    return repr(row.messages[:-1]) if row.messages and len(row.messages) > 1 else ""
