"""Packed numbers against what a reader unpacks."""

import base64

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from llmgeo.report.page import packing

numbers = arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e9, 1e9, allow_subnormal=False) | st.just(np.nan))


@settings(max_examples=50, deadline=None)
@given(numbers)
def test_packed_numbers_keep_three_digits_and_what_is_missing(values):
    scale = packing.largest(values)
    read = np.frombuffer(base64.b64decode(packing.float16(values, scale)), "<f2").astype(float) * scale
    assert (np.isnan(read) == np.isnan(values)).all()
    known = np.isfinite(values)
    assert np.allclose(read[known], values[known], rtol=1e-3, atol=scale * 1e-7)
