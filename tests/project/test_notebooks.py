"""The notebooks of docs/notebooks run from top to bottom, and are committed with their results."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.project.source import LIBRARY, ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_holds_its_results(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    folders = (ROOT, ROOT.joinpath(*LIBRARY))
    monkeypatch.setenv("PYTHONPATH", ":".join(str(folder) for folder in folders))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    before = [shown(cell) for cell in notebook.cells]
    here = tmp_path / "here"
    here.mkdir()
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": here}}
    ).execute()  # raises at the first cell that fails
    assert [shown(cell) for cell in notebook.cells] == before
    assert not list(here.iterdir())  # a notebook leaves nothing where it runs


def shown(cell: nbformat.NotebookNode) -> set[str]:
    """The kinds of results under a cell."""
    return {output.output_type for output in cell.get("outputs", ())}


def test_there_are_two() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["calibrate", "score_pictures"]
