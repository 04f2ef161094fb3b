"""What there is to say of a run of the room, as plain data. Knows the manifest and the claims; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass

from llmgeo.experiments.depth.recipe import DepthRecipe
from llmgeo.recipe.load import parse_recipe
from llmgeo.report.refused import Refused, refused_of
from llmgeo.report.run_summary import RunSummary
from llmgeo.run import Run
from llmgeo.user_file import UserFile


@dataclass(frozen=True, kw_only=True)
class Summary(RunSummary):
    """A finished run in short.

    Attributes:
        refused: the estimates that were not trusted, by measure and reason.
    """

    refused: tuple[Refused, ...]


def summarize(run: Run) -> Summary:
    """Raises RunError where the results were not computed yet, CorruptRunError where they are damaged."""
    return Summary.of(run, refused=refused_of(run))


def recipe_of(run: Run) -> DepthRecipe:
    """The recipe that the run's results answer."""
    source = run.results_recipe_source or run.recipe_source
    return parse_recipe(UserFile("recipe.toml", source, None))
