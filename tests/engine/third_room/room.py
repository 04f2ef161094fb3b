"""A whole room: a recipe, one unit a prompt, one table, one array, one claim, one section of the page."""

from typing import Literal

from llmgeo.engine.experiment import Experiment, Parts, Unit
from llmgeo.engine.one_model import OneModelWork
from llmgeo.recipe.shared import PromptedRecipe
from llmgeo.run.declaration import CLAIMS, SAMPLES, Array, Column, Declaration, Table
from llmgeo.statistics import paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.verdict import claim_frame, decide

NORM = Column("number", "length of the last token's state")
NORMS = Table("norms", "one row a prompt", {"sample": Column("text", "the prompt"), "first": NORM, "last": NORM})
ENDS = Array("ends", "the last token's states", ("sample", "layer", "width"))


class Recipe(PromptedRecipe, title="a recipe of norms"):
    kind: Literal["norms"]


class Norms(Experiment):
    kind, command, recipe, schema = "norms", "llmgeo probe MODEL", "norms", Recipe
    declaration = Declaration((SAMPLES, NORMS, CLAIMS), (ENDS,))

    def begin(self, request, subjects):
        return NormsWork(request, *subjects)

    def analyze(self, run, recipe):
        norms = run.norms[["first", "last"]].to_numpy()
        test = paired_contrast(norms[:, [1]], norms[:, [0]], run.norms["sample"])
        first, last = (Side("a layer", value=column.mean(), n=len(column)) for column in norms.T)
        claim = ClaimTest(
            claim="growth", source="folklore", sentence="States grow.", effect_is="difference", expect="a > b",
            a=last, b=first, layer_words="both", effect=test.mean[0], low=test.low[0], high=test.high[0], p=test.p[0],
        )  # fmt: skip
        return {"claims": claim_frame(decide([claim]))}

    def sections(self, run):
        return [("Norms", "First and last layer.", run.norms)]


class NormsWork(OneModelWork):
    def units(self):
        return [Unit(prompt.id, (prompt.id,), prompt) for prompt in self.prompts]

    def measure(self, unit, rows, progress, clock):
        ends = self.model.read(unit.content.text).states[:, -1]
        norms = {"sample": unit.name, "first": float(ends[0].norm()), "last": float(ends[-1].norm())}
        sample = {"sample": unit.name, "condition": "read", "prompt": unit.name}
        return Parts(samples=[sample], tables={"norms": [norms]}, arrays={"ends": {unit.name: ends}})


ROOM = Norms()
