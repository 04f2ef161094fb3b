"""Token ids that a config or a tokenizer names and the model does not know."""

import warnings

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

import llmgeo
from llmgeo.errors import Remark, UsageError
from llmgeo.model.sources.toy import toy_model, toy_tokenizer

DECODING = llmgeo.Decoding(max_new_tokens=4)


def with_ends(eos, of_generation="the same"):
    hf = toy_model(layers=1, width=16)
    hf.config.eos_token_id = eos if type(eos) is int or isinstance(eos, list) else None  # transformers checks its type
    hf.generation_config.eos_token_id = eos if of_generation == "the same" else of_generation
    return hf


def loaded(hf, tokenizer=None):
    """The model, and what was said of it."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = llmgeo.load(hf, tokenizer=tokenizer)
    return model, [str(warning.message) for warning in said if warning.category is Remark]


@pytest.mark.parametrize(
    ("eos", "ends", "remark"),
    [
        (256, (256,), None),
        ([256, 3], (256, 3), None),
        ((3, 3), (3,), None),
        (None, (), None),
        ([], (), None),
        (257, (), "the end token 257 is none of the 257 tokens that LlamaForCausalLM knows: no token ends a text"),
        (-1, (), "the end token -1 is none"),
        (
            [256, 50256],
            (256,),
            "the end token 50256 is none of the 257 tokens that LlamaForCausalLM knows: only 256 ends",
        ),
        ([300, 50256], (), "the end tokens 300, 50256 are none"),
        ("256", (), "the end token 256 is none"),
        (2.0, (), "the end token 2.0 is none"),
        (True, (), "the end token True is none"),
    ],
)
def test_end_tokens(eos, ends, remark):
    model, said = loaded(with_ends(eos))
    assert model.end_tokens == ends
    assert [remark in sentence for sentence in said] == ([] if remark is None else [True])
    assert ("end_tokens" in model.source.reasons) is (remark is not None)


def test_the_settings_of_generation_come_first():
    assert loaded(with_ends(7, of_generation=8))[0].end_tokens == (8,)
    assert loaded(with_ends(7, of_generation=None))[0].end_tokens == (7,)
    assert loaded(with_ends(7, of_generation=50256))[0].end_tokens == (7,)


def test_prompts_of_unequal_length_beside_an_unknown_end_token():
    """Rows are padded with the end token, which must be one that the embedding has."""
    config = {"vocab_size": 300, "n_embd": 32, "n_layer": 2, "n_head": 2}
    torch.manual_seed(0)
    model, said = loaded(GPT2LMHeadModel(GPT2Config(**config, eos_token_id=50256, bos_token_id=50256)).eval())
    assert len(said) == 1
    alone = [model.generate([prompt], DECODING, seed=[5])[0] for prompt in ([1, 2, 3], [4])]
    together = model.generate([[1, 2, 3], [4]], DECODING, seed=[5, 5], batch_size=2)
    assert [t.token_ids for t in together] == [t.token_ids for t in alone]


@pytest.mark.parametrize("token", [300, -7])
def test_a_padding_token_that_is_unknown_changes_nothing(token):
    hf = toy_model(layers=1, width=16)
    expected = llmgeo.load(hf).generate([[1, 2, 3], [4]], DECODING)
    hf.config.pad_token_id = hf.config.bos_token_id = token
    hf.generation_config.pad_token_id = token
    for own, other in zip(loaded(hf)[0].generate([[1, 2, 3], [4]], DECODING), expected, strict=True):
        assert own.token_ids == other.token_ids


def test_a_tokenizer_that_knows_more_than_the_model():
    tokenizer = toy_tokenizer()
    tokenizer.add_tokens(["<more>", "<most>"])
    model, said = loaded(toy_model(layers=1, width=16), tokenizer)
    assert ["beyond the 257 that LlamaForCausalLM knows (2, up to 258)" in sentence for sentence in said] == [True]
    assert model.read("abc").text == "abc"
    with pytest.raises(UsageError, match=r"The tokenizer \(\w+\) makes the token 258 of this text.*0 to 256"):
        model.read("a<most>")
    with pytest.raises(UsageError, match="258"):
        model.read([1, 258])
