"""Answers to the tutorial's own questions, and what they must not earn, graded in one class by the real command.

A folder of `tutorial/` is one situation: `cells.txt` holds the cells, separated by `# %%`, that follow the
tutorial's own setup; `expected.json` says why it is there, the points of the questions that it is about (null
where the score stays open for a person), the status, and the notes that the cases of a question must name.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from graders.build import Distribution

FOLDER = Path(__file__).parent / "tutorial"
# Cells that show or check an answer, which is not there yet where they stand.
SHOWS_AN_ANSWER = re.compile(r"(grader\.|show\(|plot_generator_loss\()")


@dataclass(frozen=True)
class Situation:
    """One folder of the corpus."""

    name: str
    cells: tuple[str, ...]
    expected: Mapping[str, Any]


@dataclass(frozen=True)
class Graded:
    rows: Mapping[str, Mapping[str, str]]
    records: Mapping[str, Mapping[str, Any]]


def situations() -> list[Situation]:
    found = []
    for file in sorted(FOLDER.glob("*/expected.json")):
        text = (file.parent / "cells.txt").read_text(encoding="utf-8")
        cells = tuple(cell.strip("\n") for cell in re.split(r"^# %%\n", text, flags=re.MULTILINE))
        found.append(Situation(file.parent.name, cells, json.loads(file.read_text(encoding="utf-8"))))
    return found


ALL = situations()


def setup_cells(blank: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The code of the tutorial that is neither an answer nor about one."""
    return [
        cell
        for cell in blank.cells
        if cell.cell_type == "code"
        and "otter_answer_cell" not in cell.metadata.get("tags", ())
        and not SHOWS_AN_ANSWER.match(cell.source)
    ]


def write(situation: Situation, student_notebook: Path, folder: Path) -> None:
    """Hand a situation in."""
    notebook = nbformat.read(student_notebook, as_version=4)
    own = [*situation.cells, *(f'grader.check("{question}")' for question in situation.expected["scores"])]
    notebook.cells = setup_cells(notebook) + [nbformat.v4.new_code_cell(cell) for cell in own]
    nbformat.write(notebook, folder / f"{situation.name}.ipynb")


@pytest.fixture(scope="module")
def graded(built: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The whole class, graded once."""
    root = tmp_path_factory.mktemp("tutorial")
    submissions, output = root / "class", root / "grades"
    submissions.mkdir()
    for situation in ALL:
        write(situation, built.student_notebook, submissions)
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from graders.cli import main; main()", "grade", str(submissions)),
            *("-a", str(built.autograder), "-o", str(output)),
        ],
        env={**os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    # 1: a person is needed for some, which the rows say.
    assert done.returncode in (0, 1), done.stderr
    with (output / "final_grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    with sqlite3.connect(output / "grades.sqlite") as store:
        records = {row[0]: json.loads(row[1]) for row in store.execute("SELECT file, record FROM records")}
    store.close()
    return Graded(rows, records)


@pytest.mark.parametrize("situation", ALL, ids=lambda situation: situation.name)
def test_situation(situation: Situation, graded: Graded) -> None:
    row = graded.rows[f"{situation.name}.ipynb"]
    questions = graded.records[f"{situation.name}.ipynb"]["questions"]
    scores = {
        question: float(row[question]) if row[question] else None for question in situation.expected["scores"]
    }
    assert scores == situation.expected["scores"], questions
    assert re.search(situation.expected["status"], row["grading_status"]), row["grading_status"]
    for question, notes in situation.expected.get("notes", {}).items():
        named = {case["note"] for case in questions[question]["cases"]}
        assert set(notes) <= named, named
