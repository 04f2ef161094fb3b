"""What any recipe is made of: TOML, shared tables, faults in one sentence. Knows no experiment and no torch."""

from importlib import import_module

__all__ = ["load_recipe"]


def __getattr__(name: str):
    if name != "load_recipe":
        raise AttributeError(f"module 'llmgeo.recipe' has no attribute {name!r}")
    return import_module("llmgeo.experiments.probe.recipe").load_recipe
