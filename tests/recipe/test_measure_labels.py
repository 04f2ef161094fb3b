"""Measures in a recipe: by name, by label, with parameters; and the message for each way of getting it wrong."""

from pathlib import Path

import pytest

import llmgeo
from llmgeo.errors import MeasureError, RecipeError
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.measures.catalogue import MEASURES, look_up
from llmgeo.recipe import load_recipe
from llmgeo.recipe.load import parse_recipe
from llmgeo.user_file import UserFile
from tests.recipe.test_recipe import GOOD

COMPARISON = load_recipe("rlhf").source.decode()


def read(cloud, measure='"jumps"'):
    text = GOOD.replace('cloud = ["two_nn"]', f"cloud = [{cloud}]").replace('measure = "jumps"', f"measure = {measure}")
    return parse_recipe(UserFile("x.toml", text.encode(), None))


def message(cloud, measure='"jumps"'):
    with pytest.raises(RecipeError) as caught:
        read(cloud, measure)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ('"gride"', "gride"),
        ('{ name = "gride" }', "gride"),
        ('{ name = "gride", n1 = 4 }', "gride(n1=4)"),
        ('{ n1 = 4, name = "gride" }', "gride(n1=4)"),
        ('"gride(n1=4)"', "gride(n1=4)"),
        ('"gride( n1 = 4 )"', "gride(n1=4)"),
        ('{ name = "gride", n1 = 2 }', "gride"),  # the default
        ('"gride(n1=2)"', "gride"),
        ('{ name = "two_nn", fraction = 0.5 }', "two_nn(fraction=0.5)"),
        ('{ name = "participation_ratio", unbiased = true }', "participation_ratio(unbiased=true)"),
    ],
)
def test_every_spelling_becomes_one_label(written, label):
    recipe = read(written)
    assert recipe.measures.cloud == (label,)
    assert label in recipe.measures.geometric
    assert look_up(label).label == label
    assert Recipe.model_validate_json(recipe.canonical()).measures == recipe.measures


@pytest.mark.parametrize("measure", ['"gride(n1=4)"', '{ name = "gride", n1 = 4 }'])
def test_a_claim_names_a_measure_with_its_parameters(measure):
    [claim] = read('"two_nn", { name = "gride", n1 = 4 }', measure).claims
    assert claim.measure == "gride(n1=4)"
    assert claim.words("3", "4") == f"{look_up('gride(n1=4)').words}: 3 against 4"


def test_two_configurations_of_one_measure_stand_side_by_side():
    assert read('"gride", { name = "gride", n1 = 4 }').measures.cloud == ("gride", "gride(n1=4)")


