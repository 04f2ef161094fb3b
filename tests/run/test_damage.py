"""verify finds every kind of damage; repair gives up the damaged units only, and the run comes out whole again."""

import json
import shutil

import pytest

import llmgeo.run
from llmgeo.errors import CorruptRunError, RunError, UsageError
from llmgeo.run import repair, verify
from tests.run.units import UNITS, begin, contents, journal_line, measure


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    measure(folder, with_states=True)
    return folder


@pytest.fixture
def run(written, tmp_path):
    return shutil.copytree(written, tmp_path / "run")


def second(run, kind):
    return next((run / kind).glob("part-00001-*"))


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-7])


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


def test_a_whole_run_has_no_problem_and_repairing_it_changes_nothing(run):
    before = contents(run)
    assert verify(run) == []
    done = repair(run)
    assert (done.dropped, done.problems, done.backup) == ((), (), None)
    assert contents(run) == before


@pytest.mark.parametrize("kind", ["samples", "tokens", "estimates", "matrices", "states", "arrays/points"])
@pytest.mark.parametrize(
    ("damage", "found"),
    [(flip, "checksum"), (truncate, "size"), (lambda path: path.unlink(), "missing"), (replace_by_folder, "missing")],
    ids=["flip", "truncate", "delete", "folder"],
)
def test_a_damaged_part_costs_its_unit_and_no_other(written, run, kind, damage, found):
    part = second(run, kind)
    damage(part)
    assert [(problem.file, problem.kind, problem.unit) for problem in verify(run)] == [
        (f"{kind}/{part.name}", found, UNITS[1])
    ]
    if part.is_dir():
        part.rmdir()
    journal = (run / "journal.jsonl").read_bytes()
    done = repair(run)
    assert done.dropped == (UNITS[1],)
    assert done.backup.read_bytes() == journal
    assert llmgeo.run.open(run).status == "partial"
    assert measure(run, with_states=True) == [UNITS[1]]
    done.backup.unlink()
    assert contents(run) == contents(written)
    assert verify(run) == []


def test_unreadable_journal_lines_are_dropped_and_only_their_units_redone(written, run):
    lines = (run / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (run / "journal.jsonl").write_bytes(
        b"".join([lines[0].replace(b"00000", b"00007"), journal_line(unit="../x"), lines[1]])
    )
    assert [(problem.kind, problem.message.split(" ")[1]) for problem in verify(run)] == [("line", "1"), ("line", "2")]
    with pytest.raises(CorruptRunError, match=r"journal.jsonl:1 "):
        measure(run)
    assert repair(run).dropped == ()
    assert measure(run, with_states=True) == [UNITS[0]]
    assert {name: data for name, data in contents(run).items() if "/" in name} == {
        name: data for name, data in contents(written).items() if "/" in name
    }


def test_units_that_claim_the_same_sample_are_all_redone(run):
    lines = (run / "journal.jsonl").read_bytes()
    (run / "journal.jsonl").write_bytes(lines + journal_line(unit="00002", samples=["greedy/p00001"]))
    assert repair(run).dropped == ("00001", "00002")


def test_a_damaged_result_is_removed_and_no_unit_with_it(run):
    truncate(run / "results" / "layers.parquet")
    assert [(problem.file, problem.kind) for problem in verify(run)] == [("results/layers.parquet", "results")]
    assert repair(run).dropped == ()
    assert not list((run / "results").iterdir())
    assert measure(run) == []
    assert verify(run) == []


def test_a_lost_recipe_is_reported_and_costs_nothing(run):
    (run / "recipe.toml").unlink()
    assert [(problem.file, problem.kind, problem.unit) for problem in verify(run)] == [("recipe.toml", "missing", None)]
    assert repair(run).backup is None
    assert measure(run) == []
    assert verify(run) == []


def test_a_torn_line_of_a_killed_run_is_no_problem_and_repair_takes_it_away(run):
    manifest = (run / "run.json").read_text()
    (run / "run.json").write_text(manifest.replace('"status": "complete"', '"status": "running"'))
    with (run / "journal.jsonl").open("ab") as file:
        file.write(b'{"unit": "0')
    assert verify(run) == []
    assert repair(run).backup is not None
    assert (run / "journal.jsonl").read_bytes().endswith(b"}\n")


def test_every_backup_is_kept(run):
    for number in (1, 2):
        flip(second(run, "tokens"))
        assert repair(run).backup.name == f"journal.jsonl.backup-{number}"
        measure(run, with_states=True)


def test_a_run_that_is_being_written_is_not_repaired(tmp_path):
    with begin(tmp_path), pytest.raises(RunError, match="is writing"):
        repair(tmp_path)


@pytest.mark.parametrize("function", [verify, repair])
def test_what_is_no_run_is_neither_verified_nor_repaired(tmp_path, function):
    with pytest.raises(UsageError, match="is not a run folder"):
        function(tmp_path)
    assert not list(tmp_path.iterdir())


def without_a_line(run, number):
    lines = (run / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (run / "journal.jsonl").write_bytes(b"".join(lines[:number] + lines[number + 1 :]))


@pytest.mark.parametrize("number", range(len(UNITS)))
def test_a_line_that_a_finished_run_lost_is_told_and_its_unit_measured_again(run, number):
    before = contents(run)
    assert verify(run) == []
    without_a_line(run, number)
    problems = verify(run)
    assert {problem.kind for problem in problems} == {"lost"}
    assert {problem.file for problem in problems} > {
        path.relative_to(run).as_posix() for path in (run / "samples").glob(f"part-{UNITS[number]}-*")
    }
    assert problems[-1].message == "journal.jsonl names 1 unit; the results are of 2"
    with pytest.raises(CorruptRunError, match=r"names 1 of the 2 units of the finished run.* llmgeo repair"):
        llmgeo.run.open(run)
    repair(run)
    opened = llmgeo.run.open(run)
    assert (opened.status, len(opened.samples)) == ("partial", 2)
    assert measure(run, with_states=True) == [UNITS[number]]
    assert verify(run) == []
    assert {name: data for name, data in contents(run).items() if "journal" not in name} == {
        name: data for name, data in before.items() if "journal" not in name
    }


def test_parts_without_a_line_are_told_where_no_number_of_units_is(run):
    manifest = json.loads((run / "run.json").read_text())
    del manifest["notes"]["units"]
    (run / "run.json").write_text(json.dumps(manifest))
    without_a_line(run, 1)
    assert {problem.kind for problem in verify(run)} == {"lost"}


@pytest.mark.parametrize("last", [b"rubbish\n", b"rubbish", b'{"unit": "0000'])
def test_a_last_line_of_rubbish_is_told_of_a_finished_run(run, last):
    (run / "journal.jsonl").write_bytes((run / "journal.jsonl").read_bytes() + last)
    assert [(problem.kind, problem.message) for problem in verify(run)] == [("line", "line 3 is not JSON")]
    repair(run)
    assert verify(run) == []
    assert measure(run, with_states=True) == []


def test_a_finished_run_may_lack_the_last_line_end(run):
    (run / "journal.jsonl").write_bytes((run / "journal.jsonl").read_bytes().removesuffix(b"\n"))
    assert verify(run) == []
