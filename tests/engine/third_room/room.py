"""The whole room: a recipe, one unit a prompt, one table, one array, one claim, one section of the page."""

from typing import Literal

import numpy as np
from llmgeo.run.declaration import CLAIMS, ESTIMATES, SAMPLES, TOKENS, Array, Column, Declaration, Table

from llmgeo.engine.experiment import Experiment, Parts, Unit, Work
from llmgeo.engine.one_model import OneModelWork
from llmgeo.engine.plan import plan_of_reading
from llmgeo.recipe.tables import PromptedRecipe
from llmgeo.statistics import paired_contrast
from llmgeo.statistics.verdict import ClaimTest, Side, claims_table, decide

NORMS = Table("norms", "a prompt at a layer", {
    "sample": Column("text", "the prompt's sample", required=True),
    "layer": Column("layer", "0 to L"),
    "norm": Column("number", "length of the last token's state"),
})  # fmt: skip
LAST = Array("last", "the last token's state at each layer", ("layer", "width"))


class Recipe(PromptedRecipe, title="a recipe of norms"):
    """A recipe of this room."""

    kind: Literal["norms"]


class Norms(Experiment):
    kind, command, recipe, schema = "norms", "llmgeo probe MODEL", "norms", Recipe
    declaration = Declaration((SAMPLES, TOKENS, ESTIMATES, NORMS, CLAIMS), (LAST,))

    def plan(self, request):
        return plan_of_reading(request)

    def begin(self, request, subjects) -> Work:
        return NormsWork(request, *subjects)

    def analyze(self, run, recipe):
        first, last = (
            run.norms.query(f"layer == {layer}")["norm"].to_numpy() for layer in (0, run.norms["layer"].max())
        )
        test = paired_contrast(last[:, None], first[:, None], np.arange(len(first)))
        claim = ClaimTest(
            claim="growth", source="folklore", sentence="States grow with depth.", effect_is="difference", expect="a > b",
            layer_words="last and first", a=Side("last", value=last.mean(), n=len(last)), b=Side("first", n=len(first)),
            effect=test.mean[0], low=test.low[0], high=test.high[0], p=test.p[0],
        )  # fmt: skip
        return {"claims": claims_table(decide([claim]))}

    def sections(self, run):
        return [("Norms by layer", "Mean over prompts.", run.norms.groupby("layer", as_index=False)["norm"].mean())]


class NormsWork(OneModelWork):
    def units(self):
        return [Unit(prompt.id.lower(), (prompt.id,), prompt) for prompt in self.prompts]

    def measure(self, unit, rows, progress, clock):
        last = self.model.read(unit.content.text).states[:, -1]
        table = [{"sample": unit.name, "layer": layer, "norm": float(state.norm())} for layer, state in enumerate(last)]
        sample = {"sample": unit.name, "condition": "read", "prompt": unit.name, "prompt_text": unit.content.text}
        return Parts(samples=[sample], tables={"norms": table}, arrays={"last": {unit.name: last}})


NORMS_ROOM = Norms()
