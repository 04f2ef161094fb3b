"""Slices of a trajectory's states, against torch's own indexing."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import llmgeo
from tests.model.families import build

TOKENS = 11
BOUND = st.none() | st.integers(-TOKENS, TOKENS)


@pytest.fixture(scope="module")
def trajectory(toy):
    return toy.read("x" * TOKENS)


@settings(max_examples=200, deadline=None)
@given(BOUND, BOUND, st.none() | st.integers(-TOKENS - 1, TOKENS + 1).filter(bool))
def test_a_slice_is_a_lists_slice(trajectory, start, stop, step):
    tokens = slice(start, stop, step)
    places = list(range(TOKENS))[tokens]
    assert torch.equal(trajectory.states_of(tokens), trajectory.states[:, places])


@settings(max_examples=200, deadline=None)
@given(BOUND, BOUND, st.none() | st.sampled_from([1, 2, 3, -1, -2]))
def test_of_a_window_only_what_was_kept_is_given(trajectory, start, stop, step):
    first, last = 4, 9
    window = dataclasses.replace(trajectory, states=trajectory.states[:, first:last], first_state=first)
    tokens = slice(start, stop, step)
    places = list(range(TOKENS))[tokens]
    if all(first <= place < last for place in places):
        assert torch.equal(window.states_of(tokens), trajectory.states[:, places])
    else:
        with pytest.raises(ValueError, match="were not kept; those of 4 to 9 were"):
            window.states_of(tokens)


@pytest.mark.parametrize("tokens", [slice(0, TOKENS + 1), slice(-TOKENS - 1, None)])
def test_no_slice_is_cut_short(trajectory, tokens):
    with pytest.raises(ValueError, match="the text has 11"):
        trajectory.states_of(tokens)


@pytest.mark.parametrize(
    "tokens", [3, None, [1, 2], "1:2", slice("a", None), slice(0.0, 2.0), slice(True, None), slice(0, 4, 1.5)]
)
def test_what_is_no_slice_of_whole_numbers_is_told_so(trajectory, tokens):
    with pytest.raises(TypeError, match="takes a slice"):
        trajectory.states_of(tokens)


def test_a_notebook_shows_characters_whole(toy):
    shown = toy.read("Café €5 🙂")._repr_html_()
    assert "Café €5 🙂" in shown
    assert "\ufffd" not in shown


def test_a_notebook_shows_ids_apart_where_there_is_no_tokenizer():
    [text] = llmgeo.load(build("llama")).generate([[12, 34]], llmgeo.Decoding(1, temperature=0))
    assert f"<i>12 34 </i>{text.token_ids[2]}" in text._repr_html_()
