"""A series that a run holds of a text: its surprisal, its entropy, or a measure of its tokens at one layer.

Knows a run's tables; not what is asked of a series. Texts are never strung together: each is a series of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from llmgeo.errors import UsageError
from llmgeo.messages import counted, did_you_mean, option, pick, place, plain, shown
from llmgeo.run import pieces

if TYPE_CHECKING:
    from llmgeo.run.reader import Run

OF_TEXTS = ("surprisal", "entropy")
"""What is known of every token, whatever the recipe measures; a column `token_<name>` of the table of texts."""

_KEYS = ("sample", "layer", "token", "axis")


@dataclass(frozen=True)
class TextSeries:
    """One series of a text.

    Attributes:
        sample: the text. name: of what. layer: of a measure of states; None of the others.
        values: [N] float64, of the tokens after the prompt that have a value at all: without those at either end that
            have none, as the first token of a text has no surprisal.
    """

    sample: str
    name: str
    layer: int | None
    values: np.ndarray

    def words(self) -> str:
        """What it is: `surprisal of story-1-greedy: 512 values`."""
        where = "" if self.layer is None else f" at layer {self.layer}"
        return f"{self.name.replace('_', ' ')} of {plain(self.sample)}{where}: {counted(len(self.values), 'value')}"


def text_series(run: Run, name: str | None = None, sample: str | None = None, layer: int | None = None) -> TextSeries:
    """A series of one of a run's texts.

    Args:
        name: surprisal (if left out), entropy, or a measure of tokens, such as step_length.
        sample: which text; may be left out where there is one.
        layer: of a measure of tokens.

    Raises:
        UsageError: the run has no texts, none of this name, several and none was named, or no such series or layer.
    """
    name = name or OF_TEXTS[0]
    texts = _texts(run)
    measures = _measures(run)
    pick("tensor", name, (*OF_TEXTS, *measures))
    sample = _chosen(run, texts, sample)
    if name in OF_TEXTS:
        if layer is not None:
            raise UsageError(f"{option('layers', layer)}: {name} is of a token, and of no layer; leave it out.")
        row = texts.loc[sample]
        values = _numbers(row[f"token_{name}"])[int(row["prompt_length"] or 0) :]
        return TextSeries(sample, name, None, _between_ends(values))
    table = pieces.joined(run.pieces("tokens", [*_KEYS, name], samples=[sample]))
    table = table[table["axis"] == "token"]
    layers = sorted(int(each) for each in table["layer"].unique())
    if not layers:
        raise UsageError(f"{name}: no token of {shown(sample)} was measured, as it ended before its window.")
    if layer is None:
        raise UsageError(f"{name} is of a token at a layer; name one, such as {option('layers', layers[-1])}.")
    pick("layers", layer, layers)
    values = table[table["layer"] == layer].sort_values("token")[name]
    return TextSeries(sample, name, layer, _between_ends(_numbers(values)))


def _texts(run: Run) -> pd.DataFrame:
    """What is needed of every text, by its name. Raises UsageError for a run without any."""
    declared = run.declaration.table("samples")
    columns = ["sample", "prompt_length", *(f"token_{name}" for name in OF_TEXTS)]
    if declared is None or not {*columns} <= {*declared.columns}:
        raise UsageError(
            f"{place(run.path)} holds no text token by token, so it has no series; llmgeo probe makes one."
        )
    table = pieces.joined(run.pieces("samples", columns))
    return table.astype({"sample": str}).set_index("sample")


def _measures(run: Run) -> list[str]:
    """What was measured token by token."""
    if run.declaration.table("tokens") is None:
        return []
    return [str(name) for name in next(run.pieces("tokens", rows=1)).columns if name not in _KEYS]


def _chosen(run: Run, texts: pd.DataFrame, sample: str | None) -> str:
    if sample in texts.index:
        return str(sample)
    if sample is not None:
        near = did_you_mean(sample, list(texts.index))
        raise UsageError(f"{option('sample', sample)}: {place(run.path)} has no text of this name{near}")
    if len(texts) == 1:
        return str(texts.index[0])
    if texts.empty:
        raise UsageError(f"{place(run.path)} holds no text yet; run the command that started it again.")
    lengths = texts["token_surprisal"].map(lambda values: len(_numbers(values))) - texts["prompt_length"].fillna(0)
    longest = str(lengths.idxmax())
    raise UsageError(
        f"{place(run.path)} holds {counted(len(texts), 'text')}; name one, such as the longest, "
        f"{shown(longest)} ({counted(int(lengths.max()), 'token')}): {option('sample', longest)}."
    )


def _numbers(values: object) -> np.ndarray:
    """As float64, what is missing as nan; of a text that could not be measured, nothing."""
    return np.empty(0) if values is None else pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(np.float64)


def _between_ends(values: np.ndarray) -> np.ndarray:
    known = np.flatnonzero(np.isfinite(values))
    return values[known[0] : known[-1] + 1] if len(known) else values[:0]
