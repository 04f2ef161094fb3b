"""Runs made by someone who means harm, or by a disk that broke: what each of them must be told, and that none gets out.

Each attack changes a good run. Reading it, resuming it and repairing it must answer with llmgeo's own error, and a file
outside the run must be as it was.
"""

import json
import os
import shutil

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import llmgeo.run
from llmgeo.cli.app import app
from llmgeo.errors import CorruptRunError, LlmgeoError, RunError
from llmgeo.run import journal, layout
from tests.report import synthetic
from tests.run.units import DECLARATION, UNITS, begin, contents, journal_line, measure

SHA256 = "0" * 64
FOLDERS = ("samples", "tokens", "estimates", "matrices", "states", "arrays", "arrays/points", "results")


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good") / "run"
    measure(folder)
    return folder


@pytest.fixture
def run(good, tmp_path):
    return shutil.copytree(good, tmp_path / "run")


@pytest.fixture
def secret(tmp_path):
    """A folder beside the run that nobody may touch."""
    folder = tmp_path / "secret"
    folder.mkdir()
    for name in ("diary.parquet", ".tmp-diary", "key"):
        (folder / name).write_bytes(b"private")
    return folder


def names(path):
    """A journal that says a part is stored at this path."""
    return lambda run: prepend(run, journal_line(unit="00007", files={path: {"bytes": 7, "sha256": SHA256}}))


def prepend(run, line):
    (run / "journal.jsonl").write_bytes(line + (run / "journal.jsonl").read_bytes())


def facts(size, sha256=SHA256):
    path = f"samples/part-00007-{'0' * 8}.parquet"
    return lambda run: prepend(run, journal_line(unit="00007", files={path: {"bytes": size, "sha256": sha256}}))


def manifest(**changes):
    def change(run):
        fields = json.loads((run / "run.json").read_bytes()) | changes
        (run / "run.json").write_text(json.dumps({key: value for key, value in fields.items() if value is not None}))

    return change


def declares(what, name, declared):
    """A manifest that declares something else as well."""

    def change(run):
        fields = json.loads((run / "run.json").read_bytes())
        fields[what][name] = declared
        (run / "run.json").write_text(json.dumps(fields))

    return change


def table(**changes):
    return {"words": "rows", "columns": {"x": {"kind": "number", "words": "a number"}}} | changes


def raw(name, data):
    return lambda run: (run / name).write_bytes(data)


