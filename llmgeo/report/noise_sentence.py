"""The noise floor of a run in one sentence. Knows the manifest; measures nothing."""

from collections.abc import Mapping

from llmgeo.report.manifest import subjects_of

EXACT = ("float32", "float64")
"""Formats whose noise is too small to mention; the manifest has it all the same."""


def noise_sentence(manifest: Mapping) -> str | None:
    """The noise that a small difference must exceed, in a sentence; None in a format that is exact enough.

    >>> noise_sentence(
    ...     {"subjects": {"model": {"dtype": "bfloat16"}}, "noise_floor": {"batch": [0.01, 0.042]}}
    ... )  # doctest: +ELLIPSIS
    'In bfloat16 the same text moves by up to 4.2 % of a state (layer 1) with the batch it is computed in: ...noise.'
    """
    model, floor = next(iter(subjects_of(manifest).values()), None), manifest.get("noise_floor")
    if model is None or not isinstance(floor, Mapping):
        return None
    is_quantised = bool(model.get("quantization"))
    if model.get("dtype") in EXACT and not is_quantised:
        return None
    batch, path = (_largest(floor.get(kind)) for kind in ("batch", "path"))
    amounts = [
        *([f"by up to {batch} with the batch it is computed in"] if batch else []),
        *([f"by {path} between generating and reading it"] if path else []),
    ]
    if not amounts:
        return None
    computed = f"quantised {model.get('dtype')}" if is_quantised else model.get("dtype")
    return f"In {computed} the same text moves {', and '.join(amounts)}: a difference that small is noise."


def _largest(by_layer: object) -> str | None:
    numbers = {
        layer: value
        for layer, value in enumerate(by_layer if isinstance(by_layer, list) else [])
        if isinstance(value, float)
    }
    if not numbers:
        return None
    layer = max(numbers, key=numbers.__getitem__)
    return f"{100 * numbers[layer]:.2g} % of a state (layer {layer})"
