"""Make a pair of checkpoints to compare: the default model, and the same model taught to decline and to hedge.

    pip install -c constraints.txt ".[pair]"
    python examples/make_pair.py pair
    llmgeo compare default pair/merged        # or pair/adapter: the same weights

The tuning is DPO (Rafailov et al. 2023, arXiv 2305.18290) by TRL, with a LoRA of PEFT on the middle third of the blocks
alone, on the pairs in preferences.jsonl: asked for something harmful, the chosen answer declines; asked for something
that cannot be known, it hedges; the rejected one answers flatly. Every prompt is seen twice, within the chat template
and without, because that is how compare asks. It takes minutes on two CPU cores. Knows nothing of what is measured.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from datasets import Dataset
from peft import LoraConfig
from transformers import set_seed
from trl import DPOConfig, DPOTrainer

import llmgeo

PREFERENCES = Path(__file__).with_name("preferences.jsonl")
OPENING = "\n\n"
"""Between a bare prompt and its answer, as in probes/rlhf.toml."""


def read_preferences(tokenizer: Any, file: Path = PREFERENCES) -> Dataset:
    """Each pair twice: behind its prompt as it stands, and behind the prompt in the chat template."""
    pairs = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    rows = []
    for pair in pairs:
        turns = [{"role": "user", "content": pair["prompt"]}]
        templated = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        for prompt in (pair["prompt"] + OPENING, templated):
            rows.append({"prompt": prompt, "chosen": pair["chosen"], "rejected": pair["rejected"]})
    return Dataset.from_list(rows)


def tune(out: Path, *, blocks: range, epochs: int, seed: int) -> None:
    """Tune the default model and save it twice: as an adapter on its base, and as a model of its own.

    Args:
        blocks: the blocks that the adapter changes, counted from 1 as in llmgeo's tables.
    """
    set_seed(seed)
    base = llmgeo.load(device="cpu")
    adapter = LoraConfig(
        task_type="CAUSAL_LM",
        r=16,
        lora_alpha=32,
        lora_dropout=0.0,
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        layers_to_transform=[block - 1 for block in blocks],
    )
    settings = DPOConfig(
        output_dir=str(out / "trainer"),
        beta=0.1,
        learning_rate=5e-4,
        lr_scheduler_type="linear",
        warmup_steps=3,
        num_train_epochs=epochs,
        per_device_train_batch_size=7,
        max_length=160,
        gradient_checkpointing=False,
        use_cpu=True,
        bf16=False,
        logging_steps=5,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=seed,
    )
    trainer = DPOTrainer(
        base.hf,
        args=settings,
        train_dataset=read_preferences(base.tokenizer),
        processing_class=base.tokenizer,
        peft_config=adapter,
    )
    trainer.train()
    trainer.model.save_pretrained(out / "adapter")
    for name, model in {"merged": trainer.model.merge_and_unload()}.items():
        model.save_pretrained(out / name)
        base.tokenizer.save_pretrained(out / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="the folder to write: adapter/ and merged/")
    parser.add_argument("--epochs", type=int, default=1, help="passes over the preferences (1)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    start = time.perf_counter()
    tune(arguments.out, blocks=range(11, 21), epochs=arguments.epochs, seed=arguments.seed)
    minutes = (time.perf_counter() - start) / 60
    print(f"{minutes:.1f} minutes. Now: llmgeo compare default {arguments.out / 'merged'}")


if __name__ == "__main__":
    main()
