"""Given texts as token ids: what is measured, what stands before it, and where a context ends."""

import pytest

from llmgeo.errors import UsageError
from llmgeo.model.given_texts import GivenText, encode_row, parts_of
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.sources.resolve import Source
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from llmgeo.texts.text_rows import TextRow

TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}</{{ m.role }}>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
CHAT = ({"role": "user", "content": "Say So."}, {"role": "assistant", "content": " So. "})


def with_template(template):
    tokenizer = toy_tokenizer()
    tokenizer.chat_template = template
    return LanguageModel(Source(toy_model(), tokenizer, "toy", "toy"))


@pytest.fixture(scope="module")
def chatty():
    return with_template(TEMPLATE)


def test_the_first_token_of_a_text_is_never_measured(toy):
    given = encode_row(TextRow("a", "row 1", text="Paris"), toy)
    assert (toy.decode(given.ids), given.before, given.special, given.length) == ("Paris", 1, 0, 4)


def test_of_prompt_and_answer_the_answer_is_measured(toy):
    given = encode_row(TextRow("a", "row 1", prompt="Where? ", text="Paris"), toy)
    assert toy.decode(given.ids[: given.before]) == "Where? "
    assert toy.decode(given.ids[given.before :]) == "Paris"


def test_the_last_answer_of_a_chat_is_measured_and_the_template_stands_before_it(chatty):
    given = encode_row(TextRow("a", "row 1", messages=CHAT), chatty)
    assert chatty.decode(given.ids[: given.before]) == given.prompt == "<user>Say So.</user><assistant>"
    assert chatty.decode(given.ids[given.before :]) == "So."


def test_a_chat_without_an_answer_is_one_text(chatty):
    given = encode_row(TextRow("a", "row 1", messages=CHAT[:1]), chatty)
    assert chatty.decode(given.ids) == "<user>Say So.</user>"
    assert (given.before, given.prompt) == (1, "")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (None, "row 7: there are messages, and the model's tokenizer has no chat template"),
        (
            "{{ raise_exception('Roles must alternate.') }}",
            r"refuses these messages \('Roles must alternate.?'\)",
        ),
        ("{% for m in messages[:-1] %}{{ m.content[:3] }}{% endfor %}", "row 7: .*leaves it out"),
    ],
)
def test_a_chat_that_the_template_cannot_take_is_told_with_its_row(template, said):
    with pytest.raises(UsageError, match=said):
        encode_row(TextRow("a", "row 7", messages=CHAT), with_template(template))


def test_a_token_that_the_tokenizer_puts_before_a_text_is_the_one_that_is_not_measured(toy):
    class WithStart:
        tokenizer = None

        def encode(self, text):
            return (256, *toy.encode(text))

        def encode_continuation(self, text):
            return toy.encode_continuation(text)

    given = encode_row(TextRow("a", "row 1", text="Paris"), WithStart())
    assert (given.before, given.special, given.length) == (1, 1, 5)
    long = encode_row(TextRow("a", "row 1", text="abcdefghi"), WithStart())
    parts = list(parts_of(long, context=5, window=2))
    assert [part.ids[0] for part in parts] == [256, 256], "every part begins as a text does"
    assert [toy.decode(part.ids[1:]) for part in parts] == ["abcd", "efgh"], "the rest, i, does not fill a window"
    assert [(part.part, part.parts, part.first) for part in parts] == [(1, 2, 0), (2, 2, 4)]


@pytest.mark.parametrize("length", [1, 9, 10, 11, 19, 20, 21, 57])
def test_parts_are_the_text_without_what_fills_no_window(length):
    given, window = GivenText(tuple(range(length)), 1), 4
    parts = list(parts_of(given, 10, window))
    joined = tuple(token for part in parts for token in part.ids)
    assert joined == given.ids[: len(joined)]
    assert length - len(joined) <= window
    assert all(len(part.ids) <= 10 and part.length >= window for part in parts[1:])
    assert [part.first for part in parts] == [10 * number for number in range(len(parts))]


def test_of_a_long_prompt_the_beginning_is_left_out_and_the_answer_is_whole():
    given = GivenText((99, *range(30)), 25, special=1, prompt="why")
    [part] = parts_of(given, 16, window=6)
    assert part.ids[: part.before][0] == 99
    assert part.ids[part.before :] == given.ids[25:]
    assert part.before + 6 == 16
    assert part.first == 15
    assert list(parts_of(given, None, 6)) == [given]
