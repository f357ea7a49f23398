"""The tutorial itself with all its right answers, in the shapes that they are handed in."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable, Sequence
from copy import deepcopy

import jupytext
import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.corpus.words import generate_corpus_id as random_cell_id

from graders.build import Distribution
from tests.demo_class import FULL

ANSWER, SOLUTION = "otter_answer_cell", "otter_assign_solution_cell"


def tagged(cell: NotebookNode, tag: str) -> bool:
    return cell.cell_type == "code" and tag in cell.metadata.get("tags", ())


def pasted(cell: NotebookNode) -> NotebookNode:
    """The cell as Jupyter pastes it: with an id of its own."""
    return NotebookNode({**deepcopy(cell), "id": random_cell_id()})


def rearranged(made: Distribution, shape: Callable[[list[NotebookNode], Sequence[NotebookNode]], None]) -> str:
    """The student notebook after `shape` put the answers among its cells."""
    solved = nbformat.read(made.solved_notebook, as_version=4)
    answers = [pasted(cell) for cell in solved.cells if tagged(cell, SOLUTION)]
    notebook = nbformat.read(made.student_notebook, as_version=4)
    shape(notebook.cells, answers)
    return str(nbformat.writes(notebook))


def at_the_end(cells: list[NotebookNode], answers: Sequence[NotebookNode]) -> None:
    cells += answers


def above_their_stubs(cells: list[NotebookNode], answers: Sequence[NotebookNode]) -> None:
    stubs = [number for number, cell in enumerate(cells) if tagged(cell, ANSWER)]
    for number, answer in reversed([*zip(stubs, answers, strict=True)]):
        cells.insert(number, answer)


@pytest.fixture(scope="module")
def rows(built: Distribution, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    root = tmp_path_factory.mktemp("shapes")
    submissions, output = root / "class", root / "grades"
    submissions.mkdir()
    (submissions / "at-the-end.ipynb").write_text(rearranged(built, at_the_end), encoding="utf-8")
    (submissions / "above-stubs.ipynb").write_text(rearranged(built, above_their_stubs), encoding="utf-8")
    solved = nbformat.read(built.solved_notebook, as_version=4)
    (submissions / "script.py").write_text(jupytext.writes(solved, fmt="py:light"), encoding="utf-8")
    (submissions / "markdown.md").write_text(jupytext.writes(solved, fmt="md:myst"), encoding="utf-8")
    command = [sys.executable, "-c", "from graders.cli import main; main()", "grade", str(submissions)]
    command += ["-a", str(built.autograder), "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with (output / "final_grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("file", ["at-the-end.ipynb", "above-stubs.ipynb", "script.py", "markdown.md"])
def test_right_answers_earn_all_points_in_every_shape(file: str, rows: dict[str, dict[str, str]]) -> None:
    assert {question: float(rows[file][question]) for question in FULL} == FULL
    assert rows[file]["grading_status"] == "Completed"
