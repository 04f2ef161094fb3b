"""The JSON Schemas in docs/ against another implementation: jsonschema, which knows nothing of pydantic."""

import json
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from llmgeo.engine import registry
from llmgeo.errors import RecipeError
from llmgeo.measures.catalogue import MEASURES
from llmgeo.recipe import list_recipes, load_recipe
from llmgeo.recipe.load import parse_recipe
from llmgeo.user_file import UserFile
from tests.recipe.test_measure_labels import COMPARISON
from tests.recipe.test_recipe import FAULTS, GOOD

ROOT = Path(__file__).parents[2]
VALIDATORS = {
    kind: Draft202012Validator(json.loads((ROOT / "docs" / f"{kind}.schema.json").read_text(encoding="utf-8")))
    for kind in registry.kinds()
}


def is_valid(text, kind="probe"):
    return VALIDATORS[kind].is_valid(tomllib.loads(text))


def reads(text):
    try:
        parse_recipe(UserFile("x.toml", text.encode(), None))
    except RecipeError:
        return False
    return True


def test_the_files_are_up_to_date(tmp_path):
    # In a process of its own: here, a test may have registered a measure by hand.
    subprocess.run([sys.executable, ROOT / "docs" / "make_schemas.py", tmp_path], check=True)
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert {name: (ROOT / "docs" / name).read_bytes() for name in made} == made, "run python docs/make_schemas.py"
    assert {file.name for file in (ROOT / "docs").glob("*.schema.json")} == set(made)


@pytest.mark.parametrize("kind", registry.kinds())
def test_each_is_a_schema(kind):
    Draft202012Validator.check_schema(VALIDATORS[kind].schema)
    assert VALIDATORS[kind].schema["properties"]["kind"]["const"] == kind


RECIPES = [*(ROOT / "probes").glob("*.toml"), ROOT / "benchmarks" / "small.toml"]


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: file.name)
def test_our_recipes_name_their_schema_and_pass_it(file):
    text = file.read_text(encoding="utf-8")
    [_, path] = text.split("\n", 1)[0].split(" ")
    assert text.startswith("#:schema ")
    schema = (file.parent / path).resolve()
    data = tomllib.loads(text)
    assert schema == ROOT / "docs" / f"{data['kind']}.schema.json"
    assert list(VALIDATORS[data["kind"]].iter_errors(data)) == []


def test_a_recipe_of_the_other_kind_is_refused():
    assert is_valid(GOOD)
    assert is_valid(COMPARISON, "compare")
    assert not is_valid(GOOD, "compare")
    assert not is_valid(COMPARISON)
    assert not is_valid(GOOD.replace('kind = "probe"\n', "", 1))


def told_by_one_key(said):
    """Whether a fault shows in one key alone, so that a schema can know of it."""
    across = (
        "taken by",
        "leave top_p out",
        "leave it out",
        "not generated",
        "Allowed: plain",
        "contrasts[0].a.conditions[0]",
    )
    beyond = (
        "not in the recipe's",
        "claims[0].measure = 'jump'",
        "once each",
        "U+",
        "not nan or inf",
        "not TOML",
        "[1.5]",
    )
    return not any(words in part for part in said for words in (*across, *beyond))


@pytest.mark.parametrize(
    ("old", "new"), [(old, new) for old, new, said in FAULTS if told_by_one_key(said) and "2020-01-01" not in new]
)
def test_what_one_key_shows_is_refused_by_the_schema(old, new):
    assert not is_valid(GOOD.replace(old, new, 1))


def test_faults_of_one_key_are_most():
    assert sum(told_by_one_key(said) for _, _, said in FAULTS) > 30


@pytest.mark.parametrize(
    "written",
    [
        '"gride"',
        '"gride(n1=4)"',
        '"gride( n1 = 4 )"',
        '{ name = "gride" }',
        '{ name = "gride", n1 = 4 }',
        '{ name = "rank_me" }',
    ],
)
def test_a_measure_with_parameters_passes(written):
    text = GOOD.replace('cloud = ["two_nn"]', f"cloud = [{written}]")
    assert reads(text)
    assert is_valid(text)


@pytest.mark.parametrize(
    "written",
    [
        '{ name = "gride", n1 = 0 }',
        '{ name = "gride", n2 = 4 }',
        '{ name = "rank_me", n1 = 4 }',
        "{ n1 = 4 }",
        '"rank_me(n1=4)"',
        '{ name = "jumps" }',
        "3",
    ],
)
def test_a_measure_with_wrong_parameters_is_refused(written):
    text = GOOD.replace('cloud = ["two_nn"]', f"cloud = [{written}]")
    assert not reads(text)
    assert not is_valid(text)


def test_every_bound_of_every_parameter_is_that_of_the_catalogue():
    cloud = VALIDATORS["probe"].schema["$defs"]["Measures"]["properties"]["cloud"]["items"]
    check = VALIDATORS["probe"].evolve(schema=cloud)
    for name, measure in MEASURES.items():
        for key, about in measure.parameters.items() if measure.kind == "cloud" else ():
            for value in (-1, 0, 0.5, 1, 1.5, 2, 3, 99, True, "mad", "x"):
                try:
                    about.check(value)
                except ValueError:
                    allowed = False
                else:
                    allowed = True
                assert check.is_valid({"name": name, key: value}) == allowed, (name, key, value)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_reads_passes_the_schema(data):
    """The schema forbids nothing that llmgeo takes: random changes of values and keys, in both kinds."""
    kind = data.draw(st.sampled_from(["probe", "compare"]))
    lines = {"probe": GOOD, "compare": COMPARISON}[kind].split("\n")
    places = [place for place, line in enumerate(lines) if re.match(r"\w+ = ", line)]
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from(places))
        key = lines[place].partition("=")[0]
        values = [
            '"x"', '"two words"', '"all"', '"last"', '"late third"', "3", "0", "4", "1.5", "[]", "[1, 2]", "true",
            '["gride"]', '["jumps", "step_length"]', '[{ name = "gride", n1 = 3 }]', '["mle(k=5)"]', '"a > b"',
            '"generate"', '"refuse"', '["refuse"]', '"entropy"', '{ name = "jumps" }', '"float16"', '"base"',
        ]  # fmt: skip
        lines[place] = f"{key}= {data.draw(st.sampled_from(values))}" if data.draw(st.booleans()) else ""
    text = "\n".join(lines)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    if reads(text):
        assert is_valid(text, kind), text


@pytest.mark.parametrize("kind", registry.kinds())
def test_every_key_of_ours_is_described(kind):
    """What an editor shows of a key; a table is described where it is defined."""
    schema = VALIDATORS[kind].schema
    for name, table in {"recipe": schema, **schema["$defs"]}.items():
        assert table["description"], name
        for key, about in table["properties"].items():
            references = "$ref" in about or "$ref" in about.get("items", {}) or key == "kind"
            assert references or about.get("description"), f"{name}.{key}"


def test_the_makers_need_no_argument():
    for name in ("make_schemas", "make_commands"):
        assert "main" in runpy.run_path(str(ROOT / "docs" / f"{name}.py"))


def test_every_kind_has_a_shipped_recipe_to_copy():
    assert set(list_recipes().values()) == {*registry.kinds()}
    assert all(type(load_recipe(name)) is registry.experiment(kind).schema for name, kind in list_recipes().items())
