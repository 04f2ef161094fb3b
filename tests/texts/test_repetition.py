"""Published numbers of repetition against a literal reading of their rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmgeo.texts.repetition import distinct_n, diversity, loop_onset, looping_suffix, rep_n


def holtzman_by_the_letter(tokens):
    """For every phrase length, count how often the last phrase stands in a row; the rule on the most frequent one."""
    counts = {}
    for n in range(1, 91):
        if n > len(tokens):
            break
        phrase, count = tokens[-n:], 1
        while tokens[-n * (count + 1) : -n * count] == phrase:
            count += 1
        counts[n] = count
    n, count = max(counts.items(), key=lambda item: (item[1], -item[0]), default=(0, 0))
    return n if count > 1 and (n >= 3 or count > 50) else 0


few_words = st.lists(st.integers(0, 2), max_size=60)


@settings(max_examples=400, deadline=None)
@given(few_words, few_words, st.integers(0, 70))
def test_looping_suffix_is_the_published_rule(head, phrase, repeats):
    tokens = head + (phrase * repeats)[:400]
    assert looping_suffix(tokens) == holtzman_by_the_letter(tokens)


@settings(max_examples=200, deadline=None)
@given(few_words, st.integers(3, 90), st.integers(2, 5), st.data())
def test_a_loop_is_found_with_its_period_and_its_beginning(head, period, repeats, data):
    phrase = list(range(100, 100 + period))
    partial = data.draw(st.integers(0, period - 1))
    tokens = head + phrase * repeats + phrase[:partial]
    assert looping_suffix(tokens) == period
    assert loop_onset(tokens) == len(head)


@pytest.mark.parametrize(
    ("tail", "period"),
    [
        ([7] * 50, 0),
        ([7] * 51, 1),
        ([7, 8] * 50, 0),
        ([7, 8] * 51, 2),
        ([1, 2, 3, 1, 2, 3], 3),
        ([1, 2, 3, 1, 2], 0),
        (list(range(100, 190)) * 2, 90),
        (list(range(100, 191)) * 2, 0),
    ],
)
def test_where_the_rule_draws_its_lines(tail, period):
    tokens = np.array([40, 41, 42, *tail])
    assert looping_suffix(tokens) == period
    assert loop_onset(tokens) == (3 if period else None)


@settings(max_examples=100, deadline=None)
@given(few_words, st.integers(1, 5))
def test_rep_n_counts_the_n_grams_seen_before(tokens, n):
    seen, repeated, total = set(), 0, 0
    for start in range(len(tokens) - n + 1):
        n_gram = tuple(tokens[start : start + n])
        repeated += n_gram in seen
        total += 1
        seen.add(n_gram)
    expected = repeated / total if total else np.nan
    assert rep_n(tokens, n) == pytest.approx(expected, nan_ok=True)
    assert distinct_n(tokens, n) == pytest.approx(1 - expected, nan_ok=True)


def test_rep_4_sees_a_loop_that_the_text_has_left_again():
    tokens = [1, 2, 3, 4, 5] * 12 + list(range(50, 80))
    assert looping_suffix(tokens) == 0
    assert loop_onset(tokens) is None
    assert rep_n(tokens, 4) == pytest.approx(52 / 87)  # 57 4-grams inside the loop, 5 of them distinct


def test_diversity_is_the_product_over_two_three_and_four():
    tokens = [1, 2, 1, 2, 1, 3]
    assert diversity(tokens) == pytest.approx((3 / 5) * (3 / 4) * (3 / 3))
    assert np.isnan(diversity([1, 2, 3]))


@pytest.mark.parametrize("tokens", [[], [1], [1, 1], [1, 2, 3]])
def test_the_shortest_texts_are_no_loops(tokens):
    assert (looping_suffix(tokens), loop_onset(tokens)) == (0, None)


def test_shapes_that_are_no_text_are_refused():
    with pytest.raises(ValueError, match="token_ids"):
        rep_n([[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="n must"):
        rep_n([1, 2], n=0)
