"""Every family of causal language models that transformers knows is captured correctly or refused with a sentence."""

import pytest
import transformers

from tests.families.check import examine
from tests.families.table import COMMAND, FAMILIES, documented


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("family", FAMILIES)
def test_family_is_captured_or_refused_as_documented(family):
    row = examine(family)
    version, lines = documented()
    if version == transformers.__version__:
        assert lines.get(family) == row.line(), f"docs/models.md is out of date; run {COMMAND}"


def test_the_table_lists_every_family():
    version, lines = documented()
    if version == transformers.__version__:
        assert sorted(lines) == FAMILIES, f"docs/models.md is out of date; run {COMMAND}"
