"""An alarm while a model writes: one text watched token by token, by its ids, its numbers and its states.

The state machine (`watcher` and below) knows ids and numbers and no model, and needs no torch; what stands inside
transformers (`monitor`, `tap`) feeds it. The names are imported when they are first used.
"""

from importlib import import_module

_HOMES = {
    "Alarm": "llmgeo.monitor.alarm",
    "CHANNELS": "llmgeo.monitor.alarm",
    "Monitor": "llmgeo.monitor.monitor",
    "Thresholds": "llmgeo.monitor.thresholds",
    "Watcher": "llmgeo.monitor.watcher",
    "calibrate": "llmgeo.monitor.calibration",
}

__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'llmgeo.monitor' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__():
    return sorted(__all__)
