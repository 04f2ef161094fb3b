"""Summarizes a finished comparison as plain data: what a person reads first. Knows no model and no screen.

summary = summarize_comparison(llmgeo.open("runs/…"))
summary.findings[0], summary.positions[0].before
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from llmgeo.experiments.compare import sentences
from llmgeo.experiments.compare.findings import RESIDUAL, TURNED, findings, headline, why_no_difference
from llmgeo.measures.catalogue import DIMENSION, EVERY_MEASURE
from llmgeo.measures.status import NO_PLATEAU
from llmgeo.report import manifest, words
from llmgeo.report.claims import ClaimAnswer, claim_answers
from llmgeo.report.curves import MeasureCurves, curves_by_measure
from llmgeo.report.manifest import PAGE, of_manifest, show_command, subjects_of
from llmgeo.report.notices import notices
from llmgeo.report.records import rows
from llmgeo.report.token_text import NO_CHARACTER
from llmgeo.run import Run

CURVES = (RESIDUAL, TURNED, "linear_cka")
CONTEXT = 12
"""Tokens shown before a position where the outputs differ."""

CHAT = "chat_answer"


@dataclass(frozen=True)
class Difference:
    """A measure that each model has by itself, at the layer where the two differ most beyond noise.

    Attributes:
        layers: how many layers differ significantly and beyond the noise of rounding; at `higher` of them TUNED has the
            larger value.
        measured_layers: how many layers there are to differ at.
        rounding: the largest difference that one more rounding of the base's weights may make there.
        without_plateau: at how many of the layers that differ it depends on the scale that it is read at.
        is_of_prompts: whether it is of one cloud of all texts' last tokens, not of each text's tokens.
    """

    measure: str
    text: str
    layer: int
    base: float
    tuned: float
    value: float
    low: float
    high: float
    q: float
    rounding: float | None
    layers: int
    higher: int
    measured_layers: int
    is_of_prompts: bool
    without_plateau: int

    @property
    def name(self) -> str:
        """The measure in words, and its cloud where that is not one text's tokens."""
        measure = words.measure(self.measure)
        return sentences.of_all_last_tokens(measure) if self.is_of_prompts else measure

    @property
    def where(self) -> str:
        """At how many layers it is clear, and which way it goes there."""
        return sentences.clear_at(self.layers, self.measured_layers, self.higher)

    @property
    def scale_remark(self) -> str:
        """What a difference is not: one of a dimension that there is; empty where it has a plateau."""
        return sentences.no_plateau(self.without_plateau, self.layers) if self.without_plateau else ""


@dataclass(frozen=True)
class Position:
    """A token whose prediction the tuning changed much; `is_cut`: more tokens precede it than are shown."""

    kl: float
    prompt: str
    text: str
    before: str
    token: str
    is_cut: bool


@dataclass(frozen=True)
class Output:
    """How the next-token distributions differ on one kind of text; `rounding` is the KL that jittered weights make."""

    text: str
    kl: float
    rounding: float | None
    js: float
    entropy_drop: float
    unshifted: float
    marginal: float
    shifted: float


@dataclass(frozen=True)
class ComparisonSummary:
    """What there is to say about a comparison.

    Attributes:
        headline: in how much the two differ, in one sentence.
        differences: those that are significant and beyond rounding; why_no_difference: what it means if there are none.
        notices: sentences that must be read before any number.
    """

    title: tuple[str, ...]
    status: str
    headline: str
    findings: tuple[str, ...]
    claims: tuple[ClaimAnswer, ...]
    outputs: tuple[Output, ...]
    differences: tuple[Difference, ...]
    curves: tuple[MeasureCurves, ...]
    positions: tuple[Position, ...]
    counts: Mapping[str, int]
    path: Path
    notices: tuple[str, ...] = ()
    why_no_difference: str = ""

    @property
    def page(self) -> Path | None:
        """The run's HTML page, if it has been written."""
        page = self.path / PAGE
        return page if page.is_file() else None

    @property
    def show_command(self) -> str:
        return show_command(self.path)


@dataclass(frozen=True)
class Matrix:
    """What changed in one weight matrix; None where it has no spectrum (a vector, or nothing changed).

    Attributes:
        layer: the block it belongs to, 0 for embeddings, None for the rest.
    """

    name: str
    layer: int | None
    relative_change: float
    stable_rank_of_change: float | None
    effective_rank_base: float | None
    effective_rank_tuned: float | None
    effective_rank_of_change: float | None
    row_dimension_base: float | None
    row_dimension_tuned: float | None


def summarize_comparison(run: Run) -> ComparisonSummary:
    """Everything the screens show of a comparison.

    Raises:
        RunError: the results were not computed yet. CorruptRunError: a table is damaged.
    """
    layers = run.layers
    counts = of_manifest(run, "counts")
    base = subjects_of(run.manifest).get("base", {})
    title = [manifest.heading(run)]
    title += [words.count(counts["prompts"], "prompt")] if counts.get("prompts") else []
    title += [str(base[key]) for key in ("dtype", "device") if base.get(key)]
    return ComparisonSummary(
        tuple(title),
        run.status,
        headline(layers),
        tuple(findings(layers)),
        claim_answers(run.claims),
        tuple(_outputs(layers)),
        tuple(clear_differences(layers)),
        _curves(layers),
        tuple(positions(run)),
        counts,
        run.path,
        notices(run),
        why_no_difference(layers),
    )


# -- tables ----------------------------------------------------------------------------------------------------------


