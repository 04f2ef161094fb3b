"""The instrument for the geometry of language models.

    model = llmgeo.load("org/name")                 # or nothing: the default model
    trajectories = model.generate(["Once upon a"])  # every layer's state at every token
    run = llmgeo.probe("org/name")                  # coherent against degenerate text, with intervals and nulls

The names below are imported when they are first used, so that ``import llmgeo`` and the command line start at once.
"""

from importlib import import_module

__version__ = "0.2.0"

_HOMES = {
    "load": "llmgeo.model.loading",
    "probe": "llmgeo.experiments.probe.experiment",
    "compare": "llmgeo.experiments.compare.experiment",
    "landscape": "llmgeo.experiments.landscape.experiment",
    "trace": "llmgeo.experiments.trace.experiment",
    "weights": "llmgeo.experiments.weights.experiment",
    "analyze": "llmgeo.engine.analyze",
    "open": "llmgeo.run",
    "Monitor": "llmgeo.monitor.monitor",
    "Decoding": "llmgeo.model.decoding",
    "LanguageModel": "llmgeo.model.language_model",
    "LlmgeoError": "llmgeo.errors",
    "Run": "llmgeo.run",
    "Trajectory": "llmgeo.trajectory",
}

_PARTS = ("measures", "nulls", "plots", "statistics")
"""Modules whose names are for users, too: `llmgeo.measures.two_nn` needs no import of its own."""

__all__ = ["__version__", *_HOMES, *_PARTS]


def __getattr__(name: str):
    if name in _PARTS:
        return import_module(f"llmgeo.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'llmgeo' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__():
    return sorted(__all__)
