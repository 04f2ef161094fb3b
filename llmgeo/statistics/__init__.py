"""Effects, intervals, p and q over prompts. Knows numbers; no text, no model, no run.

The names below are imported when they are first used: a screen that shows what was computed computes nothing.
"""

from importlib import import_module

_HOMES = {
    "Contrasts": "auc_contrasts",
    "Means": "means",
    "auc": "clustered_auc",
    "auc_contrast": "auc_contrasts",
    "benjamini_hochberg": "multiple_testing",
    "mean_interval": "means",
    "multifractal": "multifractality",
    "paired_contrast": "means",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'llmgeo.statistics' has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
