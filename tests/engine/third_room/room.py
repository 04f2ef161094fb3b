"""A whole room: a recipe, one unit a prompt, one table, one array, one claim, one section of the page."""

from typing import Literal

from llmgeo.engine.experiment import Experiment, Parts, Unit
from llmgeo.engine.one_model import OneModelWork
from llmgeo.engine.plan import plan_of_reading
from llmgeo.recipe.shared import PromptedRecipe
from llmgeo.run.declaration import CLAIMS, SAMPLES, Array, Column, Declaration, Table
from llmgeo.statistics import paired_contrast
from llmgeo.statistics.verdict import ClaimTest, Side, claim_frame, decide

COLUMNS = {
    "sample": Column("text", "the prompt"),
    "first": Column("number", "|x_0|"),
    "last": Column("number", "|x_L|"),
}


class Recipe(PromptedRecipe, title="a recipe of norms"):
    kind: Literal["norms"]


class Norms(Experiment):
    kind, command, recipe, schema = "norms", "llmgeo probe MODEL", "norms", Recipe
    tables = (SAMPLES, Table("norms", "how long a prompt's last state is", COLUMNS), CLAIMS)
    declaration = Declaration(tables, (Array("ends", "the last token's states", ("sample", "layer", "width")),))

    def plan(self, request):
        return plan_of_reading(request)

    def begin(self, request, subjects):
        return NormsWork(request, *subjects)

    def analyze(self, run, recipe):
        first, last = run.norms[["first"]].to_numpy(), run.norms[["last"]].to_numpy()
        test = paired_contrast(last, first, run.norms["sample"])
        sides = [
            Side(words, value=float(norms.mean()), n=len(norms)) for words, norms in (("last", last), ("first", first))
        ]
        claim = ClaimTest(
            claim="growth", source="folklore", sentence="States grow.", effect_is="difference", expect="a > b",
            layer_words="last and first", a=sides[0], b=sides[1],
            effect=test.mean[0], low=test.low[0], high=test.high[0], p=test.p[0],
        )  # fmt: skip
        return {"claims": claim_frame(decide([claim]))}

    def sections(self, run):
        return [("Norms", "First and last layer.", run.norms[["sample", "first", "last"]])]


class NormsWork(OneModelWork):
    def units(self):
        return [Unit(prompt.id, (prompt.id,), prompt) for prompt in self.prompts]

    def measure(self, unit, rows, progress, clock):
        ends = self.model.read(unit.content.text).states[:, -1]
        norms = {"sample": unit.name, "first": float(ends[0].norm()), "last": float(ends[-1].norm())}
        sample = {"sample": unit.name, "condition": "read", "prompt": unit.name}
        return Parts(samples=[sample], tables={"norms": [norms]}, arrays={"ends": {unit.name: ends}})


ROOM = Norms()
