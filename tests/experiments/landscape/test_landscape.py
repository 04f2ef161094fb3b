"""Landscapes end to end on tiny models: what is stored is what terrains say, and every command works."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import llmgeo
from llmgeo.cli.app import app
from llmgeo.engine.progress import Progress
from llmgeo.errors import ModelError, OtherRunError, RecipeError, UsageError
from llmgeo.experiments.landscape.barrier import barrier_of
from llmgeo.experiments.landscape.plan import weights_at_once
from llmgeo.experiments.landscape.recipe import LandscapeRecipe
from llmgeo.experiments.landscape.tasks import Point, tasks
from llmgeo.model.digests import module_digest
from llmgeo.model.landscape.directions import random_direction
from llmgeo.model.landscape.terrain import Terrain
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from llmgeo.recipe import load_recipe
from llmgeo.recipe.load import parse_recipe
from llmgeo.user_file import UserFile
from tests.experiments.landscape.small import SOURCE, TEXTS, claims, measure, recipe, save_models


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return save_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def whole(folders, tmp_path_factory):
    return measure(folders, tmp_path_factory.mktemp("landscape") / "run")


@pytest.fixture(scope="module")
def terrain(folders, whole):
    model = llmgeo.load(folders["model"])
    return Terrain(model, [model.encode(text) for text in TEXTS])


def losses(run, **where):
    table = run.table("losses")
    for name, value in where.items():
        table = table[np.isclose(table[name], value) if isinstance(value, float) else table[name] == value]
    return table["loss"].tolist()


def cli(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_losses_are_those_of_the_terrain(whole, terrain):
    directions = [random_direction(terrain.model.hf, number) for number in (1, 2)]
    assert losses(whole, part="centre", subject="model") == terrain.losses().tolist()
    assert losses(whole, part="line", direction=2, alpha=-0.1) == terrain.losses((-0.1, directions[1])).tolist()
    expected = terrain.losses((-0.2, directions[0]), (0.2, directions[1])).tolist()
    assert losses(whole, part="plane", alpha=-0.2, beta=0.2) == expected


def test_the_middle_is_the_plain_loss_to_the_last_bit(whole):
    assert losses(whole, part="centre", subject="model") == whole.manifest["plain_losses"]


def test_slope_and_curvature_are_central_differences(whole, terrain):
    step, found = 0.01, []
    for number in (1, 2):
        direction = random_direction(terrain.model.hf, number)
        below, above = (terrain.losses((sign * step, direction)) for sign in (-1, 1))
        found.append((above - 2 * terrain.losses() + below).mean() / step**2)
    row = (
        whole.table("bowls").query("subject == 'model' and quantity == 'curvature' and normalised == 'filter'").iloc[0]
    )
    assert row["value"] == pytest.approx(np.mean(found))
    assert (row["lowest"], row["highest"]) == pytest.approx((min(found), max(found)))
    assert row["low"] < row["value"] < row["high"]
    assert set(whole.table("bowls")["subject"]) == {"model", "skip", "other", "random"}


def test_the_other_end_of_the_way_is_the_other_model(whole):
    assert losses(whole, part="towards", alpha=1.0) == losses(whole, part="centre", subject="other")
    assert losses(whole, part="towards", alpha=0.0) == losses(whole, part="centre", subject="model")
    way = whole.table("way")
    ends = way[way["share"].isin([0.0, 1.0])]
    assert ends["loss"].to_numpy() == pytest.approx(ends["chord"].to_numpy())
    barrier = whole.table("barriers").iloc[0]
    between = way[(way["share"] >= 0) & (way["share"] <= 1)]
    assert barrier["barrier"] == pytest.approx((between["loss"] - between["chord"]).max())


def test_the_training_is_where_it_is(whole):
    path = whole.table("checkpoints").sort_values("step")
    assert path["step"].tolist() == [0, 2, 5]
    # On a straight line to the model: distances are the shares, and one axis holds them all.
    first = path["axis_1"].abs().to_numpy()
    assert first / first[0] == pytest.approx([1.0, 0.7, 0.2], abs=1e-5)
    assert path["axis_2"].abs().max() < 1e-3 * first[0]
    axes = whole.table("path_axes").iloc[0]
    assert axes["two_axes"] == pytest.approx(1.0)
    assert 0.5 < axes["walk_two_axes"] < 1
    planes = whole.table("planes")
    assert planes.groupby("part").size().to_dict() == {"plane": 9, "path": 9}


def test_spectrum_and_trace_of_a_named_block(whole):
    spectrum, trace = whole.table("spectrum"), whole.table("traces").iloc[0]
    assert spectrum["rank"].tolist() == [1, 2]
    assert set(spectrum["status"]) == {"ok"}
    assert spectrum["value"].iloc[0] > spectrum["value"].iloc[1]
    assert trace["numbers"] == 16 * 16
    assert trace["probes"] == 2


def test_claims_have_verdicts_with_intervals(whole):
    claims = whole.claims.set_index("claim")
    assert set(claims["verdict"]) <= {"supported", "contradicted", "undecided", "not measured"}
    assert claims.loc["barrier", "low"] <= claims.loc["barrier", "effect"] <= claims.loc["barrier", "high"]
    for name in ("curvature_towards", "curvature_by_normalisation"):
        row = claims.loc[name]
        assert row["status"] in ("ok", "no_bowl")


def test_claims_on_two_models_are_not_measured_of_one(folders, tmp_path):
    run = llmgeo.landscape(folders["model"], recipe=recipe(), prompts=TEXTS[:2], out=tmp_path / "run")
    verdicts = run.claims.set_index("claim")
    assert set(verdicts.drop("curvature_without_skip")["status"]) == {"one_model"}
    assert run.table("way").empty
    assert run.table("planes").empty
    assert "Drag the surface" not in run.report().read_text("utf-8")


def test_models_in_memory_are_given_back(tmp_path):
    hf = toy_model(layers=2, width=16, seed=0).train()
    before, model = module_digest(hf), llmgeo.load(hf, tokenizer=toy_tokenizer())
    run = llmgeo.landscape(model, towards=model, recipe=recipe(), prompts=TEXTS[:2], out=tmp_path / "run")
    assert module_digest(hf) == before
    assert hf.training
    assert run.table("barriers")["barrier"].iloc[0] == 0.0


class StopAfter(Progress):
    """Presses Ctrl-C twice while a point is read."""

    def __init__(self, units):
        self.left = units

    def phase(self, name, total, unit):
        self.left -= name == "reading"

    def advance(self, amount=1):
        if self.left < 0:
            raise KeyboardInterrupt


def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(folders, tmp_path):
    arguments = {"recipe": recipe(), "prompts": TEXTS[:2], "plane": 3}
    straight = llmgeo.landscape(folders["model"], out=tmp_path / "straight", **arguments)
    model = llmgeo.load(folders["model"])
    before = module_digest(model.hf)
    with pytest.raises(KeyboardInterrupt):
        llmgeo.landscape(model, out=tmp_path / "stopped", progress=StopAfter(7), **arguments)
    assert module_digest(model.hf) == before
    stopped = llmgeo.open(tmp_path / "stopped")
    assert stopped.status == "partial"
    assert len(stopped.units) >= 5
    resumed = llmgeo.landscape(model, out=tmp_path / "stopped", **arguments)
    for table in ("losses", "lines", "bowls", "planes"):
        assert resumed.table(table).equals(straight.table(table)), table
    with pytest.raises(OtherRunError):
        llmgeo.landscape(model, out=tmp_path / "stopped", recipe=recipe(), prompts=TEXTS[:2], plane=5)


def test_a_training_that_goes_on_beyond_the_model_is_refused(folders, tmp_path):
    training = folders["training"]
    with pytest.raises(UsageError, match="is checkpoint-2, and the training goes on to checkpoint-5"):
        llmgeo.landscape(
            training / "checkpoint-2", path=training, recipe=recipe(), prompts=TEXTS[:2], out=tmp_path / "a"
        )


def test_what_is_planned_for_memory_has_every_model_in_it():
    usual = load_recipe("landscape")
    other = {"towards": "x"}
    assert [weights_at_once(usual, options, False) for options in ({}, other, {"path": [1]})] == [6, 7, 9]
    assert weights_at_once(usual, {}, True) == 14


def test_sixteen_bits_are_refused_before_anything_is_read(folders, tmp_path):
    with pytest.raises(ModelError, match="float32"):
        llmgeo.landscape(folders["model"], dtype="bfloat16", recipe=recipe(), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--plane", "2"], "--plane 2"),
        (["--hessian", "nothing.at.all"], "no weight is called"),
        (["--path", "MODEL"], "holds"),
        (["--towards", "toy"], "different weights"),
    ],
)
def test_a_mistake_is_one_message(folders, tmp_path, arguments, said):
    given = [folders["model"] if each == "MODEL" else each for each in arguments]
    done = cli("landscape", folders["model"], *given, "--out", tmp_path / "run", "--limit", "1")
    assert done.exit_code in (1, 2)
    assert said in " ".join(done.output.split())
    assert "Traceback" not in done.output


def test_a_lone_text_has_no_verdict(folders, tmp_path):
    run = llmgeo.landscape(folders["model"], recipe=recipe(), prompts=["One text alone, of some words."],
                           out=tmp_path / "run")  # fmt: skip
    assert run.claims["p"].isna().all()
    assert set(run.table("bowls")["status"]) == {"too_few_points"}


def test_commands(whole, folders, tmp_path):
    shown = cli("show", whole.path)
    assert shown.exit_code == 0
    assert "The loss at the weights" in shown.output
    assert "random weights" in shown.output
    assert cli("show", whole.path, "--all").exit_code == 0
    assert "Drag the surface" in (whole.path / "report.html").read_text("utf-8")
    told = json.loads(cli("show", whole.path, "--format", "json").stdout)
    assert told["claims"]
    planned = cli("landscape", "toy", "--plane", "11", "--dry-run")
    assert planned.exit_code == 0
    points = [task for task in tasks(load_recipe("landscape"), {"plane": 11}) if isinstance(task, Point)]
    assert f"{len(points)} points" in planned.output
    assert "--towards other" in " ".join((whole.path / "report.html").read_text("utf-8").split()).replace(
        "PATH/TO/", ""
    )


def test_the_recipe_is_checked():
    with pytest.raises(RecipeError, match="odd number"):
        recipe(SOURCE.replace(b"points = 5\ndirections", b"points = 4\ndirections"))
    twice = SOURCE + claims() + claims()
    with pytest.raises(RecipeError, match=r"name = .* is taken by claims\[0\]"):
        parse_recipe(UserFile("small.toml", twice, None))


def test_every_line_has_its_points():
    usual = load_recipe("landscape")
    assert isinstance(usual, LandscapeRecipe)
    points = [task for task in tasks(usual, {}) if isinstance(task, Point)]
    assert sum(point.part == "line" and point.subject == "model" for point in points) == 3 * 24
    assert len(set(points)) == len(points)
    plane = [point for point in tasks(usual, {"plane": 11}) if isinstance(point, Point) and point.part == "plane"]
    assert len(plane) == 121


def test_a_barrier_is_sought_anew_without_each_text():
    generator = np.random.default_rng(0)
    shares = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    values = generator.normal(size=(5, 12)) + np.array([0, 0.5, 1, 0.5, 0])[:, None]
    found = barrier_of(shares, values)
    assert found.by_text.mean() == pytest.approx(found.barrier)
    assert found.low < found.barrier < found.high


def test_plots(whole):
    from matplotlib import pyplot

    for of in ("lines", "plane", "path", "way"):
        ax = llmgeo.plots.landscape(whole, of=of)
        assert ax.get_xlabel()
    pyplot.close("all")
    with pytest.raises(UsageError):
        llmgeo.plots.landscape(whole, of="nothing")
