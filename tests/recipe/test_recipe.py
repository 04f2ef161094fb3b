"""Recipes: what a good one holds, and the one message that a bad one gets."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from llmgeo.errors import RecipeError
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.measures.catalogue import MEASURES
from llmgeo.recipe import list_recipes, load_recipe
from llmgeo.recipe.load import parse_recipe
from llmgeo.recipe.toml_file import parse
from llmgeo.user_file import UserFile

GOOD = """\
kind = "probe"
name = "mine"
title = "My recipe"

[prompts]
file = "coherence.jsonl"

[measures]
cloud = ["two_nn"]
token = [
    "jumps",  # a comment
    "turning_angle",
]

[[conditions]]
name = "plain"
kind = "generate"
temperature = 1

[[conditions]]
name = "greedy"
kind = "generate"
temperature = 0.0

[[conditions]]
name = "again"
kind = "read"
text = "same"
of = "plain"

[[contrasts]]
name = "greedy against plain"
a = { conditions = ["greedy"] }
b = { conditions = ["plain"], label = "fluent" }

[[claims]]
name = "jumpy"
sentence = "Plain text jumps."
source = "nobody"
measure = "jumps"
layers = "middle third"
a = { conditions = ["plain"] }
b = { conditions = ["greedy"] }
expect = "a > b"
"""


def read(text: str | bytes) -> Recipe:
    return parse_recipe(UserFile("x.toml", text if isinstance(text, bytes) else text.encode(), None))


def message(text: str | bytes) -> str:
    with pytest.raises(RecipeError) as caught:
        read(text)
    said = str(caught.value)
    assert "\n" not in said
    assert said.isprintable()
    return said


def changed(old: str, new: str) -> tuple[str, int]:
    """GOOD with one change, and the line on which it starts."""
    assert GOOD.count(old) >= 1
    return GOOD.replace(old, new, 1), GOOD[: GOOD.index(old)].count("\n") + 1


class TestGoodRecipe:
    def test_defaults_and_values(self):
        recipe = read(GOOD)
        assert (recipe.generation.new_tokens, recipe.generation.seed) == (192, 0)
        assert (recipe.window.skip, recipe.window.tokens) == (0, 128)
        assert recipe.condition("plain").temperature == 1.0
        assert recipe.condition("plain").top_p == 1.0
        assert recipe.condition("again").of == "plain"
        assert recipe.measures.geometric == ("two_nn", "jumps", "turning_angle")
        assert recipe.prompts.limit is None
        assert recipe.source == GOOD.encode()

    def test_is_frozen(self):
        recipe = read(GOOD)
        with pytest.raises(ValueError, match="frozen"):
            recipe.generation.seed = 3
        assert hash(recipe.conditions) == hash(read(GOOD).conditions)

    def test_canonical_is_blind_to_spelling_and_to_nothing_else(self):
        canonical = read(GOOD).canonical()
        respelt = GOOD.replace("temperature = 1\n", "temperature = 1.0 # the same\n") + "[window]\ntokens = 128\n"
        assert read(respelt).canonical() == canonical
        assert read("\ufeff" + GOOD.replace("\n", "\r\n")).canonical() == canonical
        assert read(GOOD.replace("temperature = 1\n", "temperature = 1.1\n")).canonical() != canonical
        again = Recipe.model_validate(parse(UserFile("", GOOD.encode(), None)).data)
        assert again.canonical() == canonical

    def test_canonical_can_be_read_back_and_cut(self):
        recipe = read(GOOD)
        data = json.loads(recipe.canonical())
        assert data["window"] == {"skip": 0, "tokens": 128}
        assert set(json.loads(recipe.canonical("prompts", "conditions"))) == {"prompts", "conditions"}

    def test_with_limit(self):
        recipe = read(GOOD).with_limit(5)
        assert recipe.prompts.limit == 5
        assert recipe.source == GOOD.encode()
        with pytest.raises(RecipeError, match="limit = 0 is not allowed"):
            recipe.with_limit(0)

    def test_from_path(self, tmp_path):
        file = tmp_path / "my recipe.toml"
        file.write_text(GOOD, encoding="utf-8")
        for given_path in (file, str(file)):
            recipe = load_recipe(given_path)
            assert (recipe.name, recipe.path) == ("mine", file)

    def test_unknown_condition(self):
        with pytest.raises(RecipeError, match=r"no condition 'gredy'; did you mean greedy\? .*: plain, greedy, again"):
            read(GOOD).condition("gredy")


class TestClaim:
    @pytest.mark.parametrize("blocks", [1, 2, 3, 4, 12, 30, 31, 32, 80])
    def test_thirds_are_equal_and_cover_the_blocks(self, blocks):
        claim = read(GOOD).claims[0]
        thirds = [
            claim.model_copy(update={"layers": f"{name} third"}).layer_numbers(blocks)
            for name in ("early", "middle", "late")
        ]
        assert all(thirds)
        assert set().union(*thirds) == set(range(1, blocks + 1))
        if blocks >= 3:
            assert sum(map(len, thirds)) == blocks
            assert max(map(len, thirds)) - min(map(len, thirds)) <= 1

    def test_all_and_named_layers(self):
        claim = read(GOOD).claims[0]
        assert claim.model_copy(update={"layers": "all"}).layer_numbers(3) == (0, 1, 2, 3)
        named = read(changed('"middle third"', "[0, 7]")[0]).claims[0]
        assert named.layer_numbers(7) == (0, 7)
        with pytest.raises(RecipeError, match="'jumpy' asks for layer 7, but this model has layers 0 to 6"):
            named.layer_numbers(6)

    def test_words(self):
        claim = read(GOOD).claims[0]
        assert claim.words("2", "1.23") == "jumps per 100 tokens: 2 against 1.23"
        assert claim.unit == "per 100 tokens"

    def test_a_phrase_is_no_program(self):
        text, _ = changed('expect = "a > b"', 'expect = "a > b"\nphrase = "{b} {a.__class__} {a} {}"')
        assert read(text).claims[0].words("1", "2") == "2 {a.__class__} 1 {}"


class TestShipped:
    @pytest.mark.parametrize("name", list_recipes())
    def test_every_shipped_recipe_reads(self, name):
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.path is None
        assert recipe.source

    def test_coherence_is_what_the_readme_promises(self):
        recipe = load_recipe("coherence")
        assert {condition.name: condition.kind for condition in recipe.conditions} == {
            "nucleus": "generate",
            "cool": "generate",
            "greedy": "generate",
            "hot": "generate",
            "nucleus_read": "read",
            "shuffled": "read",
            "repeat": "read",
        }
        assert (recipe.generation.new_tokens, recipe.window.tokens, recipe.prompts.limit) == (192, 128, 32)
        assert {claim.measure for claim in recipe.claims} >= {"jumps", "turning_angle", "participation_ratio"}
        assert all("arXiv" in claim.source for claim in recipe.claims)

    def test_table_of_measures(self):
        assert {measure.kind for measure in MEASURES.values()} == {"cloud", "token", "path", "baseline"}
        assert {name for name, measure in MEASURES.items() if measure.cloud == "text"} == {
            name for name, measure in MEASURES.items() if measure.kind == "cloud"
        }


# What is replaced in GOOD, by what, and what the message must say besides the file and the line.
FAULTS = [
    ("temperature = 1\n", "temprature = 0.7\n", ["conditions[0].temprature", "did you mean temperature?", "top_p"]),
    ('title = "My recipe"', 'titel = "My recipe"', ["titel is not a key of a recipe", "did you mean title?"]),
    ('file = "coherence.jsonl"', 'file = "a.txt"\nfiel = 1', ["prompts.fiel", "did you mean file?"]),
    ('file = "coherence.jsonl"', 'file = ""', ["prompts.file = ''", "not empty"]),
    (
        'file = "coherence.jsonl"',
        'file = "a"\nlimit = 0',
        ["prompts.limit = 0 is not allowed: it must be a whole number from 1"],
    ),
    ('file = "coherence.jsonl"', 'file = "a"\nlimit = "3"', ["prompts.limit = '3'", "whole number"]),
    ('file = "coherence.jsonl"', 'file = "a"\nlimit = true', ["prompts.limit = true", "whole number"]),
    ('cloud = ["two_nn"]', 'cloud = ["two_n"]', ["measures.cloud[0] = 'two_n'", "did you mean two_nn?", "gride"]),
    ('cloud = ["two_nn"]', 'cloud = ["jumps"]', ["is a token measure", "list it under token"]),
    ('cloud = ["two_nn"]', 'cloud = ["entropy"]', ["is a baseline measure", "list it under baselines"]),
    ('cloud = ["two_nn"]', 'cloud = ["two_nn", "two_nn"]', ["measures.cloud[1]", "listed twice"]),
    ('cloud = ["two_nn"]', 'cloud = "two_nn"', ["measures.cloud = 'two_nn'", "a list in square brackets"]),
    ('    "turning_angle"', '    "turning_angel"', ["measures.token[1]", "did you mean turning_angle?"]),
    ('name = "plain"', 'name = "pl ain"', ["conditions[0].name = 'pl ain'", "letters, digits"]),
    ('name = "greedy"', 'name = "plain"', ["conditions[1].name = 'plain'", "taken by conditions[0]"]),
    ('kind = "generate"', 'kind = "genrate"', ["conditions[0].kind = 'genrate'", "did you mean generate?", '"read"']),
    (
        "temperature = 1\n",
        "temperature = nan\n",
        ["conditions[0].temperature = nan", "a number from 0 to 100 (not nan or inf)"],
    ),
    (
        "temperature = 1\n",
        "temperature = inf\n",
        ["conditions[0].temperature = inf", "a number from 0 to 100 (not nan or inf)"],
    ),
    (
        "temperature = 1\n",
        "temperature = -1.5\n",
        ["conditions[0].temperature = -1.5", "must be a number from 0 to 100"],
    ),
    ("temperature = 1\n", 'temperature = "1"\n', ["conditions[0].temperature = '1'", "must be a number"]),
    ("temperature = 1\n", f"temperature = {10**400}\n", ["conditions[0].temperature = (a number of about 401 digits)"]),
    (
        "temperature = 1\n",
        "temperature = 1\ntop_p = 1.2\n",
        ["conditions[0].top_p = 1.2", "must be a number above 0, up to 1"],
    ),
    ("temperature = 0.0", "temperature = 0.0\ntop_p = 0.9", ["conditions[1].top_p = 0.9", "greedy; leave top_p out"]),
    ('text = "same"', 'text = "shufled"', ["conditions[2].text = 'shufled'", "did you mean shuffled?", '"repeat"']),
    ('of = "plain"', 'of = "plian"', ["conditions[2].of = 'plian'", "did you mean plain?", "Allowed: plain, greedy"]),
    ('of = "plain"', 'of = "again"', ["conditions[2].of = 'again'", "is read, not generated"]),
    ('text = "same"', 'text = "repeat"', ["conditions[2].of", "no effect", "leave it out"]),
    ('a = { conditions = ["greedy"] }', 'a = { conditions = ["gredy"] }', ["contrasts[0].a.conditions[0] = 'gredy'"]),
    (
        'a = { conditions = ["greedy"] }',
        "a = { conditions = [] }",
        ["contrasts[0].a.conditions = [] is empty; list at least one"],
    ),
    ('a = { conditions = ["greedy"] }', "a = 3", ["contrasts[0].a = 3", "a table of keys"]),
    ('a = { conditions = ["greedy"] }', 'a = { condition = ["greedy"] }', ["did you mean conditions?"]),
    ('label = "fluent"', 'label = "fluet"', ["contrasts[0].b.label = 'fluet'", "did you mean fluent?", '"loop"']),
    ('measure = "jumps"', 'measure = "jump"', ["claims[0].measure = 'jump'", "did you mean jumps?"]),
    ('measure = "jumps"', 'measure = "gride"', ["claims[0].measure = 'gride'", "not in the recipe's [measures]"]),
    ('layers = "middle third"', 'layers = "midle third"', ["claims[0].layers", "did you mean middle third?"]),
    ('layers = "middle third"', "layers = []", ["claims[0].layers = []", "a list of layer numbers"]),
    ('layers = "middle third"', "layers = [-1]", ["claims[0].layers = [-1]", "from 0 on"]),
    ('layers = "middle third"', "layers = [1, 1]", ["claims[0].layers = [1, 1]", "each once"]),
    ('layers = "middle third"', "layers = [1.5]", ["claims[0].layers = [1.5]", "a list of layer numbers"]),
    ('expect = "a > b"', 'expect = "b > a"', ["claims[0].expect = 'b > a'", '"a > b", "a < b"']),
    ('expect = "a > b"', 'expect = "a > b"\nphrase = "{a} and"', ["claims[0].phrase", "{a} and {b} once each"]),
    ('sentence = "Plain', 'sentence = "\\u001b[2JPlain', ["claims[0].sentence = '\\x1b[2J", "U+001B"]),
    ('sentence = "Plain', 'sentence = "\\u202EPlain', ["claims[0].sentence", "U+202E"]),
    ('title = "My recipe"', 'title = "two\\nlines"', ["title = 'two\\nlines'", "must be one line"]),
    ('name = "mine"', 'name = "../mine"', ["name = '../mine'", "letters, digits"]),
    ('name = "mine"', "name = 3", ["name = 3", "a text in quotes"]),
    ('name = "mine"', "name = 2020-01-01", ["name = 2020-01-01 is not allowed", "a text in quotes"]),
    ('name = "mine"', 'name = "mine"\nname = "yours"', ["not TOML", "Cannot overwrite a value", "stands twice"]),
    ('name = "mine"', "name = mine", ["not TOML", "Invalid value"]),
    ('name = "mine"', f"name = {'9' * 5000}", ["not TOML"]),
    ('name = "mine"', 'name = "mine"\n"\\u001b[2J" = 1', ["'\\x1b[2J' is not a key of a recipe"]),
]


@pytest.mark.parametrize(
    ("old", "new", "said"), FAULTS, ids=[f"{i}-{new.strip()[:30]}" for i, (_, new, _) in enumerate(FAULTS)]
)
def test_one_message_names_file_line_key_value_and_what_is_allowed(old, new, said):
    text, line = changed(old, new)
    words = message(text)
    for part in said:
        assert part in words
    found = re.match(r"x\.toml:(\d+): ", words)
    if "9999" not in new:  # Python's own message about 5,000 digits has no position
        assert found, words
        assert int(found[1]) - line in (0, 1)


class TestWholeRecipe:
    @pytest.mark.parametrize("empty", ["", "\n\n", "# nothing\n", "\ufeff", "\r\n"])
    def test_empty(self, empty):
        assert "x.toml is empty" in message(empty)

    def test_missing_table(self):
        text = re.sub(r"\[measures\]\n(?:[^\n]+\n)+", "", GOOD)
        assert "x.toml: measures is missing; a recipe has: kind, name, title" in message(text)

    def test_conditions_that_begin_with_prompts_need_some(self):
        text = re.sub(r"\[prompts\]\n(?:[^\n]+\n)+", "", GOOD)
        assert "x.toml: the recipe has no [prompts], and the condition 'plain' begins with them" in message(text)

    def test_no_measure(self):
        text = re.sub(r"cloud = .*\n|token = \[[^]]*\]\n", "", GOOD)
        assert "x.toml:8: measures names no measure" in message(text)

    def test_no_conditions(self):
        text = GOOD[: GOOD.index("[[conditions]]")]
        assert "conditions is missing" in message(text)
        assert "is empty; list at least one" in message("conditions = []\n" + text)
        assert "conditions = 3 is not allowed: it must be a list" in message("conditions = 3\n" + text)
        assert "conditions[0] = 3 is not allowed: it must be a table" in message("conditions = [3]\n" + text)
        assert "x.toml:1: conditions[0].name is missing; a read condition has: kind, name, text, of" in message(
            'conditions = [{kind = "read"}]\n' + text
        )

    def test_misspelt_key_is_named_before_the_key_that_is_then_missing(self):
        assert "titel is not a key" in message(GOOD.replace("title =", "titel ="))

    def test_window_longer_than_the_text(self):
        said = message(GOOD + "[window]\nskip = 100\n")
        assert "window.tokens" in said
        assert "skip = 100 reach beyond generation.new_tokens = 192" in said

    @pytest.mark.parametrize("seed", ["nan", "inf", "-1", "1.5", '"0"', "true", str(2**63), str(10**4000)])
    def test_seed(self, seed):
        said = message(GOOD + f"[generation]\nseed = {seed}\n")
        assert "generation.seed = " in said
        assert said.startswith(f"x.toml:{GOOD.count(chr(10)) + 2}: ")

    def test_missing_kind(self):
        said = message(GOOD.replace('kind = "generate"\n', "", 1))
        assert said == 'x.toml:15: conditions[0].kind is missing; allowed: "generate", "read", "file"'

    def test_read_condition_needs_of(self):
        assert "conditions[2] needs the key of: the condition whose text is read" in message(
            GOOD.replace('of = "plain"\n', "")
        )

    def test_generated_and_read_are_never_contrasted(self):
        said = message(GOOD.replace('a = { conditions = ["greedy"] }', 'a = { conditions = ["again"] }'))
        assert "contrasts[0] mixes generated and read conditions (generate: plain; read: again)" in said
        assert "4-6 %" in said
        one_side = message(GOOD.replace('a = { conditions = ["plain"] }', 'a = { conditions = ["plain", "again"] }'))
        assert "claims[0] mixes generated and read" in one_side

    def test_a_sample_is_never_on_both_sides(self):
        both = GOOD.replace('a = { conditions = ["greedy"] }', 'a = { conditions = ["greedy", "plain"] }')
        assert "contrasts[0] has 'plain' on both sides" in message(both)
        labelled = both.replace('["greedy", "plain"]', '["greedy", "plain"], label = "loop"')
        assert read(labelled).contrasts[0].a.label == "loop"

    @pytest.mark.parametrize("table", ["contrasts", "claims"])
    def test_names_stand_once(self, table):
        block = GOOD[GOOD.index(f"[[{table}]]") :].split("\n\n")[0]
        assert f"{table}[1].name" in message(f"{GOOD}\n{block}\n")

    def test_not_utf8(self):
        said = message(GOOD.replace("nobody", "Müller").encode("latin-1"))
        assert said.startswith(f"x.toml:{GOOD[: GOOD.index('nobody')].count(chr(10)) + 1}: the byte 0xfc is not UTF-8")
        assert "UTF-8" in message(GOOD.encode("utf-16"))

    def test_bombs(self):
        assert "nested too deeply" in message("a = " + "[" * 5000)
        assert "nested too deeply" in message("a = " + "{a=" * 5000)
        assert "dots in one line" in message("a" + ".a" * 50_000 + " = 1")
        assert "262,144" in message("#" * 300_000)
        assert message("[" + ".".join("a" * 250) + "]\n" + ".".join("b" * 250) + " = 1")
        assert "not TOML" in message("a = 1\x00")


class TestFinding:
    def test_no_such_recipe(self):
        with pytest.raises(
            RecipeError, match=r"no recipe 'coherance'; did you mean coherence\? There are: .*coherence"
        ):
            load_recipe("coherance")

    @pytest.mark.parametrize("name", ["", "x\x00y", "\x1b[2J", "a" * 5000, "é"])
    def test_strange_names(self, name):
        with pytest.raises(RecipeError, match="no recipe"):
            load_recipe(name)

    @pytest.mark.parametrize("path", ["nowhere/x.toml", "coherence.toml", "x\x00.toml", "a" * 5000 + ".toml", "/\x1b/"])
    def test_strange_paths(self, path):
        with pytest.raises(RecipeError, match=r"one of: .*coherence") as caught:
            load_recipe(path)
        assert str(caught.value).isprintable()

    def test_folder_and_device(self, tmp_path):
        with pytest.raises(RecipeError, match="is a folder, not a file"):
            load_recipe(tmp_path)
        if Path("/dev/zero").exists():
            with pytest.raises(RecipeError, match="is not a regular file"):
                load_recipe("/dev/zero")

    def test_message_names_the_file_as_given(self, tmp_path):
        file = tmp_path / "x.toml"
        file.write_text(changed("temperature = 1\n", "temprature = 1\n")[0])
        with pytest.raises(
            RecipeError, match=re.escape(f"{file}:18: conditions[0].temprature is not a key of a generated")
        ):
            load_recipe(file)


WORDS = [
    *re.findall(r"[\w.]+|\S|\n", GOOD),
    *[
        "nan",
        "inf",
        "-",
        '"""',
        "'''",
        "1e999",
        "0x",
        "1979-05-27",
        "\\u001b",
        "\\",
        "\ufeff",
        "\x00",
        "\r",
        "ü",
        "..",
        "[[",
        "]]",
    ],
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)))
@example("a = [1,")
def test_rubbish_raises_nothing_but_a_recipe_error(source):
    source = source if isinstance(source, bytes) else source.encode()
    with pytest.raises(RecipeError):
        read(source)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_recipe_reads_or_raises_a_recipe_error(data):
    lines = GOOD.split("\n")
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        action = data.draw(st.sampled_from(["drop", "twice", "value", "cut", "swap"]))
        if action == "drop":
            lines[place] = ""
        elif action == "twice":
            lines[place] = f"{lines[place]}\n{lines[place]}"
        elif action == "value":
            key = lines[place].partition("=")[0]
            value = data.draw(
                st.sampled_from(['"x"', "3", "-1", "nan", "[]", "{}", "[[1]]", "true", '["plain"]', "1e400"])
            )
            lines[place] = f"{key}= {value}"
        elif action == "cut":
            lines[place] = lines[place][: data.draw(st.integers(0, 40))]
        else:
            other = data.draw(st.integers(0, len(lines) - 1))
            lines[place], lines[other] = lines[other], lines[place]
    try:
        json.loads(read("\n".join(lines)).canonical())
    except RecipeError as error:
        said = str(error)
    else:
        said = ""
    assert said.isprintable()


