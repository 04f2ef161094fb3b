"""Whether geometry tells groups of given texts apart, and more than a baseline without any: one answer a contrast.

A user's own question has no direction and no layer that a paper named, so that the strongest of all measures and layers
answers it, and the choice is paid for twice. Within a contrast: p is Simes' of all measures and layers (Simes 1986,
Biometrika 73:751-754), and the gain over the baseline allows for having chosen the best. Over the contrasts that were
asked together: q is Benjamini and Hochberg's of these p. As of a claim, an interval must leave out chance as well: one
that holds for all measures and layers at once. Layer 0, which knows the words and no context, takes no part.

Beside it stands what kind of texts were left out, and whether their length alone tells the sides apart. Knows tables;
no model and no states.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from llmgeo.experiments.probe import given_sentences as sentences
from llmgeo.experiments.probe.contrast_summary import EMBEDDING, OK, ContrastSummary, summarize_contrasts
from llmgeo.experiments.probe.recipe import Contrast, Recipe
from llmgeo.recipe.shared import ConditionSide
from llmgeo.statistics import auc_contrast, benjamini_hochberg
from llmgeo.statistics.verdict import SIGNIFICANT

APART, NOT_SEEN, OPEN, NOT_COMPARED = "told apart", "not seen apart", "open", "not compared"

UNEQUALLY = 0.1
"""The shares of texts left out on the two sides differ by so much: what is compared is no longer what was given."""

COLUMNS = [
    "contrast", "a", "b", "answer", "sentence", "caveat", "p", "q", "tests", "measure", "layer", "auc", "low", "high",
    "n_a", "n_b", "baseline", "baseline_auc", "beside_baseline", "gain_low", "gain_high", "texts_a", "texts_b",
    "left_out_a", "left_out_b", "length_auc", "length_low", "length_high", "length_p",
]  # fmt: skip


def separation_rows(contrasts: pd.DataFrame, samples: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """One row a contrast of conditions that come from files.

    Args:
        contrasts: the table of contrasts.
        samples: every sample, also those that were not measured, with `condition`, `prompt`, `text_tokens`,
            `window_start` and `error`.
    """
    given = {condition.name for condition in recipe.given}
    asked = [one for one in recipe.contrasts if {*one.a.conditions, *one.b.conditions} <= given]
    summaries = {summary.name: summary for summary in summarize_contrasts(contrasts)}
    p = np.array([_simes(contrasts[contrasts["contrast"] == contrast.name]) for contrast in asked], dtype=float)
    rows = [
        _row(contrast, summaries[contrast.name], samples, recipe, *numbers, len(asked))
        for contrast, *numbers in zip(asked, p.tolist(), benjamini_hochberg(p).tolist(), strict=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"layer": "Int64"})


def _simes(table: pd.DataFrame) -> float:
    """Simes' p that no measure at any layer but the embedding differs; nan where nothing was tested."""
    p = table.loc[table["layer"].notna() & (table["layer"] != EMBEDDING), "p"].to_numpy(float)
    return float(np.nanmin(benjamini_hochberg(p))) if np.isfinite(p).any() else float("nan")


def _row(
    contrast: Contrast, summary: ContrastSummary, samples: pd.DataFrame, recipe: Recipe, p: float, q: float, asked: int
) -> dict[str, object]:
    sides = [contrast.a, contrast.b]
    a, b = (_words(side, recipe) for side in sides)
    answer = _answer(summary, q)
    shown = summary.best if answer in (APART, OPEN) else None
    of_side = [samples[samples["condition"].isin(side.conditions)] for side in sides]
    left_out = [int((texts["window_start"].isna() & texts["error"].isna()).sum()) for texts in of_side]
    length = _length(of_side, recipe)
    row = {
        "contrast": contrast.name, "a": a, "b": b, "answer": answer, "p": p, "q": q, "tests": summary.tests,
        **{name: getattr(shown, name, None) for name in ("measure", "layer", "auc", "low", "high")},
        **_sizes(summary),
        "baseline": summary.baseline and summary.baseline.measure,
        "baseline_auc": summary.baseline and summary.baseline.auc,
        "beside_baseline": summary.beside_baseline if answer == APART else None,
        "gain_low": summary.gain_low, "gain_high": summary.gain_high,
        "texts_a": len(of_side[0]), "texts_b": len(of_side[1]), "left_out_a": left_out[0], "left_out_b": left_out[1],
        **length,
    }  # fmt: skip
    row["sentence"] = sentences.separation(row, summary.why_nothing if answer == NOT_SEEN else summary.status, asked)
    row["caveat"] = _caveat(row)
    return row


def _answer(summary: ContrastSummary, q: float) -> str:
    if summary.status != OK or not np.isfinite(q):
        return NOT_COMPARED
    best = summary.best
    if best is None:
        return NOT_SEEN
    leaves_out_chance = None not in (best.low, best.high) and not best.low <= 0.5 <= best.high
    return APART if q < SIGNIFICANT and leaves_out_chance else OPEN


def _sizes(summary: ContrastSummary) -> dict[str, int]:
    effects = (*summary.measures, *summary.baselines)
    n_a, n_b = max(((effect.n_a, effect.n_b) for effect in effects), default=(0, 0))
    return {"n_a": n_a, "n_b": n_b}


def _words(side: ConditionSide, recipe: Recipe) -> str:
    """The labels of a side's texts; all labels but one are the rest."""
    names = {condition.name: condition.label or condition.name for condition in recipe.given}
    if len(side.conditions) > 1 and len(side.conditions) == len(names) - 1:
        return "the rest"
    return " or ".join(names[name] for name in side.conditions)


def _length(sides: Sequence[pd.DataFrame], recipe: Recipe) -> dict[str, float]:
    """How well the number of tokens alone tells the sides apart, over all texts, also those that were left out."""
    texts = pd.concat(sides)
    texts = texts[texts["text_tokens"].notna()]
    group = texts["condition"].isin(set(sides[0]["condition"])).to_numpy()
    if not group.any() or group.all():
        return dict.fromkeys(("length_auc", "length_low", "length_high", "length_p"), float("nan"))
    values, prompts = texts[["text_tokens"]].to_numpy(float), texts["prompt"].astype(str).to_numpy()
    found = auc_contrast(values, group, prompts, seed=recipe.generation.seed % 2**32)
    return {f"length_{name}": float(getattr(found, name)[0]) for name in ("auc", "low", "high", "p")}


def _caveat(row: dict[str, object]) -> str | None:
    """What the answer must not be read without: unequal lengths, and what they left out."""
    shares = [row[f"left_out_{side}"] / max(1, row[f"texts_{side}"]) for side in "ab"]
    said = []
    if abs(shares[0] - shares[1]) >= UNEQUALLY:
        said.append(sentences.left_out_unequally(row))
    if row["length_p"] < SIGNIFICANT:
        said.append(sentences.lengths_tell(row))
    return " ".join(said) or None
