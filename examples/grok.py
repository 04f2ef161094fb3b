"""Grokking in minutes: Llamas of one block learn to add modulo 31, and keep checkpoints that `llmgeo trace` reads.

    python examples/grok.py OUT               # true labels, five seeds
    python examples/grok.py OUT --shuffled    # a control that cannot generalise
    python examples/grok.py OUT --no-decay    # a control without weight decay
    python examples/grok.py OUT --no-norms    # the same block with its norms switched off
    llmgeo trace OUT/runs --recipe OUT/grok.toml

Unordered pairs are split, so that no mirror image of a held-out pair is trained on; 70 % are trained, and the loss is
on the answer alone. The recipe reads the held-out pairs, and asks whether the dimension of the states at "=" falls
while held-out accuracy rises.

A norm is switched off by its own setting: RMSNorm is w·x / √(mean x² + ε), which is x itself where ε is large and w is
held at √ε. So the block without norms is a Llama that anybody can load.
"""

import argparse
import json
import os
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

P, WIDTH = 31, 64
WITH_NORMS, WITHOUT = {"rate": 3e-3, "decay": 1.0}, {"rate": 5e-3, "decay": 2.0}
LARGE = 1e8
"""ε of a norm that is switched off."""

STEPS = (0, 10, 20, 35, 50, 75, 100, 150, 200, 250, 300, 350, 400, 500, 600, 700, 850, 1000)

RECIPE = """
kind = "trace"
name = "grok"
title = "A dimension at the transition"
[prompts]
file = "held-out.txt"
[positions]
count = 1000
where = "last"
[geometry]
cloud = ["participation_ratio", "pc_dimension", "two_nn"]
"""
CLAIM = """
[[claims]]
name = "{measure} of the {cloud}"
sentence = "The dimension falls at the transition from memorising to generalising."
source = "lmxxf/grokking-manifold-discovery-experiment, github.com"
measure = "fall_at_transition"
geometry = "{measure}"
cloud = "{cloud}"
layers = [1]
expect = "a > b"
"""


def pairs(seed: int, shuffled: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows a, b, =, answer of both parts: trained and held out. The split is the same for every seed."""
    rows = np.array([(a, b, P, (a + b) % P) for a in range(P) for b in range(a, P)])
    rows = rows[np.random.default_rng(0).permutation(len(rows))]
    if shuffled:
        rows[:, 3] = np.random.default_rng(seed).permutation(rows[:, 3])
    cut = int(0.7 * len(rows))
    return torch.tensor(rows[:cut]), torch.tensor(rows[cut:])


def tokenizer() -> PreTrainedTokenizerFast:
    words = {str(number): number for number in range(P)} | {"=": P, "?": P + 1}
    base = Tokenizer(WordLevel(words, unk_token="?"))
    base.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=base, unk_token="?")


def answers(model: torch.nn.Module, rows: torch.Tensor) -> torch.Tensor:
    return model(input_ids=rows[:, :3]).logits[:, -1]


def build(seed: int, with_norms: bool) -> LlamaForCausalLM:
    """A Llama of one block; without norms it begins with larger weights, as nothing brings small states to size."""
    torch.manual_seed(seed)
    norms = {} if with_norms else {"rms_norm_eps": LARGE, "initializer_range": 0.04}
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=P + 2, hidden_size=WIDTH, intermediate_size=4 * WIDTH, num_hidden_layers=1,
            num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=8, bos_token_id=None,
            eos_token_id=None, pad_token_id=None, **norms,
        )
    )  # fmt: skip
    if not with_norms:
        for name, weight in model.named_parameters():
            if "norm" in name:
                weight.data.fill_(LARGE**0.5)
                weight.requires_grad_(False)
    return model


def train(model: LlamaForCausalLM, seed: int, shuffled: bool, rate: float, decay: float, folder: Path) -> list[float]:
    """Shares of trained and of held-out pairs that are right at the end; checkpoints lie in the folder."""
    learned = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=rate, weight_decay=decay, betas=(0.9, 0.98))
    trained, held_out = pairs(seed, shuffled)
    words, log = tokenizer(), []
    for step in range(STEPS[-1] + 1):
        logits = answers(model, trained)
        loss = torch.nn.functional.cross_entropy(logits, trained[:, 3])
        if step in STEPS:
            with torch.no_grad():
                others = answers(model, held_out)
                held = torch.nn.functional.cross_entropy(others, held_out[:, 3])
            log.append({"step": step, "loss": loss.item(), "eval_loss": held.item(), "learning_rate": rate})
            checkpoint = folder / f"checkpoint-{step}"
            model.save_pretrained(checkpoint)
            words.save_pretrained(checkpoint)
            state = {"global_step": step, "num_input_tokens_seen": step * trained[:, :3].numel(), "log_history": log}
            (checkpoint / "trainer_state.json").write_text(json.dumps(state))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    is_right = (logits.argmax(-1) == trained[:, 3]), (others.argmax(-1) == held_out[:, 3])
    return [float(each.double().mean()) for each in is_right]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--shuffled", action="store_true", help="labels that cannot be generalised")
    parser.add_argument("--no-decay", action="store_true", help="weight decay 0 instead of 1")
    parser.add_argument("--no-norms", action="store_true", help="a block whose norms change nothing")
    asked = parser.parse_args()
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    torch.set_num_threads(1)
    for seed in range(asked.seeds):
        how = (WITHOUT if asked.no_norms else WITH_NORMS) | ({"decay": 0.0} if asked.no_decay else {})
        model = build(seed, not asked.no_norms)
        right = train(model, seed, asked.shuffled, **how, folder=asked.out / "runs" / f"seed-{seed}")
        print(f"seed {seed}: {right[0]:.0%} of trained pairs, {right[1]:.0%} of held-out pairs")
    _, held_out = pairs(0, asked.shuffled)
    lines = [f"{a} {b} = {answer}" for a, b, _, answer in held_out.tolist()]
    (asked.out / "held-out.txt").write_text("\n".join(lines) + "\n")
    claims = [
        CLAIM.format(measure=measure, cloud=cloud)
        for measure in ("participation_ratio", "pc_dimension", "two_nn")
        for cloud in ("states", "embedding")
    ]
    (asked.out / "grok.toml").write_text(RECIPE + "".join(claims))


if __name__ == "__main__":
    main()
