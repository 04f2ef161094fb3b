"""`llmgeo analyze`: a run's results once more, from what was measured. Loads neither torch nor a model."""

from llmgeo.cli.latest import meant
from llmgeo.cli.options import Format, FormatOption, OtherRecipeOption, RunArgument, SettingsOption
from llmgeo.cli.show import write_run


def analyze(
    run: RunArgument,
    recipe: OtherRecipeOption = None,
    settings: SettingsOption = None,
    format: FormatOption = Format.human,
) -> None:
    """Compute a run's results again, or ask it other questions.

    Needs no model: contrasts and claims are computed from what was measured. A recipe may ask for anything that the
    run holds; what was not measured is refused. The results in the run's folder are replaced; the command that started
    the run, or analyze without --recipe, restores its own.

    \b
    Examples:
      llmgeo analyze runs/20261124T083005Z-toy-coherence-a1b2c3
      llmgeo analyze runs/... --recipe my-claims.toml
      llmgeo analyze latest --set window.tokens=64
    """
    from llmgeo.engine.analyze import analyze as analyze_run

    write_run(analyze_run(meant(run), recipe=recipe, settings=settings or ()), format)
