"""As students and TAs use it: a real kernel, real otter, the whole class, the container of Gradescope."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from graders.batch.store import existing
from graders.build import Distribution
from graders.results.written import DIFFER, NOT_MARKED
from tests.conftest import ROOT, Command
from tests.demo_answers import TEXTS
from tests.demo_class import DISPUTED, FULL, STUDENTS, UNMARKED, Student, make, mark


def student(file: str) -> Student:
    return next(s for s in STUDENTS if s.file == file)


def scores_in(results: Path) -> dict[str, float]:
    """The score of each question in a results.json."""
    tests = json.loads(results.read_text(encoding="utf-8"))["tests"]
    return {test["name"]: test["score"] for test in tests if test["name"] in FULL}


@pytest.fixture(scope="module")
def demo(built: Distribution, tmp_path_factory: pytest.TempPathFactory, vaegan: Command) -> Path:
    """The grades of the class that `make demo` grades."""
    root = tmp_path_factory.mktemp("demo")
    for each in STUDENTS:
        (root / "class").mkdir(exist_ok=True)
        make(each, built.folder, root / "class")
    done = vaegan("grade", root / "class", "-a", built.autograder, "-o", root / "grades")
    assert done.returncode == 0, done.stderr
    return root / "grades"


def rows_in(grades: Path) -> dict[str, dict[str, str]]:
    with (grades / "final_grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_the_demo_class_gets_the_grades_that_it_deserves(demo: Path) -> None:
    rows = rows_in(demo)
    assert {q: float(rows["points-per-question"][q]) for q in FULL} == FULL
    graded = {each.file: {q: float(rows[each.file][q]) for q in FULL} for each in STUDENTS}
    assert graded == {each.file: each.scores for each in STUDENTS}
    for each in STUDENTS:
        assert (each.status or "Completed") in rows[each.file]["grading_status"]
    assert len(STUDENTS) == 60 and len(rows) == 61


def test_every_slip_of_the_demo_class_is_named(demo: Path) -> None:
    with existing(demo) as kept:
        records = {record.file: record for record in kept.records()}
    for each in STUDENTS:
        named = {case.note for result in records[each.file].questions.values() for case in result.cases}
        assert {slip.note for slip in each.slips if slip.named} <= named, each.file


def total_of(each: Student) -> str:
    """With the written parts, as far as they are marked."""
    texts = {question: each.texts.get(question, "") for question in TEXTS}
    if each.status:
        return "0.0"
    if any(text == "" or text.startswith((UNMARKED, DISPUTED)) for text in texts.values()):
        return NOT_MARKED
    points = sum(sum(TEXTS[question][text]) for question, text in texts.items())
    return str(sum(each.scores.values()) + points)


def test_the_demo_class_is_marked_in_part(demo: Path, vaegan: Command) -> None:
    assert vaegan("written", demo).returncode == 0
    assert mark(demo / "marks.csv") == 7
    done = vaegan("written", demo, "--marks", demo / "marks.csv", demo / "second_marks.csv")
    assert done.returncode == 0, done.stderr
    assert "Demo TA 1, Second TA 2: " in done.stdout
    rows = rows_in(demo)
    for each in STUDENTS:
        for question, text in each.texts.items():
            if text.startswith(DISPUTED):
                assert rows[each.file][question] == DIFFER, each.file
            elif not text.startswith(UNMARKED):
                assert float(rows[each.file][question]) == sum(TEXTS[question][text]), each.file
    assert {each.file: rows[each.file]["total_with_written"] for each in STUDENTS} == {
        each.file: total_of(each) for each in STUDENTS
    }


@pytest.mark.parametrize("file", ["ada.ipynb", "curie.ipynb", "darwin.ipynb"])
def test_otter_run_gives_the_same(file: str, built: Distribution, tmp_path: Path) -> None:
    path = make(student(file), built.folder, tmp_path)
    subprocess.run(
        [sys.executable, "-m", "otter", "run", path.name, "-a", built.autograder, "-o", ".", "--no-logo"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    assert scores_in(tmp_path / "results.json") == student(file).scores


def test_a_student_fills_in_checks_exports_and_is_graded(
    built: Distribution, tmp_path: Path, vaegan: Command
) -> None:
    notebook = nbformat.read(make(student("bayes.ipynb"), built.folder, tmp_path), as_version=4)
    work = tmp_path / "work"
    work.mkdir()
    nbformat.write(notebook, work / "vaes_and_gans.ipynb")
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(work)}})
    client.extra_arguments = ["--log-level=ERROR"]
    client.execute()
    for question in FULL:
        (cell,) = [c for c in notebook.cells if c.source == f'grader.check("{question}")']
        assert "All test cases passed!" in cell.outputs[0].data["text/plain"], question
    (exported,) = work.glob("*.zip")
    done = vaegan("grade", exported, "-a", built.autograder, "-o", tmp_path / "grades")
    assert done.returncode == 0, done.stderr
    assert "85.0,1.0,Completed" in (tmp_path / "grades" / "final_grades.csv").read_text(encoding="utf-8")


def test_an_untouched_notebook_runs_and_its_checks_say_what_is_missing(
    built: Distribution, tmp_path: Path
) -> None:
    notebook = nbformat.read(built.student_notebook, as_version=4)
    shutil.copy(built.student_notebook, tmp_path)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.extra_arguments = ["--log-level=ERROR"]
    client.execute()
    for question in FULL:
        (cell,) = [c for c in notebook.cells if c.source == f'grader.check("{question}")']
        assert "failed" in cell.outputs[0].data["text/plain"], question


def container(built: Distribution, folder: Path, notebook: Path) -> Path:
    """The folders that a grading container has, with one submission and otter grade's empty metadata."""
    for name in ("source", "submission", "results"):
        (folder / name).mkdir(parents=True)
    with zipfile.ZipFile(built.autograder) as archive:
        archive.extractall(folder / "source")
    shutil.copy(notebook, folder / "submission")
    (folder / "submission_metadata.json").touch()
    return folder


