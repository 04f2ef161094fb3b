"""What `--help` shows of a command: its options in groups, in plain words. Knows how Typer writes them; no option."""

import re
from collections.abc import Iterator
from typing import Any

from typer.core import TyperCommand

WHAT, HOW_MUCH, MODEL, SPEED, OUTPUT = "What to run", "How much", "Model", "Speed and memory", "Output"
"""The groups of options that commands share."""

ORDER = ("Arguments", WHAT, HOW_MUCH, MODEL, SPEED)
"""The groups that come first; the others follow as they come, and what belongs to none is last."""

OTHER = "Options"

_RANGE = re.compile(r"x[<>]|[<>]=?x|required")
"""What Typer says of an option's value in the language of intervals, or that its usage line says already."""


class Command(TyperCommand):
    """A command whose help has its options in the groups that they name as their `rich_help_panel`."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [re.sub(r"\{(.+)\}(\.\.\.)?$", r"\1", piece) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {name: [] for name in ORDER}
        last: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            own = "Arguments" if parameter.param_type_name == "argument" else None
            group = own or getattr(parameter, "rich_help_panel", None)
            (groups.setdefault(group, []) if group else last).append(_plain(*record))
        for name, records in (*groups.items(), (OTHER, last)):
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)


def _plain(name: str, text: str) -> tuple[str, str]:
    """An option and what it does, without types and intervals.

    >>> _plain("--limit N", "Only the first N prompts.  [x>=1]"), _plain("RUN <str>", "A run.")
    (('--limit N', 'Only the first N prompts.'), ('RUN', 'A run.'))
    >>> _plain("--format <human|json>", "How.  [default: human]")
    ('--format human|json', 'How. Left out: human.')
    """
    name = re.sub(r" <([^<>]*\|[^<>]*)>", r" \1", name)
    name = re.sub(r" <[^<>]*>", "", name)
    described, bracket, extras = text.partition("  [")
    said = " ".join(_extras(extras.removesuffix("]"))) if bracket else ""
    return name, f"{described} {said}".strip()


def _extras(extras: str) -> Iterator[str]:
    for extra in extras.split("; "):
        if extra.startswith("default: "):
            yield f"Left out: {extra.removeprefix('default: ')}."
        elif not _RANGE.search(extra):
            yield f"({extra})"
