"""How long `llmgeo analyze` takes of many prompts, and how much memory: a made-up run, as large as a real one.

    python benchmarks/many_prompts.py 1000 10000
    python benchmarks/many_prompts.py 100000 --blocks 30 --folder /big/disk
    python benchmarks/many_prompts.py 5000 --then report show

The run has the default recipe's conditions, measures and scales at every layer, with random numbers: prompts differ,
loops differ from fluent text, and every twentieth cloud is refused, so that most columns of clouds miss other samples
than the next (which is the slowest case). Tables of tokens are written for the first unit alone: analysis does not
read them. The peak is the resident memory of the process that does it. The run is removed at the end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa

from llmgeo import run as runs
from llmgeo.experiments.probe.tables import DECLARATION
from llmgeo.measures.catalogue import EVERY_MEASURE, SCALE_MEASURES
from llmgeo.recipe import load_recipe
from llmgeo.run import atomic, journal, layout, parquet

PROMPTS_A_UNIT = 128
TOKENS, WINDOW, PROMPT = 192, 128, 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("prompts", type=int, nargs="+")
    parser.add_argument("--blocks", type=int, default=30, help="of the model: one layer more is measured")
    parser.add_argument("--folder", type=Path, help="where there is room: 9 kB a prompt and layer")
    parser.add_argument(
        "--then", nargs="*", default=[], help="commands to time afterwards, such as report, show, verify"
    )
    arguments = parser.parse_args()
    for prompts in arguments.prompts:
        folder = Path(tempfile.mkdtemp(prefix="llmgeo-many-", dir=arguments.folder))
        try:
            began = time.perf_counter()
            # In a process of its own: a child's peak is never below what its parent had when it began.
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                pool.submit(write, folder / "run", prompts, arguments.blocks).result()
            tell(f"{prompts:,} prompts x {arguments.blocks + 1} layers: written", time.perf_counter() - began, folder)
            for command in ("analyze", *arguments.then):
                print(f"  {command}: {timed(command, folder / 'run')}", flush=True)
        finally:
            shutil.rmtree(folder)


def tell(what: str, seconds: float, folder: Path) -> None:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{what} in {seconds:.0f} s, {size / 2**30:.2f} GiB", flush=True)


def timed(command: str, run: Path) -> str:
    began = time.perf_counter()
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen([sys.executable, "-m", "llmgeo", command, str(run)], stdout=nowhere)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"llmgeo {command} failed")
    wall, processor = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    return f"{wall:.0f} s, {processor:.0f} s of a processor, peak {usage.ru_maxrss / 2**20:.2f} GiB"


# -- the run ---------------------------------------------------------------------------------------------------------


def write(folder: Path, prompts: int, blocks: int) -> None:
    recipe = load_recipe("coherence")
    fields = {"kind": "probe", "recipe": json.loads(recipe.with_limit(None).canonical())}
    facts = {
        "kind": "probe",
        "subjects": {"model": {"name": "made-up", "layers": blocks, "dtype": "float32", "device": "cpu"}},
        "recipe": {"name": recipe.name, "title": recipe.title},
    }
    random = np.random.default_rng(0)
    with runs.create_or_resume(folder, facts, recipe.source, fields, DECLARATION) as writer:
        for unit, first in enumerate(range(0, prompts, PROMPTS_A_UNIT)):
            numbers = np.arange(first, min(first + PROMPTS_A_UNIT, prompts))
            write_unit(folder, f"{unit:05d}", tables(recipe, numbers, blocks + 1, random, has_tokens=not unit))
        writer.finish("complete", counts={"prompts": prompts, "samples": prompts * len(recipe.conditions)})


def write_unit(folder: Path, name: str, arrow: dict[str, pa.Table]) -> None:
    """As a RunWriter writes it, but for its checks, which take longer than making the numbers up."""
    parts = []
    for table in DECLARATION.measured:
        if table.name in arrow:
            data = parquet.encode(arrow[table.name])
            digest = hashlib.sha256(data).hexdigest()
            path = layout.part_path(table, name, digest)
            (folder / path).parent.mkdir(exist_ok=True)
            atomic.write_bytes(folder / path, data)
            parts.append(journal.Part(table.name, path, len(data), digest))
    journal.append(folder, journal.Unit(name, tuple(arrow["samples"]["sample"].to_pylist()), tuple(parts)))


def tables(
    recipe, prompts: np.ndarray, layers: int, random: np.random.Generator, has_tokens: bool
) -> dict[str, pa.Table]:
    conditions = [condition.name for condition in recipe.conditions]
    texts = [f"{condition}/p{prompt}" for prompt in prompts for condition in conditions]
    condition = np.tile(np.arange(len(conditions)), len(prompts))
    is_loop = random.random(len(texts)) < np.array([0.05, 0.2, 0.6, 0.0, 0.05, 0.0, 1.0])[condition]
    made = {
        "samples": samples(conditions, prompts, texts, condition, is_loop, random),
        "estimates": estimates(recipe, texts, is_loop, layers, random),
    }
    return made | ({"tokens": tokens(recipe, texts, layers, random)} if has_tokens else {})


def samples(conditions, prompts, texts, condition, is_loop, random) -> pa.Table:
    count, length = len(texts), PROMPT + TOKENS
    ids = random.integers(0, 4000, (count, length)).astype(np.int32)
    offsets = pa.array(np.arange(0, count * length + 1, length, dtype=np.int32))
    words = pa.array([f" word{number}" for number in range(4000)])
    values = pa.array(random.random(count * length).astype(np.float32))
    columns = {
        "sample": texts,
        "condition": [conditions[place] for place in condition],
        "prompt": [f"p{prompt}" for prompt in np.repeat(prompts, len(conditions))],
        "prompt_text": ["Once upon a time there was a made-up prompt"] * count,
        "prompt_length": [PROMPT] * count,
        "token_ids": pa.ListArray.from_arrays(offsets, pa.array(ids.ravel())),
        "tokens": pa.ListArray.from_arrays(offsets, words.take(pa.array(ids.ravel()))),
        "label": np.where(is_loop, "loop", "fluent").tolist(),
        "rep_4": is_loop * 0.5 + 0.4 * random.random(count),
        "entropy": random.standard_normal(count) - is_loop,
        "surprisal": random.standard_normal(count) - is_loop,
        "token_entropy": pa.ListArray.from_arrays(offsets, values),
        "token_surprisal": pa.ListArray.from_arrays(offsets, values),
        "window_start": [PROMPT] * count,
        "window_stop": [PROMPT + WINDOW] * count,
    }
    return declared("samples", columns, count)


def estimates(recipe, texts, is_loop, layers: int, random: np.random.Generator) -> pa.Table:
    measures = [*recipe.measures.geometric, *SCALE_MEASURES]
    shape = (len(texts), len(measures), layers)
    of_prompt = random.standard_normal((len(texts) // len(recipe.conditions), 1, 1)).repeat(len(recipe.conditions), 0)
    value = (of_prompt - 0.3 * is_loop[:, None, None] + random.standard_normal(shape)).ravel()
    text, measure, layer = (place.ravel() for place in np.indices(shape))
    clouds = np.array([EVERY_MEASURE[name].kind == "cloud" for name in measures])
    is_refused = clouds[measure] & (random.random(value.size) < 0.05)
    empty = pa.array(np.where(is_refused, np.nan, value), from_pandas=True)
    columns = {
        "sample": spelled(text, texts),
        "layer": pa.array(layer, pa.int32()),
        "measure": spelled(measure, measures),
        "axis": spelled(measure, [EVERY_MEASURE[name].axis for name in measures]),
        "cloud": spelled(measure, [EVERY_MEASURE[name].cloud for name in measures]),
        "n": pa.array(np.full(value.size, WINDOW)),
        "n_unique": pa.array(np.full(value.size, WINDOW)),
        "value": empty,
        "standard_error": pa.array(np.abs(value)),
        "null": pa.array(value + 1),
        "status": spelled(is_refused.astype(int), ["ok", "degenerate_cloud"]),
    }
    return declared("estimates", columns, value.size)


def tokens(recipe, texts, layers: int, random: np.random.Generator) -> pa.Table:
    shape = (len(texts), layers, WINDOW)
    text, layer, token = (place.ravel() for place in np.indices(shape))
    columns = {
        "sample": spelled(text, texts),
        "layer": pa.array(layer, pa.int32()),
        "token": pa.array(token + PROMPT, pa.int32()),
        "axis": spelled(np.zeros(text.size, dtype=int), ["token"]),
    }
    table = declared("tokens", columns, text.size)
    for name in recipe.measures.token:
        table = table.append_column(name, pa.array(random.random(text.size).astype(np.float32)))
    return table


def spelled(places: np.ndarray, texts: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), pa.array(texts, pa.string())).cast(pa.string())


def declared(name: str, columns: dict[str, object], rows: int) -> pa.Table:
    arrays = []
    schema = parquet.schema(DECLARATION.table(name))
    for field in schema:
        values = columns.get(field.name)
        array = pa.nulls(rows, field.type) if values is None else values
        arrays.append(array.cast(field.type) if isinstance(array, pa.Array) else pa.array(array, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


if __name__ == "__main__":
    main()
