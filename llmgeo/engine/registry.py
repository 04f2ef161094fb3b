"""Which rooms there are, one line a kind of recipe: dotted strings alone, so that to read them imports nothing."""

SCHEMAS: dict[str, str] = {
    "probe": "llmgeo.experiments.probe.recipe:Recipe",
    "compare": "llmgeo.experiments.compare.recipe:ComparisonRecipe",
}
"""The class that a recipe of each kind is checked against, as ``module:class``."""
