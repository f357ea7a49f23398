"""`vaegan decide`, from a case that waits to the student's page, and what a regrade leaves of it."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from graders.batch.store import Store, grading_into
from graders.results.feedback import file_names
from tests.conftest import Command
from tests.graders.results.test_decisions import fill, several
from tests.hostile import corpus
from tests.pages import Page, ReportPage

UNDECIDED = """
from otter.test_files import test_case
OK_FORMAT = False
name = 'q9'
points = None

class reference:
    square = staticmethod(lambda x: x ** 2)

@test_case(points=2, name='q9: a first look', hidden=True)
def test_first(square):
    pass

@test_case(points=3, name='q9: a closer look', hidden=True)
def test_closer(square):
    {body}
"""
EVIL = "<script>alert(1)</script> =1+1"


def write_autograder(path: Path, body: str) -> None:
    corpus.write_autograder(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("tests/q9.py", UNDECIDED.format(body=body))


def hand_in(path: Path, *cells: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(corpus.notebook(corpus.INIT, *cells, *corpus.CHECKS, 'grader.check("q9")'), encoding="utf-8")


def rows(grades: Path, name: str = "final_grades.csv") -> dict[str, dict[str, str]]:
    with (grades / name).open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def feedback(grades: Path, file: str) -> str:
    (name,) = file_names([file])
    made = Page((grades / "feedback" / name).read_text(encoding="utf-8"))
    assert not made.problems
    return made.text


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, vaegan: Command) -> Path:
    """A class of two in which q9 waits for a person."""
    root = tmp_path_factory.mktemp("waiting")
    write_autograder(
        root / "autograder.zip", "from graders.answers.verdict import Undecided; raise Undecided('who knows')"
    )
    for name in ("ada", "bob"):
        hand_in(root / "class" / f"{name}.ipynb", *corpus.HONEST.values(), f"# {name}")
    done = vaegan("grade", root / "class", "-a", root / "autograder.zip", "-o", root / "grades")
    assert done.returncode == 1 and "2 wait for a person" in done.stderr, done
    return root


@pytest.fixture
def copy(graded: Path, tmp_path: Path) -> Path:
    return shutil.copytree(graded, tmp_path / "copy")


def test_what_waits_is_decided_and_the_reason_reaches_the_student(copy: Path, vaegan: Command) -> None:
    grades = copy / "grades"
    done = vaegan("decide", grades, "ada", "q9/closer", "2,5", "--reason", EVIL, "--by", "Zoë")
    assert done.returncode == 0, done.stderr
    assert "ada.ipynb  q9: a closer look       ?    2.5             ?          9.5  decision" in done.stdout
    row = rows(grades)["ada.ipynb"]
    assert (row["q9"], row["total_points_earned"], row["grading_status"]) == ("4.5", "9.5", "Completed")
    assert rows(grades)["bob.ipynb"]["total_points_earned"] == ""
    page = feedback(grades, "ada.ipynb")
    assert EVIL in page and "2.5 points" in page and "9.5 of 18 points." in page
    assert "a person will look at it" not in page and "Zoë" not in page
    report = ReportPage((grades / "report.html").read_text(encoding="utf-8"))
    assert not report.problems and "Zoë" in report.text and EVIL in report.text
    assert rows(grades, "changes.csv")["ada.ipynb"]["why"] == "decision"
    again = files(grades)
    assert vaegan("report", grades).returncode == 0
    assert files(grades) == again
    undone = vaegan("decide", grades, "ada", "q9/closer", "--undo", "--by", "Max")
    assert "Taken back: 2.5 points, decided by Zoë" in undone.stdout
    assert rows(grades)["ada.ipynb"]["total_points_earned"] == ""


def test_a_decision_survives_what_is_graded_again_until_the_answer_is_another(copy: Path, vaegan: Command) -> None:
    grades, zipped = copy / "grades", copy / "autograder.zip"
    table = copy / "decisions.csv"
    table.write_text("file;question;points;reason\nada;q9;4,5;fine\nbob.ipynb;q9;1;hardly\n", encoding="cp1252")
    assert "2 decided" in vaegan("decide", grades, "--csv", table).stdout
    write_autograder(zipped, "assert False")
    grade = ("grade", copy / "class", "-a", zipped, "-o", grades)
    done = vaegan(*grade)
    assert done.returncode == 0 and "Since the last export: nothing changes." in done.stdout, done.stderr
    assert {name: row["q9"] for name, row in rows(grades).items() if "." in name} == {
        "ada.ipynb": "4.5",
        "bob.ipynb": "1.0",
    }
    hand_in(copy / "class" / "bob.ipynb", corpus.HONEST["square"])
    before = files(grades)
    dry = vaegan(*grade, "--dry-run")
    assert files(grades) == before
    done = vaegan(*grade)
    said = "Since the last export: 1 submission has other points."
    assert said in done.stdout and said in dry.stdout
    changed = list(csv.DictReader((grades / "changes.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["file"], row["question"], row["before"], row["after"], row["why"]) for row in changed] == [
        ("bob.ipynb", "q3", "2.0", "0.0", "answer"),
        ("bob.ipynb", "q4", "1.0", "0.0", "answer"),
        ("bob.ipynb", "q9", "1.0", "2.0", "answer"),
    ]
    assert "does not count: of an earlier submission" in Page((grades / "report.html").read_text("utf-8")).text
    assert "hardly" not in feedback(grades, "bob.ipynb") and "fine" in feedback(grades, "ada.ipynb")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["ada"],
        ["ada", "q9"],
        ["ada", "q9", "1"],
        ["ada", "q9", "--reason", "x"],
        ["ada", "q9", "1", "--undo"],
        ["ada", "q9", "1", "--reason", "x", "--csv", "t.csv"],
        ["--csv", "none.csv"],
        ["ada", "q9", "6", "--reason", "x"],
        ["ada", "q9", "--undo"],
    ],
)
def test_what_is_not_clear_is_refused(arguments: list[str], graded: Path, vaegan: Command) -> None:
    before = files(graded / "grades")
    done = vaegan("decide", graded / "grades", *arguments)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert files(graded / "grades") == before


def test_who_decides_is_the_login_name_unless_told(tmp_path: Path, vaegan: Command) -> None:
    fill(tmp_path, *several()).close()
    environment = os.environ.get("LOGNAME")
    os.environ["LOGNAME"] = "ta-17"
    try:
        assert vaegan("decide", tmp_path, "--reason", "x", "--", "-rf", "q1", "1").returncode == 0
    finally:
        os.environ.pop("LOGNAME")
        if environment is not None:
            os.environ["LOGNAME"] = environment
    with Store(tmp_path) as store:
        assert [event.by for event in store.events()] == ["ta-17"]


DECIDING = """
import sys
from pathlib import Path
from graders.batch.store import Store, grading_into
from graders.results import decisions
with Store(Path(sys.argv[1])) as store:
    for turn in range(10_000):
        both = [decisions.Wish(file, "q2", "1", f"{sys.argv[2]} {turn}", "Eve") for file in ("Ada", "b/v.ipynb")]
        decisions.decide(store, both)
        print(turn, flush=True)
