"""Measures of your own, found by their entry point: `llmgeo.measures`. Knows the catalogue, no model, no run.

A package of yours says in its pyproject.toml

    [project.entry-points."llmgeo.measures"]
    distance_from_start = "my_package:distance_from_start"

where `distance_from_start` is a `MeasurePlugin`. Once it is installed, recipes may list the measure, and tables, report
and figures show it as any other. Plugins come from what is installed alone: no run and no recipe can name code. With
LLMGEO_PLUGINS=off in the environment none is loaded. `llmgeo.measures.register` makes one known to one process alone.
"""

import hashlib
import inspect
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Literal

from llmgeo import measures
from llmgeo.errors import MeasureError
from llmgeo.measures import catalogue
from llmgeo.measures.catalogue import Measure
from llmgeo.messages import plain, shown

if TYPE_CHECKING:
    import torch

    from llmgeo.measures import Cloud, Estimate

GROUP = "llmgeo.measures"
SWITCH = "LLMGEO_PLUGINS"
KINDS = ("cloud", "token", "path")

BY_HAND = "registered by hand"
"""Said of the origin of a measure that no package brought."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True)
class MeasurePlugin:
    """A measure of a text's states: of their cloud, whose order says nothing, or of their order.

    Attributes:
        function: a torch tensor with any leading dimensions to another, nan where it is undefined.
            kind "token": states ``[..., T, D]`` to ``[..., at most T]``; kind "path": to ``[...]``. Their null is the
            same function on the same states in random order.
            kind "cloud": points ``[..., N, D]``, centred, float64, to ``[...]``, or to an `Estimate` of that shape. Its
            null is the same function on a Gaussian cloud with the same covariance. A cloud that llmgeo's own measures
            would not be asked about (too few distinct points, a loop) is refused before the function's answer counts.
        kind: "cloud", "token" or "path".
        words: its name in a sentence.
        unit, scale: of its printed values, `value * scale` followed by `unit`.
        meaning: one sentence for the report.
        first: which token of the window a token measure's first value belongs to (0 for the first).
    """

    function: "Callable[[torch.Tensor], torch.Tensor | Estimate]"
    kind: Literal["cloud", "token", "path"]
    words: str
    unit: str = ""
    scale: float = 1.0
    meaning: str = ""
    first: int = 0


COLUMNS = ("sample", "layer", "token", "axis")
"""Names that a column of the table of tokens has already."""

ORIGINS: dict[str, str] = {}
"""Which package, in which version, each registered measure came from: part of a run's fingerprint."""


def register(name: str, plugin: MeasurePlugin) -> None:
    """Makes a measure known under a name, for this process.

    Raises:
        MeasureError: no such kind, no possible name, or a name that is taken.

    >>> register("two_nn", MeasurePlugin(len, "token", "steps"))
    Traceback (most recent call last):
      ...
    llmgeo.errors.MeasureError: the measure 'two_nn' is llmgeo's own already; give yours another name
    """
    if not isinstance(plugin, MeasurePlugin):
        raise MeasureError(
            f"the measure {shown(name)} is a {type(plugin).__name__}, not an llmgeo.plugins.MeasurePlugin"
        )
    if not _NAME.fullmatch(name):
        raise MeasureError(f"{shown(name)} cannot name a measure; use small letters, digits and _")
    if plugin.kind not in KINDS:
        raise MeasureError(f"the measure {name} is of kind {shown(plugin.kind)}; known: {', '.join(KINDS)}")
    if name in COLUMNS:
        raise MeasureError(f"{shown(name)} is a column of every table of tokens; give the measure another name")
    if name in ORIGINS:
        raise MeasureError(f"the measure {shown(name)} is registered in this process already ({ORIGINS[name]})")
    if name in measures.__all__:
        raise MeasureError(f"the measure {shown(name)} is llmgeo's own already; give yours another name")
    is_cloud = plugin.kind == "cloud"
    origin = f"{getattr(plugin.function, '__module__', 'nowhere')}, {BY_HAND}"
    catalogue.add(
        Measure(
            name,
            plugin.kind,
            plugin.words,
            partial(_measure_cloud if is_cloud else _measure_states, name, plugin),
            meaning=plugin.meaning,
            source=origin,
            cloud="text" if is_cloud else "none",
            unit=plugin.unit,
            scale=plugin.scale,
            first=plugin.first,
            null="gaussian_cloud" if is_cloud else "shuffle_order",
        )
    )
    ORIGINS[name] = origin


