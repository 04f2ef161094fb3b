"""What screens and pages take from a run's manifest. Knows the manifest; no table and no experiment."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from llmgeo.messages import from_here
from llmgeo.run import Run

PAGE = "report.html"


def show_command(path: Path) -> str:
    """The command that shows a run, as whoever stands in the current folder would type it."""
    return f"llmgeo show {shlex.quote(str(from_here(path)))}"


def stopped(status: str) -> str:
    """What became of a run that is not complete."""
    return f"This run is {status}: the command that started it continues where it stopped."


def subjects_of(manifest: Mapping) -> dict[str, Mapping]:
    """What a manifest tells of each model the run is about, by the part it plays; what has no such shape is left out.

    Anyone may have edited a manifest.
    """
    subjects = manifest.get("subjects")
    subjects = subjects if isinstance(subjects, Mapping) else {}
    return {str(part): facts for part, facts in subjects.items() if isinstance(facts, Mapping)}


def heading(run: Run) -> str:
    """Which model was looked at, or which two; the run's own name if the manifest does not tell."""
    names = [str(facts["name"]) for facts in subjects_of(run.manifest).values() if facts.get("name")]
    return " against ".join(names) or run.path.name


def recipe_name(run: Run) -> str:
    """What the recipe is called that the run was made with; empty if the manifest does not tell."""
    return str(of_manifest(run, "recipe").get("name", ""))


def answers_another(run: Run) -> str | None:
    """The sentence for results that answer another recipe than the run's own; None where they answer its own."""
    recipe = run.results_recipe
    if recipe is None:
        return None
    own = run.manifest.get("recipe")
    own = own.get("name") if isinstance(own, dict) else own
    window = recipe.get("window")
    window = window if isinstance(window, Mapping) else {}
    sizes = ", ".join(f"{key} = {window[key]}" for key in ("skip", "tokens") if key in window)
    return (
        "These results answer another recipe than the run was made with: "
        f"{recipe.get('name', 'one that cannot be read')}{f' (window: {sizes})' if sizes else ''} instead of {own}. "
        "llmgeo analyze without --recipe brings its own back."
    )


def failed_samples(run: Run) -> int:
    """How many samples of a run failed, as its manifest counts them."""
    return int(of_manifest(run, "counts").get("failed", 0))


def name_of_time(run: Run) -> str:
    """What the seconds of a run are called: those of several processes are no time on a clock."""
    processes = run.manifest.get("processes")
    return "time of all processes together" if isinstance(processes, int) and processes > 1 else "time"


def of_manifest(run: Run, key: str) -> Mapping:
    """A table of the manifest; what is known only at the end of a run stands among its notes."""
    notes = run.manifest.get("notes")
    table = (notes if isinstance(notes, dict) else {}).get(key, run.manifest.get(key))
    return table if isinstance(table, dict) else {}
