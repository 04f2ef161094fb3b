"""Measures the paths of a unit's tokens through the layers, each text beside the steps of the others.

Knows states, windows and nulls; not which unit it is, nor what is concluded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from llmgeo.engine.experiment import Parts
from llmgeo.errors import ModelError
from llmgeo.experiments.depth.angles.null_e import FEWEST_TEXTS, angle_nulls, ratio_nulls
from llmgeo.experiments.depth.angles.null_sets import (
    ANGLE,
    RATIO,
    SwappedSets,
    gaussian_sets,
    isotropic_sets,
    observed_set,
    permuted_sets,
    refused_row,
    rows_of,
)
from llmgeo.experiments.depth.angles.plane import plane
from llmgeo.experiments.depth.angles.unit_paths import (
    ALL,
    TokenGroups,
    UnitPaths,
    group_means,
    in_frame,
    unit_paths,
)
from llmgeo.experiments.depth.angles.writes import WRITES_NOT_FOUND, write_ratios
from llmgeo.experiments.depth.question import Setting, Text
from llmgeo.measures.paths.depth import OF_ANGLES, layer_cosine
from llmgeo.measures.paths.steps import length_to_chord, step_length, turning_angle
from llmgeo.model.random_network import random_network
from llmgeo.texts.seeds import sample_seed

TOO_FEW_TEXTS = "too_few_texts"
NO_FINAL_NORM = "no_final_norm"
NO_RANDOM_NETWORK = "no_random_network"

WRITES = ("attention_write", "mlp_write")


def measure_angles(texts: Sequence[Text], setting: Setting) -> Parts:
    """The texts' paths in every frame of the recipe, and the nulls of the first."""
    return _Measuring(texts, setting).parts()


