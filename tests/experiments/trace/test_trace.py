"""Traces end to end on tiny series: what is stored is what models predict, and every command works."""

import json

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import llmgeo
from llmgeo.cli.app import app
from llmgeo.errors import RecipeError, UsageError
from llmgeo.experiments.trace.recipe import Positions
from llmgeo.experiments.trace.work import chosen_positions
from llmgeo.measures.distributions.bhattacharyya import bhattacharyya
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from llmgeo.model.weight_sketch import weight_sketch
from llmgeo.recipe import load_recipe
from llmgeo.recipe.load import parse_recipe
from llmgeo.user_file import UserFile

SOURCE = b"""
kind = "trace"
name = "small"
title = "trainings"
[prompts]
file = "coherence.jsonl"
limit = 6
[positions]
count = 40
[geometry]
cloud = ["participation_ratio"]
[nulls]
permutations = 99
walks = 19
[[claims]]
name = "manifold"
sentence = "Trainings share one manifold."
source = "nobody"
measure = "stress_beyond_ends"
expect = "a > b"
[[claims]]
name = "factors"
sentence = "Kind separates, seed hardly."
source = "nobody"
measure = "factor_share"
a = "kind"
b = "half"
expect = "a > b"
"""
STEPS = (0, 1, 2, 4, 8)


def recipe(source=SOURCE):
    return parse_recipe(UserFile("small.toml", source, None))


def save_series(folder, seed, towards, steps=STEPS):
    """Checkpoints on a straight line in the weights, from one random model to another."""
    start, end = (toy_model(layers=2, width=16, seed=each).state_dict() for each in (seed, towards))
    model = toy_model(layers=2, width=16, seed=seed)
    for step in steps:
        share = step / max(steps)
        model.load_state_dict({name: torch.lerp(start[name], end[name], share) for name in start})
        model.save_pretrained(folder / f"checkpoint-{step}")
        toy_tokenizer().save_pretrained(folder / f"checkpoint-{step}")


def train_series(folder, seed, rate, steps=STEPS):
    """Checkpoints of a real training, of seconds, so that there is progress."""
    model = toy_model(layers=2, width=16, seed=seed).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    ids = torch.tensor(toy_tokenizer().encode(" ".join(load_prompts()))[:960]).view(-1, 64)
    for step in range(2 * steps[-1] + 1):
        if step % 2 == 0 and step // 2 in steps:
            model.save_pretrained(folder / f"checkpoint-{step}")
            toy_tokenizer().save_pretrained(folder / f"checkpoint-{step}")
        model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad()


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep") / "runs"
    for seed in range(4):
        train_series(folder / f"run-{seed}", seed, (3e-2, 1e-2)[seed % 2])
    return folder


@pytest.fixture(scope="module")
def run(sweep, tmp_path_factory):
    factors = {"kind": ["x", "y", "x", "y"], "half": ["u", "u", "v", "v"]}
    return llmgeo.trace(
        sweep, factors=factors, recipe=recipe(), out=tmp_path_factory.mktemp("trace") / "run", with_page=True
    )


