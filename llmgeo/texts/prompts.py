r"""The texts that an experiment starts from: a `.jsonl` file of prompts, a `.txt` file with one a line, or a list.

A line of `.jsonl` is an object with the keys `id`, `text` and, if wanted, `kind` (what sort of text it is) and `group`
(what it was taken from: texts of one book are no independent draws):

    {"id": "story-01", "kind": "story", "text": "The lighthouse keeper had not spoken to anyone since"}

The order is kept: a recipe's `limit` takes the first ones. Does not know tokens, nor what a prompt is used for.

>>> prompts = read_prompts("coherence.jsonl")
>>> len(prompts) >= 96, prompts[0].kind
(True, 'story')
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmgeo.errors import RecipeError
from llmgeo.messages import did_you_mean, shown
from llmgeo.user_file import UserFile, decode, read_path, read_shipped, shipped

SHIPPED = "llmgeo.prompts"
SUFFIXES = (".jsonl", ".txt")
OTHER_TEXTS = ".edits.jsonl"  # sentences in several versions, see `llmgeo.texts.edits`
_KEYS = ("id", "kind", "group", "text")


@dataclass(frozen=True)
class Prompt:
    """One text to start from. `kind` is `text` where the file says nothing; a text without a `group` is its own."""

    id: str
    text: str
    kind: str = "text"
    group: str | None = None


def given_prompts(texts: Iterable[object]) -> tuple[Prompt, ...]:
    """The prompts that a caller holds: texts, objects with the keys of a `.jsonl` line, or `Prompt`s, in their order.

    A text without an id is called by its place, `prompt-1`.

    Raises RecipeError, with one message: which prompt, what is wrong, what to do.

    >>> given_prompts(["Once upon", {"id": "b", "text": "Twice", "kind": "story", "group": "book 2"}])[1]
    Prompt(id='b', text='Twice', kind='story', group='book 2')
    >>> given_prompts(["Once upon"])[0].id
    'prompt-1'
    """
    if isinstance(texts, Mapping):
        raise RecipeError(f"the prompts are {shown(texts)}; give a list of texts")
    placed = [(f"prompt {place}", given) for place, given in enumerate(texts, start=1)]
    prompts = [(where, _given_prompt(given, where)) for where, given in placed]
    if not prompts:
        raise RecipeError("the list of prompts is empty; give at least one text")
    return _each_once(prompts)


def _given_prompt(given: object, where: str) -> Prompt:
    if isinstance(given, Prompt):
        return given
    if isinstance(given, Mapping):
        return _prompt(_Pairs({"id": where.replace(" ", "-"), **given}.items()), where)
    if not isinstance(given, str):
        raise RecipeError(f"{where} is {shown(given)}; give a text, or an object like {_example('.jsonl')}")
    return Prompt(where.replace(" ", "-"), given)


def _each_once(placed: Iterable[tuple[str, Prompt]]) -> tuple[Prompt, ...]:
    """The prompts, each checked and there once.

    Args:
        placed: each with where it stands, for messages.
    """
    prompts: list[Prompt] = []
    where_of: dict[tuple[str, str], str] = {}
    for where, prompt in placed:
        _check(prompt, where)
        for key in ("id", "text"):
            value = (key, getattr(prompt, key))
            if value in where_of:
                raise RecipeError(
                    f"{where}: the {key} {shown(value[1])} stands {where_of[value]} already; prompts are what is "
                    "resampled, so each needs its own. Change or remove one of the two"
                )
            where_of[value] = f"on line {where.rpartition(':')[2]}" if ":" in where else f"at {where}"
        prompts.append(prompt)
    return tuple(prompts)


def read_prompts(name_or_path: str | os.PathLike[str], beside: Path | None = None) -> tuple[Prompt, ...]:
    """All prompts of a file, in its order.

    A file name without a folder is looked for beside the recipe that names it (`beside`, the recipe's path), then among
    the files that come with llmgeo; a relative path starts at the recipe's folder, or, without one, at the current one.

    Raises RecipeError, with one message: file, line, what is wrong, what to do.
    """
    file = _find(os.fspath(name_or_path), beside)
    suffix = Path(file.path or file.name).suffix
    if suffix not in SUFFIXES:
        raise RecipeError(
            f"{file.name} is not a prompt file: its name must end in .jsonl, or in .txt (one prompt a line)"
        )
    parse = _from_jsonl if suffix == ".jsonl" else _from_txt
    prompts = _each_once((f"{file.name}:{line}", prompt) for line, prompt in parse(file))
    if not prompts:
        raise RecipeError(f"{file.name} holds no prompt; write one a line ({_example(suffix)})")
    return prompts


def list_prompts() -> tuple[str, ...]:
    """Names of the prompt files that come with llmgeo.

    >>> "coherence.jsonl" in list_prompts()
    True
    """
    return tuple(name for name in shipped(SHIPPED, SUFFIXES) if not name.endswith(OTHER_TEXTS))


def prompts_digest(prompts: Sequence[Prompt]) -> str:
    """Of every prompt's id, text and group: the file may be another under the same name, and its ids the same."""
    digest = hashlib.sha256()
    for prompt in prompts:
        grouped = [] if prompt.group is None else [prompt.group]
        digest.update(json.dumps([prompt.id, prompt.text, *grouped]).encode("ascii"))
    return digest.hexdigest()[:16]


def _find(name: str, beside: Path | None) -> UserFile:
    names = list_prompts()
    is_bare = not {"/", os.sep} & set(name)
    path = Path(name) if beside is None else beside.parent / name
    if is_bare and name in names and (beside is None or not path.exists()):
        return read_shipped(SHIPPED, name)
    return read_path(path, f"give the path of a .jsonl or .txt file, or one of: {', '.join(names)}")


def _example(suffix: str) -> str:
    return '{"id": "a", "text": "Once upon"}' if suffix == ".jsonl" else "plain text, UTF-8"


def _from_txt(file: UserFile) -> Iterator[tuple[int, Prompt]]:
    # Only "\n" ends a line: splitlines() would also cut at characters that a text may contain.
    for number, line in enumerate(decode(file).split("\n"), start=1):
        if line.strip():
            yield number, Prompt(f"line-{number}", line)


def _from_jsonl(file: UserFile) -> Iterator[tuple[int, Prompt]]:
    for number, line in enumerate(decode(file).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{file.name}:{number}"
        try:
            row = json.loads(line, object_pairs_hook=_Pairs)
        except RecursionError:
            raise RecipeError(f"{where}: this is nested too deeply; write {_example('.jsonl')}") from None
        except ValueError as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "a number has too many digits"
            column = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
            raise RecipeError(
                f"{where}: this is not JSON: {reason}{column}. Every line is one object, like {_example('.jsonl')}"
            ) from None
        yield number, _prompt(row, where)


class _Pairs(list):
    """The key-value pairs of a JSON object as written: a dict would drop a key that stands twice."""


def _prompt(row: object, where: str) -> Prompt:
    if not isinstance(row, _Pairs):
        raise RecipeError(f"{where}: {shown(row)} is not an object; write {_example('.jsonl')}")
    values = dict(row)
    for place, (key, _) in enumerate(row):
        if key not in _KEYS:
            suggestion = did_you_mean(key, _KEYS)
            raise RecipeError(f"{where}: {shown(key)} is not a key of a prompt{suggestion} Allowed: {', '.join(_KEYS)}")
        if key in [earlier for earlier, _ in row[:place]]:
            raise RecipeError(f"{where}: the key {key} stands twice; remove one")
    for key in ("id", "text"):
        if key not in values:
            raise RecipeError(f"{where}: the key {key} is missing; write {_example('.jsonl')}")
    for key, value in values.items():
        if not isinstance(value, str):
            raise RecipeError(f"{where}: {key} = {shown(value)} must be a text in quotes")
    return Prompt(**values)


def _check(prompt: Prompt, where: str) -> None:
    named = {key: value for key in _KEYS if (value := getattr(prompt, key)) is not None}
    for key, value in named.items():
        if not value.strip():
            raise RecipeError(f"{where}: {key} is empty; write something there, or remove the line")
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise RecipeError(f"{where}: {key} holds half of a surrogate pair, which is not text; remove it")
        if key != "text" and (len(value) > 200 or not value.isprintable()):
            raise RecipeError(f"{where}: {key} = {shown(value)} must be one printable line of at most 200 characters")
