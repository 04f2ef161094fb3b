"""A run of the room under way: which units there are, and what is told of them. Measures through `unit`."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import Any

import torch

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts, Unit
from llmgeo.engine.one_model import OneModelWork
from llmgeo.engine.parallel import in_parallel, workers
from llmgeo.engine.progress import Progress
from llmgeo.engine.prompt_units import prompt_units
from llmgeo.engine.request import Request
from llmgeo.engine.tokens import Tokens
from llmgeo.experiments.dmet.basis import basis_prompts, fit_bases
from llmgeo.experiments.dmet.features import measure_path
from llmgeo.experiments.dmet.plan import ROWS, measured_layers
from llmgeo.experiments.dmet.unit import measure_unit
from llmgeo.measures.clouds.planes import Basis, fit_basis
from llmgeo.messages import counted
from llmgeo.model.language_model import LanguageModel

BASIS_ROWS = 8
"""Texts of the shared basis that are written together, whatever the unit: rounding depends on the batch."""


class DmetWork(OneModelWork):
    """One run of the room."""

    def __init__(self, request: Request, model: LanguageModel):
        super().__init__(request, model)
        recipe = self.recipe
        self.layers = measured_layers(recipe, self.layers, model.layers)
        self.others = basis_prompts(recipe, self.prompts)
        for prompt in (*self.prompts, *self.others):
            model.check_fits(model.encode(prompt.text), recipe.generation.new_tokens, f"prompt {prompt.id!r}")
        self.rows = request.batch_size or ROWS
        self._bases: dict[int, Basis | None] | None = None
        texts = len(self.prompts) * len(recipe.decoders)
        tokens = Tokens((texts + len(self.others)) * recipe.generation.new_tokens, 0)
        self.headline = (
            f"{model.name} · {recipe.name} · {counted(len(self.prompts), 'prompt')} × "
            f"{counted(len(recipe.decoders), 'decoder')} · {tokens.ahead()} · {model.dtype} · {model.device}"
        )

    @property
    def fingerprint(self) -> dict[str, Any]:
        """The model, and the prompts that the shared axes are fitted on."""
        texts = "\n".join(f"{prompt.id}\n{prompt.text}" for prompt in self.others)
        return super().fingerprint | {"basis": hashlib.sha256(texts.encode()).hexdigest()}

    def manifest(self) -> dict[str, Any]:
        return {
            "decoding": "the recipe's temperature and top-p only; nothing of the model's own generation_config",
            "measured_layers": list(self.layers),
        }

    def units(self) -> list[Unit]:
        return prompt_units(self.prompts, [decoder.name for decoder in self.recipe.decoders], self.rows)

    def ahead(self, unit: Unit) -> Mapping[str, float]:
        written = len(unit.samples) * self.recipe.generation.new_tokens
        return {"generating": written, "measuring": len(unit.samples)}

    def rehearse(self) -> Mapping[str, float]:
        """Seconds that a text's measurement takes, tried on random walks of its size."""
        window = self.recipe.window.tokens
        generator = torch.Generator().manual_seed(0)
        states = torch.randn(len(self.layers), window, self.model.width, generator=generator).cumsum(1)
        bases = {layer: fit_basis(states[0], self.recipe.basis.axes) for layer in self.layers}

        def try_out(_: int) -> None:
            measure_path(states, self.layers, bases, self.recipe.surrogates.draws, seed=0)

        try_out(0)  # imports what is imported once
        before = time.perf_counter()
        for _ in in_parallel(try_out, range(workers())):
            pass
        return {"measuring": (time.perf_counter() - before) / workers()}

    def measure(self, unit: Unit, rows: int, progress: Progress, clock: Clock) -> Parts:
        most = min(BASIS_ROWS, self.rows)
        has_less_memory = rows < min(most, len(unit.samples))
        bases = self._shared_axes(rows if has_less_memory else most, progress, clock)
        return measure_unit(
            unit.content, self.model, self.recipe, self.layers, bases, rows, progress, clock, self.save_states
        )

    def _shared_axes(self, rows: int, progress: Progress, clock: Clock) -> Mapping[int, Basis | None]:
        """The same in every process and after every interruption: they come from the recipe's seed alone."""
        if self._bases is None:
            progress.phase("generating", len(self.others) * self.recipe.generation.new_tokens, "tokens")
            with clock("generating"):
                self._bases = fit_bases(self.model, self.recipe, self.others, self.layers, rows, progress.advance)
        return self._bases
