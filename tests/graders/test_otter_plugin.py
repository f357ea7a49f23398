"""Inside genuine otter, hostile submissions get what they deserve, and nothing of theirs runs outside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from graders.build import PLUGIN, RUN_OTTER
from tests.hostile import corpus

FULL = corpus.FULL
ZERO = dict.fromkeys(FULL, 0.0)


def situation(category: str, name: str) -> corpus.Situation:
    return next(s for s in corpus.situations() if (s.category, s.name) == (category, name))


@pytest.fixture
def autograder(tmp_path: Path) -> Path:
    return write_autograder(tmp_path / "autograder.zip")


def write_autograder(path: Path) -> Path:
    corpus.write_autograder(path)
    config = {"assignment_name": corpus.ASSIGNMENT, "plugins": [PLUGIN], "show_hidden": True}
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, json.dumps(config) if name == "otter_config.json" else content)
    return path


def scores(results: dict[str, object]) -> dict[str, float]:
    tests = results["tests"]
    assert isinstance(tests, list)
    return {test["name"]: test["score"] for test in tests if test["name"] in FULL}


def otter_run(submission: Path, autograder: Path, folder: Path) -> tuple[dict[str, object], str]:
    done = subprocess.run(
        [
            *(sys.executable, "-c", "import sys; from otter.cli import cli; cli(sys.argv[1:])", "run"),
            *(str(submission), "-a", str(autograder), "-o", str(folder), "--no-logo"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results: dict[str, object] = json.loads((folder / "results.json").read_text())
    return results, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("tampering", "patched-allclose"),
        ("takeover", "pickle"),
        ("takeover", "zip-shadows-otter"),
        ("takeover", "zip-start-up-files"),
        ("takeover", "zip-folder-tests"),
        ("denial", "hard-exit-in-cell"),
        ("denial", "sys-exit-in-function"),
        ("leaks", "input-in-exception"),
    ],
)
def test_hostile_submissions(category: str, name: str, autograder: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    hostile = situation(category, name)
    places = {
        "CANARY": str(canary),
        "AUTOGRADER": str(autograder),
        "HOME": os.environ["HOME"],
        "SUBMISSIONS": "/",
        "OUTPUT": "/",
    }
    results, _ = otter_run(corpus.write(hostile, tmp_path, places), autograder, tmp_path)
    assert scores(results) == hostile.scores
    assert not canary.exists()
    text = json.dumps(results)
    assert "EXFILTRATED" not in text and "assert" not in text and "271828182" not in text


def test_students_read_what_is_on_their_page(autograder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text(corpus.notebook(corpus.INIT, *corpus.HONEST.values(), *corpus.CHECKS))
    results, _ = otter_run(tmp_path / "a.ipynb", autograder, tmp_path)
    said = {test["name"]: test["output"] for test in results["tests"]}  # type: ignore[attr-defined]
    assert "- ✓ `square`: passed, 2 of 2 points" in said["q1"]
    assert "- ✗ `answer`: not passed, 0 of 3 points" in said["q2"]
    assert str(results["output"]).startswith("# hostile") and "## What to do next" in str(results["output"])
    # the names of hidden cases may say too much
    assert "hidden" not in json.dumps([said, results["output"]])


def test_a_poisoned_log_is_never_read(autograder: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    hostile = situation("takeover", "otter-log")
    results, said = otter_run(corpus.write(hostile, tmp_path, {"CANARY": str(canary)}), autograder, tmp_path)
    assert scores(results) == FULL and not canary.exists()
    assert "No log found" in said


def container(
    folder: Path, autograder: Path, files: dict[str, str], wheel: Path | None = None, machine: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """The folders of a grading container, and its run_otter.py started as its scripts do, after `machine`."""
    for name in ("source", "submission", "results"):
        (folder / name).mkdir(parents=True)
    with zipfile.ZipFile(autograder) as archive:
        archive.extractall(folder / "source")
    shutil.copy(RUN_OTTER, folder / "source" / "run_otter.py")
    if wheel:
        (folder / "source" / "wheels").mkdir()
        shutil.copy(wheel, folder / "source" / "wheels")
    for name, content in files.items():
        (folder / "submission" / name).write_text(content)
    (folder / "submission_metadata.json").touch()
    return subprocess.run(
        [*machine, sys.executable, str(folder / "source" / "run_otter.py")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_container_grades(autograder: Path, tmp_path: Path) -> None:
    done = container(tmp_path / "c", autograder, {"hostile.ipynb": corpus.honest_notebook(), "tests": "no folder"})
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "c" / "results" / "results.json").read_text())
    assert scores(results) == FULL
    assert results["output_format"] == results["test_output_format"] == "md"
    assert sorted(path.name for path in (tmp_path / "c" / "submission").iterdir()) == ["hostile.ipynb"]


@pytest.mark.parametrize(
    "files",
    [
        {"a.ipynb": corpus.honest_notebook(), "b.ipynb": corpus.honest_notebook()},
        {"a.ipynb": '{"cells": ['},
        {"a.ipynb": "[]"},
        {"a.ipynb": ""},
        {"readme.txt": "no notebook"},
    ],
    ids=["two notebooks", "broken JSON", "no object", "empty", "nothing"],
)
def test_what_otter_refuses_is_answered(files: dict[str, str], autograder: Path, tmp_path: Path) -> None:
    container(tmp_path / "c", autograder, files)
    results = json.loads((tmp_path / "c" / "results" / "results.json").read_text())
    assert results["score"] == 0
    assert results["tests"][0]["output"]
