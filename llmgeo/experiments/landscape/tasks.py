"""What a run measures, piece by piece, as the recipe and the options ask for it. Knows no model and no number read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from llmgeo.experiments.landscape.recipe import LandscapeRecipe

MODEL, SKIP, OTHER, RANDOM = "model", "skip", "other", "random"
"""Whose loss: the model's, its own with weaker skips, that of the model it goes towards, of the random network."""

CENTRE, LINE, STEP, PLAIN, PLANE, TOWARDS, PATH = "centre", "line", "step", "plain", "plane", "towards", "path"
"""Where: the weights themselves; along a direction; a small step along it; the same without filter normalisation; on
the plane of two directions; between two models; on the plane of a training."""


@dataclass(frozen=True)
class Point:
    """One point at which the loss of all texts is read.

    Attributes:
        direction: its number, from 1; 0 where there is none.
        alpha, beta: steps along the direction and the next, the share of the way, or coordinates on the plane.
    """

    part: str
    subject: str
    direction: int = 0
    alpha: float = 0.0
    beta: float = 0.0


@dataclass(frozen=True)
class Products:
    """Slope and curvature along one of the model's directions, by derivatives."""

    direction: int


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues and trace of the block that a pattern names."""

    block: str


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of a training: where they are on its plane, and their own losses."""


Task = Point | Products | Spectrum | Checkpoints


def tasks(recipe: LandscapeRecipe, options: Mapping[str, Any], has_random: bool = True) -> list[Task]:
    """Everything that is measured, in order: one model after the other, so that one is left alone at a time."""
    line, hessian = recipe.line, recipe.hessian
    found: list[Task] = [*_bowl(MODEL, recipe, range(1, line.directions + 1))]
    found += [Products(direction) for direction in range(1, min(line.directions, hessian.directions) + 1)]
    if options.get("plane"):
        across = np.linspace(-recipe.plane.reach, recipe.plane.reach, options["plane"]).tolist()
        found += [Point(PLANE, MODEL, 1, a, b) for a in across for b in across]
    found += [Spectrum(block) for block in options.get("hessian") or ()]
    if options.get("towards") is not None:
        found += [Point(TOWARDS, MODEL, 0, share) for share in shares(recipe)]
        found += _steps(MODEL, recipe, PLAIN)
    if options.get("path"):
        found.append(Checkpoints())
        across = np.linspace(0, 1, recipe.training.points).tolist()
        found += [Point(PATH, MODEL, 0, a, b) for a in across for b in across]
    found += [Point(CENTRE, SKIP), *_steps(SKIP, recipe)]
    if options.get("towards") is not None:
        found += [Point(CENTRE, OTHER), *_steps(OTHER, recipe), *_steps(OTHER, recipe, PLAIN)]
    if has_random and recipe.beside.random:
        found += _bowl(RANDOM, recipe, [1])
    return found


def shares(recipe: LandscapeRecipe) -> list[float]:
    """Places on the way to another model: 0 and 1 exactly, and the others evenly."""
    way = recipe.towards
    evenly = [round(float(each), 12) for each in np.linspace(way.low, way.high, way.points)]
    return sorted({*evenly, 0.0, 1.0})


def alphas(recipe: LandscapeRecipe) -> list[float]:
    """Steps of a line, without the middle."""
    line = recipe.line
    return [alpha for alpha in np.linspace(-line.reach, line.reach, line.points).tolist() if abs(alpha) > 1e-12]


def _bowl(subject: str, recipe: LandscapeRecipe, lines: Iterator[int] | range | list[int]) -> Iterator[Point]:
    yield Point(CENTRE, subject)
    for direction in lines:
        for alpha in alphas(recipe):
            yield Point(LINE, subject, direction, alpha)
    yield from _steps(subject, recipe)


def _steps(subject: str, recipe: LandscapeRecipe, part: str = STEP) -> Iterator[Point]:
    for direction in range(1, recipe.line.directions + 1):
        for sign in (-1, 1):
            yield Point(part, subject, direction, sign * recipe.line.step)
