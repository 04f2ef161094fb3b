"""One run written by several writers, each with a journal of its own: nothing lost, and the same bytes."""

import os

import pytest

from llmgeo import run as runs
from llmgeo.errors import CorruptRunError, RunError
from llmgeo.run import layout, process_journals
from tests.run.units import FIELDS, UNITS, begin, contents, measure, result_frames, sample_ids, unit_data


def share(folder, process, units):
    """What another process does."""
    with runs.join_in(folder, process, FIELDS) as writer:
        for unit in units:
            assert not writer.unit_done(unit, sample_ids(unit))
            writer.write_unit(unit, **unit_data(unit))


@pytest.fixture
def whole(tmp_path):
    measure(tmp_path / "whole")
    return contents(tmp_path / "whole")


def finish(writer):
    writer.write_results(result_frames())
    writer.finish("complete")


def test_the_bytes_do_not_tell_who_wrote_which_unit(tmp_path, whole):
    run = tmp_path / "run"
    with begin(run) as writer:
        share(run, 2, UNITS[1:])
        writer.write_unit(UNITS[0], **unit_data(UNITS[0]))
        writer.take_in()
        assert writer.units_done == UNITS
        finish(writer)
    assert contents(run) == whole
    assert runs.verify(run) == []
    assert not [name for name in os.listdir(run) if "0000" in name]


def test_what_a_killed_run_left_is_read_and_taken_in(tmp_path, whole):
    run = tmp_path / "run"
    with begin(run):
        share(run, 1, UNITS[:1])
    assert [unit.name for unit in runs.open(run).units] == [UNITS[0]]
    assert runs.verify(run) == []
    with begin(run) as writer:
        assert writer.unit_done(UNITS[0], sample_ids(UNITS[0]))
        writer.write_unit(UNITS[1], **unit_data(UNITS[1]))
        finish(writer)
    assert contents(run) == whole


def test_killed_while_a_journal_was_taken_in(tmp_path, whole):
    """The run's own journal is written, the other one still there: the same unit in both."""
    run = tmp_path / "run"
    with begin(run) as writer:
        share(run, 1, UNITS)
        other = (run / "journal-00001.jsonl").read_bytes()
        writer.take_in()
    (run / "journal-00001.jsonl").write_bytes(other)
    assert len(runs.open(run).units) == 2
    with begin(run) as writer:
        finish(writer)
    assert contents(run) == whole


def test_a_unit_cut_short_is_replaced_by_another_process(tmp_path):
    run = tmp_path / "run"
    with begin(run) as writer:
        writer.write_unit(UNITS[0], {"samples": [{"sample": "greedy/p00000", "condition": "greedy", "prompt": "p"}]})
    with begin(run) as writer:
        share(run, 1, UNITS[:1])
        assert runs.verify(run) == []  # killed now, neither journal names a file that is gone
        writer.take_in()
        assert len(writer.removed) == 1
    assert sorted(runs.open(run).samples["sample"]) == sorted(sample_ids(UNITS[0]))


def test_no_other_run_begins_while_one_of_the_processes_still_writes(tmp_path):
    run = tmp_path / "run"
    begin(run).close()
    with runs.join_in(run, 3, FIELDS), pytest.raises(RunError, match=r"process \d+ on .* is writing"):
        begin(run)
    begin(run).close()


def test_a_process_that_does_not_see_the_run_says_so(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(RunError, match="does not see the run that the main process started in"):
        runs.join_in(tmp_path / "elsewhere", 1, FIELDS)
    begin(tmp_path / "run").close()
    with pytest.raises(RunError, match=r"something else than the main process .*seed is 0 there, 1 here"):
        runs.join_in(tmp_path / "run", 1, {**FIELDS, "seed": 1})


def test_a_damaged_journal_of_a_process_is_named_and_repaired(tmp_path, whole):
    run = tmp_path / "run"
    with begin(run):
        share(run, 1, UNITS)
    path = run / "journal-00001.jsonl"
    path.write_bytes(path.read_bytes().replace(b"greedy/p00000", b"greedy/p00009"))
    with pytest.raises(CorruptRunError, match=r"journal-00001\.jsonl:1"):
        begin(run)
    assert [problem.file for problem in runs.verify(run)] == [path.name]
    runs.repair(run)
    assert [unit.name for unit in runs.open(run).units] == [UNITS[1]]
    assert (run / "journal-00001.jsonl.backup-1").exists()
    (run / "journal-00001.jsonl.backup-1").unlink()
    assert measure(run) == [UNITS[0]]
    assert contents(run).keys() == whole.keys()


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_a_journal_that_is_a_link_is_refused(tmp_path):
    begin(tmp_path / "run").close()
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "run" / layout.own(layout.JOURNAL, 1)).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CorruptRunError, match="not a plain file"):
        begin(tmp_path / "run")


def test_reading_misses_no_unit_that_is_taken_in_meanwhile(tmp_path, monkeypatch):
    run = tmp_path / "run"
    with begin(run) as writer:
        share(run, 1, UNITS)
        read_journal = process_journals.journal.read

        def then_taken_in(folder, *which):
            found = read_journal(folder, *which)
            monkeypatch.setattr(process_journals.journal, "read", read_journal)
            writer.take_in()
            return found

        monkeypatch.setattr(process_journals.journal, "read", then_taken_in)
        assert len(runs.open(run).units) == 2
