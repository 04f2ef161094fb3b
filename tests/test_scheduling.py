"""The files that the scheduler names are there, each in one group, and every worker sorts alike."""

from collections import Counter
from pathlib import Path

from tests.scheduling import FIRST, GROUPS, TOGETHER, group_of, place_of

ROOT = Path(__file__).parents[1]


def test_every_file_that_is_named_is_there_and_in_one_group():
    files = Counter(file for group in TOGETHER for file in group)
    assert set(files.values()) == {1}
    assert [file for file in {*files, *FIRST} if not (ROOT / file).is_file()] == []


def test_a_group_that_comes_first_is_named_by_its_first_file():
    assert [file for file in FIRST if group_of(file) != file] == []


def test_a_file_goes_with_its_group_and_any_other_alone():
    for file, first in GROUPS.items():
        assert group_of(f"{file}::test_it[a::b]") == first
        assert place_of(f"{file}::test_it") == place_of(first)
    assert group_of("tests/test_escape.py::test_it") == "tests/test_escape.py"
    assert place_of("tests/test_escape.py::test_it") == len(FIRST)
