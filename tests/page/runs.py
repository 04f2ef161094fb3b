"""A finished run with all that the page shows: every verdict, gaps, refusals, texts with tokens, hidden states."""

from pathlib import Path

import numpy as np
import torch

from llmgeo.experiments.probe.sketches import Sketching
from llmgeo.experiments.probe.tables import DECLARATION
from llmgeo.run import Run, create_or_resume, open
from llmgeo.texts.degeneration import RULE
from tests.report import synthetic

CONDITIONS = ("nucleus", "greedy", "hot")
LAYERS, WIDTH, PROMPT, WINDOW = 7, 8, 3, 24
SKETCHED = (1, 3, 6)


def make_run(
    folder: Path,
    *,
    words: tuple[str, ...] = (" a", " b", ".\n"),
    prompts: int = 3,
    states: bool = True,
    sketches: bool = False,
    status: str = "complete",
    said: str = "",
    model: str = "toy",
    token_layers: tuple[int, ...] = tuple(range(LAYERS)),
) -> Run:
    """Writes a run whose texts are made of `words`; `said` is put into every sentence of its results.

    Args:
        sketches: whether paths are kept as in a run without --save-states.
        token_layers: those whose tokens were measured, as with --layers.
    """
    random = np.random.default_rng(0)
    ids = [(f"p{n}", condition) for n in range(prompts) for condition in CONDITIONS]
    samples = [_sample(prompt, condition, words, random) for prompt, condition in ids]
    samples.append(_too_short(words))
    names = [row["sample"] for row in samples[:-1]]
    tensors = {name: torch.from_numpy(random.normal(size=(LAYERS, PROMPT + WINDOW, WIDTH))) for name in names}
    manifest = {
        "kind": "probe",
        "subjects": {"model": synthetic.MODEL | {"name": model}},
        "recipe": {"name": "coherence", "title": f"Coherent against degenerate text{said}"},
        "seed": 0,
        "label_rule": RULE,
    } | ({"sketched_layers": list(SKETCHED)} if sketches else {})
    claims = synthetic.claims()
    claims["sentence"] += said
    claims["source"] += f", arXiv 2510.21258 {said}".rstrip()
    claims.at[0, "scale_neighbours"], claims.at[0, "scale_effects"] = [1, 2, 4], [0.004, 0.1, 0.3]
    fields = {"seed": 0, "recipe": _recipe()}
    with create_or_resume(folder, manifest, b'name = "coherence"\n', fields, DECLARATION) as writer:
        tables = {"samples": samples, "tokens": _tokens(names, random, token_layers), "estimates": _estimates(names)}
        arrays = {"states": tensors if states else {}} | (_sketches("00000", tensors) if sketches else {})
        writer.write_unit("00000", tables, arrays)
        frames = {"layers": synthetic.layers(), "contrasts": synthetic.contrasts(), "claims": claims}
        writer.write_results(frames | synthetic.OF_FILES)
        counts = synthetic.COUNTS | {"prompts": prompts, "samples": len(samples), "too_short": 1}
        writer.finish(status, counts=counts, seconds={"generating": 62.0})
    return open(folder)


def _sample(prompt: str, condition: str, words: tuple[str, ...], random: np.random.Generator) -> dict:
    tokens = [" A", " prompt", ":"] + [words[at % len(words)] for at in range(WINDOW)]
    loops = condition == "greedy"
    return {
        "sample": f"{condition}/{prompt}", "condition": condition, "prompt": prompt, "prompt_text": " A prompt:",
        "path": "generate", "prompt_length": PROMPT, "token_ids": list(range(len(tokens))), "tokens": tokens,
        "text": "".join(tokens[PROMPT:])[:1000], "finish_reason": "length", "label": "loop" if loops else "fluent",
        "rep_4": 0.9 if loops else 0.0, "entropy": random.random(), "surprisal": random.random(),
        "token_entropy": random.random(len(tokens)), "token_surprisal": [np.nan] * PROMPT + [1.0] * WINDOW,
        "window_start": PROMPT, "window_stop": PROMPT + WINDOW,
    }  # fmt: skip


def _sketches(unit: str, states: dict[str, torch.Tensor]) -> dict[str, dict[str, torch.Tensor]]:
    texts = {name: whole[list(SKETCHED), PROMPT:].float() for name, whole in states.items()}
    return Sketching(len(texts), SKETCHED, 0).arrays(unit, texts)


def _too_short(words: tuple[str, ...]) -> dict:
    return {
        "sample": "nucleus/short", "condition": "nucleus", "prompt": "short", "prompt_text": "short",
        "path": "generate", "prompt_length": 1, "token_ids": [0, 1], "tokens": [" A", words[0]], "text": words[0],
        "finish_reason": "stop", "label": "fluent",
    }  # fmt: skip


def _estimates(names: list[str]) -> list[dict]:
    """With jumps, and the dimension by scale: more of both in a loop, but for the jumps of one prompt."""
    rows = synthetic.estimates(names)
    for name in names:
        condition, prompt = name.split("/")
        at, is_loop = int(prompt[1:]), condition == "greedy"
        values = {"jumps": 0.02 + 0.001 * at + is_loop * (0.01 if at else -0.005)}
        values |= {f"gride_{n1}_calibrated": 5.0 + at + n1 * is_loop for n1 in (1, 2, 4, 8, 16)}
        rows += [
            {"sample": name, "layer": layer, "measure": measure, "value": value, "axis": "token", "n": 24}
            | {"cloud": "none" if measure == "jumps" else "text", "status": "ok"}
            for measure, value in values.items()
            for layer in range(LAYERS)
        ]
    return rows


def _tokens(names: list[str], random: np.random.Generator, layers: tuple[int, ...]) -> dict:
    grid = [(name, layer, PROMPT + token) for name in names for layer in layers for token in range(WINDOW)]
    first = np.array([token == PROMPT for _, _, token in grid])
    steps = random.lognormal(size=len(grid)) * np.array([10.0**layer for _, layer, _ in grid])
    return {
        "sample": [row[0] for row in grid],
        "layer": [row[1] for row in grid],
        "token": [row[2] for row in grid],
        "axis": ["token"] * len(grid),
        "step_length": np.where(first, np.nan, steps),
        "turning_angle": np.where(first, np.nan, 180 * random.random(len(grid))),
        "jumps": np.where(first, np.nan, random.random(len(grid)) < 0.1),
    }


def _recipe() -> dict:
    conditions = [{"name": name, "kind": "generate", "temperature": 1.0, "top_p": 0.95} for name in CONDITIONS]
    return {"conditions": conditions}
