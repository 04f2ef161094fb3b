"""The token view's content: which texts the page holds, their tokens, and every token's measures at every layer.

Knows the tables of samples and tokens. A page cannot hold every text of a large run: it takes whole prompts, first
those that have both a loop and a fluent text, until the budget is spent, and says what it took.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from llmgeo.escape import literal
from llmgeo.report import words
from llmgeo.report.page import glossary, packing
from llmgeo.report.token_text import FLAT, reason_of, token
from llmgeo.run import Run, pieces
from llmgeo.texts.degeneration import FLUENT, LOOP

FLAGS = ("jumps",)
"""Token measures that are yes or no."""

LONGEST_PROMPT = 2000
"""Characters of a prompt that are shown."""

_KEYS = ("sample", "layer", "token", "axis")
_FACTS = ("sample", "prompt", "label", "window_start", "window_stop", "error")


def choose(run: Run, budget: int) -> tuple[list[str], str]:
    """The texts that the page holds, in the run's order, and the sentence that says which.

    Args:
        budget: bytes of all packed token measures.
    """
    samples = pieces.joined(run.pieces("samples", _FACTS))
    measured = samples[samples["window_start"].notna() & samples["error"].isna()].reset_index(drop=True)
    cost = _bytes_each(run, measured)
    rows_of = measured.groupby("prompt", sort=False).indices
    loops, fluent = (set(measured.loc[measured["label"] == label, "prompt"]) for label in (LOOP, FLUENT))
    in_order = sorted(measured["prompt"].unique(), key=lambda prompt: not (prompt in loops and prompt in fluent))
    page_rows: list[int] = []
    spent = prompts_taken = 0
    for prompt in in_order:
        price = int(cost[rows_of[prompt]].sum())
        if page_rows and spent + price > budget:
            break
        page_rows += rows_of[prompt].tolist()
        spent, prompts_taken = spent + price, prompts_taken + 1
    sentence = _sentence(len(page_rows), len(measured), len(samples), prompts_taken, len(rows_of))
    return measured["sample"][sorted(page_rows)].tolist(), sentence


def texts(run: Run, chosen: Sequence[str]) -> dict[str, object]:
    """The chosen texts with their tokens, and their token measures as packed grids [layers, window]."""
    rows = pieces.joined(run.pieces("samples", samples=chosen))
    tokens = pieces.joined(run.pieces("tokens", samples=chosen))
    measured = tokens[tokens["axis"] == "token"]
    names = [name for name in measured.columns if name not in _KEYS]
    layers = sorted(int(layer) for layer in measured["layer"].unique())
    grids = {str(sample): _grid(part, names, layers) for sample, part in measured.groupby("sample", sort=False)}
    of_prompt = dict(zip(rows["prompt"][::-1], rows["prompt_text"][::-1], strict=True))  # of several the first
    scales = {name: _scales([grid[name] for grid in grids.values()], len(layers)) for name in names}
    return {
        "layers": layers,
        "measures": [
            glossary.measure(name) | {"flag": name in FLAGS, "layer_scale": scales[name][0], "ranges": scales[name][1]}
            for name in names
        ],
        "flat": [_flat(name, rows) for name in FLAT if f"token_{name}" in rows],
        "prompts": _prompts(rows),
        "samples": [
            _sample(row, grids.get(row["sample"], {}), scales) | _before(row, of_prompt)
            for row in rows.to_dict("records")
        ],
    }


def _bytes_each(run: Run, measured: pd.DataFrame) -> np.ndarray:
    """What the token measures of each text take."""
    tokens = next(run.pieces("tokens", rows=1))
    width = sum(1 if name in FLAGS else 2 for name in tokens.columns if name not in _KEYS)
    window = (measured["window_stop"] - measured["window_start"]).to_numpy(dtype=int)
    return window * tokens["layer"].nunique() * width * 4 // 3


def _sentence(on_page: int, measured: int, texts: int, prompts: int, all_prompts: int) -> str:
    unmeasured = texts - measured
    short = f" {words.count(unmeasured, 'text')} ended too early to be measured." if unmeasured else ""
    if on_page == measured:
        return f"All {words.count(measured, 'measured text')} of the run are in this page.{short}"
    return (
        f"To stay small, this page holds {on_page:,} of {words.count(measured, 'measured text')}: every condition of "
        f"{prompts:,} of {words.count(all_prompts, 'prompt')}, those with a loop and a fluent text first, else in the "
        f"run's order. The curves and contrasts are made of all of them.{short}"
    )


def _grid(table: pd.DataFrame, names: Sequence[str], layers: Sequence[int]) -> dict[str, np.ndarray]:
    """Each measure as [layers, tokens of the window]."""
    first = int(table["token"].min())
    width = int(table["token"].max()) - first + 1
    row = np.searchsorted(layers, table["layer"].to_numpy())
    column = table["token"].to_numpy() - first
    grids = {}
    for name in names:
        grid = np.full((len(layers), width), np.nan)
        grid[row, column] = table[name].to_numpy(float)
        grids[name] = grid
    return grids


def _scales(grids: Sequence[np.ndarray], layers: int) -> tuple[list[float], list[list[float] | None]]:
    """By layer, over the page's texts: the packed numbers' scale, and the colours' ends (2nd and 98th percentile)."""
    joined = np.hstack(grids) if grids else np.empty((layers, 0))
    return [packing.largest(row) for row in joined], [_ends(row) for row in joined]


