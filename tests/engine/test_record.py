"""Whatever commands made a run, its record tells what the run holds, and its seconds never shrink."""

import json
import os
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import llmgeo
from llmgeo.engine import registry
from llmgeo.engine.one_model import OneModelWork
from llmgeo.engine.runner import carry_out
from llmgeo.errors import LlmgeoError, OtherRunError
from llmgeo.report.run_records import as_records
from tests.engine.test_third_room import RECIPE, ROOM

MOST = 4


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(registry.ROOMS, "norms", ROOM)


class Stops:
    """A progress that ends the run, as Ctrl-C twice or a crash does, once so many prompts were begun."""

    def __init__(self, units, error):
        self.left, self.error = units, error

    def stop_at_unit(self, measure):
        def measured(unit, *arguments):
            if self.left == 0:
                raise self.error
            self.left -= 1
            return measure(unit, *arguments)

        return measured


def run(toy, out, limit, stop=None, **options):
    """The run after one command; None where the command was interrupted."""
    from tests.engine.third_room.room import NormsWork

    whole = NormsWork.measure
    if stop is not None:
        measured = Stops(stop[0], stop[1]()).stop_at_unit(lambda unit, work, *more: whole(work, unit, *more))
        NormsWork.measure = lambda work, unit, *more: measured(unit, work, *more)
    try:
        return carry_out((toy,), recipe=str(RECIPE), out=out, limit=limit, **options)
    except (KeyboardInterrupt, MemoryError):
        return None
    finally:
        NormsWork.measure = whole


def kill(out):
    """What kill -9 leaves: nobody sets the status, and a line of seconds may be torn."""
    manifest = json.loads((out / "run.json").read_bytes())
    (out / "run.json").write_text(json.dumps(manifest | {"status": "running"}))
    with (out / "seconds.jsonl").open("ab") as file:
        file.write(b'{"reading": 12')


STEPS = st.lists(
    st.tuples(
        st.integers(1, MOST),
        st.one_of(st.none(), st.tuples(st.integers(0, MOST), st.sampled_from([KeyboardInterrupt, MemoryError]))),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_the_record_tells_what_the_run_holds_whatever_made_it(toy, tmp_path_factory, steps):
    out = tmp_path_factory.mktemp("record") / "run"
    with pytest.MonkeyPatch.context() as patched:  # the noise floor takes most of so small a run
        patched.setattr(OneModelWork, "establish", lambda work, batches, clock: {})
        _follow(toy, out, steps)


def _follow(toy, out, steps):
    spent, held = 0.0, 0
    for limit, stop, is_killed in steps:
        run(toy, out, limit, stop)
        if is_killed:
            kill(out)
        opened = llmgeo.open(out)
        seconds = sum(opened.seconds.values())
        assert seconds >= spent > -1
        assert len(opened.units) >= held
        spent, held = seconds, len(opened.units)
        notes = opened.manifest.get("notes", {})
        if "counts" in notes:
            assert notes["counts"] == {"prompts": held, "samples": held, "failed": 0} == counts(opened)
        if opened.status == "complete":
            assert "counts" in notes
            assert as_records(opened)["claims"][0]["n_a"] == held
    done = run(toy, out, 1)
    assert done.manifest["notes"]["counts"] == {"prompts": held, "samples": held, "failed": 0} or held == 0
    assert sum(done.manifest["notes"]["seconds"].values()) >= spent
    assert done.manifest["notes"]["seconds"] == done.seconds


def counts(opened):
    return registry.experiment_of(opened).counts(opened)


def test_a_smaller_limit_changes_nothing_of_what_was_noted(toy, tmp_path):
    before = run(toy, tmp_path / "run", 4).manifest
    after = run(toy, tmp_path / "run", 2).manifest
    assert after["notes"]["counts"] == before["notes"]["counts"]
    assert after["noise_floor"] == before["noise_floor"]
    assert "changed_on_resume" not in after


def test_what_an_older_llmgeo_noted_of_its_seconds_is_gone_on_from(toy, tmp_path):
    run(toy, tmp_path / "run", 2)
    (tmp_path / "run" / "seconds.jsonl").unlink()
    manifest = json.loads((tmp_path / "run" / "run.json").read_bytes())
    manifest["notes"]["seconds"] = {"reading": 1000.0, "odd": "x"}
    (tmp_path / "run" / "run.json").write_text(json.dumps(manifest))
    assert llmgeo.open(tmp_path / "run").seconds == {"reading": 1000.0}
    assert run(toy, tmp_path / "run", 2).seconds["reading"] == 1000.0


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\n",
        b"3\n",
        b'{"reading": NaN}\n',
        b'{"reading": -5}\n',
        b'{"reading": true}\n',
        b"[" * 99_999 + b"\n",
    ],
)
def test_a_spoilt_line_of_seconds_costs_itself_alone(toy, tmp_path, line):
    folder = tmp_path / "run"
    before = sum(run(toy, folder, 1).seconds.values())
    with (folder / "seconds.jsonl").open("ab") as file:
        file.write(line)
    assert sum(llmgeo.open(folder).seconds.values()) == before
    assert sum(run(toy, folder, 1).seconds.values()) > before


