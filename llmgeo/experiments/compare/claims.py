"""What the papers say, asked of a pair of models: each claim's one test and its verdict. Needs tables; no model.

A verdict is given only where the difference is significant (q below 0.05 over the recipe's claims, an interval that
leaves out "no difference") and larger than what rounding the base's weights does. Two copies of one model get none.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from llmgeo.experiments.compare.evidence import Evidence
from llmgeo.experiments.compare.names import BASE, CHAT_ANSWER, JITTERED, OF_TEXTS, text_kind
from llmgeo.experiments.compare.recipe import (
    TEXT_WORDS,
    Claim,
    ComparisonRecipe,
    GroupsClaim,
    PairedClaim,
    RangeClaim,
    Side,
    SubspacesClaim,
    TrendClaim,
)
from llmgeo.experiments.probe.claims import CLAIM_COLUMNS, SIGNIFICANT
from llmgeo.measures.catalogue import EVERY_MEASURE, MEASURES
from llmgeo.measures.status import USABLE
from llmgeo.statistics import (
    auc,
    auc_contrast,
    auc_of_halves,
    benjamini_hochberg,
    halves_floor,
    mean_interval,
    paired_contrast,
)
from llmgeo.statistics.rank_correlation import rank_correlation

PAIR_CLAIM_COLUMNS = [*CLAIM_COLUMNS, "effect_is", "noise", "halves"]
SAME_MODEL = "same_model"
UNLIKE_RANKS = 0.3
"""From this rank correlation on, the prompts' lengths go along with their complexity enough to say so."""
UNLIKE_LENGTHS = 1.1
"""From this ratio of mean lengths on, two groups of texts differ in length enough to say so."""


def is_same_model(estimates: pd.DataFrame) -> bool:
    """Whether no weight and no output differs at all; within a chat template, which one reader lacks, outputs must."""
    changes = estimates[estimates["measure"].isin(["relative_change", "kl"])]
    changes = changes[changes["sample"].map(text_kind) != CHAT_ANSWER]
    return len(changes) > 0 and bool((changes["value"] == 0).all())


def claim_table(found: Evidence, recipe: ComparisonRecipe) -> pd.DataFrame:
    """One row a claim."""
    rows = [_row(found, claim) for claim in recipe.claims]
    if is_same_model(found.estimates):
        rows = [row | {"status": SAME_MODEL, "effect": np.nan} for row in rows]
    tested = np.array([row["p"] if row["status"] == "ok" else np.nan for row in rows], dtype=float)
    for row, q in zip(rows, benjamini_hochberg(tested), strict=True):
        row["q"] = q
        row["verdict"] = row.pop("range_verdict", None) if row["effect_is"] == "range" else verdict(row)
        if row["status"] != "ok":
            row["verdict"] = "not measured"
    return pd.DataFrame(rows).reindex(columns=PAIR_CLAIM_COLUMNS)


def verdict(row: Mapping[str, object]) -> str:
    """Supported or contradicted if significant and beyond the noise; else undecided.

    >>> row = {"status": "ok", "expect": "a < b", "effect": -2.0, "low": -3.0, "high": -1.0, "q": 0.01, "nothing": 0.0}
    >>> verdict(row | {"noise": 0.5}), verdict(row | {"noise": 2.5})
    ('supported', 'undecided')
    """
    if row["status"] != "ok" or not np.isfinite(row["effect"]):
        return "not measured"
    nothing = row["nothing"]
    decided = row["q"] < SIGNIFICANT and not row["low"] <= nothing <= row["high"]
    if not decided or (np.isfinite(row["noise"]) and abs(row["effect"] - nothing) <= row["noise"]):
        return "undecided"
    return "supported" if (row["effect"] > nothing) == (row["expect"] == "a > b") else "contradicted"


def _row(found: Evidence, claim: Claim) -> dict:
    tests = {"paired": _paired, "groups": _groups, "trend": _trend, "range": _range, "subspaces": _subspaces}
    return {"claim": claim.name, "source": claim.source, "sentence": claim.sentence} | tests[claim.kind](found, claim)


