"""Fixtures shared by the tests: the toy model, loaded once."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Tiny models are fastest on one thread, and on a busy machine several stall each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest


@pytest.fixture(scope="session")
def toy():
    import llmgeo

    return llmgeo.load("toy")
