"""Bad input of `vaegan grade`: one clear line and exit code 2, or a row with a reason."""

from __future__ import annotations

import csv
import subprocess
import zipfile
from pathlib import Path

import pytest

from graders.build import Distribution
from tests.conftest import Command
from tests.hostile import corpus


def assert_refused(done: subprocess.CompletedProcess[str], said: str) -> None:
    assert done.returncode == 2, done
    assert said in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_missing_submission(built: Distribution, tmp_path: Path, vaegan: Command) -> None:
    assert_refused(
        vaegan("grade", tmp_path / "none.ipynb", "-a", built.autograder, "-o", tmp_path / "g"), "does not exist"
    )


def test_folder_without_notebooks(built: Distribution, tmp_path: Path, vaegan: Command) -> None:
    (tmp_path / "notes.txt").touch()
    done = vaegan("grade", tmp_path, "-a", built.autograder, "-o", tmp_path / "g")
    assert_refused(done, "there is nothing to grade".capitalize())
    assert "there is no notebook" in done.stderr


@pytest.mark.parametrize("kind", ["missing", "text", "empty zip", "no tests", "broken test", "folder"])
def test_broken_autograder(kind: str, built: Distribution, tmp_path: Path, vaegan: Command) -> None:
    autograder = tmp_path / "autograder.zip"
    if kind == "text":
        autograder.write_text("not a zip", encoding="utf-8")
    elif kind == "folder":
        autograder.mkdir()
    elif kind != "missing":
        with zipfile.ZipFile(autograder, "w") as archive:
            if kind != "empty zip":
                archive.writestr("otter_config.json", "{}")
            if kind == "broken test":
                archive.writestr("tests/q1.py", "import nowhere_to_be_found")
    done = vaegan("grade", built.student_notebook, "-a", autograder, "-o", tmp_path / "g")
    assert_refused(done, "autograder.zip")
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "g").exists()


def test_output_that_cannot_be_written(built: Distribution, tmp_path: Path, vaegan: Command) -> None:
    (tmp_path / "g").touch()
    done = vaegan("grade", built.student_notebook, "-a", built.autograder, "-o", tmp_path / "g")
    assert_refused(done, "another folder with -o")
    (tmp_path / "h" / "final_grades.part").mkdir(parents=True)
    done = vaegan("grade", built.student_notebook, "-a", built.autograder, "-o", tmp_path / "h")
    assert_refused(done, "another folder with -o")


def test_files_that_are_no_submissions_are_rows_with_a_reason(
    built: Distribution, tmp_path: Path, vaegan: Command
) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    reasons = {
        "array.ipynb": "not a notebook",
        "cells.ipynb": "not a notebook",
        "empty.ipynb": "not a notebook",
        "essay.txt": "No gradable files",
        "fake.zip": "not a zip file",
        "none.zip": "No gradable files",
        "two.zip": "More than one",
    }
    (folder / "array.ipynb").write_text("[1, 2]", encoding="utf-8")
    (folder / "cells.ipynb").write_text(
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 7}', encoding="utf-8"
    )
    (folder / "empty.ipynb").touch()
    (folder / "essay.txt").write_text("My answer is 42.", encoding="utf-8")
    (folder / "fake.zip").write_text("PK", encoding="utf-8")
    with zipfile.ZipFile(folder / "none.zip", "w") as archive:
        archive.writestr("readme.txt", "see my other submission")
    with zipfile.ZipFile(folder / "two.zip", "w") as archive:
        for name in ("a", "b"):
            answered = built.student_notebook.read_text(encoding="utf-8").replace(
                "D_star = ...", f"D_star = {name}"
            )
            archive.writestr(f"{name}.ipynb", answered)
    done = vaegan("grade", folder, "-a", built.autograder, "-o", tmp_path / "g")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "g" / "final_grades.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == ["points-per-question", *sorted(reasons)]
    for row in rows[1:]:
        assert float(row["total_points_earned"]) == 0
        assert reasons[row["file"]] in row["grading_status"], row
    assert sorted(path.name for path in folder.iterdir()) == sorted(reasons)


def test_limits_can_be_set_and_are_told(tmp_path: Path, vaegan: Command) -> None:
    autograder, folder = tmp_path / "autograder.zip", tmp_path / "class"
    corpus.write_autograder(autograder)
    folder.mkdir()
    cells = {
        "loops": "while True: pass",
        "writes": "open('x', 'wb').write(bytes(2 << 20))",
        "allocates": "bytes(400 << 20)",
    }
    for name, cell in cells.items():
        (folder / f"{name}.ipynb").write_text(corpus.notebook(corpus.INIT, cell), encoding="utf-8")
    limits = ["--cell-seconds", 1, "--files", 1, "--memory", 256]
    done = vaegan("grade", folder, "-a", autograder, "-o", tmp_path / "g", *limits)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "g" / "submissions.csv").open(encoding="utf-8", newline="") as file:
        notes = {row["file"]: row["notes"] for row in csv.DictReader(file)}
    assert "no result after 1 s" in notes["loops.ipynb"]
    assert "File too large" in notes["writes.ipynb"]
    assert "MemoryError" in notes["allocates.ipynb"]
