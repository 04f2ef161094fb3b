"""Registers the commands; each lives in a module of its own. Does nothing else."""

import sys

import typer

from llmgeo.cli import (
    analyze,
    catalogue,
    compare,
    explain,
    integrity,
    landscape,
    measure,
    new,
    probe,
    report,
    show,
    trace,
    watch,
    weights,
)
from llmgeo.cli.errors import say_no_room, say_remarks, with_errors_shown
from llmgeo.cli.help import Command
from llmgeo.cli.options import print_version
from llmgeo.cli.output import be_writable
from llmgeo.cli.values import Commands

app = typer.Typer(
    name="llmgeo",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: half the time to the first line, and the same in a pipe or at 40 columns
    pretty_exceptions_enable=False,  # a bug shows the plain traceback, which can be pasted into a report
    pretty_exceptions_show_locals=False,  # locals hold prompts and model text
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def llmgeo(version: print_version = False) -> None:
    """The instrument for the geometry of language models.

    \b
    Start here:
      llmgeo probe toy                a tiny random model, in seconds
      llmgeo probe                    SmolLM2-135M-Instruct, in minutes
      llmgeo probe gpt2 --limit 8     a model from the hub, eight prompts
      llmgeo compare BASE TUNED       two checkpoints of one model
      llmgeo trace RUN...             a training, or several
      llmgeo measure states.npy       states that lie on disk already
      llmgeo weights MODEL            a checkpoint's matrices
      llmgeo landscape MODEL          the loss around its weights
      llmgeo watch MODEL "Once upon"  while it writes: an alarm when it loops
      llmgeo show latest              what the newest run found
      llmgeo explain auc              what a term in the results means

    Results go to stdout, messages to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 finished but some texts
    failed, 130 interrupted. LLMGEO_DEBUG=1 shows where an error came from.
    """


for name, command in {
    "probe": probe.probe,
    "compare": compare.compare,
    "trace": trace.trace,
    "measure": measure.measure,
    "new": new.new,
    "weights": weights.weights,
    "landscape": landscape.landscape,
    "watch": watch.watch,
    "show": show.show,
    "report": report.report,
    "analyze": analyze.analyze,
    "list": catalogue.list_,
    "explain": explain.explain,
    "verify": integrity.verify,
    "repair": integrity.repair,
}.items():
    app.command(name, cls=Command)(with_errors_shown(command))


def main() -> None:
    """The entry point of `llmgeo`."""
    be_writable()
    say_remarks()
    try:
        app(prog_name="llmgeo")
    except OSError as error:  # of what Typer writes itself, such as the help
        sys.exit(say_no_room(error))
