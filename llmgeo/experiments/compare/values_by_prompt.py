"""What a comparison measured, prompt by prompt, as its claims need it: values, lengths, complexity. Tests nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.experiments.compare.names import BASE, BASE_ANSWER, OF_PROMPTS, OF_TEXTS, TUNED_ANSWER, text_kind
from llmgeo.experiments.compare.recipe import Side
from llmgeo.experiments.compare.shared_directions import Changes
from llmgeo.measures.status import USABLE


@dataclass(frozen=True)
class ValuesByPrompt:
    """A run's tables, read prompt by prompt.

    Attributes:
        samples, estimates: as read from a run, estimates joined with condition, prompt and text.
        kinds: each prompt's kind.
        blocks: the models' number of blocks L.
        changes: what each claim on subspaces sets against each other, by the claim's name.
    """

    samples: pd.DataFrame
    estimates: pd.DataFrame
    kinds: Mapping[str, str]
    blocks: int
    changes: Mapping[str, Changes]

    @classmethod
    def of_tables(
        cls,
        samples: pd.DataFrame,
        estimates: pd.DataFrame,
        kinds: Mapping[str, str],
        blocks: int,
        changes: Mapping[str, Changes],
    ) -> ValuesByPrompt:
        """From the tables as a run has them; the rest as in the attributes."""
        joined = estimates.join(samples.set_index("sample")[["condition", "prompt"]], on="sample")
        joined["text"] = joined["sample"].map(text_kind)
        return cls(samples, joined, kinds, blocks, changes)

    def values(
        self, side: Side, measure: str, layers: tuple[int, ...], reader: str | None = None, cloud: str = "text"
    ) -> pd.Series:
        """By prompt, the mean of a measure over these layers; a text with a layer refused is left out.

        Args:
            reader: who reads the side's texts, where it is not the side's own reader.
            cloud: "prompts" for the cloud of all prompts' last tokens; else each text's own.
        """
        table = self.estimates
        is_pooled = table["cloud"] == OF_PROMPTS if cloud == OF_PROMPTS else table["cloud"].isin([OF_TEXTS, OF_PROMPTS])
        table = table[
            (table["condition"] == (reader or side.reader)) & (table["text"] == side.text)
            & (table["measure"] == measure) & (is_pooled == (cloud == OF_PROMPTS)) & table["layer"].isin(layers)
        ]  # fmt: skip
        if side.kinds:
            table = table[[self.kinds.get(prompt) in side.kinds for prompt in table["prompt"]]]
        usable = table[table["status"].isin(USABLE)].groupby("prompt")["value"]
        return usable.mean()[usable.size() == len(layers)]

    def lengths(self, side: Side, prompts: pd.Index) -> pd.Series:
        """By prompt, tokens before the window."""
        samples = self.samples[(self.samples["condition"] == side.reader)]
        samples = samples[[text_kind(sample) == side.text for sample in samples["sample"]]]
        return samples.set_index("prompt")["prompt_length"].reindex(prompts).astype(float)

    def complexity(self) -> pd.Series:
        """By prompt, the mean surprisal of its tokens in BASE, in nats: how much of it was not to be expected.

        A mean, so that a prompt is not complex for being long. Prompts that no model answered are left out.
        """
        plain = self.samples[(self.samples["condition"] == BASE) & self.samples["token_surprisal"].notna()]
        plain = plain[[text_kind(sample) in (BASE_ANSWER, TUNED_ANSWER) for sample in plain["sample"]]]
        plain = plain.drop_duplicates("prompt").set_index("prompt")
        means = [
            np.nanmean(np.asarray(surprisal, dtype=float)[1 : int(length)]) if length > 1 else np.nan
            for surprisal, length in zip(plain["token_surprisal"], plain["prompt_length"], strict=True)
        ]
        return pd.Series(means, index=plain.index, dtype=float).dropna()
