"""What becomes of one family: a tiny random model of it is captured correctly, or refused with one sentence.

The oracle is transformers' own ``output_hidden_states`` and a bare hook on the last block, asked for without llmgeo.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

import llmgeo
from llmgeo.errors import ModelError
from llmgeo.model.capture.blocks import find_blocks
from tests.families.shrink import tiny_config

PROMPTS = [[11, 12, 13], [21, 22, 23, 24, 25, 26, 27], [31]]
SAMPLED = llmgeo.Decoding(max_new_tokens=10, temperature=1.3, top_p=0.95)
TOLERANCE = 1e-4
"""Relative, of every state, in float32."""

LARGEST = 100e6
"""Bytes of a tiny model."""

BUILD_ERRORS = (ValueError, AttributeError, ImportError)


@dataclass(frozen=True)
class Row:
    """A line of docs/models.md. ``refused`` is empty where the family is captured."""

    family: str
    refused: str = ""
    batches: str = ""
    streams: str = ""
    offset: str = ""
    notes: str = ""

    def line(self) -> str:
        states = f"refused: {self.refused}" if self.refused else "captured"
        cells = [f"`{self.family}`", states, self.batches, self.streams, self.offset, self.notes]
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def build(family: str) -> PreTrainedModel:
    """A random model whose weights are large enough for what goes wrong to be seen in its states."""
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(tiny_config(family)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1 and parameter.is_floating_point():
                parameter.mul_(3.0)
    return model


def examine(family: str) -> Row:
    """Build the family, capture it both ways, compare. AssertionError where a state is wrong."""
    try:
        hf = build(family)
    except BUILD_ERRORS as error:
        return Row(family, refused=f"transformers itself cannot build it alone ({_first_sentence(error)}).")
    assert sum(p.numel() * p.element_size() for p in hf.parameters()) < LARGEST, "shrink it"
    # Reformer prints what it does not know to standard output, at every step.
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            model = llmgeo.load(hf)
        except ModelError as error:
            return Row(family, refused=_first_sentence(error) + ".")
        check_reading(hf, model)
        check_generation(model)
    return _row(family, model)


def check_reading(hf: PreTrainedModel, model: llmgeo.LanguageModel) -> None:
    """One pass against transformers' own hidden states; the last block, before the final norm, against a hook."""
    ids = [11, 12, 13, 14, 15, 16, 17, 18, 19]
    last = {}
    hook = model.blocks[-1].register_forward_hook(lambda module, args, output: last.update(output=output))
    with torch.no_grad():
        output = hf(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long),
                    output_hidden_states=True, use_cache=False)  # fmt: skip
    hook.remove()
    reference = [_one_stream(hidden, len(ids)) for hidden in output.hidden_states]
    states = model.read(ids).states
    first = 1 - model.verified.offset
    between = states[first : first + len(reference) - 1]
    assert len(between) in (len(states) - 1, len(states) - 2)
    assert relative_difference(between, torch.stack(reference[:-1])) < TOLERANCE
    final = last["output"] if isinstance(last["output"], torch.Tensor) else last["output"][0]
    assert relative_difference(states[-1], _one_stream(final, len(ids))) < TOLERANCE


def check_generation(model: llmgeo.LanguageModel) -> None:
    """States and surprisal of sampled text, three prompts of different lengths asked for at once, against one pass."""
    for prompt, trajectory in zip(PROMPTS, model.generate(PROMPTS, SAMPLED, seed=5, batch_size=3), strict=True):
        assert list(trajectory.token_ids[: trajectory.prompt_length]) == prompt
        read = model.read(trajectory.token_ids)
        assert relative_difference(trajectory.states, read.states) < TOLERANCE
        new = slice(trajectory.prompt_length, None)
        torch.testing.assert_close(trajectory.surprisal[new], read.surprisal[new], rtol=1e-3, atol=1e-3)


def relative_difference(a: torch.Tensor, b: torch.Tensor) -> float:
    return ((a - b).norm(dim=-1) / b.norm(dim=-1).clamp(min=1e-6)).max().item()


def _one_stream(hidden: torch.Tensor, tokens: int) -> torch.Tensor:
    """``[T, D]`` of a batch of one; the mean over the streams of a token where there are several."""
    if hidden.dim() == 4:
        hidden = hidden.mean(2 if hidden.shape[1] == tokens else 0)
    return hidden.reshape(tokens, -1)


def _row(family: str, model: llmgeo.LanguageModel) -> Row:
    verified = model.verified
    notes = []
    if verified.first_position:
        notes.append("positions are given explicitly, from the padding token's id + 1")
    if verified.cache == "none":
        notes.append("generates without its cache, whose state outlives a text")
    _, blocks = find_blocks(model.hf)
    if len(verified.ran) < len(blocks):
        notes.append(f"{len(verified.ran)} of {len(blocks)} blocks run on text")
    streams = verified.layout.streams
    return Row(
        family,
        batches="any" if verified.padding else "one row at a time",
        streams=str(streams) if streams == 1 else f"{streams}, averaged",
        offset=str(verified.offset),
        notes="; ".join(notes),
    )


def _first_sentence(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[-1] if "Class validation error" in lines[0] else lines[0]
    return text.split(". ")[0].rstrip(".")
