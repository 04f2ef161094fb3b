"""What a user finds by pressing Tab: names that are meant for them, and no module that lies about."""

import subprocess
import sys
from types import ModuleType

import pytest

import llmgeo
from llmgeo import measures, nulls, plots, statistics


@pytest.mark.parametrize("module", [measures, nulls, plots, statistics], ids=lambda module: module.__name__)
def test_a_module_offers_what_it_is_for(module):
    names = dir(module)
    assert names == sorted(module.__all__)
    for name in names:
        assert not name.startswith("_")
        assert not isinstance(getattr(module, name), ModuleType), f"{module.__name__}.{name} is a module"


def test_llmgeo_offers_its_functions_and_the_modules_for_users():
    found = {name for name in dir(llmgeo) if isinstance(getattr(llmgeo, name), ModuleType)}
    assert found == {"measures", "nulls", "plots", "statistics"}
    assert {"load", "probe", "compare", "open", "Trajectory"} <= set(dir(llmgeo))


def test_measures_need_no_import_of_their_own():
    code = "import llmgeo; print(llmgeo.measures.jumps.__name__, llmgeo.plots.layers.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "jumps layers\n"