def _paths(value, path=()):
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, (*path, key))
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from _paths(item, (*path, place))


def test_every_key_has_its_line():
    """The line finder against the text: the key's last name, or the element, stands on the line it gives."""
    tricky = '''
top."a b" = 1
s = """
[not.a.table]
x = 1
"""
t = \'\'\'
"""\'\'\'
list = [ [1, 2], # ] comment
  [3, {k = "v", l.m = [4]}],
]
[a.b]
c = 1979-05-27T07:32:00.5Z
[[a.list]]
d = "# no \\" comment"
[a.list.e]
f = +1.5
[[a.list]]
d = 'x = ['
[[a.list.deep]]
g = {}
[[a.list.deep]]
g = []
'''
    for text in (tricky, GOOD, load_recipe("coherence").source.decode()):
        document = parse(UserFile("x", text.encode(), None))
        lines = text.split("\n")
        for path in _paths(document.data):
            assert path in document.lines or path[:-1] == ("a",) or path == ("a",) or isinstance(path[-1], str)
            if path in document.lines and isinstance(path[-1], str):
                assert path[-1] in lines[document.lines[path] - 1]
    document = parse(UserFile("x", tricky.encode(), None))
    at = document.lines
    assert at[("top", "a b")] == 2
    assert at[("list", 1, 1, "l", "m", 0)] == 10
    assert at[("a", "list", 0, "e", "f")] == 17
    assert at[("a", "list", 1, "deep", 1, "g")] == 23
