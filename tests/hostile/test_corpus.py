"""Every situation of the hostile corpus in one class, graded by the real command beside honest neighbours."""

from __future__ import annotations

import csv
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from graders.results.feedback import file_names
from graders.results.gradebook import safe
from tests.hostile import corpus
from tests.hostile.corpus import Situation
from tests.pages import Page, ReportPage

ALL = corpus.situations()
NEIGHBOURS = ("neighbour-a.ipynb", "middle/neighbour.ipynb", "zz-neighbour.ipynb")
SECRET = "271828182"
LIMITS = (
    "--cell-seconds",
    "1.5",
    "--call-seconds",
    "2",
    "--notebook-seconds",
    "20",
    "--memory",
    "1024",
    "--files",
    "16",
)


@dataclass(frozen=True)
class Graded:
    rows: dict[str, dict[str, str]]
    records: dict[str, dict[str, object]]
    output: str
    texts: str
    report: str
    feedback: dict[str, str]
    """The pages of the students, by file."""
    peaks: dict[int, int]
    """The most memory that each process of the grader ever had, in KiB, without the students' own."""


@dataclass(frozen=True)
class World:
    """A made-up machine: who grades, their files, the class's submissions, where the grades go."""

    home: Path
    submissions: Path
    output: Path
    autograder: Path
    canary: Path
    temporary: Path


