"""What a comparison measured, prompt by prompt, as its claims need it: values, lengths, complexity. Tests nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.experiments.compare.measured import Measured
from llmgeo.experiments.compare.names import BASE, BASE_ANSWER, OF_PROMPTS, OF_TEXTS, TUNED_ANSWER
from llmgeo.experiments.compare.recipe import Claim, TextSide
from llmgeo.experiments.compare.shared_directions import Changes
from llmgeo.measures.status import NO_PLATEAU, USABLE


@dataclass(frozen=True)
class ValuesByPrompt:
    """What was measured, read prompt by prompt.

    Attributes:
        measured: the run's tables.
        changes: what each claim on subspaces sets against each other, by the claim's name.
    """

    measured: Measured
    changes: Mapping[str, Changes]

    @property
    def blocks(self) -> int:
        """The models' number of blocks L."""
        return self.measured.blocks

    def layers_of(self, claim: Claim) -> tuple[int, ...]:
        """The layers a claim is about, as far as they were captured; none where all of them were left out."""
        numbers, layers_kept = claim.layer_numbers(self.blocks), self.measured.layers
        return tuple(layer for layer in numbers if not layers_kept or layer in layers_kept)

    def values(
        self, side: TextSide, measure: str, layers: tuple[int, ...], reader: str | None = None, cloud: str = "text"
    ) -> pd.Series:
        """By prompt, the mean of a measure over these layers; a text with a layer refused is left out.

        Args:
            reader: who reads the side's texts, where it is not the side's own reader.
            cloud: "prompts" for the cloud of all prompts' last tokens; else each text's own.
        """
        table = self._rows(side, measure, layers, reader, cloud)
        usable = table[table["status"].isin(USABLE)].groupby("prompt")["value"]
        return usable.mean()[usable.size() == len(layers)]

    def has_plateau(self, side: TextSide, measure: str, layers: tuple[int, ...]) -> bool:
        """Whether most of the side's texts have one value over these layers, whatever the scale it is read at."""
        statuses = self._rows(side, measure, layers)["status"]
        return bool(2 * (statuses == NO_PLATEAU).sum() <= statuses.isin(USABLE).sum())

    def _rows(
        self, side: TextSide, measure: str, layers: tuple[int, ...], reader: str | None = None, cloud: str = "text"
    ) -> pd.DataFrame:
        """The estimates that a side means; arguments as of `values`."""
        table = self.measured.estimates
        is_pooled = table["cloud"] == OF_PROMPTS if cloud == OF_PROMPTS else table["cloud"].isin([OF_TEXTS, OF_PROMPTS])
        table = table[
            (table["condition"] == (reader or side.reader)) & (table["text"] == side.text)
            & (table["measure"] == measure) & (is_pooled == (cloud == OF_PROMPTS)) & table["layer"].isin(layers)
        ]  # fmt: skip
        if side.kinds:
            table = table[table["prompt"].map(self.measured.kinds).isin(side.kinds)]
        return table

    def lengths(self, side: TextSide, prompts: pd.Index) -> pd.Series:
        """By prompt, tokens before the window."""
        samples = self.measured.samples
        samples = samples[(samples["condition"] == side.reader) & (samples["text_kind"] == side.text)]
        return samples.set_index("prompt")["prompt_length"].reindex(prompts).astype(float)

    def draws(self, prompts: pd.Index) -> np.ndarray:
        """With which draw of the rounding the jittered base read each prompt's texts."""
        return np.array([self.measured.draws[prompt] for prompt in prompts], dtype=int)

    def complexity(self) -> pd.Series:
        """By prompt, the mean surprisal of its tokens in BASE, in nats: how much of it was not to be expected.

        A mean, so that a prompt is not complex for being long. Prompts that no model answered are left out.
        """
        samples = self.measured.samples
        plain = samples[(samples["condition"] == BASE) & samples["token_surprisal"].notna()]
        plain = plain[plain["text_kind"].isin([BASE_ANSWER, TUNED_ANSWER])]
        plain = plain.drop_duplicates("prompt").set_index("prompt")
        means = [
            np.nanmean(np.asarray(surprisal, dtype=float)[1 : int(length)]) if length > 1 else np.nan
            for surprisal, length in zip(plain["token_surprisal"], plain["prompt_length"], strict=True)
        ]
        return pd.Series(means, index=plain.index, dtype=float).dropna()
