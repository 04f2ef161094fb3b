"""Texts read together, with logits, against the same texts read alone, and against transformers' own forward pass."""

import numpy as np
import pytest
import torch
from transformers import BartConfig, BartForCausalLM, Gemma2Config, Gemma2ForCausalLM

import llmgeo
from llmgeo.errors import UsageError
from llmgeo.model.capture.keeping import Keeping
from tests.model.families import BUILDERS, ENDS, MODERN, VOCABULARY, build

LENGTHS = (9, 3, 14, 6, 14)
TEXTS = [[(7 * place + 13 * row + 20) % VOCABULARY for place in range(n)] for row, n in enumerate(LENGTHS)]
PROMPTS = [4, 1, 6, 5, 2]
WINDOW = (1, 5)
"""After a token that is skipped; three texts have no five tokens left, one of them none."""


def capped():
    """A family that caps its logits: they are not what its head gives."""
    torch.manual_seed(3)
    config = Gemma2Config(
        vocab_size=VOCABULARY, head_dim=8, num_key_value_heads=2, final_logit_softcapping=0.1, **MODERN, **ENDS
    )
    return Gemma2ForCausalLM(config).eval()


def unpadded():
    """A family whose rows run alone: padding moves its positions."""
    torch.manual_seed(3)
    config = BartConfig(
        vocab_size=VOCABULARY, d_model=32, decoder_layers=3, decoder_attention_heads=4, decoder_ffn_dim=64,
        max_position_embeddings=64, is_decoder=True, is_encoder_decoder=False, **ENDS,
    )  # fmt: skip
    return BartForCausalLM(config).eval()


MODELS = {
    "toy": lambda: llmgeo.load("toy"),
    "gemma2": lambda: llmgeo.load(capped()),
    "bart": lambda: llmgeo.load(unpadded()),
    **{family: lambda family=family: llmgeo.load(build(family)) for family in BUILDERS},
}


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return MODELS[request.param]()


def apart(values, reference):
    """The largest distance of a state, or of a position's logits, from what it should be, as a share of its length."""
    assert values.shape == reference.shape
    shares = (values - reference).norm(dim=-1) / reference.norm(dim=-1)
    return float(shares.max()) if shares.numel() else 0.0


def read(model, batch_size, keeping):
    """Every text's states and the logits that its kept tokens are predicted from."""
    readings = []
    for batch in model.read_batches(TEXTS, PROMPTS, batch_size, keeping=keeping, with_logits=True):
        for number, trajectory in enumerate(batch):
            kept = keeping.of_text(trajectory.prompt_length, len(trajectory))
            logits = batch.logits(number)(slice(max(kept.start - 1, 0), kept.stop))
            readings.append((trajectory, trajectory.states_of(kept), logits))
        batch.close()
    return readings


@pytest.mark.parametrize("window", [None, WINDOW], ids=["whole", "window"])
@pytest.mark.parametrize("rows", [2, 5])
def test_a_text_gives_in_a_batch_what_it_gives_alone(model, tmp_path, window, rows):
    keeping = Keeping(window=window, folder=tmp_path)
    together, alone = read(model, rows, keeping), read(model, 1, Keeping(window=window))
    assert len(together) == len(alone) == len(TEXTS)
    for (trajectory, states, logits), (reference, expected, expected_logits) in zip(together, alone, strict=True):
        assert trajectory.token_ids == reference.token_ids
        assert apart(states, expected) < 1e-5
        assert apart(logits, expected_logits) < 1e-5
        torch.testing.assert_close(trajectory.surprisal, reference.surprisal, rtol=1e-4, atol=1e-5, equal_nan=True)
        if not model.verified.padding:
            assert torch.equal(states, expected)
            assert torch.equal(logits, expected_logits)