def _ends(values: np.ndarray) -> list[float] | None:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None
    return [packing.number(end) for end in np.percentile(finite, (2, 98))]


def _flat(name: str, rows: pd.DataFrame) -> dict[str, object]:
    arrays = [np.asarray(values, dtype=float) for values in rows[f"token_{name}"] if values is not None]
    ends = _ends(np.concatenate(arrays)) if arrays else None
    return glossary.measure(name) | {"words": name, "ranges": ends}


def _prompts(rows: pd.DataFrame) -> list[dict[str, str]]:
    first = rows.drop_duplicates("prompt")
    return [
        {"id": str(row["prompt"]), "text": token(str(row["prompt_text"]), LONGEST_PROMPT)}
        for row in first[["prompt", "prompt_text"]].to_dict("records")
    ]


def _before(row: dict, of_prompt: dict) -> dict[str, str]:
    """What stands before a text's own tokens, where that is not its prompt as the others of its prompt have it."""
    if row["prompt_text"] and row["prompt_text"] == of_prompt[row["prompt"]]:
        return {}
    strings = row["tokens"] if row["tokens"] is not None else []
    return {"before": token("".join(strings[: int(row["prompt_length"])]), LONGEST_PROMPT)}


def _sample(row: dict, grids: dict[str, np.ndarray], scales: dict) -> dict[str, object]:
    start = int(row["prompt_length"])
    strings = row["tokens"] if row["tokens"] is not None else []
    packed = {
        name: packing.flags(grid) if name in FLAGS else packing.float16(grid, np.array(scales[name][0])[:, None])
        for name, grid in grids.items()
    }
    return {
        "sample": str(row["sample"]),
        "condition": str(row["condition"]),
        "prompt": str(row["prompt"]),
        "label": row["label"] if isinstance(row["label"], str) else "",
        "reason": literal(reason_of(row), longest=300),
        "finish": str(row["finish_reason"]),
        "rep_4": packing.number(row["rep_4"], 3),
        "tokens": [token(string) if string else "" for string in strings[start:]],  # "": a part of a character
        "first": int(row["window_start"]) - start,
        "width": next(iter(grids.values())).shape[1] if grids else 0,
        "data": packed,
        "flat": {
            name: packing.float16(np.asarray(row[f"token_{name}"], dtype=float)[start:])
            for name in FLAT
            if row.get(f"token_{name}") is not None
        },
    }
