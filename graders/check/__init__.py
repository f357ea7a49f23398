"""`vaegan check`, the author's gate: a checklist where each failure says what is wrong and where."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from graders.assignment import Assignment
from graders.build import Distribution, build
from graders.check import contract, leaks, plans, scores, sources
from graders.errors import SetupError

# A check yields one line for each failure: the place, and what is wrong there.
Check = Callable[[Assignment, Distribution], Iterator[str]]

SOURCE_CHECKS: tuple[tuple[str, Callable[[Assignment], Iterator[str]]], ...] = (
    ("every name of the contract is asked for, once, and explained", contract.names),
    ("points: template, tests and contract agree and sum up", contract.points),
    ("solutions define their part's names and import no other part", sources.solutions),
    ("test files keep to what otter can run", sources.tests),
    ("public tests stand alone", sources.public_tests),
    ("every written part has a model answer and a rubric", contract.written),
)
BUILT_CHECKS: tuple[tuple[str, Check], ...] = (
    ("no solution, hidden test or reference value is in the student folder", leaks.student_folder),
    ("what the cases ask is the same whatever is replied", plans.fixed),
    (
        "public tests pass on the solutions where neither solutions nor graders can be imported",
        scores.public_tests,
    ),
    ("the untouched student notebook scores 0 under otter run", scores.untouched),
    ("the solved notebook has full marks under otter run", scores.solved),
)


def run(assignment: Assignment) -> Iterator[tuple[str, list[str]]]:
    """Yield each check's title with its failures, as soon as it is done.

    What must be built is built in a temporary folder; when that fails, the failure is the last item.
    """
    for title, check in SOURCE_CHECKS:
        try:
            yield title, _relative(assignment, check(assignment))
        except SetupError as error:
            yield title, _relative(assignment, iter([error.message]))
    with tempfile.TemporaryDirectory(prefix="vaegan-check-") as folder:
        try:
            made = build(assignment, Path(folder))
        except SetupError as error:
            yield "the assignment can be built", _relative(assignment, iter([error.message]))
            return
        yield "the assignment can be built", []
        for title, built_check in BUILT_CHECKS:
            yield title, _relative(assignment, built_check(assignment, made))


def _relative(assignment: Assignment, failures: Iterator[str]) -> list[str]:
    return [failure.replace(f"{assignment.root}/", "") for failure in failures]
