"""What the measures and conditions are called on the page, in a sentence each. Knows the catalogue and words only."""

from collections.abc import Mapping

from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.report import words


def measure(name: str) -> dict[str, object]:
    """What the page must know to show a measure: its words, unit, the factor of its printed values, its meaning."""
    entry = EVERY_MEASURE.get(name)
    return {
        "name": name,
        "words": words.measure(name),
        "unit": entry.unit if entry else "",
        "scale": entry.scale if entry else 1.0,
        "meaning": entry.meaning if entry else "",
    }


def condition(table: Mapping) -> str:
    """How the texts of a condition were made, from its table in the recipe.

    >>> condition({"kind": "generate", "temperature": 0.7, "top_p": 0.95})
    'generated, T = 0.7, top-p 0.95'
    >>> condition({"kind": "generate", "temperature": 0.0}), condition({"kind": "read", "text": "same", "of": "hot"})
    ('generated, always the likeliest token', 'read: the text of hot')
    """
    if table.get("kind") == "generate":
        temperature, top_p = table.get("temperature"), table.get("top_p", 1.0)
        if temperature == 0:
            return "generated, always the likeliest token"
        return f"generated, T = {temperature}" + (f", top-p {top_p}" if top_p != 1 else "")
    text, source = table.get("text"), table.get("of") or "the prompt"
    sentences = {
        "same": f"read: the text of {source}",
        "shuffled": f"read: the text of {source}, its tokens shuffled",
        "repeat": "read: the prompt said over and over",
    }
    return sentences.get(text, "")