class _Measuring:
    """One unit's texts while they are measured."""

    def __init__(self, texts: Sequence[Text], setting: Setting):
        self.texts, self.setting = texts, setting
        self.progress, self.clock = setting.progress, setting.clock
        self.block = texts[0].sample
        self.has_nulls = len(texts) >= FEWEST_TEXTS
        self.raw = unit_paths(texts)
        self.first: UnitPaths | None = None
        self.groups = TokenGroups.of(texts)
        self.weights, self.counts = self.groups.weights(self.raw), self.groups.counts(self.raw)
        self.rows: list[dict[str, Any]] = []
        self.draws: list[dict[str, Any]] = []

    def parts(self) -> Parts:
        values = self._of_frame(self.setting.section.frames[0], is_first=True)
        for frame in self.setting.section.frames[1:]:
            self._of_frame(frame, is_first=False)
        with self.clock("measuring"):
            values |= self._writes()
        if self.first is not None:
            self._other_nulls(self.first)
        return Parts(
            tokens=_token_columns(self.texts, self.raw, values),
            estimates=list(_estimates(self.rows, self.setting.section.frames[0])),
            tables={"paths": self.rows, "null_draws": self.draws},
            arrays={"plane": plane(self.texts, self.raw)},
        )

    # -- frames --------------------------------------------------------------------------------------------------

    def _of_frame(self, frame: str, is_first: bool) -> dict[str, torch.Tensor]:
        """Measures the paths in a frame; every token's values by measure, ``[N, layers]``."""
        try:
            paths = in_frame(self.raw, frame, self.setting.model)
        except ModelError:
            self.rows += [self._row(text, None, ANGLE, frame, ALL, 0, status=NO_FINAL_NORM) for text in self.texts]
            return {}
        if is_first:
            self.first = paths
        with self.clock("measuring"):
            angles = turning_angle(paths.states)
            values = {name: of(angles, paths.width) for name, of in OF_ANGLES.items()}
            values |= {"depth_step_length": step_length(paths.states), "layer_cosine": layer_cosine(paths.states)}
            ratio = length_to_chord(paths.states)[:, None]
        nulls = self._null_e(paths, is_first) if self.has_nulls else {}
        if is_first and not self.has_nulls:
            self.draws.append(refused_row(self.block, "E", TOO_FEW_TEXTS))
        for measure, of_tokens in values.items():
            self._take(measure, frame, of_tokens, 1, nulls, only_all=not is_first)
        self._take(RATIO, frame, ratio, None, nulls, only_all=True)
        return values

    def _null_e(self, paths: UnitPaths, is_first: bool) -> dict[tuple[str, str], np.ndarray]:
        nulls_asked = self.setting.section.nulls
        groups = self.groups if is_first else TokenGroups((ALL,), self.groups.member[:1])
        sets = SwappedSets(paths, nulls_asked.sets, self._generator("E")) if is_first else None
        with self._phase("null E", paths.steps.shape[1] - 1, "turns") as advance:
            looking = {"look": sets.look} if sets else {}
            nulls = angle_nulls(paths, groups, tuple(OF_ANGLES), advance, **looking)
            ratio, of_sets = ratio_nulls(paths, nulls_asked.path_sets, self._generator("E paths"))
        if sets:
            drawn = sets.sets() | {RATIO: of_sets.tolist()}
            self.draws += rows_of(self.block, "E", drawn, sets.by_turn(), len(paths.texts))
        return nulls | {(RATIO, ALL): ratio[:, None]}

    def _take(
        self,
        measure: str,
        frame: str,
        values: torch.Tensor,
        first: int | None,
        nulls: Mapping[tuple[str, str], np.ndarray],
        only_all: bool,
    ) -> None:
        """Rows of a measure's values ``[N, K]``, of layers from ``first`` on; None for a whole path's."""
        means = group_means(values.float(), self.weights, len(self.texts)).numpy()
        for group, name in enumerate(self.groups.names[: 1 if only_all else None]):
            null = nulls.get((measure, name))
            for place, text in enumerate(self.texts):
                n = int(self.counts[group, place])
                if not n:
                    continue
                for at in range(means.shape[-1]):
                    layer = None if first is None else first + at
                    found = {"value": means[group, place, at], "null": None if null is None else null[place, at]}
                    self.rows.append(self._row(text, layer, measure, frame, name, n, **found))

    def _row(
        self,
        text: Text,
        layer: int | None,
        measure: str,
        frame: str,
        tokens: str,
        n: int,
        value: float = np.nan,
        null: float | None = None,
        status: str | None = None,
    ) -> dict[str, Any]:
        if status is None:
            status = "ok" if np.isfinite(value) else "undefined"
        return {
            "sample": text.sample, "layer": layer, "measure": measure, "frame": frame, "tokens": tokens, "n": n,
            "value": _number(value), "null": _number(null), "status": status,
        }  # fmt: skip

    # -- writes --------------------------------------------------------------------------------------------------

    def _writes(self) -> dict[str, torch.Tensor]:
        if not self.setting.section.writes:
            return {}
        try:
            ratios = write_ratios(self.texts, self.setting.model)
        except ModelError:
            self.rows += [
                self._row(text, None, measure, "raw", ALL, 0, status=WRITES_NOT_FOUND)
                for text in self.texts
                for measure in WRITES
            ]
            return {}
        for measure, values in ratios.items():
            self._take(measure, "raw", values, 1, {}, only_all=False)
        return ratios

    # -- the other nulls -----------------------------------------------------------------------------------------

    def _other_nulls(self, paths: UnitPaths) -> None:
        asked, count = self.setting.section.nulls, len(paths.texts)
        with self._phase("nulls A, B, C", asked.gaussian_sets + 2, "sets") as advance:
            drawn = isotropic_sets(paths, asked.sets, np.random.default_rng(self._seed("A")))
            self.draws += rows_of(self.block, "A", drawn, [], count)
            advance(1)
            self.draws += rows_of(self.block, "C", *permuted_sets(paths, asked.sets, self._generator("C")), count)
            advance(1)
            if asked.gaussian_sets:
                gaussian = gaussian_sets(paths, asked.gaussian_sets, self._generator("B"), advance)
                self.draws += rows_of(self.block, "B", *gaussian, count)
        if asked.random_network:
            self.draws += self._null_d()

    def _null_d(self) -> list[dict[str, Any]]:
        model, texts = self.setting.model, self.texts
        try:
            with self.clock("null D"):
                network = random_network(model, self._seed("D"))
        except ModelError:
            return [refused_row(self.block, "D", NO_RANDOM_NETWORK)]
        ids = [text.trajectory.token_ids for text in texts]
        self.progress.phase("null D", sum(map(len, ids)), "tokens")
        with self.clock("null D"):
            batches = network.read_batches(ids, None, self.setting.rows, self.progress.advance)
            read = [trajectory for batch in batches for trajectory in batch.hand_over()]
        others = [
            Text(text.sample, text.prompt, replace(of, states=of.states.cpu()), text.window)
            for text, of in zip(texts, read, strict=True)
        ]
        paths = in_frame(unit_paths(others), self.setting.section.frames[0], network)
        with self.clock("null D"):
            rows = [*rows_of(self.block, "D", *observed_set(paths), len(paths.texts))]
            if self.has_nulls:
                whole = TokenGroups((ALL,), self.groups.member[:1])
                nulls = angle_nulls(paths, whole, tuple(OF_ANGLES), lambda turns: None)
                means = {measure: null.mean(0) for (measure, _), null in nulls.items()}
                of_path = {measure: [float(mean.mean())] for measure, mean in means.items()}
                rows += rows_of(self.block, "DE", of_path, means[ANGLE].tolist(), len(paths.texts))
        return rows

    # -- what is drawn, and what is told ---------------------------------------------------------------------------

    def _seed(self, null: str) -> int:
        return sample_seed(self.setting.seed, self.block, f"null {null}")

    def _generator(self, null: str) -> torch.Generator:
        return torch.Generator().manual_seed(self._seed(null))

    def _phase(self, name: str, total: int, unit: str) -> Any:
        return _Phase(self, name, total, unit)


