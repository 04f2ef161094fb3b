"""The number formats that a model can be computed in, by all names that they go by. Imports no torch."""

from __future__ import annotations

from llmgeo.errors import UsageError
from llmgeo.messages import did_you_mean, option

NUMBER_FORMATS = ("float32", "bfloat16", "float16")

OTHER_NAMES = {
    "fp32": "float32", "float": "float32", "single": "float32", "bf16": "bfloat16", "fp16": "float16",
    "half": "float16", "fp64": "float64", "double": "float64",
}  # fmt: skip
"""What torch, transformers and numpy call the same formats."""

FINEST = "float64"
"""Slow, and finer than any weights; for whoever checks the others by it."""


def number_format(name: object) -> str:
    """The format that a name, or a torch.dtype, stands for.

    Raises:
        UsageError: no such format, or none that a model is computed in.

    >>> number_format("torch.bfloat16"), number_format("half")
    ('bfloat16', 'float16')
    """
    known = str(name).removeprefix("torch.").strip().lower()
    known = OTHER_NAMES.get(known, known)
    if known in (*NUMBER_FORMATS, FINEST):
        return known
    meant = did_you_mean(known, [*NUMBER_FORMATS, *OTHER_NAMES]) if isinstance(name, str) and known else "."
    raise UsageError(
        f"{option('dtype', name)} is not one of {', '.join(NUMBER_FORMATS)} (or fp32, bf16, fp16){meant} To compute in "
        "float32, leave it out."
    )
