"""`vaegan report`, and what `vaegan grade` writes beside the CSVs, on hostile names and texts."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from graders.results.feedback import file_names
from tests.browser import barriers, chromium, needs_chromium, opened
from tests.conftest import VAEGAN, Command
from tests.hostile import corpus
from tests.pages import Page, ReportPage

EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\u202e\x1b[2J"
HOSTILE_NAMES = (
    "<script>document.title='owned'<",
    '"><img src=x onerror=alert(1)>',
    "two\nlines",
    "\x1b[2J\x1b]0;evil\x07",
    "\u202egpj",
    "-rf",
    "=cmd|' C'!A0",
    "..",
    "Ada",
    "ada",
    "a?b",
    "a*b",
    "x" * 249,
)
RAISING = f"def square(x):\n    raise ValueError({EVIL!r} + repr(x))"
LYING = """
import sys
seen = []
sys.modules["graders.isolation.student"]._builtin = lambda kind: repr(seen[-1].tolist())[:99]
def square(x):
    seen.append(x)
    raise ValueError
"""


def hand_in(path: Path, *cells: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(corpus.notebook(corpus.INIT, *cells, *corpus.CHECKS), encoding="utf-8")


@pytest.fixture(scope="module")
def autograder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("autograder") / "autograder.zip"
    corpus.write_autograder(path)
    return path


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, autograder: Path, vaegan: Command) -> Path:
    """A class of hostile names, students and error texts, graded by the real command."""
    root = tmp_path_factory.mktemp("hostile")
    handed_in = root / "class"
    others = [code for name, code in corpus.HONEST.items() if name != "square"]
    for name in HOSTILE_NAMES:
        hand_in(handed_in / f"{name}.ipynb", *corpus.HONEST.values(), f"raise RuntimeError({EVIL!r})")
    hand_in(handed_in / "raising.ipynb", RAISING, *others)
    hand_in(handed_in / "lying.ipynb", LYING, *others)
    hand_in(handed_in / f"{EVIL.replace('/', '')}_4711_assignsubmission_file_" / "v.ipynb", RAISING, *others)
    (handed_in / "torn.zip").write_text("PK", encoding="utf-8")
    hand_in(Path(os.fsdecode(bytes(handed_in) + b"/\xff.ipynb")), *corpus.HONEST.values())
    done = vaegan("grade", handed_in, "-a", autograder, "-o", root / "grades")
    assert done.returncode == 0, done.stderr
    names = ["feedback", "final_grades.csv", "grades.sqlite", "report.html", "submissions.csv"]
    assert sorted(path.name for path in (root / "grades").iterdir()) == names
    return root / "grades"


def pages(grades: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in (grades / "feedback").iterdir()}


def outputs(grades: Path) -> dict[str, bytes]:
    found = [path for path in grades.rglob("*") if path.is_file() and path.suffix in (".csv", ".html", ".part")]
    return {str(path.relative_to(grades)): path.read_bytes() for path in found}


def stored(grades: Path, statement: str) -> list[tuple[object, ...]]:
    """What a query finds; nothing while there is no store yet, or it is written."""
    try:
        # read only: a store that is not there yet is not for a test to make
        connection = sqlite3.connect(f"file:{grades / 'grades.sqlite'}?mode=ro", uri=True, timeout=0.05)
    except sqlite3.Error:
        return []
    try:
        return connection.execute(statement).fetchall()
    except sqlite3.Error:
        return []
    finally:
        connection.close()


def test_every_submission_has_its_page_and_its_row(graded: Path) -> None:
    count = len(HOSTILE_NAMES) + 5
    assert len(pages(graded)) == count
    text = (graded / "report.html").read_text(encoding="utf-8")
    assert all(text.count(f'href="feedback/{name}"') == 1 for name in pages(graded))
    assert stored(graded, "SELECT count(*) FROM records") == [(count,)]


def test_nothing_runs_and_nothing_is_loaded(graded: Path) -> None:
    for name, text in pages(graded).items():
        assert not Page(text).problems, name
        assert "default-src &#x27;none&#x27;" in text
    text = (graded / "report.html").read_text(encoding="utf-8")
    assert not ReportPage(text).problems
    assert "default-src &#x27;none&#x27;" in text


def test_students_get_hints_and_the_ta_gets_texts(graded: Path) -> None:
    report = Page((graded / "report.html").read_text(encoding="utf-8")).text
    assert "document.title='owned'" in report and "[2J" in report
    (raising, lying) = (pages(graded)[name] for name in file_names(["raising.ipynb", "lying.ipynb"]))
    assert "square raised ValueError." in raising
    assert "square raised an exception." in lying
    for text in ("\n".join(Page(page).said) for page in (raising, lying)):
        assert "owned" not in text and "0.0341" not in text and "array" not in text
    assert "cell 5 raised RuntimeError in line 1" in pages(graded)[file_names(["Ada.ipynb"])[0]]
    assert "not a zip file" in pages(graded)[file_names(["torn.zip"])[0]]


def test_report_writes_the_same_bytes_once_more(graded: Path, tmp_path: Path, vaegan: Command) -> None:
    copy = shutil.copytree(graded, tmp_path / "copy")
    assert vaegan("report", copy).returncode == 0  # links to the files as seen from here
    before = outputs(copy)
    for name in ("final_grades.csv", "submissions.csv", "report.html"):
        (copy / name).unlink()
    shutil.rmtree(copy / "feedback")
    done = vaegan("report", copy)
    assert done.returncode == 0, done.stderr
    assert outputs(copy) == before
    assert str(copy / "report.html") in done.stdout and str(copy / "feedback") in done.stdout


def test_who_is_gone_has_no_page(tmp_path: Path, autograder: Path, vaegan: Command) -> None:
    for name in ("ada", "bob", "eve"):
        hand_in(tmp_path / "class" / f"{name}.ipynb", *corpus.HONEST.values(), f"# {name}")
    grades = tmp_path / "grades"
    arguments = ["grade", tmp_path / "class", "-a", autograder, "-o", grades]
    vaegan(*arguments)
    (tmp_path / "class" / "bob.ipynb").unlink()
    hand_in(tmp_path / "class" / "ada.ipynb", "pass")
    done = vaegan(*arguments, "--only")
    assert "Since the last export: 1 submission has other points, 1 gone." in done.stdout
    assert sorted(pages(grades)) == sorted(file_names(["ada.ipynb", "eve.ipynb"]))
    done = vaegan("report", grades, "--forget", "eve")
    assert done.returncode == 0 and "Since the last export: 1 gone." in done.stdout
    assert list(pages(grades)) == file_names(["ada.ipynb"])
    assert stored(grades, "SELECT file, student FROM records") == [("ada.ipynb", "ada")]
    assert "bob" not in (grades / "report.html").read_text(encoding="utf-8")
    done = vaegan("report", grades, "--forget", "zoe")
    assert done.returncode == 2 and "There is no file and no student 'zoe' in the class" in done.stderr


def started(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", VAEGAN, *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def when_some_are_graded(process: subprocess.Popen[str], grades: Path, act: Callable[[], object]) -> str:
    while not stored(grades, "SELECT 1 FROM records") and process.poll() is None:
        time.sleep(0.005)
    act()
    return process.communicate(timeout=60)[1]


@pytest.fixture
def class_of_forty(tmp_path: Path) -> Path:
    for number in range(40):
        slow = f"import time; time.sleep(0.05)  # {number}"
        hand_in(tmp_path / "class" / f"{number:02}.ipynb", slow, *corpus.HONEST.values())
    return tmp_path / "class"


@pytest.mark.parametrize("taken", ["final_grades.csv", "report.html"])
def test_an_export_that_fails_loses_nothing(
    taken: str, class_of_forty: Path, tmp_path: Path, autograder: Path, vaegan: Command
) -> None:
    grades = tmp_path / "grades"
    process = started("grade", class_of_forty, "-a", autograder, "-o", grades, "-j", 1)
    said = when_some_are_graded(process, grades, (grades / taken).mkdir)
    assert process.returncode == 2
    last = said.strip().splitlines()[-1]
    assert f"{taken} cannot be written" in last and f"`vaegan report {grades}`" in last
    assert "Traceback" not in said
    assert stored(grades, "SELECT count(*) FROM records") == [(40,)]
    (grades / taken).rmdir()
    assert vaegan("report", grades).returncode == 0
    assert len((grades / "final_grades.csv").read_text(encoding="utf-8").splitlines()) == 42
    assert "not graded yet" not in Page((grades / "report.html").read_text(encoding="utf-8")).text


def test_interrupted_there_is_a_report_of_those_that_are_graded(
    class_of_forty: Path, tmp_path: Path, autograder: Path
) -> None:
    grades = tmp_path / "grades"
    process = started("grade", class_of_forty, "-a", autograder, "-o", grades, "-j", 1)
    when_some_are_graded(process, grades, lambda: os.killpg(process.pid, signal.SIGINT))
    assert process.returncode == 130
    [(count,)] = stored(grades, "SELECT count(*) FROM records")
    assert f"{40 - int(str(count))} files are not graded yet" in (grades / "report.html").read_text(
        encoding="utf-8"
    )
    assert len(pages(grades)) == count


def test_feedback_that_is_not_released_is_not_there(graded: Path, tmp_path: Path, vaegan: Command) -> None:
    grades = tmp_path / "grades"
    shutil.copytree(graded, grades)
    assert vaegan("report", grades).returncode == 0
    before = pages(grades)
    done = vaegan("report", grades, "--no-feedback")
    assert done.returncode == 0 and "Feedback: none" in done.stdout
    assert not pages(grades) and (grades / "report.html").exists()
    assert vaegan("decide", grades, "raising.ipynb", "q1", "1", "--reason", "a").returncode == 0
    assert vaegan("decide", grades, "raising.ipynb", "q1", "--undo").returncode == 0
    assert not pages(grades)
    refused = vaegan("return", grades, "--canvas", tmp_path / "any.zip", "-o", tmp_path / "new.zip")
    assert refused.returncode == 2 and f"`vaegan report {grades}` releases it" in refused.stderr
    assert vaegan("report", grades).returncode == 0
    assert pages(grades) == before


@pytest.mark.parametrize("kind", ["missing", "empty", "file", "other version"])
def test_what_holds_no_grades_is_refused(kind: str, tmp_path: Path, vaegan: Command) -> None:
    folder = tmp_path / "grades"
    if kind == "file":
        folder.touch()
    elif kind != "missing":
        folder.mkdir()
    if kind == "other version":
        connection = sqlite3.connect(folder / "grades.sqlite")
        connection.execute("CREATE TABLE records (file)")
        connection.close()
    done = vaegan("report", folder)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1 and "grades" in done.stderr
    assert "Traceback" not in done.stderr


@needs_chromium
def test_a_browser_shows_the_report_and_runs_nothing(graded: Path) -> None:
    with chromium() as browser, opened(browser, graded / "report.html") as page:
        assert page.title() == "Class report: hostile"
        assert page.locator("#all details").count() == len(HOSTILE_NAMES) + 4
        assert page.locator("#all tbody[id^=s]").count() == len(HOSTILE_NAMES) + 5
        assert not barriers(page)