def _outputs(layers: pd.DataFrame) -> Iterator[Output]:
    outputs = layers[layers["what"] == "output"]
    for text, part in outputs.groupby("text", sort=False):
        by_measure = part.set_index("measure")
        shares = (float(by_measure["value"][f"{name}_share"]) for name in ("unshifted", "marginal", "shifted"))
        kl = by_measure.loc["kl"]
        rounding = None if words.is_missing(kl["null_high"]) else float(kl["null_high"])
        yield Output(
            str(text),
            float(kl["value"]),
            rounding,
            float(by_measure["value"]["js"]),
            float(by_measure["value"]["entropy_drop"]),
            *shares,
        )


def clear_differences(layers: pd.DataFrame) -> Iterator[Difference]:
    """The strongest layer of each measure, text and cloud that differs significantly and beyond rounding."""
    differences = layers[(layers["what"] == "difference") & (layers["cloud"] != "texts")].copy()
    differences["rounding"] = differences[["null_low", "null_high"]].abs().max(axis=1)
    model_values = layers[layers["what"] == "value"].set_index(["condition", "text", "measure", "layer", "cloud"])[
        "value"
    ]
    dimension = differences[(differences["measure"] == DIMENSION) & (differences["status"] == NO_PLATEAU)]
    bent = dimension.groupby(["text", "cloud"])["layer"].agg(set).to_dict()
    for (measure, text, cloud), part in differences.groupby(["measure", "text", "cloud"], sort=False):
        clear = part[(part["q"] < 0.05) & ~(part["value"].abs() <= part["rounding"])]
        if not len(clear):
            continue
        best = clear.loc[(clear["value"].abs() / (clear["high"] - clear["low"])).idxmax()]
        sides = [float(model_values[(reader, text, measure, best["layer"], cloud)]) for reader in ("base", "tuned")]
        [record] = rows(pd.DataFrame([best[["value", "low", "high", "q", "rounding"]]]))
        record |= {"layers": len(clear), "higher": int((clear["value"] > 0).sum()), "measured_layers": len(part)}
        without_plateau = bent.get((text, cloud), set()) if EVERY_MEASURE[str(measure)].by_scale else set()
        record |= {
            "is_of_prompts": cloud == "prompts",
            "without_plateau": int(clear["layer"].isin(without_plateau).sum()),
        }
        yield Difference(str(measure), str(text), int(best["layer"]), *sides, **record)


def _curves(layers: pd.DataFrame) -> tuple[MeasureCurves, ...]:
    """Distances by layer, one curve a kind of text; none of two models that are the same."""
    distances = layers[(layers["what"] == "distance") & (layers["cloud"] == "text") & layers["measure"].isin(CURVES)]
    if not len(distances) or (distances.loc[distances["measure"] == RESIDUAL, "value"] == 0).all():
        return ()  # nothing differs, which the headline says
    return curves_by_measure(distances.assign(condition=distances["text"].map(sentences.TEXT_WORDS)))


def matrices(run: Run) -> Iterator[Matrix]:
    """Every weight of the two models, the most changed first."""
    table = run.weights
    wide = table.pivot(index="matrix", columns="measure", values="value")
    names = [field.name for field in fields(Matrix)]
    wide = wide.assign(name=wide.index, layer=table.drop_duplicates("matrix").set_index("matrix")["layer"])
    wide = wide.sort_values("relative_change", ascending=False, kind="stable")
    return (Matrix(**record) for record in rows(wide.reindex(columns=names)))


def records(run: Run) -> dict[str, list]:
    """The sentences, positions and matrices of a comparison as plain records: all matrices, one position a text."""
    tables = {"positions": pd.DataFrame(positions(run, len(run.samples))), "matrices": pd.DataFrame(matrices(run))}
    sentences = {"headline": headline(run.layers), "findings": list(findings(run.layers))}
    return sentences | {name: rows(table) for name, table in tables.items()}


def count_remarks(counts: Mapping[str, int]) -> Iterator[str]:
    """Sentences on the texts that are missing from the numbers."""
    for name, number in counts.items():
        if name.startswith("too_short_"):
            yield sentences.too_short(number, sentences.TEXT_WORDS.get(name.removeprefix("too_short_"), name))
        if name.startswith("loops_"):
            yield sentences.loops(number, sentences.TEXT_WORDS.get(name.removeprefix("loops_"), name))
    if counts.get("empty"):
        yield sentences.empty(counts["empty"])
    if counts.get("failed"):
        yield sentences.failed(counts["failed"])


def positions(run: Run, most: int = 8) -> Iterator[Position]:
    """The tokens whose prediction differs most, at most one a text.

    Chat answers are left out: one reader sees the template and the other does not, which decides their first token.
    """
    tokens = run.tokens
    if "kl" not in tokens or not tokens["kl"].notna().any():
        return
    samples = run.samples.set_index("sample")
    is_alike = tokens["sample"].map(samples["text_kind"]) != CHAT
    highest = tokens.loc[tokens[(tokens["kl"] > 0) & is_alike].groupby("sample")["kl"].idxmax()].nlargest(most, "kl")
    for row in highest.itertuples():
        sample = samples.loc[row.sample]
        strings = list(sample["tokens"])
        place = int(row.token)
        before = "".join(strings[max(0, place - CONTEXT) : place])
        kind = str(sample["text_kind"])
        yield Position(
            float(row.kl), str(sample["prompt"]), kind, before, strings[place] or NO_CHARACTER, place > CONTEXT
        )
