"""One server of processes for all that start several."""

import pytest

from tests.engine.ranks import server


@pytest.fixture(scope="session")
def ask():
    """``ask(count, command, {rank: fault}, {kind: room})``: what became of that many processes of the command."""
    with server() as asked:
        yield asked
