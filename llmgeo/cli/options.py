"""The options that commands share, as types: one name, one help text, one rule. Knows no command."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from llmgeo.cli.help import HOW_MUCH, MODEL, OUTPUT, SPEED, WHAT


class Format(StrEnum):
    """How a command's result is written to stdout."""

    human = "human"
    json = "json"
    quiet = "quiet"


def _version(is_wanted: bool) -> None:
    if is_wanted:
        import llmgeo

        typer.echo(f"llmgeo {llmgeo.__version__}")
        raise typer.Exit()


print_version = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
]


def path(text: str) -> Path:
    """A path that was typed. An empty one, as of a variable that is not set, would be the current folder."""
    if not text.strip():
        raise typer.BadParameter("it is empty (a variable that is not set?); give a path, such as runs/mine.")
    return Path(text)


FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help="human: for reading. json: the same numbers, for programs. quiet: only the path.",
        rich_help_panel=OUTPUT,
    ),
]
RunArgument = Annotated[
    Path,
    typer.Argument(
        metavar="RUN", help="A run's folder, or latest: the newest in runs/.", show_default=False, parser=path
    ),
]
OpenOption = Annotated[bool, typer.Option("--open", help="Open the run's page in a browser.", rich_help_panel=OUTPUT)]
ModelArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="MODEL",
        help="A hub name, a model folder, a .gguf file, or toy. Left out: SmolLM2-135M-Instruct.",
        show_default=False,
    ),
]


def _text(name: str, group: str, metavar: str, what: str) -> Any:
    """An option that is a text, and may be left out."""
    return Annotated[
        str | None, typer.Option(name, metavar=metavar, help=what, show_default=False, rich_help_panel=group)
    ]


def _number(name: str, group: str, what: str, low: int, high: int | None = None) -> Any:
    """An option that is a whole number between two, and may be left out."""
    return Annotated[
        int | None,
        typer.Option(name, metavar="N", min=low, max=high, help=what, show_default=False, rich_help_panel=group),
    ]


def _path(name: str, group: str, metavar: str, what: str) -> Any:
    """An option that is a path, and may be left out."""
    return Annotated[
        Path | None,
        typer.Option(name, metavar=metavar, help=what, show_default=False, parser=path, rich_help_panel=group),
    ]


def _flag(name: str, group: str, what: str) -> Any:
    """An option that is there or not."""
    return Annotated[bool, typer.Option(name, help=what, rich_help_panel=group)]


RecipeOption = Annotated[
    str,
    typer.Option(
        "--recipe",
        metavar="NAME|FILE",
        help="A recipe's name (llmgeo list probes shows them) or a .toml file.",
        rich_help_panel=WHAT,
    ),
]
OtherRecipeOption = _text(
    "--recipe", WHAT, "NAME|FILE", "A recipe with other contrasts, claims or baselines. Left out: the run's own."
)
SettingsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a key of the recipe, such as window.tokens=64 or conditions.hot.temperature=1.4. Repeatable.",
        show_default=False,
        rich_help_panel=WHAT,
    ),
]
PromptsOption = _text("--prompts", WHAT, "FILE", "Your own prompts (.jsonl or .txt). Left out: the recipe's.")
TextsOption = _text(
    "--texts", WHAT, "FILE", "Texts of your own, in place of a recipe: .jsonl, .csv, .parquet, or a folder of .txt."
)
WindowOption = _number(
    "--window", WHAT, "With --texts: measure N tokens of each. Left out: as many as 90 % of each label's have.", 3
)
SeedOption = _number(
    "--seed", WHAT, "The seed of all random choices: a whole number from 0. Left out: the recipe's.", 0, 2**63 - 1
)
LimitOption = _number("--limit", HOW_MUCH, "Use only the first N prompts. Left out: all; the toy takes 8.", 1)
LayersOption = _text("--layers", HOW_MUCH, "LIST", "Only these layers, such as 0,8,20-22. Left out: all.")
SaveStatesOption = _flag(
    "--save-states", HOW_MUCH, "Keep every hidden state in the run. Large: --dry-run says how much."
)
DryRunOption = _flag("--dry-run", HOW_MUCH, "Say what the run would do and how much memory it would take; do nothing.")
RevisionOption = _text("--revision", MODEL, "NAME", "A branch, tag or commit of a model on the hub. Left out: main.")
DtypeOption = _text(
    "--dtype", MODEL, "NAME", "The format of the model's numbers: float32, bfloat16 or float16. Left out: float32."
)
QuantizationOption = _text(
    "--quantization",
    MODEL,
    "NAME",
    "How to shrink the weights, such as bitsandbytes-4bit. Left out: not at all.",
)
BlocksOption = _text("--blocks", MODEL, "PATH", "Where the model's decoder blocks are, if llmgeo cannot find them.")
TrustRemoteCodeOption = _flag(
    "--trust-remote-code", MODEL, "Run the Python code that comes with the model. Read it first."
)
BatchSizeOption = _number("--batch-size", SPEED, "Run N texts together. Left out: as many as fit in memory.", 1)
DeviceOption = _text("--device", SPEED, "NAME", "cpu, cuda or cuda:1. Left out: a GPU, if there is one.")
DeviceMapOption = _text(
    "--device-map", SPEED, "NAME", "auto: spread a model too big for one device over GPUs, memory and disk."
)
OutOption = _path("--out", OUTPUT, "FOLDER", "Where to write the run. Left out: a new folder in runs/.")
