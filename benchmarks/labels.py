"""Labels of texts: python benchmarks/labels.py [TEXT.txt ...]

Of each file, cut into stretches of 128, 256 and 512 tokens of the default model, how many get which label: of a book,
all but `fluent` are false, or have to be looked at, and are printed. Then the default model continues 32 prompts at
several temperatures, and its texts are labelled by the rule of today and by rule 1.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import llmgeo
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.language_model import LanguageModel
from llmgeo.texts.degeneration import FLUENT, LABELS, Label, judge
from llmgeo.texts.prompts import read_prompts
from llmgeo.texts.seeds import sample_seed

TOKENS = 128
DECODERS = {
    "greedy": (0.0, 1.0),
    "cool": (0.7, 0.95),
    "T 0.7": (0.7, 1.0),
    "nucleus": (1.0, 0.95),
    "T 1": (1.0, 1.0),
    "T 1.1": (1.1, 1.0),
    "T 1.2": (1.2, 1.0),
    "T 1.3": (1.3, 1.0),
    "T 1.4": (1.4, 1.0),
    "hot": (1.6, 1.0),
}


def of_book(model: LanguageModel, path: Path) -> None:
    ids = model.encode(path.read_text())
    tokens = [model.tokenizer.decode([token]) for token in ids]
    for length in (128, 256, 512):
        found = []
        for start in range(0, len(ids) - length + 1, length):
            label = judge(ids[start : start + length], tokens[start : start + length], length)
            found.append(label)
            if label.name != FLUENT:
                print(f"  {path.name}, {length} tokens from {start}: {label.name}, {label.reason}")
                print("   ", repr("".join(tokens[start : start + length]))[:300])
        print(f"{path.name}, {len(found)} stretches of {length} tokens: {counted(found)}")


def of_decoder(model: LanguageModel, name: str, temperature: float, top_p: float) -> None:
    prompts = read_prompts("coherence.jsonl")[:32]
    batches = model.generate_batches(
        [model.encode(prompt.text) for prompt in prompts],
        llmgeo.Decoding(max_new_tokens=TOKENS, temperature=temperature, top_p=top_p),
        [sample_seed(0, prompt.id, name) for prompt in prompts],
        len(prompts),
        None,
        Keeping((0,)),
    )
    texts = list(new_tokens(batches))
    print(f"{name}: {counted(judge(ids, tokens, TOKENS) for ids, tokens in texts)}")
    print(f"  by rule 1: {counted(judge(ids, rule=1) for ids, _ in texts if len(ids) == TOKENS)}")


def new_tokens(batches: Iterable) -> Iterator[tuple[tuple[int, ...], tuple[str, ...]]]:
    for batch in batches:
        for text in batch.hand_over():
            yield text.generated_ids, text.tokens[text.prompt_length :]


def counted(labels: Iterable[Label]) -> str:
    labels = list(labels)
    names = Counter(label.name for label in labels)
    undecided = Counter(each for label in labels for each in label.undecided)
    said = [f"{names[name]} {name}" for name in LABELS if names[name]]
    return ", ".join(said) + "".join(f"; not decided in {count}: {why}" for why, count in undecided.items())


if __name__ == "__main__":
    default = llmgeo.load()
    for argument in sys.argv[1:]:
        of_book(default, Path(argument))
    for decoder, settings in DECODERS.items():
        of_decoder(default, decoder, *settings)
