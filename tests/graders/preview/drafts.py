"""Notebooks as students save them: the tutorial, answered, and then made a mess of."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat

from graders.build import Distribution
from tests.demo_class import NAME, RIGHT_OTHERWISE, Edit, Student, make

Notebook = nbformat.NotebookNode


def answered(built: Distribution, folder: Path, *edits: Edit) -> Path:
    """The tutorial with right answers, run from top to bottom and saved, and then edited."""

    def edit(notebook: Notebook) -> None:
        for number, cell in enumerate(code(notebook), 1):
            cell.execution_count = number
        for each in edits:
            each(notebook)

    folder.mkdir(parents=True, exist_ok=True)
    return make(Student(f"{NAME}.ipynb", "", RIGHT_OTHERWISE, edit), built.folder, folder)


def export(notebook: Path) -> Path:
    """The zip that the notebook's last cell makes."""
    path = notebook.with_name(f"{notebook.stem}_2026_11_25T03_00_00_000000.zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(notebook, notebook.name)
    return path


def code(notebook: Notebook) -> list[Notebook]:
    """The code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def find(notebook: Notebook, text: str) -> Notebook:
    """The first code cell with a text."""
    return next(cell for cell in code(notebook) if text in cell.source)


def replace(old: str, new: str) -> Edit:
    """Other text in the first cell that has it."""

    def edit(notebook: Notebook) -> None:
        cell = find(notebook, old)
        cell.source = cell.source.replace(old, new)

    return edit


def above(text: str, source: str) -> Edit:
    """A new cell, above the one with a text, run where it stands."""
    return _beside(text, source, 0)


def below(text: str, source: str) -> Edit:
    """A new cell, below the one with a text, run where it stands."""
    return _beside(text, source, 1)


def _beside(text: str, source: str, offset: int) -> Edit:
    def edit(notebook: Notebook) -> None:
        found = find(notebook, text)
        new = nbformat.v4.new_code_cell(source, execution_count=found.execution_count)
        notebook.cells.insert(notebook.cells.index(found) + offset, new)

    return edit


def change(text: str, how: Callable[[Notebook], None]) -> Edit:
    """Something else about the first cell that has a text."""
    return lambda notebook: how(find(notebook, text))


def delete(text: str) -> Edit:
    """Without the first cell that has a text."""
    return lambda notebook: notebook.cells.remove(find(notebook, text))


def move_down(text: str) -> Edit:
    """The first cell that has a text, at the end."""

    def edit(notebook: Notebook) -> None:
        cell = find(notebook, text)
        notebook.cells.remove(cell)
        notebook.cells.append(cell)

    return edit
