"""Reads TOML so that a later complaint can name the line. Knows no recipe: only tables, keys and line numbers.

tomllib gives values without positions. A second, much simpler pass over the same text (which tomllib has already found
valid) notes the line on which every key and every list element starts.
"""

import bisect
import re
import tomllib
from dataclasses import dataclass

from llmgeo.errors import RecipeError
from llmgeo.escape import literal
from llmgeo.user_file import UserFile, decode

Path = tuple[str | int, ...]  # ("conditions", 1, "temperature") is the temperature of the second [[conditions]]

LARGEST = 256 * 1024  # bytes
# tomllib stores every prefix of a dotted key, so that one line of 100,000 dots would take gigabytes.
MOST_DOTS_A_LINE = 300

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}" + r"""|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*"""
    r"""|[\[\]{}=,.\n]|[^\s\[\]{}=,."'\#]+""",
    re.DOTALL,
)


@dataclass(frozen=True)
class Document:
    """The parsed data, and where each of its keys stands."""

    name: str
    data: dict[str, object]
    lines: dict[Path, int]

    def where(self, path: Path) -> str:
        """`file:line` of a key, or of the nearest table around it that can be found; `file` if there is none."""
        while path:
            if path in self.lines:
                return f"{self.name}:{self.lines[path]}"
            path = path[:-1]
        return self.name


def parse(file: UserFile) -> Document:
    """Parses a TOML file; lists become tuples. Raises RecipeError naming the file, the line and the fault."""
    if len(file.source) > LARGEST:
        raise RecipeError(
            f"{file.name} has {len(file.source):,} bytes; at most {LARGEST:,} are read. Put texts into a prompt file"
        )
    text = decode(file)
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > MOST_DOTS_A_LINE:
            raise RecipeError(f"{file.name}:{number}: more than {MOST_DOTS_A_LINE} dots in one line; break it up")
    try:
        data = _with_tuples(tomllib.loads(text))
        lines = _Lines(text).lines
    except RecursionError:
        raise RecipeError(f"{file.name}: lists or tables are nested too deeply; a recipe has four levels") from None
    except ValueError as error:  # TOMLDecodeError, and what int() says of 5,000 digits
        raise RecipeError(_syntax_fault(file.name, str(error))) from None
    return Document(file.name, data, lines)


def _syntax_fault(name: str, message: str) -> str:
    position = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    where = f"{name}:{position[1]}" if position else name
    problem = message[: position.start()] if position else message
    column = f" at column {position[2]}" if position else ""
    duplicate = "; the same key or table stands twice" if re.match("Cannot (overwrite|declare|mutate)", problem) else ""
    return (
        f"{where}: this is not TOML: {literal(problem)}{column}{duplicate}. The format is described at https://toml.io"
    )


def _with_tuples(value: object) -> object:
    """Recipes are frozen values: nothing in them may change, lists included."""
    if isinstance(value, dict):
        return {key: _with_tuples(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple([_with_tuples(item) for item in value])
    return value


class _Lines:
    """One walk over the tokens of valid TOML; `lines` maps the path of each key and element to its line."""

    def __init__(self, text: str) -> None:
        breaks = [match.start() for match in re.finditer("\n", text)]
        matches = list(_TOKEN.finditer(text))
        self.tokens = [match.group() for match in matches]
        self.line_of = [bisect.bisect_left(breaks, match.start()) + 1 for match in matches]
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.array_tables: dict[Path, int] = {}  # index of the latest [[table]] under each path
        table: Path = ()
        while self._skip_blank() is not None:
            table = self._header() if self.tokens[self.at] == "[" else self._key_value(table)

    def _skip_blank(self) -> str | None:
        while self.at < len(self.tokens) and (self.tokens[self.at] == "\n" or self.tokens[self.at].startswith("#")):
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _keys(self, end: str) -> list[str]:
        """The parts of a dotted key up to `end`, which is consumed."""
        parts = []
        while self.at < len(self.tokens) and self.tokens[self.at] != end:
            if self.tokens[self.at] != ".":
                token = self.tokens[self.at]
                parts.append(tomllib.loads(f"key = {token}")["key"] if token[0] in "\"'" else token)
            self.at += 1
        self.at += 1
        return parts

    def _header(self) -> Path:
        line = self.line_of[self.at]
        is_array = self.tokens[self.at + 1] == "["
        self.at += 1 + is_array
        path: Path = ()
        parts = self._keys("]")
        self.at += is_array
        for place, part in enumerate(parts):
            path += (part,)
            if is_array and place == len(parts) - 1:
                self.array_tables[path] = self.array_tables.get(path, -1) + 1
            if path in self.array_tables:
                path += (self.array_tables[path],)
        self.lines.setdefault(path, line)
        return path

    def _key_value(self, table: Path) -> Path:
        line = self.line_of[self.at]
        path = (*table, *self._keys("="))
        for length in range(len(table) + 1, len(path)):
            self.lines.setdefault(path[:length], line)
        self._value(path)
        return table

    def _value(self, path: Path) -> None:
        self.lines[path] = self.line_of[self.at]
        opening = self.tokens[self.at]
        if opening in ("[", "{"):
            self.at += 1
            closing, place = {"[": "]", "{": "}"}[opening], 0
            while (token := self._skip_blank()) is not None and token != closing:
                if token == ",":
                    self.at += 1
                elif opening == "[":
                    self._value((*path, place))
                    place += 1
                else:
                    self._key_value(path)
            self.at += 1
            return
        while self.at < len(self.tokens) and self.tokens[self.at] not in (",", "]", "}", "\n"):
            self.at += 1
