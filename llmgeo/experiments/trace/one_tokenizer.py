"""Checkpoints that are compared must share a tokenizer: what is refused before any weights are loaded.

Knows which checkpoints there are, and digests of their tokenizers; loads no model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmgeo.engine.request import Request
from llmgeo.errors import UsageError
from llmgeo.messages import counted

MOST_NAMED = 4


def check_tokenizers(request: Request) -> None:
    """Raises UsageError where the tokenizers of a trace's checkpoints differ, ModelError where one cannot be read."""
    from llmgeo.model.same_tokenizer import tokenizers_of

    options, loading = request.options, request.loading
    trusted = bool(loading.get("trust_remote_code"))
    kinds = tokenizers_of(
        request.subjects, options.get("tokenizer_files", ()), revision=loading.get("revision"), trusted=trusted
    )
    if len(set(kinds)) > 1:
        raise UsageError(refusal(options["checkpoints"], kinds))


def refusal(checkpoints: Sequence[Mapping[str, Any]], kinds: Sequence[str | None]) -> str:
    """What is said: which checkpoints have another tokenizer than the first, and what to do.

    >>> rows = [{"checkpoint": f"{run}/{step}", "run": run} for run in "ab" for step in (1, 2)]
    >>> print(refusal(rows, ["x", "x", "y", "y"]))  # doctest: +NORMALIZE_WHITESPACE
    The run b has another tokenizer than a: what they predict are other tokens, and cannot be compared. Trace runs that
    share a tokenizer, without the others.
    """
    names = [str(row["checkpoint"]) for row in checkpoints]
    odd = [name for name, kind in zip(names, kinds, strict=True) if kind != kinds[0]]
    of_run: dict[str, set[str | None]] = {}
    for row, kind in zip(checkpoints, kinds, strict=True):
        of_run.setdefault(str(row["run"]), set()).add(kind)
    why = "what they predict are other tokens, and cannot be compared."
    if all(len(own) == 1 for own in of_run.values()):
        first, *_ = of_run
        others = [run for run, own in of_run.items() if kinds[0] not in own]
        noun, has = ("runs", "have") if len(others) > 1 else ("run", "has")
        return (
            f"The {noun} {_few(others)} {has} another tokenizer than {first}: {why} Trace runs that share a tokenizer, "
            "without the others."
        )
    if None in kinds:
        lacking = [name for name, kind in zip(names, kinds, strict=True) if kind is None]
        return (
            f"{_few(lacking)} {'has' if len(lacking) == 1 else 'have'} no tokenizer, and other checkpoints have one: "
            "save it there (tokenizer.save_pretrained), so that it is known that they predict the same tokens."
        )
    has = "has" if len(odd) == 1 else "have"
    return f"{_few(odd)} {has} another tokenizer than {names[0]}: {why} Give each tokenizer's checkpoints a folder."


def _few(names: Sequence[str]) -> str:
    if len(names) <= MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:MOST_NAMED])} and {counted(len(names) - MOST_NAMED, 'other')}"