def cli(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_predictions_are_those_of_readings(sweep, run):
    model = llmgeo.load(sweep / "run-1" / "checkpoint-8")
    positions = run.manifest["positions"]
    stored = run.arrays("predictions")["run-1/checkpoint-8"]
    for row in (0, 17, 39):
        text = llmgeo.load("toy").encode(load_prompts()[positions["text"][row]])
        trajectory, logits = model.read_with_logits(text)
        at = positions["token"][row]
        expected = logits(slice(at - 1, at))[0].log_softmax(-1)
        assert stored[row] == pytest.approx(expected.numpy(), abs=1e-4)
        assert trajectory.token_ids[at] == positions["ids"][row]
    table = run.table("checkpoints").set_index("checkpoint")
    truth = np.array(positions["ids"])
    assert table.loc["run-1/checkpoint-8", "loss"] == pytest.approx(-stored[np.arange(40), truth].mean(), abs=1e-4)


def load_prompts():
    from llmgeo.texts.prompts import read_prompts

    return [prompt.text for prompt in read_prompts("coherence.jsonl")[:6]]


def test_distances_are_means_over_positions(run):
    stored = run.arrays("predictions")
    row = run.table("distances").query("a == 'run-0/checkpoint-2' and b == 'run-2/checkpoint-16'").iloc[0]
    pair = [torch.from_numpy(stored[row[side]]) for side in ("a", "b")]
    assert row["distance"] == pytest.approx(float(bhattacharyya(*pair).mean()), rel=1e-4)


def test_trainings_get_on(run):
    along = run.table("along").groupby("run")
    assert (along["progress"].last() > along["progress"].first() + 0.1).all()
    assert (along["loss"].last() < along["loss"].first()).all()
    assert (run.table("along")["furthest"] >= run.table("along")["progress"]).all()


def test_weights_are_traced_by_their_sketches(sweep, run):
    along = run.table("along").set_index("checkpoint")
    models = [llmgeo.load(sweep / "run-0" / f"checkpoint-{step}").hf for step in (0, 8)]
    pairs = zip(models[0].parameters(), models[1].parameters(), strict=True)
    exact = sum(float((a.double() - b.double()).square().sum()) for a, b in pairs)
    assert along.loc["run-0/checkpoint-8", "displacement"] == pytest.approx(exact, rel=0.1)
    paths = run.table("weight_paths").set_index("run")
    assert 0.5 < paths.loc["run-0", "two_axes"] <= 1
    assert 0.5 < paths.loc["run-0", "walk_two_axes"] < 1


def test_sketches_keep_distances():
    first, second = (toy_model(layers=2, width=16, seed=seed) for seed in (0, 1))
    exact = sum(
        float((a - b).double().square().sum()) for a, b in zip(first.parameters(), second.parameters(), strict=True)
    )
    errors = [
        float((weight_sketch(first, places) - weight_sketch(second, places)).square().sum()) / exact - 1
        for places in (4096, 8192, 16384)
    ]
    assert np.abs(errors).max() < 4 * np.sqrt(2 / 4096)
    assert torch.equal(weight_sketch(first), weight_sketch(first))


def test_angles_along_texts_are_those_of_readings(sweep, run):
    from llmgeo.measures import turning_angle

    model = llmgeo.load(sweep / "run-1" / "checkpoint-8")
    expected = np.mean([np.nanmean(turning_angle(model.read(text).states), axis=1) for text in load_prompts()], axis=0)
    table = run.table("geometry").query("checkpoint == 'run-1/checkpoint-8' and measure == 'turning_angle'")
    assert set(table["cloud"]) == {"texts"}
    assert table.sort_values("layer")["value"].to_numpy() == pytest.approx(expected, rel=1e-3)


def test_claims_and_factors_are_told(run):
    claims = run.claims.set_index("claim")
    assert claims.loc["manifold", "verdict"] in ("supported", "contradicted", "undecided")
    assert claims.loc["factors", "verdict"] == "undecided"
    factors = run.table("factors").set_index("factor")
    assert factors.loc["kind", "status"] == "few_seeds"
    assert 0 < factors.loc["kind", "share"] < 1
    assert len(run.table("run_distances")) == 6


def test_a_single_run_leaves_open_what_is_about_several(sweep, tmp_path):
    found = llmgeo.trace(sweep / "run-0", recipe=recipe(), out=tmp_path / "run")
    assert set(found.claims["status"]) == {"one_run", "no_factor"}
    assert found.table("run_distances").empty


def test_the_same_command_shows_it_again_and_gives_the_same_bytes(sweep, tmp_path):
    first, second = (
        llmgeo.trace(sweep / "run-1", recipe=recipe(), out=tmp_path / name, limit=4) for name in ("first", "second")
    )
    files = {file.relative_to(first.path) for file in first.path.rglob("*.safetensors")}
    assert files
    assert all((first.path / file).read_bytes() == (second.path / file).read_bytes() for file in files)
    done = cli("trace", sweep / "run-1", "--out", tmp_path / "cli", "--limit", 4)
    assert done.exit_code == 0, done.output
    again = cli("trace", sweep / "run-1", "--out", tmp_path / "cli", "--limit", 4)
    assert "This run is finished" in again.output


def test_an_interrupted_trace_goes_on(sweep, tmp_path, monkeypatch):
    from llmgeo.experiments.trace import work

    true, times = work.measure_checkpoint, []

    def stop(*arguments):
        times.append(arguments)
        if len(times) == 3:
            raise KeyboardInterrupt
        return true(*arguments)

    monkeypatch.setattr(work, "measure_checkpoint", stop)
    with pytest.raises(KeyboardInterrupt):
        llmgeo.trace(sweep / "run-0", recipe=recipe(), out=tmp_path / "run")
    found = llmgeo.trace(sweep / "run-0", recipe=recipe(), out=tmp_path / "run")
    assert len(times) == 3 + 3
    assert len(found.table("along")) == len(STEPS)


def test_equal_checkpoints_are_left_out_and_said(sweep, tmp_path):
    save_series(tmp_path / "series", 0, 1, steps=(0, 1, 2))
    model = toy_model(layers=2, width=16, seed=1)
    model.save_pretrained(tmp_path / "series" / "checkpoint-1")
    found = llmgeo.trace(tmp_path / "series", recipe=recipe(), out=tmp_path / "run")
    assert found.table("along")["step"].tolist() == [0, 2]
    assert "checkpoint-1 is checkpoint-2, byte for byte" in found.manifest["faults"][0]
    assert "byte for byte" in cli("show", found.path).output


def test_another_tokenizer_is_refused_before_any_weights_load(tmp_path, monkeypatch):
    save_series(tmp_path / "series", 0, 1, steps=(0, 1, 2))
    file = tmp_path / "series" / "checkpoint-2" / "tokenizer.json"
    file.write_text(file.read_text().replace('"x"', '"¤"', 1))
    monkeypatch.setattr("llmgeo.model.loading.load", None)
    said = "series/checkpoint-2 has another tokenizer than series/checkpoint-0: .* Give each tokenizer's checkpoints"
    with pytest.raises(UsageError, match=said):
        llmgeo.trace(tmp_path / "series", recipe=recipe(), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    done = cli("trace", tmp_path / "series", "--dry-run")
    assert done.exit_code == 2
    assert "has another tokenizer" in " ".join(done.output.split())
    for file in (tmp_path / "series" / "checkpoint-2").glob("tokenizer*"):
        file.unlink()
    with pytest.raises(UsageError, match="series/checkpoint-2 has no tokenizer, and other checkpoints have one"):
        llmgeo.trace(tmp_path / "series", recipe=recipe(), out=tmp_path / "run")


def test_tokens_and_learning_rates_are_kept(tmp_path):
    save_series(tmp_path / "series", 0, 1)
    log = [{"step": step, "learning_rate": 1.0 / (1 + step), "loss": 2.0} for step in range(9)]
    for step in STEPS:
        state = {"global_step": step, "num_input_tokens_seen": 100 * step, "log_history": log[: step + 1]}
        (tmp_path / "series" / f"checkpoint-{step}" / "trainer_state.json").write_text(json.dumps(state))
    found = llmgeo.trace(tmp_path / "series", recipe=recipe(), out=tmp_path / "run", limit=3, with_page=True)
    table = found.table("checkpoints").set_index("step")
    assert table["tokens"].to_dict() == {step: 100 * step for step in STEPS}
    assert set(table["tokens_status"]) == {"ok"}
    assert table.loc[4, "learning_rate"] == pytest.approx(0.2)
    assert table.loc[4, "rate_squares"] == pytest.approx(sum(1 / (1 + step) ** 2 for step in range(4)))
    assert 0 < found.table("weight_paths").iloc[0]["schedule_early"] < 1  # a rate that falls bends a random walk
    assert "tokens, logarithmic" in (found.path / "report.html").read_text()


def test_two_checkpoints_of_one_step_are_traced_with_the_largest_seed(tmp_path):
    save_series(tmp_path / "series", 0, 1, steps=(0, 1, 2))
    save_series(tmp_path / "more", 0, 2, steps=(1,))
    (tmp_path / "more" / "checkpoint-1").rename(tmp_path / "series" / "backup-2")
    found = llmgeo.trace(tmp_path / "series", out=tmp_path / "run", limit=2, seed=2**63 - 1)
    assert found.table("along")["step"].tolist() == [0, 1, 2, 2]
    assert "step 2 is there 2 times" in " ".join(found.manifest["faults"])


def test_models_of_different_sizes_have_no_way_of_weights(tmp_path):
    for number, width in enumerate((16, 16, 32, 32)):
        toy_model(layers=2, width=width, seed=number).save_pretrained(tmp_path / f"m{number}")
        toy_tokenizer().save_pretrained(tmp_path / f"m{number}")
    models = [tmp_path / f"m{number}" for number in range(4)]
    found = llmgeo.trace(*models, out=tmp_path / "run", limit=2)
    assert found.table("weight_paths")["status"].tolist() == ["other_weights"]
    assert found.table("along")["displacement"].isna().all()
    claims = found.claims.set_index("claim")
    assert claims.loc["weights move along few axes", "status"] == "other_weights"
    assert cli("show", found.path, "--all").exit_code == 0


def test_heads_of_different_lengths_are_refused(tmp_path):
    tokenizer = toy_tokenizer()
    tokenizer.add_tokens(["<a>", "<b>"])  # without a row in the first model's head
    for step in (0, 1):
        model = toy_model(layers=2, width=16, seed=step)
        model.resize_token_embeddings(len(tokenizer) - 2 + 2 * step)
        for saved in (model, tokenizer):
            saved.save_pretrained(tmp_path / "series" / f"checkpoint-{step}")
    with pytest.raises(UsageError, match="with one tokenizer"):
        llmgeo.trace(tmp_path / "series", recipe=recipe(), prompts=["a b c", "d e f"], out=tmp_path / "run")


def test_screens_pages_and_plans(sweep, run):
    shown = cli("show", run.path, "--all")
    assert shown.exit_code == 0, shown.output
    assert "explained stress of" in " ".join(shown.output.split())
    assert "random walks" in shown.output
    assert (run.path / "report.html").is_file()
    html = (run.path / "report.html").read_text()
    assert "Map of checkpoints" in html
    assert "run-3" in html
    planned = cli("trace", sweep, "--dry-run")
    assert planned.exit_code == 0, planned.output
    assert "20 checkpoints" in planned.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--factor", "kind=x,y"], "one value for each of the 4 runs"),
        (["--factor", "kind"], "write NAME=VALUE,VALUE"),
        (["--revisions", "step*"], "none of the runs is a model of the hub"),
        (["--factors", "none.csv"], "cannot be read"),
    ],
)
def test_a_mistake_is_told_in_one_message(sweep, arguments, said):
    done = cli("trace", sweep, *arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_one_checkpoint_is_no_training(sweep):
    done = cli("trace", sweep / "run-0" / "checkpoint-2")
    assert done.exit_code == 2
    assert "one checkpoint is no training" in " ".join(done.output.split())


def test_a_table_of_factors_must_know_the_runs(sweep, tmp_path):
    table = tmp_path / "factors.csv"
    for text, said in (
        ("a,b\n1,2\n", "no column run"),
        ("run,kind\nrun-9,x\n", "tells of 'run-9'"),
        ("run,kind\nrun-0,x\n", "does not tell of the run"),
    ):
        table.write_text(text)
        with pytest.raises(UsageError, match=said):
            llmgeo.trace(sweep, factors=table, recipe=recipe(), out=tmp_path / "run")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'cloud = ["participation_ratio"]', b'cloud = ["turning_angle"]', "no measure of a cloud"),
        (b'cloud = ["participation_ratio"]', b'token = ["two_nn"]', "no measure of tokens"),
        (b'b = "half"', b'b = "kind"', "needs two factors, a and b"),
        (b'name = "factors"', b'name = "manifold"', r"claims\[\d\].name = 'manifold' is taken by claims\[0\]"),
    ],
)
def test_a_wrong_recipe_is_told(old, new, said):
    with pytest.raises(RecipeError, match=said):
        recipe(SOURCE.replace(old, new))


