"""The kind of a recipe: which schema reads it, and what is said where it is missing, misspelt or another command's."""

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic_core import PydanticCustomError

from llmgeo.engine import registry
from llmgeo.engine.request import make_request
from llmgeo.errors import RecipeError, UsageError
from llmgeo.experiments.compare.recipe import ComparisonRecipe
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.recipe import list_recipes, load_recipe
from llmgeo.recipe.load import parse_recipe
from llmgeo.recipe.shared import PromptedRecipe, require_own_names
from llmgeo.recipe.tables import RecipeTable
from llmgeo.user_file import UserFile
from tests.recipe.test_recipe import GOOD

COMPARISON = load_recipe("rlhf").source.decode()


def message(text):
    with pytest.raises(RecipeError) as caught:
        parse_recipe(UserFile("x.toml", text.encode(), None))
    said = str(caught.value)
    assert said.isprintable()
    return said


def test_every_kind_has_a_schema_that_says_which_command_runs_it():
    for kind in registry.kinds():
        experiment = registry.experiment(kind)
        assert issubclass(experiment.schema, PromptedRecipe if experiment.reads_texts else RecipeTable)
        assert re.fullmatch(r"llmgeo [a-z]+( [A-Z]+)*", experiment.command)
        assert list(experiment.schema.model_fields)[:3] == ["kind", "name", "title"]


@pytest.mark.parametrize(("name", "kind"), list_recipes().items())
def test_every_shipped_recipe_is_of_the_kind_that_is_listed(name, kind):
    recipe = load_recipe(name)
    assert (recipe.name, recipe.kind) == (name, kind)
    assert isinstance(recipe, registry.experiment(kind).schema)
    assert recipe.source.splitlines()[0].decode() == f"#:schema ../docs/{kind}.schema.json"


def test_the_page_on_recipes_names_every_kind_and_its_command():
    page = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
    rows = re.findall(r'^\| `"(\w+)"` \| `(llmgeo [^`]+)` \| `probes/(\w+)\.toml` \|', page, re.MULTILINE)
    assert [(kind, command) for kind, command, _ in rows] == [
        (kind, registry.experiment(kind).command) for kind in registry.kinds()
    ]
    assert {name: kind for kind, _, name in rows} == list_recipes()


def test_the_kind_decides_the_schema():
    assert isinstance(load_recipe("coherence"), Recipe)
    assert isinstance(load_recipe("rlhf"), ComparisonRecipe)


@pytest.mark.parametrize(
    ("text", "likely"),
    [(GOOD, "probe"), (COMPARISON, "compare"), ('name = "x"\n', "probe")],
    ids=["probe", "compare", "nothing to go by"],
)
def test_a_missing_kind_is_one_message_that_says_what_to_add(text, likely):
    said = message(re.sub(r"(?m)^kind = .*\n", "", text, count=1) if "kind" in text else text)
    known = ", ".join(f'"{kind}" ({registry.experiment(kind).command})' for kind in registry.kinds())
    assert said == f'x.toml: kind is missing; add kind = "{likely}" as the first key. Kinds: {known}'


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ('"prob"', "; did you mean probe?"),
        ('"comparison"', "; did you mean compare?"),
        ('"Compare"', "; did you mean compare?"),
        ('"xyz"', "."),
        ('""', "."),
        ("3", "."),
        ('["probe"]', "."),
        ("{ a = 1 }", "."),
        ('"\\u001b[2J"', "."),
    ],
)
def test_a_misspelt_kind_is_answered_with_the_nearest(written, near):
    said = message(GOOD.replace('kind = "probe"', f"kind = {written}"))
    assert re.match(r"x\.toml:1: kind = .* is not allowed", said)
    assert f'is not allowed{near} Allowed: "probe" (llmgeo probe MODEL), "compare"' in said


def test_a_misspelt_key_is_taken_for_kind():
    said = message(GOOD.replace('kind = "probe"', 'knid = "probe"'))
    assert said.startswith("x.toml:1: 'knid' is not a key of a recipe; did you mean kind?")


def test_a_recipe_for_another_command_is_told_which(tmp_path):
    with pytest.raises(UsageError, match=r"about two models, and 1 were given: llmgeo compare BASE TUNED$"):
        make_request(["toy"], "rlhf")
    with pytest.raises(UsageError, match=r"about one model, and 2 were given: llmgeo probe MODEL$"):
        make_request(["toy", "toy"], load_recipe("coherence"))
    file = tmp_path / "pair.toml"
    file.write_text(COMPARISON.replace('"rlhf"', '"pair"', 1), encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(f"llmgeo compare BASE TUNED --recipe {file}")):
        make_request(["toy"], file)


@pytest.mark.parametrize("name", list_recipes())
def test_canonical_json_is_read_back_as_the_same_recipe(name):
    recipe = load_recipe(name)
    again = type(recipe).model_validate_json(recipe.canonical())
    assert again.model_dump() == recipe.model_dump()
    assert again.canonical() == recipe.canonical()


def test_layers_by_number_survive_the_way_through_json():
    recipe = parse_recipe(UserFile("x.toml", GOOD.replace('"middle third"', "[2, 5]").encode(), None))
    assert Recipe.model_validate_json(recipe.canonical()).claims[0].layers == (2, 5)


@pytest.mark.parametrize("name", list_recipes())
def test_a_seed_is_checked(name):
    recipe = load_recipe(name)
    other = recipe.with_seed(7)
    assert (other.seed, getattr(other, recipe.seeded_by).seed) == (7, 7)
    assert other.with_seed(recipe.seed).canonical() == recipe.canonical()
    for seed in (-1, 2**63):
        with pytest.raises(RecipeError, match=rf"seed = {seed} is not allowed: .* a whole number from 0 to 2\^63 - 1"):
            recipe.with_seed(seed)


def test_names_differ_across_tables_that_are_told_apart_by_name():
    one, other = SimpleNamespace(name="one"), SimpleNamespace(name="other")
    require_own_names({"angles.claims": [one], "gain.claims": [other]})
    with pytest.raises(PydanticCustomError) as caught:
        require_own_names({"angles.claims": [other, one], "gain.claims": [one]})
    assert caught.value.context["path"] == ("gain", "claims", 0, "name")
    assert caught.value.context["why"] == "is taken by angles.claims[1]; each name stands once"


def test_kinds_are_listed_without_any_schema_and_read_without_torch():
    program = (
        "import sys\n"
        "from llmgeo.recipe import list_recipes, load_recipe\n"
        "names = list_recipes()\n"
        "assert not [name for name in sys.modules if name.startswith('llmgeo.experiments.')]\n"
        "for name in names: load_recipe(name)\n"
        "print('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"
