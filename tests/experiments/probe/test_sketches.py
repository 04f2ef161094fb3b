"""What every run of a probe keeps of its first texts' paths: how much, of which, and the same however it was made."""

from pathlib import Path

import numpy as np
import pytest
import torch

import llmgeo
from llmgeo.engine.runner import plan
from llmgeo.experiments.probe.room import Probe
from llmgeo.experiments.probe.sketches import BUDGET, NOTHING, sketching_of
from llmgeo.experiments.probe.tables import DECLARATION
from llmgeo.experiments.probe.work import ProbeWork
from llmgeo.measures.paths.sketch import in_random_directions, restored, sketch, variance_left
from llmgeo.recipe import load_recipe
from llmgeo.run.declaration import STATES, Declaration
from tests.run.units import contents

SMALL = Path(__file__).parents[3] / "benchmarks" / "small.toml"
OPTIONS = {"recipe": SMALL, "batch_size": 2}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return llmgeo.probe("toy", limit=5, out=tmp_path_factory.mktemp("sketches") / "run", **OPTIONS)


def without_journal(run):
    return {name: data for name, data in contents(run.path).items() if name != "journal.jsonl"}


def test_the_first_prompts_are_kept_and_no_others(run):
    kept = run.arrays("sketches")
    measured = run.samples[run.samples["window_start"].notna()]
    first = list(dict.fromkeys(run.samples["prompt"]))[:4]
    assert set(kept) == set(measured.loc[measured["prompt"].isin(first), "sample"])
    assert run.manifest["sketched_layers"] == [1, 2, 4, 5, 6]
    assert all(np.isfinite(points).all() for points in kept.values())


def test_the_bytes_are_those_of_the_plan(run):
    planned = plan(["toy"], limit=5, **OPTIONS)
    kept = sum(path.stat().st_size for path in (run.path / "arrays").rglob("*.safetensors"))
    headers = 2000 * len(run.units) * 2
    assert 0 < kept <= planned.picture_bytes + headers
    assert planned.picture_bytes <= BUDGET
    assert plan(["toy"], limit=5, save_states=True, **OPTIONS).picture_bytes == 0


@pytest.mark.parametrize("width", [64, 576, 16384])
@pytest.mark.parametrize("tokens", [16, 128, 1024, 4096, 100_000])
@pytest.mark.parametrize("prompts_a_unit", [1, 32])
def test_no_run_keeps_more_than_the_budget(width, tokens, prompts_a_unit):
    recipe = load_recipe("coherence")
    recipe = recipe.model_copy(update={"window": recipe.window.model_copy(update={"tokens": tokens})})
    made = sketching_of(recipe, range(33), width, (recipe.conditions,) * 2, prompts_a_unit)
    assert made.bytes <= BUDGET
    assert (made == NOTHING) == (tokens == 100_000)
    assert (made.prompts, len(made.layers)) == (4, 5) or tokens > 16


def test_the_order_of_the_units_changes_no_byte_of_a_sketch(run, tmp_path, monkeypatch):
    units = ProbeWork.units
    monkeypatch.setattr(ProbeWork, "units", lambda work: units(work)[::-1])
    back = llmgeo.probe("toy", limit=5, out=tmp_path / "back", **OPTIONS)
    assert without_journal(run) == without_journal(back)


def test_more_prompts_later_give_the_same_sketches(run, tmp_path):
    llmgeo.probe("toy", limit=1, out=tmp_path / "run", **OPTIONS)
    whole = llmgeo.probe("toy", limit=5, out=tmp_path / "run", **OPTIONS)
    assert without_journal(run) == without_journal(whole)


def test_a_run_of_before_sketches_goes_on(tmp_path, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr(Probe, "declaration", Declaration(DECLARATION.tables, (STATES,)))
        earlier.setattr("llmgeo.experiments.probe.work.sketching_of", lambda *_: NOTHING)
        old = llmgeo.probe("toy", limit=2, out=tmp_path / "run", **OPTIONS)
        assert old.declaration.array("sketches") is None
    gone_on = llmgeo.probe("toy", limit=4, out=tmp_path / "run", **OPTIONS)
    assert gone_on.status == "complete"
    assert gone_on.arrays("sketches")


def test_a_sketch_keeps_all_of_the_variance_on_record():
    """What lies on the axes and what is left are, together, the sum of squares about the mean (Pythagoras)."""
    generator = torch.Generator().manual_seed(0)
    texts = [torch.randn(40, 700, generator=generator) * torch.linspace(3, 0.1, 700) + 5 for _ in range(3)]
    short = [in_random_directions(text) for text in texts]
    made = sketch(short)
    cloud = torch.cat(short)
    total = (cloud - cloud.mean(0)).square().sum()
    held = torch.cat([restored(points, made.axes) for points in made.points])
    left = sum(variance_left(points, made.axes) for points in made.points)
    assert float((held - held.mean(0)).square().sum()) + left == pytest.approx(float(total), rel=0.01)


def test_layers_that_were_not_all_captured_are_kept_by_their_numbers(tmp_path):
    some = llmgeo.probe("toy", limit=2, layers="0,3-4", out=tmp_path / "run", **OPTIONS)
    assert some.manifest["sketched_layers"] == [3, 4]
    assert {points.shape[0] for points in some.arrays("sketches").values()} == {2}
