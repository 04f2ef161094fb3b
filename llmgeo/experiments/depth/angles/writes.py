"""What attention and MLP add to each measured token, beside the state that their block was given. Knows texts."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from llmgeo.experiments.depth.question import Text
from llmgeo.measures.paths.depth import write_ratio
from llmgeo.model.capture.writes import find_writers, read_writes
from llmgeo.model.language_model import LanguageModel

WRITES_NOT_FOUND = "writes_not_found"


def write_ratios(texts: Sequence[Text], model: LanguageModel) -> dict[str, torch.Tensor]:
    """By measure, ``[N, L]`` of all measured tokens, text by text.

    Raises:
        ModelError: what attention and MLP add is not known of this model.
    """
    writers = find_writers(model)
    ratios: dict[str, list[torch.Tensor]] = {"attention_write": [], "mlp_write": []}
    for text in texts:
        writes = read_writes(model, text.trajectory.token_ids[: text.window.stop], writers)
        states = writes.states[:, text.window].transpose(0, 1)
        for measure, added in (("attention_write", writes.attention), ("mlp_write", writes.mlp)):
            ratios[measure].append(write_ratio(added[:, text.window].transpose(0, 1), states))
    return {measure: torch.cat(parts) for measure, parts in ratios.items()}
