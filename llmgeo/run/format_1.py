"""What llmgeo 0.1.0 wrote: manifests of format 1, which declare nothing. Knows no experiment of today's.

A run of `llmgeo probe` always had the same tables, so that it can be read still. Its results had fewer columns then:
they are computed again by `llmgeo analyze`, which needs no model. A comparison of format 1 is refused.
"""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from llmgeo.errors import RunError
from llmgeo.messages import place
from llmgeo.run import parquet
from llmgeo.run.declaration import CLAIMS, CONTRASTS, ESTIMATES, LAYERS, SAMPLES, STATES, TOKENS, Declaration, Table
from llmgeo.texts.degeneration import COLUMNS

VERSION = 1
LAST_READER = "0.1.0"
"""The llmgeo that reads all runs of format 1."""

_SAMPLES = SAMPLES.without_columns(*(name for name in COLUMNS if name != "label"))

DECLARATION = Declaration((_SAMPLES, TOKENS, ESTIMATES, LAYERS, CONTRASTS, CLAIMS), (STATES,))
"""What a run of `llmgeo probe` held; its results had further columns."""


def refuse_comparison(run: Path, manifest: Mapping[str, object]) -> None:
    """Raises RunError for a comparison, whose parts hold weights and texts under other names."""
    if manifest.get("kind") == "comparison":
        raise RunError(
            f"{place(run)} is a comparison of format 1, which llmgeo {LAST_READER} wrote and reads: "
            f"pip install llmgeo=={LAST_READER}. Or compare again into a new folder: llmgeo compare BASE TUNED"
        )


def updated(manifest: Mapping[str, object]) -> dict[str, object]:
    """The manifest with what later formats tell: the kind of the run, and its one model as a subject."""
    return {"kind": "probe", "subjects": {"model": manifest.get("model")}, **manifest}


def result(run: Path, table: Table, data: bytes) -> pa.Table:
    """A table of results/ as it is. Raises RunError if it lacks a column, ValueError if it is damaged."""
    arrow = parquet.read(data)
    missing = [name for name in table.columns if name not in arrow.column_names]
    if missing:
        raise RunError(
            f"the {table.name} of {place(run)} were computed by llmgeo {LAST_READER} and lack "
            f"{', '.join(missing[:4])}{' …' if len(missing) > 4 else ''}. "
            f"To compute them again, without the model: llmgeo analyze {place(run)}"
        )
    return arrow
