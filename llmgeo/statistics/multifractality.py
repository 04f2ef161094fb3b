"""Is a series multifractal beyond its distribution and its linear correlations? Its width beside its surrogates.

A width of exponents is there in any series of finite length, and a fat tail makes it larger. So the question is put to
surrogates with the same values and the same power spectrum, and beside the answer stands how often a true cascade of
the same length would have been found. Knows a series; not what it is of.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from llmgeo.errors import MeasureError
from llmgeo.measures.door import as_array, names_itself
from llmgeo.measures.series.fluctuations import Fluctuations, fluctuations
from llmgeo.measures.status import OK
from llmgeo.nulls.series import iaaft, phase_randomised_series, shuffled_series

Of = Literal["increments", "path", "loss_slice"]
KINDS = ("increments", "path", "loss_slice")

SMOOTH_SLICE = "smooth_slice"
WHY_NOT = {
    SMOOTH_SLICE: "a loss along a line through the weights is smooth: the exponents of its fluctuations are those of "
    "the polynomial that is taken away (order + 1), or of the rounding of the loss",
    "flat_run": "some stretches hardly vary (greedy loops make such), and negative moments see nothing else; cut them",
    "too_few_points": "fewer than 256 values leave no range of scales",
    "constant": "nothing varies",
    "undefined": "some values are not finite; the first token of a text has no surprisal: leave it out",
}
"""By status, in words."""

SIGNIFICANT = 0.05
FEWEST_SURROGATES = 39
"""With these the smallest p is a fortieth: with 19 it would be a twentieth, and no answer could ever be yes."""

WEIGHT = 0.3
"""Share of the mass that goes to one half at every step of the cascade that power is told for."""

Draw = Callable[[np.ndarray, np.random.Generator], np.ndarray]
SURROGATES: Mapping[str, Draw] = {"shuffle": shuffled_series, "phase": phase_randomised_series, "iaaft": iaaft}


@dataclass(frozen=True)
class Multifractal:
    """What a series came to.

    Attributes:
        width: Δh, h at the lowest q minus h at the highest. hurst: h(2). fluctuations: the whole analysis.
        surrogates: widths by kind: shuffle, phase, iaaft. p: by kind, how often a surrogate is as wide, one-sided.
        power: share of true cascades of the same length (p = 0.3, random order) that the same test finds, with as many
            surrogates each, and of a path on paths; nan where it was not asked for.
        is_multifractal: whether p beside iaaft is below 0.05; None without an answer.
        status: "ok", or why there is none; `reason` says it in words.
    """

    width: float
    hurst: float
    fluctuations: Fluctuations | None
    surrogates: Mapping[str, np.ndarray]
    p: Mapping[str, float]
    power: float
    status: str = OK

    @property
    def is_multifractal(self) -> bool | None:
        return self.p["iaaft"] < SIGNIFICANT if self.status == OK else None

    @property
    def reason(self) -> str | None:
        return None if self.status == OK else WHY_NOT.get(self.status, self.status.replace("_", " "))


@names_itself
def multifractal(
    series: np.ndarray,
    of: Of = "increments",
    surrogates: int = 99,
    cascades: int = 10,
    order: int = 1,
    seed: int = 0,
) -> Multifractal:
    """The width of a series' exponents beside shuffles, random phases and IAAFT surrogates, of which the last decide.

    Random phases alone make any fat tail multifractal, and shuffles any correlated series; a series is called
    multifractal here only where it is wider than what has its values *and* its spectrum. IAAFT is weak against a true
    cascade, though, so a "no" is worth what `power` says.

    Args:
        series: ``[N]`` in its order: surprisals of a text's tokens, losses of a training.
        of: "increments" (stationary), "path" (a position), or "loss_slice", which is refused with the reason.
        surrogates: of each kind; 39 at least.
        cascades: of the same length, that power is counted from; 0 for none, which takes a tenth of the time.
        order: of the polynomial that is taken away.
        seed: of everything that is drawn.

    Raises:
        MeasureError: no series of numbers, another kind, or too few surrogates.

    >>> noise = np.random.default_rng(0).normal(size=512)
    >>> found = multifractal(noise, surrogates=39, cascades=0)
    >>> found.is_multifractal, sorted(found.p)
    (False, ['iaaft', 'phase', 'shuffle'])
    >>> multifractal(noise, of="loss_slice").status
    'smooth_slice'
    """
    values = np.asarray(as_array(series, "series", "N"), dtype=np.float64)
    if of not in KINDS:
        raise MeasureError(f"of must be one of {', '.join(KINDS)}; got {of!r}.")
    if surrogates < FEWEST_SURROGATES:
        raise MeasureError(
            f"surrogates must be {FEWEST_SURROGATES} or more, as p is counted from them; got {surrogates}."
        )
    if of == "loss_slice":
        return _without(SMOOTH_SLICE)
    is_path = of == "path"
    found = fluctuations(values, order=order, is_path=is_path)
    if found.status != OK:
        return _without(found.status, found)
    widths = {
        name: _widths(values, draw, surrogates, np.random.default_rng([seed, place]), order, is_path)
        for place, (name, draw) in enumerate(SURROGATES.items())
    }
    p = {name: _p(found.width, drawn) for name, drawn in widths.items()}
    power = _power(len(values), surrogates, cascades, order, seed, is_path) if cascades else float("nan")
    return Multifractal(found.width, found.h(2), found, widths, p, power)


def seconds_needed(series: np.ndarray, surrogates: int = 99, cascades: int = 10, order: int = 1) -> float:
    """About how long `multifractal` takes on this machine, from one surrogate; 0 of a series that it refuses.

    >>> seconds_needed(np.ones(512))
    0.0
    """
    values = np.asarray(as_array(series, "series", "N"), dtype=np.float64)
    if fluctuations(values, order=order).status != OK:
        return 0.0
    start = time.perf_counter()
    _widths(values, iaaft, 1, np.random.default_rng(0), order, False)
    return (1 + cascades) * surrogates * (time.perf_counter() - start)


def cascade(length: int, generator: np.random.Generator, weight: float = WEIGHT) -> np.ndarray:
    """A binomial cascade whose halves are in random order at every step; cut to the length, mean about one.

    >>> cascade(8, np.random.default_rng(0)).mean().round(6)
    np.float64(1.0)
    """
    steps = int(np.ceil(np.log2(length)))
    values = np.ones(1)
    for _ in range(steps):
        shares = np.where(generator.random(len(values)) < 0.5, weight, 1 - weight)
        values = np.stack([values * shares, values * (1 - shares)], axis=1).ravel()
    return (values * 2.0**steps)[:length]


def _without(status: str, found: Fluctuations | None = None) -> Multifractal:
    nan = float("nan")
    return Multifractal(nan, nan, found, {}, {}, nan, status)


def _widths(
    values: np.ndarray, draw: Draw, count: int, generator: np.random.Generator, order: int, is_path: bool
) -> np.ndarray:
    """Of so many surrogates; those of a path are of its steps."""
    steps = np.diff(values, prepend=values[:1]) if is_path else values
    widths = []
    for _ in range(count):
        drawn = draw(steps, generator)
        widths.append(fluctuations(drawn.cumsum() if is_path else drawn, order=order, is_path=is_path).width)
    return np.array(widths)


def _p(width: float, drawn: np.ndarray) -> float:
    """One-sided; a surrogate that was refused counts as wide, which holds the level."""
    return float((1 + (~(drawn < width)).sum()) / (1 + len(drawn)))


@lru_cache(maxsize=16)
def _power(length: int, surrogates: int, cascades: int, order: int, seed: int, is_path: bool) -> float:
    """Share of cascades that are found; where the series is a path, of those whose steps are one."""
    generator = np.random.default_rng([seed, 41])
    hits = 0
    for _ in range(cascades):
        values = cascade(length, generator)
        values = (values - values.mean()).cumsum() if is_path else values
        found = fluctuations(values, order=order, is_path=is_path)
        if found.status == OK:
            hits += _p(found.width, _widths(values, iaaft, surrogates, generator, order, is_path)) < SIGNIFICANT
    return hits / cascades
