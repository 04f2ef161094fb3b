"""The notebooks run from top to bottom, in a fresh kernel, on the toy; they are stored with what they show."""

from pathlib import Path

import nbclient
import nbformat
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))

MOST_BYTES = 600_000
"""Of a notebook with its outputs."""


def test_there_are_three():
    assert len(NOTEBOOKS) == 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_from_top_to_bottom(path, tmp_path, monkeypatch):
    for name, value in {
        "LLMGEO_EXAMPLE_MODEL": "toy",
        "LLMGEO_EXAMPLE_PROMPTS": "2",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONPATH": str(EXAMPLES.parent),
        "TMPDIR": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(tmp_path)}}).execute()
    pictures = [output for cell in notebook.cells for output in cell.get("outputs", ()) if "image/png" in str(output)]
    assert pictures


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_stored_with_what_it_shows(path):
    """As it was run from top to bottom, with nothing of the machine that ran it."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"execute_result", "display_data", "stream"}
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert "image/png" in str(outputs)
    for machines in ("\x1b[", "/tmp/", "/home/", "/root/", "/work/", "C:\\"):
        assert machines not in without_pictures(outputs), machines
    assert path.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("name", ["first_look", "coherent_against_degenerate"])
def test_what_it_shows_is_no_nonsense(name):
    """It is of the default model, not of the toy's random weights."""
    cells = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4).cells
    shown = without_pictures([output for cell in cells for output in cell.get("outputs", ())])
    assert "SmolLM2" in shown or "31 layers x 576" in shown
    assert "· toy ·" not in shown


def without_pictures(outputs):
    """Everything that the outputs say in words."""
    shown = [output.get("text", "") for output in outputs]
    for output in outputs:
        shown += [text for kind, text in output.get("data", {}).items() if kind != "image/png"]
    return "\n".join(shown)
