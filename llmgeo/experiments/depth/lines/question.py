"""The question of lines of thought, as the room asks it. Loads no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Parts
from llmgeo.experiments.depth.lines.tables import LAWS, MAP_BLOCKS, MAP_TEXTS, MAPS, TRUNCATED_TEXTS, TRUNCATION
from llmgeo.experiments.depth.question import Answers, PageSection, Question, Setting, Text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from llmgeo.model.language_model import LanguageModel
    from llmgeo.report.page.content import Options
    from llmgeo.run import Run


class Lines(Question):
    name = "lines"
    title = "Lines of thought"
    tables = (MAP_TEXTS, MAP_BLOCKS, TRUNCATED_TEXTS, MAPS, LAWS, TRUNCATION)

    def measure_texts(self, texts: Sequence[Text], setting: Setting) -> Parts:
        from llmgeo.experiments.depth.lines.measuring import measure_lines

        return measure_lines(texts, setting)

    def ahead_of_texts(self, section: Any, model: LanguageModel, tokens: Sequence[int]) -> Mapping[str, float]:
        return {"maps": 2 * model.layers, "truncation": len(tokens)}

    def analyze(self, run: Run, section: Any, blocks: int) -> Answers:
        from llmgeo.experiments.depth.lines.analysis import analyze

        return analyze(run, section, blocks)

    def screen(self, run: Run, section: Any, width: int) -> Iterator[RenderableType]:
        from llmgeo.experiments.depth.lines.screen import lines

        return lines(run, section, width)

    def page(self, run: Run, section: Any, options: Options) -> PageSection | None:
        from llmgeo.experiments.depth.lines.page import section as page_section

        return page_section(run, section)


LINES = Lines()