NAMES = [
    "../secret",
    "/tmp",
    "a/b",
    "a\\b",
    "C:",
    "..",
    "",
    "Samples",
    "\x1b[2J",
    "\u202ea",
    "a" * 5000,
    "__class__",
    "path",
]
PATHS = [
    "../../x",
    "../secret/key",
    "samples/../../secret/key",
    "/etc/passwd",
    "C:\\Windows\\system.ini",
    "C:x",
    "\\\\server\\share\\x",
    "samples\\part-00007-00000000.parquet",
    "//server/share/x",
    "samples/part-00007-00000000.parquet\0",
    "samples/./part-00007-00000000.parquet",
    "samples//part-00007-00000000.parquet",
    "samples/part-00007-00000000.pkl",
    "samples/part-00000-00000000.parquet",
    "Samples/part-00007-00000000.parquet",
    "samples/\u202epart-00007-00000000.parquet",
    "samples/\x1b[2Jpart",
    "run.json",
    "",
    ".",
    "~/x",
]
ATTACKS = {
    **{
        f"path {path!r}": (names(path), CorruptRunError, "which is not a part of unit 00007 in this run")
        for path in PATHS
    },
    "size not a number": (facts("7"), CorruptRunError, "gives '7' as the size"),
    "size negative": (facts(-1), CorruptRunError, "gives -1 as the size"),
    "size true": (facts(True), CorruptRunError, "gives True as the size"),
    "size beyond every disk": (facts(10**30), CorruptRunError, "as the size"),
    "digest of another kind": (facts(7, "0" * 40), CorruptRunError, "as the SHA-256"),
    "digest in capitals": (facts(7, "A" * 64), CorruptRunError, "as the SHA-256"),
    "line without a check": (
        lambda run: prepend(run, b'{"unit": "00007", "samples": ["a"], "files": {}}\n'),
        CorruptRunError,
        "journal.jsonl:1 of",
    ),
    "deeply nested line": (lambda run: prepend(run, b"[" * 200_000 + b"\n"), CorruptRunError, "journal.jsonl:1 of"),
    "number of a million digits": (lambda run: prepend(run, b"9" * 1_000_000 + b"\n"), CorruptRunError, "is not JSON"),
    "journal of zeros in front": (lambda run: prepend(run, bytes(4096) + b"\n"), CorruptRunError, "is not JSON"),
    "journal deleted": (
        lambda run: (run / "journal.jsonl").unlink(),
        CorruptRunError,
        "has parts but no journal.jsonl",
    ),
    "journal a folder": (
        lambda run: ((run / "journal.jsonl").unlink(), (run / "journal.jsonl").mkdir()),
        CorruptRunError,
        "journal.jsonl",
    ),
    "journal a pipe": (
        lambda run: ((run / "journal.jsonl").unlink(), os.mkfifo(run / "journal.jsonl")),
        CorruptRunError,
        "journal.jsonl",
    ),
    "manifest of a newer llmgeo": (manifest(schema_version=3), RunError, "Upgrade: pip install --upgrade llmgeo"),
    "manifest without version": (manifest(schema_version=None), CorruptRunError, "no schema_version"),
    "manifest version true": (manifest(schema_version=True), CorruptRunError, "no schema_version"),
    "manifest version nought": (manifest(schema_version=0), CorruptRunError, "no schema_version"),
    "manifest status unknown": (
        manifest(status="\x1b[2Jfine"),
        CorruptRunError,
        "has status '\\x1b[2Jfine'; known are",
    ),
    "manifest status a list": (manifest(status=[]), CorruptRunError, "damaged: status"),
    "manifest without fingerprint": (manifest(fingerprint=None), CorruptRunError, "damaged: fingerprint"),
    "manifest fields a text": (manifest(fingerprint_fields="x"), CorruptRunError, "damaged: fingerprint_fields"),
    "manifest history a number": (manifest(changed_on_resume=3), CorruptRunError, "damaged: changed_on_resume"),
    **{
        f"table {name[:20]!r}": (declares("tables", name, table()), CorruptRunError, "run.json is damaged: ")
        for name in [*NAMES, "to_csv", "results", "arrays", "manifest", "results_samples"]
    },
    **{
        f"array {name[:20]!r}": (
            declares("arrays", name, {"words": "numbers", "dimensions": ["x"]}),
            CorruptRunError,
            "run.json is damaged: ",
        )
        for name in [*NAMES[:-1], "samples"]
    },
    **{
        f"column {name[:20]!r}": (
            declares("tables", "grid", table(columns={name: {"kind": "text", "words": "x"}})),
            CorruptRunError,
            "run.json is damaged: the column name ",
        )
        for name in NAMES[:-1]
    },
    "tables a list": (manifest(tables=[]), CorruptRunError, "damaged: 'tables' is not an object"),
    "no arrays": (manifest(arrays=None), CorruptRunError, "damaged: 'arrays' is not an object"),
    "table a text": (declares("tables", "grid", "x"), CorruptRunError, "damaged: 'grid' is not an object"),
    "table with code": (declares("tables", "grid", table(run="x")), CorruptRunError, "damaged: 'grid' has the keys"),
    "table open to nothing": (declares("tables", "grid", table(is_open=1)), CorruptRunError, "true or false, not 1"),
    "table without words": (declares("tables", "grid", table(words=None)), CorruptRunError, "are texts, not None"),
    "column of objects": (
        declares("tables", "grid", table(columns={"x": {"kind": "pickle", "words": "x"}})),
        CorruptRunError,
        "cannot be of kind 'pickle'",
    ),
    "column of a list": (
        declares("tables", "grid", table(columns={"x": {"kind": ["text"], "words": "x"}})),
        CorruptRunError,
        "grid.x has no kind",
    ),
    "samples of other columns": (declares("tables", "samples", table()), CorruptRunError, "no column sample"),
    "states of other dimensions": (
        declares("arrays", "states", {"words": "x", "dimensions": ["sample"]}),
        CorruptRunError,
        "states has the dimensions",
    ),
    "array of no dimension": (
        declares("arrays", "grid", {"words": "x", "dimensions": []}),
        CorruptRunError,
        "needs 1 to 16 dimensions",
    ),
    "array of a thousand": (
        declares("arrays", "grid", {"words": "x", "dimensions": [f"x{number}" for number in range(1000)]}),
        CorruptRunError,
        "needs 1 to 16 dimensions",
    ),
    "a thousand columns": (
        declares("tables", "grid", table(columns={f"x{n}": {"kind": "text", "words": ""} for n in range(1000)})),
        CorruptRunError,
        "1000 columns; 256 are the most",
    ),
    "manifest empty": (raw("run.json", b""), CorruptRunError, "is not JSON"),
    "manifest a list": (raw("run.json", b"[]"), CorruptRunError, "no schema_version"),
    "manifest binary": (raw("run.json", bytes(range(256))), CorruptRunError, "is not JSON"),
    "manifest nested": (raw("run.json", b"[" * 200_000), CorruptRunError, "is not JSON"),
    "manifest huge": (raw("run.json", b" " * (16 * 2**20 + 1)), CorruptRunError, "a manifest has at most"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_run_gets_its_message_and_nothing_else(run, attack):
    change, error, words = ATTACKS[attack]
    change(run)
    for use in (llmgeo.run.open, begin):
        with pytest.raises(error) as caught:
            use(run)
        message = str(caught.value)
        if use is llmgeo.run.open:
            assert words in message
        assert str(run) in message
        assert all(character.isprintable() for character in message)
        assert len(message) < 1000


@pytest.mark.parametrize(
    "attack", [name for name in ATTACKS if name.startswith(("path", "size", "digest", "line", "deep"))]
)
def test_repair_gets_a_run_out_of_a_hostile_journal(good, run, secret, attack):
    ATTACKS[attack][0](run)
    llmgeo.run.repair(run).backup.unlink()
    assert measure(run) == []
    assert contents(run) == contents(good)
    assert all((secret / name).read_bytes() == b"private" for name in os.listdir(secret))


@pytest.mark.parametrize("name", [*FOLDERS, "run.json", "journal.jsonl", ".lock"])
def test_nothing_is_written_or_removed_through_a_link(run, secret, name):
    target = secret if name in FOLDERS else secret / "key"
    if (run / name).is_dir():
        shutil.rmtree(run / name)
    else:
        (run / name).unlink(missing_ok=True)
    (run / name).symlink_to(target)
    for use in (begin, llmgeo.run.repair):
        with pytest.raises(LlmgeoError):
            use(run)
    with pytest.raises(CorruptRunError, match=f"{name} in {run} is not a plain"):
        layout.refuse_links(run, DECLARATION)
    assert sorted(os.listdir(secret)) == [".tmp-diary", "diary.parquet", "key"]
    assert all((secret / file).read_bytes() == b"private" for file in os.listdir(secret))


def test_a_linked_part_is_removed_as_a_link_only(run, secret):
    (run / "samples" / "x.parquet").symlink_to(secret / "diary.parquet")
    with begin(run) as writer:
        assert writer.removed == ("samples/x.parquet",)
    assert (secret / "diary.parquet").read_bytes() == b"private"


def test_a_copy_made_of_links_can_still_be_read(run, tmp_path):
    """As huggingface_hub's cache stores what it downloads."""
    copy = tmp_path / "snapshot"
    for file in [path for path in run.rglob("*") if path.is_file()]:
        link = copy / file.relative_to(run)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file)
    assert len(llmgeo.run.open(copy).samples) == 4
    assert llmgeo.run.verify(copy) == []


def forge(run, table, kind):
    """Puts another table in the place of a part, with a journal that vouches for it."""
    old = journal.read(run, DECLARATION).units
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    data = sink.getvalue().to_pybytes()
    sha256 = journal.hashlib.sha256(data).hexdigest()
    path = layout.part_path(DECLARATION.table(kind), UNITS[0], sha256)
    (run / path).write_bytes(data)
    part = journal.Part(kind, path, len(data), sha256)
    parts = tuple(part if known.name == kind else known for known in old[0].parts)
    journal.rewrite(run, [journal.Unit(old[0].name, old[0].samples, parts), *old[1:]])


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"x": [1]}),
        pa.table({}),
        pa.table({"sample": pa.array([b"\x80\x04"], pa.binary())}),
        pa.table({"sample": [{"a": 1}]}),
    ],
    ids=["other columns", "no columns", "binary", "nested"],
)
@pytest.mark.parametrize("kind", ["samples", "tokens", "estimates", "matrices"])
def test_a_table_of_another_shape_is_not_shown_as_a_measurement(run, table, kind):
    forge(run, table, kind)
    with pytest.raises(
        CorruptRunError, match=f"run.json of .* was changed: {kind}/part-00000-.*its columns are not those of {kind}"
    ):
        getattr(llmgeo.run.open(run), kind)


