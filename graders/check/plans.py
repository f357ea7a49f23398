"""Is what a question asks known before any submission is read?"""

from __future__ import annotations

from collections.abc import Iterator

from graders.assignment import Assignment
from graders.batch import autograder, planning
from graders.build import Distribution


def fixed(assignment: Assignment, made: Distribution) -> Iterator[str]:
    """Every case passes on the reference answers of its file, and asks the same whatever is replied."""
    tests = autograder.load(made.autograder).tests
    for part in assignment.graded:
        path, test_file = assignment.tests(part), tests[part.name]
        for case, reason in planning.record(test_file).failures.items():
            yield f"{path}: {case!r} fails on the right answers: {reason}"
        for case in planning.depends_on_replies(test_file):
            yield f"{path}: {case!r} makes calls that depend on what is replied; take known arguments instead"
