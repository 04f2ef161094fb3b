"""`llmgeo new`: a recipe of one's own to begin with. Asks nothing; loads neither torch nor a model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmgeo.cli.help import WHAT
from llmgeo.cli.options import Format, FormatOption, SettingsOption, path
from llmgeo.cli.output import write

if TYPE_CHECKING:
    from rich.console import RenderableType

NewFileArgument = Annotated[
    Path,
    typer.Argument(metavar="FILE.toml", help="Where to write it. Its name is the recipe's.", parser=path),
]
KindOption = Annotated[
    str, typer.Option("--kind", metavar="KIND", help="What it is a recipe of.", rich_help_panel=WHAT)
]
NewPromptsOption = Annotated[
    Path | None,
    typer.Option(
        "--prompts",
        metavar="FILE",
        help="Your own prompts (.jsonl or .txt), which it will name.",
        show_default=False,
        parser=path,
        rich_help_panel=WHAT,
    ),
]


def new(
    file: NewFileArgument,
    kind: KindOption = "probe",
    prompts: NewPromptsOption = None,
    settings: SettingsOption = None,
    format: FormatOption = Format.human,
) -> None:
    """Write a recipe of your own, commented, to change.

    Copies the recipe that comes with llmgeo for this kind of run, under the name and with the prompts that you give,
    and puts its JSON Schema beside it, by which editors complete and check the keys.

    \b
    Examples:
      llmgeo new mine.toml
      llmgeo new mine.toml --prompts mine.jsonl --set window.tokens=64
      llmgeo new pair.toml --kind compare
    """
    from llmgeo.cli.errors import NO_ROOM
    from llmgeo.errors import UsageError
    from llmgeo.messages import place
    from llmgeo.recipe.new import new_recipe

    files = new_recipe(file, kind, prompts, settings or ())
    try:
        for name, content in reversed(files.items()):  # the recipe last, and never over one that came meanwhile
            with name.open("xb" if name == file else "wb") as opened:
                opened.write(content)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        raise UsageError(f"{place(file)} cannot be written ({error.strerror}); give another name or folder") from None

    def view(width: int) -> "RenderableType":
        import shlex

        from rich.console import Group

        from llmgeo.engine import registry
        from llmgeo.report.screen import text

        recipe, schema = files
        return Group(
            text(f"{place(recipe)} is written. {place(schema)} beside it is for editors."),
            text(f"try: {registry.experiment(kind).command} --recipe {shlex.quote(str(recipe))} --dry-run"),
        )

    write(
        format,
        human=view,
        data=lambda: {"recipe": str(file), "kind": kind, "files": [str(name) for name in files]},
        path=str(file),
    )
