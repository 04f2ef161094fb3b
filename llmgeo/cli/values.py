"""A value that an option does not take, told in the command line's words. Knows how Typer reports; no option's name."""

import re
from typing import Any

import typer
from typer.core import TyperGroup

USAGE_ERROR = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")
"""Whatever Typer says of a wrong command line; it names the class nowhere."""

_EXTRA = re.compile(r"Got unexpected extra arguments?(\(s\))? \((?P<arguments>.*)\)")
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
        except USAGE_ERROR as error:
            extra = _EXTRA.fullmatch(error.message)
            if extra is None or error.ctx is None:
                raise
            taken = [piece for piece in error.ctx.command.collect_usage_pieces(error.ctx) if piece != "[OPTIONS]"]
            takes = f"takes {' '.join(taken)} and no more" if taken else "takes options alone"
            error.ctx.fail(f"{extra['arguments']}: {error.ctx.command_path} {takes}. A name with blanks needs quotes.")


def _sentence(fault: dict[str, Any]) -> str:
    kind, value = fault["type"], fault["input"]
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"{value}: give a whole number {words.format(fault['ctx'][bound])}."
    expected = _EXPECTED.get(kind.partition("_")[0])
    if expected is not None:
        return f"{value!r}: give {expected}."
    return f"{fault['msg'].removeprefix('Value error, ').rstrip('.')}."
