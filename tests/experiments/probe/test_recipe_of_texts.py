"""The recipe that is made of a table of texts, and which of its rows a run reads."""

import tomllib

import pytest

from llmgeo.errors import RecipeError, UsageError
from llmgeo.experiments.probe.given_rows import check_rows, given_rows
from llmgeo.experiments.probe.recipe_of_texts import MOST_LABELS, named_table, recipe_of_texts
from llmgeo.recipe import load_recipe
from llmgeo.recipe.load import parse_recipe
from llmgeo.texts.text_table import read_texts
from llmgeo.texts.window import FEWEST, MOST, SHARE, window_filled
from llmgeo.user_file import UserFile


def labelled(*labels, **more):
    return [{"text": f"text {n}", "label": label, **more} for n, label in enumerate(labels)]


def recipe_for(rows, **more):
    return recipe_of_texts(read_texts(rows), "texts", 32, **more)


def test_two_labels_are_one_contrast():
    recipe = recipe_for(labelled("good", "bad", "good"))
    assert [(condition.name, condition.label) for condition in recipe.conditions] == [("good", "good"), ("bad", "bad")]
    [contrast] = recipe.contrasts
    assert (contrast.name, contrast.a.conditions, contrast.b.conditions) == ("good against bad", ("good",), ("bad",))
    assert recipe.measures == load_recipe("coherence").measures
    assert recipe.claims == ()


def test_more_labels_are_each_pair_and_each_against_the_rest():
    recipe = recipe_for(labelled(*"abcd"))
    assert len(recipe.contrasts) == 6 + 4
    rest = recipe.contrasts[-1]
    assert (rest.name, rest.a.conditions, rest.b.conditions) == ("d against the rest", ("d",), ("a", "b", "c"))


def test_without_labels_there_is_one_condition_and_no_contrast():
    recipe = recipe_for([{"text": "a"}])
    assert [condition.label for condition in recipe.conditions] == [None]
    assert recipe.contrasts == ()


def test_it_is_a_recipe_like_any_other():
    label = 'sehr "gut" \\ 🙂'
    recipe = recipe_for(labelled(label, "хорошо"), about_window="because", settings=["window.skip=3"])
    assert "# because" in recipe.source.decode()
    again = parse_recipe(UserFile("recipe.toml", recipe.source, None))
    assert again.canonical() == recipe.canonical()
    assert again.window.skip == 3
    assert [condition.label for condition in again.conditions] == [label, "хорошо"]
    assert [condition["file"] for condition in tomllib.loads(recipe.source.decode())["conditions"]] == ["texts"] * 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (labelled("only", "only"), "every text has the label 'only', and it takes two"),
        (labelled("a b", "a-b"), "the labels 'a b' and 'a-b' would both be called a-b"),
        (labelled(*map(str, range(MOST_LABELS + 1))), f"{MOST_LABELS + 1} labels .* at most {MOST_LABELS} are set"),
    ],
)
def test_labels_that_cannot_be_set_against_each_other_are_told(rows, said):
    with pytest.raises(UsageError, match=said):
        named_table(rows)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"texts": None, "window": 64}, "window=64 goes with texts="),
        ({"recipe": "depth"}, "texts= makes a recipe of its own, and recipe='depth' was given too"),
        ({"prompts": "a.txt"}, "and prompts='a.txt' was given too"),
        ({"window": 2}, "window=2: give a whole number from 3"),
        ({"window": True}, "window=True: give a whole number"),
    ],
)
def test_what_does_not_go_together_is_told(asked, said):
    with pytest.raises(UsageError, match=said):
        named_table(**{"texts": labelled("a", "b"), **asked})


def test_a_misspelt_setting_is_told():
    with pytest.raises(RecipeError, match="did you mean window"):
        recipe_for(labelled("a", "b"), settings=["wimdow.tokens=3"])


# -- rows --------------------------------------------------------------------------------------------------------------


def rows(recipe, source, limit=None):
    return given_rows(recipe, {"texts": read_texts(source)}, limit)


def test_a_limit_takes_as_many_of_every_label_and_a_larger_one_goes_on():
    source = labelled(*["good"] * 5, *["bad"] * 5)  # sorted by label, as files often are
    recipe = recipe_for(source)
    few, more = (rows(recipe, source, limit) for limit in (2, 4))
    assert [given.row.label for given in few] == ["good", "bad", "good", "bad"]
    assert more[:4] == few
    assert len(rows(recipe, source)) == 10


def test_groups_stay_together_and_are_what_is_resampled():
    source = [{"text": f"{n}", "label": "ab"[n % 2], "group": f"prompt {n // 4}"} for n in range(12)]
    found = rows(recipe_for(source), source, limit=2)
    assert [given.group for given in found] == ["prompt 0"] * 4 + ["prompt 1"] * 4
    assert len({given.group for given in rows(recipe_for(labelled("a", "b")), labelled("a", "b"))}) == 2


def two_files(**ids):
    source = "\n".join(
        f'[[conditions]]\nname = "{name}"\nkind = "file"\nfile = "{name}.jsonl"' for name in ("human", "model")
    )
    head = 'kind = "probe"\nname = "two"\ntitle = "Two"\n[measures]\ncloud = ["two_nn"]\n'
    recipe = parse_recipe(UserFile("two.toml", (head + source).encode(), None))
    return recipe, {f"{name}.jsonl": read_texts([{"text": name, **ids}]) for name in ("human", "model")}


def test_rows_of_two_files_are_two_cases_unless_a_group_says_otherwise():
    recipe, tables = two_files()
    assert [given.group for given in given_rows(recipe, tables)] == ["human.jsonl: row-1", "model.jsonl: row-1"]
    recipe, tables = two_files(group="prompt 1")
    assert [given.group for given in given_rows(recipe, tables)] == ["prompt 1", "prompt 1"]
    assert [given.sample for given in given_rows(recipe, tables)] == ["row-1-human", "row-1-model"]


def test_a_label_that_is_not_there_is_told():
    recipe = recipe_for(labelled("good", "bad"))
    with pytest.raises(UsageError, match="takes the label 'bad', which no text of texts has; did you mean bat"):
        check_rows(recipe, {"texts": read_texts(labelled("good", "bat"))})
    with pytest.raises(UsageError, match="It has no labels"):
        check_rows(recipe, {"texts": read_texts([{"text": "a"}])})


# -- the window --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 9, 10, 11, 99, 1000])
def test_the_window_is_the_largest_that_nine_in_ten_of_each_label_fill(count):
    lengths = {"a": list(range(100, 100 + count)), "b": [10_000] * 3}
    window = window_filled(lengths)
    fill = [sum(length >= size for length in lengths["a"]) / count for size in (window, window + 1)]
    assert fill[0] >= SHARE
    assert fill[1] < SHARE or window == MOST


def test_it_has_a_floor_and_a_ceiling():
    assert window_filled({"a": [3, 4, 5]}) == FEWEST
    assert window_filled({"a": [3000]}) == MOST
    assert window_filled({"a": [3000]}, most=100) == 100
