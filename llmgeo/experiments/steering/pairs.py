"""Two ways on the same prompts, quantity by quantity, over equally many tokens of both texts. Knows arrays alone.

Variety and surprise drift with length, and a text that is led may end sooner: of two texts of a prompt, both are cut to
the shorter one. Whether a text ends in a loop is asked of the whole text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.experiments.steering.names import DISTINCT, LOOPS
from llmgeo.statistics import Means, paired_contrast
from llmgeo.texts.repetition import distinct_n


@dataclass(frozen=True)
class Text:
    """What is known of one text: whether it ends in a loop, its ids, and nats of each of them."""

    loops: bool
    ids: Sequence[int]
    surprisal: np.ndarray

    def value(self, quantity: str, tokens: int) -> float:
        """Of the whole text, or of its first tokens."""
        if quantity == LOOPS:
            return float(self.loops)
        if quantity == DISTINCT:
            return distinct_n(self.ids[:tokens], 2)
        return float(np.mean(self.surprisal[:tokens]))


@dataclass(frozen=True)
class Pairs:
    """A quantity of two ways' texts, ``[P]`` each, one pair a prompt.

    Example:
        >>> short, long = Text(False, [1, 2, 3], np.zeros(3)), Text(True, [1, 2, 1, 2, 1, 2], np.ones(6))
        >>> Pairs.of({"p": short}, {"p": long}, "distinct_2").own, Pairs.of({"p": short}, {}, "loops").own
        (array([1.]), array([], dtype=float64))
    """

    prompts: Sequence[str]
    own: np.ndarray
    other: np.ndarray

    @classmethod
    def of(cls, a: Mapping[str, Text], b: Mapping[str, Text], quantity: str) -> Pairs:
        """Of the prompts that both ways have."""
        prompts, own, other = [], [], []
        for prompt in a:
            if prompt not in b:
                continue
            tokens = min(len(a[prompt].ids), len(b[prompt].ids))
            pair = (a[prompt].value(quantity, tokens), b[prompt].value(quantity, tokens))
            if np.isfinite(pair).all():
                prompts.append(prompt)
                own.append(pair[0])
                other.append(pair[1])
        return cls(prompts, np.array(own, dtype=float), np.array(other, dtype=float))

    def contrast(self, seed: int) -> Means:
        """Mean difference over prompts, with its interval and p."""
        return paired_contrast(self.own[:, None], self.other[:, None], np.asarray(self.prompts), seed=seed)


def texts_by_way(samples: pd.DataFrame) -> dict[str, dict[str, Text]]:
    """By way and prompt, from the run's table of samples; without those that have an error."""
    found: dict[str, dict[str, Text]] = {}
    for row in samples[samples["error"].isna()].to_dict("records"):
        new = slice(int(row["prompt_length"]), None)
        surprisal = np.asarray(row["token_surprisal"], dtype=float)[new]
        text = Text(pd.notna(row["loop_onset"]), list(row["token_ids"])[new], surprisal)
        found.setdefault(row["condition"], {})[row["prompt"]] = text
    return found
