"""The options that commands share, as types: one name, one help text, one rule. Knows no command."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How a command's result is written to stdout."""

    human = "human"
    json = "json"
    quiet = "quiet"


class Dtype(StrEnum):
    """The number formats a model can be computed in."""

    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"


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
    typer.Option("--format", help="human: for reading. json: the same numbers, for programs. quiet: only the path."),
]
RunArgument = Annotated[
    Path,
    typer.Argument(
        metavar="RUN", help="A run's folder, or latest: the newest in runs/.", show_default=False, parser=path
    ),
]
OpenOption = Annotated[bool, typer.Option("--open", help="Open the run's page in a browser.")]
ModelArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="MODEL",
        help="A hub name, a model folder, a .gguf file, or toy. Left out: SmolLM2-135M-Instruct.",
        show_default=False,
    ),
]
RecipeOption = Annotated[
    str, typer.Option("--recipe", metavar="NAME|FILE", help="The recipe: a name (llmgeo list probes) or a .toml file.")
]
OtherRecipeOption = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        metavar="NAME|FILE",
        help="Other contrasts, claims and baselines: a recipe. Left out: the run's own.",
        show_default=False,
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FOLDER",
        help="The run's folder. Left out: a new one in runs/.",
        show_default=False,
        parser=path,
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option("--limit", metavar="N", min=1, help="Only the first N prompts; the toy takes 8.", show_default=False),
]
SeedOption = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", min=0, max=2**63 - 1, help="Instead of the recipe's seed.", show_default=False),
]
BatchSizeOption = Annotated[
    int | None,
    typer.Option(
        "--batch-size", metavar="N", min=1, help="Texts at once. Left out: as many as have room.", show_default=False
    ),
]
PromptsOption = Annotated[
    str | None,
    typer.Option(
        "--prompts", metavar="FILE", help="A prompt file (.jsonl, .txt) instead of the recipe's.", show_default=False
    ),
]
DtypeOption = Annotated[
    Dtype | None, typer.Option("--dtype", help="Number format. Left out: float32.", show_default=False)
]
DeviceOption = Annotated[
    str | None,
    typer.Option("--device", metavar="NAME", help="cpu, cuda, cuda:1. Left out: a GPU if any.", show_default=False),
]
DeviceMapOption = Annotated[
    str | None,
    typer.Option(
        "--device-map",
        metavar="NAME",
        help="auto: spread a model too big for one device over GPUs, memory and disk.",
        show_default=False,
    ),
]
QuantizationOption = Annotated[
    str | None,
    typer.Option(
        "--quantization", metavar="NAME", help="bitsandbytes-4bit and its like. Left out: none.", show_default=False
    ),
]
RevisionOption = Annotated[
    str | None,
    typer.Option("--revision", metavar="NAME", help="Branch, tag or commit of a hub model.", show_default=False),
]
BlocksOption = Annotated[
    str | None,
    typer.Option("--blocks", metavar="PATH", help="Where the decoder blocks are, if not found.", show_default=False),
]
TrustRemoteCodeOption = Annotated[
    bool,
    typer.Option("--trust-remote-code", help="Run the Python code that this model brings along. Read it first."),
]
LayersOption = Annotated[
    str | None,
    typer.Option(
        "--layers", metavar="LIST", help="Only these layers, such as 0,8,20-22. Left out: all.", show_default=False
    ),
]
SaveStatesOption = Annotated[
    bool, typer.Option("--save-states", help="Keep every hidden state in the run (large: see --dry-run).")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and how much memory it takes; generate nothing.")
]
