"""How often texts that do not differ are said to be told apart, and texts that do: python benchmarks/separations.py

Every answer of `llmgeo probe --texts` is an answer to a question that names no measure and no layer. Here texts have
ten measures at thirty layers, each correlated with the next (a random walk through the layers, as real ones are), and
three baselines. In a part of the cases a baseline differs and no measure does: what geometry is then said to tell is
false as well. Prints the shares of cases, for two and for four labels.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from llmgeo.experiments.probe.analysis import results_of
from llmgeo.experiments.probe.recipe_of_texts import recipe_of_texts
from llmgeo.experiments.probe.sample_table import make_sample_table
from llmgeo.experiments.probe.separations import APART, separation_rows
from llmgeo.texts.text_table import read_texts

LAYERS = 12
STAYS = 0.95
"""Correlation of a measure at one layer with itself at the next."""


def tables(recipe, texts: int, gap: float, entropy_gap: float, per_group: int, random: np.random.Generator):
    """Samples and estimates; texts of the first label have the first measure larger by `gap`, at half of the layers."""
    samples, estimates = [], []
    groups = random.normal(size=(texts, 1)) * (per_group > 1)
    for number, condition in enumerate(recipe.conditions):
        for n in range(texts):
            name = f"{n}-{condition.name}"
            shared = groups[n // per_group]
            samples.append(
                {
                    "sample": name, "condition": condition.name, "prompt": f"{condition.name}-{n // per_group}",
                    "label": "fluent", "window_start": 1, "error": None, "text_tokens": 200,
                    "entropy": random.normal() + entropy_gap * (number == 0), "surprisal": random.normal(),
                    "rep_4": random.random(),
                }
            )  # fmt: skip
            for place, measure in enumerate(recipe.measures.geometric):
                walk = random.normal(size=LAYERS + 1)
                for layer in range(1, LAYERS + 1):
                    walk[layer] = STAYS * walk[layer - 1] + np.sqrt(1 - STAYS**2) * walk[layer]
                walk += shared
                if number == 0 and place == 0:
                    walk[LAYERS // 2 :] += gap
                estimates += [
                    {
                        "sample": name, "layer": layer, "measure": measure, "n": 128, "n_unique": 128, "status": "ok",
                        "value": value, "null": 0.0,
                    }
                    for layer, value in enumerate(walk)
                ]  # fmt: skip
    return pd.DataFrame(samples).astype({"window_start": "Int64"}), pd.DataFrame(estimates)


def shares(labels: int, cases: int, texts: int, gap: float, entropy_gap: float, per_group: int = 1) -> str:
    """Of how many cases anything was said to be told apart, and better than the baseline."""
    rows = [{"text": f"{n}", "label": f"label {n}"} for n in range(labels)]
    recipe = recipe_of_texts(read_texts(rows), "texts", 128)
    any_apart = better = 0
    for case in range(cases):
        samples, estimates = tables(recipe, texts, gap, entropy_gap, per_group, np.random.default_rng(case))
        table = make_sample_table(samples, [estimates], recipe)
        contrasts = results_of(table, recipe, LAYERS)[1]
        found = separation_rows(contrasts, samples, recipe)
        apart = found["answer"] == APART
        any_apart += bool(apart.any())
        better += bool((apart & (found["beside_baseline"] == "better than")).any())
    return f"{any_apart / cases:6.3f} told apart, {better / cases:6.3f} better than a baseline"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--texts", type=int, nargs="+", default=[10, 40])
    arguments = parser.parse_args()
    for texts in arguments.texts:
        for labels, gap, entropy_gap, per_group in (
            (2, 0.0, 0.0, 1), (2, 0.0, 3.0, 1), (2, 0.0, 0.0, 2), (2, 1.0, 0.0, 1), (2, 1.0, 3.0, 1), (3, 0.0, 0.0, 1),
        ):  # fmt: skip
            said = shares(labels, arguments.cases, texts, gap, entropy_gap, per_group)
            print(
                f"{labels} labels of {texts} texts in groups of {per_group}, a measure differs by {gap}, entropy by "
                f"{entropy_gap}: {said}",
                flush=True,
            )


if __name__ == "__main__":
    main()
