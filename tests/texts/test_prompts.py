"""Prompt files: the shipped ones hold what their recipes need, and a bad one gets one message."""

import hashlib
import json
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from llmgeo.engine import registry
from llmgeo.errors import RecipeError
from llmgeo.recipe import list_recipes, load_recipe
from llmgeo.texts.prompts import Prompt, given_prompts, list_prompts, prompts_digest, read_prompts


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes, name: str = "x.jsonl"):
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


def row(**values: object) -> str:
    return json.dumps({"id": "a", "text": "Once upon", **values}) + "\n"


class TestShipped:
    @pytest.mark.parametrize("name", list_prompts())
    def test_every_file_reads(self, name):
        assert read_prompts(name)

    @pytest.mark.parametrize("name", list_recipes())
    def test_every_recipe_finds_enough_prompts(self, name):
        recipe = load_recipe(name)
        if not registry.experiment(recipe.kind).reads_texts:
            assert not hasattr(recipe, "prompts")
            return
        assert len(read_prompts(recipe.prompts.file, beside=recipe.path)) >= (recipe.prompts.limit or 1)

    def test_coherence_covers_all_kinds_evenly_from_the_start(self):
        prompts = read_prompts("coherence.jsonl")
        assert len(prompts) >= 128
        for count in (16, 32, 64, 128):
            assert set(Counter(prompt.kind for prompt in prompts[:count]).values()) == {count // 16}

    def test_coherence_openings_go_on(self):
        """An opening that ends a sentence invites the model to stop there."""
        for prompt in read_prompts("coherence.jsonl"):
            assert prompt.text == prompt.text.strip()
            assert not re.search(r"[.!?;。！？…\"]$", prompt.text), prompt.id
            assert 15 < len(prompt.text) < 260

    def test_coherence_scripts(self):
        prompts = read_prompts("coherence.jsonl")
        assert all(prompt.text.isascii() for prompt in prompts[:32])
        assert sum(not prompt.text.isascii() for prompt in prompts) >= 12
        first_letters = "".join(prompt.text for prompt in prompts)
        for script in ("[一-鿿]", "[ぁ-ん]", "[А-я]", "[ऀ-ॿ]", "[éñüãë]"):
            assert re.search(script, first_letters)

    def test_rlhf_has_equal_parts_and_pairs(self):
        prompts = read_prompts("rlhf.jsonl")
        kinds = ["harmless", "refuse", "reasoning_plain", "reasoning_steps"]
        assert [prompt.kind for prompt in prompts] == kinds * 24
        plain = {prompt.id.removesuffix("-plain"): prompt.text for prompt in prompts if prompt.kind == kinds[2]}
        steps = {prompt.id.removesuffix("-steps"): prompt.text for prompt in prompts if prompt.kind == kinds[3]}
        assert plain.keys() == steps.keys()
        for key, text in plain.items():
            assert steps[key] == f"{text} Let's think step by step."  # Kojima et al. 2022, arXiv 2205.11916


class TestGoodFiles:
    def test_jsonl(self, write):
        file = write(
            "\ufeff" + row() + "\r\n" + row(id="b", text="Zwölf  \u2028Boxer ", kind="x").replace("\n", "\r\n")
        )
        assert read_prompts(file) == (Prompt("a", "Once upon"), Prompt("b", "Zwölf  \u2028Boxer ", "x"))
        assert read_prompts(str(file)) == read_prompts(file)

    def test_txt(self, write):
        assert read_prompts(write("One\n\n  two\u2028three \n", "x.txt")) == (
            Prompt("line-1", "One"),
            Prompt("line-3", "  two\u2028three "),
        )

    def test_hostile_text_is_a_text(self, write):
        text = "</script>\x1b[2J\u202e=HYPERLINK()\x00"
        assert read_prompts(write(row(text=text)))[0].text == text

    def test_beside_the_recipe(self, write, tmp_path):
        write(row(), "mine.jsonl")
        recipe = tmp_path / "x.toml"
        assert read_prompts("mine.jsonl", beside=recipe) == (Prompt("a", "Once upon"),)
        assert read_prompts("coherence.jsonl", beside=recipe) == read_prompts("coherence.jsonl")
        write(row(), "coherence.jsonl")
        assert len(read_prompts("coherence.jsonl", beside=recipe)) == 1


FAULTS = [
    (row() + row(text="Other"), ":2: the id 'a' stands on line 1 already"),
    (row() + "\n" + row(id="b"), ":3: the text 'Once upon' stands on line 1 already"),
    ("", " holds no prompt; write one a line"),
    ("\ufeff\r\n \n", " holds no prompt"),
    (row(text=""), ":1: text is empty"),
    (row(text=" \n"), ":1: text is empty"),
    (row(id=""), ":1: id is empty"),
    (row() + "{'id': 1}\n", ":2: this is not JSON: Expecting property name"),
    (row() + '{"id": "b", "text": "cut o', ":2: this is not JSON: Unterminated string starting at at column 21"),
    (row(txet="a"), ":1: 'txet' is not a key of a prompt; did you mean text? Allowed: id, kind, group, text"),
    ('{"id": "a", "id": "b", "text": "c"}', ":1: the key id stands twice"),
    ('{"id": "a"}', ":1: the key text is missing"),
    ('{"text": "a"}', ":1: the key id is missing"),
    (row(id=7), ":1: id = 7 must be a text in quotes"),
    (row(text=None), ":1: text = None must be a text in quotes"),
    (row(text={"a": 1}), ":1: text = "),
    (row(id="a\nb"), ":1: id = 'a\\nb' must be one printable line"),
    (row(id="a" * 201), "at most 200 characters"),
    (row(kind="\x1b"), ":1: kind = '\\x1b' must be one printable line"),
    (row(group=" "), ":1: group is empty"),
    (row(group="\x1b"), ":1: group = '\\x1b' must be one printable line"),
    ('["a", "b"]', ":1: ['a', 'b'] is not an object"),
    ("NaN", ":1: nan is not an object"),
    ('{"id": "a", "text": "\\ud800"}', ":1: text holds half of a surrogate pair"),
    ("[" * 100_000, ":1: this is nested too deeply"),
    ("1" * 5000, ":1: this is not JSON: a number has too many digits"),
    (b'{"id": "a", "text": "x"}\n{"id": "b", "text": "\xfc"}', ":2: the byte 0xfc is not UTF-8"),
]


@pytest.mark.parametrize(("content", "said"), FAULTS, ids=[said[:40] for _, said in FAULTS])
def test_one_message_names_file_line_and_what_to_do(write, content, said):
    file = write(content)
    with pytest.raises(RecipeError) as caught:
        read_prompts(file)
    message = str(caught.value)
    assert message.startswith(str(file))
    assert said in message
    assert message.isprintable()


class TestFinding:
    def test_txt_faults(self, write):
        with pytest.raises(RecipeError, match=r"x\.txt:3: the text 'a' stands on line 1 already"):
            read_prompts(write("a\nb\na\n", "x.txt"))
        with pytest.raises(RecipeError, match=r"x\.txt holds no prompt; write one a line \(plain text, UTF-8\)"):
            read_prompts(write("\n", "x.txt"))

    def test_other_suffix(self, write):
        with pytest.raises(RecipeError, match=r"x\.csv is not a prompt file: its name must end in \.jsonl"):
            read_prompts(write(row(), "x.csv"))

    @pytest.mark.parametrize("name", ["nowhere.jsonl", "coherance.jsonl", "", "a\x00", "a" * 5000, "\x1b/x", "../../x"])
    def test_missing(self, name, tmp_path):
        for beside in (None, tmp_path / "r.toml"):
            with pytest.raises(RecipeError, match=r"one of: coherence\.jsonl") as caught:
                read_prompts(name, beside=beside)
            assert str(caught.value).isprintable()

    def test_folder(self, tmp_path):
        with pytest.raises(RecipeError, match="is a folder"):
            read_prompts(tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "text", "kind", "x"]), inner),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(st.binary(max_size=100), st.lists(JSON, max_size=3).map(lambda rows: "\n".join(map(json.dumps, rows))))
)
@example('{"id": "\\udfff", "text": "a"}')
def test_rubbish_raises_nothing_but_a_recipe_error(write, content):
    for name in ("x.jsonl", "x.txt"):
        try:
            prompts = read_prompts(write(content, name))
        except RecipeError as error:
            said = str(error)
        else:
            said = ""
            assert all(prompt.text.strip() and prompt.text.encode() for prompt in prompts)
        assert said.isprintable()


