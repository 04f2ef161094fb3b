"""`llmgeo.landscape`: the loss around a model's weights, from Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmgeo.engine import runner
from llmgeo.engine.keywords import check_keywords
from llmgeo.engine.plan import Plan
from llmgeo.engine.progress import SILENT, Progress
from llmgeo.engine.request import whole_number
from llmgeo.errors import UsageError
from llmgeo.messages import option
from llmgeo.model.sources.checkpoints import trainings
from llmgeo.model.sources.identity import identity
from llmgeo.recipe.tables import RecipeTable
from llmgeo.run.reader import Run

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from llmgeo.model.language_model import LanguageModel

    Model = str | Path | PreTrainedModel | LanguageModel | None

MOST_PLANE = 101


def landscape(
    model: Model = None,
    *,
    plane: int | None = None,
    towards: Model = None,
    path: str | Path | None = None,
    hessian: str | Sequence[str] | None = None,
    recipe: str | Path | RecipeTable = "landscape",
    out: str | Path | None = None,
    limit: int | None = None,
    seed: int | None = None,
    batch_size: int | None = None,
    prompts: str | Path | Sequence[str] | None = None,
    progress: Progress = SILENT,
    with_page: bool = False,
    **loading: Any,
) -> Run:
    """Measure the loss of texts around a model's weights: lines, slope and curvature, beside a random network's.

    The weights are moved while this runs, under the model's own lock, and are afterwards what they were, to the last
    bit, however it ends.

    Args:
        model: as in :func:`llmgeo.load`; in float32, all of it in memory.
        plane: so many points along each of two random directions, too.
        towards: another checkpoint of the same model: the loss on the straight way to it, and its own bowl.
        path: a folder of the checkpoints of one training that ends at the model: the loss on the plane of its way.
        hessian: blocks of weights whose eigenvalues and trace are computed: patterns of their names, or ``"all"``.
        recipe: a landscape's recipe: its name or file.
        out: the run's folder; by default a new one under ``runs/``, or the unfinished run of the same call.
        limit: use the first so many texts.
        seed: of directions and random weights, instead of the recipe's.
        batch_size: texts that are read together.
        prompts: a file of texts, or a list of them, instead of the recipe's.
        progress: where to report to.
        with_page: whether to write the run's page, too.
        loading: as in :func:`llmgeo.load`, for every model.

    Raises:
        ModelError: weights of 16 bits, quantised or offloaded ones, which no small step can be added to.
        UsageError: two models between which no straight way leads; a pattern that no weight has.
        LlmgeoError: the request cannot be carried out.
        KeyboardInterrupt: on Ctrl-C, as in :func:`llmgeo.probe`: the same call goes on with the next point.

    Example:
        >>> import tempfile, llmgeo
        >>> recipe = Path(tempfile.mkdtemp()) / "quick.toml"
        >>> lines = ['kind = "landscape"', 'name = "quick"', 'title = "a line of three points"',
        ...          'prompts = { file = "coherence.jsonl" }', 'line = { points = 3, directions = 1 }']
        >>> _ = recipe.write_text("\\n".join(lines))
        >>> texts = ["One text.", "Another text."]
        >>> run = llmgeo.landscape("toy", recipe=recipe, prompts=texts, out=recipe.parent / "run")
        >>> run.table("lines")[["subject", "alpha"]].values.tolist()[:3]
        [['model', -0.2], ['model', 0.0], ['model', 0.2]]
    """
    check_keywords(landscape, loading)
    options = asked(plane, towards, path, hessian, limit)
    return runner.carry_out(
        (model,), recipe=recipe, out=out, limit=limit, seed=seed, batch_size=batch_size, prompts=prompts,
        progress=progress, with_page=with_page, options=options, **loading,
    )  # fmt: skip


def plan(
    model: Model = None,
    *,
    plane: int | None = None,
    towards: Model = None,
    path: str | Path | None = None,
    hessian: str | Sequence[str] | None = None,
    **arguments: Any,
) -> Plan:
    """What `landscape` with these arguments would do."""
    options = asked(plane, towards, path, hessian, arguments.get("limit"))
    return runner.plan((model,), options=options, **arguments)


def asked(
    plane: int | None,
    towards: Model,
    path: str | Path | None,
    hessian: str | Sequence[str] | None,
    limit: int | None = None,
) -> dict[str, Any]:
    """What the run is told beside its recipe.

    Raises:
        UsageError: a plane of no size, a path that is no training.
    """
    plane = whole_number("plane", plane, 3, MOST_PLANE)
    patterns = [hessian] if isinstance(hessian, str) else list(hessian or ())
    options: dict[str, Any] = {"plane": plane, "hessian": patterns, "limit": limit, "towards": None, "path": None}
    if towards is not None:
        named = str(towards) if isinstance(towards, Path) else towards
        options |= {"towards": named, "towards_is": identity(named, None)}
    if path is not None:
        options["path"] = _checkpoints(path)
    return options


def _checkpoints(path: str | Path) -> list[dict[str, Any]]:
    found = trainings([str(path)])
    if len(found) != 1 or len(found[0].checkpoints) < 2:
        raise UsageError(
            f"{option('path', str(path))} holds {len(found)} trainings, and the plane is of one with two checkpoints "
            "at least. Name the folder of one training."
        )
    return [
        {"checkpoint": each.name, "step": each.step, "subject": str(each.subject), "files": dict(each.files or {})}
        for each in found[0].checkpoints
    ]
