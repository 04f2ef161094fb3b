"""How many tokens a comparison takes: of its prompts' texts, before any of them is written. Loads no weights."""

from __future__ import annotations

from llmgeo.engine.tokens import Tokens
from llmgeo.experiments.compare.names import READERS
from llmgeo.experiments.compare.recipe import ComparisonRecipe
from llmgeo.experiments.compare.texts import Reader, has_template, neutral_text, templated
from llmgeo.texts.prompts import Prompt


def tokens_of(base: Reader, tuned: Reader, prompt: Prompt, recipe: ComparisonRecipe) -> Tokens:
    """What is written and read of one prompt, if no answer ends early.

    Args:
        base, tuned: anything that splits text into tokens as the two models do.
    """
    plain = len(base.encode(prompt.text + recipe.generation.opening))
    before = [dict.fromkeys(READERS, plain)] * 2  # of each answer: what its readers read before it
    if has_template(tuned):
        before.append({**before[0], "tuned": len(templated(tuned, prompt))})
    answer = min(recipe.generation.new_tokens, recipe.window.tokens)
    read = len(READERS) * len(neutral_text(base, prompt, recipe).base_ids)
    read += sum(start + answer for starts in before for start in starts.values())
    return Tokens(len(before) * recipe.generation.new_tokens, read)
