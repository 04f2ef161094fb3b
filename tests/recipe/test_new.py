"""A recipe to begin with: it runs as it is, its schema lies beside it, and nothing that is there is overwritten."""

import json
from pathlib import Path

import pytest

from llmgeo.engine import registry
from llmgeo.errors import RecipeError, UsageError
from llmgeo.recipe import load_recipe
from llmgeo.recipe.new import new_recipe
from llmgeo.texts.prompts import read_prompts


@pytest.mark.parametrize("kind", registry.kinds())
def test_every_kind_has_one_that_is_that_of_llmgeo_but_for_its_name(tmp_path, kind):
    file = tmp_path / "mine.toml"
    for path, content in new_recipe(file, kind).items():
        path.write_bytes(content)
    recipe, copied = load_recipe(file), load_recipe(registry.experiment(kind).recipe)
    assert recipe.name == "mine"
    assert recipe.model_copy(update={"name": copied.name}).canonical() == copied.canonical()
    schema = file.with_name(recipe.source.decode().splitlines()[0].removeprefix("#:schema "))
    assert json.loads(schema.read_text())["properties"]["kind"]["const"] == kind
    assert recipe.source.count(b"#") == copied.source.count(b"#")  # its comments


def test_prompts_are_named_from_the_folder_of_the_recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "mine.txt").write_text("Once upon\n")
    file = tmp_path / "sub" / "mine.toml"
    file.write_bytes(new_recipe(file, prompts=tmp_path / "mine.txt", settings=["window.tokens=64"])[file])
    recipe = load_recipe(file)
    assert recipe.prompts.file == "../mine.txt"
    assert recipe.window.tokens == 64
    assert [prompt.text for prompt in read_prompts(recipe.prompts.file, beside=file)] == ["Once upon"]


@pytest.mark.parametrize(
    ("name", "options", "error", "said"),
    [
        ("mine.txt", {}, UsageError, "try .*mine.toml"),
        ("there.toml", {}, UsageError, "is there already"),
        ("no/mine.toml", {}, UsageError, "there is no folder"),
        ("mine.toml", {"kind": "prob"}, UsageError, "did you mean probe"),
        ("mine.toml", {"kind": "weights", "prompts": "mine.txt"}, RecipeError, "reads no prompts"),
        ("mine.toml", {"prompts": "nowhere.txt"}, RecipeError, "there is no file"),
        ("mine.toml", {"settings": ["window.tokens=0"]}, RecipeError, "mine.toml with --set"),
    ],
)
def test_a_mistake_is_one_message_and_writes_nothing(tmp_path, name, options, error, said):
    (tmp_path / "there.toml").write_text("")
    (tmp_path / "mine.txt").write_text("Once upon\n")
    if "prompts" in options:
        options = {**options, "prompts": tmp_path / options["prompts"]}
    with pytest.raises(error, match=said):
        new_recipe(tmp_path / name, **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt", "there.toml"]


def test_a_name_that_no_recipe_could_have_is_made_one(tmp_path):
    file = tmp_path / "mein rezept!.toml"
    assert b'name = "mein-rezept"' in new_recipe(file)[file]


@pytest.mark.parametrize("name", ["mine 😀.txt", 'q"uote.txt'])
def test_a_prompt_file_of_any_name_is_named(tmp_path, name):
    (tmp_path / name).write_text("Once upon\n")
    file = tmp_path / "mine.toml"
    file.write_bytes(new_recipe(file, prompts=tmp_path / name)[file])
    assert load_recipe(file).prompts.file == name


def test_a_file_that_is_no_schema_is_not_written_over(tmp_path):
    file, schema = tmp_path / "mine.toml", tmp_path / "probe.schema.json"
    schema.write_bytes(new_recipe(file)[schema])
    assert schema in new_recipe(file)  # one of an earlier version may be replaced
    for text in ("my own", '{"properties": {"kind": {"const": "depth"}}}'):
        schema.write_text(text)
        with pytest.raises(UsageError, match="is no schema of probe recipes"):
            new_recipe(file)
    schema.unlink()
    schema.mkdir()
    with pytest.raises(UsageError, match="is no schema of probe recipes"):
        new_recipe(file)


def test_no_name_is_no_name():
    with pytest.raises(UsageError, match=r"try mine\.toml"):
        new_recipe(Path())
