"""The journal: what a kill can leave is tolerated, everything else is an error with a line number, nothing crashes."""

import contextlib
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmgeo.errors import CorruptRunError
from llmgeo.run import journal, layout
from llmgeo.run.journal import Part, Unit
from tests.run.units import DECLARATION, journal_line

names = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,12}", fullmatch=True)


@st.composite
def units(draw, name=names):
    unit = draw(name)
    parts = []
    for declared in draw(st.lists(st.sampled_from(DECLARATION.parts), unique_by=lambda part: part.name)):
        sha256 = hashlib.sha256(draw(st.binary(max_size=4))).hexdigest()
        path = layout.part_path(declared, unit, sha256)
        parts.append(Part(declared.name, path, draw(st.integers(0, 2**62)), sha256))
    # Ids begin with the unit's name, so that no two units share one; what follows may be any text at all.
    ids = draw(st.lists(st.text(), max_size=3, unique=True))
    return Unit(unit, tuple(f"{unit}/{text}" for text in ids), tuple(parts))


journals = st.lists(units(), max_size=4, unique_by=lambda unit: unit.name)


def ordered(found):
    return tuple(sorted(found, key=lambda unit: unit.name))


@settings(max_examples=50)
@given(journals)
def test_reads_back_what_was_written_in_the_order_of_names(written):
    found = journal.parse(b"".join(journal.line(unit) for unit in written), DECLARATION)
    assert (found.units, found.faults, found.is_torn) == (ordered(written), (), False)


@settings(max_examples=50)
@given(journals, st.data())
def test_a_torn_end_loses_only_the_unit_that_was_not_finished(written, data):
    lines = [journal.line(unit) for unit in written]
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))
    # A line that lacks nothing but its line end says all it has to say.
    complete = [unit for place, unit in enumerate(written) if len(b"".join(lines[: place + 1])) - 1 <= cut]
    found = journal.parse(whole[:cut], DECLARATION)
    assert found.units == ordered(complete)
    assert found.faults == ()


@settings(max_examples=60)
@given(journals.filter(bool), st.data())
def test_a_flipped_bit_never_passes_for_something_else(written, data):
    whole = b"".join(journal.line(unit) for unit in written)
    place, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    flipped = bytearray(whole)
    flipped[place] ^= 1 << bit
    found = journal.parse(bytes(flipped), DECLARATION)
    assert set(found.units) <= set(written)


@given(st.binary() | st.lists(st.binary() | st.sampled_from([b"{}", b"[[", b"1", b"NaN", b"\x00"])).map(b"\n".join))
def test_no_bytes_crash_the_reader(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("run")
    (folder / "journal.jsonl").write_bytes(data)
    with contextlib.suppress(CorruptRunError):
        journal.read(folder, DECLARATION)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({"unit": names | json_values, "samples": json_values, "files": json_values}))
def test_no_json_of_nearly_the_right_shape_crashes_the_reader(record):
    found = journal.parse(journal_line(**record) + journal_line(), DECLARATION)
    assert len(found.units) + len(found.faults) >= 1


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data + data,
        lambda data: data.replace(b"\n", b"\n\n"),
        lambda data: data + b"\x00" * 512,
        lambda data: data + b'{"unit": "00002", "samp',
        lambda data: data + b"\xff\xfe rubbish\n",
        lambda data: data + b"[" * 100_000,
    ],
    ids=["bom", "crlf", "twice", "blank lines", "zeros at the end", "torn", "rubbish at the end", "deep nesting"],
)
def test_what_a_kill_or_an_editor_leaves_is_tolerated(change):
    data = journal_line(unit="00000", samples=["a"]) + journal_line(unit="00001", samples=["b"])
    assert journal.parse(change(data), DECLARATION).units == journal.parse(data, DECLARATION).units
    assert journal.parse(change(data), DECLARATION).faults == ()


def test_the_last_line_of_a_unit_counts():
    data = journal_line(samples=["a"]) + journal_line(samples=["a", "b"])
    assert [unit.samples for unit in journal.parse(data, DECLARATION).units] == [("a", "b")]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"rubbish\n", "is not JSON"),
        (b"[" * 100_000 + b"\n", "is not JSON"),
        (b"12\n", "is not a record of a unit"),
        (b"{}\n", "is not a record of a unit"),
        (journal_line(unit="../x"), "calls a unit '../x'"),
        (journal_line(unit=5), "calls a unit 5"),
        (journal_line(samples="a"), "does not list the ids"),
        (journal_line(samples=[1]), "does not list the ids"),
        (journal_line(samples=["a", "a"]), "lists a sample twice"),
        (journal_line(samples=["a"], files=[]), "does not list its files"),
        (journal_line(unit="00009", samples=["last"]), "has sample 'last' in unit"),
        (journal_line().replace(b'"a"', b'"c"'), "check does not match"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_rubbish_in_the_middle_is_named_with_its_line(tmp_path, bad, reason):
    good = journal_line(unit="00001", samples=["x"]), journal_line(unit="00002", samples=["last"])
    (tmp_path / "journal.jsonl").write_bytes(good[0] + bad + good[1])
    with pytest.raises(CorruptRunError) as caught:
        journal.read(tmp_path, DECLARATION)
    line = 3 if "has sample" in reason else 2
    assert f"journal.jsonl:{line} " in str(caught.value)
    assert reason in str(caught.value)
    assert "llmgeo repair" in str(caught.value)


def test_a_line_that_cannot_be_finished_is_taken_back(tmp_path, monkeypatch):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(journal_line())
    real_write = journal.os.write

    def half_then_full(descriptor, data):
        if len(data) < 60:
            raise OSError(28, "No space left on device")
        return real_write(descriptor, bytes(data[:50]))

    monkeypatch.setattr(journal.os, "write", half_then_full)
    with pytest.raises(OSError, match="No space"):
        journal.append(tmp_path, Unit("00001", ("b",), ()))
    assert path.read_bytes() == journal_line()


def test_a_missing_journal_beside_parts_is_damage_not_an_empty_run(tmp_path):
    assert journal.read(tmp_path, DECLARATION).units == ()
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "part-00000-12345678.parquet").write_bytes(b"hours of work")
    with pytest.raises(CorruptRunError, match=r"has parts but no journal\.jsonl"):
        journal.read(tmp_path, DECLARATION)
