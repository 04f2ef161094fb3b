"""What becomes of an error: one message on stderr and an exit code. The only place that turns one into the other."""

import errno
import functools
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any, ParamSpec

import typer

from llmgeo.cli.output import leave_stdout
from llmgeo.engine.processes import is_main_process
from llmgeo.errors import LlmgeoError, Remark
from llmgeo.messages import command_line_words

SOME_FAILED = 3
INTERRUPTED = 130

NO_ROOM = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}

Arguments = ParamSpec("Arguments")


def with_errors_shown(command: Callable[Arguments, int | None]) -> Callable[Arguments, None]:
    """The command as the terminal runs it: errors become messages, and what it returns becomes its exit code.

    LlmgeoError becomes its message and its own exit code; an interruption becomes 130. Of several processes of one run,
    the main one alone speaks, also for the others, and all end with the same code. A disk without room is no bug;
    anything else is, and keeps its traceback. With LLMGEO_DEBUG=1 every traceback is shown.
    """

    @functools.wraps(command)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            with command_line_words():
                code = command(*args, **kwargs)
        except LlmgeoError as error:
            _say(f"Error: {error}")
            code = error.exit_code
        except KeyboardInterrupt:
            _say("Interrupted. What was finished is kept; the same command goes on from there.")
            code = INTERRUPTED
        except OSError as error:
            code = say_no_room(error)
        if code:
            raise typer.Exit(code)

    return run


def say_no_room(error: OSError) -> int:
    """The exit code where the output had no room; any other error is raised again."""
    if error.errno not in NO_ROOM:
        raise error
    _say(
        f"Error: the output is not all written ({error.strerror}). Free some space, or send it elsewhere, and run the "
        "command again."
    )
    leave_stdout()
    return 1


def say_remarks() -> None:
    """From here on, what the library remarks is a sentence on stderr, without the line of code it comes from."""
    usual = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, Remark):
            _say(f"Remark: {message}")
        else:
            usual(message, category, *where, **more)

    warnings.showwarning = show


def _say(message: str) -> None:
    from llmgeo.escape import literal

    if not is_main_process() and os.environ.get("LLMGEO_DEBUG") != "1":
        return
    if os.environ.get("LLMGEO_DEBUG") == "1":
        traceback.print_exc()
    for line in message.split("\n"):
        print(literal(line), file=sys.stderr)  # noqa: T201 - this is the command line
