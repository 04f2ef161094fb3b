"""Writing, resuming and being killed: nothing finished is lost, and the tables come out the same byte for byte."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

import llmgeo.run
from llmgeo.errors import CorruptRunError, RunError, UsageError
from llmgeo.messages import command_line_words
from llmgeo.run import atomic, journal
from llmgeo.run.declaration import Column, Declaration, Table
from tests.run.units import (
    DECLARATION,
    FIELDS,
    RECIPE,
    UNITS,
    begin,
    contents,
    measure,
    result_frames,
    sample_ids,
    unit_data,
)


@pytest.fixture
def no_sync(monkeypatch):
    """A kill is not a power cut: these tests need no disk that keeps its word, and run faster without."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def test_a_finished_run_has_the_files_the_design_names(tmp_path):
    assert measure(tmp_path, with_states=True) == list(UNITS)
    kinds = {name.split("/")[0] for name in contents(tmp_path)}
    tables = {"samples", "tokens", "estimates", "matrices"}
    assert kinds == {"journal.jsonl", "recipe.toml", *tables, "arrays", "states", "results"}
    assert [path.name for path in (tmp_path / "arrays").iterdir()] == ["points"]
    run = llmgeo.run.open(tmp_path)
    assert (run.status, run.manifest["subjects"], run.recipe_source) == ("complete", {"model": {"name": "toy"}}, RECIPE)
    assert run.manifest["fingerprint"] == llmgeo.run.fingerprint(FIELDS)


def test_the_same_command_again_does_nothing_again(tmp_path):
    measure(tmp_path)
    before = contents(tmp_path)
    assert measure(tmp_path) == []
    assert contents(tmp_path) == before


def test_the_order_in_which_units_finish_does_not_matter(tmp_path):
    measure(tmp_path / "a", UNITS)
    measure(tmp_path / "b", UNITS[::-1])
    first, second = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert first.pop("journal.jsonl") != second.pop("journal.jsonl")
    assert first == second
    runs = [llmgeo.run.open(tmp_path / name) for name in "ab"]
    pd.testing.assert_frame_equal(runs[0].tokens, runs[1].tokens)
    assert runs[1].samples["sample"].to_list() == [*sample_ids(UNITS[0]), *sample_ids(UNITS[1])]


class _Killer:
    """Ends the process like `kill -9` at the n-th call of a function that changes the disk; a write stops half-way."""

    def __init__(self, step: int) -> None:
        self.left = step
        for name in ("open", "replace", "write", "unlink"):
            setattr(os, name, self._counted(getattr(os, name), name))

    def _counted(self, function, name):
        def counted(*arguments, **options):
            self.left -= 1
            if self.left == 0:
                if name == "write":
                    function(arguments[0], bytes(arguments[1])[:10])
                os._exit(137)
            return function(*arguments, **options)

        return counted


