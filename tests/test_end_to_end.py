"""As students and TAs use it: a real kernel, real otter, the whole class, the container of Gradescope."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from graders.batch.store import existing
from graders.build import Distribution
from tests.conftest import ROOT, Command
from tests.demo_answers import TEXTS
from tests.demo_class import FULL, STUDENTS, UNMARKED, Student, make, mark


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


def test_the_demo_class_is_marked_in_part(demo: Path, vaegan: Command) -> None:
    assert vaegan("written", demo).returncode == 0
    assert mark(demo / "marks.csv") == 7
    done = vaegan("written", demo, "--marks", demo / "marks.csv")
    assert done.returncode == 0, done.stderr
    rows = rows_in(demo)
    for each in STUDENTS:
        texts = {question: TEXTS[question][text] for question, text in each.texts.items()}
        for question, points in texts.items():
            if not each.texts[question].startswith(UNMARKED):
                assert float(rows[each.file][question]) == sum(points), each.file
    totals = {rows[each.file]["total_with_written"] for each in STUDENTS}
    assert "not marked" in totals and len(totals) >= 10


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


@pytest.fixture(scope="module")
def student_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with what a student has: the packages that are installed here, except ours."""
    folder = tmp_path_factory.mktemp("student") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    # a folder on the path is not one whose .pth files are read, so that an editable install is left out
    (packages / "theirs.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return folder / "bin" / "python"


RUN = """
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read("vaes_and_gans.ipynb", as_version=4)
NotebookClient(notebook, timeout=120).execute()
nbformat.write(notebook, "vaes_and_gans.ipynb")
"""


@pytest.mark.parametrize("moved", [False, True], ids=["as it was handed out", "moved without the judge"])
def test_an_untouched_notebook_runs_and_its_checks_say_what_is_missing(
    moved: bool, built: Distribution, student_python: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "student"
    shutil.copytree(built.student, folder)
    if moved:
        shutil.rmtree(folder / built.judge.name)
    subprocess.run([student_python, "-c", RUN], cwd=folder, check=True, capture_output=True)
    notebook = nbformat.read(folder / "vaes_and_gans.ipynb", as_version=4)
    (first,) = [c for c in notebook.cells if c.source.startswith("import matplotlib")]
    printed = "".join(output.get("text", "") for output in first.outputs)
    assert ("No module named 'vaegan_judge'" in printed and printed.count("\n") == 1) if moved else not printed
    (example,) = [c for c in notebook.cells if "show(example" in c.source]
    assert ["text/markdown" in output.data for output in example.outputs] == ([False] * 4 if moved else [True])
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
