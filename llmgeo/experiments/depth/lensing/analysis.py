"""What the question's tables come to: deflection by layer and kind of edit, differences, and tests of claims.

The unit is the sentence. Needs tables and the recipe; no model, no states.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from llmgeo.experiments.depth.lensing.recipe import LensingClaim, LensingSection
from llmgeo.experiments.depth.lensing.tables import BESIDE, LENSING
from llmgeo.experiments.depth.question import Answers
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.ranges import clipped
from llmgeo.measures.status import LAYERS_LEFT_OUT, OK
from llmgeo.run import Run, pieces
from llmgeo.statistics import mean_interval, paired_contrast
from llmgeo.statistics.at_equal import at_equal
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES
from llmgeo.statistics.verdict import describe_layers
from llmgeo.texts.edits import FUNCTION, KINDS, MEANING, PARAPHRASE, RANDOM

MEASURES = ("deflection", "path_distance")
PLAIN = ("surprisal_change", "divergence", "word_distance")
"""What stands beside the path: how surprising an edit is, what it does to the output, how far apart the words are."""

SIDES = {
    MEANING: "after an edit of meaning",
    PARAPHRASE: "after a paraphrase",
    FUNCTION: "after a function word",
    RANDOM: "after a random word",
}

DIFFERENCE = f"{MEANING} − {PARAPHRASE}"


def analyze(run: Run, section: LensingSection, blocks: int) -> Answers:
    """Result tables and a test of each claim; nothing where no sentence was measured."""
    edits, layers = (pieces.joined(run.pieces(name)) for name in ("edits", "edit_layers"))
    tests = tuple(claim_test(edits, layers, claim, blocks) for claim in section.claims)
    if edits.empty:
        return Answers(tests=tests)
    return Answers(tests, None, {"lensing": lensing_table(layers), "lensing_beside": beside_table(edits)})


def values(layers: pd.DataFrame, measure: str, kind: str) -> pd.DataFrame:
    """One row a sentence, one column a layer."""
    if layers.empty:
        return pd.DataFrame()
    chosen = layers[(layers["kind"] == kind) & layers[measure].notna()]
    return chosen.pivot(index="sentence", columns="layer", values=measure).astype(float)


def lensing_table(layers: pd.DataFrame) -> pd.DataFrame:
    """One row a measure, kind or difference, and layer."""
    rows: list[dict[str, object]] = []
    for measure in MEASURES:
        wide = {kind: values(layers, measure, kind) for kind in KINDS}
        if wide[MEANING].empty:
            continue
        wide[DIFFERENCE] = wide[MEANING] - wide[PARAPHRASE]
        for kind, table in wide.items():
            found = mean_interval(table.to_numpy(), np.arange(len(table)))
            ends = clipped([measure] * len(found.mean), found.low, found.high, of_differences=kind == DIFFERENCE)
            rows += [
                {"measure": measure, "kind": kind, "layer": int(layer), "samples": found.n[at], "value": found.mean[at],
                 "low": ends[0][at], "high": ends[1][at], "status": found.status[at]}
                for at, layer in enumerate(table.columns)
            ]  # fmt: skip
    table = pd.DataFrame(rows, columns=list(LENSING.columns))
    return table.assign(layer=pd.array(table["layer"], dtype="Int64"))


def beside_table(edits: pd.DataFrame) -> pd.DataFrame:
    """One row a kind and plain measure."""
    rows = []
    for kind in KINDS:
        chosen = edits[edits["kind"] == kind]
        measured = chosen[chosen["status"] == OK]
        if measured.empty:
            refused = str(chosen["status"].iloc[0]) if len(chosen) else NO_SAMPLES
            rows += [{"kind": kind, "measure": name, "samples": 0, "status": refused} for name in PLAIN]
            continue
        found = mean_interval(measured[list(PLAIN)].to_numpy(float), np.arange(len(measured)))
        rows += [
            {"kind": kind, "measure": name, "samples": found.n[at], "value": found.mean[at], "low": found.low[at],
             "high": found.high[at], "status": found.status[at]}
            for at, name in enumerate(PLAIN)
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(BESIDE.columns))


def claim_test(edits: pd.DataFrame, layers: pd.DataFrame, claim: LensingClaim, blocks: int) -> ClaimTest:
    """Two kinds of edits, sentence by sentence; or what is left of their difference at equal surprisal and output."""
    numbers = claim.layer_numbers(blocks)
    chosen = tuple(layer for layer in numbers if layer > 0)
    named = claim.layers if isinstance(claim.layers, str) and claim.layers != "all" else None
    facts = {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "expect": claim.expect,
        "effect_is": "difference", "measure": claim.measure, "axis": "depth", "cloud": "none", "layers": chosen,
        "layer_words": _layer_words(chosen or numbers, named),
    }  # fmt: skip
    sides = [SIDES[kind] for kind in (claim.a, claim.b)]
    a, b = (Side(side) for side in sides)
    if not chosen:
        return ClaimTest(a=a, b=b, status=LAYERS_LEFT_OUT, **facts)
    wide = [_means(layers, claim.measure, kind, chosen) for kind in (claim.a, claim.b)]
    names = wide[0].index.intersection(wide[1].index)
    if not len(names):
        refused = edits["status"][edits["status"] != OK] if len(edits) else []
        return ClaimTest(a=a, b=b, status=str(refused.iloc[0]) if len(refused) else NO_SAMPLES, **facts)
    first, second = (table.reindex(names).to_numpy() for table in wide)
    plain = _plain_differences(edits, claim, names)
    left = at_equal(first - second, plain)
    count = len(names)
    effect, low, high, p = (left.value, left.low, left.high, left.p) if claim.beyond else _paired(first, second)
    means = float(first.mean()), float(second.mean())
    show = look_up(claim.measure).show
    return ClaimTest(
        a=Side(sides[0], (), means[0], count), b=Side(sides[1], (), means[1], count),
        effect=effect, low=low, high=high, p=p,
        words=f"{look_up(claim.measure).words}: {show(means[0])} {sides[0]}, {show(means[1])} {sides[1]}",
        remarks=(_remark(claim, left, plain, show),),
        status=OK if count >= FEWEST_PROMPTS and np.isfinite(p) else FEW_PROMPTS,
        **facts,
    )  # fmt: skip


def _layer_words(layers: tuple[int, ...], named: str | None) -> str:
    return describe_layers(layers, named) if named or len(layers) < 2 else f"layers {layers[0]}-{layers[-1]}"


def _paired(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float, float]:
    found = paired_contrast(first[:, None], second[:, None], np.arange(len(first)))
    return float(found.mean[0]), float(found.low[0]), float(found.high[0]), float(found.p[0])


def _means(layers: pd.DataFrame, measure: str, kind: str, chosen: tuple[int, ...]) -> pd.Series:
    """The mean over the layers, of each sentence that has a value at all of them."""
    wide = values(layers, measure, kind)
    kept = [layer for layer in chosen if layer in wide.columns]
    return wide[kept].dropna().mean(axis=1) if len(kept) == len(chosen) else pd.Series(dtype=float)


def _plain_differences(edits: pd.DataFrame, claim: LensingClaim, names: pd.Index) -> np.ndarray:
    """[sentences, 3]: side a minus side b, of each plain measure."""
    columns = []
    for name in PLAIN:
        wide = edits.pivot(index="sentence", columns="kind", values=name).reindex(names).astype(float)
        columns.append((wide[claim.a] - wide[claim.b]).to_numpy())
    return np.column_stack(columns)


def _remark(claim: LensingClaim, left: object, plain: np.ndarray, show: object) -> str:
    surprisal, divergence, distance = plain.mean(0)
    said = (
        f"edits of side a are {surprisal:+.2f} nats more surprising, change the output by {divergence:+.3f} nats "
        f"more, and their words lie {distance:+.3f} farther from the original at layer 0"
    )
    if claim.beyond:
        return f"{said}; the effect is what is left where all three are equal"
    if not np.isfinite(left.low):
        return f"{said}; too few sentences to hold all three equal"
    ends = f"{show(left.value)} [{show(left.low)}, {show(left.high)}]"
    verdict = "is left" if left.low > 0 or left.high < 0 else "is left, which is nothing beyond them"
    return f"{said}; where all three are equal {ends} {verdict}"
