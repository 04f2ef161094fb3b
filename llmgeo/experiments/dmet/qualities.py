"""What is known of each text from its words, and from its own model's surprise. Needs texts; no model, no states."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from llmgeo.experiments.dmet.names import COHERENCE, DICTIONARY, GRAMMAR, LOG_PERPLEXITY, QUALITIES
from llmgeo.experiments.dmet.path_table import PathTable
from llmgeo.texts.quality import Quality, dictionary_share, grammar_errors, sentence_coherence


def quality_table(table: PathTable) -> pd.DataFrame:
    """One row a text and quality, of the very tokens that were measured.

    Log perplexity is the mean surprisal of the model that wrote the text: the paper's GPT-2 is another model.
    """
    texts = table.texts["text"].tolist()
    found: Mapping[str, list[Quality]] = {
        LOG_PERPLEXITY: [_surprisal(value) for value in table.texts["surprisal"]],
        DICTIONARY: [dictionary_share(text) for text in texts],
        GRAMMAR: [grammar_errors(text) for text in texts],
        COHERENCE: sentence_coherence(texts) if texts else [],
    }
    frames = [
        table.texts[["sample", "condition", "prompt"]].assign(
            quality=quality,
            value=np.array([each.value for each in found[quality]], dtype=float),
            status=[each.status for each in found[quality]],
        )
        for quality in QUALITIES
    ]
    return pd.concat(frames, ignore_index=True)


def values_of(qualities: pd.DataFrame, quality: str) -> np.ndarray:
    """[texts] of one quality, in the order of the texts."""
    return qualities.loc[qualities["quality"] == quality, "value"].to_numpy(dtype=float)


def why_missing(qualities: pd.DataFrame, quality: str) -> str | None:
    """The status that most texts without a value have, where no text has one; None where some do."""
    rows = qualities[qualities["quality"] == quality]
    if rows.empty or (rows["status"] == "ok").any():
        return None
    return str(rows["status"].mode().iloc[0])


def _surprisal(value: float) -> Quality:
    return Quality(float(value)) if np.isfinite(value) else Quality(float("nan"), "undefined")
