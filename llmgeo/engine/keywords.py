"""The keyword arguments of functions that load models: their own, and those they pass on. Loads nothing."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from llmgeo.errors import UnknownArgumentError
from llmgeo.messages import did_you_mean, plain

LOADING = (
    "dtype", "device", "device_map", "quantization", "revision", "blocks", "tokenizer", "trust_remote_code"
)  # fmt: skip
"""The options of `llmgeo.load`, which whatever loads models passes on."""

_BY_NAME = inspect.Parameter.KEYWORD_ONLY


def check_keywords(function: Callable[..., Any], loading: Mapping[str, Any]) -> None:
    """Raises UnknownArgumentError for a keyword argument that neither a function nor the loading of a model has.

    Args:
        function: what was called, with its own arguments and `**loading`.
        loading: what it was given beside its own.

    >>> def probe(model=None, *, limit=None, **loading): ...
    >>> check_keywords(probe, {"limt": 2})
    Traceback (most recent call last):
      ...
    llmgeo.errors.UnknownArgumentError: probe has no argument limt; did you mean limit? It takes limit, dtype, ...
    """
    own = [name for name, argument in inspect.signature(function).parameters.items() if argument.kind is _BY_NAME]
    for name in loading:
        if name not in LOADING:
            raise UnknownArgumentError(
                f"{function.__name__} has no argument {plain(name)}{did_you_mean(name, [*own, *LOADING])} It takes "
                f"{', '.join([*own, *LOADING])}."
            )
