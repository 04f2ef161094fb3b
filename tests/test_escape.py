"""Nothing that a model, a recipe or a file says may drive a terminal, and nothing visible may be lost."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.escape import literal

HOSTILE = {
    "\x1b[2J": "\\x1b[2J",
    "\x1b]0;title\x07": "\\x1b]0;title\\x07",
    "\x9b31m": "\\x9b31m",
    "a\nb\r\tc": "a\\nb\\r\\tc",
    "\u202etxt.exe": "\\u202etxt.exe",
    "\u2066\u2069": "\\u2066\\u2069",
    "zero\u200bwidth": "zero\\u200bwidth",
    "\u2028": "\\u2028",
    "\ud800": "\\ud800",
    "\U000e0041": "\\U000e0041",
    "[red]not markup[/red]": "[red]not markup[/red]",
    ":smile:": ":smile:",
    "</script><img>": "</script><img>",
}


@pytest.mark.parametrize("given_", HOSTILE, ids=ascii)
def test_hostile_text_is_shown_literally(given_):
    assert literal(given_) == HOSTILE[given_]


@given(st.text(st.characters(exclude_categories=()), max_size=50))
def test_what_comes_out_is_one_printable_line(text):
    shown = literal(text)
    assert shown.isprintable()
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown)


@given(st.text(st.characters(categories=("L", "N", "P", "S")), max_size=50))
def test_visible_text_stays_as_it_is(text):
    assert literal(text) == text


def test_a_long_text_says_that_it_goes_on():
    assert literal("x" * 100, longest=10) == "x" * 9 + "…"
