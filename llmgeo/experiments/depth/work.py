"""A run of the room under way: which units there are, and what is told of them. Measures through `unit`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts, Unit
from llmgeo.engine.one_model import OneModelWork
from llmgeo.engine.progress import Progress
from llmgeo.engine.prompt_units import prompt_units
from llmgeo.engine.request import Request
from llmgeo.engine.tokens import Tokens
from llmgeo.errors import UsageError
from llmgeo.experiments.depth.names import WRITTEN
from llmgeo.experiments.depth.plan import tokens_of
from llmgeo.experiments.depth.question import Setting
from llmgeo.experiments.depth.questions import QUESTIONS, asked
from llmgeo.experiments.depth.unit import measure_prompts
from llmgeo.messages import counted, option
from llmgeo.model.language_model import LanguageModel

TEXTS = "texts"
"""How the names of units of prompts begin."""


class DepthWork(OneModelWork):
    """One run of the room."""

    def __init__(self, request: Request, model: LanguageModel):
        super().__init__(request, model)
        recipe = self.recipe
        if request.layers is not None:
            raise UsageError(
                f"{option('layers', request.layers)}: a path through the layers takes all of them. Leave it out."
            )
        for prompt in self.prompts:
            model.check_fits(model.encode(prompt.text), recipe.generation.new_tokens, f"prompt {prompt.id!r}")
        for question, section in asked(recipe):
            question.check(section, model)
        self.rows = request.batch_size or recipe.texts.together
        self._lengths = {prompt.id: len(model.encode(prompt.text)) for prompt in self.prompts}
        self._sections = {question.name: section for question, section in asked(recipe)}
        self._questions = {question.name: question for question in QUESTIONS}
        tokens = tokens_of(recipe, list(self._lengths.values()))
        self.headline = (
            f"{model.name} · {recipe.name} · {counted(len(self.prompts), 'prompt')} · {tokens.ahead()} · "
            f"{model.dtype} · {model.device}"
        )

    def units(self) -> list[Unit]:
        """Blocks of prompts, where a question is about texts; then each question's own."""
        units = []
        if any(question.needs_texts for question, _ in asked(self.recipe)):
            units += prompt_units(self.prompts, [WRITTEN], self.recipe.texts.together, prefix=f"{TEXTS}-")
        for question, section in asked(self.recipe):
            units += question.units(section, self.model)
        return units

    def ahead(self, unit: Unit) -> Mapping[str, float]:
        question = self._question_of(unit)
        if question is not None:
            return self._questions[question].ahead(self._sections[question], unit)
        lengths = [self._lengths[prompt.id] for prompt in unit.content]
        tokens: Tokens = tokens_of(self.recipe, lengths)
        phases: Counter[str] = Counter({"generating": tokens.written, "reading": tokens.read})
        whole = [length + self.recipe.generation.new_tokens for length in lengths]
        for each, section in asked(self.recipe):
            phases.update(each.ahead_of_texts(section, self.model, whole))
        return phases

    def measure(self, unit: Unit, rows: int, progress: Progress, clock: Clock) -> Parts:
        name = self._question_of(unit)
        if name is None:
            return measure_prompts(
                unit.content, self.model, self.recipe, rows, progress, clock, save_states=self.save_states
            )
        setting = Setting(self.model, self._sections[name], self.recipe.seed, rows, progress, clock)
        return self._questions[name].measure(unit, setting)

    def _question_of(self, unit: Unit) -> str | None:
        """The question that the unit is of; None for a unit of prompts."""
        beginning = unit.name.partition("-")[0]
        return beginning if beginning in self._sections else None
