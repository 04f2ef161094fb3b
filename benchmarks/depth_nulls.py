"""How often a claim on paths through the layers is decided where null E is true: by texts, and by what they share.

    python benchmarks/depth_nulls.py [--simulations 400] [--texts 5 8 16 32]

Every layer has a drift and anisotropic steps; a token's steps at different layers have nothing to do with each other,
which is null E. Texts may push all their steps of a layer in a direction of their own, and take longer steps than
others: neither is a reason to decide anything. "own bend" adds what a claim should find: each step takes back a part
of the step before. Prints Markdown; docs/depth.md has it.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch

from llmgeo.experiments.depth.angles.null_e import angle_nulls, ratio_nulls
from llmgeo.experiments.depth.angles.unit_paths import TokenGroups, UnitPaths
from llmgeo.measures.paths.depth import OF_ANGLES
from llmgeo.measures.paths.steps import length_to_chord, turning_angle
from llmgeo.statistics import paired_contrast

TOKENS, LAYERS, WIDTH = 12, 6, 24
MEASURES = ("depth_turning_angle", "turns_back", "beyond_chance")
DESIGNS = {
    "tokens alone": {},
    "texts push": {"push": 0.7},
    "texts stride": {"stride": 0.4},
    "both": {"push": 0.7, "stride": 0.4},
    "both, own bend .1": {"push": 0.7, "stride": 0.4, "bend": 0.1},
}


def drawn_paths(
    texts: int, generator: np.random.Generator, push: float = 0.0, stride: float = 0.0, bend: float = 0.0
) -> UnitPaths:
    scale = np.linspace(2.0, 0.2, WIDTH)
    drift = generator.standard_normal((LAYERS, WIDTH)) * scale
    steps = drift + generator.standard_normal((texts, TOKENS, LAYERS, WIDTH)) * scale
    steps += push * generator.standard_normal((texts, 1, LAYERS, WIDTH)) * scale
    steps *= np.exp(stride * generator.standard_normal((texts, 1, LAYERS, 1)))
    for layer in range(1, LAYERS):
        steps[:, :, layer] -= bend * steps[:, :, layer - 1]
    states = np.concatenate([np.zeros((texts, TOKENS, 1, WIDTH)), steps.cumsum(2)], axis=2)
    flat = torch.from_numpy(states.reshape(texts * TOKENS, LAYERS + 1, WIDTH).astype(np.float32))
    return UnitPaths(flat, torch.arange(texts).repeat_interleave(TOKENS), texts)


def p_values(paths: UnitPaths, seed: int) -> dict[str, float]:
    """p of each claim, as a run has it."""
    groups = TokenGroups(("all",), torch.ones(1, len(paths.texts), dtype=torch.bool))
    nulls = angle_nulls(paths, groups, MEASURES, lambda done: None)
    angles = paths.of_tokens(turning_angle(paths.states))
    pairs = {
        name: (OF_ANGLES[name](angles, WIDTH).mean((1, 2)).numpy(), nulls[name, "all"].mean(1)) for name in MEASURES
    }
    ratio, _ = ratio_nulls(paths, 19, torch.Generator().manual_seed(seed))
    pairs["length_to_chord"] = paths.of_tokens(length_to_chord(paths.states)).mean(1).numpy(), ratio
    names = np.arange(paths.count)
    return {
        name: float(paired_contrast(a[:, None].astype(float), b[:, None], names, n_bootstrap=999, seed=seed).p[0])
        for name, (a, b) in pairs.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=400)
    parser.add_argument("--texts", type=int, nargs="+", default=[8, 16, 32])
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print("| design | texts | angle | turns back | beyond chance | length to chord |")
    print("|---|---|---|---|---|---|")
    for name, design in DESIGNS.items():
        for texts in asked.texts:
            found = []
            for seed in range(asked.simulations):
                paths = drawn_paths(texts, np.random.default_rng([seed, texts]), **design)
                found.append([*p_values(paths, seed).values()])
            shares = (np.array(found) < 0.05).mean(0)
            print(f"| {name} | {texts} | " + " | ".join(f"{share:.3f}" for share in shares) + " |", flush=True)


if __name__ == "__main__":
    main()
