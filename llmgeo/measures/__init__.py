"""Measures of hidden states: pure functions of tensors, any leading dimensions. Knows no model, text or file.

The catalogue names every measure and the function that computes it; `llmgeo.measures.NAME` is that function. Each is
imported when it is first used, so that what needs only their names (tables, recipes, screens) needs no torch.
"""

from importlib import import_module

from llmgeo.measures import catalogue

_OWN = "llmgeo.measures."

_TYPES = {
    "Cloud": "clouds.cloud",
    "Estimate": "estimate",
    "ScaleCurve": "clouds.scale",
    "StatePath": "paths.steps",
    "as_cloud": "clouds.cloud",
}
"""What measures take and give; all else comes from the catalogue."""


def _homes() -> dict[str, str]:
    """By public name, the module that holds it."""
    homes = {name: _OWN + module for name, module in _TYPES.items()}
    for measure in catalogue.EVERY_MEASURE.values():
        if isinstance(measure.function, str) and measure.function.startswith(_OWN):
            module, _, function = measure.function.partition(":")
            homes[function] = module
    return homes


__all__ = sorted(_homes())


def __getattr__(name: str):
    home = _homes().get(name)
    if home is not None:
        return getattr(import_module(home), name)
    if name in catalogue.MEASURES:  # of a plugin
        return catalogue.MEASURES[name].resolve()
    raise AttributeError(f"module 'llmgeo.measures' has no attribute {name!r}")


def __dir__():
    return sorted({*__all__, *catalogue.MEASURES})