def snapshot(*folders: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Everything below the folders: mode, owner, time and content."""
    found = {}
    for folder in folders:
        for path in [folder, *folder.rglob("*")]:
            status = path.lstat()
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[str(path)] = (status.st_mode, status.st_uid, status.st_mtime_ns, content)
    return found


def processes() -> set[int]:
    """All that run now, by what tells one process from another of the same number."""
    return {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}


def shared_memory() -> set[str]:
    """What lies in shared memory, but for the semaphores of whatever Python else runs on this machine."""
    return {path.name for path in Path("/dev/shm").iterdir() if not path.name.startswith("sem.mp-")}


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def watch_memory(grader: subprocess.Popen[str], peaks: dict[int, int]) -> None:
    """Note the peaks of a process and of what it started, as the same user, until it ends."""
    while grader.poll() is None:
        pending = [grader.pid]
        while pending:
            pid = pending.pop()
            try:
                pending += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
                lines = [line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
            except OSError:
                continue
            fields = {line[0]: line[1] for line in lines if len(line) > 1}
            if fields.get("Uid:") == str(os.geteuid()) and "VmHWM:" in fields:
                peaks[pid] = int(fields["VmHWM:"])
        time.sleep(0.02)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("world")
    with tempfile.TemporaryDirectory(prefix="graders-") as temporary:
        made = World(
            root / "home",
            root / "class",
            root / "grades",
            root / "autograder.zip",
            root / "canary",
            Path(temporary),
        )
        for folder in (made.home, made.submissions, made.submissions / "middle"):
            folder.mkdir()
        (made.home / "secret.txt").write_text(SECRET)
        corpus.write_autograder(made.autograder)
        for name in NEIGHBOURS:
            (made.submissions / name).write_text(corpus.honest_notebook())
        yield made


@pytest.fixture(scope="module")
def graded(world: World) -> Graded:
    """The whole class, graded once."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        places = {
            "AUTOGRADER": str(world.autograder),
            "HOME": str(world.home),
            "SUBMISSIONS": str(world.submissions),
            "OUTPUT": str(world.output),
            "CANARY": str(world.canary),
            "PORT": str(server.getsockname()[1]),
            "LONG": "x" * (34 << 20),
        }
        for situation in ALL:
            corpus.write(situation, world.submissions, places)
        before = snapshot(world.home, world.submissions, world.autograder.parent / "autograder.zip")
        running, shared = processes(), shared_memory()
        environment = {**os.environ, "HOME": str(world.home), "TMPDIR": str(world.temporary), "SECRET": SECRET}
        with subprocess.Popen(
            [
                *(sys.executable, "-c", "from graders.cli import main; main()", "grade", str(world.submissions)),
                *("-a", str(world.autograder), "-o", str(world.output), *LIMITS),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as grader:
            peaks: dict[int, int] = {}
            watching = threading.Thread(target=watch_memory, args=(grader, peaks))
            watching.start()
            output, errors = grader.communicate()
            watching.join()
    assert grader.returncode == 0, errors
    assert snapshot(world.home, world.submissions, world.autograder) == before, "something outside was changed"
    assert not list(world.temporary.iterdir()), "something was left in the temporary folder"
    assert shared_memory() == shared
    left = [command_of(pid) for pid in processes() - running]
    assert not [command for command in left if str(world.temporary) in command], left
    assert not world.canary.exists()
    with (world.output / "final_grades.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    rows = {row["file"]: row for row in listed}
    assert len(rows) == len(listed), "two rows of one name"
    with sqlite3.connect(world.output / "grades.sqlite") as store:
        records = {row[0]: json.loads(row[1]) for row in store.execute("SELECT file, record FROM records")}
    store.close()
    texts = "".join(path.read_text(encoding="utf-8") for path in sorted(world.output.glob("*.csv")))
    report = (world.output / "report.html").read_text(encoding="utf-8")
    pages = {path.name: path.read_text(encoding="utf-8") for path in (world.output / "feedback").iterdir()}
    feedback = {file: pages.pop(name) for file, name in zip(records, file_names(records), strict=True)}
    assert not pages
    return Graded(rows, records, output + errors, texts, report, feedback, peaks)


def test_there_are_enough_of_them() -> None:
    assert len(ALL) >= 80
    assert len({situation.file for situation in ALL}) == len(ALL)


@pytest.mark.parametrize("situation", ALL, ids=lambda situation: f"{situation.category}/{situation.name}")
def test_situation(situation: Situation, graded: Graded) -> None:
    row = graded.rows[safe(situation.file)]
    record = graded.records[situation.file]
    scores = {question: float(row[question]) for question in corpus.FULL}
    if "race" in situation.expected:
        assert all(scores[question] in (0.0, corpus.FULL[question]) for question in scores), record
    else:
        assert scores == situation.scores, record
    assert re.search(situation.expected["status"], row["grading_status"]), row["grading_status"]
    assert float(row["total_points_earned"]) == sum(scores.values())
    if record["questions"]:
        assert record["level"] == "full"
    if "student" in situation.expected:
        assert record["student"] == situation.expected["student"]


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_neighbours_are_untouched(name: str, graded: Graded) -> None:
    row = graded.rows[name]
    assert {question: float(row[question]) for question in corpus.FULL} == corpus.FULL
    assert row["grading_status"] == "Completed"


def test_every_file_has_its_row(graded: Graded) -> None:
    files = {safe(situation.file) for situation in ALL} | set(NEIGHBOURS)
    assert set(graded.rows) == files | {"points-per-question"}


def test_no_process_of_ours_takes_a_gigabyte(graded: Graded) -> None:
    # the command, its workers, the zygotes and the judges
    assert len(graded.peaks) > 6 and max(graded.peaks.values()) < 1 << 20


def test_nothing_leaks(graded: Graded) -> None:
    assert SECRET not in graded.texts + graded.output
    for record in graded.records.values():
        for question in record["questions"].values():  # type: ignore[attr-defined]
            for case in question["cases"]:
                assert "EXFILTRATED" not in case["hint"]
                assert SECRET not in case["hint"]


def test_no_hidden_input_and_no_message_reaches_a_student(graded: Graded) -> None:
    hidden = [f"{abs(value):.5f}" for value in np.random.default_rng(11).normal(size=35)]
    for file, page in graded.feedback.items():
        shown, said = Page(page).text, "\n".join(Page(page).said)
        # what the student wrote into the notebook is older than every hidden input
        assert "EXFILTRATED" not in said and SECRET not in said, file
        assert not [value for value in hidden if value in shown], file


def test_a_plot_is_shown_unless_it_may_hold_a_hidden_input(graded: Graded) -> None:
    assert "Your plot" in Page(graded.feedback["neighbour-a.ipynb"]).text
    assert "Your plot" not in Page(graded.feedback["leaks-input-in-plot.ipynb"]).text


def test_what_ran_after_a_question_says_next_to_nothing_to_the_student(graded: Graded) -> None:
    types = Page(graded.feedback["leaks-bits-in-types.ipynb"]).text
    assert types.count("did not run to its end") == 3 and "other cells" in types
    assert not re.search("ValueError|KeyError|TypeError|IndexError", types)
    assert not re.search(r"\bline \d", Page(graded.feedback["leaks-bits-in-lines.ipynb"]).text)


def test_pages_are_harmless(graded: Graded) -> None:
    assert not ReportPage(graded.report).problems
    assert not {file: page.problems for file, text in graded.feedback.items() if (page := Page(text)).problems}


def test_no_cell_of_the_grades_is_a_formula_or_an_escape(graded: Graded) -> None:
    for hidden in "\x1b\u202e":
        assert hidden not in graded.texts + graded.output
    for delimiter in ",;\t":
        for line in csv.reader(graded.texts.splitlines(), delimiter=delimiter):
            cells = [cell.strip(' "') for cell in line if cell != "--"]
            assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝"))], line
