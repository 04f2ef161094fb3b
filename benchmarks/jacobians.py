"""Jacobians of every family of models against finite differences, and of the default model against torch.func.jacrev.

    python -m benchmarks.jacobians [--families llama mixtral] [--layers 0 10 28]

Prints Markdown: which families have no Jacobian and why, the largest errors of the others, and the processor seconds of
a layer. docs/depth.md has it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import time
import warnings

import torch
import transformers
from torch.nn.attention import SDPBackend, sdpa_kernel

import llmgeo
from llmgeo.errors import ModelError
from llmgeo.model.jacobian import LastToken
from tests.families.check import build
from tests.families.table import FAMILIES, documented
from tests.model.test_jacobian import IDS, onward

STEPS = (1e-3, 1e-4)
"""Beside the state's length: a step over the edge of a router's choice has no derivative, so the better one counts."""

TEXT = "The sea was calm that morning, and the boats went out one after the other. Nobody spoke of the storm."


def difference_error(token: LastToken, layer: int, jacobian: torch.Tensor) -> float:
    """How far J of a random direction lies from central differences, beside its length."""
    direction = torch.randn(token.model.width, generator=torch.Generator().manual_seed(0))
    state, pushed = token.states[layer], jacobian @ direction
    errors = []
    for share in STEPS:
        step = share * float(state.norm() / direction.norm())
        with token._running():
            ends = [token._onward(layer, (state + way * step * direction)[None])[0] for way in (1, -1)]
        errors.append(float((pushed - (ends[0] - ends[1]) / (2 * step)).norm() / pushed.norm()))
    return min(errors)


def of_family(family: str) -> str:
    """A row of the table."""
    with contextlib.redirect_stdout(io.StringIO()):
        model = llmgeo.load(build(family))
    try:
        token = LastToken(model, IDS)
        found = {layer: token.jacobian(layer) for layer in (0, model.layers - 1)}
        apart = max(difference_error(token, layer, each) for layer, each in found.items())
        searched = token.searched(model.layers - 1).largest
    except ModelError as error:
        return f"| `{family}` | {error} | | |"
    largest = float(torch.linalg.matrix_norm(found[model.layers - 1].double(), 2))
    return f"| `{family}` | | {apart:.1e} | {abs(searched / largest - 1):.1e} |"


def of_default_model(layers: list[int]) -> None:
    """The default model, layer by layer."""
    model = llmgeo.load()
    token = LastToken(model, TEXT)
    print(
        "\n| from layer | σ_max | random | searched | rounds | whole, s | searched, s | from jacrev |\n"
        + "|---" * 8
        + "|"
    )
    for layer in layers:
        began = time.process_time()
        whole = token.gains(layer)
        middle = time.process_time()
        searched = token.searched(layer)
        ended = time.process_time()
        apart = ""
        if layer > model.layers - 6:  # the whole text again for every row: dear from an early layer
            with sdpa_kernel(SDPBackend.MATH):
                expected = torch.func.jacrev(onward(model, layer, token.ids), chunk_size=32)(token.states[layer])
            apart = f"{float((token.jacobian(layer) - expected).norm() / expected.norm()):.1e}"
        print(
            f"| {layer} | {whole.largest:.4g} | {whole.random:.3g} | {searched.largest:.4g}, {searched.random:.3g} | "
            f"{searched.rounds} | {middle - began:.1f} | {ended - middle:.1f} | {apart} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    captured = [family for family in FAMILIES if "refused" not in documented()[1].get(family, "refused")]
    parser.add_argument("--families", nargs="*", default=captured)
    parser.add_argument("--layers", nargs="*", type=int, default=[0, 10, 20, 26, 28, 29])
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    transformers.utils.logging.set_verbosity_error()
    torch.set_num_threads(1)
    print("| family | no Jacobian | error of J | error of the search |\n|---|---|---|---|")
    for family in options.families:
        print(of_family(family), flush=True)
    if options.layers:
        of_default_model(options.layers)


if __name__ == "__main__":
    main()