def test_texts_that_are_given():
    given = given_prompts(["Once", {"text": "Twice"}, {"id": "c", "text": "Thrice", "kind": "story"}, Prompt("d", "x")])
    assert [(prompt.id, prompt.text, prompt.kind) for prompt in given] == [
        ("prompt-1", "Once", "text"), ("prompt-2", "Twice", "text"), ("c", "Thrice", "story"), ("d", "x", "text")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "the list of prompts is empty"),
        (["a", "a"], "prompt 2: the text 'a' stands at prompt 1 already"),
        (["a", 3], "prompt 2 is 3; give a text"),
        (["  "], "prompt 1: text is empty"),
        ([{"txt": "a"}], "prompt 1: 'txt' is not a key of a prompt; did you mean text"),
        ({"id": "a"}, "give a list of texts"),
    ],
)
def test_texts_that_are_none(texts, said):
    with pytest.raises(RecipeError, match=re.escape(said)):
        given_prompts(texts)


def test_another_group_makes_another_digest_and_none_makes_none():
    """A run of prompts without groups goes on as it was begun before there were any."""
    alone, tied, other = (Prompt("a", "Once", group=group) for group in (None, "book 1", "book 2"))
    assert len({prompts_digest([each]) for each in (alone, tied, other)}) == 3
    assert prompts_digest([alone]) == hashlib.sha256(b'["a", "Once"]').hexdigest()[:16]
