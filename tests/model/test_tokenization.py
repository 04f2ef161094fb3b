"""From texts to ids and back: nothing begins twice or ends early, and the tokens' strings are the text."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from llmgeo.errors import Remark, UsageError
from llmgeo.model.sources.toy import toy_tokenizer
from llmgeo.model.token_strings import token_strings
from llmgeo.model.tokenization import Tokenization

START, END = 257, 256


def tokenizer_with(template):
    """The toy's, with a start token and what it puts around a text."""
    tokenizer = toy_tokenizer()
    tokenizer.add_special_tokens({"bos_token": "<start>"})
    special = [("<start>", START), ("<end>", END)]
    tokenizer._tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=special)
    return tokenizer


def sentencepiece_like():
    """Words that carry the space before them, as Llama 2's do, and bytes for characters it does not know."""
    words = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "▁the", "▁cat", "the", "s", ".", "▁."]
    tokenizer = Tokenizer(models.BPE(vocab={word: i for i, word in enumerate(words)}, merges=[], byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>"), len(words)


@pytest.mark.parametrize(
    ("template", "text", "expected", "remarks"),
    [
        ("$A", "Hi", [39, 72], 0),
        ("<start> $A", "Hi", [START, 39, 72], 0),
        ("<start> $A", "<start>Hi", [START, 39, 72], 1),
        ("<start> $A", "<start><start>Hi", [START, START, 39, 72], 1),
        ("<start> $A", "", [START], 0),
        ("<start> $A <end>", "Hi", [START, 39, 72], 1),
        ("<start> $A <end>", "<start>Hi", [START, 39, 72], 2),
        ("<start> $A <end>", "Hi<end>", [START, 39, 72, END], 1),
        ("$A <end>", "Hi", [39, 72], 1),
        ("$A", "Hi<end>", [39, 72, END], 0),
    ],
)
def test_a_text_begins_once_and_does_not_end(template, text, expected, remarks):
    texts = Tokenization(tokenizer_with(template), 258, (END,))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert texts.encode(text) == tuple(expected)
        texts.encode(text)
    assert [remark.category for remark in said] == [Remark] * remarks, "each is said once"


def test_ids_are_taken_as_they_are():
    texts = Tokenization(tokenizer_with("<start> $A <end>"), 258, (END,))
    assert texts.encode([START, START, 39, END]) == (START, START, 39, END)


@pytest.mark.parametrize("tokenizer", [lambda text, **more: 1 / 0, lambda text, **more: {"input_ids": None}, "gpt2"])
def test_a_tokenizer_that_fails_is_said_to(tokenizer):
    with pytest.raises(UsageError, match=r"tokenizer"):
        Tokenization(tokenizer, 258).encode("Hi")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 256), max_size=90) | st.text(max_size=30))
def test_joined_the_strings_are_the_text_of_bytes(ids):
    tokenizer = toy_tokenizer()
    given_text = ids if isinstance(ids, str) else None
    ids = tokenizer(ids)["input_ids"] if given_text is not None else ids
    text = tokenizer.decode(ids)
    strings = token_strings(ids, text, tokenizer.batch_decode)
    assert len(strings) == len(ids)
    assert "".join(strings) == text
    if given_text is not None:
        # A character's bytes: none of its own but the last one's.
        assert list(strings) == [part for c in given_text for part in ["", "", "", c][-len(c.encode()) :]]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 263), max_size=60))
def test_joined_the_strings_are_the_text_of_words(ids):
    tokenizer, _ = sentencepiece_like()
    text = tokenizer.decode(ids)
    assert "".join(token_strings(ids, text, tokenizer.batch_decode)) == text


def test_words_keep_the_spaces_before_them():
    tokenizer, _ = sentencepiece_like()
    ids = tokenizer.convert_tokens_to_ids(["▁the", "▁cat", "s", "<0xE2>", "<0x82>", "<0xAC>", "▁the", "."])
    text = tokenizer.decode(ids)
    assert text == "the cats€ the."
    strings = token_strings(ids, text, tokenizer.batch_decode)
    assert strings == ("the", " cat", "s", "", "", "€", " the", ".")


@pytest.mark.parametrize("ids", [[255] * 5000, [127, 126] * 2500], ids=["never a character", "always one"])
def test_a_long_text_of_broken_characters_takes_no_longer_than_another(ids):
    """One call of the tokenizer for each few tokens, none for ever longer beginnings of the text."""
    tokenizer, longest = toy_tokenizer(), 0

    def decode_each(lists):
        nonlocal longest
        longest = max(longest, *map(len, lists))
        return tokenizer.batch_decode(lists)

    text = tokenizer.decode(ids)
    assert "".join(token_strings(ids, text, decode_each)) == text
    assert longest <= 40


def test_without_a_tokenizer_the_ids_are_the_strings():
    texts = Tokenization(None, 10)
    assert texts.strings((), "") == ()
    assert texts.strings((1, 2), texts.decode((1, 2))) == ("1", "2")
    with pytest.raises(UsageError, match="no tokenizer"):
        texts.encode("Hi")
