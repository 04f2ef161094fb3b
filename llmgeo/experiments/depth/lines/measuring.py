"""Measures a unit's texts: maps between layers, then truncation. Knows the setting; concludes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from llmgeo.engine.experiment import Parts
from llmgeo.experiments.depth.lines.maps import map_rows
from llmgeo.experiments.depth.lines.truncating import truncation_rows
from llmgeo.experiments.depth.question import Setting, Text


def measure_lines(texts: Sequence[Text], setting: Setting) -> Parts:
    """What maps leave of the texts, and what the model predicts of states cut down."""
    progress, clock = setting.progress, setting.clock
    layers = setting.model.layers
    lags = [lag for lag in setting.section.lags if lag < layers]
    progress.phase("maps", 2 * layers, "layers")
    with clock("maps"):
        left, blocks = map_rows(texts[0].sample, texts, lags, progress.advance)
    progress.phase("truncation", len(texts), "texts")
    with clock("truncation"):
        truncated = truncation_rows(texts, setting, progress.advance)
    return Parts(tables={"map_texts": left, "map_blocks": blocks, "truncated_texts": truncated})
