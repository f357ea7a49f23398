from __future__ import annotations

import csv
import json
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest

from graders.assignment import Assignment
from graders.batch.store import Store
from graders.build import Distribution
from graders.results import rubric, standing
from graders.results.written import digest
from tests import marked_class
from tests.conftest import Command
from tests.marked_class import FIRST, SECOND, THIRD, mark_of

RUN = marked_class.run()
RUBRICS = standing.rubrics_of(RUN).by_question


def saved(path: Path, by: str, *entries: object) -> Path:
    path.write_text(json.dumps({"format": "vaegan marks 1", "by": by, "marks": entries}), encoding="utf-8")
    return path


def rows(grades: Path) -> dict[str, dict[str, str]]:
    with (grades / "final_grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


@pytest.fixture
def grades(tmp_path: Path) -> Path:
    return marked_class.write(tmp_path / "grades")


def test_the_command_makes_a_page_and_a_csv(vaegan: Command, grades: Path) -> None:
    done = vaegan("written", grades)
    assert done.returncode == 0, done.stderr
    assert "q1a_written: 4 different answers, 0 of them marked" in done.stdout
    assert (grades / "marking.html").exists() and len((grades / "marks.csv").read_text().splitlines()) == 13


def test_marks_of_several_markers_are_read_and_differing_ones_listed(
    vaegan: Command, grades: Path, tmp_path: Path
) -> None:
    right, empty = marked_class.records()[0].answers[FIRST], mark_of(RUBRICS[FIRST], "", [0, 0, 0, 0])
    tom = saved(tmp_path / "tom.json", "Tom", empty, mark_of(RUBRICS[FIRST], right, [1, 1, 2, 1], "Right."))
    una = saved(tmp_path / "una.json", "Una", mark_of(RUBRICS[FIRST], right, [1, 1, 1, 1]))
    done = vaegan("written", grades, "--marks", tom, una)
    assert done.returncode == 0, done.stderr
    assert "3 new marks kept, 0 were there already." in done.stdout
    assert f"Tom 5, Una 4: {grades / 'marking.html'}#{digest(FIRST, right)}" in done.stdout
    found = rows(grades)
    assert found["ada.ipynb"][FIRST] == "marks differ" and found["bob.ipynb"][FIRST] == "0.0"
    una = saved(tmp_path / "una.json", "Una", {**mark_of(RUBRICS[FIRST], right, [1, 1, 2, 1]), "at": "2026-11-26"})
    again = vaegan("written", grades, "--marks", tom, una)
    assert "1 new marks kept, 2 were there already." in again.stdout and "Marked differently" not in again.stdout
    assert rows(grades)["ada.ipynb"][FIRST] == "5.0"
    with (grades / "changes.csv").open(encoding="utf-8", newline="") as file:
        (change,) = csv.DictReader(file)
    assert (change["question"], change["after"], change["why"]) == (FIRST, "5.0", "mark")


def test_the_csv_that_somebody_filled_in_is_read_and_never_overwritten(vaegan: Command, grades: Path) -> None:
    vaegan("written", grades)
    path = grades / "marks.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    filled = [
        line.replace(",,,,,,,,", ",1,,,,,Short.,Tom,", 1) if digest(FIRST, "") in line else line for line in lines
    ]
    assert filled != lines
    path.write_text("\n".join(filled) + "\n", encoding="utf-8")
    done = vaegan("written", grades, "--marks", path)
    assert done.returncode == 0, done.stderr
    assert "is filled in and stays as it is" in done.stderr and "Short." in path.read_text(encoding="utf-8")
    assert rows(grades)["bob.ipynb"][FIRST] == "1.0"


def test_an_error_in_one_file_keeps_none_of_them(vaegan: Command, grades: Path, tmp_path: Path) -> None:
    tom = saved(tmp_path / "tom.json", "Tom", mark_of(RUBRICS[FIRST], "", [0, 0, 0, 0]))
    una = saved(tmp_path / "una.json", "Una", mark_of(RUBRICS[FIRST], "", [9, 0, 0, 0]))
    done = vaegan("written", grades, "--marks", tom, una)
    assert done.returncode == 2 and "una.json, mark 1" in done.stderr
    with Store(grades) as store:
        assert not store.events()


def test_what_is_not_clear_is_a_usage_error(vaegan: Command, grades: Path, tmp_path: Path) -> None:
    for arguments in ((grades, "--marks"), (grades, tmp_path / "tom.json")):
        done = vaegan("written", *arguments)
        assert done.returncode == 2 and "after --marks" in done.stderr
    assert vaegan("written", tmp_path).returncode == 2
    without = marked_class.write(tmp_path / "old", of=marked_class.run(""))
    done = vaegan("written", without)
    assert done.returncode == 2 and "without a rubric" in done.stderr