def test_logits_are_those_of_transformers(model, tmp_path):
    for (trajectory, _, logits), ids in zip(read(model, 1, Keeping(folder=tmp_path)), TEXTS, strict=True):
        with torch.inference_mode():
            own = model.hf(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
        assert apart(logits, own) < 1e-5
        surprisal = -own.log_softmax(-1)[:-1].gather(1, torch.tensor(ids[1:]).unsqueeze(1)).squeeze(1)
        torch.testing.assert_close(trajectory.surprisal[1:], surprisal, rtol=1e-4, atol=1e-4)


def test_what_is_told_of_the_families_here_is_so():
    verified = {name: MODELS[name]().verified for name in ("toy", "gemma2", "bart")}
    assert (verified["toy"].padding, verified["toy"].head_apart) == (True, True)
    assert (verified["gemma2"].padding, verified["gemma2"].head_apart) == (True, False)
    assert verified["bart"].padding is False


@pytest.mark.parametrize("where", ["memory", "file", "one file"])
def test_a_batch_of_one_is_a_text_read_alone_to_the_last_bit(model, tmp_path, where):
    keeping = Keeping(folder=None if where == "memory" else tmp_path)
    with keeping.in_one_file() as shared:
        for number, (_, states, logits) in enumerate(read(model, 1, shared if where == "one file" else keeping)):
            trajectory, logits_of = model.read_with_logits(TEXTS[number], PROMPTS[number])
            assert torch.equal(states, trajectory.states)
            assert torch.equal(logits, logits_of(slice(0, len(trajectory))))


def test_many_batches_share_one_file(tmp_path):
    model = llmgeo.load("toy")
    with Keeping(folder=tmp_path).in_one_file() as keeping:
        batches = list(model.read_batches(TEXTS, PROMPTS, 1, keeping=keeping, with_logits=True))
        assert len({id(place.store.file) for batch in batches for place in batch._places}) == 1
        for ids, [trajectory] in zip(TEXTS, batches, strict=True):
            assert torch.equal(trajectory.states, model.read(ids).states)
        batches[0].close()
        [last] = batches[-1]
        assert torch.equal(last.states, model.read(TEXTS[-1]).states)
    assert not list(tmp_path.iterdir())


def test_logits_that_were_not_kept_are_never_given(tmp_path):
    model = llmgeo.load("toy")
    [batch] = model.read_batches(TEXTS[:1], [4])
    with pytest.raises(ValueError, match="without logits"):
        batch.logits(0)
    [batch] = model.read_batches(TEXTS[:1], [4], keeping=Keeping(window=WINDOW, folder=tmp_path), with_logits=True)
    with pytest.raises(ValueError, match="positions 3 to 6 of 4 to 9"):
        batch.logits(0)(slice(3, 6))


def test_layers_left_out_change_no_logits(tmp_path):
    model = llmgeo.load("toy")
    [few] = model.read_batches(TEXTS, PROMPTS, 5, keeping=Keeping(layers=(0, 6), folder=tmp_path), with_logits=True)
    [every] = model.read_batches(TEXTS, PROMPTS, 5, with_logits=True)
    for number in range(len(TEXTS)):
        assert few[number].layer_numbers == (0, 6)
        assert torch.equal(few[number].states, every[number].states[[0, 6]])
        whole = slice(0, LENGTHS[number])
        assert torch.equal(few.logits(number)(whole), every.logits(number)(whole))


def test_a_list_of_texts_is_read_as_each_is_alone():
    toy = llmgeo.load("toy")
    texts = ["A path.", "One of about a length", "Six seven", "One of about one length", "x" * 90]
    for many in (toy.read(texts), toy.read(texts, batch_size=2)):
        for text, trajectory in zip(texts, many, strict=True):
            alone = toy.read(text)
            assert (trajectory.text, trajectory.path) == (text, "read")
            far = (trajectory.states - alone.states).norm(dim=-1) / alone.states.norm(dim=-1)
            assert float(far.max()) < 1e-5
            assert torch.allclose(trajectory.surprisal, alone.surprisal, atol=1e-5, equal_nan=True)
    for text, trajectory in zip(texts, toy.read(texts, batch_size=1), strict=True):
        assert torch.equal(trajectory.states, toy.read(text).states)


def test_what_is_one_text_and_what_several():
    toy = llmgeo.load("toy")
    one = toy.read([39, 72])
    assert torch.equal(toy.read(np.array([[39, 72]])).states, one.states)
    assert torch.equal(toy.read(toy.tokenizer("Hi", return_tensors="pt")).states, one.states)
    lists = [[39, 72]], [np.array([39, 72])], [{"input_ids": [39, 72]}]
    for several in (["Hi"], np.array(["Hi"]), iter(["Hi"]), *lists):
        [trajectory] = toy.read(several)
        assert torch.equal(trajectory.states, one.states)
    both = toy.read(toy.tokenizer(["Hi", "abc"], padding=True, return_tensors="pt"))
    assert [trajectory.text for trajectory in both] == ["Hi", "abc"]
    with pytest.raises(UsageError, match=r"Text 1 .* no tokens"):
        toy.read(["Hi", ""])


def test_few_layers_are_the_same_states_and_say_which():
    toy = llmgeo.load("toy")
    every = toy.generate(["Once", "Twice"], llmgeo.Decoding(6), seed=3)
    few = toy.generate(["Once", "Twice"], llmgeo.Decoding(6), seed=3, layers="0,4-5")
    for whole, part in zip(every, few, strict=True):
        assert part.token_ids == whole.token_ids
        assert (part.layer_numbers, part.layers) == ((0, 4, 5), whole.layers)
        assert torch.equal(part.states, whole.states[[0, 4, 5]])
        assert torch.equal(part.states_at(5), whole.states_at(5))
        assert "3 of 7 layers" in repr(part)
        with pytest.raises(UsageError, match=r"layer 3 was not kept.*layers=\[0, 3, 4, 5\]"):
            part.states_at(3)
    for layers in (range(7), None):
        assert toy.read("abc", layers=layers).layer_numbers == tuple(range(7))
    for wrong in ("7", [-1], "a", [], True):
        with pytest.raises(UsageError, match="layers="):
            toy.read("abc", layers=wrong)


def test_messages_of_a_chat_are_told_of_the_template():
    toy = llmgeo.load("toy")
    chat = [{"role": "user", "content": "Hi"}]
    for call in (lambda: toy.generate(chat), lambda: toy.read(chat), lambda: toy.generate([chat])):
        with pytest.raises(UsageError, match=r"model\.tokenizer\.apply_chat_template\(messages, tokenize=False"):
            call()
