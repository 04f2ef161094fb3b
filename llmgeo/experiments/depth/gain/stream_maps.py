"""Gains of the matrices that mix a text's residual streams, and of random ones. Knows matrices and texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from llmgeo.experiments.depth.gain.recipe import WhatIf
from llmgeo.experiments.depth.question import Text
from llmgeo.measures.maps.gains import backward_gain, composites, forward_gain, second_eigenvalue
from llmgeo.measures.maps.sinkhorn import column_sums, sinkhorn_knopp
from llmgeo.measures.status import OK
from llmgeo.model.capture.residual_maps import ResidualMaps

SINGLE, COMPOSITE = "single", "composite"
UNCONSTRAINED, SINKHORN = "unconstrained", "sinkhorn"

STREAMS = 4
"""Of random maps beside a model with one stream: as many as mHC has."""


def map_rows(text: Text, found: ResidualMaps) -> tuple[list[dict[str, Any]], torch.Tensor]:
    """Rows of `map_gains`, and the composites' means over the measured tokens, ``[M, n, n]``."""
    maps = found.maps[:, text.window].double()
    rows = []
    for scope, matrices in ((SINGLE, maps), (COMPOSITE, composites(maps))):
        values = _gains(matrices)
        rows += [
            {"sample": text.sample, "map": place + 1, "part": part, "scope": scope, "n": maps.shape[1], "status": OK}
            | {name: float(value[place]) for name, value in values.items()}
            for place, part in enumerate(found.parts)
        ]
    return rows, composites(maps).mean(1).float()


def _gains(maps: torch.Tensor) -> Mapping[str, torch.Tensor]:
    """``[M]`` each, of ``[M, T, n, n]``."""
    low, high = column_sums(maps)
    mean = maps.mean(1)
    return {
        "forward": forward_gain(maps).mean(1),
        "backward": backward_gain(maps).mean(1),
        "forward_of_mean": forward_gain(mean),
        "backward_of_mean": backward_gain(mean),
        "row_error": (maps.sum(-1) - 1).abs().amax((1, 2)),
        "column_low": low.mean(1),
        "column_high": high.mean(1),
        "second_eigenvalue": second_eigenvalue(maps).mean(1),
    }


def refused_maps(texts: Sequence[Text], status: str) -> list[dict[str, Any]]:
    """A row a text that has no maps, with the reason."""
    return [{"sample": text.sample, "scope": SINGLE, "n": 0, "status": status} for text in texts]


def what_if_rows(block: str, asked: WhatIf, maps: int, streams: int, seed: int) -> Iterator[dict[str, Any]]:
    """Rows of `map_draws`: stacks of as many random maps as the model has."""
    generator = torch.Generator().manual_seed(seed)

    def normal() -> torch.Tensor:
        return torch.randn(asked.draws, maps, streams, streams, generator=generator, dtype=torch.float64)

    stacks = [
        *((UNCONSTRAINED, s, torch.eye(streams, dtype=torch.float64) + s * normal()) for s in asked.deviations),
        *((SINKHORN, s, sinkhorn_knopp(s * normal())) for s in asked.logit_deviations),
    ]
    for kind, deviation, drawn in stacks:
        whole = composites(drawn.transpose(0, 1))[0]
        low, high = column_sums(whole)
        for draw in range(asked.draws):
            yield {
                "block": block, "kind": kind, "deviation": deviation, "draw": draw,
                "forward": float(forward_gain(whole[draw])), "backward": float(backward_gain(whole[draw])),
                "column_low": float(low[draw]), "column_high": float(high[draw]),
            }  # fmt: skip
