"""Small runs for the tests: two units of two samples each, three layers, four tokens; no model.

Beside the tables that all runs have, they hold a table and an array that no experiment has.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from llmgeo.run import RunWriter, create_or_resume, journal
from llmgeo.run.declaration import (
    CLAIMS,
    CONTRASTS,
    ESTIMATES,
    LAYERS,
    SAMPLES,
    STATES,
    TOKENS,
    Array,
    Column,
    Declaration,
    Table,
)

UNITS = ("00000", "00001")
RECIPE = b'name = "coherence"\n'
FIELDS = {"model": {"revision": "abc", "dtype": "float32"}, "seed": 0}
LAYER_COUNT, TOKEN_COUNT, WIDTH = 3, 4, 5
MATRICES = Table(
    "matrices",
    "one row a weight matrix",
    {
        "matrix": Column("text", "its name", required=True),
        "layer": Column("layer", "the block it is of"),
        "change": Column("number", "how far it moved", "Frobenius norm"),
        "is_norm": Column("flag", "whether it is a norm's"),
        "singular_values": Column("numbers", "of its change"),
    },
)
POINTS = Array("points", "two points a text and layer", ("sample", "point", "layer"))
READ_BY = SAMPLES.with_columns(reader=Column("text", "who reads it"))
DECLARATION = Declaration(
    (
        SAMPLES.with_columns(reader=Column("text", "who reads it")),
        TOKENS,
        ESTIMATES,
        MATRICES,
        LAYERS,
        CONTRASTS,
        CLAIMS,
    ),
    (STATES, POINTS),
)


def sample_ids(unit: str) -> list[str]:
    return [f"{condition}/p{unit}" for condition in ("greedy", "nucleus")]


def unit_data(unit: str, with_states: bool = False) -> dict:
    """The arguments of `write_unit`; the same numbers every time for the same unit."""
    random = np.random.default_rng(int(unit))
    ids = sample_ids(unit)
    samples = [
        {
            "sample": sample,
            "condition": sample.split("/")[0],
            "prompt": f"p{unit}",
            "text": "a b",
            "rep_4": 0.5,
            "reader": "base",
        }
        for sample in ids
    ]
    grid = [(sample, layer, token) for sample in ids for layer in range(LAYER_COUNT) for token in range(TOKEN_COUNT)]
    step_length = random.random(len(grid))
    step_length[::TOKEN_COUNT] = np.nan  # the first token has no step
    tokens = {
        "sample": [row[0] for row in grid],
        "layer": [row[1] for row in grid],
        "token": [row[2] for row in grid],
        "axis": ["token"] * len(grid),
        "step_length": step_length,
    }
    estimates = [
        {"sample": sample, "layer": layer, "measure": "two_nn", "axis": "token", "cloud": "text", "n": TOKEN_COUNT}
        | {"n_unique": TOKEN_COUNT, "value": random.random(), "standard_error": 0.1, "null": 4.0, "status": "ok"}
        for sample in ids
        for layer in range(LAYER_COUNT)
    ]
    matrices = {
        "matrix": [f"block {unit}"],
        "change": [0.5],
        "is_norm": [unit == UNITS[0]],
        "singular_values": [[2, 1]],
    }
    tables = {"samples": samples, "tokens": tokens, "estimates": estimates, "matrices": matrices}
    arrays = {"points": {sample: random.random((2, LAYER_COUNT)) for sample in ids}}
    if with_states:
        import torch

        generator = torch.Generator().manual_seed(int(unit))
        shape = (LAYER_COUNT, TOKEN_COUNT, WIDTH)
        arrays["states"] = {sample: torch.randn(shape, generator=generator).bfloat16() for sample in ids}
    return {"tables": tables, "arrays": arrays}


def begin(folder: Path, fields: dict = FIELDS, **manifest: object) -> RunWriter:
    return create_or_resume(folder, {"subjects": {"model": {"name": "toy"}}, **manifest}, RECIPE, fields, DECLARATION)


def measure(folder: Path, units: tuple[str, ...] = UNITS, with_states: bool = False) -> list[str]:
    """What an experiment does: every unit that is not done, then the results. Returns the units it had to write."""
    written = []
    with begin(folder) as writer:
        for unit in units:
            if not writer.unit_done(unit, sample_ids(unit)):
                writer.write_unit(unit, **unit_data(unit, with_states))
                written.append(unit)
        writer.write_results(result_frames())
        writer.finish("complete")
    return written


def result_frames() -> dict[str, pd.DataFrame]:
    nan = float("nan")
    shared = {"measure": "two_nn", "axis": "token", "layer": 0, "low": 1.0, "high": 3.0}
    layers = [{"condition": "greedy", "cloud": "text", "n": 4, "n_unique": 3.5, "value": 2.0, "status": "ok", **shared}]
    contrasts = [{"a": "greedy", "b": "nucleus", "n_a": 2, "n_b": 2, "auc": 1.0, "p": 0.01, "q": 0.02, **shared}]
    claims = [
        {"claim": "loops are thin", "source": "a paper", "verdict": "supported", "effect": 1.0, "low": 0.9, "high": 1.0}
        | {"q": 0.02, "sentence": "Loops live on a thinner cloud.", "layers": [1, 2], "a_conditions": ["greedy"]}
    ]
    return {
        "layers": pd.DataFrame(layers).assign(null_low=nan, null_high=nan),
        "contrasts": pd.DataFrame(contrasts),
        "claims": pd.DataFrame(claims, columns=list(CLAIMS.columns)),
    }


def contents(folder: Path) -> dict[str, bytes]:
    """Every file that tells what was measured, by its path; not what holds the time of day or how long it took."""
    others = ("run.json", ".lock", ".lock-holder")
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in others]
    files = [path for path in files if not path.name.startswith("seconds")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def journal_line(**changes: object) -> bytes:
    """A line whose check is right whatever else is wrong with it."""
    record = {"unit": "00000", "samples": ["a"], "files": {}} | changes
    return json.dumps({**record, "check": journal.check(record)}).encode("ascii") + b"\n"
