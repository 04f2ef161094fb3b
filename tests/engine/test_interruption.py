"""Ctrl-C, once and twice: what is kept, what is said, and that the same call finishes the run."""

import signal
import threading
from pathlib import Path

import pytest

import llmgeo
from llmgeo import run as runs
from llmgeo.engine.interruption import ASKED, unit_by_unit
from llmgeo.engine.progress import Silent

SMALL = Path(__file__).parents[2] / "benchmarks" / "small.toml"


class CtrlC(Silent):
    """Presses Ctrl-C so many times when so many measurements are done; keeps what is said."""

    def __init__(self, presses: int, after: int = 8) -> None:
        self.presses, self.after = presses, after
        self.now, self.said = "", []

    def note(self, text):
        self.said.append(text)

    def phase(self, name, total, unit):
        self.now = name

    def advance(self, amount):
        if self.now == "measuring":
            self.after -= 1
            if self.after == 0:
                for _ in range(self.presses):
                    signal.raise_signal(signal.SIGINT)


@pytest.fixture(scope="module", autouse=True)
def in_groups():
    """The toy is taken for a larger model, whose conditions are measured group by group."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("llmgeo.experiments.probe.order.SLOW", 0)
        yield


def probe(out, **options):
    return llmgeo.probe("toy", recipe=SMALL, limit=3, batch_size=2, out=out, **options)


def tables(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.parquet")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody interrupted: four units, of six, three, two and one samples."""
    return tables(probe(tmp_path_factory.mktemp("whole") / "run").path)


@pytest.mark.parametrize(("presses", "units"), [(1, ("00-00000", "00-00001")), (2, ("00-00000",))])
def test_once_finishes_the_unit_and_twice_stops_at_once(tmp_path, whole, presses, units):
    ctrl_c = CtrlC(presses)
    with pytest.raises(KeyboardInterrupt):
        probe(tmp_path / "run", progress=ctrl_c)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert ctrl_c.said.count(ASKED) == 1
    run = runs.open(tmp_path / "run")
    assert run.status == "partial"
    assert tuple(unit.name for unit in run.units) == units
    assert runs.verify(run.path) == []
    assert probe(run.path).status == "complete"
    assert tables(run.path) == whole


def test_in_the_last_unit_too(tmp_path, whole):
    with pytest.raises(KeyboardInterrupt):
        probe(tmp_path / "run", progress=CtrlC(1, after=12))
    run = runs.open(tmp_path / "run")
    assert (run.status, len(run.units)) == ("partial", 4)
    assert probe(run.path).status == "complete"
    assert tables(run.path) == whole


def test_another_thread_changes_no_handler():
    def work():
        with unit_by_unit(said.append) as end_if_interrupted:
            handlers.append(signal.getsignal(signal.SIGINT))
            end_if_interrupted()

    said, handlers = [], []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]


@pytest.mark.parametrize("own", [signal.SIG_IGN, lambda number, frame: None], ids=["ignored", "handled"])
def test_who_handles_ctrl_c_goes_on_doing_so(own):
    before = signal.signal(signal.SIGINT, own)
    try:
        with unit_by_unit(pytest.fail) as end_if_interrupted:
            signal.raise_signal(signal.SIGINT)
            end_if_interrupted()
        assert signal.getsignal(signal.SIGINT) is own
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_error_of_the_unit_puts_the_handler_back():
    with pytest.raises(ZeroDivisionError), unit_by_unit(pytest.fail):
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
