"""A text, token by token: the same as a generation's, lazily, and nothing left in the model."""

import itertools
import weakref

import pytest
import torch

import llmgeo
from llmgeo.errors import NonFiniteStatesError, UsageError
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from tests.model.families import BUILDERS, build

DECODINGS = (llmgeo.Decoding(24), llmgeo.Decoding(24, temperature=0), llmgeo.Decoding(24, temperature=1.7, top_p=1.0))


@pytest.fixture(scope="module")
def toy():
    return llmgeo.load("toy")


def hooks(model):
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.hf.modules())


@pytest.mark.parametrize("decoding", DECODINGS, ids=["nucleus", "greedy", "hot"])
@pytest.mark.parametrize("seed", [0, 5, 6])
def test_it_writes_what_generate_writes(toy, decoding, seed):
    [text] = toy.generate(["A café in "], decoding, seed=seed)
    steps = list(toy.stream("A café in ", decoding, seed=seed))
    assert tuple(step.token_id for step in steps) == text.generated_ids
    assert [step.position for step in steps] == list(range(text.prompt_length, len(text)))
    assert torch.equal(torch.stack([step.states for step in steps], dim=1), text.states[:, text.prompt_length :])
    for name in ("surprisal", "entropy"):
        assert [getattr(step, name) for step in steps] == getattr(text, name)[text.prompt_length :].tolist()
    assert "".join(step.token for step in steps) == text.continuation
    assert [step.finish_reason for step in steps] == [None] * (len(steps) - 1) + [text.finish_reason]


def test_a_character_stands_with_the_token_that_completes_it(toy):
    written = "é€!"
    ids = toy.encode("ab" + written)
    writer_tokens = []
    from llmgeo.model.stream import _Writer

    writer = _Writer(toy.runner, ids, llmgeo.Decoding(1), 0, (0,))
    for position in range(2, len(ids)):
        writer_tokens.append(writer._text(position, whole=False))
    assert writer_tokens == ["", "é", "", "", "€", "!"]


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_every_family_writes_what_it_generates(name):
    model = llmgeo.load(build(name))
    prompt, decoding = [[5, 9, 3, 7]], llmgeo.Decoding(6)
    [text] = model.generate(prompt, decoding, seed=1)
    steps = list(model.stream(prompt[0], decoding, seed=1))
    assert tuple(step.token_id for step in steps) == text.generated_ids
    states = torch.stack([step.states for step in steps], dim=1)
    assert torch.allclose(states, text.states[:, text.prompt_length :], atol=1e-4, rtol=1e-4)


def test_who_leaves_the_loop_leaves_nothing_in_the_model(toy):
    before = hooks(toy)
    for step in toy.stream("Once", llmgeo.Decoding(500)):
        assert hooks(toy) == before, "nor is there anything between two steps"
        if step.position == 8:
            break
    assert hooks(toy) == before
    assert toy.read("It runs").path == "read"


def test_the_model_is_free_within_the_loop(toy):
    [text] = toy.generate(["Once"], llmgeo.Decoding(12), seed=2)
    ids = []
    for step in toy.stream("Once", llmgeo.Decoding(12), seed=2):
        ids.append(step.token_id)
        toy.read("Something else altogether")
        next(iter(toy.stream("And another", llmgeo.Decoding(5))))
    assert tuple(ids) == text.generated_ids


def test_nothing_is_computed_before_it_is_asked_for(toy):
    passes = []
    hook = toy.hf.register_forward_hook(lambda *args: passes.append(1))
    try:
        stream = toy.stream("Once", llmgeo.Decoding(500))
        assert not passes
        assert len(list(itertools.islice(stream, 3))) == 3
        assert len(passes) == 4, "the prompt's, and one for each token"
    finally:
        hook.remove()


def test_the_states_of_earlier_steps_are_not_held(toy):
    stream = toy.stream("Once", llmgeo.Decoding(500, top_p=1.0))
    earlier = weakref.ref(next(stream).states)
    next(stream)
    assert earlier() is None


def test_few_layers(toy):
    [text] = toy.generate(["Once"], llmgeo.Decoding(4), layers="2,5")
    steps = list(toy.stream("Once", llmgeo.Decoding(4), layers="2,5"))
    assert torch.equal(torch.stack([step.states for step in steps], 1), text.states[:, text.prompt_length :])


def test_a_wrong_request_is_refused_before_the_loop(toy):
    for call in (lambda: toy.stream(""), lambda: toy.stream("a", layers="9"), lambda: toy.stream("a", seed=-1)):
        with pytest.raises(UsageError):
            call()


def test_states_that_are_not_finite_are_refused():
    hf = toy_model()
    model = llmgeo.load(hf, tokenizer=toy_tokenizer())
    stream = model.stream("Once", llmgeo.Decoding(5))
    next(stream)
    with torch.no_grad():
        model.blocks[3].mlp.down_proj.weight.fill_(torch.inf)
    with pytest.raises(NonFiniteStatesError, match="layer 4, token"):
        list(stream)
