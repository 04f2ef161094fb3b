"""Classes of tokens: a few texts cut in several ways, and what must hold of any cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.texts.token_class import CLASSES, token_classes


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["The", " cat", "s", "."], "word_start word_start continuation punctuation"),
        (["don", "'t", " 3", "3", "rd"], "word_start punctuation number number word_start"),
        (["\n\n", "\tx", " ", "y"], "whitespace word_start whitespace word_start"),
        (["", "é", "", "ß"], "continuation word_start continuation continuation"),
        (["漢", "字"], "word_start continuation"),
        ([" (", "a"], "punctuation word_start"),
        (["don'", "t"], "word_start continuation"),
    ],
)
def test_classes(tokens, expected):
    assert token_classes(tokens) == expected.split()


@given(st.lists(st.text(max_size=4)))
def test_every_token_has_one_class(tokens):
    classes = token_classes(tokens)
    assert len(classes) == len(tokens)
    assert set(classes) <= {*CLASSES}
