"""One sample's text, token by token, with a measure's values at a layer: what a terminal colours. Knows no screen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.errors import UsageError
from llmgeo.escape import GLYPHS, literal
from llmgeo.messages import did_you_mean, pick, shown
from llmgeo.report import words
from llmgeo.report.manifest import show_command
from llmgeo.run import Run, pieces
from llmgeo.texts.degeneration import LOOP

LEVELS = 6
"""Steps from the lowest value to the highest."""

LONGEST_TOKEN = 240
"""Characters of one token that are shown; a longer one is cut, and its length is given."""

LONGEST_PROMPT = 400
"""Characters of a prompt that are shown."""

FLAT = ("surprisal", "entropy")
"""Measures of a token that have no layer."""

NO_CHARACTER = "◌"
"""Stands for a token that completes no character: the first bytes of one that several tokens spell."""

JUMPS = "jumps"
_KEYS = ("sample", "layer", "token", "axis")
_FACTS = ("sample", "label", "window_start", "error")


@dataclass(frozen=True)
class Token:
    """One token as it is shown.

    Attributes:
        text: escaped.
        value: of the measure, in its own unit; None outside the window and where it is undefined.
        level: 0 … LEVELS - 1, or None.
        is_jump: whether the step to this token is a jump at the layer.
    """

    text: str
    value: float | None
    level: int | None
    is_jump: bool


@dataclass(frozen=True)
class TokenText:
    """A sample's text, ready to be coloured.

    Attributes:
        sample, condition, label: which text it is; the label with its reason.
        why: why this text is shown.
        prompt: escaped.
        measure, layer: what the values are; jumps are those at the layer as well.
        tokens: those after the prompt.
        low, high: the values that the lowest and the highest level stand for; None where nothing was measured.
        remark: why nothing was measured, or None.
    """

    sample: str
    condition: str
    label: str
    why: str
    prompt: str
    measure: str
    layer: int
    tokens: tuple[Token, ...]
    low: float | None
    high: float | None
    remark: str | None


def token_text(
    run: Run, sample: str | None = None, measure: str | None = None, layer: int | None = None
) -> TokenText | None:
    """The text of one sample of a run, with its values.

    Args:
        sample: its name; if left out, the first loop that was measured, else the first text that was.
        measure: a token measure of the run, surprisal or entropy; if left out, the run's first.
        layer: the middle one of those where this text has values of the measure, if left out.

    Returns:
        None if nothing was named and the run measured no text token by token.

    Raises:
        UsageError: no such sample, measure or layer.
    """
    samples = pieces.joined(run.pieces("samples", _FACTS)).set_index("sample", drop=False)
    tokens = _along_the_text(next(run.pieces("tokens", rows=1)))
    per_layer = [str(name) for name in tokens.columns if name not in _KEYS]
    flat = [name for name in FLAT if f"token_{name}" in run.declaration.table("samples").columns]
    if tokens.empty or samples.empty:
        if (sample, measure, layer) == (None, None, None):
            return None
        raise UsageError(f"{literal(run.path)} measured no text token by token; nothing can be coloured")
    if sample is not None and sample not in samples.index:
        meant = did_you_mean(str(sample), list(samples.index))
        raise UsageError(
            f"no text of this run is called {shown(sample)}{meant} For all of them: {show_command(run.path)} --texts"
        )
    name, why = (sample, "as asked") if sample is not None else _chosen(samples)
    measure = measure if measure is not None else next(iter(per_layer))
    pick("measure", measure, (*per_layer, *flat))
    layers = sorted(int(number) for number in tokens["layer"].unique())
    tokens = _along_the_text(pieces.joined(run.pieces("tokens", samples=[name])))
    layer = _layer_with_values(tokens, measure, layers) if layer is None else layer
    pick("layer", layer, layers)
    row = pieces.joined(run.pieces("samples", samples=[name])).iloc[0]
    at_layer = tokens[tokens["layer"] == layer].set_index("token")
    start = int(row["prompt_length"])
    strings = list(row["tokens"]) if row["tokens"] is not None else []
    prompt, texts = literal("".join(strings[:start]), longest=LONGEST_PROMPT), strings[start:]
    values = _values(row, at_layer, measure, start, len(texts))
    jumps = _column(at_layer, JUMPS, start, len(texts))
    low, high = _ends(values)
    levels = _levels(values, low, high)
    columns = zip(texts, values, levels, jumps, strict=True)
    return TokenText(
        str(name), str(row["condition"]), " ".join(filter(None, [str(row["label"]), _bracketed(reason_of(row))])), why,
        prompt, measure, layer,
        tuple(Token(token(text), _known(value), level, bool(jump == 1)) for text, value, level, jump in columns),
        low, high, _remark(row) if low is None else None,
    )  # fmt: skip


def reason_of(row: Mapping) -> str:
    """Why a text has its label, and what could not be decided; nothing for a text of an older run.

    >>> reason_of({"label_reason": "nothing found", "label_undecided": "switched: fewer than 40 words"})
    'nothing found; not decided: switched: fewer than 40 words'
    >>> reason_of({"label": "loop"})
    ''
    """
    reason, undecided = (row.get(name) for name in ("label_reason", "label_undecided"))
    said = [
        reason if isinstance(reason, str) else "",
        f"not decided: {undecided}" if isinstance(undecided, str) else "",
    ]
    return "; ".join(filter(None, said))


def _bracketed(words: str) -> str:
    return f"({words})" if words else ""


def token(text: str, longest: int = LONGEST_TOKEN) -> str:
    r"""A token as it is shown: spaces as they are, line ends as signs, whatever could hide or reorder text by its name.

    >>> token(" the"), token("\n\n"), token("\u202eevil"), token(""), token("x" * 1000)[-21:]
    (' the', '⏎⏎', '\\u202eevil', '◌', 'x… (1,000 characters)')
    """
    if not text:
        return NO_CHARACTER
    text_shown = literal(text[:longest], glyphs=GLYPHS)
    return text_shown if len(text) <= longest else f"{text_shown}… ({len(text):,} characters)"


def _layer_with_values(tokens: pd.DataFrame, measure: str, layers: list[int]) -> int:
    """The middle layer at which the text has values of the measure; of all layers, if there is none."""
    of_text = tokens[tokens[measure].notna()] if measure in tokens else tokens
    known = sorted(int(number) for number in of_text["layer"].unique()) or layers
    return known[len(known) // 2]


def _along_the_text(tokens: pd.DataFrame) -> pd.DataFrame:
    """The rows of the token axis; where a run has none, those of the depth axis, whose measures say so themselves."""
    along = tokens[tokens["axis"] == "token"]
    return tokens if along.empty else along


def _chosen(samples: pd.DataFrame) -> tuple[str, str]:
    measured = samples[samples["window_start"].notna() & samples["error"].isna()]
    loops = measured[measured["label"] == LOOP]
    for rows, why in ((loops, "the first loop of this run"), (measured, "the first text of this run")):
        if len(rows):
            return str(rows.index[0]), why
    return str(samples.index[0]), "the first text of this run"


def _values(row: pd.Series, at_layer: pd.DataFrame, measure: str, start: int, count: int) -> np.ndarray:
    """[count] float64, nan where there is no value."""
    if measure not in FLAT:
        return _column(at_layer, measure, start, count)
    values = row[f"token_{measure}"]
    return np.asarray(values, dtype=float)[start:] if values is not None else np.full(count, np.nan)


def _column(at_layer: pd.DataFrame, measure: str, start: int, count: int) -> np.ndarray:
    if measure not in at_layer:
        return np.full(count, np.nan)
    return at_layer[measure].reindex(range(start, start + count)).to_numpy(dtype=float)


def _ends(values: np.ndarray) -> tuple[float | None, float | None]:
    """The 2nd and the 98th percentile: one outlier must not take all the colours."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None, None
    low, high = np.percentile(finite, (2, 98))
    return float(low), float(high)


def _levels(values: np.ndarray, low: float | None, high: float | None) -> Iterable[int | None]:
    for value in values:
        if low is None or not np.isfinite(value):
            yield None
        elif high == low:
            yield LEVELS // 2 if value == low else 0 if value < low else LEVELS - 1
        else:
            yield int(np.clip((value - low) / (high - low) * LEVELS, 0, LEVELS - 1))


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _remark(row: pd.Series) -> str:
    if isinstance(row["error"], str):
        return f"{words.MISSING}: {row['error']}"
    if pd.isna(row["window_start"]):
        return f"{words.MISSING}: the text ended before the window was full"
    return words.MISSING
