"""A measure by entry point: found where it is installed, checked, measured, and shown like any other."""

import importlib
import sys
from pathlib import Path

import pytest
import torch

import llmgeo
from llmgeo import measures, plugins
from llmgeo.engine import known_before
from llmgeo.engine.analyze import analyze
from llmgeo.errors import MeasureError, UsageError
from llmgeo.measures import catalogue
from llmgeo.measures.catalogue import MEASURES
from llmgeo.plugins import MeasurePlugin
from llmgeo.recipe.load import parse_recipe
from llmgeo.report.page import glossary, page_html
from llmgeo.user_file import UserFile

SMALL = Path(__file__).parents[1] / "benchmarks" / "small.toml"


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
        del MEASURES[name], plugins.ORIGINS[name]
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
    assert torch.allclose(measures.wandered(measures.StatePath(states)), wandered(states))
    assert glossary.measure("wandered")["words"] == "distance wandered"
    assert glossary.measure("wandered")["meaning"] == "How far it came."


def test_the_package_of_a_measure_is_part_of_the_fingerprint(clean, tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, "wandered = their_package:PLUGIN\n")
    plugins.load()
    text = SMALL.read_text()
    fields = [
        known_before.plugins_of(parse_recipe(UserFile("x.toml", source.encode(), SMALL)))
        for source in (text, text.replace('"turning_angle"]', '"turning_angle", "wandered"]'))
    ]
    assert "plugins" not in fields[0]
    assert fields[1]["plugins"] == {"wandered": "their-package 1.0"}


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
        ("Path", PLUGIN, "cannot name a measure"),
        ("mine", wandered, "not an llmgeo.plugins.MeasurePlugin"),
        ("mine", MeasurePlugin(wandered, "pile", "mine"), "known: cloud, token, path"),
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


def spread(points):
    """The trace of the covariance: known in closed form, and no more than the sum of the variances."""
    return points.square().sum((-1, -2)) / (points.shape[-2] - 1)


def test_a_cloud_measure_stands_behind_the_guard_and_beside_its_null(clean):
    plugins.register("spread", MeasurePlugin(spread, "cloud", "spread"))
    cloud = torch.randn(2, 40, 6, generator=torch.Generator().manual_seed(0)) + 5
    cloud[1] = cloud[1, :1]  # one point, over and over
    found = measures.spread(cloud)
    assert list(found.status) == ["ok", "constant"]
    assert found.value[0] == pytest.approx(float(cloud[0].double().var(0).sum()))
    assert found.value[1].isnan()
    assert measures.spread(cloud.numpy()).value[0] == pytest.approx(float(found.value[0]))
    null = measures.spread(measures.Cloud(cloud).gaussian_null(torch.Generator().manual_seed(0)))
    assert null.value[0] == pytest.approx(float(found.value[0]), rel=0.3)  # the same covariance


def test_a_cloud_measure_may_answer_with_an_estimate_of_its_own(clean):
    plugins.register("again", MeasurePlugin(measures.participation_ratio, "cloud", "the same again"))
    cloud = torch.randn(3, 40, 6, generator=torch.Generator().manual_seed(0))
    mine, own = measures.again(cloud), measures.participation_ratio(cloud)
    assert torch.allclose(mine.value, own.value)
    assert torch.allclose(mine.standard_error, own.standard_error, equal_nan=True)
    assert measures.again(cloud[0]).status == "ok"


def test_where_a_cloud_measure_is_undefined_its_status_says_so(clean):
    plugins.register("nothing", MeasurePlugin(lambda points: points[..., 0, 0] * torch.nan, "cloud", "nothing"))
    assert list(measures.nothing(torch.randn(2, 30, 4)).status) == ["undefined", "undefined"]


@pytest.mark.parametrize("kind", ["cloud", "path"])
def test_a_measure_of_ones_own_goes_through_a_whole_probe(clean, tmp_path, kind):
    """Into layers, contrasts and page, and through an analysis of the run."""
    function = spread if kind == "cloud" else lambda states: (states[..., -1, :] - states[..., 0, :]).norm(dim=-1)
    plugins.register("mine", MeasurePlugin(function, kind, "measure of mine", meaning="What only I measure."))
    listed = {"cloud": ('["participation_ratio"]', '["participation_ratio", "mine"]')}
    listed["path"] = ('["length_to_chord"]', '["length_to_chord", "mine"]')
    text = SMALL.read_text().replace(*listed[kind])
    for old in ("new_tokens = 12", "tokens = 12"):  # a cloud of 12 points is refused
        text = text.replace(old, old.replace("12", "24"))
    recipe = parse_recipe(UserFile("mine.toml", text.encode(), SMALL))
    run = llmgeo.probe("toy", recipe=recipe, limit=2, out=tmp_path / "run")
    mine = run.layers[run.layers["measure"] == "mine"]
    assert set(mine["cloud"]) == {"text" if kind == "cloud" else "none"}
    assert set(mine["status"]) == {"ok"}
    estimates = run.estimates[run.estimates["measure"] == "mine"]
    assert (estimates["null"].notna() == estimates["value"].notna()).all()
    assert "mine" in set(run.contrasts["measure"])
    assert "What only I measure." in page_html(run)
    assert analyze(run).layers.equals(run.layers)


