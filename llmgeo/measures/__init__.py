"""Measures of hidden states: pure functions of tensors, any leading dimensions. Knows no model, text or file.

The catalogue names every measure and the function that computes it; `llmgeo.measures.NAME` is that function. Each is
imported when it is first used, so that what needs only their names (tables, recipes, screens) needs no torch.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from llmgeo.measures import catalogue

_OWN = "llmgeo.measures."

_TYPES = {
    "Cloud": "clouds.cloud",
    "Estimate": "estimate",
    "ScaleCurve": "clouds.scale",
    "StatePath": "paths.steps",
    "as_cloud": "clouds.cloud",
    "table": "clouds.table",
}
"""What measures take and give, and all of them at once; all else comes from the catalogue."""


def _homes() -> dict[str, str]:
    """By public name, the module that holds it."""
    homes = {name: _OWN + module for name, module in _TYPES.items()}
    for measure in catalogue.EVERY_MEASURE.values():
        if isinstance(measure.function, str) and measure.function.startswith(_OWN):
            module, _, function = measure.function.partition(":")
            homes[function] = module
    return homes


__all__ = sorted([*_homes(), "register"])


def register(function: Callable[..., Any] | None = None, **about: Any) -> Callable[..., Any]:
    """Makes a function of states a measure, for this process: recipes, tables, page and figures treat it as any other.

    As a decorator or as a call. It is tried at once on states ``[2, 32, 8]`` of random numbers. To register a function
    of the same name again replaces the one before, as running a notebook's cell twice does; a run that was begun with
    another source is not gone on with. Other processes do not know it: a script that ``accelerate launch`` starts
    registers it in each, as it stands in the script; a measure for everybody is a plugin, see `llmgeo.plugins`.

    Args:
        function: a torch tensor with any leading dimensions to another, nan where it is undefined.
        kind: what it gives. "token": of states ``[..., T, D]``, ``[..., at most T]``, a value for each token; "path":
            of the same, ``[...]``, one a text. Their null is the same function on the same states in random order.
            "cloud": of points ``[..., N, D]``, whose order says nothing, ``[...]`` or an `Estimate`. Its null is the
            function on a Gaussian cloud with the same covariance.
        words: its name in a sentence; the function's, with spaces, if left out.
        name: in recipes and tables; the function's, if left out.
        unit, scale: of its printed values, `value * scale` followed by `unit`.
        meaning: one sentence for the page; the first of the function's docstring, if left out.
        first: which token a token measure's first value belongs to.

    Returns:
        The function.

    Raises:
        MeasureError: the function fails on states, or gives another shape; an unknown kind; a name that llmgeo or an
            installed package has.

    >>> import torch
    >>> @register(kind="path", words="distance gone")
    ... def distance_gone(states: torch.Tensor) -> torch.Tensor:
    ...     return (states[..., -1, :] - states[..., 0, :]).norm(dim=-1)
    >>> catalogue.look_up("distance_gone").compute(torch.tensor([[0.0, 0.0], [3.0, 4.0]]))
    tensor(5.)
    >>> from llmgeo import plugins
    >>> plugins.forget("distance_gone")  # it is known until the process ends
    """
    from llmgeo import plugins

    if function is None:
        return lambda decorated: plugins.register_function(decorated, **about)
    return plugins.register_function(function, **about)


def __getattr__(name: str):
    home = _homes().get(name)
    if home is not None:
        return getattr(import_module(home), name)
    if name in catalogue.MEASURES:  # of a plugin, or registered by hand
        return catalogue.MEASURES[name].resolve()
    raise AttributeError(f"module 'llmgeo.measures' has no attribute {name!r}")


def __dir__():
    added = {name for name, measure in catalogue.MEASURES.items() if not isinstance(measure.function, str)}
    return sorted({*__all__, *added})
