"""Fixtures shared by the tests: the toy model, loaded once."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest


@pytest.fixture(scope="session")
def toy():
    import llmgeo

    return llmgeo.load("toy")
