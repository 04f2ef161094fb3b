"""A misspelt argument is told as that of the function it was given to, before anything is loaded."""

import inspect

import pytest

import llmgeo
from llmgeo.engine.keywords import LOADING
from llmgeo.errors import UsageError


def test_the_options_of_loading_are_those_of_load():
    assert set(LOADING) == set(inspect.signature(llmgeo.load).parameters) - {"name"}


@pytest.mark.parametrize("models", [("toy",), ("toy", "toy"), ("toy", "toy", "toy")])
@pytest.mark.parametrize(
    ("given", "meant"), [({"limt": 2}, "limit"), ({"dtpe": "float16"}, "dtype"), ({"receipe": "rlhf"}, "recipe")]
)
def test_a_misspelt_argument(models, given, meant):
    function = llmgeo.probe if len(models) == 1 else llmgeo.compare
    [name] = given
    message = f"^{function.__name__} has no argument {name}; did you mean {meant}\\? It takes recipe, .*out, limit"
    with pytest.raises(UsageError, match=message):
        function(*models, **given)
    with pytest.raises(TypeError, match=message):
        function(*models, **given)


def test_an_option_that_a_loaded_model_would_pass_over():
    with pytest.raises(UsageError, match="dtype='bfloat16' is for models loaded from files, and this toy is in memory"):
        llmgeo.probe(llmgeo.load("toy"), dtype="bfloat16", limit=1)
