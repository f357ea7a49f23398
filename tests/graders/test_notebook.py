"""The student notebook in a clean kernel, as it was handed out and under another name, and what it says itself."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from graders.build import Distribution
from tests.conftest import ROOT

# where these tests run, the judge is installed, too
NOT_INSTALLED = """
import sys


class NotInstalled:
    def find_spec(name, *more):
        if name == "vaegan_judge":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, NotInstalled)
"""


def executed(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """The notebook after its cells ran in a new kernel, in this folder; no cell may raise."""
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return notebook


def printed(notebook: nbformat.NotebookNode) -> str:
    """What the cells printed."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")


def results(notebook: nbformat.NotebookNode) -> list[str]:
    """What the checks say."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = [output.data.get("text/plain", "") for output in outputs if output.output_type == "execute_result"]
    return [text for text in shown if text.startswith("q") and " results:" in text]


def downloaded(built: Distribution, folder: Path, name: str, *more: str) -> Path:
    """The student folder, with the notebook under another name and cells more at its end."""
    shutil.copytree(built.student, folder)
    notebook = nbformat.read(folder / built.student_notebook.name, as_version=4)
    (folder / built.student_notebook.name).unlink()
    export = next(k for k, cell in enumerate(notebook.cells) if "grader.export" in cell.source)
    notebook.cells[export:export] = [nbformat.v4.new_code_cell(source) for source in more]
    nbformat.write(notebook, folder / name)
    return folder / name


def test_the_untouched_notebook_runs_from_top_to_bottom_under_any_name(
    built: Distribution, tmp_path: Path
) -> None:
    loop = "for i in range(3):\n    D = i"
    path = downloaded(built, tmp_path / "my folder", "my own tutorial.ipynb", loop)
    done = executed(nbformat.read(path, as_version=4), path.parent)
    assert len(results(done)) == 7
    assert [file.name.startswith("my own tutorial_") for file in path.parent.glob("*.zip")] == [True]
    said = printed(done)
    assert (
        "Notice: `D` is no longer the symbol of 1b." in said
        and "Notice: `i` is no longer the symbol of 2c." in said
    )
    assert said.count("Notice:") == 2
    assert said.count("This cell draws ") == 4


def test_without_the_judge_it_runs_too_and_says_what_is_missing(built: Distribution, tmp_path: Path) -> None:
    path = downloaded(built, tmp_path / "moved", "moved.ipynb")
    shutil.rmtree(path.parent / "vaegan_judge")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(NOT_INSTALLED))
    done = executed(notebook, path.parent)
    found = results(done)
    assert len(found) == 7
    assert all("Missing: the folder vaegan_judge is not beside this notebook" in each for each in found)


@pytest.mark.parametrize(
    "words",
    [
        ("single precision (`float32`) for none", "30 seconds", "has 10"),
        ("$10^{-9}$.", "$10^{-7}$ up to $D = 300$", "The relative error must be at most $10^{-6}$."),
        ("`sp.log(0.5)` is a decimal", "entropies", "With a fixed $K$"),
        ("the reduced formula at the top of 2c", "*last saved*"),
    ],
)
def test_the_text_says(words: Sequence[str]) -> None:
    text = (ROOT / "assignments/vaes_and_gans/vaes_and_gans.md").read_text(encoding="utf-8")
    assert [word for word in words if word not in text] == []