def _paired(found: Evidence, claim: PairedClaim) -> dict:
    layers = claim.layer_numbers(found.blocks)
    a, b = (found.values(side, claim.measure, layers, cloud=claim.cloud) for side in (claim.a, claim.b))
    shared = a.index.intersection(b.index)
    a, b = a[shared], b[shared]
    test = paired_contrast(a.to_numpy()[:, None], b.to_numpy()[:, None], shared.to_numpy())
    jittered = found.values(claim.b, claim.measure, layers, reader=JITTERED, cloud=claim.cloud)
    moved = jittered.index.intersection(b.index)
    noise = mean_interval((jittered[moved] - b[moved]).to_numpy()[:, None], moved.to_numpy())
    return {
        "measure": claim.measure, "layers": _span(claim, layers), "expect": claim.expect, "effect_is": "difference",
        "effect": test.mean[0], "low": test.low[0], "high": test.high[0], "p": test.p[0], "nothing": 0.0,
        "n_a": len(a), "n_b": len(b), "status": str(test.status[0]),
        "noise": float(np.fmax(np.abs(noise.low[0]), np.abs(noise.high[0]))),
        "halves": float(halves_floor(b.to_numpy()[:, None], 200)[0]) if len(b) else np.nan,
        "words": _words(claim.measure, a, b, _side(claim.a), _side(claim.b)),
        "caveat": _caveat(claim.note, found, claim.a, claim.b, a, b),
    }  # fmt: skip


def _groups(found: Evidence, claim: GroupsClaim) -> dict:
    layers = claim.layer_numbers(found.blocks)
    a, b = (found.values(side, claim.measure, layers) for side in (claim.a, claim.b))
    values = np.concatenate([a.to_numpy(), b.to_numpy()])[:, None]
    group = np.arange(len(values)) < len(a)
    prompts = np.concatenate([a.index.to_numpy(dtype=str), b.index.to_numpy(dtype=str)])
    test = auc_contrast(values, group, prompts)
    before, moved = (_tells_apart(found, claim, layers, reader) for reader in (BASE, JITTERED))
    return {
        "measure": claim.measure, "layers": _span(claim, layers), "expect": claim.expect, "effect_is": "auc",
        "effect": test.auc[0], "low": test.low[0], "high": test.high[0], "p": test.p[0], "nothing": 0.5,
        "n_a": len(a), "n_b": len(b), "status": str(test.status[0]),
        "noise": abs(moved - before), "halves": auc_of_halves(values[:, 0]),
        "words": _words(claim.measure, a, b, _kinds(claim.a), _kinds(claim.b)),
        "caveat": _caveat(claim.note, found, claim.a, claim.b, a, b),
    }  # fmt: skip


def _tells_apart(found: Evidence, claim: GroupsClaim, layers: tuple[int, ...], reader: str) -> float:
    """The AUC of the same texts, read by another."""
    return auc(*(found.values(side, claim.measure, layers, reader=reader).to_numpy() for side in (claim.a, claim.b)))


def _trend(found: Evidence, claim: TrendClaim) -> dict:
    """Rank correlation of a measure of the texts with how surprising their prompts are to BASE."""
    layers = claim.layer_numbers(found.blocks)
    complexity = found.complexity()
    values = found.values(claim.a, claim.measure, layers)
    shared = values.index.intersection(complexity.index)
    values, complexity = values[shared], complexity[shared]
    test = rank_correlation(complexity.to_numpy(), values.to_numpy())
    before, moved = (
        found.values(claim.a, claim.measure, layers, reader=reader).reindex(shared).dropna()
        for reader in (BASE, JITTERED)
    )
    noise = [rank_correlation(complexity[of.index].to_numpy(), of.to_numpy()).rho for of in (before, moved)]
    words = (
        f"{EVERY_MEASURE[claim.measure].words} of {_side(claim.a)}, against the mean surprisal of the prompt in BASE"
        + (f" ({complexity.min():.1f} to {complexity.max():.1f} nats a token)" if len(shared) else "")
    )
    said = [*([claim.note] if claim.note else []), *_length_remark(found, claim.a, complexity)]
    return {
        "measure": claim.measure, "layers": _span(claim, layers),
        "expect": "a > b" if claim.expect == "rises" else "a < b", "effect_is": "correlation",
        "effect": test.rho, "low": test.low, "high": test.high, "p": test.p, "nothing": 0.0,
        "n_a": len(shared), "n_b": len(shared), "status": "ok" if np.isfinite(test.rho) else "too_few_points",
        "noise": abs(noise[1] - noise[0]), "halves": np.nan, "words": words,
        "caveat": "; ".join(said) or None,
    }  # fmt: skip


def _length_remark(found: Evidence, side: Side, complexity: pd.Series) -> list[str]:
    """Longer prompts may be the more complex ones, or the less, and a dimension drifts with length."""
    related = rank_correlation(found.lengths(side, complexity.index).to_numpy(), complexity.to_numpy()).rho
    if not abs(related) > UNLIKE_RANKS:
        return []
    return [f"the longer prompts are the {'more' if related > 0 else 'less'} complex ones here (rho {related:.2f})"]


