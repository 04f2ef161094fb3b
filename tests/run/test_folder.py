"""Where a run goes, and what is known to be wrong with that before any work is done."""

import os
from datetime import UTC, datetime

import pytest

from llmgeo.errors import UsageError
from llmgeo.run import check_out, choose_folder, find_unfinished, fingerprint
from llmgeo.run.folder import slug
from tests.run.units import FIELDS, begin, measure

NOW = datetime(2026, 11, 24, 8, 30, 5, tzinfo=UTC)


def test_a_given_folder_is_exactly_that_folder(tmp_path):
    assert choose_folder(tmp_path / "x", "org/model", "coherence", "a1b2c3d4") == tmp_path / "x"


def test_a_new_folder_tells_when_what_and_which(tmp_path):
    folder = choose_folder(None, "HuggingFaceTB/SmolLM2-135M-Instruct", "my recipe", "a1b2c3d4", tmp_path, NOW)
    assert folder == tmp_path / "20261124T083005Z-smollm2-135m-instruct-my-recipe-a1b2c3"


HOSTILE = [
    "..",
    "/",
    "",
    "a/../..",
    "C:\\con",
    "\\\\server\\share",
    "x" * 5000,
    "a\0b",
    "naïve ☃",
    "-rf",
    ".hidden",
    "a ",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_model_name_becomes_a_harmless_piece_of_a_file_name(name):
    piece = slug(name)
    assert 0 < len(piece) <= 40
    assert piece.strip("-.") == piece
    assert set(piece) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")


def test_the_same_command_finds_its_unfinished_run_and_no_other(tmp_path):
    mine, other = fingerprint(FIELDS), fingerprint({"seed": 1})
    assert find_unfinished(mine, tmp_path) is None
    folder = choose_folder(None, "toy", "coherence", mine, tmp_path, NOW)
    begin(folder).close()
    (tmp_path / f"20270101T000000Z-toy-coherence-{mine[:6]}").mkdir()  # newer, but no run
    damaged = tmp_path / f"20270101T000001Z-toy-coherence-{mine[:6]}"
    damaged.mkdir()
    (damaged / "run.json").write_bytes(b"{")
    assert choose_folder(None, "toy", "coherence", mine, tmp_path) == folder
    assert choose_folder(None, "toy", "coherence", other, tmp_path) != folder
    measure(folder)
    assert find_unfinished(mine, tmp_path) is None  # complete: the same command begins another


def test_a_folder_that_can_be_written_is_accepted_and_left_as_it_was(tmp_path):
    check_out(tmp_path / "new" / "deeper")
    assert os.listdir(tmp_path) == []
    check_out(tmp_path)
    measure(tmp_path)
    check_out(tmp_path)


def test_what_a_killed_start_leaves_is_no_obstacle(tmp_path):
    for name in (".lock", ".lock-holder", ".writing-0123456789abcdef"):
        (tmp_path / name).touch()
    check_out(tmp_path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda base: base / "file", "is a file, not a folder"),
        (lambda base: base / "file" / "x" / "y", "file is a file, not a folder"),
        (lambda base: base / "full", r"holds other files \('thesis.tex'\) and no run.*out='.*full/run"),
        (lambda base: base / ("x" * 300), "File name too long"),
        (lambda base: base / "a\0b", "null"),
        (lambda base: base / "nowhere" / "x", "is a link that leads nowhere"),
        (lambda base: base / "loop" / "x", "symbolic links"),
    ],
    ids=["file", "below a file", "other files", "too long", "nul", "broken link", "loop"],
)
def test_a_folder_that_cannot_be_used_is_refused_before_any_work(tmp_path, make, message):
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    (tmp_path / "nowhere").symlink_to(tmp_path / "does not exist")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(UsageError, match=message) as caught:
        check_out(make(tmp_path))
    assert "out=" in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(UsageError, match="Permission denied"):
        check_out(tmp_path / "new")


def test_a_disk_that_is_known_to_be_too_small_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"bytes free, the run needs about 1,000,000,000,000,000"):
        check_out(tmp_path / "new", needed=10**15)
