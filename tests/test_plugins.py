"""A measure by entry point: found where it is installed, checked, measured, and shown like any other."""

import importlib
import sys

import pytest
import torch

from llmgeo import measures, plugins
from llmgeo.errors import MeasureError
from llmgeo.experiments.measure import FIRST_POSITION
from llmgeo.measure_table import MEASURES
from llmgeo.plugins import MeasurePlugin
from llmgeo.report.page import glossary


def wandered(states):
    return (states - states[..., :1, :]).norm(dim=-1)


PLUGIN = MeasurePlugin(wandered, "token", "distance wandered", meaning="How far it came.")


@pytest.fixture
def clean():
    """Forgets afterwards what a test registered."""
    before = set(MEASURES)
    plugins.load.cache_clear()
    yield
    for name in set(MEASURES) - before:
        del MEASURES[name], FIRST_POSITION[name], plugins.MEANINGS[name]
        delattr(measures, name)
    plugins.load.cache_clear()


def install(folder, monkeypatch, points):
    (folder / "their_package.py").write_text("from tests.test_plugins import PLUGIN\n")
    info = folder / "their_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[llmgeo.measures]\n" + points)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "their_package", raising=False)
    importlib.invalidate_caches()


def test_an_installed_measure_is_found_and_measured(clean, tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, "wandered = their_package:PLUGIN\n")
    assert plugins.load() == ("wandered",)
    assert plugins.load() == ("wandered",)  # once a process
    states = torch.randn(3, 10, 4)
    assert torch.allclose(measures.wandered(measures.Path(states)), wandered(states))
    assert glossary.measure("wandered")["words"] == "distance wandered"
    assert glossary.measure("wandered")["meaning"] == "How far it came."


def test_plugins_can_be_switched_off(clean, tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, "wandered = their_package:PLUGIN\n")
    monkeypatch.setenv("LLMGEO_PLUGINS", "off")
    assert plugins.load() == ()


def test_a_package_that_cannot_be_imported_is_named(clean, tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, "wandered = their_package:NOTHING\n")
    with pytest.raises(MeasureError, match="'their-package' cannot be loaded"):
        plugins.load()


@pytest.mark.parametrize(
    ("name", "plugin", "message"),
    [
        ("step_length", PLUGIN, "llmgeo's own already"),
        ("Path", PLUGIN, "no name for a measure"),
        ("mine", wandered, "not an llmgeo.plugins.MeasurePlugin"),
        ("mine", MeasurePlugin(wandered, "cloud", "mine"), "known: token, path"),
    ],
)
def test_what_cannot_be_registered_is_refused(clean, name, plugin, message):
    with pytest.raises(MeasureError, match=message):
        plugins.register(name, plugin)
    assert "mine" not in MEASURES


@pytest.mark.parametrize(
    "plugin",
    [
        MeasurePlugin(lambda states: states.sum(), "token", "mine"),
        MeasurePlugin(wandered, "path", "mine"),
        MeasurePlugin(wandered, "token", "mine", first=1),
    ],
)
def test_a_wrong_shape_is_refused(clean, plugin):
    plugins.register("mine", plugin)
    with pytest.raises(MeasureError, match="the measure mine gave"):
        measures.mine(torch.randn(2, 5, 3))
