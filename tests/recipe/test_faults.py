"""What a recipe's author reads of a wrong value, whatever pydantic calls it: every key of both rooms, put wrong."""

import copy
import json
import re
import tomllib

import pytest

from llmgeo.errors import RecipeError
from llmgeo.recipe.load import parse_recipe, unchecked
from llmgeo.user_file import UserFile

ROOMS = ("coherence", "rlhf")
WRONG = ["x", 3, -1, 1.5, float("nan"), 10**30, True, [], [[1]], {}, {"x": 1}, "x" * 5000, "a\nb", "\u202e", tomllib]
VALIDATOR = re.compile(
    r"Input should|should be|Value error|valid (?:string|integer|number|list|tuple|dict)|pydantic|type=|instance of|"
    r"extra inputs|datetime|discriminator|finite number$|[<>]=|9223372036854775807"
)
RANGE = re.compile(r"must be (a whole number|a number)(?: (from|above) ([\d.,]+)(?:,? (?:to|up to) ([\d.,^ -]+?))?)?$")


def message(data: dict) -> str | None:
    source = "\n".join(f"{json.dumps(key)} = {spelt(value)}" for key, value in data.items())
    try:
        parse_recipe(UserFile("x.toml", source.encode(), None))
    except RecipeError as error:
        return str(error)
    return None


def spelt(value: object) -> str:
    if value is tomllib:
        return "1979-05-27"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(spelt, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)} = {spelt(item)}' for key, item in value.items())}}}"
    return str(value) if isinstance(value, float) else json.dumps(value)


def paths(value: object, path: tuple = ()):
    """One path of each shape: of all claims, say, the first of each kind."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, tuple) else ()
    kinds = set()
    for key, item in items:
        kind = item.get("kind", item.get("text", "")) if isinstance(item, dict) else type(item)
        if isinstance(value, dict) or kind not in kinds:
            kinds.add(kind)
            yield from paths(item, (*path, key))


def changed(data: dict, path: tuple, value: object) -> dict:
    """A copy in which `value` stands at the path; without it, where the value is None."""
    copied = copy.deepcopy({key: thawed(item) for key, item in data.items()})
    table = copied
    for step in path[:-1]:
        table = table[step]
    if value is None:
        del table[path[-1]]
    else:
        table[path[-1]] = value
    return copied


def thawed(value: object) -> object:
    if isinstance(value, dict):
        return {key: thawed(item) for key, item in value.items()}
    return [thawed(item) for item in value] if isinstance(value, tuple) else value


EVERY_PATH = [(room, path) for room in ROOMS for path in paths(unchecked(room))]


@pytest.mark.parametrize(("room", "path"), EVERY_PATH, ids=[f"{r}-{'.'.join(map(str, p))}" for r, p in EVERY_PATH])
def test_no_message_speaks_like_a_validator(room, path):
    data = unchecked(room)
    said = [message(changed(data, path, value)) for value in (None, *WRONG)]
    faults = [words for words in said if words is not None]
    assert faults
    for words in faults:
        assert re.match(r"x\.toml(:\d+)?: [\w.\[\]']+ ", words), words
        assert not VALIDATOR.search(words), words
        assert "\n" not in words
        assert len(words) < 700, words


@pytest.mark.parametrize("room", ROOMS)
def test_the_range_that_is_named_is_the_range_that_is_taken(room):
    data, ranges = unchecked(room), 0
    for path in paths(data):
        words = message(changed(data, path, "x"))
        found = RANGE.search(words or "")
        if not found or isinstance(path[-1], int):
            continue
        kind, opening, low, high = found.groups()
        ranges += 1
        ends = [float(end.replace(",", "").replace("2^63 - 1", "9223372036854775807")) for end in (low, high) if end]
        small = 1 if kind == "a whole number" else 0.001
        number = (lambda end: int(end)) if kind == "a whole number" else float
        own = re.compile(rf"{re.escape(str(path[-1]))} = \S+ is not allowed: it must be a")
        if low:
            below = number(ends[0]) - (small if opening == "from" else 0)
            inside = number(ends[0]) + (0 if opening == "from" else small)
            assert own.search(message(changed(data, path, below)) or ""), (path, below)
            assert not own.search(message(changed(data, path, inside)) or ""), (path, inside)
        if high and "^" not in high:
            assert own.search(message(changed(data, path, number(ends[1]) + small)) or ""), path
            assert not own.search(message(changed(data, path, number(ends[1]))) or ""), path
    assert ranges >= 4
