"""`llmgeo.probe`: a recipe about one model, run from Python. The recipe's kind decides which experiment it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmgeo.engine.keywords import check_keywords
from llmgeo.engine.progress import SILENT, Progress
from llmgeo.engine.runner import carry_out
from llmgeo.experiments.probe.own_texts import carry_out_texts
from llmgeo.experiments.probe.recipe_of_texts import named_table
from llmgeo.recipe.tables import RecipeTable
from llmgeo.run.reader import Run

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from llmgeo.model.language_model import LanguageModel


def probe(
    model: str | Path | PreTrainedModel | LanguageModel | None = None,
    *,
    recipe: str | Path | RecipeTable | None = None,
    texts: Any = None,
    window: int | None = None,
    out: str | Path | None = None,
    limit: int | None = None,
    seed: int | None = None,
    batch_size: int | None = None,
    prompts: str | Path | Sequence[str] | None = None,
    save_states: bool = False,
    layers: str | Sequence[int] | None = None,
    progress: Progress = SILENT,
    **loading: Any,
) -> Run:
    """Run a recipe on a model and return the finished run.

    Started by ``accelerate launch`` or ``torchrun``, every process calls this: they share the units out, the main one
    joins what all of them wrote, and each returns the same run.

    Args:
        model: as in :func:`llmgeo.load`, or a model that it returned; None is the default model.
        recipe: a recipe's name or file; None is "coherence".
        texts: texts of your own, in place of a recipe: the path of a .jsonl, .csv or .parquet file or of a folder of
            .txt files, a pandas table, or a list. A row has a ``text`` (or ``messages`` of a chat; or a ``prompt`` and
            an ``answer``, of which the answer is measured), and may have a ``label``, a ``group`` (the unit of
            resampling; by default the row), an ``id``, and further columns, which are kept.
        window: with ``texts``: tokens on which each is measured; None for the largest that 90 % of the texts of each
            label fill.
        out: the run's folder; by default a new one under ``runs/``, or the unfinished run of the same command.
        limit: use the first so many prompts; the toy takes 8 of a recipe of llmgeo's own, if left out.
        seed: instead of the recipe's.
        batch_size: rows that run together; by default up to 128, as many as their states, which go through a
            buffer of 256 MB to a file, have room for.
        prompts: a prompt file instead of the recipe's, or a list of texts, all of which are used unless `limit` says
            otherwise (also of objects with ``id``, ``text`` and ``kind``, as in a prompt file). The run keeps them.
        save_states: keep every text's states ``[L+1, T, D]`` in the run.
        layers: capture and measure these alone: numbers, or a text such as ``"0,8,20-22"``; None for all.
        progress: where to report to.
        loading: ``dtype``, ``device``, ``device_map``, ``quantization``, ``revision``, ``blocks``, ``tokenizer``,
            ``trust_remote_code``, as in :func:`llmgeo.load`.

    Raises:
        LlmgeoError: the request cannot be carried out; what can be known before the model is loaded is said before.
        KeyboardInterrupt: on Ctrl-C, once the unit in progress is stored; at once on the second. The run is "partial",
            and the same call goes on with it.

    Example:
        >>> import tempfile, llmgeo
        >>> run = llmgeo.probe("toy", limit=2, out=tempfile.mkdtemp() + "/run")
        >>> run.status
        'complete'
    """
    check_keywords(probe, loading)
    arguments = {
        "out": out, "limit": limit, "seed": seed, "batch_size": batch_size, "save_states": save_states,
        "layers": layers, "progress": progress, **loading,
    }  # fmt: skip
    if texts is not None or window is not None:
        own = named_table(texts, window, recipe, prompts)
        return carry_out_texts((*own, window, ()), model, **arguments)
    return carry_out((model,), recipe="coherence" if recipe is None else recipe, prompts=prompts, **arguments)
