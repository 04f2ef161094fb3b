"""The toy: a tiny random Llama with a byte tokenizer, built from its config. No network, no files, no meaning.

For documentation, tests and dry runs. Its geometry is that of random weights: nothing it shows is a finding. Drawn from
a generator of its own, so that it is the same one whatever else draws, in this thread or another, and whatever the
caller has set in torch.
"""

from __future__ import annotations

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

END_TOKEN = "<end>"
SPREAD = 0.2
"""Standard deviation of the weights: large enough for what the blocks do to show."""


def toy_tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte (256 of them) and an end token."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {symbol: index for index, symbol in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END_TOKEN, pad_token=END_TOKEN)


def toy_model(layers: int = 6, width: int = 64, seed: int = 0) -> LlamaForCausalLM:
    """A random Llama of ``layers`` blocks, the same one every time."""
    config = LlamaConfig(
        vocab_size=257,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        initializer_range=SPREAD,
        bos_token_id=None,
        eos_token_id=256,
        pad_token_id=256,
    )
    with torch.inference_mode(False), torch.no_grad():
        with torch.device("meta"):
            model = LlamaForCausalLM(config).float()
        model.to_empty(device="cpu")
        with torch.device("cpu"):
            model.model.rotary_emb = LlamaRotaryEmbedding(config)
        _draw(model, torch.Generator("cpu").manual_seed(seed))
    return model.eval()


def _draw(model: LlamaForCausalLM, generator: torch.Generator) -> None:
    """The weights that ``torch.manual_seed(seed)`` and ``LlamaForCausalLM(config)`` would give.

    Each is drawn twice, as there: torch's layers draw theirs when they are made, and transformers draws over them; of
    the body first, then of the head.
    """
    embedding, *matrices, head = (parameter for parameter in model.parameters() if parameter.dim() == 2)
    for part in ((embedding, *matrices), (head,)):
        for weight in part:
            weight.normal_(generator=generator) if weight is embedding else weight.uniform_(generator=generator)
        for weight in part:
            weight.normal_(0, SPREAD, generator=generator)
    embedding[model.config.pad_token_id] = 0
    for norm in (parameter for parameter in model.parameters() if parameter.dim() == 1):
        norm.fill_(1)
