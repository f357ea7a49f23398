"""Bad input of `vaegan grade`: one clear line and exit code 2, or a row with a reason."""

from __future__ import annotations

import csv
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from graders.build import Distribution
from tests.conftest import Command
from tests.demo_class import RIGHT_OTHERWISE
from tests.graders.preview.drafts import above, answered, below, replace
from tests.hostile import corpus
from tests.pages import Page


def assert_refused(done: subprocess.CompletedProcess[str], said: str) -> None:
    assert done.returncode == 2, done
    assert said in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_missing_submission(built: Distribution, tmp_path: Path, vaegan: Command) -> None:
    assert_refused(
        vaegan("grade", tmp_path / "none.ipynb", "-a", built.autograder, "-o", tmp_path / "g"), "does not exist"
    )


def test_folder_without_notebooks(built: Distribution, tmp_path: Path, vaegan: Command) -> None:
    (tmp_path / "data.csv").touch()
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


ADA = "Ada L_11_assignsubmission_file_/v.ipynb"
BOB = "Bob L_12_assignsubmission_file_/v.ipynb"
EVE = "Eve L_13_assignsubmission_file_/v.ipynb"


def hand_in(path: Path, *cells: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(corpus.notebook(corpus.INIT, *cells, *corpus.CHECKS), encoding="utf-8")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, vaegan: Command) -> Path:
    """A class of two from Moodle, graded."""
    root = tmp_path_factory.mktemp("moodle")
    corpus.write_autograder(root / "autograder.zip")
    for place in (ADA, BOB):
        hand_in(root / "class" / place, *corpus.HONEST.values(), f"# {place}")
    assert vaegan("grade", root / "class", "-a", root / "autograder.zip", "-o", root / "g").returncode == 0
    return root


def students(grades: Path) -> list[tuple[str, str]]:
    with (grades / "submissions.csv").open(encoding="utf-8", newline="") as file:
        return [(row["file"], row["student"]) for row in csv.DictReader(file)]


def test_grading_some_files_takes_nobody_out_of_the_class(root: Path, tmp_path: Path, vaegan: Command) -> None:
    grades = shutil.copytree(root / "g", tmp_path / "g")
    options = ("-a", root / "autograder.zip", "-o", grades)
    done = vaegan("grade", root / "class" / BOB, *options)
    assert done.returncode == 0 and "Since the last export: nothing changes." in done.stdout, done.stderr
    assert students(grades) == [(ADA, "Ada L"), (BOB, "Bob L")]
    assert len(list((grades / "feedback").iterdir())) == 2
    # another download: who handed in again is replaced, who is new comes in, the others stay
    hand_in(tmp_path / "late" / ADA, corpus.HONEST["square"])
    hand_in(tmp_path / "late" / EVE, *corpus.HONEST.values())
    done = vaegan("grade", tmp_path / "late", *options)
    assert done.returncode == 0, done.stderr
    assert students(grades) == [(ADA, "Ada L"), (BOB, "Bob L"), (EVE, "Eve L")]
    assert "Since the last export: 1 submission has other points, 1 new." in done.stdout
    with (grades / "changes.csv").open(encoding="utf-8", newline="") as file:
        changed = [(row["student"], row["case"], row["before"], row["why"]) for row in csv.DictReader(file)]
    assert changed == [
        ("Ada L", "q3 hidden", "2.0", "answer"),
        ("Ada L", "q4 hidden", "1.0", "answer"),
        ("Eve L", "", "", "new"),
    ]


def everything(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_another_assignment_takes_nobody_out_of_the_class(root: Path, tmp_path: Path, vaegan: Command) -> None:
    autograder = tmp_path / "autograder.zip"
    with zipfile.ZipFile(root / "autograder.zip") as old, zipfile.ZipFile(autograder, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"hostile"', b'"tutorial7"'))
    before = everything(root / "g" / "feedback")
    done = vaegan("grade", root / "class", "-a", autograder, "-o", root / "g")
    assert_refused(done, "holds grades of 'hostile', and this is an autograder of 'tutorial7'")
    assert everything(root / "g" / "feedback") == before and len(students(root / "g")) == 2


def test_a_dry_run_writes_nothing_at_all(root: Path, tmp_path: Path, vaegan: Command) -> None:
    before = everything(root)
    options = ("-a", root / "autograder.zip", "--dry-run", "-o")
    done = vaegan("grade", root / "class" / ADA, *options, root / "g", "--only")
    assert done.returncode == 0 and "Since the last export: 1 gone." in done.stdout, done.stderr
    done = vaegan("report", root / "g", "--forget", "Ada L", "--dry-run")
    assert done.returncode == 0 and "Since the last export: 1 gone." in done.stdout, done.stderr
    done = vaegan("grade", root / "class" / ADA, *options, tmp_path / "new")
    assert done.returncode == 0 and "Nothing was exported before" in done.stdout, done.stderr
    assert everything(root) == before and not list(tmp_path.iterdir())


def test_feedback_says_what_the_source_shows_of_names(
    built: Distribution, tmp_path: Path, vaegan: Command
) -> None:
    loop = above("derivation_2c = [", "print('a table')\nfor i in range(3):\n    print(i)")
    derivation = replace(
        RIGHT_OTHERWISE["derivation_2c"].strip(), "derivation_2c = [sum_over_i(mu[i] ** 2), 0, 0, 0]"
    )
    answered(built, tmp_path / "class" / "ada", derivation, loop)
    answered(
        built,
        tmp_path / "class" / "bayes",
        above('grader.check("q1b")', "D_star = p_g / (p_r + p_g)"),
        below('grader.check("q2a")', "def posterior(prior, likelihood):\n    return prior"),
    )
    done = vaegan("grade", tmp_path / "class", "-a", built.autograder, "-o", tmp_path / "g", cwd=tmp_path)
    assert done.returncode == 0, done
    ada, bayes = (
        Page(path.read_text(encoding="utf-8")).text for path in sorted((tmp_path / "g/feedback").iterdir())
    )
    assert (
        "cell 40: line 2 gives `i` another value (by a loop), and `derivation_2c` in cell 41 needs it "
        "as the symbol. Use another name in line 2."
    ) in ada
    assert (
        "cell 13: `D_star` is defined here, and was in cell 11, line 3. "
        "The last before the check counts, this one."
    ) in bayes
    assert (
        "cell 29: `posterior` is defined here, and again in cell 32, line 1, below the check in cell 31. "
        "What stands above the check counts: delete the one that you don't mean."
    ) in bayes
    with (tmp_path / "g/final_grades.csv").open(encoding="utf-8", newline="") as file:
        grades = {row["file"]: row for row in csv.DictReader(file)}
    assert (
        float(grades["bayes/vaes_and_gans.ipynb"]["q1b"]) < 15 == float(grades["ada/vaes_and_gans.ipynb"]["q1b"])
    )
    assert float(grades["bayes/vaes_and_gans.ipynb"]["q2a"]) == 10