def test_a_run_opened_by_a_relative_path_is_read_from_anywhere(toy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(toy, "run", 1)
    opened = llmgeo.open("run")
    os.mkdir("elsewhere")
    monkeypatch.chdir("elsewhere")
    assert len(opened.claims) == len(opened.norms) == len(opened.samples) == 1
    assert list(opened.arrays("ends"))
    assert opened.recipe_source
    assert opened.results_recipe is None
    assert opened.seconds
    assert opened.to_csv("tables")[0].is_file()
    assert opened.to_xarray().sizes["sample"] == 1
    assert llmgeo.analyze(opened).claims.equals(opened.claims)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"limit": 0}, "limit=0: give a whole number from 1,"),
        ({"limit": True}, "limit=True"),
        ({"limit": "a"}, "limit='a'"),
        ({"batch_size": 1.5}, "batch_size=1.5"),
        ({"layers": [0, 9]}, "layers=[0, 9]: '9' names no layers of this model"),
        ({"layers": [0.5]}, "layers=[0.5]: give layers by number"),
        ({"layers": 3.5}, "layers=3.5"),
        ({"out": 3}, "out=3"),
        ({"recipe": 3}, "recipe=3"),
        ({"prompts": 3}, "prompts=3"),
        ({"seed": "42"}, "seed='42'"),
    ],
)
def test_a_setting_of_the_wrong_kind_gets_one_message_in_pythons_words(toy, options, said):
    with pytest.raises(LlmgeoError) as caught:
        llmgeo.probe(toy, **options)
    assert said in str(caught.value)
    assert "--" not in str(caught.value)


@pytest.mark.parametrize("value", [None, 3, b"run", True, ""])
def test_what_is_no_path_is_no_run(value):
    for door in (llmgeo.open, llmgeo.analyze, llmgeo.run.verify, llmgeo.run.repair):
        with pytest.raises(LlmgeoError, match="a run is named by its folder"):
            door(value)


def test_another_kind_of_run_is_refused_before_any_model_is_loaded(toy, tmp_path):
    run(toy, tmp_path / "run", 1)
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    with pytest.raises(OtherRunError, match="holds a run of llmgeo probe MODEL, and this is one of llmgeo compare"):
        llmgeo.compare("no/such-model", "no/other", out=tmp_path / "run")
    with pytest.raises(OtherRunError, match="kind"):
        llmgeo.probe("no/such-model", out=tmp_path / "run")
    with pytest.raises(OtherRunError, match=r"1 field differs:\n  save_states"):
        carry_out(("no/such-model",), recipe=str(RECIPE), out=tmp_path / "run", save_states=True)
    assert (tmp_path / "run" / "run.json").read_bytes() == (tmp_path / "copy" / "run.json").read_bytes()


def test_arrays_have_the_words_of_their_measures(toy, tmp_path):
    dataset = llmgeo.probe(toy, limit=1, out=tmp_path / "run").to_xarray()
    assert dataset["turning_angle_token"].attrs["long_name"] == "turning angle"
    assert dataset["turning_angle_token"].attrs["units"] == "°"
    for name in ("sample", "layer", "token", *dataset.data_vars):
        assert dataset[name].attrs["long_name"], name


def test_a_measure_that_is_not_installed_is_named_with_its_package(toy, tmp_path):
    run(toy, tmp_path / "run", 1)
    manifest = json.loads((tmp_path / "run" / "run.json").read_bytes())
    fields = manifest["fingerprint_fields"]
    fields["plugins"] = {"drift": "llmgeo-drift 1.2"}
    fields["recipe"]["measures"] = {"cloud": ["drift"]}  # which no recipe of this kind may list
    manifest["fingerprint"] = llmgeo.run.fingerprint(fields)
    (tmp_path / "run" / "run.json").write_text(json.dumps(manifest))
    with pytest.raises(
        LlmgeoError, match=r"with the measure drift of llmgeo-drift 1\.2, which this llmgeo does not have"
    ):
        llmgeo.analyze(tmp_path / "run")
