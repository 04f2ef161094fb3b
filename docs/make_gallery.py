"""Draw the pictures of docs/gallery.md from real runs: python docs/make_gallery.py COHERENCE LANDSCAPE WEIGHTS

The runs are those of `llmgeo probe`, `llmgeo landscape` and `llmgeo weights`; a text is written by the
default model, and a cloud of points is drawn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np

import llmgeo
from llmgeo import measures, plots

matplotlib.use("Agg")
import matplotlib.pyplot as plt

TARGET = Path(__file__).with_name("gallery")
WIDTH, HEIGHT, DOTS = 7.0, 3.8, 110


def main() -> None:
    probe, landscape, weights = map(llmgeo.open, sys.argv[1:4])
    [text] = llmgeo.load().generate(["The lighthouse keeper had not spoken"], llmgeo.Decoding(max_new_tokens=40))
    generator = np.random.default_rng(0)
    points = generator.normal(size=(400, 5)) @ generator.normal(size=(5, 64))
    TARGET.mkdir(exist_ok=True)
    for name, draw in {
        "layers": lambda ax: plots.layers(probe, "turning_angle", ax=ax),
        "scales": lambda ax: plots.scales(probe, layer=15, ax=ax),
        "contrast": lambda ax: plots.contrast(probe, ax=ax),
        "tokens": lambda ax: plots.tokens(text, "step_length", ax=ax),
        "trajectory": lambda ax: plots.trajectory(text, projection="pca", ax=ax),
        "states": lambda ax: plots.states(measures.table(points), ax=ax),
        "landscape": lambda ax: plots.landscape(landscape, ax=ax),
        "weights": lambda ax: plots.weights(weights, ax=ax),
    }.items():
        _draw(name, draw)


def _draw(name: str, draw: Callable) -> None:
    figure, ax = plt.subplots(figsize=(WIDTH, HEIGHT), layout="constrained")
    draw(ax)
    figure.savefig(TARGET / f"{name}.png", dpi=DOTS)
    plt.close(figure)


if __name__ == "__main__":
    main()