def _subspaces(found: Evidence, claim: SubspacesClaim) -> dict:
    layers = claim.layer_numbers(found.blocks)
    changes = found.changes[claim.name]
    row = {
        "measure": "steps_tuning_overlap", "layers": _span(claim, layers), "expect": claim.expect,
        "effect_is": "difference", "nothing": 0.0, "n_a": changes.problems, "n_b": changes.texts,
        "status": changes.status, "caveat": claim.note,
    }  # fmt: skip
    if changes.overlap is None:
        return row | dict.fromkeys(("effect", "low", "high", "p", "noise", "halves"), np.nan) | {"words": None}
    overlap, at = changes.overlap, list(layers)
    value, null, rounding, halves = (
        float(of[..., at].mean()) for of in (overlap.value, overlap.null, overlap.rounding, overlap.halves)
    )
    low, high = overlap.mean_interval(at)
    words = (
        f"of {claim.dimensions} directions, step-by-step answers share {value:.2f} with tuning; unrelated answers "
        f"share {null:.2f} with it, its own halves {halves:.2f}; step-by-step shares {rounding:.2f} with rounding"
    )
    return row | {
        "effect": value - null, "low": low - null, "high": high - null, "p": overlap.mean_p(at),
        "noise": abs(rounding - null), "halves": halves, "words": words,
    }  # fmt: skip


def _range(found: Evidence, claim: RangeClaim) -> dict:
    """Which measure of the pooled cloud could mean a dimension in this range."""
    layers = claim.layer_numbers(found.blocks)
    table = found.estimates
    table = table[
        (table["condition"] == claim.reader) & (table["cloud"] == OF_TEXTS) & table["layer"].isin(layers)
        & table["measure"].isin(MEASURES)
    ]  # fmt: skip
    points = int(table["n"].max()) if len(table) else 0
    ok = table[table["status"].isin(USABLE) & (table["n"] == points)]
    values = {str(name): part.groupby("layer")["value"].mean() for name, part in ok.groupby("measure", sort=False)}
    inside = [name for name, at in values.items() if at.between(claim.low, claim.high).any()]
    said = [f"{MEASURES[name].words} {at.min():.3g} to {at.max():.3g}" for name, at in values.items()]
    remark = f"{points} points, so no linear measure can exceed {points - 1}"
    could = f"only {', '.join(MEASURES[name].words for name in inside)}" if inside else "none of these"
    meant = f"{could} could mean it; " if values else ""
    row = {
        "measure": None, "layers": _span(claim, layers), "effect_is": "range", "effect": np.nan, "low": np.nan,
        "high": np.nan, "p": np.nan, "n_a": points, "n_b": points, "noise": np.nan, "halves": np.nan,
        "words": "; ".join(said), "caveat": f"{meant}{remark}; {claim.note}" if claim.note else meant + remark,
    }  # fmt: skip
    if points - 1 < claim.high or not values:
        return row | {"status": "too_few_points", "range_verdict": "not measured"}
    neighbours = [name for name in inside if name in ("intrinsic_dimension", "two_nn")]
    # A linear measure in the range does not make the cloud a manifold of that dimension.
    decided = "supported" if neighbours else "undecided" if inside else "contradicted"
    return row | {"status": "ok", "range_verdict": decided}


def _span(claim: Claim, layers: tuple[int, ...]) -> str:
    return f"{claim.layers} ({layers[0]}-{layers[-1]})" if len(layers) > 1 else str(layers[0])


def _side(side: Side) -> str:
    """
    >>> _side(Side(reader="base", text="tuned_answer")), _side(Side(reader="tuned", text="tuned_answer"))
    ("BASE on TUNED's answers", 'TUNED on its own answers')
    """
    reader = side.reader.upper()
    return f"{reader} on {TEXT_WORDS[side.text]}".replace(f"on {reader}'s", "on its own")


def _kinds(side: Side) -> str:
    return " + ".join(side.kinds).replace("_", " ")


def _words(measure: str, a: pd.Series, b: pd.Series, name_a: str, name_b: str) -> str:
    known = EVERY_MEASURE[measure]
    values = [known.show(float(side.mean()) if len(side) else None) for side in (a, b)]
    return f"{known.words}: {values[0]} ({name_a}) against {values[1]} ({name_b})"


def _caveat(note: str | None, found: Evidence, a: Side, b: Side, in_a: pd.Series, in_b: pd.Series) -> str | None:
    """The claim's own note, and a word on lengths where the two groups differ in them."""
    said = [note] if note else []
    if len(in_a) and len(in_b):
        lengths = [float(found.lengths(side, values.index).mean()) for side, values in ((a, in_a), (b, in_b))]
        if max(lengths) > UNLIKE_LENGTHS * min(lengths):
            said.append(
                f"the windows are of equal length, what stands before them is not ({lengths[0]:.0f} against "
                f"{lengths[1]:.0f} tokens), and a dimension drifts with length"
            )
    return "; ".join(said) or None
