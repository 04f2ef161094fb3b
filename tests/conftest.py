"""Fixtures shared by the tests: the toy model, loaded once."""

import gc
import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Tiny models are fastest on one thread, and on a busy machine several stall each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest


def pytest_collection_finish():
    """What is imported by now is not searched for garbage again: a run asks for that twice, 0.4 s each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def toy():
    import llmgeo

    return llmgeo.load("toy")
