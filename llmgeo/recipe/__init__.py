"""What any recipe is made of: TOML, shared tables, faults in one sentence. Knows no experiment and no torch."""

from llmgeo.recipe.load import list_recipes, load_recipe

__all__ = ["list_recipes", "load_recipe"]
