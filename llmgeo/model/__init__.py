"""Language models: loaded, verified, generating, captured. Knows transformers and hooks; no measure.

The two names below are imported when they are first used: transformers takes seconds.
"""

from importlib import import_module

_HOMES = {"LanguageModel": "llmgeo.model.language_model", "load": "llmgeo.model.loading"}

__all__ = ["LanguageModel", "load"]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'llmgeo.model' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__():
    return sorted(__all__)
