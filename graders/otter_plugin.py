"""The otter plugin: inside `otter run`, `otter grade` and Gradescope a submission runs confined, too.

Before otter runs anything, `before_grading` moves all that the student handed in out of the folder where otter,
Jupyter and Python would find it (a zip may carry a package named `otter`, a `sitecustomize`, a poisoned
`.OTTER_LOG`), runs it in a confined process, judges what it answered, and leaves an empty notebook for otter to
run. `after_grading` puts the results where otter expects them. What students see are our hints, never otter's
quotations of hidden tests.
"""

from __future__ import annotations

import sys

# otter imports this with the submission as the working folder
sys.path[:] = [entry for entry in sys.path if entry not in ("", ".")]

import base64
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from otter.plugins import AbstractOtterPlugin

from graders.answers import numeric
from graders.batch import autograder as autograders
from graders.batch import grading, notebooks, planning, second_run, submissions
from graders.batch.judge import Judge
from graders.batch.pictures import undrawn
from graders.batch.record import QuestionResult, Record
from graders.batch.store import Run
from graders.isolation.launcher import Launcher, SandboxError
from graders.isolation.levels import NONE, REDUCED, capabilities, open_to_everyone, our_folders
from graders.isolation.limits import Limits
from graders.isolation.plan import Questions
from graders.isolation.session import Session
from graders.isolation.transcript import Transcript, pack
from graders.results import markdown, standing, told

SET_ASIDE = "handed_in"
_EMPTY = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "cells": [],
}
_PERSON = "The grader could not grade this submission; a person will look at it."


class ConfinedGrading(AbstractOtterPlugin):  # type: ignore[misc]
    """Grades in a confined process and hands otter the results."""

    def __init__(self, submission_path: str, submission_metadata: Any, plugin_config: Any) -> None:
        super().__init__(submission_path, submission_metadata, plugin_config)
        self._record: Record | None = None
        self._tests: Any = {}
        self._run = Run("", "", {})

    def before_grading(self, config: Any) -> None:
        """Set the submission aside, grade it, leave an empty notebook in its place."""
        submission = Path(self.submission_path)
        root = submission.parent.parent
        aside = _set_aside(submission.parent, root / SET_ASIDE)
        submission.write_text(json.dumps(_EMPTY), encoding="utf-8")
        autograder = autograders.load(root / "source")
        self._tests = autograder.tests
        self._run = Run(autograder.assignment or "", "", autograder.possible, outline=autograder.sheet.to_json())
        seed = autograder.seed if config.seed is None else config.seed
        if seed is not None:
            os.environ[numeric.SEED_VARIABLE] = str(seed)
        self._record = _grade(aside, submission.name, autograder)

    def after_grading(self, results: Any) -> None:
        """Put our results in the place of those of the empty notebook."""
        assert self._record is not None
        results._catastrophic_error = None
        results.results = {
            name: _result(test_file, self._record.questions.get(name)) for name, test_file in self._tests.items()
        }
        said = told.told(self._run, standing.cohort(self._run, [self._record], []).standings[0])
        for portion in said.portions:
            if portion.name in self._tests:
                # otter's own text names the hidden cases
                self._tests[portion.name].summary = _Text(markdown.portion(portion))
        results.set_output(markdown.head(said))

    def generate_report(self) -> str:
        """What is for the TA only: the messages of the cases, the cells that failed, how it was confined."""
        record = self._record
        if record is None:
            return ""
        lines = [
            f"status: {record.described(record.waiting)}",
            f"sandbox: {record.level}",
            *map(str, record.notes),
        ]
        for name, question in record.questions.items():
            lines += [f"{name}, {case.name}: {case.message}" for case in question.cases if not case.passed]
        return "\n".join(line.encode("ascii", "backslashreplace").decode() for line in lines)

    def during_generate(self, otter_config: Any, assignment: Any) -> None:
        """Nothing: `vaegan build` writes the configuration."""


class _Text:
    """Takes the place of a method of otter's that describes a result."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __call__(self, public_only: bool = False) -> str:
        return self._text


def _set_aside(folder: Path, aside: Path) -> Path:
    """Move all that is in the folder, otter's own copy of the tests included, to where nothing reads."""
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    for entry in list(folder.iterdir()):
        entry.rename(aside / entry.name)
    return aside


def _grade(aside: Path, name: str, autograder: autograders.Autograder) -> Record:
    machine = capabilities()
    if machine.level == NONE:
        return Record(name, "this machine can't confine submissions", failed=True)
    if machine.level == REDUCED and not machine.view:
        # What is left is the user that the child becomes, so close to it what it must not read. The container's
        # folder is otter's; where our packages are elsewhere, they are somebody's whose modes we leave alone.
        aside.parent.chmod(0o700)
        if readable := open_to_everyone(our_folders()):
            return Record(name, f"submissions could read {', '.join(map(str, readable))}: chmod o=", failed=True)
    try:
        content, _ = submissions.load(aside / name)
        notebook = replace(notebooks.read(content, name, autograder.wanted), files=_files(aside, name))
        questions = planning.questions(autograder)
        record = Record(name, code=grading.code_of(notebook, questions))
        with Launcher(Limits(), [aside.parent]) as launcher, Judge(autograder) as judge:

            def run(cells: Sequence[str], asked: Questions) -> Transcript:
                return Session(launcher, cells, notebook.files, autograder.stubs).run(asked)

            cells = undrawn(notebook.code, autograder.pictures)
            transcript = second_run.confirmed(run(cells, questions), questions, cells, run)
            source = grading.seen(notebook, autograder)
            return grading.judged(record, transcript, judge.judge(pack(transcript)), source)
    except notebooks.NotReadable as error:
        return Record(name, str(error))
    except SandboxError as error:
        return Record(name, f"the sandbox failed: {error}", failed=True)


def _files(aside: Path, notebook: str) -> dict[str, str]:
    """The other files that were handed in, for cells that read them; never otter's tests."""
    files, room = {}, notebooks.MAX_EXTRA_BYTES
    for path in sorted(aside.rglob("*")):
        name = path.relative_to(aside)
        private = name.parts[0] in ("tests", notebook, "__init__.py") or any(p.startswith(".") for p in name.parts)
        if private or path.is_symlink() or not path.is_file() or path.suffix in notebooks.NOT_DATA:
            continue
        if (size := path.stat().st_size) <= room:
            room -= size
            files[os.fspath(name)] = base64.b64encode(submissions.load(path)[0]).decode()
    return files


def _result(test_file: Any, question: QuestionResult | None) -> Any:
    """otter's result of a question, with our words for the student; public cases are for the notebook."""
    from otter.test_files.abstract_test import TestCaseResult

    judged = {case.name: case for case in question.cases} if question else {}
    test_file.test_case_results = [
        TestCaseResult(
            test_case=test_case,
            message=judged[test_case.name].hint if test_case.name in judged else _PERSON,
            passed=test_case.name in judged and judged[test_case.name].passed,
        )
        for test_case in planning.counted(test_file)
    ]
    return test_file
