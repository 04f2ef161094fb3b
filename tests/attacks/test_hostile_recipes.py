"""Recipes and prompt files from someone who means harm: the message each gets, from the command, and that nothing runs.

`tests/recipe/test_recipe.py` asks of every key what is said about it; here it is the whole way, from command line to
stderr.
"""

import os

import pytest
from typer.testing import CliRunner

from llmgeo.cli.app import app
from tests.recipe.test_recipe import GOOD

ESCAPE = "\\u001b[2J"
RECIPES = {
    "escape in the title": (GOOD.replace('title = "', f'title = "{ESCAPE}'), "must not contain the character U+001B"),
    "raw escape": (GOOD.replace('title = "', 'title = "\x1b[2J'), "this is not TOML"),
    "direction turned round": (GOOD.replace('title = "', 'title = "\\u202e'), "U+202E"),
    "line separator": (GOOD.replace('title = "', 'title = "\\u2028'), "U+2028"),
    "escape as the kind": (GOOD.replace('"probe"', f'"{ESCAPE}"', 1), "is not allowed. Allowed: "),
    "kind that is code": (GOOD.replace('"probe"', '"os:system"', 1), "is not allowed. Allowed: "),
    "kind that is a module": (GOOD.replace('"probe"', '"llmgeo.experiments.probe.recipe:Recipe"', 1), "is not allowed"),
    "escape as a measure": (GOOD.replace('"two_nn"', f'"{ESCAPE}"'), "is not a known measure"),
    "escape as a parameter": (
        GOOD.replace('"two_nn"', f'{{ name = "gride", "{ESCAPE}" = 1 }}'),
        "is not a parameter of gride",
    ),
    "escape in a label": (GOOD.replace('"two_nn"', f'"gride(n1={ESCAPE})"'), "cannot be measured"),
    "a parameter of 4,000 digits": (
        GOOD.replace('"two_nn"', f'{{ name = "gride", n1 = {10**4000} }}'),
        "more than 100",
    ),
    "parameters in parameters": (GOOD.replace('"two_nn"', '{ name = { name = "gride" } }'), "names no measure"),
    "escape as a key": (f'"{ESCAPE}" = 1\n{GOOD}', "is not a key of a recipe"),
    "escape as a condition": (GOOD.replace('kind = "generate"', f'kind = "{ESCAPE}"', 1), "is not allowed"),
    "name that is a path": (GOOD.replace('name = "', 'name = "../../', 1), "must be made of letters, digits"),
    "lists in lists": ("a = " + "[" * 100_000, "nested too deeply"),
    "tables in tables": ("a = " + "{a=" * 80_000, "nested too deeply"),
    "dots": ("a" + ".a" * 100_000 + " = 1", "dots in one line"),
    "a megabyte": ("#" * 2**20, "at most 262,144 are read"),
    "digits": ("a = " + "9" * 200_000, "Exceeds the limit"),
    "a great number": (GOOD + "\n[generation]\nnew_tokens = 99999999999999999999", "new_tokens"),
    "a great number of tokens": (GOOD + "\n[generation]\nnew_tokens = 2000000", "a whole number from 1 to 1,000,000"),
    "not a number": (GOOD.replace("temperature = 1\n", "temperature = nan\n"), "(not nan or inf)"),
    "python": ("!!python/object/apply:os.system ['touch ran']", "this is not TOML"),
    "format string": (
        GOOD.replace('title = "', 'title = "{0.__class__.__mro__} %s ${x} '),
        None,  # a title like any other
    ),
    "zeros": ("\0" * 1000, "this is not TOML"),
    "nothing": ("", "is empty"),
}
PROMPTS = {
    "a folder": ("..", "is a folder, not a file"),
    "a device": ("/dev/zero.txt", "there is no file"),
    "not a prompt file": ("/etc/passwd", "is not a prompt file"),
    "zero byte": ("a\\u0000b.txt", "U+0000"),
    "far too long": ("x" * 190 + ".txt", "there is no file"),
}


@pytest.fixture
def probe(tmp_path, monkeypatch):
    """`llmgeo probe toy` with a recipe of this content, as far as the model, which must not be reached."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("llmgeo.cli.probe._load", lambda: (_ for _ in ()).throw(SystemExit(99)))

    def run(source):
        (tmp_path / "x.toml").write_bytes(source.encode())
        return CliRunner().invoke(app, ["probe", "toy", "--recipe", "x.toml"])

    return run


def is_one_message(result, words):
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stderr.rstrip("\n").isprintable()
    assert len(result.stderr) < 1500
    assert result.stdout == ""


@pytest.mark.parametrize("attack", RECIPES)
def test_a_hostile_recipe_is_one_message(probe, attack, tmp_path):
    source, words = RECIPES[attack]
    result = probe(source)
    if words is None:
        assert result.exit_code == 99
    else:
        is_one_message(result, words)
    assert os.listdir(tmp_path) == ["x.toml"]


@pytest.mark.parametrize("attack", PROMPTS)
def test_a_hostile_prompt_path_is_one_message(probe, attack, tmp_path):
    path, words = PROMPTS[attack]
    lines = [f'file = "{path}"' if line.startswith("file = ") else line for line in GOOD.split("\n")]
    is_one_message(probe("\n".join(lines)), words)
    assert os.listdir(tmp_path) == ["x.toml"]