class _Phase:
    """A phase of the work, reported and timed."""

    def __init__(self, measuring: _Measuring, name: str, total: int, unit: str):
        self._progress, self._clock = measuring.progress, measuring.clock(name)
        self._facts = name, total, unit

    def __enter__(self) -> Callable[[int], None]:
        self._progress.phase(*self._facts)
        self._clock.__enter__()
        return self._progress.advance

    def __exit__(self, *raised: Any) -> None:
        self._clock.__exit__(*raised)


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None


def _estimates(rows: Sequence[Mapping[str, Any]], frame: str) -> Iterator[dict[str, Any]]:
    """Rows of the run's estimates: all tokens, in the frame that claims are on."""
    for row in rows:
        if (
            row["tokens"] == ALL
            and row["frame"] in (frame, "raw")
            and (row["frame"] == frame or row["measure"] in WRITES)
        ):
            keys = ("sample", "layer", "measure", "n", "value", "null", "status")
            yield {key: row[key] for key in keys} | {"axis": "depth", "cloud": "none"}


def _token_columns(texts: Sequence[Text], paths: UnitPaths, values: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """Columns of the table of tokens: one row a text, layer and token; what is of turns has no value at the last."""
    layers, tokens = paths.steps.shape[1], len(paths.texts) // len(texts)
    places = np.array([np.arange(text.window.start, text.window.stop) for text in texts], dtype=np.int32)
    columns: dict[str, Any] = {
        "sample": np.repeat([text.sample for text in texts], layers * tokens),
        "axis": ["depth"] * (len(texts) * layers * tokens),
        "layer": np.tile(np.repeat(np.arange(1, layers + 1, dtype=np.int32), tokens), len(texts)),
        "token": np.repeat(places[:, None], layers, axis=1).ravel(),
    }
    for measure in (ANGLE, "depth_step_length", "layer_cosine", *WRITES):
        if measure in values:
            whole = np.full((len(texts), layers, tokens), np.nan, dtype=np.float32)
            of_tokens = paths.of_tokens(values[measure]).transpose(1, 2).numpy()
            whole[:, : of_tokens.shape[1]] = of_tokens
            columns[measure] = whole.ravel()
    return columns
