"""Every messy situation in one class, graded by the real command: its row, its points, what the student reads."""

from __future__ import annotations

import csv
import re
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from graders.batch.record import Record, from_json
from graders.results import feedback, told
from tests.messy import corpus
from tests.messy.corpus import Situation
from tests.pages import Page

ALL = corpus.situations()


@dataclass(frozen=True)
class Graded:
    rows: Mapping[str, Mapping[str, str]]
    records: Mapping[str, Record]
    pages: Mapping[str, str]
    skipped: str


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The whole class, graded once."""
    root = tmp_path_factory.mktemp("messy")
    submissions, autograder, output = root / "class", root / "autograder.zip", root / "grades"
    corpus.write_autograder(autograder)
    for situation in ALL:
        corpus.write(situation, submissions)
    command = [sys.executable, "-c", "from graders.cli import main; main()", "grade", str(submissions)]
    command += ["-a", str(autograder), "-o", str(output), "--cell-seconds", "2", "--call-seconds", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with (output / "final_grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    with sqlite3.connect(output / "grades.sqlite") as store:
        records = {row[0]: from_json(row[1]) for row in store.execute("SELECT file, record FROM records")}
    store.close()
    names = feedback.file_names(records)
    pages = {
        file: Page((output / "feedback" / name).read_text(encoding="utf-8")).text
        for file, name in zip(records, names, strict=True)
    }
    return Graded(rows, records, pages, done.stderr)


def test_there_are_enough_of_them() -> None:
    assert len(ALL) >= 40


def test_every_student_has_one_row(graded: Graded) -> None:
    assert set(graded.rows) == {situation.file for situation in ALL} | {"points-per-question"}


@pytest.mark.parametrize("situation", ALL, ids=lambda situation: situation.name)
def test_situation(situation: Situation, graded: Graded) -> None:
    row, record = graded.rows[situation.file], graded.records[situation.file]
    assert {question: float(row[question]) for question in corpus.FULL} == situation.points, record
    assert re.search(situation.expected["status"], row["grading_status"]), row["grading_status"]
    said = [
        f"{case.name}: {told.hint(case)}"
        for question in record.questions.values()
        for case in question.cases
        if not case.passed
    ] + told.cell_notes(record)
    assert said == situation.expected["feedback"]
    shown = " ".join(graded.pages[situation.file].split())
    for line in said:
        # a case is told by the student's names that it looks at, not by its own
        assert line.partition(": ")[2] in shown
