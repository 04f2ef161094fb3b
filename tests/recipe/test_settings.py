"""Keys of a recipe set from outside: what they change, what they leave alone, and what is said of a wrong one."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.errors import RecipeError
from llmgeo.recipe import load_recipe
from llmgeo.recipe.settings import with_settings
from llmgeo.user_file import UserFile

SOURCE = b"""# mine
title = "A question" # kept

[window]
tokens = 128 # of each text

[[conditions]]
name = "hot"
temperature = 1.6

[[conditions]]
name = "cool"
layers = [1, 2]
"""


def changed(*settings: str) -> dict:
    return tomllib.loads(with_settings(UserFile("mine.toml", SOURCE, None), settings).source.decode())


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("window.tokens=64", 64),
        ("window.tokens = 64", 64),
        ("title=My own question, asked again", "My own question, asked again"),
        ('title="1 = 1"', "1 = 1"),
        ("window.new=[1, 2]", [1, 2]),
        ("a.b.c=true", True),
        ("prompts.file=4gram.jsonl", "4gram.jsonl"),
    ],
)
def test_a_value_is_toml_or_else_a_text(setting, value):
    table = changed(setting)
    for step in setting.partition("=")[0].strip().split("."):
        table = table[step]
    assert table == value


@pytest.mark.parametrize("key", ["conditions.hot.temperature", "conditions[0].temperature"])
def test_a_table_in_a_list_is_found_by_name_or_place(key):
    assert [table.get("temperature") for table in changed(f"{key}=1.4")["conditions"]] == [1.4, None]


def test_a_table_within_an_inline_table_is_made():
    source = UserFile("mine.toml", b"a = { b = 1 }\n", None)
    assert tomllib.loads(with_settings(source, ["a.c.d=2"]).source.decode()) == {"a": {"b": 1, "c": {"d": 2}}}


def test_a_value_in_a_list_is_found_by_its_place():
    assert changed("conditions.cool.layers[1]=7")["conditions"][1]["layers"] == [1, 7]


def test_everything_else_stays_to_the_byte():
    text = with_settings(UserFile("mine.toml", SOURCE, None), ["window.tokens=64"]).source
    assert text == SOURCE.replace(b"128", b"64")


@given(st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans())
def test_any_number_arrives_as_it_is(number):
    written = str(number).lower() if isinstance(number, bool) else repr(number)
    assert changed(f"window.tokens={written}")["window"]["tokens"] == number


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("window", "there is no = in it"),
        ("window.tokens=", "there is no value"),
        ("window.tokens=[1", "no value of TOML"),
        ("title.x=2", "title is a value"),
        ("conditions[0]=3", "conditions[0] is a table of keys; set one of them, such as conditions[0].name"),
        ('conditions.hot={name="x"}', "conditions.hot is a table of keys"),
        ("title=\udcff", "no text in UTF-8"),
        ("conditions.hott.temperature=1", "did you mean hot?"),
        ("conditions[9].temperature=1", "conditions has 2 entries"),
        ("window[0]=1", "window is no list"),
        ("window..tokens=1", "is no key"),
        ("=1", "is no key"),
        (".".join("abcdefghij") + "=1", "at most 8 steps"),
        ("x\x1b[31m=1", "is no key"),
    ],
)
def test_a_wrong_setting_is_one_message(setting, said):
    with pytest.raises(RecipeError, match="--set") as error:
        changed(setting)
    assert said in str(error.value).replace("\\", "")
    assert "\x1b" not in str(error.value)


def test_a_recipe_says_what_was_set_and_what_is_allowed():
    recipe = load_recipe("coherence", ["window.tokens=64", "conditions.hot.temperature=1.4"])
    assert (recipe.window.tokens, recipe.condition("hot").temperature) == (64, 1.4)
    assert b"tokens = 64" in recipe.source
    assert recipe.with_limit(2).settings == ("window.tokens=64", "conditions.hot.temperature=1.4")
    with pytest.raises(RecipeError, match=r"window\.tokens=0'?: window\.tokens = 0 is not allowed"):
        load_recipe("coherence", ["window.tokens=0"])
    with pytest.raises(RecipeError, match="did you mean tokens"):
        load_recipe("coherence", ["window.tokenz=9"])


def test_a_fault_of_the_file_itself_keeps_its_line(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_bytes(load_recipe("coherence").source.replace(b"skip = 0", b"skip = -1"))
    with pytest.raises(RecipeError, match=r"mine\.toml:\d+: window\.skip"):
        load_recipe(file, ["window.skip=2"])
