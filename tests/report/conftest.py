"""One synthetic run for the tests of this folder: they only read it."""

import pytest

from tests.report.synthetic import make_run


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "synthetic")
