"""How long a text a model can read, by its settings. Knows a config only."""

from __future__ import annotations

from transformers import PreTrainedModel


def longest_text(model: PreTrainedModel) -> int | None:
    """The positions that the model has; None where it names no limit, or as XLNet does, -1."""
    longest = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return longest if isinstance(longest, int) and longest > 0 else None
