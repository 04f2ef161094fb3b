"""A run over one checkpoint's matrices: each a unit, one in memory at a time. Measures through `unit`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts, Unit, Work
from llmgeo.engine.progress import Progress
from llmgeo.engine.request import Request
from llmgeo.experiments.weights.plan import joint_kinds, seconds_of
from llmgeo.experiments.weights.unit import RandomMatrices, measure_joint, measure_matrix
from llmgeo.messages import counted
from llmgeo.model.matrices import Matrix
from llmgeo.model.sources.matrix_source import MatrixSource
from llmgeo.report.words import size


class WeightsWork(Work):
    """One run of the room.

    Args:
        source: the checkpoint, opened for the tensors and layers that were asked for.
    """

    def __init__(self, request: Request, source: MatrixSource):
        self.recipe, self.source, self.matrices = request.recipe, source, source.matrices
        self._patterns = list(request.options.get("tensors", ()))
        self._random = RandomMatrices(request.recipe)
        self.rows = 1
        self.name = source.name
        self.headline = (
            f"{source.name} · {counted(len(self.matrices), 'matrix', 'matrices')} · {size(source.bytes)} · "
            f"{request.recipe.points.most} rows each at most"
        )

    @property
    def subjects(self) -> dict[str, dict[str, Any]]:
        source = self.source
        formats = sorted({matrix.dtype for matrix in self.matrices})
        about = {
            "name": source.name, "kind": source.kind, "revision": source.revision, "dtype": ", ".join(formats),
            "device": "cpu",
        }  # fmt: skip
        known = {name: value for name, value in (("layers", source.layers), ("width", source.width)) if value}
        return {"model": about | known}

    @property
    def fingerprint(self) -> dict[str, Any]:
        about = {"name": self.source.name, "revision": self.source.revision}
        return {"model": about, "matrices": [matrix.name for matrix in self.matrices]}

    def manifest(self) -> dict[str, Any]:
        return {
            "tensors": self._patterns,
            "vectors": self.source.vectors,
            "command_options": {"--tensors": self._patterns},
        }

    def units(self) -> list[Unit]:
        units = [Unit(f"matrix-{number:06d}", (), matrix) for number, matrix in enumerate(self.matrices)]
        joint = joint_kinds(self.matrices)
        return units + [Unit(f"zjoint-{number:03d}", (), kind) for number, kind in enumerate(joint.items())]

    def ahead(self, unit: Unit) -> Mapping[str, float]:
        return {"matrices": 1} if isinstance(unit.content, Matrix) else {"joint clouds": 1}

    def rehearse(self) -> Mapping[str, float]:
        measured = [matrix for matrix in self.matrices if matrix.status == "ok"]
        each, joint = seconds_of(measured, self.recipe)
        kinds = len(joint_kinds(self.matrices))
        costs = {"matrices": each / max(1, len(self.matrices))}
        return costs | ({"joint clouds": joint / kinds} if kinds else {})

    def measure(self, unit: Unit, rows: int, progress: Progress, clock: Clock) -> Parts:
        if isinstance(unit.content, Matrix):
            progress.phase("matrices", 1, "matrices")
            with clock("measuring"):
                parts = measure_matrix(unit.content, self.source.read, self.recipe, self._random)
        else:
            kind, matrices = unit.content
            progress.phase("joint clouds", 1, "kinds")
            with clock("joint clouds"):
                parts = measure_joint(kind, matrices, self.source.read, self.recipe)
        progress.advance(1)
        return parts
