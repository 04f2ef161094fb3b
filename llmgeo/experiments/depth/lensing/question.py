"""The question of lensing, as the room asks it. Loads no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Parts, Unit
from llmgeo.experiments.depth.lensing.tables import BESIDE, EDIT_LAYERS, EDITS, LENSING
from llmgeo.experiments.depth.question import Answers, PageSection, Question, Setting

if TYPE_CHECKING:
    from rich.console import RenderableType

    from llmgeo.model.language_model import LanguageModel
    from llmgeo.report.page.content import Options
    from llmgeo.run import Run


class Lensing(Question):
    name = "lensing"
    title = "Lensing"
    tables = (EDITS, EDIT_LAYERS, LENSING, BESIDE)
    needs_texts = False

    def units(self, section: Any, model: LanguageModel) -> Sequence[Unit]:
        from llmgeo.texts.edits import read_edits

        sentences = tuple(each.edits for each in section.edits) or read_edits()
        blocks = [sentences[start : start + section.together] for start in range(0, len(sentences), section.together)]
        return [
            Unit(f"{self.name}-{place:05d}", (), block, len(block), texts=len(block[0].versions))
            for place, block in enumerate(blocks)
        ]

    def ahead(self, section: Any, unit: Unit) -> Mapping[str, float]:
        return {"lensing": len(unit.content)}

    def measure(self, unit: Unit, setting: Setting) -> Parts:
        from llmgeo.experiments.depth.lensing.measuring import measure_edits

        return measure_edits(unit.content, setting)

    def analyze(self, run: Run, section: Any, blocks: int) -> Answers:
        from llmgeo.experiments.depth.lensing.analysis import analyze

        return analyze(run, section, blocks)

    def screen(self, run: Run, section: Any, width: int) -> Iterator[RenderableType]:
        from llmgeo.experiments.depth.lensing.screen import lines

        return lines(run, section, width)

    def page(self, run: Run, section: Any, options: Options) -> PageSection | None:
        from llmgeo.experiments.depth.lensing.page import section as page_section

        return page_section(run, section)


LENSING_QUESTION = Lensing()
