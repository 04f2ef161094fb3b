"""A value that an option does not take, told in the command line's words. Knows how Typer reports; no option's name."""

from typing import Any

import typer
from typer.core import TyperGroup

_EXPECTED = {"int": "a whole number", "float": "a number", "bool": "yes or no"}
_BOUNDS = {"greater_than_equal": ("ge", "from {}"), "less_than_equal": ("le", "up to {}")}


class Commands(TyperGroup):
    """The commands, with the words of the library that checks their values taken out of what is said of them."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            details = getattr(error.__cause__, "errors", None)
            if details is None or error.ctx is None or error.param is None:
                raise
            error.ctx.fail(f"{error.param.opts[0]} {_sentence(details()[0])}")


def _sentence(fault: dict[str, Any]) -> str:
    kind, value = fault["type"], fault["input"]
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"{value}: give a whole number {words.format(fault['ctx'][bound])}."
    expected = _EXPECTED.get(kind.partition("_")[0])
    if expected is not None:
        return f"{value!r}: give {expected}."
    return f"{fault['msg'].removeprefix('Value error, ').rstrip('.')}."
