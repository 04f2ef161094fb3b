"""Measures of your own, found by their entry point: `llmgeo.measures`. Knows the table of measures, no model, no run.

A package of yours says in its pyproject.toml

    [project.entry-points."llmgeo.measures"]
    distance_from_start = "my_package:distance_from_start"

where `distance_from_start` is a `MeasurePlugin`. Once it is installed, recipes may list the measure, and tables, report
and figures show it as any other. Plugins come from what is installed alone: no run and no recipe can name code. With
LLMGEO_PLUGINS=off in the environment none is loaded.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Literal

from llmgeo.errors import MeasureError
from llmgeo.measure_table import EVERY_MEASURE, MEASURES, Measure
from llmgeo.user_file import shown

if TYPE_CHECKING:
    import torch

GROUP = "llmgeo.measures"
SWITCH = "LLMGEO_PLUGINS"
KINDS = ("token", "path")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True)
class MeasurePlugin:
    """A measure of the order of a text's states.

    Attributes:
        function: states ``[..., T, D]`` (a torch tensor, any leading dimensions) to ``[..., at most T]`` for a token
            measure, or ``[...]`` for a path measure; nan where it is undefined. The null is the same function on the
            same states in random order.
        kind: "token" or "path".
        words: its name in a sentence.
        unit, scale: of its printed values, `value * scale` followed by `unit`.
        meaning: one sentence for the report.
        first: which token of the window a token measure's first value belongs to (0 for the first).
    """

    function: "Callable[[torch.Tensor], torch.Tensor]"
    kind: Literal["token", "path"]
    words: str
    unit: str = ""
    scale: float = 1.0
    meaning: str = ""
    first: int = 0


MEANINGS: dict[str, str] = {}
"""The sentences of the registered measures."""


def register(name: str, plugin: MeasurePlugin) -> None:
    """Makes a measure known under a name, for this process.

    Raises:
        MeasureError: no such kind, no possible name, or a name that is taken.

    >>> register("two_nn", MeasurePlugin(len, "token", "steps"))
    Traceback (most recent call last):
      ...
    llmgeo.errors.MeasureError: the measure 'two_nn' is llmgeo's own already; give yours another name
    """
    from llmgeo import measures
    from llmgeo.experiments.measure import FIRST_POSITION

    if not isinstance(plugin, MeasurePlugin):
        raise MeasureError(
            f"the measure {shown(name)} is a {type(plugin).__name__}, not an llmgeo.plugins.MeasurePlugin"
        )
    if not _NAME.fullmatch(name):
        raise MeasureError(f"{shown(name)} is no name for a measure; use small letters, digits and _")
    if plugin.kind not in KINDS:
        raise MeasureError(f"the measure {name} is of kind {shown(plugin.kind)}; known: {', '.join(KINDS)}")
    if name in EVERY_MEASURE or hasattr(measures, name):
        raise MeasureError(f"the measure {shown(name)} is llmgeo's own already; give yours another name")
    known = Measure(plugin.kind, plugin.words, unit=plugin.unit, scale=plugin.scale)
    MEASURES[name] = known
    FIRST_POSITION[name] = plugin.first
    MEANINGS[name] = plugin.meaning
    setattr(measures, name, _checked(name, plugin))  # where experiments look a measure up


@cache
def load() -> tuple[str, ...]:
    """Registers every installed plugin, once a process; returns their names.

    Raises:
        MeasureError: one cannot be imported or registered; the message names its package.
    """
    if os.environ.get(SWITCH) == "off":
        return ()
    found = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    for point in found:
        register(point.name, _imported(point))
    return tuple(point.name for point in found)


def _imported(point: EntryPoint) -> MeasurePlugin:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        package = point.dist.name if point.dist else point.module
        raise MeasureError(
            f"the measure {shown(point.name)} of the package {shown(package)} cannot be loaded ({error}); "
            f"repair or remove the package, or set {SWITCH}=off"
        ) from error


def _checked(name: str, plugin: MeasurePlugin) -> "Callable[[object], torch.Tensor]":
    """The function with its input unpacked and the shape of its output made sure of."""
    import torch

    from llmgeo.measures.path import Path

    def measure(states: object) -> "torch.Tensor":
        tensor = torch.as_tensor(states.source if isinstance(states, Path) else states)
        values = torch.as_tensor(plugin.function(tensor))
        *batch, tokens, _ = tensor.shape
        most = tokens - plugin.first
        is_right = list(values.shape[: len(batch)]) == batch and values.ndim == len(batch) + (plugin.kind == "token")
        if not is_right or (plugin.kind == "token" and values.shape[-1] > most):
            wanted = [*batch, f"at most {most}"] if plugin.kind == "token" else batch
            raise MeasureError(
                f"the measure {name} gave {list(values.shape)} for states {list(tensor.shape)}; "
                f"a {plugin.kind} measure gives [{', '.join(map(str, wanted))}]"
            )
        return values

    measure.__doc__ = plugin.meaning or plugin.words
    return measure
