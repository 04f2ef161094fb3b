"""The house as it is built: imports go down, never in a circle; every room is complete, every package shipped."""

import ast
import importlib
import tomllib
from collections import defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import resources
from pathlib import Path

import pytest

import llmgeo
from llmgeo.engine import registry
from llmgeo.engine.experiment import Experiment

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "llmgeo"

FLOORS = (
    ("errors", "escape", "extras", "messages", "user_file"),
    ("measures", "plugins"),
    ("statistics", "texts", "trajectory", "nulls", "measuring"),
    ("model", "states_file", "series_file"),
    ("recipe", "run", "monitor"),  # the monitor sits in a model's passes, and keeps its calibrations as a run its files
    ("engine", "report"),
    ("experiments",),
    ("cli", "plots", "__init__", "__main__"),
)
"""From the ground up."""

LEAF = "llmgeo.engine.registry"
"""Dotted strings, which the floor of recipes reads to find a schema."""

TORCH_FREE = (
    "recipe",
    "run",
    "report",
    "statistics",
    "texts",
    "cli",
    "plugins",
    "measures.catalogue",
    "monitor.monitor",
)
"""What must be importable where there is no torch."""

PUBLIC = {
    "llmgeo": "load probe compare trace weights landscape analyze open Monitor Decoding LanguageModel LlmgeoError Run "
    "Trajectory __version__",
    "llmgeo.plugins": "MeasurePlugin",
    "llmgeo.monitor": "Monitor Alarm Watcher Thresholds calibrate",
    "llmgeo.report.page": "write_page",
    "llmgeo.recipe": "load_recipe",
    "llmgeo.measures": "two_nn gride mle ess ph_dimension intrinsic_dimension participation_ratio rank_me pc_dimension "
    "correlation_dimension step_length turning_angle menger_curvature length_to_chord jumps recurrence_rate linear_cka "
    "procrustes_distance subspace_overlap neighbour_overlap Cloud Estimate",
    "llmgeo.nulls": "shuffle_order",
    "llmgeo.plots": "layers scales weights",
    "llmgeo.statistics": "auc_contrast benjamini_hochberg mean_interval paired_contrast",
}


def modules():
    """Dotted name and path of every module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


NAMES = {name for name, _ in modules()}


@cache
def parsed(path):
    return ast.parse(path.read_text("utf-8"))


@cache
def imports(path):
    """Every module of llmgeo that a module imports, and whether it does so while it is imported itself.

    What stands under TYPE_CHECKING is a word in an annotation, and no import.
    """
    return tuple(_imports(parsed(path), at_import=True))


def _imports(node, at_import):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.ImportFrom) and (child.module or "").split(".")[0] == "llmgeo":
            for alias in child.names:
                whole = f"{child.module}.{alias.name}"
                yield (whole if whole in NAMES else child.module), at_import
        elif isinstance(child, ast.Import):
            yield from ((alias.name, at_import) for alias in child.names if alias.name.split(".")[0] == "llmgeo")
        else:
            yield from _imports(child, at_import and not isinstance(child, ast.FunctionDef | ast.Lambda))


def floor(name):
    part = name.split(".")[1] if "." in name else "__init__"
    [number] = [number for number, parts in enumerate(FLOORS) if part in parts]
    return number


def test_every_module_has_a_floor():
    assert {floor(name) for name in NAMES} == set(range(len(FLOORS)))


def test_imports_go_down():
    upward = {
        f"{name} imports {imported}"
        for name, path in modules()
        for imported, _ in imports(path)
        if floor(imported) > floor(name) and imported not in (LEAF, "llmgeo")
    }
    assert not upward


def test_a_room_never_imports_a_room():
    for name, path in modules():
        if name.startswith("llmgeo.experiments."):
            room = name.split(".")[2]
            others = {
                imported
                for imported, _ in imports(path)
                if imported.startswith("llmgeo.experiments.") and imported.split(".")[2] != room
            }
            assert not others, f"{name} imports another room: {others}"


@pytest.mark.parametrize("below", ["engine", "report"])
def test_engine_and_report_name_no_room(below):
    for name, path in modules():
        if name.startswith(f"llmgeo.{below}") and name != LEAF:
            assert "llmgeo.experiments" not in path.read_text("utf-8"), f"{name} names a room"


def test_no_circles():
    graph = defaultdict(set)
    for name, path in modules():
        graph[name] |= {imported for imported, at_import in imports(path) if at_import and imported != name}
        # A package's own __init__ is run before its modules; it imports them only when they are asked for.
        graph[name] -= {parent for parent in graph[name] if name.startswith(f"{parent}.")}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"imports go in a circle: {' -> '.join(error.args[1])}")


def test_every_package_is_shipped():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    packages = {".".join(path.parent.relative_to(ROOT).parts) for path in PACKAGE.rglob("__init__.py")}
    assert set(settings["packages"]) == packages | {"llmgeo.probes", "llmgeo.prompts"}
    shipped = {
        path
        for package, patterns in settings["package-data"].items()
        for pattern in patterns
        for path in (ROOT / settings["package-dir"].get(package, package.replace(".", "/"))).glob(pattern)
    }
    data = {path for path in PACKAGE.rglob("*") if path.suffix in (".j2", ".js", ".css", ".npz", ".toml", ".jsonl")}
    assert data <= shipped, f"not shipped: {sorted(data - shipped)}"


def test_every_module_opens_by_saying_what_it_is_for():
    silent = [name for name, path in modules() if not ast.get_docstring(parsed(path))]
    assert silent in ([], ["llmgeo.__main__"])


@pytest.mark.parametrize("kind", registry.kinds())
def test_every_room_is_complete(kind):
    experiment = registry.experiment(kind)
    assert isinstance(experiment, Experiment)
    assert experiment.kind == kind
    folder = PACKAGE / "experiments" / kind
    for module in ("recipe", "plan", "unit", "analysis", "claims", "summary", "screen", "page"):
        assert (folder / f"{module}.py").is_file(), f"{kind} has no {module}.py"
    recipe = llmgeo.recipe.load_recipe(experiment.recipe)
    assert isinstance(recipe, experiment.schema)
    assert recipe.kind == kind
    assert experiment.command.startswith("llmgeo ")
    tables = {table.name for table in experiment.declaration.tables}
    assert "claims" in tables
    if kind not in (
        "trace",
        "landscape",
        "weights",
        "watch",
        "steering",
    ):  # of weights or texts: no layer
        assert {"samples", "tokens", "estimates", "layers"} <= tables
    assert (resources.files("llmgeo.experiments") / kind / "page.html.j2").is_file()


def test_every_room_is_registered():
    rooms = {path.name for path in (PACKAGE / "experiments").iterdir() if (path / "__init__.py").is_file()}
    assert rooms == set(registry.kinds())


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names(module):
    imported = importlib.import_module(module)
    missing = [name for name in PUBLIC[module].split() if not hasattr(imported, name)]
    assert not missing
    if module == "llmgeo.measures":
        assert set(PUBLIC[module].split()) <= set(dir(imported))


def test_no_floor_but_those_of_models_and_numbers_loads_torch():
    from tests import without_torch

    without_torch.run("import " + ", ".join(f"llmgeo.{name}" for name in TORCH_FREE))


def test_the_command_is_installed_under_its_name():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"llmgeo": "llmgeo.cli.app:main"}
    assert project["version"] == llmgeo.__version__
