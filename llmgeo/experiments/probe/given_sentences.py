"""Every sentence that a probe says of texts from files: answers, what they rest on, what was left out, what stands out.

Knows rows of result tables as plain data, and the words that all rooms share; no run and no screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llmgeo.report import effect_words
from llmgeo.report.words import count, is_missing, listed, measure, number, q, reason, value
from llmgeo.statistics.beside_baselines import BETTER, NO_BETTER, NOT_TOLD_APART
from llmgeo.statistics.outlying import FAR
from llmgeo.statistics.verdict import SIGNIFICANT

WHY = {
    "few_prompts": "fewer than five independent texts, or groups of them, on a side",
    "unequal_spreads": "one side has few independent texts, whose values spread much more widely than the other side's",
}
"""Why texts could not be compared, where the words of other runs speak of prompts."""

SEPARATIONS_TITLE = "Does geometry tell the texts apart?"


def separation(row: Mapping[str, Any], why: str, asked: int) -> str:
    """The answer to whether geometry tells two groups apart, and more than a baseline does.

    Args:
        row: of the table of separations. why: nothing was found, or the status of what could not be compared.
        asked: contrasts that were asked together.
    """
    told = f"geometry tells {row['a']} from {row['b']}"
    if row["answer"] == "not compared":
        return f"Not compared: {WHY.get(why) or reason(why)} ({row['n_a']:,} against {count(row['n_b'], 'text')})."
    alone = _baseline_alone(row)
    if row["answer"] == "not seen apart":
        return " ".join(f"{part[:1].upper()}{part[1:]}." for part in ("not seen", why, alone) if part)
    if row["answer"] == "open":
        if row["q"] < SIGNIFICANT:
            return "Open: one measure differs, but an interval that holds for all of them does not leave out chance."
        others = f" with all {asked} contrasts that were asked together" if asked > 1 else ""
        return f"Open: one measure differs by itself, but {q(row['q'])}{others}."
    if not alone or row["beside_baseline"] is None:
        return f"Yes: {told}. No baseline stands beside it."
    return {
        BETTER: f"Yes: {told}, and better than a baseline does that knows no geometry ({alone}).",
        NO_BETTER: f"Yes: {told}, but nothing beyond a baseline that knows no geometry ({alone}).",
        NOT_TOLD_APART: f"Yes: {told}; whether better than a baseline that knows no geometry ({alone}) is open.",
    }[row["beside_baseline"]]


def all_separations(rows: Sequence[Mapping[str, Any]]) -> str:
    """The answers to all contrasts, in one sentence."""
    if len(rows) == 1:
        [row] = rows
        of_both = f"{row['a']} from {row['b']}"
        return {
            "told apart": f"G{str(row['sentence']).removeprefix('Yes: g')}",
            "open": f"Whether geometry tells {of_both} is open.",
            "not seen apart": f"Geometry is not seen to tell {of_both}.",
        }.get(str(row["answer"]), f"{row['a']} and {row['b']} could not be compared.")
    apart = [row for row in rows if row["answer"] == "told apart"]
    if not apart:
        return f"Geometry is not seen to tell the texts of any of {len(rows)} contrasts apart."
    better = sum(row["beside_baseline"] == BETTER for row in apart)
    beyond = f"in {number(better)} of them" if better < len(apart) else "each time"
    told = f"{number(len(apart))} of {number(len(rows))}"
    return f"Geometry tells the texts of {told} contrasts apart, {beyond} better than a baseline without geometry."


def how_to_read_separations(rows: Sequence[Mapping[str, Any]]) -> str:
    tests = max(int(row["tests"]) for row in rows)
    over = f", and q for all {len(rows)} contrasts" if len(rows) > 1 else ""
    strongest = f"By the strongest of {count(tests, 'combination')} of measure and layer"
    return f"{strongest}; intervals and q allow for that choice{over}."


def evidence(row: Mapping[str, Any]) -> Iterator[str]:
    """What an answer rests on: both sides' means, in how many pairs they differ, and how many texts."""
    texts = f"{row['n_a']:,} against {count(row['n_b'], 'text')}"
    if row["measure"] is None:
        if row["answer"] == "not seen apart":
            yield q(row["q"])
        return
    pairs = effect_words.higher_or_lower(row["auc"], row["low"], row["high"], row["a"])
    yield f"{measure(row['measure'])} at layer {row['layer']}: {pairs}, {q(row['q'])}; {texts}"


