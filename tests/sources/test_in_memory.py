"""Models that are in memory already: taken out of wrappers, left as they are, or refused in one sentence."""

import copy

import pytest
import torch
from torch import nn
from transformers import AutoTokenizer, LlamaForCausalLM, T5Config, T5ForConditionalGeneration

import llmgeo
from llmgeo.errors import ModelError, UsageError
from llmgeo.model.sources.toy import toy_model, toy_tokenizer

IDS = [3, 1, 4, 1, 5]


@pytest.fixture(scope="module")
def plain():
    return toy_model(layers=2, width=16)


@pytest.fixture(scope="module")
def states(plain):
    return llmgeo.load(plain).read(IDS).states


class FullyShardedDataParallel(nn.Module):
    """Stands for torch's, whose making needs a process group."""

    def __init__(self, module):
        super().__init__()
        self.module = module


class DistributedDataParallel(FullyShardedDataParallel):
    """Stands for torch's, likewise; a subclass of one that is refused, to see that its own name counts first."""


class WithValueHead(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.pretrained_model = model


@pytest.mark.parametrize(
    "wrap",
    [nn.DataParallel, torch.compile, lambda model: torch.compile(nn.DataParallel(model))],
    ids=["DataParallel", "compile", "both"],
)
def test_a_wrapper_is_taken_off(plain, states, wrap):
    wrapped = wrap(plain)
    model = llmgeo.load(wrapped)
    assert model.hf is plain
    assert model.source.reasons["wrapper"] == f"taken out of {type(wrapped).__name__}"
    assert torch.equal(model.read(IDS).states, states)


def compiled_in_place(model):
    model = copy.deepcopy(model)
    model.model.layers[1].compile()
    return model


def with_tuples(model):
    model = copy.deepcopy(model)
    model.config.return_dict = False
    return model


def on_meta(model):
    return copy.deepcopy(model).to("meta")


def half_on_meta(model):
    model = copy.deepcopy(model)
    model.lm_head.to("meta")
    return model


def emptied(model):
    """As ZeRO's third stage leaves the parameters that lie with another process."""
    model = copy.deepcopy(model)
    model.lm_head.weight = nn.Parameter(torch.empty(0))
    return model


def t5(model):
    config = T5Config(vocab_size=50, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    return T5ForConditionalGeneration(config)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (FullyShardedDataParallel, "are shared out over processes"),
        (emptied, "are shared out over processes"),
        (on_meta, r"has no numbers: 21 of its 21 parameters lie on the device meta \(model\.embed_tokens\.weight is"),
        (half_on_meta, r"has no numbers: 1 of its 21 parameters lie on the device meta \(lm_head\.weight is the first"),
        (compiled_in_place, "was compiled in place"),
        (with_tuples, "return_dict is False in its config"),
        (t5, "is a sequence-to-sequence model"),
        (lambda model: model.model, "LlamaModel is not a causal language model: it has no output head"),
        (lambda model: nn.Linear(3, 3), "'Linear' is not a transformers model"),
        (WithValueHead, r"is not a transformers model, but holds one: give its attribute \.pretrained_model"),
        (nn.Sequential, r"is not a transformers model, but holds one: give its attribute \.0"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_sentence(plain, make, message):
    with pytest.raises(ModelError, match=message):
        llmgeo.load(make(plain))


def test_a_class_is_no_model():
    with pytest.raises(ModelError, match="LlamaForCausalLM is a class"):
        llmgeo.load(LlamaForCausalLM)


@pytest.mark.parametrize(
    "options",
    [{"dtype": "bfloat16"}, {"device": "cpu"}, {"device_map": "auto"}, {"quantization": "fp8"}, {"revision": "main"}],
)
def test_options_for_files_are_not_passed_over(plain, options):
    [(name, value)] = options.items()
    with pytest.raises(UsageError, match=f"{name}={value!r} is for models loaded from files"):
        llmgeo.load(plain, **options)
    with pytest.raises(UsageError, match=f"{name}={value!r} is for models loaded from files"):
        llmgeo.load(llmgeo.load(plain), **options)


def test_a_loaded_model_is_itself(plain):
    model = llmgeo.load(plain)
    assert llmgeo.load(model) is model


@pytest.mark.parametrize(
    ("tokenizer", "message"),
    [
        ("gpt2", "AutoTokenizer"),
        (3, "AutoTokenizer"),
        (AutoTokenizer, "AutoTokenizer"),
        (type(toy_tokenizer()), "AutoTokenizer"),
        (toy_tokenizer().backend_tokenizer, "PreTrainedTokenizerFast"),
    ],
)
@pytest.mark.parametrize("name", ["toy", "memory"])
def test_what_is_no_tokenizer(plain, name, tokenizer, message):
    with pytest.raises(UsageError, match=rf"tokenizer=.* is not a tokenizer.*{message}"):
        llmgeo.load(plain if name == "memory" else name, tokenizer=tokenizer)


def test_each_part_keeps_the_mode_it_was_in(plain):
    hf = copy.deepcopy(plain).train()
    hf.model.layers[0].eval()
    modes = {name: part.training for name, part in hf.named_modules()}
    llmgeo.load(hf)
    assert {name: part.training for name, part in hf.named_modules()} == modes
    assert set(modes.values()) == {True, False}
