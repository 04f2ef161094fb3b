"""Packages that not everyone installs: who lacks one is told the line that installs it, and nothing else needs it."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

import llmgeo
from llmgeo.errors import MissingPackageError
from llmgeo.extras import EXTRAS, needed

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAME = re.compile(r"^[\w.-]+")


def program(*lines: str, without: str) -> subprocess.CompletedProcess:
    """The lines in a process of its own, in which these packages are as if not installed."""
    class_ = (
        "class Gone:\n    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {without.split()!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
    )
    source = "\n".join(["import sys", class_, "sys.meta_path.insert(0, Gone())", *lines])
    return subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("package", EXTRAS)
def test_every_extra_is_declared_and_nowhere_else(package):
    named = {
        extra: {NAME.match(line)[0] for line in lines} for extra, lines in PROJECT["optional-dependencies"].items()
    }
    assert package in named[EXTRAS[package]]
    assert package not in {NAME.match(line)[0] for line in PROJECT["dependencies"]}


def test_every_package_that_is_imported_is_declared():
    """Whatever `import` statements name, at the top of a module or within a function."""
    imported = set()
    for module in (ROOT / "llmgeo").glob("**/*.py"):
        lines = module.read_text(encoding="utf-8")
        imported |= set(re.findall(r"^\s*(?:from|import) (\w+)(?:\.[\w.]+)?(?: import|$| as)", lines, re.MULTILINE))
    distributions = packages_distributions()
    declared = {NAME.match(line)[0].lower() for line in PROJECT["dependencies"]}
    declared |= {NAME.match(line)[0].lower() for lines in PROJECT["optional-dependencies"].values() for line in lines}
    brought = {
        NAME.match(line)[0].lower() for name in ("pydantic", "jinja2", "transformers") for line in requires(name)
    }
    for name in imported - {*sys.stdlib_module_names} - {"llmgeo", "torchao"}:
        homes = {home.lower().replace("_", "-") for home in distributions.get(name, ())}
        assert not homes or homes & (declared | brought), name


class TestWithout:
    def test_matplotlib(self):
        done = program("from llmgeo.plots import layers", without="matplotlib")
        assert 'A figure needs matplotlib, which is not installed: pip install "llmgeo[plots]"' in done.stderr
        caught = ["try:", "    from llmgeo.plots import layers", "except ImportError as error:", "    print(error)"]
        assert "llmgeo[plots]" in program(*caught, without="matplotlib").stdout

    def test_xarray(self, monkeypatch, tmp_path):
        from tests.page.runs import make_run

        run = make_run(tmp_path / "run")
        monkeypatch.setitem(sys.modules, "xarray", None)
        with pytest.raises(MissingPackageError, match=r'to_xarray needs xarray.*pip install "llmgeo\[xarray\]"'):
            run.to_xarray()

    def test_nothing_but_what_a_command_needs(self):
        heavy = "matplotlib xarray umap peft gguf skdim transformers torch accelerate jinja2"
        for name in ("['--help']", "['list', 'probes']", "['explain', 'auc']"):
            done = program(f"sys.argv = ['llmgeo', *{name}]", "from llmgeo.cli.app import main", "main()",
                           without=f"{heavy} pandas pyarrow scipy")  # fmt: skip
            assert done.returncode == 0, done.stderr

    def test_a_screen_and_a_page_without_models_or_figures(self, tmp_path):
        from tests.page.runs import make_run

        run = make_run(tmp_path / "run", states=False)
        for command, without in (("show", "jinja2 scipy"), ("report", "")):
            done = program(
                f"sys.argv = ['llmgeo', {command!r}, {str(run.path)!r}]", "from llmgeo.cli.app import main", "main()",
                without=f"matplotlib xarray umap peft gguf skdim transformers torch accelerate {without}",
            )  # fmt: skip
            assert done.returncode == 0, done.stderr


def test_a_package_that_is_broken_says_so_itself(monkeypatch, tmp_path):
    (tmp_path / "halfbuilt.py").write_text("import surely_not_installed")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="surely_not_installed") as caught:
        needed("halfbuilt", "This")
    assert not isinstance(caught.value, llmgeo.LlmgeoError)


def test_what_comes_with_llmgeo_is_named_plainly():
    with pytest.raises(
        MissingPackageError, match=r"A map needs surely_not_installed.*pip install surely_not_installed$"
    ):
        needed("surely_not_installed.part", "A map")
