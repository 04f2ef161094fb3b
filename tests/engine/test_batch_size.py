"""Memory that runs out: fewer texts at once, the same units and numbers, and the two sides of a contrast together."""

import itertools

import pandas as pd
import pytest

import llmgeo
from llmgeo.engine.batch_size import BatchSize, sizes, texts_read_together
from llmgeo.engine.progress import Silent
from llmgeo.errors import ModelError
from llmgeo.model.batch_runner import BatchRunner
from tests.experiments.probe.test_probe import SMALL


class Said(Silent):
    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


@pytest.fixture(scope="module", autouse=True)
def in_groups():
    """The toy is taken for a larger model, whose conditions are measured group by group."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("llmgeo.experiments.probe.order.SLOW", 0)
        yield


def short_of_memory(monkeypatch, most, method="generate_batch"):
    """A machine on which more than so many rows at once are too many."""
    run = getattr(BatchRunner, method)

    def limited(self, encoded, *given):
        if len(encoded) > most:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        return run(self, encoded, *given)

    monkeypatch.setattr(BatchRunner, method, limited)


def probe(out, **options):
    return llmgeo.probe("toy", recipe=SMALL, limit=5, batch_size=4, out=out, **options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return probe(tmp_path_factory.mktemp("whole") / "run")


def same(one, other):
    assert [unit.name for unit in one.units] == [unit.name for unit in other.units]
    samples = [run.samples.drop(columns=["token_entropy", "token_surprisal"]) for run in (one, other)]
    pd.testing.assert_frame_equal(*samples, rtol=1e-4)
    for table in ("tokens", "estimates", "layers"):
        pd.testing.assert_frame_equal(getattr(one, table), getattr(other, table), rtol=1e-3, obj=table)


@pytest.mark.parametrize(("most", "fits"), [(3, 2), (2, 2), (1, 1)])
def test_a_unit_is_run_in_smaller_batches(monkeypatch, tmp_path, whole, most, fits):
    """Units of four prompts, of which one condition is written; the last one is of one prompt."""
    said = Said()
    short_of_memory(monkeypatch, most)
    run = probe(tmp_path / "run", progress=said)
    assert run.manifest["notes"]["batch_size_that_fitted"] == fits
    assert run.manifest["batch_size"] == whole.manifest["batch_size"] == 4
    assert whole.manifest["notes"]["batch_size_that_fitted"] == 4
    assert f"going on with {fits}." in [note for note in said.notes if "Memory ran out" in note][-1]
    same(run, whole)


def test_reading_too(monkeypatch, tmp_path, whole):
    short_of_memory(monkeypatch, 2, "read_batch")
    run = probe(tmp_path / "run")
    assert run.manifest["notes"]["batch_size_that_fitted"] == 1
    same(run, whole)


def test_a_size_that_was_too_large_is_not_tried_again():
    at_once, tried = BatchSize(lambda text: None), []

    def work(rows):
        tried.append(rows)
        if rows > 4:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.")
        return rows

    assert [at_once.run(work, 4, 4), at_once.run(work, 4, 4), at_once.run(work, 1, 4)] == [4, 4, 4]
    assert tried == [16, 8, 4, 4, 4]


def test_one_text_that_does_not_fit_ends_in_one_message():
    def work(rows):
        raise RuntimeError("HIP out of memory.")

    with pytest.raises(ModelError, match=r"with one text at a time.*device_map='auto'"):
        BatchSize(lambda text: None).run(work, 4, 4)


def test_another_error_is_not_taken_for_it():
    def work(rows):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        BatchSize(pytest.fail).run(work, 4, 4)


@pytest.mark.parametrize(("prompts", "conditions"), list(itertools.product((1, 2, 7, 32), (1, 3, 4))))
def test_a_prompt_is_never_taken_apart_unevenly(prompts, conditions):
    found = sizes(prompts, conditions)
    assert found[0] == prompts * conditions
    assert found[-1] == 1
    assert found == sorted(set(found), reverse=True)
    for rows in found:
        assert rows % conditions == 0 or conditions % rows == 0
        read = texts_read_together(rows, conditions, 3, most=10**6)
        assert read % 3 == 0 or 3 % read == 0
