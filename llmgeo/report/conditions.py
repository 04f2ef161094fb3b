"""How the texts of a condition come about, in a few words and in sentences. Knows a condition's table in a recipe."""

from collections.abc import Mapping
from pathlib import PurePath


def in_words(table: Mapping) -> str:
    """How the texts of a condition come about, from its table in the recipe.

    >>> in_words({"kind": "generate", "temperature": 0.7, "top_p": 0.95})
    'generated, T = 0.7, top-p 0.95'
    >>> in_words({"kind": "generate", "temperature": 0.0})
    'generated, always the likeliest token'
    >>> in_words({"kind": "read", "text": "same", "of": "hot"})
    'read: the text of hot'
    >>> in_words({"kind": "file", "file": "logs/answers.jsonl", "label": "good"})
    'read: texts of answers.jsonl labelled good'
    """
    if table.get("kind") == "file":
        return f"read: texts of {_file(table)}{_labelled(table)}"
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


def explained(table: Mapping) -> tuple[str, str]:
    """The same as a sentence for someone who meets it for the first time, and an example.

    >>> explained({"kind": "generate", "temperature": 1.0, "top_p": 0.95})[1]
    'A token four times as probable as another is drawn 4 times as often.'
    """
    if table.get("kind") == "file":
        return _given(table)
    return _written(table) if table.get("kind") == "generate" else _read(table)


def _given(table: Mapping) -> tuple[str, str]:
    return (
        f"The model reads the texts of {_file(table)}{_labelled(table)}, each in one pass, as far as it is measured.",
        "Of a text without a prompt, the first token is not measured: its state lies far outside in most models.",
    )


def _file(table: Mapping) -> str:
    """The file's name; where it lies is nobody's business whom a page is passed on to."""
    return PurePath(str(table.get("file"))).name


def _labelled(table: Mapping) -> str:
    return f" labelled {table['label']}" if table.get("label") is not None else ""


def _written(table: Mapping) -> tuple[str, str]:
    temperature, share = table.get("temperature", 1.0), table.get("top_p", 1.0)
    if not all(isinstance(number, int | float) and number >= 0 for number in (temperature, share)):
        return "The model goes on from the prompt.", ""  # of a damaged run
    if temperature == 0:
        return (
            "The model goes on from the prompt and takes the likeliest token each time.",
            "Of three tokens with the probabilities 0.5, 0.4 and 0.1, always the first.",
        )
    drawn = "its whole vocabulary" if share == 1 else f"the likeliest ones that together make up {100 * share:g} %"
    return (
        f"The model goes on from the prompt and draws each token from {drawn}, at temperature {temperature:g}.",
        f"A token four times as probable as another is drawn {4 ** min(1 / temperature, 99):.3g} times as often.",
    )


def _read(table: Mapping) -> tuple[str, str]:
    source = table.get("of") or "the prompt"
    return {
        "same": (
            f"The model reads a finished text in one pass: the one of {source}, as it is.",
            "Other read texts are set against it: in bfloat16, states of read and of written text differ by 4-6 %.",
        ),
        "shuffled": (
            f"The model reads the text of {source} with its tokens in random order: the same words, no text.",
            "Turning angles lie near 120°, as of points in no order.",
        ),
        "repeat": (
            "The model reads the prompt said over and over: a perfect loop.",
            "A prompt of 12 tokens stands more than ten times in a window of 128.",
        ),
    }.get(table.get("text"), ("The model reads a finished text.", ""))