def test_the_recipe_that_comes_with_llmgeo_is_one():
    assert load_recipe("trace").kind == "trace"


def test_positions_are_drawn_once_for_all():
    ids = [list(range(10)), list(range(3)), [5]]
    asked = Positions.model_construct(count=6, seed=0, where="all")
    first, second = (chosen_positions(ids, asked) for _ in range(2))
    assert first.position.tolist() == second.position.tolist()
    assert (np.diff(first.text) >= 0).all()
    assert all(first.truth == [ids[text][place] for text, place in zip(first.text, first.position, strict=True)])
    assert chosen_positions(ids, asked.model_copy(update={"count": 100})).count == 11
    last = chosen_positions(ids, asked.model_copy(update={"where": "last"}))
    assert (last.text.tolist(), last.position.tolist()) == ([0, 1], [9, 2])
    with pytest.raises(UsageError, match="No text has two tokens"):
        chosen_positions([[1]], asked)


def test_a_figure_draws_every_run(run):
    from matplotlib import pyplot

    axes = llmgeo.plots.trace(run)
    assert len(axes.get_legend().get_texts()) == 4
    assert len(axes.lines) == 4 * 3
    assert llmgeo.plots.trace(run, dimensions=3).name == "3d"
    with pytest.raises(UsageError, match="is of a trace"):
        llmgeo.plots.trace(llmgeo.load("toy"))
    with pytest.raises(UsageError, match="dimensions"):
        llmgeo.plots.trace(run, dimensions=4)
    pyplot.close("all")
