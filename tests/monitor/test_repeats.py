"""The longest repeated suffix against a plain search, whatever the sequence."""

from hypothesis import given
from hypothesis import strategies as st

from llmgeo.monitor.channels import MaskedChannel, TextChannel
from llmgeo.monitor.repeats import Repeats, last_round

SEQUENCES = st.lists(st.integers(0, 3), min_size=1, max_size=60)


def longest(symbols):
    """Of the suffix that ends at an earlier place, too: by trying all."""
    end = len(symbols)
    matches = (
        next((back for back in range(place + 1) if symbols[place - back] != symbols[end - 1 - back]), place + 1)
        for place in range(end - 1)
    )
    return max(matches, default=0)


@given(SEQUENCES)
def test_every_length_is_that_of_a_plain_search(symbols):
    repeats = Repeats()
    assert [repeats.push(symbol) for symbol in symbols] == [longest(symbols[: end + 1]) for end in range(len(symbols))]


@given(SEQUENCES)
def test_the_names_of_symbols_do_not_matter(symbols):
    one, other = Repeats(), Repeats()
    assert [one.push(symbol) for symbol in symbols] == [other.push(f"x{symbol}") for symbol in symbols]


@given(SEQUENCES)
def test_the_last_round_is_a_repeat(symbols):
    matched = longest(symbols)
    found = last_round(symbols, matched)
    if not matched:
        assert found is None
        return
    run = len(symbols) - found.onset - found.period
    assert run >= matched
    assert symbols[found.onset : len(symbols) - found.period] == symbols[found.onset + found.period :]
    assert found.onset == 0 or symbols[found.onset - 1] != symbols[found.onset - 1 + found.period]
    assert found.copies == (run + found.period) / found.period


def test_what_lies_too_far_back_is_forgotten():
    repeats = Repeats(most=16)
    lengths = [repeats.push(symbol) for symbol in [*range(100), 98, 99, *range(3)]]
    assert lengths[100:] == [1, 2, 0, 0, 0]


def test_a_line_that_never_ends_is_found_without_a_word():
    channel = TextChannel()
    scores = [channel.push(7, False) for _ in range(400)]
    assert scores[100] < 4 < 6 < scores[-1]


def test_words_count_less_among_marks():
    scores = {}
    for marks in (0, 3):
        channel = TextChannel()
        once = [symbol for word in range(10) for symbol in (word, *[100] * marks)]
        scores[marks] = [channel.push(symbol, symbol != 100) for symbol in once * 2][-1]
    assert scores[0] == 10
    assert scores[3] < 4


def test_a_counter_hides_a_loop_from_the_text_and_not_from_the_masked_text():
    text, masked = TextChannel(), MaskedChannel()
    words = range(10, 90)
    for word in words:
        text.push(word, True), masked.push(word, True, False)
    for number in range(8):
        for symbol in (1, 2, 3, 6, 7, 8, 100 + number, *[200 + number] * (number % 3), 4, 5):
            plain = text.push(symbol, symbol < 100)
            blotted = masked.push(symbol, symbol < 100, symbol >= 100)
    assert plain < 5
    assert blotted > 20
    assert masked.last_round().copies > 7
    assert masked.last_round().onset == len(words)
