"""The door of texts, ids, seeds and settings: what comes in is right, or is refused in one sentence."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import llmgeo
from llmgeo.errors import LlmgeoError, UsageError
from llmgeo.model.decoding import Sampler

ONE_TOKEN = llmgeo.Decoding(max_new_tokens=1)
BOTH_TEXTS = [[71, 68, 75, 75, 78], [87]]
NUMBERS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text(max_size=3)
    | st.fractions() | st.decimals() | st.binary(max_size=3)
)  # fmt: skip
IDS = st.lists(st.integers(-2, 300) | st.floats(width=16) | st.booleans() | st.text(max_size=2), max_size=4)
ARRAYS = st.sampled_from([np.uint8, np.int64, ">i4", np.float32, bool, complex, str, object]).flatmap(
    lambda kind: st.lists(st.integers(0, 255), max_size=4).map(lambda ids: np.array(ids).astype(kind))
)
TENSORS = st.sampled_from([torch.uint8, torch.int32, torch.bfloat16, torch.bool, torch.complex64]).flatmap(
    lambda kind: st.lists(st.lists(st.integers(0, 255), min_size=2, max_size=2), max_size=3).map(
        lambda rows: torch.tensor(rows).to(kind)
    )
)
TEXTS = st.text(max_size=4) | st.text(st.characters(categories=["Cs", "Ll", "Cc"]), max_size=4)
ENCODINGS = st.dictionaries(
    st.sampled_from(["input_ids", "attention_mask", "position_ids", "token_type_ids"]), IDS | st.lists(IDS, max_size=3)
)
ANYTHING = st.recursive(
    NUMBERS | TEXTS | IDS | ARRAYS | TENSORS | ENCODINGS | st.sets(st.integers(0, 9)),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=6,
)


def refuses(call, match=""):
    with pytest.raises(UsageError, match=match) as refused:
        call()
    assert "\n" not in str(refused.value)


def answer(call, named=""):
    """What is answered, or None where it is refused in a sentence."""
    try:
        return call()
    except LlmgeoError as error:
        refused = str(error)
    assert named in refused
    assert len(refused) > 20
    return None


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_whatever_is_read_is_read_as_given_or_refused(toy, given_text):
    """Against what the ids are by construction: a text's bytes, or the numbers themselves."""
    trajectory = answer(lambda: toy.read(given_text))
    if trajectory is None:
        return
    if isinstance(trajectory, list):  # several texts
        if not isinstance(given_text, dict):
            for part, read in zip(given_text, trajectory, strict=True):
                assert list(read.token_ids) == list(toy.encode(part))
        return
    assert "".join(trajectory.tokens) == trajectory.text
    if isinstance(given_text, str):
        assert trajectory.text == given_text
    elif not isinstance(given_text, dict):
        rows = given_text.tolist() if hasattr(given_text, "tolist") else list(given_text)
        assert list(trajectory.token_ids) in (rows, *rows)


@settings(max_examples=200, deadline=None)
@given(st.lists(ANYTHING, max_size=3) | ANYTHING, st.just(0) | ANYTHING, st.none() | ANYTHING)
def test_whatever_is_continued_is_continued_or_refused(toy, prompts, seed, batch_size):
    trajectories = answer(lambda: toy.generate(prompts, ONE_TOKEN, seed, batch_size)) or []
    assert all(len(t) == t.prompt_length + 1 for t in trajectories)


@settings(max_examples=300, deadline=None)
@given(NUMBERS | st.floats(0, 1e-30), NUMBERS | st.floats(0, 1), NUMBERS | st.integers(1, 9))
def test_a_decoding_decodes_or_is_refused(temperature, top_p, new_tokens):
    """The most probable token is drawn in the cold, and none of no probability ever."""
    for name, value in (("temperature", temperature), ("top_p", top_p), ("max_new_tokens", new_tokens)):
        decoding = answer(lambda chosen={name: value}: llmgeo.Decoding(**chosen), name)
        if decoding is None:
            continue
        assert getattr(decoding, name) == (float(value) if name != "max_new_tokens" else value)
        logits = torch.tensor([[0.0, 3.0, -torch.inf, 2.9]])
        drawn = int(Sampler([decoding if name != "max_new_tokens" else ONE_TOKEN], [0])(None, logits).argmax())
        assert drawn != 2
        if decoding.temperature < 1e-3 or decoding.top_p < 0.3:
            assert drawn == 1


@pytest.mark.parametrize("temperature", [1e-46, 1e-40, 1e39, math.inf, math.nan, -1, "1", None, True, 10**400])
def test_temperatures_that_single_precision_does_not_hold(temperature):
    refuses(lambda: llmgeo.Decoding(temperature=temperature), "temperature is .* must be 0 .greedy. or a number from")


