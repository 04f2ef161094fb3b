"""What there is to say of texts that came from files, as plain data: answers, what was left out, which stand out.

Knows a run's tables and its manifest; computes no statistic, draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from llmgeo.experiments.probe import given_sentences as sentences
from llmgeo.report.manifest import of_manifest
from llmgeo.report.records import rows
from llmgeo.run import Run, pieces

READ = ("sample", "row", "condition", "prompt", "window_start", "window_stop", "error", "text_tokens", "part", "parts")


@dataclass(frozen=True)
class Filled:
    """How many texts of a condition fill the window; those that failed are neither measured nor too short."""

    condition: str
    texts: int
    measured: int
    failed: int


@dataclass(frozen=True)
class GivenTexts:
    """Texts from files, and what became of them.

    Attributes:
        window: tokens that were measured of each; None where none was.
        filled: by condition, in the recipe's order.
        separations: rows of the table, in its order. standing_out: those of that one.
        layer: that texts stand out at; None where nothing was measured.
        remarks: what must be known of the texts, whole sentences.
    """

    window: int | None
    filled: tuple[Filled, ...]
    separations: tuple[Mapping[str, object], ...]
    standing_out: tuple[Mapping[str, object], ...]
    layer: int | None
    remarks: tuple[str, ...]

    @property
    def is_labelled(self) -> bool:
        """Whether there is anything to set against each other."""
        return bool(self.separations)

    @property
    def headline(self) -> str:
        """The answers in one sentence; empty where nothing was asked."""
        return sentences.all_separations(self.separations) if self.separations else ""


def given_texts(run: Run, recipe: Mapping) -> GivenTexts | None:
    """What a run has of texts from files; None where it has none.

    Args:
        recipe: that the results answer, as plain data.
    """
    names = [str(table.get("name")) for table in recipe["conditions"] if table.get("kind") == "file"]
    if not names or run.declaration.table("separations") is None:
        return None
    texts = pieces.joined(run.pieces("results_samples", READ))
    texts = texts[texts["condition"].isin(names)]
    measured = texts["window_start"].notna() & texts["error"].isna()
    windows = (texts["window_stop"] - texts["window_start"])[measured]
    layers = sorted(int(layer) for layer in run.layers["layer"].dropna().unique())
    return GivenTexts(
        window=int(windows.iloc[0]) if len(windows) else None,
        filled=tuple(_filled(name, texts[texts["condition"] == name]) for name in names),
        separations=tuple(rows(run.separations)),
        standing_out=tuple(rows(run.standing_out)),
        layer=layers[len(layers) // 2] if layers else None,
        remarks=tuple(_remarks(run, texts)),
    )


def _filled(condition: str, texts: pd.DataFrame) -> Filled:
    failed = texts["error"].notna()
    return Filled(condition, len(texts), int((texts["window_start"].notna() & ~failed).sum()), int(failed.sum()))


def _remarks(run: Run, texts: pd.DataFrame) -> Iterator[str]:
    groups = texts["prompt"].nunique()
    if groups < texts["row"].nunique():
        yield sentences.resampled_by_group(groups)
    parts = texts[texts["parts"].fillna(0) > 1]
    if len(parts):
        yield sentences.read_in_parts(parts["row"].nunique(), len(parts))
    if cut := int((texts["part"].notna() & (texts["parts"] == 1)).sum()):
        yield sentences.prompts_cut(cut)
    for table in of_manifest(run, "text_tables").values():
        said = table.get("remarks") if isinstance(table, Mapping) else None
        yield from (str(remark) for remark in said if isinstance(remark, str)) if isinstance(said, Sequence) else ()