def test_hostile_names_of_markers_stay_text(vaegan: Command, grades: Path, tmp_path: Path) -> None:
    right = marked_class.records()[0].answers[FIRST]
    names = ("\x1b[2J=cmd", "<script>alert(1)</script>")
    files = [
        saved(tmp_path / f"{i}.json", name, mark_of(RUBRICS[FIRST], right, [i, 0, 0, 0], name))
        for i, name in enumerate(names)
    ]
    done = vaegan("written", grades, "--marks", *files)
    assert done.returncode == 0 and "\x1b" not in done.stdout
    assert "<script>alert" not in (grades / "marking.html").read_text(encoding="utf-8")


def test_another_text_needs_another_mark(vaegan: Command, grades: Path, tmp_path: Path) -> None:
    vaegan(
        "written", grades, "--marks", saved(tmp_path / "t", "Tom", mark_of(RUBRICS[SECOND], "A metric.", [0] * 4))
    )
    assert rows(grades)["bob.ipynb"][SECOND] == "0.0"
    marked_class.write(grades, [marked_class.record("bob", "", "No metric.", "", sha256="new")])
    done = vaegan("written", grades)
    assert "Handed in after another text was marked:" in done.stdout and "Tom 0" in done.stdout
    vaegan("report", grades)
    assert rows(grades)["bob.ipynb"][SECOND] == "not marked" and rows(grades)["carl.ipynb"][SECOND] == "0.0"


def notebook(source: Path, target: Path, *answers: str) -> None:
    """The student notebook with these answers to the written parts."""
    handed_in = nbformat.read(source, as_version=4)
    cells = [
        c
        for c in handed_in.cells
        if c.cell_type == "markdown" and "otter_answer_cell" in c.metadata.get("tags", ())
    ]
    for cell, answer in zip(cells, answers, strict=True):
        cell.source = answer
    nbformat.write(handed_in, target)


def test_from_notebooks_to_grades_through_a_regrade_and_a_changed_rubric(
    vaegan: Command, built: Distribution, tmp_path: Path
) -> None:
    submissions, grades = tmp_path / "submissions", tmp_path / "grades"
    submissions.mkdir()
    notebook(built.student_notebook, submissions / "ada.ipynb", "It saturates.", "A metric.", "")
    notebook(built.student_notebook, submissions / "bob.ipynb", "", "A metric.", "An integral.")
    grade = ("grade", submissions, "-o", grades, "--allow-reduced-sandbox", "-a")
    done = vaegan(*grade, built.autograder)
    assert done.returncode == 0, done.stderr
    assert "6 written answers are not marked" in done.stdout
    header = (grades / "final_grades.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.endswith(f",percent_correct,grading_status,{FIRST},{SECOND},{THIRD},total_with_written")
    assert rows(grades)["ada.ipynb"]["total_with_written"] == "not marked"

    entries = [
        mark_of(RUBRICS[question], answer, [each.points for each in RUBRICS[question].criteria])
        for question, answer in (
            *((FIRST, "It saturates."), (FIRST, ""), (SECOND, "A metric.")),
            *((THIRD, ""), (THIRD, "An integral.")),
        )
    ]
    done = vaegan("written", grades, "--marks", saved(tmp_path / "tom.json", "Tom", *entries))
    assert done.returncode == 0, done.stderr
    row = rows(grades)["ada.ipynb"]
    assert float(row["total_with_written"]) == float(row["total_points_earned"]) + 15

    done = vaegan(*grade, built.autograder, "--seed", "7")
    assert done.returncode == 0, done.stderr
    assert rows(grades)["bob.ipynb"][FIRST] == "5.0"

    other = tmp_path / "autograder.zip"
    with zipfile.ZipFile(built.autograder) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(
                name, text.replace(b"| 1 | The curve:", b"| 1 | A curve:") if name == "written.md" else text
            )
    done = vaegan(*grade, other, "--seed", "7")
    assert done.returncode == 0 and "2 of 2 were graded before" in done.stderr
    done = vaegan("written", grades)
    assert "Look again, since the rubric changed:" in done.stdout
    assert rows(grades)["bob.ipynb"][FIRST] == "5.0"


def test_no_rubric_and_no_model_answer_reaches_students(built: Distribution, assignment: Assignment) -> None:
    with zipfile.ZipFile(built.autograder) as archive:
        text = archive.read("written.md").decode()
    assert text == assignment.written.read_text(encoding="utf-8")
    handed_out = "".join(
        json.dumps(nbformat.read(built.student_notebook, as_version=4).cells) + path.read_text(encoding="utf-8")
        for path in built.student.iterdir()
    )
    for each in rubric.read(
        text, {part.name: part.points for part in assignment.parts if part.written}
    ).by_question.values():
        lines = [
            *(criterion.text for criterion in each.criteria),
            *each.model.splitlines(),
            *each.remarks.splitlines(),
        ]
        for line in lines:
            plain = json.dumps(line.strip())[1:-1]
            assert len(plain) < 30 or plain not in handed_out, line


def test_a_changed_rubric_is_the_same_autograder(built: Distribution, tmp_path: Path) -> None:
    from graders.batch import autograder

    other = tmp_path / "autograder.zip"
    shutil.copy(built.autograder, other)
    with zipfile.ZipFile(built.autograder) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"# None\n" if name == "written.md" else old.read(name))
    assert autograder.load(other).digest == autograder.load(built.autograder).digest