@pytest.mark.parametrize("name", ["layers", "contrasts", "claims", "samples", "estimates", "matrices"])
def test_a_result_of_another_shape_is_not_shown_as_one(run, name):
    folder = run / "results"
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.table({"x": [1]}), folder / f"{name}.parquet")
    opened = llmgeo.run.open(run)
    if name in ("layers", "contrasts", "claims"):
        with pytest.raises(CorruptRunError, match=rf"results/{name}.parquet is damaged: .*llmgeo analyze"):
            getattr(opened, name)
    else:  # nobody computed it, so it is none of the run's
        pd.testing.assert_frame_equal(getattr(opened, f"results_{name}"), getattr(opened, name))
    assert [problem.kind for problem in llmgeo.run.verify(run)] == ["results"]
    as_before_they_had_checksums(run)
    opened = llmgeo.run.open(run)
    with pytest.raises(CorruptRunError, match=rf"results/{name}.parquet is damaged: its columns? .*llmgeo analyze"):
        getattr(opened, name if name in ("layers", "contrasts", "claims") else f"results_{name}")
    assert [problem.kind for problem in llmgeo.run.verify(run)] == ["results"]


def as_before_they_had_checksums(run):
    stored = json.loads((run / "run.json").read_bytes())
    del stored["results"]
    (run / "run.json").write_text(json.dumps(stored))


def test_a_holder_that_lies_cannot_drive_the_terminal(run):
    with begin(run):
        for holder in (b'{"pid": 1, "host": "\\u001b[2J"}', b'{"pid": "x"}', b"[" * 100_000, b"\xff", b"3"):
            (run / ".lock-holder").write_bytes(holder)
            with pytest.raises(RunError, match="is writing") as caught:
                begin(run)
            assert str(caught.value).isprintable()


def test_a_run_that_says_it_is_of_another_kind_is_damaged(tmp_path):
    folder = synthetic.make_run(tmp_path / "run").path
    manifest = json.loads((folder / "run.json").read_bytes())
    (folder / "run.json").write_text(json.dumps(manifest | {"kind": "compare"}))
    result = CliRunner().invoke(app, ["show", str(folder)])
    assert result.exit_code == 1
    assert "says that it is a run of the kind compare, but declares no pooled" in result.stderr