def test_a_tokenizers_output_is_its_ids(toy):
    encodings = [
        toy.tokenizer(["hello", "x"]),
        dict(toy.tokenizer(["hello", "x"])),
        toy.tokenizer(["hello", "x"], padding=True, return_tensors="pt"),
        toy.tokenizer(["hello", "x"], padding=True, padding_side="left", return_tensors="np"),
        {
            "input_ids": np.array([BOTH_TEXTS[0], [0, 0, 87, 0, 0]]),
            "attention_mask": np.array([[1] * 5, [0, 0, 1, 0, 0]]) > 0,
        },
        [toy.tokenizer("hello"), toy.tokenizer("x", return_tensors="pt")],
    ]
    for encoding in encodings:
        texts = toy.generate(encoding, ONE_TOKEN)
        assert [list(text.token_ids[: text.prompt_length]) for text in texts] == BOTH_TEXTS
    assert toy.read(toy.tokenizer("hello", return_tensors="pt")).text == "hello"


@pytest.mark.parametrize(
    ("prompts", "match"),
    [
        ([None], "Prompt 0 is None; give a text"),
        ([1, 2, 3], r"Prompt 0 is 1, no text; put the ids .* \[\[1, 2, 3\]\]"),
        ({"a": [1]}, "is a dict with 'a'"),
        ({"input_ids": [[1]], "position_ids": [[5]]}, "is a dict with 'position_ids'"),
        ({"input_ids": [1, 2]}, "the ids of one"),
        ({"input_ids": [[1, 2, 3]], "attention_mask": [[1, 0, 1]]}, "must be 1 at the text"),
        ({"a", "b"}, "takes a list of prompts"),
        ([b"ab"], "b'ab'; give a text"),
        ([[1.7, 2.2]], "has 1.7 at place 0"),
        ([[True]], "has True at place 0"),
        ([["a"]], "without brackets"),
        ([[[1, 2]]], "or a list with the ids of each text"),
        ([["1"]], "'1', where token ids belong"),
        ([[10**30]], "the model knows 0 to 256"),
        (["fine", "a\ud800b"], "Prompt 1 .* half a character at place 1"),
        (torch.tensor([[1, 2], [3, 256]]), "Prompt 1 begins or ends with the padding token 256"),
        (torch.ones(1, 2, device="meta"), "a tensor without plain numbers"),
        (torch.tensor([[1, 2]]).to_sparse(), "a tensor without plain numbers"),
        (torch.nested.nested_tensor([torch.ones(2), torch.ones(1)]), "a tensor without plain numbers"),
        ([np.ma.array([1, 2], mask=[0, 1])], "has None at place 1"),
        (pd.DataFrame({"a": ["x"]}), "takes a list of prompts"),
        (np.ones((1, 1, 2), int), "takes a list of prompts"),
    ],
)
def test_prompts_that_are_none(toy, prompts, match):
    refuses(lambda: toy.generate(prompts, ONE_TOKEN), match)


@pytest.mark.parametrize("seed", [None, "42", -1, 1.5, [1], [1, -2], [None, 1], {0: 1, 1: 2}, True])
def test_seeds_that_are_none(toy, seed):
    refuses(lambda: toy.generate(["a", "b"], ONE_TOKEN, seed=seed), "seed")


@pytest.mark.parametrize("batch_size", [-1, 0, "3", 2.5, True, []])
@pytest.mark.parametrize("method", ["generate_batches", "read_batches"])
def test_batch_sizes_that_are_none(toy, method, batch_size):
    settings_of = {"decoding": ONE_TOKEN} if method == "generate_batches" else {}
    refuses(lambda: list(getattr(toy, method)(["a"], batch_size=batch_size, **settings_of)), "batch_size is .* from 1")


@pytest.mark.parametrize("decoding", [None, {"temperature": 1}, "greedy", [ONE_TOKEN] * 2, [None]])
def test_decodings_that_are_none(toy, decoding):
    refuses(lambda: toy.generate(["a"], decoding), "decoding")


@pytest.mark.parametrize("lengths", [3, [5], ["a"], [1, 2], [-1]])
def test_prompt_lengths_that_are_none(toy, lengths):
    refuses(lambda: list(toy.read_batches(["ab"], lengths)), "prompt.length")


def test_every_kind_of_whole_number_is_an_id(toy):
    expected = toy.read([1, 2]).states
    kinds = [np.array([1, 2], kind) for kind in ("u1", ">u2", "i8", "f4")]
    kinds += [torch.tensor([1, 2], dtype=kind) for kind in (torch.uint8, torch.int16, torch.bfloat16)]
    for ids in [*kinds, (1.0, np.int8(2)), range(1, 3), [torch.tensor(1), 2]]:
        assert torch.equal(toy.read(ids).states, expected)
    [text] = toy.generate([[1, 2]], ONE_TOKEN, seed=np.array(3.0), batch_size=np.int16(1))
    assert text.seed == toy.generate([[1, 2]], ONE_TOKEN, seed=3)[0].seed


def test_no_prompts_are_no_texts(toy):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert toy.generate([]) == list(toy.read_batches([])) == []
