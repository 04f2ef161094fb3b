"""Train one small byte model with small batches and one with large ones, for `llmgeo landscape`. A minute, no network.

    python examples/batch_sizes.py OUT
    llmgeo landscape OUT/small --towards OUT/large

Both see the same texts equally often, with the same rate and decay; the small batches make sixteen times as many
steps, each of which moves the weights and shrinks them a little, so that the two end with weights of different length.
That is the setting in which Li et al. 2018 (arXiv 1712.09913, section 5) found sharpness to follow the length of the
weights until filters are normalised.
"""

import argparse
from pathlib import Path

import torch
from train_small import build

import llmgeo
from llmgeo.texts.prompts import read_prompts

LENGTH, EPOCH = 64, 128
BATCHES = {"small": 4, "large": 64}


def train(rows: int, epochs: int, decay: float, seed: int, vocabulary: int, ids: torch.Tensor) -> torch.nn.Module:
    """The same start, and in every epoch the same texts in the same order, so many at a time."""
    model = build("llama", 1, vocabulary, seed)
    descent = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9, nesterov=True, weight_decay=decay)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        starts = torch.randint(len(ids) - LENGTH, (EPOCH,), generator=generator)
        for batch in starts.split(rows):
            texts = torch.stack([ids[start : start + LENGTH] for start in batch])
            model(input_ids=texts, labels=texts).loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            descent.step()
            descent.zero_grad()
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--decay", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    tokenizer = llmgeo.load("toy").tokenizer
    texts = [prompt.text for prompt in read_prompts("coherence.jsonl")[32:]]
    ids = torch.tensor(tokenizer.encode(" ".join(texts)))
    for name, rows in BATCHES.items():
        model = train(rows, asked.epochs, asked.decay, asked.seed, len(tokenizer), ids)
        size = sum(float(each.detach().square().sum()) for each in model.parameters() if each.ndim > 1) ** 0.5
        model.save_pretrained(asked.out / name)
        tokenizer.save_pretrained(asked.out / name)
        print(f"{name}: batches of {rows}, matrices of length {size:.1f} together")


if __name__ == "__main__":
    main()
