"""Reads sentences in their versions, and measures the probe's path in each beside the original's.

Knows models and aligned versions; concludes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from llmgeo.engine.experiment import Parts
from llmgeo.experiments.depth.question import Setting
from llmgeo.measures.distributions.divergence import kullback_leibler
from llmgeo.measures.paths.depth import deflection, path_distance
from llmgeo.measures.status import OK, UNDEFINED
from llmgeo.texts.edits import KINDS, NOT_ALIGNED, ORIGINAL, Aligned, Edits, align


def measure_edits(sentences: Sequence[Edits], setting: Setting) -> Parts:
    """Both tables of some sentences."""
    aligned = [align(edits, setting.model.encode) for edits in sentences]
    rows, layers = [], []
    setting.progress.phase("lensing", len(sentences), "sentences")
    for edits, found in zip(sentences, aligned, strict=True):
        if found is None:
            rows += [_about(edits, kind) | {"status": NOT_ALIGNED} for kind in KINDS]
        else:
            with setting.clock("lensing"):
                of_output, of_layers = _measured(found, setting)
            rows += of_output
            layers += of_layers
        setting.progress.advance(1)
    return Parts(tables={"edits": rows, "edit_layers": layers})


def _measured(found: Aligned, setting: Setting) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of both tables, of one sentence."""
    kinds = (ORIGINAL, *KINDS)
    surprisals, states, predictions, words = [], [], [], []
    texts = [found.ids[kind] for kind in kinds]
    for batch in setting.model.read_batches(texts, None, min(len(texts), setting.rows), with_logits=True):
        logits = [batch.logits(place)(slice(found.probe, found.probe + 1)) for place in range(len(batch))]
        predictions += [each[0].double().cpu().log_softmax(-1) for each in logits]
        for trajectory in batch.hand_over():
            surprisals.append(float(trajectory.surprisal[found.edit].sum()))
            states.append(trajectory.states[:, found.probe].cpu())
            words.append(trajectory.states[0, found.edit].cpu())
    rows, layers = [], []
    for place, kind in enumerate(KINDS, start=1):
        divergence = float(kullback_leibler(predictions[place][None], predictions[0][None])[0])
        change = surprisals[place] - surprisals[0]
        distance = float(path_distance(words[place], words[0]).mean())
        rows.append(
            _about(found.edits, kind)
            | {"surprisal_change": _finite(change), "divergence": _finite(divergence),
               "word_distance": _finite(distance),
               "status": OK if np.isfinite([change, divergence, distance]).all() else UNDEFINED}
        )  # fmt: skip
        layers += _layers(found.edits.id, kind, states[0], states[place])
    return rows, layers


def _layers(sentence: str, kind: str, original: torch.Tensor, edited: torch.Tensor) -> Iterator[dict[str, Any]]:
    angles = [None, *map(_finite, deflection(edited, original).tolist())]
    for layer, (angle, apart) in enumerate(zip(angles, path_distance(edited, original).tolist(), strict=True)):
        is_whole = np.isfinite(apart) and (angle is not None or layer == 0)
        yield {
            "sentence": sentence, "kind": kind, "layer": layer, "deflection": angle, "path_distance": _finite(apart),
            "status": OK if is_whole else UNDEFINED,
        }  # fmt: skip


def _about(edits: Edits, kind: str) -> dict[str, Any]:
    words = dict(zip((ORIGINAL, *KINDS), edits.words, strict=True))
    return {
        "sentence": edits.id, "kind": kind, "original": words[ORIGINAL], "word": words[kind], "probe": edits.probe,
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
