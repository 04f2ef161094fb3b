"""The question of gain, as the room asks it. Loads no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Parts
from llmgeo.experiments.depth.gain.tables import (
    COMPOSITES,
    GAINS,
    GROWTH_TEXTS,
    JACOBIANS,
    MAP_GAINS,
    MAP_WHAT_IFS,
    STREAM_MAPS,
    WHAT_IFS,
)
from llmgeo.experiments.depth.question import Answers, PageSection, Question, Setting, Text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from llmgeo.model.language_model import LanguageModel
    from llmgeo.report.page.content import Options
    from llmgeo.run import Run


class Gain(Question):
    name = "gain"
    title = "Gain"
    tables = (MAP_GAINS, WHAT_IFS, GROWTH_TEXTS, JACOBIANS, GAINS, STREAM_MAPS, MAP_WHAT_IFS)
    arrays = (COMPOSITES,)

    def measure_texts(self, texts: Sequence[Text], setting: Setting) -> Parts:
        from llmgeo.experiments.depth.gain.measuring import measure_gain

        return measure_gain(texts, setting)

    def ahead_of_texts(self, section: Any, model: LanguageModel, tokens: Sequence[int]) -> Mapping[str, float]:
        if model.verified.layout.streams > 1:
            return {}
        return {"Jacobians": min(section.texts, len(tokens)) * min(section.starts, model.layers)}

    def analyze(self, run: Run, section: Any, blocks: int) -> Answers:
        from llmgeo.experiments.depth.gain.analysis import analyze

        return analyze(run, section)

    def screen(self, run: Run, section: Any, width: int) -> Iterator[RenderableType]:
        from llmgeo.experiments.depth.gain.screen import lines

        return lines(run, section, width)

    def page(self, run: Run, section: Any, options: Options) -> PageSection | None:
        from llmgeo.experiments.depth.gain.page import section as page_section

        return page_section(run, section)


GAIN = Gain()
