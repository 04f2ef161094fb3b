"""One row of a table of texts: what is read, what stands before it, its label, its group, and whatever else it has.

Knows what a row may look like and says in one sentence why one cannot be used. Does not know files, tokens or models.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from llmgeo.errors import RecipeError
from llmgeo.messages import did_you_mean, shown

TEXT, MESSAGES, PROMPT, ANSWER = "text", "messages", "prompt", "answer"
FORMS = ((TEXT,), (MESSAGES,), (PROMPT, ANSWER))
"""The columns that a row's text may stand in."""

ID, LABEL, GROUP = "id", "label", "group"
COLUMNS = (TEXT, MESSAGES, PROMPT, ANSWER, ID, LABEL, GROUP)

LIKELY = ("content", "completion", "response", "output", "generation", "body")
"""What columns of texts are often called elsewhere."""

LONGEST_WORD = 200
"""Characters of an id, a label or a group."""

MOST_FURTHER = 20_000
"""Characters that a row's further columns may take: they are kept in the run with every text."""


@dataclass(frozen=True)
class TextRow:
    """One text.

    Attributes:
        id: its name, unique in the table.
        where: where it stands, for messages: `answers.jsonl:12`.
        text: what is measured; of `messages`, "" until a chat template has made it.
        prompt: what stands before it and is not measured.
        messages: of a chat; None where there are none.
        label: what texts are set against each other by; None without.
        group: the unit of resampling; None where it is the row itself.
        further: the row's other columns, as JSON knows them.
    """

    id: str
    where: str
    text: str = ""
    prompt: str = ""
    messages: tuple[Mapping[str, Any], ...] | None = None
    label: str | None = None
    group: str | None = None
    further: Mapping[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """Everything but where it stands, as canonical JSON: equal text, equal row."""
        parts = [self.id, self.text, self.prompt, self.messages, self.label, self.group, self.further]
        return json.dumps(parts, sort_keys=True, separators=(",", ":"))


def check_columns(names: Iterable[object], where: str) -> None:
    """Raises RecipeError unless a table with these columns holds texts, and each column once."""
    names = list(names)
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        raise RecipeError(f"{where}: the column {shown(twice[0])} stands twice; rename or remove one of the two")
    if any(set(form) <= set(names) for form in FORMS):
        return
    raise RecipeError(f"{where}: {_no_text(names)}")


def _no_text(names: list[object]) -> str:
    """What to do with columns among which none holds texts."""
    if not names:
        return "there is no column at all; give a column text"
    if ANSWER in names:
        return "the column answer has no prompt beside it; add one, or call the column text"
    known = [name for name in names if isinstance(name, str)]
    likely = next((name for name in known if name.strip().lower() in (*COLUMNS, *LIKELY) and name not in COLUMNS), None)
    advice = f"rename {shown(likely)} to text" if likely else "rename the one that holds the texts to text"
    has = ", ".join(map(shown, names[:12])) + (" …" if len(names) > 12 else "")
    return f"no column is called text (or messages, or prompt and answer). There are: {has}; {advice}"


def text_row(row: Mapping[Any, Any], where: str, default_id: str) -> TextRow:
    """The row, checked.

    Args:
        row: values by column; what is missing is absent, None or nan.
        default_id: its name, where it has no column `id`.

    Raises:
        RecipeError: there is no text in it, or several; a value is of the wrong kind.

    >>> row = text_row({"text": "One day", "label": 1, "score": 0.5}, "table, row 1", "row-1")
    >>> row.text, row.label, row.id, row.further
    ('One day', '1', 'row-1', {'score': 0.5})
    """
    values = {name: value for name, value in row.items() if not _is_missing(value)}
    form = _form(values, where)
    texts = {name: _text(values[name], name, where) for name in form if name != MESSAGES}
    return TextRow(
        id=_word(values.get(ID), ID, where) or default_id,
        where=where,
        text=texts.get(TEXT) or texts.get(ANSWER, ""),
        prompt=texts.get(PROMPT, ""),
        messages=_messages(values[MESSAGES], where) if form == (MESSAGES,) else None,
        label=_word(values.get(LABEL), LABEL, where),
        group=_word(values.get(GROUP), GROUP, where),
        further=_further(row, where),
    )


def _form(values: Mapping[Any, Any], where: str) -> tuple[str, ...]:
    """Which columns hold the row's text."""
    given = [name for name in (TEXT, MESSAGES, PROMPT, ANSWER) if name in values]
    if (found := tuple(given)) in FORMS:
        return found
    if not given:
        near = next((name for name in values if isinstance(name, str) and name.strip().lower() in COLUMNS), None)
        meant = did_you_mean(str(near), COLUMNS) if near else "."
        raise RecipeError(f"{where}: there is no text here{meant} Write one, or remove the row")
    if found == (PROMPT,):
        raise RecipeError(f"{where}: the prompt has no answer; write one, or call the column text to measure it itself")
    if found == (ANSWER,):
        raise RecipeError(f"{where}: the answer has no prompt; write one, or call the column text")
    raise RecipeError(
        f"{where}: the row has {' and '.join(given)}, and only one of them can be measured: give text, or messages, or "
        "prompt and answer, and rename or remove the others"
    )


def _text(value: object, name: str, where: str) -> str:
    if not isinstance(value, str):
        raise RecipeError(f"{where}: {name} = {shown(value)} must be a text")
    if not value.strip():
        raise RecipeError(f"{where}: {name} is empty; write something there, or remove the row")
    _check_whole(value, name, where)
    return value


def _check_whole(value: str, name: str, where: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise RecipeError(f"{where}: {name} holds half of a surrogate pair, which is not text; remove it")


def _word(value: object, name: str, where: str) -> str | None:
    """An id, a label or a group as a word; None where it is missing or blank. 1 and 1.0 are the same word."""
    if value is None:
        return None
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool):
        word = str(value).lower()
    elif isinstance(value, float) and value.is_integer():
        word = str(int(value))
    elif isinstance(value, str | int | float):
        word = str(value).strip()
    else:
        raise RecipeError(f"{where}: {name} = {shown(value)} must be a word or a number")
    _check_whole(word, name, where)
    if len(word) > LONGEST_WORD or not word.isprintable():
        raise RecipeError(
            f"{where}: {name} = {shown(word)} must be one printable line of at most {LONGEST_WORD} characters"
        )
    return word or None


def _messages(value: object, where: str) -> tuple[Mapping[str, Any], ...]:
    """The messages of a chat, each with a role and a text; they may come as JSON in a text, as in a CSV."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise RecipeError(f"{where}: messages = {shown(value)} is not JSON; {_EXAMPLE}") from None
    value = _plain(value)
    if not isinstance(value, list) or not value:
        raise RecipeError(f"{where}: messages = {shown(value)} must be a list of messages; {_EXAMPLE}")
    for message in value:
        if not isinstance(message, dict) or not all(isinstance(message.get(key), str) for key in ("role", "content")):
            raise RecipeError(f"{where}: the message {shown(message)} needs a role and a content in words; {_EXAMPLE}")
        for key in ("role", "content"):
            _check_whole(message[key], f"the {key} of a message", where)
    if not value[-1]["content"].strip():
        raise RecipeError(f"{where}: the last message is empty; write something there, or remove the row")
    return tuple(value)


_EXAMPLE = 'write [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}]'


def _further(row: Mapping[Any, Any], where: str) -> dict[str, Any]:
    further = {str(name): _plain(value) for name, value in row.items() if name not in COLUMNS}
    length = len(json.dumps(further))
    if length > MOST_FURTHER:
        longest = max(further, key=lambda name: len(json.dumps(further[name])))
        raise RecipeError(
            f"{where}: the further columns have {length:,} characters, and at most {MOST_FURTHER:,} of a row are kept "
            f"with its text; take out the column {shown(longest)}"
        )
    return further


def _plain(value: Any) -> Any:
    """A value as JSON knows it; nothing is lost but its type."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return None if _is_missing(value) else str(value)


def _is_missing(value: object) -> bool:
    """None, nan, and pandas' marks of what is missing."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value
