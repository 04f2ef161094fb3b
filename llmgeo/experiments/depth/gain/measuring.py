"""Measures gain in a unit's texts: maps between streams where there are several, Jacobians where there is one.

Knows models, texts and the setting; concludes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from llmgeo.engine.experiment import Parts
from llmgeo.errors import ModelError
from llmgeo.experiments.depth.gain.stream_maps import STREAMS, map_rows, refused_maps, what_if_rows
from llmgeo.experiments.depth.question import Setting, Text
from llmgeo.measures.maps.gains import relative_gain
from llmgeo.measures.paths.depth import norm_growth
from llmgeo.measures.status import OK, UNDEFINED
from llmgeo.model.capture.residual_maps import read_residual_maps
from llmgeo.model.jacobian import COPIES, LastToken
from llmgeo.texts.seeds import sample_seed

IDENTITY_MAP, STREAMS_UNKNOWN = "identity_map", "streams_unknown"
NO_JACOBIAN, NOT_ENDED, SEVERAL_STREAMS = "no_jacobian", "not_ended", "several_streams"


def start_layers(blocks: int, starts: int) -> list[int]:
    """The layers that Jacobians are taken from: 0, the last but one, and others evenly between.

    >>> start_layers(30, 7), start_layers(3, 7)
    ([0, 5, 10, 14, 19, 24, 29], [0, 1, 2])
    """
    return sorted({round(place) for place in np.linspace(0, blocks - 1, starts)})


def measure_gain(texts: Sequence[Text], setting: Setting) -> Parts:
    """The unit's tables and composites."""
    model, section, clock = setting.model, setting.section, setting.clock
    block = texts[0].sample
    streams = model.verified.layout.streams
    arrays: dict[str, dict[str, torch.Tensor]] = {}
    with clock("maps of streams"):
        maps, composed = _maps(texts, setting)
        if composed:
            arrays["composites"] = composed
        seed = sample_seed(setting.seed, block, "what if")
        draws = list(what_if_rows(block, section.what_if, 2 * model.layers, max(streams, STREAMS), seed))
    growth = [row for text in texts for row in _growth(text)]
    chosen = texts[: section.texts]
    starts = start_layers(model.layers, section.starts)
    if streams == 1:
        setting.progress.phase("Jacobians", len(chosen) * len(starts), "layers")
    with clock("Jacobians"):
        jacobians = [row for text in chosen for row in _jacobians(text, setting, starts, setting.progress.advance)]
    tables = {"map_gains": maps, "map_draws": draws, "growth_texts": growth, "jacobians": jacobians}
    return Parts(tables=tables, arrays=arrays)


def _maps(texts: Sequence[Text], setting: Setting) -> tuple[list[dict[str, Any]], dict[str, torch.Tensor]]:
    """Rows of `map_gains`, and each text's composites."""
    if setting.model.verified.layout.streams == 1:
        return refused_maps(texts, IDENTITY_MAP), {}
    rows: list[dict[str, Any]] = []
    composed: dict[str, torch.Tensor] = {}
    for text in texts:
        try:
            found = read_residual_maps(setting.model, text.trajectory.token_ids)
        except ModelError:
            return refused_maps(texts, STREAMS_UNKNOWN), {}
        if found.is_identity:
            return refused_maps(texts, IDENTITY_MAP), {}
        of_text, composed[text.sample] = map_rows(text, found)
        rows += of_text
    return rows, composed


def _growth(text: Text) -> Iterator[dict[str, Any]]:
    states = text.states
    for layer, value in enumerate(norm_growth(states.transpose(0, 1)).log().mean(0).exp().tolist()):
        is_number = np.isfinite(value)
        yield {
            "sample": text.sample, "layer": layer, "n": states.shape[1], "norm_growth": value if is_number else None,
            "status": OK if is_number else UNDEFINED,
        }  # fmt: skip


def _jacobians(
    text: Text, setting: Setting, starts: Sequence[int], advance: Callable[[int], None]
) -> Iterator[dict[str, Any]]:
    if setting.model.verified.layout.streams > 1:
        yield {"sample": text.sample, "layer": None, "status": SEVERAL_STREAMS}
        return
    try:
        copies = min(COPIES, 2 * setting.rows)  # fewer when memory was short
        token = LastToken(setting.model, text.trajectory.token_ids[: text.window.stop], copies)
        norms = torch.linalg.vector_norm(token.states.double().cpu(), dim=-1)
        for layer in starts:
            found = token.gains(layer, sample_seed(setting.seed, text.sample, f"jacobian {layer}"))
            lengths = float(norms[layer]), float(norms[-1])
            yield {
                "sample": text.sample,
                "layer": layer,
                "largest": found.largest,
                "random": found.random,
                "relative": relative_gain(found.largest, *lengths),
                "relative_random": relative_gain(found.random, *lengths),
                "rounds": found.rounds,
                "status": OK if found.has_ended else NOT_ENDED,
            }
            advance(1)
    except ModelError:
        yield {"sample": text.sample, "layer": None, "status": NO_JACOBIAN}
