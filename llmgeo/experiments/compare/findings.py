"""What a comparison found, in sentences: weights, states, and what kind of difference it is. Knows the layers table."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from llmgeo.experiments.compare import sentences
from llmgeo.report import words
from llmgeo.statistics.decidable import fewest_prompts

RESIDUAL, TURNED = "unrotated_residual", "procrustes_distance"
ROTATION = 0.1
"""Below this share of the un-rotated residual, what remains after the best rotation is called a rotation."""


def headline(layers: pd.DataFrame) -> str:
    """In how much the two models differ, in one sentence: from which layer on, and how often in the next token."""
    pair = layers[(layers["condition"] == "pair") & (layers["text"] == "neutral")]
    residual = pair[(pair["measure"] == RESIDUAL) & (pair["cloud"] == "text")].set_index("layer")["value"].sort_index()
    outputs = pair[pair["what"] == "output"].drop_duplicates("measure").set_index("measure")
    if residual.isna().all() or "unshifted_share" not in outputs.index:
        return ""
    differing = residual.index[residual.ne(0) & residual.notna()]
    kl, other = outputs.loc["kl"], 1 - float(outputs.loc["unshifted_share", "value"])
    if not len(differing) and kl["value"] == 0:
        return "Nothing differs: the two models have the same states and the same predictions."
    where = "at no layer"
    if len(differing):
        where = "from the embedding on" if differing[0] == 0 else f"from layer {differing[0]} on"
    if kl["value"] <= kl["null_high"]:
        return f"The states differ {where}, the predictions by no more than rounding BASE's weights makes them."
    often = words.value("shifted_share", other)
    where_else = f"on neutral text TUNED's likeliest next token is not BASE's at {often} of positions"
    return f"The states differ {where}; {where_else}."


def findings(layers: pd.DataFrame) -> Iterator[str]:
    """Where the two models differ, in sentences: weights, then states, then what kind of difference it is."""
    yield from _weights(layers)
    pair = layers[(layers["condition"] == "pair") & (layers["text"] == "neutral") & (layers["cloud"] == "text")]
    residual = pair[pair["measure"] == RESIDUAL].set_index("layer").sort_index()
    turned = pair[pair["measure"] == TURNED].set_index("layer").sort_index()
    if not len(residual) or residual["value"].isna().all():
        return
    differing = [int(layer) for layer in residual.index if residual["value"][layer] != 0]
    last = int(residual.index[-1])
    if not differing:
        yield sentences.states_alike(last)
        return
    first = differing[0]
    yield sentences.states_differ(first)
    steps = residual["value"].diff().fillna(residual["value"])
    jump = int(steps.idxmax())
    distance, before = (words.value(RESIDUAL, residual["value"].get(layer)) for layer in (jump, jump - 1))
    rounding = words.value(RESIDUAL, residual["null_high"][jump])
    yield sentences.grows_most(jump, before, distance, rounding)
    within_rounding = sum(residual["value"][layer] <= residual["null_high"][layer] for layer in differing)
    if within_rounding:
        yield sentences.within_rounding(within_rounding)
    widest = int(residual["value"].idxmax())
    before_rotation, after_rotation = residual["value"][widest], turned["value"].get(widest, np.nan)
    if np.isfinite(after_rotation):
        kind = _kind(before_rotation, after_rotation)
        yield sentences.after_rotation(widest, before_rotation, after_rotation, kind)


def _kind(before_rotation: float, after_rotation: float) -> str:
    """
    >>> _kind(1.3, 0.001), _kind(0.5, 0.45)
    ('a rotation', 'moved, not rotated')
    """
    share = after_rotation / before_rotation
    if share < ROTATION:
        return sentences.A_ROTATION
    return sentences.NO_ROTATION if share > 0.5 else sentences.PARTLY_A_ROTATION


def _weights(layers: pd.DataFrame) -> Iterator[str]:
    changes = layers[(layers["text"] == "weights") & (layers["measure"] == "relative_change")]
    if not len(changes):
        return
    by_layer = changes.set_index("layer")["value"].astype(float).sort_index()
    changed = [int(layer) for layer in by_layer.index if by_layer[layer] != 0]
    if not changed:
        yield sentences.NO_WEIGHT_DIFFERS
        return
    most_changed = int(by_layer.idxmax())
    yield sentences.weights_differ(len(by_layer), len(changed), most_changed, by_layer[most_changed])


def why_no_difference(layers: pd.DataFrame) -> str:
    """What it means that no difference of the two models' own measures is significant."""
    differences = layers[layers["what"] == "difference"]
    prompts = int(differences["samples"].max()) if len(differences) else 0
    if prompts and (differences["value"].dropna() == 0).all():
        return sentences.ALL_ALIKE
    if prompts < (fewest := fewest_prompts(1)):
        return sentences.too_few_prompts(prompts, fewest)
    return sentences.NOTHING_CLEAR
