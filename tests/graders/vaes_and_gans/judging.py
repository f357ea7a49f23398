"""Runs the test files of the assignment as otter does, and keeps what each case said."""

from __future__ import annotations

import functools
import importlib
import tomllib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

from graders.answers.misconception import Misconception
from graders.answers.verdict import Wrong

matplotlib.use("Agg")
with warnings.catch_warnings():  # otter's own imports warn
    warnings.simplefilter("ignore")
    from otter.test_files.exception_test import ExceptionTestFile

ROOT = Path(__file__).resolve().parents[3]
CONTRACT: dict[str, Any] = tomllib.loads((ROOT / "assignments/vaes_and_gans/assignment.toml").read_text())["parts"]
NAMES: dict[str, tuple[str, ...]] = {part: tuple(c["names"]) for part, c in CONTRACT.items() if "names" in c}
POINTS: dict[str, float] = {part: CONTRACT[part]["points"] for part in NAMES}
PARTS = tuple(NAMES)

Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What one case said of the answers."""

    case: str
    points: float
    hidden: bool
    passed: bool
    error: Exception | None
    message: str

    @property
    def note(self) -> str:
        return self.error.note if isinstance(self.error, Wrong) else ""

    @property
    def hint(self) -> str:
        return self.error.hint if isinstance(self.error, Wrong) else ""


def otter_file(source: str) -> Any:
    """A test file of otter's from its text."""
    return ExceptionTestFile.from_string(source)


@functools.cache
def case_file(part: str) -> Any:
    return ExceptionTestFile.from_file(str(ROOT / f"graders/vaes_and_gans/{part}.py"))


@functools.cache
def namespace(part: str) -> dict[str, Any]:
    """The globals of a test file, as otter executes it."""
    found: dict[str, Any] = case_file(part).test_cases[0].body.test_func.__globals__
    return found


def misconceptions(part: str) -> list[Misconception]:
    return [value for value in namespace(part).values() if isinstance(value, Misconception)]


def reference(part: str) -> dict[str, Any]:
    module = importlib.import_module(f"solutions.vaes_and_gans.{part}")
    return {name: getattr(module, name) for name in NAMES[part]}


def stub(part: str) -> dict[str, Any]:
    """The student's notebook before any work: functions without a body, everything else `...`."""

    def unwritten(*arguments: object) -> None: ...

    right = reference(part)
    empty: dict[str, Any] = {name: unwritten if callable(value) else ... for name, value in right.items()}
    if "is_divergence" in empty:
        empty["is_divergence"] = dict.fromkeys(right["is_divergence"], ...)
    return empty


def judge(part: str, answers: Answers, cases: Sequence[Any] | None = None) -> list[Outcome]:
    """The outcomes of the cases of a part (all of them by default), through otter's own loader and runner."""
    file = ExceptionTestFile(part, "", case_file(part).test_cases if cases is None else list(cases))
    file.source = case_file(part).source
    errors: dict[int, Exception] = {}
    explain: Callable[[Exception], str] = file._generate_error_message

    def keep(error: Exception) -> str:
        errors[len(file.test_case_results)] = error
        return explain(error)

    file._generate_error_message = keep
    file.run(dict(answers))
    return [
        Outcome(
            result.test_case.name,
            result.test_case.points,
            result.test_case.hidden,
            result.passed,
            errors.get(number),
            result.message,
        )
        for number, result in enumerate(file.test_case_results)
    ]


def judge_others_right(part: str, **answers: Any) -> list[Outcome]:
    """The outcomes of the cases that see one of the answers, when all other names hold the reference answers."""
    assert answers.keys() <= set(NAMES[part]), answers.keys()
    cases = [case for case in case_file(part).test_cases if answers.keys() & set(case.body._get_func_params())]
    return judge(part, {**reference(part), **answers}, cases)


def score(outcomes: list[Outcome]) -> float:
    return sum(outcome.points for outcome in outcomes if outcome.passed)


def failures(outcomes: list[Outcome]) -> list[str]:
    """What went wrong, for the message of a failing test."""
    return [
        f"{outcome.case}: {outcome.error!r} {getattr(outcome.error, 'detail', '')}"
        for outcome in outcomes
        if not outcome.passed
    ]
