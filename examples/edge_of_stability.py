"""Full-batch gradient descent, and the top eigenvalue of the Hessian beside 2/lr. No network, a minute.

    python examples/edge_of_stability.py                # three rates; prints a row every so many steps
    python examples/edge_of_stability.py --steps 2000

Descent with a rate lr is stable on a quadratic bowl as long as no eigenvalue exceeds 2/lr. Cohen et al. 2021 (arXiv
2103.00065) found that networks sharpen until they are there, and stay; Ly & Gong 2025 (doi 10.1038/s41467-025-58532-9)
read the same out of a multifractal surface. Here it is asked of a byte model of one block: a tiny Llama, on the
prompts that come with llmgeo. Without momentum, without batches, without decay: with them 2/lr is not the edge.
"""

import argparse
from collections.abc import Iterator

import torch
from transformers import LlamaConfig, LlamaForCausalLM

import llmgeo
from llmgeo.model.landscape.hessian import Hessian
from llmgeo.texts.prompts import read_prompts

WIDTH, HEADS, LENGTH, ROWS = 16, 2, 32, 24
RATES = (0.1, 0.3, 1.0)


def texts() -> torch.Tensor:
    """The whole batch, ``[ROWS, LENGTH]``."""
    tokenizer = llmgeo.load("toy").tokenizer
    ids = tokenizer.encode(" ".join(prompt.text for prompt in read_prompts("coherence.jsonl")[32:]))
    return torch.tensor(ids[: ROWS * LENGTH]).view(ROWS, LENGTH)


def build(vocabulary: int, seed: int) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_hidden_layers=1,
        num_attention_heads=HEADS, num_key_value_heads=HEADS, max_position_embeddings=LENGTH,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def descend(
    model: LlamaForCausalLM, rows: torch.Tensor, rate: float, steps: int, every: int
) -> Iterator[tuple[int, float, float]]:
    """Step, loss and top eigenvalue, every so many steps."""
    hessian = Hessian(model, lambda: model(input_ids=rows, labels=rows).loss)
    for step in range(steps + 1):
        loss = model(input_ids=rows, labels=rows).loss
        if step % every == 0:
            with hessian.graph():
                top = hessian.eigenvalues(1)[0]
            yield step, float(loss.detach()), top.value
        gradient = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for parameter, part in zip(model.parameters(), gradient, strict=True):
                parameter -= rate * part


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--every", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rows = texts()
    for rate in RATES:
        print(f"rate {rate:g}: the edge is at 2/lr = {2 / rate:g}")
        model = build(int(rows.max()) + 1, asked.seed)
        for step, loss, top in descend(model, rows, rate, asked.steps, asked.every):
            print(f"  step {step:5d}  loss {loss:.3f}  top eigenvalue {top:7.2f}  of the edge {top * rate / 2:.2f}")


if __name__ == "__main__":
    main()
