"""What a run shows of itself at a glance: its line, its table in a notebook, the first screen of what it found.

Every text is on one line and unable to drive a terminal or a page. The screen is made by the experiment that the run is
of, which the registry knows; none is named here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmgeo.errors import RunError
from llmgeo.escape import markup
from llmgeo.messages import counted, pick, place, plain
from llmgeo.run import manifest, results

if TYPE_CHECKING:
    from llmgeo.run.reader import Run

CLAIMS = 20
"""Claims that a notebook shows."""


def facts(run: Run) -> list[tuple[str, str]]:
    """What a glance should tell, by its name."""
    known = manifest.identifying(run.manifest)
    known.pop("revision", None)  # long, and no help at a glance
    told = [("folder", place(run.path)), *known.items(), ("status", run.status), ("size", held(run))]
    if run.results_recipe is not None:
        name = plain(run.results_recipe.get("name", "one that cannot be read"))
        told.append(("results", f"answer another recipe: {name}"))
    return told


def held(run: Run) -> str:
    """How many samples and units the run holds, in words."""
    count = sum(len(unit.samples) for unit in run.units)
    samples = f"{counted(count, 'sample')} in " * (run.declaration.table("samples") is not None)
    return f"{samples}{counted(len(run.units), 'unit')}"


def html(run: Run) -> str:
    """The facts, the claims with their verdicts where there are any, and where to look further, as HTML."""
    rows = "".join(f"<tr><th>{markup(key)}</th><td>{markup(value)}</td></tr>" for key, value in facts(run))
    table = f"<table><caption>llmgeo run</caption>{rows}</table>"
    return table + _claims(run)


def _claims(run: Run) -> str:
    """The claims as a table; nothing where the results are still to come, or cannot be read."""
    claims = run.declaration.table("claims")
    if claims is None or not results.is_computed(run.path, claims.name):
        return ""
    try:
        rows = run.table(claims.name).to_dict("records")
    except RunError as error:
        return f"<p>{markup(str(error))}</p>"
    answer = "conclusion" if any(row.get("conclusion") for row in rows) else "verdict"
    body = "".join(
        f"<tr><td>{markup(plain(row.get('sentence', '')))}</td><td>{markup(plain(row.get(answer, '')))}</td></tr>"
        for row in rows[:CLAIMS]
    )
    more = f"<p>… and {len(rows) - CLAIMS} more in run.claims</p>" if len(rows) > CLAIMS else ""
    head = "<tr><th>what papers say</th><th>of this model</th></tr>"
    hint = "<p>run.show(): the first screen · run.report(): the page · run.describe(): its tables</p>"
    return f"<table>{head}{body}</table>{more}{hint}"


def show(run: Run, parts: Sequence[str]) -> None:
    """Writes what the run found to stdout, or below a notebook's cell: the first screen, or these parts."""
    from rich.console import Console

    from llmgeo.engine import registry

    experiment = registry.experiment_of(run)
    for part in parts:
        pick("part", part, experiment.shows)
    # A text of a model's is text: no markup in it, no emoji codes.
    console = Console(markup=False, highlight=False, emoji=False)
    console.print(experiment.screen(run, console.width, parts=parts), crop=False)
