"""Do the notebooks that a build made earn what they should, under real otter?"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from graders.assignment import Assignment
from graders.batch import classic
from graders.batch.record import COMPLETED, Record
from graders.batch.submissions import Submission
from graders.build import Distribution

PUBLIC_RUNNER = Path(__file__).with_name("public_runner.py")


def public_tests(assignment: Assignment, made: Distribution) -> Iterator[str]:
    """The public tests pass on the solved notebook, and not all of a question's on the untouched one."""
    ran, cases = _public(made.solved_notebook, made)
    if ran:
        yield f"{made.solved_notebook.name}: {ran}"
    for _, case, passed, message in cases:
        if not passed:
            yield f"{case}: {message}"
    _, cases = _public(made.student_notebook, made)
    for question in dict.fromkeys(question for question, *_ in cases):
        if all(passed for of, _, passed, _ in cases if of == question):
            yield f"{question}: the untouched notebook passes every public case, so they tell the student nothing"


def _public(notebook: Path, made: Distribution) -> tuple[str, list[tuple[str, str, bool, str]]]:
    """What went wrong when a notebook was run where our code is not, and what its public cases say then."""
    with tempfile.TemporaryDirectory(prefix="vaegan-") as folder:
        done = subprocess.run(
            [sys.executable, "-I", str(PUBLIC_RUNNER), str(notebook), str(made.student_notebook)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["it does not run"])[-1], []
    found = json.loads(done.stdout)
    return found["raised"], found["cases"]


def untouched(assignment: Assignment, made: Distribution) -> Iterator[str]:
    """What is downloaded and handed in earns nothing, in any question."""
    record = _grade(made.student_notebook, made)
    yield from _not_graded(record)
    for name, question in record.questions.items():
        for case in question.cases:
            if case.passed and case.points:
                yield f"{name}: the untouched notebook passes {case.name!r} ({case.points:g} points)"


def solved(assignment: Assignment, made: Distribution) -> Iterator[str]:
    """The reference answers earn all the points, case by case."""
    record = _grade(made.solved_notebook, made)
    yield from _not_graded(record)
    for name, question in record.questions.items():
        for case in question.cases:
            if not case.passed:
                why = (case.message.strip().splitlines() or [""])[-1]
                yield f"solutions/{assignment.name}/{name}.py fails {case.name!r} of {name}: {why}"
    if record.total != assignment.graded_points:
        yield f"the solved notebook scores {record.total:g} of {assignment.graded_points:g}"


def _grade(notebook: Path, made: Distribution) -> Record:
    return classic.grade(Submission(notebook.name, notebook), made.autograder)


def _not_graded(record: Record) -> Iterator[str]:
    if (status := record.described(record.waiting)) != COMPLETED:
        yield f"{record.file}: {status}"
