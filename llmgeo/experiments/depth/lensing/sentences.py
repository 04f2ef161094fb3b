"""What is said of lensing, on screen and page alike. Knows the result tables; computes no number."""

from __future__ import annotations

from llmgeo.report import words
from llmgeo.run import Run

KIND_WORDS = {
    "meaning": "another meaning",
    "paraphrase": "paraphrase",
    "function": "function word",
    "random": "random word",
}
DIFFERENCE = "meaning − paraphrase"


def kind_rows(run: Run) -> list[tuple[str, ...]]:
    """Of each kind of edit: deflection and distance at the layer of the largest difference, surprisal, output."""
    table, beside = run.table("lensing"), run.table("lensing_beside")
    layer = widest_layer(run)
    rows = [
        (
            "edit",
            f"deflection, layer {layer}",
            f"distance, layer {layer}",
            "surprisal",
            "KL of the output",
            "words apart",
        )
    ]
    for kind, said in KIND_WORDS.items():
        cells = []
        for measure in ("deflection", "path_distance"):
            row = table[(table["measure"] == measure) & (table["kind"] == kind) & (table["layer"] == layer)]
            cells.append(words.value(measure, row["value"].iloc[0]) if len(row) else "–")
        for measure in ("surprisal_change", "divergence", "word_distance"):
            value = beside[(beside["kind"] == kind) & (beside["measure"] == measure)]["value"].iloc[0]
            sign = "+" if measure == "surprisal_change" else ""
            cells.append("–" if words.is_missing(value) else f"{value:{sign}.2f}")
        rows.append((said, *cells))
    return rows


def widest_layer(run: Run) -> int | None:
    """Where an edit of meaning deflects more than a paraphrase by most."""
    table = run.table("lensing")
    rows = table[(table["measure"] == "deflection") & (table["kind"] == DIFFERENCE) & table["value"].notna()]
    return None if rows.empty else int(rows.loc[rows["value"].idxmax(), "layer"])


def headline(run: Run) -> str:
    """How many sentences were measured, and the largest difference."""
    table, beside = run.table("lensing"), run.table("lensing_beside")
    count = int(beside["samples"].max()) if len(beside) else 0
    layer = widest_layer(run)
    if layer is None:
        return f"Not measured: {words.reason(str(beside['status'].iloc[0]))}."
    row = table[(table["measure"] == "deflection") & (table["kind"] == DIFFERENCE) & (table["layer"] == layer)].iloc[0]
    said = words.value_interval("deflection", row["value"], row["low"], row["high"], "too few sentences")
    left_out = refused(run)
    return (
        f"{words.count(count, 'sentence')}; an edit of meaning deflects the probe more than a paraphrase by {said} at "
        f"layer {layer}, where the difference is largest."
        + (
            f" {words.count(left_out, 'sentence')} left out: the tokenizer cuts the versions differently."
            if left_out
            else ""
        )
    )


def refused(run: Run) -> int:
    """Sentences whose versions the tokenizer does not cut alike."""
    from llmgeo.run import pieces

    edits = pieces.joined(run.pieces("edits", ["sentence", "status"]))
    return int(edits[edits["status"] == "not_aligned"]["sentence"].nunique())
