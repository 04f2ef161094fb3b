"""The question of angles, as the room asks it. Loads no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Parts
from llmgeo.experiments.depth.angles.tables import NULL_DRAWS, NULLS, PATH_LAYERS, PATHS, PLANE
from llmgeo.experiments.depth.question import Answers, PageSection, Question, Setting, Text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from llmgeo.model.language_model import LanguageModel
    from llmgeo.report.page.content import Options
    from llmgeo.run import Run


class Angles(Question):
    name = "angles"
    title = "How paths turn"
    tables = (PATHS, NULL_DRAWS, PATH_LAYERS, NULLS)
    arrays = (PLANE,)

    def measure_texts(self, texts: Sequence[Text], setting: Setting) -> Parts:
        from llmgeo.experiments.depth.angles.measuring import measure_angles

        return measure_angles(texts, setting)

    def ahead_of_texts(self, section: Any, model: LanguageModel, tokens: Sequence[int]) -> Mapping[str, float]:
        phases = {"null E": (model.layers - 1) * len(section.frames), "nulls A, B, C": section.nulls.gaussian_sets + 2}
        return phases | ({"null D": sum(tokens)} if section.nulls.random_network else {})

    def analyze(self, run: Run, section: Any, blocks: int) -> Answers:
        from llmgeo.experiments.depth.angles.analysis import analyze

        return analyze(run, section, blocks)

    def screen(self, run: Run, section: Any, width: int) -> Iterator[RenderableType]:
        from llmgeo.experiments.depth.angles.screen import lines

        return lines(run, section, width)

    def page(self, run: Run, section: Any, options: Options) -> PageSection | None:
        from llmgeo.experiments.depth.angles.page import section as page_section

        return page_section(run, section, options)


ANGLES = Angles()