def register_function(
    function: Callable[..., object],
    *,
    kind: str | None = None,
    words: str | None = None,
    name: str | None = None,
    unit: str = "",
    scale: float = 1.0,
    meaning: str | None = None,
    first: int = 0,
) -> Callable[..., object]:
    """What `llmgeo.measures.register` describes."""
    load()  # so that a name that a package has is taken already
    name = getattr(function, "__name__", None) if name is None else name
    if not callable(function) or not isinstance(name, str):
        raise MeasureError(f"{shown(function)} is no function with a name; give one, or name= beside it")
    if kind not in KINDS:
        given = "no kind was given" if kind is None else f"kind is {shown(kind)}"
        kinds = ", ".join(map(repr, KINDS))
        raise MeasureError(f"the measure {shown(name)}: {given}; kind= says what it gives: {kinds}")
    described = (inspect.getdoc(function) or "").partition("\n")[0] if meaning is None else meaning
    plugin = MeasurePlugin(function, kind, words or name.replace("_", " "), unit, scale, described, first)
    _try(name, plugin)
    forget(name)
    register(name, plugin)
    ORIGINS[name] += f" ({_digest(function)})"
    return function


def forget(name: str) -> None:
    """Takes back a measure that was registered by hand; any other stays."""
    if BY_HAND in ORIGINS.get(name, ""):
        del ORIGINS[name], catalogue.MEASURES[name]


def _try(name: str, plugin: MeasurePlugin) -> None:
    """Raises MeasureError where the function does not do on a batch of states what its kind says."""
    import torch

    states = torch.randn(2, 32, 8, generator=torch.Generator().manual_seed(0))
    measure = _measure_cloud if plugin.kind == "cloud" else _measure_states
    try:
        measure(name, plugin, states)
    except MeasureError as error:
        raise MeasureError(f"{error}. Index states from the end: tokens are axis -2, width is axis -1") from error
    except Exception as error:  # the function is anybody's code
        raise MeasureError(
            f"the measure {shown(name)} was tried on a tensor of states [2, 32, 8] (layers, tokens, width) and raised "
            f"{type(error).__name__}: {plain(error)}"
        ) from error


def _digest(function: Callable[..., object]) -> str:
    """Of the function's source: a run is not gone on with under another."""
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):  # typed at a prompt, or no plain function
        return "source not known"
    return hashlib.sha256(source.encode()).hexdigest()[:12]


@cache
def load() -> tuple[str, ...]:
    """Registers every installed plugin, once a process; returns their names.

    Raises:
        MeasureError: one cannot be imported or registered; the message names its package.
    """
    if os.environ.get(SWITCH) == "off":
        return ()
    installed = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    for point in installed:
        register(point.name, _imported(point))
        if point.dist is not None:
            ORIGINS[point.name] = f"{point.dist.name} {point.dist.version}"
    return tuple(point.name for point in installed)


def _imported(point: EntryPoint) -> MeasurePlugin:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        package = point.dist.name if point.dist else point.module
        raise MeasureError(
            f"the measure {shown(point.name)} of the package {shown(package)} cannot be loaded ({error}); "
            f"repair or remove the package, or set {SWITCH}=off"
        ) from error


def _measure_states(name: str, plugin: MeasurePlugin, states: object) -> "torch.Tensor":
    """The function of the tensor behind `states`, the shape of its answer made sure of."""
    import torch

    from llmgeo.measures.door import states_in
    from llmgeo.measures.paths.steps import StatePath

    tensor = torch.as_tensor(states_in(states.source if isinstance(states, StatePath) else states))
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


def _measure_cloud(name: str, plugin: MeasurePlugin, points: "torch.Tensor | Cloud") -> "Estimate":
    """The function behind the guard that every cloud measure stands behind, its answer as an `Estimate`."""
    import numpy as np
    import torch

    from llmgeo.measures import Estimate, as_cloud
    from llmgeo.measures.status import OK, UNDEFINED

    cloud = as_cloud(points)
    answer = plugin.function(torch.as_tensor(cloud.points))
    error, given = None, cloud.flat_status
    values = answer
    if isinstance(answer, Estimate):
        values, error = answer.value, torch.as_tensor(answer.standard_error).reshape(-1)
        given = np.asarray(answer.status).reshape(-1)
    values = torch.as_tensor(values)
    if tuple(values.shape) != cloud.batch_shape or len(given) != len(cloud.flat_status):
        raise MeasureError(
            f"the measure {name} gave {list(values.shape)} for points {list(cloud.points.shape)}; "
            f"a cloud measure gives [{', '.join(map(str, cloud.batch_shape))}]"
        )
    status = np.where(cloud.flat_status == OK, given, cloud.flat_status)
    silent = (status == OK) & ~np.isfinite(values.reshape(-1).cpu().numpy())
    status = np.where(silent, UNDEFINED, status)
    return cloud.estimate(values.reshape(-1).double(), error, status, is_dimension=False)
