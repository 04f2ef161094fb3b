"""From a user's texts to the recipe that reads them: the window is chosen by the model's own tokens.

Loads the model's tokenizer and settings, never its weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch import nn

from llmgeo.engine.keywords import LOADING
from llmgeo.engine.plan import Plan
from llmgeo.engine.runner import carry_out, plan
from llmgeo.errors import UsageError
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.experiments.probe.recipe_of_texts import recipe_of_texts
from llmgeo.messages import option
from llmgeo.model.given_texts import encode_row
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.loading import load
from llmgeo.model.sources.default import default_folder
from llmgeo.model.sources.naming import model_name
from llmgeo.model.sources.outline import Outline, outline
from llmgeo.run import Run
from llmgeo.texts.text_table import TextTable
from llmgeo.texts.window import FEWEST, SHARE, window_filled

OwnTexts = tuple[TextTable, str, int | None, Sequence[str]]
"""The texts, what the recipe calls them, the window (None for the largest that most texts fill), and keys to set."""


def carry_out_texts(own: OwnTexts, model: Any, **arguments: Any) -> Run:
    """Runs the recipe of one's own texts; ``arguments`` are those of `carry_out` but for the recipe."""
    loading = {name: value for name, value in arguments.items() if name in LOADING}
    reader = _reader(model, loading)
    recipe = recipe_for(own, reader)
    if isinstance(reader, LanguageModel):  # it is loaded, and is not asked for a second time
        model, arguments = reader, {name: value for name, value in arguments.items() if name not in LOADING}
    return carry_out((model,), recipe=recipe, tables={own[1]: own[0]}, **arguments)


def plan_texts(own: OwnTexts, model: Any, **arguments: Any) -> Plan:
    """What `carry_out_texts` with these arguments would do."""
    recipe = recipe_for(own, _reader(model, {name: arguments.get(name) for name in LOADING}))
    return plan((model,), recipe=recipe, tables={own[1]: own[0]}, **arguments)


def recipe_for(own: OwnTexts, reader: LanguageModel | Outline) -> Recipe:
    """The recipe of one's own texts, with a window by the model's own tokens.

    Raises:
        UsageError: the window does not fit the model, or its tokenizer cannot read a text.

    Example:
        >>> from llmgeo.texts.text_table import read_texts
        >>> table = read_texts([{"text": "abc" * 20}, {"text": "abcd" * 20}])
        >>> recipe_for((table, "texts", None, ()), outline("toy")).window.tokens
        59
    """
    (table, file, window, settings), about = own, None
    if window is not None:
        _check_window(window, reader)
    elif not any(setting.partition("=")[0].strip() == "window.tokens" for setting in settings):
        window, about = _window(table, reader)
    return recipe_of_texts(table, file, window or FEWEST, about, settings)


def _window(table: TextTable, reader: LanguageModel | Outline) -> tuple[int, str]:
    lengths: dict[str, list[int]] = {}
    for row in table.rows:
        lengths.setdefault(row.label or "", []).append(encode_row(row, reader).length)
    most = None if reader.context is None else reader.context - 1
    window = window_filled(lengths, most)
    least = min(sum(length >= window for length in of_label) / len(of_label) for of_label in lengths.values())
    of_what = "each label's texts" if table.labels else "the texts"
    if least < SHARE:
        return window, f"the smallest that is chosen; at least {least:.0%} of {of_what} fill it"
    return window, f"at least {least:.0%} of {of_what} fill it"


def _check_window(window: int, reader: LanguageModel | Outline) -> None:
    if reader.context is not None and window >= reader.context:
        raise UsageError(
            f"{option('window', window)}: {reader.name} reads {reader.context:,} tokens at a time, and the first of a "
            f"text is never measured; give at most {reader.context - 1}"
        )


def _reader(model: Any, loading: Mapping[str, Any]) -> LanguageModel | Outline:
    """What can split texts into the model's tokens: its outline; the model, where it is in memory or must be loaded."""
    if isinstance(model, LanguageModel):
        return model
    if isinstance(model, nn.Module) or loading.get("trust_remote_code"):
        return load(model, **loading)
    revision = loading.get("revision")
    if model_name(model, revision).kind == "default":
        default_folder()  # without its tokenizer, tokens can only be guessed
    found = outline(model, revision=revision, dtype=loading.get("dtype"))
    tokenizer = loading.get("tokenizer")
    return found if tokenizer is None else replace(found, tokenizer=tokenizer)
