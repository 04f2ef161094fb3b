"""How often the claims on what a measure does along a training are decided by chance, and where something is there.

    python benchmarks/trace_phases.py [SIMULATIONS]

Runs are made up: log-spaced checkpoints, a loss that falls, and a measure of each run. By chance it is a random walk
with a drift, whose changes may come in any order. Where something is there, it falls at a given place, or falls, rises
and falls. Prints Markdown; docs/trace.md has it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd

from llmgeo.experiments.trace.phase_claims import FALLS_BEFORE_LOSS, THREE_PHASES, phase_test
from llmgeo.experiments.trace.recipe import Nulls, Positions, TraceClaim, TraceRecipe

COUNT = 14
STEPS = np.concatenate([[0], 2 ** np.arange(COUNT - 1)])
Measure = Callable[[np.random.Generator], np.ndarray]
"""From a generator to the measure of one run, [COUNT]."""


def walk(drift: float) -> Measure:
    return lambda generator: np.exp(generator.normal(drift, 0.15, size=COUNT).cumsum())


def falling(place: float) -> Measure:
    """Falls from 9 to 3 around a checkpoint, with noise."""
    at = np.arange(COUNT)
    return lambda generator: (3 + 6 / (1 + np.exp(2 * (at - place)))) * np.exp(generator.normal(0, 0.03, size=COUNT))


def three(size: float) -> Measure:
    """Falls, rises and falls by a factor of exp(size), with noise."""
    path = size * np.interp(np.arange(COUNT), [0, 3, 9, COUNT - 1], [0, -1, 0.5, -0.5])
    return lambda generator: np.exp(path + generator.normal(0, 0.03, size=COUNT))


def p_of(claimed: str, measure: Measure, runs: int, generator: np.random.Generator, seed: int) -> tuple[float, float]:
    """p and the effect of a claim on made-up runs."""
    loss = falling(6)
    checkpoints, geometry = [], []
    for run in range(runs):
        values, losses = measure(generator), loss(generator)
        for at, step in enumerate(STEPS):
            name = f"{run}/{step}"
            checkpoints.append({"checkpoint": name, "run": str(run), "step": step, "loss": losses[at]})
            row = {"checkpoint": name, "cloud": "states", "measure": "rank_me", "layer": 1, "value": values[at]}
            geometry.append(row)
    claim = TraceClaim.model_construct(
        name="",
        sentence="",
        source="",
        measure=claimed,
        expect="a > b",
        geometry="rank_me",
        cloud="states",
        layers="last",
    )
    recipe = TraceRecipe.model_construct(positions=Positions(seed=seed), nulls=Nulls(walks=99), claims=(claim,))
    facts = {"claim": "", "source": "", "sentence": "", "expect": "a > b", "effect_is": "difference", "layer_words": ""}
    test = phase_test(claim, recipe, pd.DataFrame(checkpoints), pd.DataFrame(geometry), facts)
    return test.p, test.effect


def main(simulations: int) -> None:
    cases = [
        ("falls before the loss", FALLS_BEFORE_LOSS, "nothing: a random walk downwards", walk(-0.1)),
        ("", FALLS_BEFORE_LOSS, "nothing: a random walk", walk(0.0)),
        ("", FALLS_BEFORE_LOSS, "falls two checkpoints before", falling(4)),
        ("", FALLS_BEFORE_LOSS, "falls two checkpoints after", falling(8)),
        ("three phases", THREE_PHASES, "nothing: a random walk", walk(0.0)),
        ("", THREE_PHASES, "nothing: a random walk upwards", walk(0.1)),
        ("", THREE_PHASES, "each a factor of 1.5", three(0.4)),
        (
            "",
            THREE_PHASES,
            "only rises",
            lambda generator: np.exp(0.1 * np.arange(COUNT) + generator.normal(0, 0.03, COUNT)),
        ),
    ]
    print("| claim | made-up runs | runs | supported | contradicted |\n|---|---|---|---|---|")
    for name, claimed, said, measure in cases:
        for runs in (6, 12):
            generator = np.random.default_rng([runs, 47])
            found = np.array([p_of(claimed, measure, runs, generator, seed) for seed in range(simulations)])
            is_clear = found[:, 0] < 0.05
            shares = [float((is_clear & side).mean()) for side in (found[:, 1] > 0, found[:, 1] < 0)]
            print(f"| {name} | {said} | {runs} | {shares[0]:.3f} | {shares[1]:.3f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
