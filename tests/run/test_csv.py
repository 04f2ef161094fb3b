"""A table as CSV: what any reader reads back is what was written."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.run.csv import cell, text

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from('\r\n,"\t= ab'))


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_every_row_is_read_back(rows):
    frame = pd.DataFrame(rows, columns=["first", "a\rb"])
    written = text(frame)
    [header, *read] = csv.reader(io.StringIO(written, newline=""))
    assert header == ["first", "a\rb"]
    assert [tuple(row) for row in read] == [(cell(first), cell(second)) for first, second in rows]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_line_end_within_a_text_is_quoted_and_rows_end_with_a_line_feed(end):
    frame = pd.DataFrame({"text": [f"a{end}b", f"c{end}"], "value": [0.1, None]})
    assert text(frame) == f'text,value\n"a{end}b",0.1\n"c{end}",\n'
    assert text(frame, escaped=True).count("\n") == 3
