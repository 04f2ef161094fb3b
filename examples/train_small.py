"""Train small byte models, and keep checkpoints that `llmgeo trace` reads. No network, a few minutes on two cores.

    python examples/train_small.py OUT            # two families, two depths, two optimisers, three seeds: 24 runs
    python examples/train_small.py OUT --few      # one family and depth: 6 runs, a minute
    llmgeo trace OUT --factors OUT/factors.csv

The text is what comes with llmgeo: all prompts but the first 32 of coherence.jsonl, which the recipe of `trace` reads.
Beside each checkpoint lies the log that a Trainer leaves: loss, learning rate, tokens seen.
"""

import argparse
import csv
import itertools
import json
from pathlib import Path

import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

import llmgeo
from llmgeo.texts.prompts import read_prompts

STEPS = (0, 1, 2, 4, 8, 16, 32, 64, 96, 128, 192, 256)
WIDTH, HEADS, LENGTH, ROWS = 64, 4, 64, 16


def build(family: str, depth: int, vocabulary: int, seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    if family == "llama":
        config = LlamaConfig(
            vocab_size=vocabulary, hidden_size=WIDTH, intermediate_size=4 * WIDTH, num_hidden_layers=depth,
            num_attention_heads=HEADS, num_key_value_heads=HEADS, max_position_embeddings=512,
        )  # fmt: skip
        return LlamaForCausalLM(config)
    config = GPT2Config(
        vocab_size=vocabulary, n_embd=WIDTH, n_layer=depth, n_head=HEADS, n_positions=512, resid_pdrop=0, embd_pdrop=0,
        attn_pdrop=0,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


def train(
    model: torch.nn.Module, optimizer: str, ids: torch.Tensor, seed: int, folder: Path, tokenizer: object
) -> float:
    if optimizer == "adamw":
        steps = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    else:
        steps = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9, nesterov=True)
    warm_up = torch.optim.lr_scheduler.LambdaLR(steps, lambda step: min(1.0, (step + 1) / 20))
    generator = torch.Generator().manual_seed(seed)
    loss, log = torch.tensor(float("nan")), []
    for step in range(STEPS[-1] + 1):
        log.append({"step": step, "learning_rate": warm_up.get_last_lr()[0]} | ({"loss": loss.item()} if step else {}))
        if step in STEPS:
            checkpoint = folder / f"checkpoint-{step}"
            model.save_pretrained(checkpoint)
            tokenizer.save_pretrained(checkpoint)
            state = {"global_step": step, "num_input_tokens_seen": step * ROWS * LENGTH, "log_history": log}
            (checkpoint / "trainer_state.json").write_text(json.dumps(state))
        starts = torch.randint(len(ids) - LENGTH, (ROWS,), generator=generator)
        rows = torch.stack([ids[start : start + LENGTH] for start in starts])
        loss = model(input_ids=rows, labels=rows).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        steps.step()
        warm_up.step()
        steps.zero_grad()
    return float(loss)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--few", action="store_true", help="one family and depth")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = llmgeo.load("toy").tokenizer
    texts = [prompt.text for prompt in (*read_prompts("coherence.jsonl")[32:], *read_prompts("rlhf.jsonl"))]
    ids = torch.tensor([token for text in texts for token in tokenizer.encode(text)])
    families, depths = (("llama",), (2,)) if asked.few else (("llama", "gpt2"), (1, 4))
    rows = []
    for family, depth, optimizer, seed in itertools.product(families, depths, ("adamw", "sgd"), range(3)):
        name = f"{family}-{depth}-{optimizer}-{seed}"
        model = build(family, depth, len(tokenizer), seed)
        loss = train(model, optimizer, ids, seed, asked.out / name, tokenizer)
        rows.append({"run": name, "architecture": family, "depth": depth, "optimizer": optimizer, "seed": seed})
        print(f"{name}: loss {loss:.2f}")
    with (asked.out / "factors.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