def test_a_name_that_is_taken_is_refused_with_who_has_it(clean):
    plugin = MeasurePlugin(wandered, "token", "distance wandered")
    with pytest.raises(MeasureError, match="is a column of every table of tokens"):
        plugins.register("layer", plugin)
    plugins.register("wandered_again", plugin)
    with pytest.raises(MeasureError, match="is registered in this process already"):
        plugins.register("wandered_again", plugin)


def test_a_function_is_a_measure_at_once(clean):
    @measures.register(kind="token", words="distance wandered", unit="steps")
    def wandered_off(states):
        """How far it came. And more."""
        return wandered(states)

    states = torch.randn(3, 10, 4)
    assert torch.equal(measures.wandered_off(states), wandered(states))
    assert "wandered_off" in dir(measures)
    known = catalogue.look_up("wandered_off")
    assert (known.words, known.unit, known.meaning) == ("distance wandered", "steps", "How far it came. And more.")
    assert torch.equal(wandered_off(states), wandered(states)), "the function itself is handed back"


def test_a_cell_that_runs_twice_registers_twice(clean):
    measures.register(wandered, kind="token")
    first = plugins.ORIGINS["wandered"]
    measures.register(wandered, kind="token")
    assert plugins.ORIGINS["wandered"] == first
    measures.register(lambda states: states.norm(dim=-1), name="wandered", kind="token")
    assert plugins.ORIGINS["wandered"] != first, "a run that was begun with the other is not gone on with"


@pytest.mark.parametrize(
    ("function", "about", "message"),
    [
        (lambda states: states.norm(dim=-1)[0], {"kind": "token"}, r"gave \[32\] for .*2, 32, 8\].*from the end"),
        (lambda states: states.norm(dim=-1), {"kind": "path"}, r"a path measure gives \[2\]"),
        (lambda states: states.norm(dim=-1), {"kind": "cloud"}, r"a cloud measure gives \[2\]"),
        (lambda states, more: states, {"kind": "token"}, r"raised TypeError: .*missing 1 required positional argument"),
        (lambda states: None, {"kind": "token"}, "raised"),
        (wandered, {}, "no kind was given; kind= says what it gives: 'cloud', 'token', 'path'"),
        (wandered, {"kind": "tokens"}, "kind is 'tokens'"),
        (wandered, {"kind": "token", "name": "two_nn"}, "llmgeo's own already"),
        (wandered, {"kind": "token", "name": "Wandered!"}, "cannot name a measure"),
        (3, {"kind": "token"}, "no function with a name"),
    ],
)
def test_a_function_that_is_no_measure_is_refused(clean, function, about, message):
    if not hasattr(function, "__name__") or function.__name__ == "<lambda>":
        about = {"name": "mine", **about} if callable(function) else about
    with pytest.raises(MeasureError, match=message):
        measures.register(function, **about)
    assert "mine" not in plugins.ORIGINS


def test_a_function_of_a_notebook_goes_through_a_probe(clean, tmp_path):
    measures.register(wandered, kind="token", words="distance wandered")
    text = SMALL.read_text().replace('"turning_angle"]', '"turning_angle", "wandered"]')
    recipe = parse_recipe(UserFile("mine.toml", text.encode(), SMALL))
    run = llmgeo.probe("toy", recipe=recipe, out=tmp_path / "run", limit=2)
    assert "wandered" in set(run.layers["measure"])
    assert run.manifest["fingerprint_fields"]["plugins"]["wandered"] == plugins.ORIGINS["wandered"]
    del MEASURES["wandered"], plugins.ORIGINS["wandered"]
    assert "wandered" in set(run.layers["measure"])
    with pytest.raises(UsageError, match=r"register it here with llmgeo\.measures\.register"):
        analyze(run.path)