def window_filled(window: int | None, filled: Sequence[Any]) -> str:
    """How many texts of each condition were measured."""
    if window is None:
        return "No text is long enough for the window."
    of = [f" of {one.condition}" for one in filled] if len(filled) > 1 else [""]
    parts = [f"{one.measured:,} of {count(one.texts, 'text')}{name}" for one, name in zip(filled, of, strict=True)]
    left = sum(one.texts - one.measured for one in filled)
    rest = "" if not left else "; the other is left out" if left == 1 else f"; the other {left:,} are left out"
    failed = sum(one.failed for one in filled)
    why = f", {failed:,} of them because {'its' if failed == 1 else 'their'} states are not finite" if failed else ""
    return f"Measured on {window} tokens: {listed(parts)}{rest}{why}."


def resampled_by_group(groups: int) -> str:
    return f"The unit of every interval and q is the group, of which there are {groups:,}."


def read_in_parts(texts: int, parts: int) -> str:
    """
    >>> read_in_parts(1, 3)
    '1 text is longer than the context and was read in 3 parts, each by itself and measured at its beginning.'
    """
    which = "text is" if texts == 1 else "texts are"
    was = "was" if texts == 1 else "were"
    return (
        f"{texts:,} {which} longer than the context and {was} read in {parts:,} parts, each by itself and measured at "
        "its beginning."
    )


def prompts_cut(texts: int) -> str:
    """
    >>> prompts_cut(2)
    'Of 2 texts the prompt is too long for the context, and its beginning was left out.'
    """
    return f"Of {count(texts, 'text')} the prompt is too long for the context, and its beginning was left out."


STANDING_OUT_TITLE = "Texts that stand out"
STANDING_OUT_COLUMNS = ("text", "measure", "value", "median", "z", "farthest by a baseline")
STANDING_OUT_CAPTION = "Texts that lie far from the others of their condition; this is no test"
NONE_STANDS_OUT = "None does, by any measure."


def how_to_read_standing_out(layer: int | None) -> str:
    return (
        f"At layer {layer}, the middle one: {FAR} robust standard deviations or more from the median of the others. "
        "This finds what to look at (llmgeo show RUN --sample TEXT), and is no test: of many texts some always lie so."
    )


def stands_out(row: Mapping[str, Any]) -> str:
    name = row["measure"]
    values = f"{value(name, row['value'])}, median {value(name, row['median'])}"
    return f"{measure(name)} {values} (z {deviations(row['z'])}; farthest by a baseline: {of_baseline(row)})"


def of_baseline(row: Mapping[str, Any]) -> str:
    if row["baseline"] is None or is_missing(row["baseline_z"]):
        return "none"
    return f"{measure(row['baseline'])} {deviations(row['baseline_z'])}"


def deviations(z: float) -> str:
    """
    >>> deviations(-4.23), deviations(620406.2)
    ('-4.2', '+620,406')
    """
    return f"{z:+,.0f}" if abs(z) >= 100 else f"{z:+.1f}"


def more_stand_out(rows: int) -> str:
    return f"and {rows:,} more (--answers shows all)"


def _baseline_alone(row: Mapping[str, Any]) -> str:
    if row["baseline"] is None or is_missing(row["baseline_auc"]):
        return ""
    told = effect_words.told(row["baseline_auc"])
    return f"{measure(row['baseline'])} alone: {effect_words.of_100(told)} of 100 pairs"


def left_out_unequally(row: Mapping[str, Any]) -> str:
    """
    >>> left_out_unequally({"a": "good", "b": "bad", "left_out_a": 1, "texts_a": 20, "left_out_b": 9, "texts_b": 20})
    'The window leaves out 1 of 20 texts of good and 9 of 20 of bad: what is compared are the longer ones.'
    """
    a, b = (f"{row[f'left_out_{side}']:,} of {row[f'texts_{side}']:,}" for side in "ab")
    return f"The window leaves out {a} texts of {row['a']} and {b} of {row['b']}: what is compared are the longer ones."


def lengths_tell(row: Mapping[str, Any]) -> str:
    """
    >>> lengths_tell({"a": "good", "length_auc": 0.8, "length_low": 0.7, "length_high": 0.9})
    'Length alone: longer in good in 80 of 100 pairs [70 to 90]; what goes with length may be what is measured.'
    """
    said = effect_words.higher_or_lower(row["length_auc"], row["length_low"], row["length_high"], row["a"])
    said = said.replace("higher", "longer", 1).replace("lower", "shorter", 1)
    return f"Length alone: {said}; what goes with length may be what is measured."
