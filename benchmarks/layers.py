"""How often the intervals of the room `layers` cover, and how often its claims are decided where nothing is there.

`python benchmarks/layers.py`: clouds of known laws for the coverage of the dimension at each scale, by disjoint parts,
and, for comparison, by a jackknife that leaves out one group at a time; then layers of known dimensions for the claims.
Prints errors over standard deviations, coverage of 95 % intervals, and how often each verdict is given.
"""

import argparse
import time

import numpy as np
import pandas as pd
import torch

from llmgeo.experiments.layers.claims import claim_tests
from llmgeo.experiments.layers.clouds import OF_PARTS, measure_part
from llmgeo.experiments.layers.curves import Measured
from llmgeo.measures.clouds.scale import calibrated_gride
from llmgeo.recipe import load_recipe
from llmgeo.statistics.disjoint_parts import divisions, freedom, influences
from llmgeo.statistics.jackknife import jackknife_variance
from llmgeo.statistics.student import student
from llmgeo.statistics.verdict import decide

PARTS, DIVISIONS = 5, 8
GROUPS_LEFT_OUT = 40


def gaussian(dimension):
    return lambda generator, n: generator.normal(size=(n, dimension))


def decaying(generator, n):
    return generator.normal(size=(n, 60)) * np.arange(1, 61) ** -0.7


def curved(generator, n):
    bend = np.random.default_rng(5).normal(size=(8, 64))
    return np.tanh(generator.normal(size=(n, 8)) @ bend)


def triples(generator, n):
    """Groups of three points that go together, as windows of one book do."""
    centres = np.repeat(generator.normal(size=(n // 3 + 1, 12)), 3, axis=0)[:n]
    return centres + 0.7 * generator.normal(size=(n, 12))


LAWS = {
    "Gaussian 5": gaussian(5),
    "Gaussian 15": gaussian(15),
    "decaying": decaying,
    "curved": curved,
    "triples": triples,
}


def groups_of(law, n):
    return np.arange(n) // 3 if law == "triples" else np.arange(n)


# -- coverage of one cloud's dimension ---------------------------------------------------------------------------------


def values_of(layers):
    """``[K, L]`` values of a part, or of the whole, at each layer."""
    found = measure_part(layers, "float32")
    return np.array([found[name] for name in OF_PARTS])


def values_of_parts(layers, groups, seed):
    """``[divisions, parts, K, L]``."""
    divided = divisions(groups.tolist(), PARTS, DIVISIONS, seed)
    return np.array(
        [[values_of(layers[:, torch.from_numpy(numbers == part)]) for part in range(PARTS)] for numbers in divided]
    )


def coverage(law, n, draws):
    """Values [draws, K] and errors of log dimension by disjoint parts, and by the jackknife of scale 1."""
    values, errors, jackknife = [], [], []
    groups = groups_of(law, n)
    for draw in range(draws):
        points = torch.from_numpy(LAWS[law](np.random.default_rng([draw, n]), n))[None]
        values.append(np.log(values_of(points)[:, 0]))
        parts = np.log(values_of_parts(points, groups, draw)[..., 0])
        errors.append(np.sqrt((influences(parts) ** 2).sum(0)))
        if draw < draws // 4:
            left = np.random.default_rng(draw).permutation(groups.max() + 1)[groups] % GROUPS_LEFT_OUT
            kept = (torch.from_numpy(left != each) for each in range(GROUPS_LEFT_OUT))
            without = [float(calibrated_gride(points[0, each], 1).value) for each in kept]
            jackknife.append(float(np.sqrt(jackknife_variance(np.log(without)))))
    return np.array(values), np.array(errors), np.array(jackknife)


def show_coverage(n, draws):
    print(f"log dimension of {n} points, {draws} draws: error over standard deviation, coverage of the 95 % interval")
    for law in LAWS:
        values, errors, jackknife = coverage(law, n, draws)
        spread = values.std(0, ddof=1)
        reach = student(0.0, 1.0, freedom(DIVISIONS, PARTS, int(groups_of(law, n).max()) + 1)).high
        covers = (np.abs(values - values.mean(0)) <= reach * errors).mean(0)
        ratio = np.sqrt((errors**2).mean(0)) / spread
        said = "  ".join(f"{name} {a:.2f} {b:.2f}" for name, a, b in zip(OF_PARTS, ratio, covers, strict=True))
        at_one = np.sqrt((jackknife**2).mean()) / spread[OF_PARTS.index("gride_1_calibrated")]
        print(f"  {law:12} {said}  jackknife at scale 1: {at_one:.2f}", flush=True)


# -- level of the claims -----------------------------------------------------------------------------------------------


def network(generator, n, dimensions, mixing):
    """Layers of given dimensions: the same units' coordinates, turned and a little renewed from layer to layer."""
    own = generator.normal(size=(n, max(dimensions)))
    layers = []
    for dimension in dimensions:
        own = np.sqrt(1 - mixing) * own + np.sqrt(mixing) * generator.normal(size=own.shape)
        layers.append(np.pad(own[:, :dimension], ((0, 0), (0, own.shape[1] - dimension))))
    return torch.from_numpy(np.stack(layers))


def false_verdicts(n, draws, dimensions, mixing):
    """How often each claim is decided in each direction, by verdict. Principal components are not drawn."""
    recipe = load_recipe("layers")
    recipe = recipe.model_copy(update={"claims": tuple(each for each in recipe.claims if each.test != "components")})
    counts = pd.DataFrame(0, index=[claim.name for claim in recipe.claims], columns=["supported", "contradicted"])
    for draw in range(draws):
        generator = np.random.default_rng([draw, 3])
        clouds, parts = [], []
        for condition in recipe.conditions:
            whole, pieces = tables(network(generator, n, dimensions, mixing), draw)
            clouds.append(whole.assign(condition=condition))
            parts.append(pieces.assign(condition=condition))
        measured = Measured(pd.concat(clouds), pd.concat(parts), n)
        for verdict in decide(claim_tests(recipe, measured, len(dimensions) - 1)):
            if verdict.verdict in counts:
                counts.loc[verdict.test.claim, verdict.verdict] += 1
    return counts / draws


def tables(layers, seed):
    """The tables `clouds` and `parts` of one condition, as far as claims read them."""
    n = layers.shape[1]
    whole = pd.DataFrame(values_of(layers), index=OF_PARTS).stack().rename_axis(["measure", "layer"])
    whole = whole.rename("value").reset_index().assign(n=n, status="ok")
    values = values_of_parts(layers, np.arange(n), seed)
    index = pd.MultiIndex.from_product(
        [range(DIVISIONS), range(PARTS), OF_PARTS, range(len(layers))], names=["division", "part", "measure", "layer"]
    )
    return whole, pd.Series(values.ravel(), index=index, name="value").reset_index()


def show_level(n, draws):
    for what, dimensions in (
        ("the same dimension at all layers", [10] * 7),
        ("a plateau from the second layer to the last", [5, 10, 10, 10, 10, 10, 10]),
        ("a peak in the middle", [8, 9, 12, 14, 12, 9, 8]),
    ):
        print(f"{what}: {dimensions}, {n} points, {draws} draws: share of verdicts")
        print(false_verdicts(n, draws, dimensions, mixing=0.2).to_string(), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--what", choices=("coverage", "level", "both"), default="both")
    asked = parser.parse_args()
    start = time.perf_counter()
    if asked.what != "level":
        show_coverage(asked.points, asked.draws)
    if asked.what != "coverage":
        show_level(asked.points, asked.draws)
    print(f"{time.perf_counter() - start:.0f} s")
