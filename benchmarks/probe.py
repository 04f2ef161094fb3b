"""The whole default probe, measures, contrasts and tables included, against transformers' own ``generate`` alone.

    python benchmarks/probe.py [--model NAME] [--prompts 32] [--rounds 3]

The alternative writes the same number of tokens from the same prompts with the same settings, one call a condition,
and keeps nothing: no states, no measures, no texts that are read.
"""

from __future__ import annotations

import argparse
import tempfile

import torch
from timing import alternate, table

import llmgeo
from llmgeo.recipe import load_recipe
from llmgeo.texts.prompts import read_prompts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=None)
    parser.add_argument("--prompts", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cold", action="store_true", help="no round of warm-up: minutes saved, compilation included")
    arguments = parser.parse_args()
    model = llmgeo.load(arguments.model)
    recipe = load_recipe("coherence")
    encoded = [model.encode(prompt.text) for prompt in read_prompts("coherence.jsonl")[: arguments.prompts]]
    ids, mask = model.runner.pad(encoded, left=True)
    tokens = recipe.generation.new_tokens
    phases: list[dict] = []

    def transformers_generate():
        torch.manual_seed(0)
        with torch.inference_mode():
            for condition in recipe.conditions:
                if condition.kind != "generate":
                    continue
                sampling = {"do_sample": False}
                if condition.temperature > 0:
                    sampling = {
                        "do_sample": True,
                        "temperature": condition.temperature,
                        "top_p": condition.top_p,
                        "top_k": 0,
                    }
                model.hf.generate(
                    input_ids=ids, attention_mask=mask, max_new_tokens=tokens, min_new_tokens=tokens, **sampling
                )

    def probe():
        with tempfile.TemporaryDirectory() as folder:
            run = llmgeo.probe(model, limit=arguments.prompts, out=f"{folder}/run")
            phases.append(run.manifest["notes"]["seconds"])

    print(f"{model.name}, {arguments.prompts} prompts, {tokens} new tokens, {torch.get_num_threads()} threads")
    contenders = {"transformers generate": transformers_generate, "llmgeo probe": probe}
    seconds = alternate(contenders, arguments.rounds, warm_up=not arguments.cold)
    print(table(seconds, "transformers generate"))
    print("seconds by phase, last run:", phases[-1])


if __name__ == "__main__":
    main()