def _killed_at(step: int, folder: Path) -> bool:
    """Whether a process that measures into the folder was killed before it was done."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _Killer(step)
            measure(folder)
            status = 0
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, 137)
    return status == 137


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_at_any_step_loses_nothing_that_was_finished(tmp_path, no_sync):
    measure(tmp_path / "whole")
    expected = contents(tmp_path / "whole")
    step = 1
    while _killed_at(step, folder := tmp_path / str(step)):
        finished = set()
        if (folder / "run.json").exists():
            finished = {unit.name for unit in llmgeo.run.open(folder).units}
            assert len(llmgeo.run.open(folder).tokens) == len(finished) * len(
                unit_data("00000")["tables"]["tokens"]["sample"]
            )
        assert set(measure(folder)) == set(UNITS) - finished, step
        assert contents(folder) == expected, step
        step += 1
    assert step > 40  # every open, write, rename and removal was a moment to die


def test_leftovers_are_removed_and_the_users_own_files_are_not(tmp_path):
    measure(tmp_path, UNITS[:1])
    for name in ("samples/part-00009-12345678.parquet", "tokens/.writing-00", "results/.writing-00", ".writing-00"):
        (tmp_path / name).write_bytes(b"half")
    for name in ("samples/notes.txt", "paper.md"):
        (tmp_path / name).write_bytes(b"mine")
    with begin(tmp_path) as writer:
        removed = ("samples/part-00009-12345678.parquet", "tokens/.writing-00", "results/.writing-00", ".writing-00")
        assert writer.removed == tuple(sorted(removed))
        assert writer.is_resumed
    left = set(contents(tmp_path))
    assert left.isdisjoint(removed)
    assert {"samples/notes.txt", "paper.md"} <= left


def test_a_unit_cut_short_by_a_smaller_limit_is_measured_anew(tmp_path):
    unit, ids = UNITS[0], sample_ids(UNITS[0])
    short = unit_data(unit)["tables"]["samples"][:1]
    with begin(tmp_path) as writer:
        writer.write_unit(unit, {"samples": short})
        assert writer.unit_done(unit)
        assert writer.unit_done(unit, ids[:1])
        assert not writer.unit_done(unit, ids)
        writer.write_unit(unit, **unit_data(unit))
        assert writer.unit_done(unit, ids)
        assert writer.unit_done(unit, ids[:1])  # a smaller limit again: what is there is enough
    assert llmgeo.run.open(tmp_path).samples["sample"].to_list() == ids
    assert len(list((tmp_path / "samples").iterdir())) == 1
    measure(tmp_path / "other", UNITS[:1])
    parts = [name for name in contents(tmp_path / "other") if "part-" in name]
    assert [contents(tmp_path)[name] for name in parts] == [contents(tmp_path / "other")[name] for name in parts]


def test_results_never_outlive_the_parts_they_were_computed_from(tmp_path):
    measure(tmp_path, UNITS[:1])
    with begin(tmp_path) as writer:
        writer.write_unit(UNITS[1], **unit_data(UNITS[1]))
    with pytest.raises(RunError, match=r"no results/layers\.parquet"):
        _ = llmgeo.run.open(tmp_path).layers


def test_another_fingerprint_is_refused_with_each_field_that_differs(tmp_path):
    measure(tmp_path / "run")
    before = contents(tmp_path / "run")
    (tmp_path / "run-2").mkdir()
    asked = {"model": {"revision": "def", "dtype": "float32"}, "seed": 1, "quantisation": "nf4"}
    with pytest.raises(RunError) as caught:
        begin(tmp_path / "run", asked)
    message = str(caught.value)
    assert "3 fields differ" in message
    assert "model.revision: 'abc' in the folder, 'def' asked for" in message
    assert "seed: 0 in the folder, 1 asked for" in message
    assert "quantisation: (nothing) in the folder, 'nf4' asked for" in message
    assert "dtype" not in message
    assert message.endswith(f"out='{tmp_path}/run-3'")
    with command_line_words(), pytest.raises(RunError) as caught:
        begin(tmp_path / "run", asked)
    assert str(caught.value).endswith(f"--out {tmp_path}/run-3")
    assert contents(tmp_path / "run") == before
    measure(tmp_path / "run")  # and the lock was given back


def test_a_run_of_other_columns_is_not_gone_on_with(tmp_path):
    measure(tmp_path)
    before = contents(tmp_path)
    moved = Table("matrices", "rows", {"matrix": Column("text", "its name")})
    other = Declaration((*(moved if table.name == moved.name else table for table in DECLARATION.tables),))
    with pytest.raises(CorruptRunError, match="declares other columns than this run has") as caught:
        llmgeo.run.create_or_resume(tmp_path, {}, RECIPE, FIELDS, other)
    assert "matrices.matrix: 'text (required)' in the folder, 'text' asked for" in str(caught.value)
    assert "matrices.change: 'number' in the folder, (nothing) asked for" in str(caught.value)
    assert "points: " in str(caught.value)
    assert contents(tmp_path) == before


def test_a_tuple_in_the_fingerprint_is_the_list_it_reads_back_as(tmp_path):
    begin(tmp_path, {"layers": (1, 2)}).close()
    begin(tmp_path, {"layers": [1, 2]}).close()


def test_what_changed_on_resume_is_kept_on_record(tmp_path):
    begin(tmp_path, batch_size=8).close()
    first = llmgeo.run.open(tmp_path).manifest
    begin(tmp_path, batch_size=4).close()
    second = llmgeo.run.open(tmp_path).manifest
    assert second["batch_size"] == 4
    assert second["created"] == first["created"]
    assert [entry["changes"] for entry in second["changed_on_resume"]] == [{"batch_size": [8, 4]}]


@pytest.mark.parametrize(
    ("error", "status"), [(None, "partial"), (KeyboardInterrupt, "partial"), (ZeroDivisionError, "failed")]
)
def test_a_run_that_ends_early_says_so_and_lets_the_next_one_in(tmp_path, error, status):
    def end_early():
        with begin(tmp_path) as writer:
            writer.write_unit(UNITS[0], **unit_data(UNITS[0]))
            if error:
                raise error("because")

    if error:
        with pytest.raises(error):
            end_early()
    else:
        end_early()
    run = llmgeo.run.open(tmp_path)
    assert run.status == status
    assert run.manifest.get("notes") == ({"reason": "because"} if status == "failed" else None)
    assert measure(tmp_path) == [UNITS[1]]
    assert llmgeo.run.open(tmp_path).status == "complete"


def test_a_second_writer_is_told_which_process_has_the_run(tmp_path):
    with begin(tmp_path):
        other = "from tests.run.units import begin; import sys; begin(sys.argv[1])"
        root = Path(__file__).parents[2]
        found = subprocess.run([sys.executable, "-c", other, tmp_path], capture_output=True, text=True, cwd=root)
        assert f"RunError: process {os.getpid()} on " in found.stderr
        assert "is writing" in found.stderr
        with pytest.raises(RunError, match="Wait until it is done, or give another folder: out=FOLDER"):
            begin(tmp_path)
    begin(tmp_path).close()


def test_a_closed_writer_writes_nothing(tmp_path):
    writer = begin(tmp_path)
    writer.close()
    writer.close()
    for use in (lambda: writer.write_unit(UNITS[0], {}), lambda: writer.finish("complete")):
        with pytest.raises(RunError, match="was closed"):
            use()


def test_a_full_disk_costs_only_the_unit_being_written(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    writer = begin(tmp_path)
    writer.write_unit(UNITS[0], **unit_data(UNITS[0]))
    before = contents(tmp_path)
    for module, function in [(atomic.os, "replace"), (journal.os, "write"), (atomic.os, "fsync")]:
        with monkeypatch.context() as patch:
            patch.setattr(module, function, full)
            with pytest.raises(RunError, match=rf"unit 00001 could not be written in {tmp_path} \(the disk is full"):
                writer.write_unit(UNITS[1], **unit_data(UNITS[1]))
        assert contents(tmp_path).items() >= before.items()
        assert not list(tmp_path.rglob(".writing-*"))
        assert llmgeo.run.open(tmp_path).samples["sample"].to_list() == sample_ids(UNITS[0])
    writer.write_unit(UNITS[1], **unit_data(UNITS[1]))  # some space was freed
    writer.close()
    assert measure(tmp_path) == []


def test_a_full_disk_does_not_hide_the_error_that_came_first(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def crash():
        with begin(tmp_path):
            monkeypatch.setattr(atomic.os, "replace", full)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-1])])
def test_resuming_a_damaged_run_names_the_file_and_the_way_out(tmp_path, change):
    measure(tmp_path)
    change(next((tmp_path / "tokens").iterdir()))
    with pytest.raises(CorruptRunError, match=r"tokens/part-0000\d-.{8}\.parquet in .* is damaged.*llmgeo repair"):
        measure(tmp_path)


def test_a_lost_recipe_is_put_back_and_a_kept_one_is_kept(tmp_path):
    measure(tmp_path)
    (tmp_path / "recipe.toml").unlink()
    measure(tmp_path)
    assert (tmp_path / "recipe.toml").read_bytes() == RECIPE
    comment = b"# the same recipe, another comment\n"
    llmgeo.run.create_or_resume(tmp_path, {}, comment + RECIPE, FIELDS, DECLARATION).close()
    assert (tmp_path / "recipe.toml").read_bytes() == RECIPE
    assert llmgeo.run.verify(tmp_path) == []


@pytest.mark.parametrize(
    ("unit", "change", "message"),
    [
        ("../x", {}, "unit name"),
        ("00001", {}, "already in another unit"),
        ("00000", {"samples": []}, r"tokens has samples \['greedy/p00000', 'nucleus/p00000'\] that are not"),
        ("00000", {"samples": [{"sample": "a", "condition": "c", "prompt": "p"}] * 2}, "one of its samples twice"),
        ("00000", {"states": {"b": torch.zeros(1, 1, 1)}}, r"states has samples \['b'\]"),
        ("00000", {"states": {"greedy/p00000": torch.zeros(1, 1)}}, r"shape \(1, 1\); its dimensions are layer, token"),
        ("00000", {"estimates": [{"sample": "b", "measure": "m", "status": "ok"}]}, r"estimates has samples \['b'\]"),
        ("00000", {"layers": [{"condition": "greedy"}]}, "layers is not a table that units of this run write"),
        (
            "00000",
            {"matrix": [{"matrix": "x"}]},
            "matrix is not a table that units of this run write; declared: samples",
        ),
        ("00000", dict.fromkeys(("samples", "tokens", "estimates", "matrices"), ()), "no row in any table"),
    ],
)
def test_a_unit_that_contradicts_itself_is_refused(tmp_path, unit, change, message):
    with begin(tmp_path) as writer:
        data = unit_data("00000")
        arrays = {name: change[name] for name in change if name == "states"}
        tables = {name: change[name] for name in change if name not in arrays}
        writer.write_unit("00000", **data)
        with pytest.raises(ValueError, match=message):
            writer.write_unit(unit, data["tables"] | tables, data["arrays"] | arrays)
    assert llmgeo.run.verify(tmp_path) == []


def test_nan_and_llmgeos_own_keys_are_kept_out_of_the_manifest(tmp_path):
    with pytest.raises(ValueError, match="may not set status"):
        begin(tmp_path / "a", status="complete")
    with pytest.raises(ValueError, match="JSON"):
        begin(tmp_path / "a", temperature=float("nan"))
    assert not (tmp_path / "a").exists()
    with begin(tmp_path / "b") as writer, pytest.raises(ValueError, match="none of running"):
        writer.finish("done")


def test_results_need_their_columns(tmp_path):
    frames = result_frames()
    with begin(tmp_path) as writer:
        for change, message in (
            ({"claims": frames["claims"].drop(columns="verdict")}, r"claims: column 'verdict' is missing"),
            ({"claims": pd.DataFrame()}, r"claims: column 'claim', .* is missing"),
            ({"contrasts": frames["contrasts"].assign(star=1)}, r"contrasts has no column 'star'; it has a, b, layer"),
            ({"grid": frames["layers"]}, r"grid is not a declared table; these are: samples"),
        ):
            with pytest.raises(ValueError, match=message):
                writer.write_results(frames | change)
        with pytest.raises(ValueError, match="the results lack claims"):
            writer.write_results({name: frames[name] for name in ("layers", "contrasts")})
        assert not (tmp_path / "results").exists()
        writer.write_results(frames)
    assert llmgeo.run.open(tmp_path).claims["layers"].map(list).to_list() == [[1, 2]]


def test_a_path_that_is_no_folder_is_refused_before_anything_is_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        begin(tmp_path / "file")


@pytest.mark.parametrize(("stored", "asked"), [(1, True), (0, False), (1, 1.0), (None, "None")])
def test_values_that_python_or_a_message_takes_for_equal_still_differ(tmp_path, stored, asked):
    begin(tmp_path, {"seed": stored}).close()
    with pytest.raises(RunError, match=r"1 field differs:\n  seed: "):
        begin(tmp_path, {"seed": asked})
