"""Fixtures shared by the tests, each made once: the toy model, the default model; and how workers share the tests."""

import gc
import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Tiny models are fastest on one thread, and on a busy machine several stall each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Numba, which UMAP calls, sets torch's number of threads to its own for the rest of the process.
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import hypothesis
import pytest

from tests.scheduling import group_of, place_of

# On a busy machine any example may take long by accident; how long a test takes is no property of the code. The gate
# takes the same examples each time, so that it says of a change only what the change did; elsewhere new ones are tried.
hypothesis.settings.register_profile("llmgeo", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("llmgeo")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: place_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """As ``--dist loadfile``, but some files go together."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Groups(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return group_of(nodeid)

    return Groups(config, log)


def pytest_collection_finish():
    """What is imported by now is not searched for garbage again: a run asks for that twice, 0.4 s each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def toy():
    import llmgeo

    return llmgeo.load("toy")


@pytest.fixture(scope="session")
def default_model():
    """Fetched and converted by the first run of the tests."""
    import llmgeo

    return llmgeo.load()


@pytest.fixture(scope="session")
def ask():
    """``ask(count, command, {rank: fault}, {kind: room})``: what became of that many processes of the command."""
    from tests.engine.ranks import server

    with server() as asked:
        yield asked
