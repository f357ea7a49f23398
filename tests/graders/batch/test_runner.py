"""The batch: killed and resumed, fuzzed, on a cluster, and what it says of itself."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from graders.batch import grading
from tests.cluster import Cluster
from tests.cluster import cluster as start_cluster
from tests.conftest import Command
from tests.hostile import corpus

GRADE = [sys.executable, "-c", "from graders.cli import main; main()", "grade"]


def hand_in(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        cells = [corpus.INIT, f"# {number}", *corpus.HONEST.values(), *corpus.CHECKS]
        (folder / f"student-{number:03}.ipynb").write_text(corpus.notebook(*cells))
    return folder


@pytest.fixture
def autograder(tmp_path: Path) -> Path:
    path = tmp_path / "autograder.zip"
    corpus.write_autograder(path)
    return path


def csvs(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in output.glob("*.csv")}


def graded(output: Path) -> int:
    try:
        # a short patience: the grader writes all the time, and what is asked is what is there now
        with sqlite3.connect(output / "grades.sqlite", timeout=0.05) as store:
            return int(store.execute("SELECT count(*) FROM records").fetchone()[0])
    except sqlite3.Error:
        return 0
    finally:
        if "store" in locals():
            store.close()


def rows(output: Path) -> dict[str, dict[str, str]]:
    with (output / "final_grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_killed_anywhere_it_goes_on_and_ends_the_same(tmp_path: Path, autograder: Path, vaegan: Command) -> None:
    handed_in = hand_in(tmp_path / "class", 30)
    arguments = ["grade", str(handed_in), "-a", str(autograder)]
    assert vaegan(*arguments, "-o", tmp_path / "whole").returncode == 0
    output, done = tmp_path / "killed", 0
    for wanted in (3, 10, 20):
        process = subprocess.Popen(
            [sys.executable, "-c", "from graders.cli import main; main()", *arguments, "-o", str(output)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        while graded(output) < wanted and process.poll() is None:
            time.sleep(0.005)
        process.kill()
        process.wait()
        before, done = done, graded(output)
        assert done >= max(wanted, before)
    last = vaegan(*arguments, "-o", output)
    assert last.returncode == 0, last.stderr
    assert f"{done} of 30 were graded before" in last.stderr or done == 30
    assert csvs(output) == csvs(tmp_path / "whole")
    deadline = time.monotonic() + 10
    while list(tmp_path.glob("vaegan-*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not list(tmp_path.glob("vaegan-*")), "a killed grader left something in the temporary folder"


def test_interrupted_it_says_how_to_go_on(tmp_path: Path, autograder: Path, vaegan: Command) -> None:
    handed_in = hand_in(tmp_path / "class", 40)
    arguments = ["grade", str(handed_in), "-a", str(autograder), "-o", str(tmp_path / "grades"), "-j", "1"]
    process = subprocess.Popen(
        [sys.executable, "-c", "from graders.cli import main; main()", *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    while graded(tmp_path / "grades") < 2 and process.poll() is None:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130 and "goes on from here" in said
    assert "Traceback" not in said
    assert vaegan(*arguments).returncode == 0
    assert len(rows(tmp_path / "grades")) == 41


def test_only_what_changed_is_graded_again(tmp_path: Path, autograder: Path, vaegan: Command) -> None:
    handed_in = hand_in(tmp_path / "class", 3)
    arguments = ["grade", handed_in, "-a", autograder, "-o", tmp_path / "grades"]
    vaegan(*arguments)
    (handed_in / "student-001.ipynb").write_text(corpus.notebook("pass"))
    again = vaegan(*arguments)
    assert "2 of 3 were graded before" in again.stderr
    assert rows(tmp_path / "grades")["student-001.ipynb"]["total_points_earned"] == "0.0"
    with zipfile.ZipFile(autograder, "a") as archive:
        archive.writestr("tests/q6.py", 'OK_FORMAT = False\nname = "q6"\npoints = None\n')
    assert "graded before" not in vaegan(*arguments).stderr


def change(autograder: Path, file: str, old: str, new: str) -> None:
    """Write a zip in which the text of a file is another one."""
    with zipfile.ZipFile(autograder) as archive:
        entries = {name: archive.read(name).decode() for name in archive.namelist()}
    assert old in entries[file]
    with zipfile.ZipFile(autograder, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name, text.replace(old, new) if name == file else text)


@pytest.mark.parametrize(("name", "points"), [("copy.txt", "5.0"), ("copy.zip", "0.0")])
def test_a_transcript_is_not_used_for_a_file_that_is_read_otherwise(
    tmp_path: Path, autograder: Path, vaegan: Command, name: str, points: str
) -> None:
    handed_in, output = hand_in(tmp_path / "class", 1), tmp_path / "grades"
    arguments = ("grade", handed_in, "-a", autograder, "-o", output)
    assert vaegan(*arguments).returncode == 0
    (handed_in / name).write_bytes((handed_in / "student-000.ipynb").read_bytes())
    assert vaegan(*arguments).returncode == 0
    found = rows(output)
    assert found["student-000.ipynb"]["total_points_earned"] == "5.0"
    assert found[name]["total_points_earned"] == points


def test_what_is_too_large_to_be_kept_stays_in_its_worker(tmp_path: Path, autograder: Path) -> None:
    settings = grading.Settings(autograder, seed=0)
    path = tmp_path / "a.ipynb"
    answer = "import numpy as np\nanswer = np.random.default_rng(0).random(100_000)"
    path.write_text(corpus.notebook(corpus.INIT, answer, *corpus.CHECKS))
    try:
        graded = grading.grade(grading.Job(path.name, path, settings))
    finally:
        grading.retire()
    assert graded.record.questions and graded.plan and graded.transcript is None


def test_a_test_that_is_mended_judges_again_what_was_answered_and_runs_nothing(
    tmp_path: Path, autograder: Path, vaegan: Command
) -> None:
    handed_in, output = hand_in(tmp_path / "class", 3), tmp_path / "grades"
    arguments = ["grade", handed_in, "-a", autograder, "-o", output]
    assert "3 judged, of which 3 had to be run" in vaegan(*arguments).stderr
    change(autograder, "tests/q3.py", 'slope, 2 * sp.Symbol("a")', 'slope, 3 * sp.Symbol("a")')
    again = vaegan(*arguments)
    assert "3 judged, of which 0 had to be run" in again.stderr
    assert {row["q3"] for row in list(rows(output).values())[1:]} == {"0.0"}
    change(autograder, "tests/q3.py", 'slope, 3 * sp.Symbol("a")', 'slope, 2 * sp.Symbol("a")')
    (handed_in / "student-001.ipynb").write_text(corpus.honest_notebook())
    again = vaegan(*arguments)
    assert "2 of 3 were graded before" in again.stderr and "1 judged, of which 1 had to be run" in again.stderr
    # what asks for something else has no answers yet
    change(autograder, "tests/q1.py", "size=(5, 7)", "size=(5, 8)")
    assert "3 judged, of which 3 had to be run" in vaegan(*arguments).stderr
    assert {row["total_points_earned"] for row in list(rows(output).values())[1:]} == {"5.0"}


def test_the_seed_is_that_of_the_zip_and_no_submission_can_tell_it(
    tmp_path: Path, autograder: Path, monkeypatch: pytest.MonkeyPatch, vaegan: Command
) -> None:
    monkeypatch.delenv("VAEGAN_SEED")
    with zipfile.ZipFile(autograder, "a") as archive:
        archive.writestr("seed.txt", "271\n")
    spy = (
        "import os, random, numpy\n"
        "drawn = [random.random(), numpy.random.rand()]\n"
        "for seed in (271, 5):\n"
        "    random.seed(seed)\n"
        "    assert random.random() != drawn[0] and numpy.random.RandomState(seed).rand() != drawn[1]\n"
        "assert not [name for name in os.environ if 'SEED' in name]\n"
        "def square(x): return x ** 2"
    )
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "a.ipynb").write_text(corpus.notebook(corpus.INIT, spy, *corpus.CHECKS))
    for options, used in (((), "271"), (("--seed", "5"), "5")):
        output = tmp_path / f"grades-{used}"
        assert vaegan("grade", tmp_path / "class", "-a", autograder, "-o", output, *options).returncode == 0
        with (output / "submissions.csv").open(encoding="utf-8", newline="") as file:
            (row,) = csv.DictReader(file)
        assert row["seed"] == used and row["notes"] == ""
        assert f"seed {used}" in (output / "report.html").read_text(encoding="utf-8")


def test_a_defect_of_the_grader_is_no_zero_and_no_full_marks(
    tmp_path: Path, autograder: Path, vaegan: Command
) -> None:
    handed_in = hand_in(tmp_path / "class", 1)
    with zipfile.ZipFile(autograder, "a") as archive:
        archive.writestr(
            "tests/q9.py",
            "from otter.test_files import test_case\nOK_FORMAT = False\nname = 'q9'\npoints = None\n"
            "@test_case(points=1, name='broken')\ndef test(square):\n    not_defined\n",
        )
    done = vaegan("grade", handed_in, "-a", autograder, "-o", tmp_path / "grades")
    row = rows(tmp_path / "grades")["student-000.ipynb"]
    assert done.returncode == 1 and "wait for a person" in done.stderr
    assert row["q9"] == "" and row["total_points_earned"] == "" and row["q1"] == "2.0"
    assert "needs a person" in row["grading_status"]


def test_a_worker_that_is_killed_costs_nothing(tmp_path: Path, autograder: Path) -> None:
    handed_in = hand_in(tmp_path / "class", 40)
    command = [*GRADE, str(handed_in), "-j", "2"]
    process = subprocess.Popen(
        [*command, "-a", str(autograder), "-o", str(tmp_path / "grades")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while graded(tmp_path / "grades") < 3 and process.poll() is None:
        time.sleep(0.005)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    assert process.wait(60) == 0
    assert {row["grading_status"] for row in list(rows(tmp_path / "grades").values())[1:]} == {"Completed"}


def test_a_full_disk_loses_nothing_and_the_run_goes_on_when_there_is_room(
    tmp_path: Path, autograder: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("NEEDS ROOT: a small file system can't be mounted here")
    try:
        handed_in, filler = hand_in(tmp_path / "class", 60), disk / "filler"
        filler.write_bytes(bytes(3600 << 10))
        process = subprocess.Popen(
            [*GRADE, str(handed_in), "-a", str(autograder), "-o", str(disk / "grades")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        said = next((line for line in process.stderr if "no room left" in line), None)
        assert said, "the disk never was full"
        before = graded(disk / "grades")
        assert process.poll() is None and 0 < before < 60
        filler.unlink()
        process.communicate(timeout=60)
        assert process.returncode == 0
        assert {row["total_points_earned"] for row in list(rows(disk / "grades").values())[1:]} == {"5.0"}
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def mutate(text: bytes, chance: random.Random) -> bytes:
    """One of: flipped bytes, a truncation, an edit of the JSON."""
    kind = chance.randrange(3)
    if kind == 0:
        data = bytearray(text)
        for _ in range(chance.randint(1, 20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data)
    if kind == 1:
        return text[: chance.randrange(len(text))]
    notebook = json.loads(text)
    replacements: list[object] = [None, 7, "", [], {}, -1.5, "\ud800", [[]], {"a": []}, True, 10**30]
    target = notebook
    while True:
        key = chance.choice(list(target) if isinstance(target, dict) else range(len(target)))
        if isinstance(target[key], dict | list) and target[key] and chance.random() < 0.7:
            target = target[key]
            continue
        target[key] = chance.choice(replacements)
        return json.dumps(notebook).encode()


def test_two_thousand_mutated_notebooks_are_two_thousand_rows(
    tmp_path: Path, autograder: Path, vaegan: Command
) -> None:
    handed_in, chance = tmp_path / "class", random.Random(7)
    handed_in.mkdir()
    valid = corpus.honest_notebook().encode()
    for number in range(2000):
        (handed_in / f"{number:04}.ipynb").write_bytes(mutate(valid, chance))
    done = vaegan(
        *("grade", handed_in, "-a", autograder, "-o", tmp_path / "grades"),
        *("--cell-seconds", 2, "--call-seconds", 2),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = rows(tmp_path / "grades")
    assert len(found) == 2001
    assert all(row["grading_status"] and row["q2"] in ("0.0", "3.0") for row in found.values())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with start_cluster(tmp_path_factory.mktemp("dask")) as started:
        yield started


def test_a_dask_cluster_gives_the_same(
    tmp_path: Path, autograder: Path, vaegan: Command, cluster: Cluster
) -> None:
    handed_in = hand_in(tmp_path / "class", 12)
    here = vaegan("grade", handed_in, "-a", autograder, "-o", tmp_path / "here")
    assert here.returncode == 0
    there = vaegan("grade", handed_in, "-a", autograder, "-o", tmp_path / "there", "--scheduler", cluster.address)
    assert there.returncode == 0, there.stderr
    assert csvs(tmp_path / "here") == csvs(tmp_path / "there")


def test_a_dask_worker_that_is_killed_costs_nothing(
    tmp_path: Path, autograder: Path, vaegan: Command, cluster: Cluster
) -> None:
    handed_in, output = hand_in(tmp_path / "class", 60), tmp_path / "grades"
    command = [*GRADE, str(handed_in)]
    process = subprocess.Popen(
        [*command, "-a", str(autograder), "-o", str(output), "--scheduler", cluster.address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    while graded(output) < 5 and process.poll() is None:
        time.sleep(0.005)
    assert process.poll() is None, "the class was graded before a worker could be killed"
    cluster.kill_a_worker()
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said.decode()
    assert {row["grading_status"] for row in list(rows(output).values())[1:]} == {"Completed"}
    assert vaegan("grade", handed_in, "-a", autograder, "-o", tmp_path / "here").returncode == 0
    assert csvs(output) == csvs(tmp_path / "here")


def test_a_scheduler_that_is_not_there_is_a_set_up_error(
    tmp_path: Path, autograder: Path, vaegan: Command
) -> None:
    handed_in = hand_in(tmp_path / "class", 1)
    done = vaegan("grade", handed_in, "-a", autograder, "-o", tmp_path / "g", "--scheduler", "tcp://127.0.0.1:1")
    assert done.returncode == 2 and "dask scheduler" in done.stderr