def test_every_default_is_allowed_and_makes_the_bare_name():
    for name, measure in MEASURES.items():
        for parameter, about in measure.parameters.items():
            assert measure.configure({parameter: about.default}).label == name


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            '{ name = "gride", n1 = 0 }',
            "x.toml:9: measures.cloud[0].n1 = 0 is not allowed: it must be a whole",
        ),
        ('{ name = "gride", n1 = "4" }', "measures.cloud[0].n1 = '4' is not allowed: it must be a whole number"),
        ('{ name = "gride", n1 = true }', "measures.cloud[0].n1 = true is not allowed: it must be a whole number"),
        ('{ name = "gride", n1 = nan }', "measures.cloud[0].n1 = nan is not allowed: it must be a whole number"),
        (
            '{ name = "two_nn", fraction = nan }',
            "fraction = nan is not allowed: it must be a number between 0 and 1",
        ),
        (
            '{ name = "two_nn", fraction = 1.5 }',
            "fraction = 1.5 is not allowed: it must be a number between 0 and 1",
        ),
        ('{ name = "gride", n_1 = 4 }', "measures.cloud[0].n_1 = 4 is not a parameter of gride; did you mean n1?"),
        ('{ name = "rank_me", n1 = 4 }', "measures.cloud[0].n1 = 4 is not a parameter of rank_me"),
        ('{ name = "grid", n1 = 4 }', "measures.cloud[0].name = 'grid' is not a known measure; did you mean gride?"),
        ('{ name = "jumps" }', "measures.cloud[0].name = 'jumps' is a token measure; list it under token"),
        (
            "{ n1 = 4 }",
            "measures.cloud[0] names no measure; write a name in quotes, or a table such as { name = ",
        ),
        ("{ name = 3 }", "measures.cloud[0].name = 3 names no measure"),
        ("3", "measures.cloud[0] = 3 is not allowed: it must be a name in quotes, or a table"),
        (
            '"gride(n1=0)"',
            "measures.cloud[0] = 'gride(n1=0)' cannot be measured: n1 = 0 of gride is not allowed",
        ),
        ('"gride(n2=4)"', "measures.cloud[0] = 'gride(n2=4)' cannot be measured: gride has no parameter 'n2'"),
        ('"gride()"', "measures.cloud[0] = 'gride()' cannot be measured"),
        (
            '"gride(n1=4"',
            "measures.cloud[0] = 'gride(n1=4' has a parenthesis that is not closed; write it as 'gride(n1=4)'",
        ),
        ('"gride("', "has a parenthesis that is not closed; write it as 'gride'"),
        ('"gride(n1=4) x"', "has something behind its parameters"),
        (f'{{ name = "gride", n1 = {10**200} }}', "measures.cloud[0] has parameters of more than 100 characters"),
        (f'"gride(n1={"9" * 5000})"', "cannot be measured"),
        ('"gride(\\u001b[2J=4)"', "cannot be measured: gride has no parameter"),
        ('"(n1=4)"', "measures.cloud[0] = '(n1=4)' is not a known measure"),
        ('"gride", { name = "gride", n1 = 2 }', "measures.cloud[1] is listed twice"),
        ('"gride(n1=4)", { name = "gride", n1 = 4 }', "measures.cloud[1] is listed twice"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_is_allowed(written, said):
    words = message(written)
    assert words.startswith("x.toml:9: ")
    assert said in words
    assert words.isprintable()


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        ('"gride(n1=8)"', "claims[0].measure = 'gride(n1=8)' is not in the recipe's [measures]"),
        ('"gride"', "claims[0].measure = 'gride' is not in the recipe's [measures]; did you mean gride(n1=4)?"),
        ('{ name = "grid" }', "claims[0].measure.name = 'grid' is not a known measure; did you mean gride?"),
        ('{ name = "gride", n1 = -1 }', "claims[0].measure.n1 = -1 is not allowed: it must be a whole number from 1"),
        ("3", "claims[0].measure = 3 is not allowed: it must be a text in quotes"),
        ("[]", "claims[0].measure = [] is not allowed: it must be a text in quotes"),
    ],
)
def test_a_claim_names_what_the_recipe_lists(measure, said):
    assert said in message('{ name = "gride", n1 = 4 }', measure)


def test_a_comparison_takes_parameters_too_and_knows_no_baselines():
    text = COMPARISON.replace('"gride", "part', '{ name = "gride", n1 = 4 }, "part')
    assert "gride(n1=4)" in parse_recipe(UserFile("x.toml", text.encode(), None)).measures.geometric
    with pytest.raises(RecipeError, match=r"cloud\[2\] = 'entropy' is a baseline measure; Known here: intrinsic_dim"):
        parse_recipe(UserFile("x.toml", COMPARISON.replace('"gride", "part', '"entropy", "part').encode(), None))


def test_a_run_calls_a_measure_by_its_label_everywhere(tmp_path):
    small = Path(__file__).parents[2] / "benchmarks" / "small.toml"
    text = small.read_text(encoding="utf-8").replace('"small.txt"', f'"{small.with_name("small.txt")}"')
    text = text.replace('"step_length", "turning_angle"', '"step_length", "jumps", { name = "jumps", rule = "mad" }')
    file = tmp_path / "mine.toml"
    file.write_text(text.replace('measure = "turning_angle"', 'measure = "jumps(rule=mad)"'), encoding="utf-8")
    run = llmgeo.probe("toy", recipe=file, limit=2, out=tmp_path / "run")
    assert {"jumps", "jumps(rule=mad)"} < set(run.tokens.columns)
    assert (run.tokens["jumps"].dropna() != run.tokens["jumps(rule=mad)"].dropna()).any()
    assert {"jumps", "jumps(rule=mad)"} < set(run.estimates["measure"])
    assert run.claims["measure"].tolist() == ["jumps(rule=mad)"]
    assert "(rule = mad)" in run.claims["words"][0]
    assert llmgeo.analyze(run, recipe=file).claims.equals(run.claims)


def test_a_number_in_a_label_is_shown_as_one():
    with pytest.raises(MeasureError, match=r"^n1 = 0 of gride is not allowed; it must be a whole number from 1"):
        look_up("gride(n1=0)")
    with pytest.raises(MeasureError, match=r"^n1 = 'many' of gride is not allowed"):
        look_up("gride(n1=many)")
