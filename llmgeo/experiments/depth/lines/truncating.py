"""What the model predicts behind a unit's texts once their last states are cut down, beside what it predicts as it is.

The dimensions come from one half of the texts and are asked of the other. Knows states, axes and predictions; not which
unit it is, nor what is concluded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from llmgeo.errors import ModelError
from llmgeo.experiments.depth.lines.maps import halves
from llmgeo.experiments.depth.question import Setting, Text
from llmgeo.measures.distributions.divergence import kullback_leibler
from llmgeo.measures.status import OK, TOO_FEW_POINTS
from llmgeo.model.truncation import check_truncates, truncated_logits

SEVERAL_STREAMS = "several_streams"
ROWS_AT_ONCE = 8
"""Other texts' predictions that are compared at once, in float64."""


def kept_of(share: float, width: int) -> int:
    """How many dimensions a share is; at least one.

    >>> kept_of(0.25, 576), kept_of(0.001, 64)
    (144, 1)
    """
    return max(1, round(share * width))


def truncation_rows(texts: Sequence[Text], setting: Setting, advance: Callable[[int], None]) -> list[dict[str, Any]]:
    """Rows of `truncated_texts`."""
    width, shares = setting.model.width, setting.section.shares
    kept = {share: kept_of(share, width) for share in shares}
    try:
        check_truncates(setting.model)
    except ModelError:
        return [_row(text, share, kept[share], SEVERAL_STREAMS) for text in texts for share in shares]
    found = halves(texts)
    if not found:
        return [_row(text, share, kept[share], TOO_FEW_POINTS) for text in texts for share in shares]
    rows: list[dict[str, Any]] = []
    whole: dict[str, torch.Tensor] = {}
    for half in found:
        axes = [ensemble.axes for ensemble in list(half.ensembles)[1:]]
        possible = {share: count for share, count in kept.items() if count <= axes[0].shape[1]}
        for text in half.texts:
            ids = text.trajectory.token_ids[: text.window.stop]
            logits = truncated_logits(setting.model, ids, axes, list(possible.values()))
            predictions = logits.double().log_softmax(-1)
            whole[text.sample] = logits[0]
            values = dict(zip(possible, _beside(predictions[1:], predictions[0]), strict=True)) if possible else {}
            for share, count in kept.items():
                if share in values:
                    rows.append(_row(text, share, count, OK, *values[share]))
                else:
                    rows.append(_row(text, share, count, TOO_FEW_POINTS))
            advance(1)
    return rows + _of_other_texts(texts, whole)


def _of_other_texts(texts: Sequence[Text], whole: dict[str, torch.Tensor]) -> list[dict[str, Any]]:
    """What the predictions of the unit's other texts come to in the place of a text's own: the yardstick."""
    rows = []
    for text in texts:
        own = whole[text.sample].double().log_softmax(-1)
        others = [logits for sample, logits in whole.items() if sample != text.sample]
        found = []
        for start in range(0, len(others), ROWS_AT_ONCE):
            part = torch.stack(others[start : start + ROWS_AT_ONCE]).double().log_softmax(-1)
            found += _beside(part, own)
        divergence, same = (sum(values) / len(found) for values in zip(*found, strict=True))
        rows.append(_row(text, None, None, OK, divergence, same))
    return rows


def _beside(predictions: torch.Tensor, own: torch.Tensor) -> list[tuple[float, float]]:
    """KL(prediction ‖ own) in nats, and whether the most probable token is the same, of each row."""
    divergence = kullback_leibler(predictions, own.expand_as(predictions))
    same = (predictions.argmax(-1) == own.argmax(-1)).double()
    return list(zip(divergence.tolist(), same.tolist(), strict=True))


def _row(
    text: Text, share: float | None, kept: int | None, status: str, divergence: float | None = None,
    same_top: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "sample": text.sample, "share": share, "kept": kept, "divergence": divergence, "same_top": same_top,
        "status": status,
    }  # fmt: skip
