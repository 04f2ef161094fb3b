"""A landscape under way: each point a unit of its own, one model besides the first in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from llmgeo.engine.batch_size import BatchSize
from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts, Unit
from llmgeo.engine.one_model import OneModelWork
from llmgeo.engine.progress import Progress
from llmgeo.engine.request import Request
from llmgeo.errors import UsageError
from llmgeo.experiments.landscape.extent import extent
from llmgeo.experiments.landscape.plan import products_of
from llmgeo.experiments.landscape.tasks import (
    OTHER,
    PATH,
    PLAIN,
    PLANE,
    RANDOM,
    SKIP,
    TOWARDS,
    Checkpoints,
    Point,
    Products,
    Spectrum,
    tasks,
)
from llmgeo.experiments.landscape.unit import measure_checkpoints, measure_point, measure_products, measure_spectrum
from llmgeo.messages import counted
from llmgeo.model.description import describe
from llmgeo.model.digests import fixed_by
from llmgeo.model.landscape.common_weights import common_weights
from llmgeo.model.landscape.directions import length, random_direction, scaled
from llmgeo.model.landscape.hessian import block_names
from llmgeo.model.landscape.terrain import Terrain
from llmgeo.model.landscape.training_plane import TrainingPlane, training_plane
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.loading import load
from llmgeo.model.random_network import can_be_drawn, random_network
from llmgeo.report.page.provenance import argument

ROWS = 8
"""Texts that are read together."""

AT_ONCE = 2
"""Directions that are held: those of a plane."""


class LandscapeWork(OneModelWork):
    """One run of the room.

    Args:
        model: whose loss it is.
        other: what it goes towards, if anything.
    """

    def __init__(self, request: Request, model: LanguageModel, other: LanguageModel | None = None):
        super().__init__(request, model)
        self.request, self.other = request, other
        self.layers = None
        self.rows = request.batch_size or ROWS
        self.texts = [model.encode(prompt.text) for prompt in self.prompts]
        for prompt, ids in zip(self.prompts, self.texts, strict=True):
            model.check_fits(ids, 0, f"prompt {prompt.id!r}")
        self._has_random = self.recipe.beside.random and can_be_drawn(model)
        self._tasks = tasks(self.recipe, request.options, self._has_random)
        self._terrains: dict[str, Terrain] = {"model": Terrain(model, self.texts)}
        self._directions: dict[tuple[str, int, bool], Any] = {}
        self._plane: TrainingPlane | None = None
        self._common, self.remark = common_weights(model, other) if other is not None else ({}, None)
        for pattern in request.options.get("hessian") or ():
            block_names(model.hf, pattern)
        tokens = sum(map(len, self.texts))
        points = sum(isinstance(task, Point) for task in self._tasks)
        self.headline = (
            f"{model.name} · {counted(points, 'point')} · {counted(len(self.texts), 'text')} of "
            f"{counted(tokens, 'token')} · {model.dtype} · {model.device}"
            + (f" · towards {other.name}" if other is not None else "")
        )

    @property
    def subjects(self) -> dict[str, dict[str, Any]]:
        found = {"model": describe(self.model)}
        return found if self.other is None else found | {"other": describe(self.other)}

    @property
    def fingerprint(self) -> dict[str, Any]:
        options = self.request.options
        return {
            "model": fixed_by(self.model),
            "towards": None if self.other is None else fixed_by(self.other),
            "path": options.get("path"),
            "plane": options.get("plane"),
            "hessian": list(options.get("hessian") or ()),
            "texts": [prompt.id for prompt in self.prompts],
        }

    def establish(self, batch_size: BatchSize, clock: Clock) -> dict[str, Any]:
        """The plain loss of every text, by a path that moves no weight: what the middle of every line must be."""
        with clock("reading"):
            batches = self.model.read_batches(self.texts, None, self.rows)
            losses = [float(text.surprisal[1:].double().mean()) for batch in batches for text in batch.hand_over()]
        return {"plain_losses": losses}

    def manifest(self) -> dict[str, Any]:
        return {
            "texts": [prompt.id for prompt in self.prompts],
            "common": self.remark,
            "has_random": self._has_random,
            "command_options": self._command_options(),
        }

    def _command_options(self) -> dict[str, Any]:
        """What the command is given beside what every command is; of a folder only its name."""
        options = self.request.options
        found = {
            "--limit": options.get("limit"),
            "--plane": options.get("plane"),
            "--hessian": list(options.get("hessian") or ()),
        }
        if self.other is not None:
            found["--towards"] = argument(describe(self.other))
        if options.get("path"):
            found["--path"] = f"PATH/TO/{Path(options['path'][0]['subject']).parent.name}"
        return {name: value for name, value in found.items() if value}

    def units(self) -> list[Unit]:
        return [
            Unit(f"{number:06d}-{_kind(task)}", (), task, prompts=self.rows) for number, task in enumerate(self._tasks)
        ]

    def ahead(self, unit: Unit) -> Mapping[str, float]:
        products = products_of(unit.content, self.recipe)
        return {"differentiating": products} if products else {"reading": sum(map(len, self.texts))}

    def measure(self, unit: Unit, rows: int, progress: Progress, clock: Clock) -> Parts:
        task, recipe = unit.content, self.recipe
        names = [prompt.id for prompt in self.prompts]
        if isinstance(task, Products):
            with clock("drawing directions"):
                direction = self._direction("model", task.direction)
            return measure_products(task, direction, self._terrain("model"), recipe.hessian, progress, clock)
        if isinstance(task, Spectrum):
            return measure_spectrum(task, self._terrain("model"), recipe.hessian, recipe.seed, progress, clock)
        if isinstance(task, Checkpoints):
            return self._measure_checkpoints(rows, progress, clock)
        with clock("drawing directions"):
            terrain = self._terrain(task.subject)
            read = self._reading(task, terrain)
        return measure_point(task, read, terrain, names, rows, progress, clock)

    def _reading(self, point: Point, terrain: Terrain) -> partial:
        """What reads the losses there."""
        if point.part == TOWARDS:
            return partial(terrain.losses_between, self._common, point.alpha)
        if point.part == PATH:
            plane, recipe = self._training_plane(), self.recipe.training
            low, high = extent(plane.coordinates, recipe.margin)
            steps = low + np.array([point.alpha, point.beta]) * (high - low)
            return partial(terrain.losses, *zip(map(float, steps), plane.axes, strict=True))
        if point.direction == 0:
            return partial(terrain.losses, (0.0, {}))  # set from the copy, as every other point is
        steps = [(point.alpha, self._direction(point.subject, point.direction, point.part != PLAIN))]
        if point.part == PLANE:
            steps.append((point.beta, self._direction(point.subject, point.direction + 1)))
        return partial(terrain.losses, *steps)

    def _direction(self, subject: str, number: int, is_normalised: bool = True) -> Any:
        """A direction of a model. The same numbers for all of them; without normalisation, the same step for all."""
        key = ("model" if subject == SKIP else subject, number, is_normalised)
        if key not in self._directions:
            while len(self._directions) >= AT_ONCE:
                del self._directions[next(iter(self._directions))]
            module = self._terrain(subject).model.hf
            drawn = random_direction(module, self.recipe.seed * 1000 + number, is_normalised=is_normalised)
            if not is_normalised:
                moved = {name: self._terrain("model").displacement.weights[name] for name in drawn}
                drawn = scaled(drawn, length(moved) / length(drawn))
            self._directions[key] = drawn
        return self._directions[key]

    def _terrain(self, subject: str) -> Terrain:
        """The model itself stays; of the others, the last that was asked for."""
        if subject not in self._terrains:
            for known in [each for each in self._terrains if each != "model"]:
                del self._terrains[known]
            self._directions = {key: each for key, each in self._directions.items() if key[0] == "model"}
            model = {
                SKIP: lambda: self.model, OTHER: lambda: self.other,
                RANDOM: lambda: random_network(self.model, self.recipe.seed + 1),
            }[subject]()  # fmt: skip
            is_skip = subject == SKIP
            self._terrains[subject] = Terrain(
                model, self.texts, self.recipe.beside.skip if is_skip else 1.0,
                self._terrains["model"].displacement if is_skip else None,
            )  # fmt: skip
            self._plane = None  # its axes are as large as two models, and every point on it has been read
        return self._terrains[subject]

    # -- a training ---------------------------------------------------------------------------------------------------

    def _training_plane(self) -> TrainingPlane:
        if self._plane is None:
            self._plane = training_plane(self._terrain("model").displacement.weights, self._along_path(), self.folder)
        return self._plane

    def _along_path(self) -> Iterator[Mapping[str, Any]]:
        """Weights of every checkpoint, one after the other."""
        loading = {name: each for name, each in self.request.loading.items() if name not in ("revision", "tokenizer")}
        for each in self.request.options["path"]:
            weights, remark = common_weights(self.model, load(each["subject"], **loading))
            if remark:
                raise UsageError(f"{each['checkpoint']} has a vocabulary of another size than {self.model.name}.")
            yield weights

    def _measure_checkpoints(self, rows: int, progress: Progress, clock: Clock) -> Parts:
        terrain, losses = self._terrain("model"), []
        about = [{"checkpoint": each["checkpoint"], "step": each["step"]} for each in self.request.options["path"]]
        progress.phase("reading", len(about) * sum(map(len, self.texts)), "tokens")

        def read() -> Iterator[Mapping[str, Any]]:
            for weights in self._along_path():
                with clock("reading"):
                    losses.append(terrain.losses_between(weights, 1.0, rows, progress.advance))
                yield weights

        self._plane = training_plane(terrain.displacement.weights, read(), self.folder)
        _check_end(self._plane, [each["checkpoint"] for each in about], self.model.name)
        return measure_checkpoints(self._plane, about, losses)


def _check_end(plane: TrainingPlane, checkpoints: Sequence[str], model: str) -> None:
    """Raises UsageError where the model is a checkpoint of the training, and others come after it."""
    same = np.flatnonzero(np.diag(plane.products) == 0)
    if len(same) and same[-1] < len(checkpoints) - 1:
        raise UsageError(
            f"{model} is {checkpoints[same[-1]]}, and the training goes on to {checkpoints[-1]}: the plane is of a way "
            f"that ends at the model. Name {checkpoints[-1]}, or a folder without the checkpoints after the model."
        )


def _kind(task: Any) -> str:
    return f"{task.part}-{task.subject}" if isinstance(task, Point) else type(task).__name__.lower()
