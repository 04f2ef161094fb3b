"""A comparison's tables as its claims need them: values, lengths and complexity by prompt. Tests nothing."""

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
class Evidence:
    """The run's tables as the claims need them.

    Attributes:
        samples, estimates: as read from a run, estimates joined with condition, prompt and text.
        kinds: each prompt's kind.
        blocks: the models' number of blocks L.
        changes: of each claim on subspaces, by its name.
    """

    samples: pd.DataFrame
    estimates: pd.DataFrame
    kinds: Mapping[str, str]
    blocks: int
    changes: Mapping[str, Changes]

    def values(
        self, side: Side, measure: str, layers: tuple[int, ...], reader: str | None = None, cloud: str = "text"
    ) -> pd.Series:
        """By prompt, the mean of a measure over these layers; a text with a layer refused is left out."""
        table = self.estimates
        is_pooled = table["cloud"] == OF_PROMPTS if cloud == OF_PROMPTS else table["cloud"].isin([OF_TEXTS, OF_PROMPTS])
        table = table[
            (table["condition"] == (reader or side.reader)) & (table["text"] == side.text)
            & (table["measure"] == measure) & (is_pooled == (cloud == OF_PROMPTS)) & table["layer"].isin(layers)
        ]  # fmt: skip
        if side.kinds:
            table = table[[self.kinds.get(prompt) in side.kinds for prompt in table["prompt"]]]
        ok = table[table["status"].isin(USABLE)].groupby("prompt")["value"]
        return ok.mean()[ok.size() == len(layers)]

    def lengths(self, side: Side, prompts: pd.Index) -> pd.Series:
        """By prompt, tokens before the window."""
        of_side = self.samples[(self.samples["condition"] == side.reader)]
        of_side = of_side[[text_kind(sample) == side.text for sample in of_side["sample"]]]
        return of_side.set_index("prompt")["prompt_length"].reindex(prompts).astype(float)

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


def evidence(
    samples: pd.DataFrame,
    estimates: pd.DataFrame,
    kinds: Mapping[str, str],
    blocks: int,
    changes: Mapping[str, Changes],
) -> Evidence:
    """Join the tables of a run."""
    joined = estimates.join(samples.set_index("sample")[["condition", "prompt"]], on="sample")
    joined["text"] = joined["sample"].map(text_kind)
    return Evidence(samples, joined, kinds, blocks, changes)
