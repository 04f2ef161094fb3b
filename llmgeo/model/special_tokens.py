"""The token ids that a model's config and its tokenizer name, held against the tokens that the model knows.

Knows vocabularies. Runs nothing. An id that the model does not know can end no text and cannot be read; what follows
from that is said when a model is loaded, not when the id first turns up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformers import PreTrainedModel


def vocabulary_of(model: PreTrainedModel) -> int:
    """How many tokens the model knows: ids go from 0 to one less.

    >>> from llmgeo.model.sources.toy import toy_model
    >>> vocabulary_of(toy_model())
    257
    """
    return model.get_input_embeddings().num_embeddings


def end_tokens_of(model: PreTrainedModel) -> tuple[int, ...]:
    """The tokens that end a text: those of the generation settings that the model knows, else those of its config."""
    size = vocabulary_of(model)
    for ids in _named_ends(model):
        if known := tuple(dict.fromkeys(token for token in ids if _is_known(token, size))):
            return known
    return ()


def remarks(model: PreTrainedModel, tokenizer: Any) -> dict[str, str]:
    """What a user should know of token ids that the model does not know, by what it is about; empty if nothing.

    >>> from llmgeo.model.sources.toy import toy_model, toy_tokenizer
    >>> model = toy_model()
    >>> model.config.eos_token_id = model.generation_config.eos_token_id = 50256
    >>> remarks(model, toy_tokenizer())
    {'end_tokens': 'the end token 50256 is none of the 257 tokens that LlamaForCausalLM knows: no token ends a text'}
    """
    told = {}
    size, name = vocabulary_of(model), type(model).__name__
    unknown = sorted({str(token) for ids in _named_ends(model) for token in ids if not _is_known(token, size)})
    if unknown:
        left = end_tokens_of(model)
        instead = f"only {', '.join(map(str, left))} ends a text" if left else "no token ends a text"
        word = f"end token {unknown[0]} is" if len(unknown) == 1 else f"end tokens {', '.join(unknown)} are"
        told["end_tokens"] = f"the {word} none of the {size:,} tokens that {name} knows: {instead}"
    beyond = [] if tokenizer is None else [token for token in tokenizer.get_vocab().values() if token >= size]
    if beyond:
        told["tokenizer"] = (
            f"the tokenizer ({type(tokenizer).__name__}) has tokens beyond the {size:,} that {name} knows "
            f"({len(beyond):,}, up to {max(beyond):,}): a text in which one occurs is refused"
        )
    return told


def foreign_token(token: int, vocabulary: int, tokenizer: Any) -> str:
    """What to say of an id that a tokenizer made of a text, and that the model does not know."""
    return (
        f"The tokenizer ({type(tokenizer).__name__}) makes the token {token} of this text, and the model knows 0 to "
        f"{vocabulary - 1}: it is another model's tokenizer, or tokens were added to it and not to the model. Give the "
        "model's own as tokenizer=, or resize the model's embeddings (resize_token_embeddings)."
    )


def _named_ends(model: PreTrainedModel) -> list[Sequence[Any]]:
    named = []
    for config in (model.generation_config, model.config.get_text_config()):
        ends = getattr(config, "eos_token_id", None)
        if ends is not None:
            named.append(ends if isinstance(ends, (list, tuple)) else [ends])
    return named


def _is_known(token: object, size: int) -> bool:
    return type(token) is int and 0 <= token < size