def test_gradescope_contract(built: Distribution, tmp_path: Path) -> None:
    autograder = container(built, tmp_path / "autograder", built.solved_notebook)
    (autograder / "submission_metadata.json").write_text('{"users": []}', encoding="utf-8")
    code = f"from otter.run.run_autograder import main; main({str(autograder)!r})"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=tmp_path)
    assert scores_in(autograder / "results" / "results.json") == FULL


@pytest.mark.release
def test_a_new_environment_needs_only_the_wheel_in_the_zip(built: Distribution, tmp_path: Path) -> None:
    """Install the wheel as a TA would, then grade as the container does, where it is not installed."""
    autograder = container(built, tmp_path / "autograder", built.solved_notebook)
    (wheel,) = (autograder / "source" / "wheels").glob("*.whl")
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    pip: list[str | Path] = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--constraint", ROOT / "constraints.txt", wheel], check=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    doctor = subprocess.run(
        [python.with_name("vaegan"), "doctor"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tmp_path,
    )
    assert "✓ otter-grader 7.0.0" in doctor.stdout
    subprocess.run([*pip, "uninstall", "--yes", "vaegan"], check=True)
    subprocess.run(
        [python, autograder / "source" / "run_otter.py"],
        check=True,
        capture_output=True,
        env=environment,
        cwd=tmp_path,
    )
    assert scores_in(autograder / "results" / "results.json") == FULL


def test_a_container_without_a_gradable_file_answers_with_results(built: Distribution, tmp_path: Path) -> None:
    essay = tmp_path / "essay.txt"
    essay.write_text("My answer is 42.", encoding="utf-8")
    autograder = container(built, tmp_path / "autograder", essay)
    subprocess.run([sys.executable, autograder / "source" / "run_otter.py"], check=False, capture_output=True)
    results = json.loads((autograder / "results" / "results.json").read_text(encoding="utf-8"))
    assert results["score"] == 0
    assert "No gradable files" in results["tests"][0]["output"]
