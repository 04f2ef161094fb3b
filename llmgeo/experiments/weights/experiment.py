"""`llmgeo.weights`: the matrices of a checkpoint, from Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmgeo.engine import runner
from llmgeo.engine.plan import Plan
from llmgeo.engine.progress import SILENT, Progress
from llmgeo.recipe.tables import RecipeTable
from llmgeo.run.reader import Run


def weights(
    model: Any = None,
    *,
    tensors: str | Sequence[str] | None = None,
    recipe: str | Path | RecipeTable = "weights",
    out: str | Path | None = None,
    seed: int | None = None,
    layers: str | Sequence[int] | None = None,
    revision: str | None = None,
    progress: Progress = SILENT,
    with_page: bool = False,
) -> Run:
    """Measure the matrices of a checkpoint, tensor by tensor: no model is made of them, and nothing is run.

    Args:
        model: as in :func:`llmgeo.load`: a hub name, a folder, a .gguf file, ``"toy"``; None for the default model.
            Or a model in memory.
        tensors: names, or patterns such as ``"layers.*.mlp.*"``; of a hub model, only the files that hold them are
            fetched. None for all.
        recipe: a recipe of weights: its name or file.
        out: the run's folder; by default a new one under ``runs/``, or the unfinished run of the same call.
        seed: of the nulls, instead of the recipe's.
        layers: matrices of these layers alone: numbers, or a text such as ``"0,8,20-22"``; 0 are the embeddings.
        revision: a branch, tag or commit of a hub model.
        progress: where to report to.
        with_page: whether to write the run's page, too.

    Returns:
        The finished run: ``run.table("kinds")``, ``run.claims``; each matrix in ``run.pieces("weights")``.

    Raises:
        UsageError: no tensor has such a name.
        LlmgeoError: the request cannot be carried out.
        KeyboardInterrupt: on Ctrl-C; the same call goes on with the next matrix.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     run = weights("toy", tensors="layers.*.mlp.*", out=f"{folder}/run")
        ...     sorted(run.table("kinds")["kind"].unique())
        ['down', 'gate', 'up']
    """
    return runner.carry_out(
        (model,), recipe=recipe, out=out, seed=seed, layers=layers, progress=progress, with_page=with_page,
        options=as_options(tensors), revision=revision,
    )  # fmt: skip


def plan(model: Any = None, *, tensors: str | Sequence[str] | None = None, **arguments: Any) -> Plan:
    """What `weights` with these arguments would do."""
    arguments.setdefault("recipe", "weights")
    return runner.plan((model,), options=as_options(tensors), **arguments)


def as_options(tensors: str | Sequence[str] | None) -> dict[str, Any]:
    """The patterns as the run is told of them."""
    patterns = [tensors] if isinstance(tensors, str) else list(tensors or ())
    return {"tensors": [str(pattern) for pattern in patterns]}