"""


def test_killed_at_any_moment_no_decision_is_lost_and_none_is_half(tmp_path: Path) -> None:
    fill(tmp_path, *several()).close()
    kept = 0
    for pause in (0.0, 0.03, 0.1):
        command = [sys.executable, "-c", DECIDING, str(tmp_path), str(pause)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            told = [process.stdout.readline()]
            time.sleep(pause)
            process.kill()
            told += process.stdout.readlines()
        with Store(tmp_path) as store:
            found = [event.payload["reason"] for event in store.events()]
        decided = len(found) - kept
        assert decided % 2 == 0 and decided // 2 >= len(told)
        assert found[kept::2] == found[kept + 1 :: 2] == [f"{pause} {turn}" for turn in range(decided // 2)]
        kept = len(found)


def test_while_a_class_is_graded_people_decide_but_nobody_else_grades(copy: Path, vaegan: Command) -> None:
    grades = copy / "grades"
    before = files(grades)
    with grading_into(grades):
        done = vaegan("grade", copy / "class", "-a", copy / "autograder.zip", "-o", grades)
        assert done.returncode == 2 and "Another `vaegan grade` is grading into" in done.stderr
        assert files(grades) == before
        assert vaegan("decide", grades, "ada", "q9", "5", "--reason", "seen").returncode == 0
    assert rows(grades)["ada.ipynb"]["q9"] == "5.0"
