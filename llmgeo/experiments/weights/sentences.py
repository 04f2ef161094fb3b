"""What is said of matrices, on screen and page alike. Knows the result tables; computes no number."""

from __future__ import annotations

import pandas as pd

from llmgeo.escape import literal
from llmgeo.experiments.weights.analysis import table_of
from llmgeo.measures.measure import three_digits
from llmgeo.measures.status import OK
from llmgeo.report import words
from llmgeo.run import Run

WORDS = {
    "effective_rank": "effective rank",
    "stable_rank": "stable rank",
    "participation_ratio": "participation ratio",
    "alpha": "α of the tail",
    "two_nn": "TwoNN, raw",
    "calibrated_two_nn": "TwoNN, calibrated",
}
"""What measures of a matrix are called."""

COLUMNS = (
    "kind", "matrices", "shape", "effective rank", "stable rank", "α", "TwoNN rows", "own lengths", "calibrated",
    "columns", "own lengths of columns",
)  # fmt: skip
IN_SHORT = ("kind", "shape", "effective rank", "α", "TwoNN rows", "calibrated")
"""Of the table of kinds: all, and those that a narrow screen holds."""


def kind_rows(run: Run, names: tuple[str, ...] = COLUMNS) -> list[tuple[str, ...]]:
    """Every kind's medians, each beside its null in parentheses. The first row is of headings."""
    table, matrices = run.table("kinds"), table_of(run, "matrices")
    rows = [names]
    for kind, of_kind in table.groupby("kind", sort=False):
        by = {(row["measure"], _text(row["side"])): row for row in of_kind.to_dict("records")}
        shapes = matrices[(matrices["kind"] == kind) & (matrices["status"] == OK)]
        sizes = sorted({f"{int(a):,} × {int(b):,}" for a, b in zip(shapes["rows"], shapes["columns"], strict=True)})
        cells = {
            "kind": literal(kind),
            "matrices": str(len(shapes)),
            "shape": sizes[0] if len(sizes) == 1 else f"{len(sizes)} shapes",
            "effective rank": _beside(by.get(("effective_rank", None)), "random"),
            "stable rank": _beside(by.get(("stable_rank", None)), "random"),
            "α": _beside(by.get(("alpha", None)), "random"),
            "TwoNN rows": _beside(by.get(("two_nn", "rows")), "gaussian"),
            "own lengths": _number(by.get(("two_nn", "rows"), {}).get("sized")),
            "own lengths of columns": _number(by.get(("two_nn", "columns"), {}).get("sized")),
            "calibrated": _beside(by.get(("calibrated_two_nn", "rows")), "gaussian"),
            "columns": _beside(by.get(("two_nn", "columns")), "gaussian"),
        }
        rows.append(tuple(cells[name] for name in names))
    return rows if len(rows) > 1 else []


def rounding_rows(run: Run) -> list[tuple[str, ...]]:
    """What rounding to few bits does to every measure: medians over kinds."""
    table = run.table("kinds")
    bits = [each for each in (8, 4) if table[f"rounded_{each}"].notna().any()]
    rows = [("measure", "kind", "as it is", *(f"{each} bits" for each in bits))]
    for row in table.to_dict("records"):
        if row["measure"] in ("effective_rank", "two_nn") and row["side"] != "columns" and row["status"] == OK:
            rounded = (_number(row[f"rounded_{each}"]) for each in bits)
            rows.append((WORDS[row["measure"]], literal(row["kind"]), _number(row["value"]), *rounded))
    return rows if bits and len(rows) > 1 else []


def joint_rows(run: Run) -> list[tuple[str, ...]]:
    """All layers' rows of a kind in one cloud, beside one layer's and beside layers turned at random."""
    table = table_of(run, "joint")
    table = table[table["without"].isna()]
    rows = [("kind", "layers", "points", "one layer", "all layers", "turned at random")]
    for row in table.to_dict("records"):
        if row["status"] == OK:
            values = (_number(row[name]) for name in ("single", "joint", "turned"))
            rows.append((literal(row["kind"]), str(int(row["layers"])), str(int(row["n"])), *values))
        else:
            reason = words.reason(str(row["status"]))
            rows.append((literal(row["kind"]), str(int(row["layers"])), reason, "–", "–", "–"))
    return rows if len(rows) > 1 else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _beside(row: dict | None, null: str) -> str:
    """A median with its null in parentheses."""
    if row is None or row["status"] != OK:
        return "–"
    beside = row[null]
    return _number(row["value"]) + ("" if words.is_missing(beside) else f" ({_number(beside)})")


def _number(value: object) -> str:
    return "–" if words.is_missing(value) or pd.isna(value) else three_digits(float(value))
