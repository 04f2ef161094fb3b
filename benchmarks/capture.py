"""What capture costs: generation with every layer's states against transformers' plain ``generate``.

    python benchmarks/capture.py [--model NAME] [--batch 1 8] [--tokens 64] [--rounds 7]

The token choice is the same on both sides (greedy), so that the ratio is the cost of hooks, buffer and trajectories.
"""

from __future__ import annotations

import argparse

import torch
from timing import alternate, table

import llmgeo
from llmgeo.texts.prompts import read_prompts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=None)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    model = llmgeo.load(arguments.model)
    texts = [prompt.text for prompt in read_prompts("coherence.jsonl")]
    greedy = llmgeo.Decoding(max_new_tokens=arguments.tokens, temperature=0)
    for batch in arguments.batch:
        encoded = [model.encode(text) for text in texts[:batch]]
        ids, mask = model.runner.pad(encoded, left=True)

        def plain(ids=ids, mask=mask):
            with torch.inference_mode():
                return model.hf.generate(
                    input_ids=ids,
                    attention_mask=mask,
                    max_new_tokens=arguments.tokens,
                    min_new_tokens=arguments.tokens,
                    do_sample=False,
                )

        def captured(encoded=encoded):
            return model.generate(encoded, greedy, batch_size=len(encoded))

        def returned(ids=ids, mask=mask):
            with torch.inference_mode():
                return model.hf.generate(
                    input_ids=ids,
                    attention_mask=mask,
                    max_new_tokens=arguments.tokens,
                    min_new_tokens=arguments.tokens,
                    do_sample=False,
                    output_hidden_states=True,
                    return_dict_in_generate=True,
                )

        contenders = {"plain generate": plain, "llmgeo capture": captured, "output_hidden_states": returned}
        print(f"\n{model.name}, batch {batch}, {arguments.tokens} new tokens, {torch.get_num_threads()} threads")
        print(table(alternate(contenders, arguments.rounds), "plain generate"), flush=True)


if __name__ == "__main__":
    main()
