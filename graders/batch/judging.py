"""Judging a question: otter's test file, run case by case in the trusted process, on a student's names."""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import io
import itertools
import signal
import threading
import traceback
import warnings
from collections.abc import Iterator, Mapping
from types import FrameType, TracebackType
from typing import Any

from graders.answers.verdict import Undecided, Wrong
from graders.batch.record import CaseResult, QuestionResult
from graders.isolation.outcomes import StudentError, Unusable
from graders.isolation.proxies import Names

# Processor seconds of the trusted process for one case; the student's own time is bounded elsewhere.
CASE_SECONDS = 60.0

# Raised by a test itself, these are a defect of the test or of this machine, whatever the student wrote.
_GRADER_ERRORS = (NameError, ImportError, SyntaxError, MemoryError, RecursionError, SystemError, OSError)


class CaseTimeout(BaseException):
    """A case takes the grader too long. No `Exception`, so that no judge mistakes it for the student's."""


def judge(test_file: Any, names: Mapping[str, Any]) -> QuestionResult:
    """Run every case of a test file of otter's on the names of one student."""
    if isinstance(names, Names):
        names = names.now(_wanted(test_file))
    cases = tuple(_case(test_case, names) for test_case in test_file.test_cases)
    return _question(test_file, cases)


def _wanted(test_file: Any) -> list[str]:
    """The names that the cases of a test file take."""
    cases = (_parameters(case.body.test_func) for case in test_file.test_cases)
    return [name for name in dict.fromkeys(itertools.chain(*cases)) if name != "env"]


@functools.cache
def _parameters(function: Any) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def nothing(test_file: Any, reason: str) -> QuestionResult:
    """The result of a question that could not be judged at all."""
    cases = tuple(
        CaseResult(case.name, case.points, case.hidden, False, reason, hint=reason, not_run=True)
        for case in test_file.test_cases
    )
    return _question(test_file, cases)


def _question(test_file: Any, cases: tuple[CaseResult, ...]) -> QuestionResult:
    from otter.test_files.abstract_test import TestCaseResult

    done = copy.copy(test_file)
    done.test_case_results = [
        TestCaseResult(test_case=test_case, message=case.message, passed=case.passed)
        for test_case, case in zip(test_file.test_cases, cases, strict=True)
    ]
    return QuestionResult(float(done.score), float(done.possible), cases)


def _case(test_case: Any, names: Mapping[str, Any]) -> CaseResult:
    result = CaseResult(test_case.name, float(test_case.points), bool(test_case.hidden), False, "")
    try:
        with _time_limit(CASE_SECONDS), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            # nobody waits for the student's warnings, whose text could hold anything
            warnings.simplefilter("ignore")
            function = test_case.body.test_func
            arguments, missing = _arguments(function, names)
            if missing:
                reason = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not defined"
                return _with(result, message=reason, hint=reason, note="answer.missing")
            function(**arguments)
    except CaseTimeout:
        reason = f"the grader needed more than {CASE_SECONDS:g} s"
        return _with(result, message=reason, hint=_PERSON, note="grader.timeout", grader_error=True)
    except Exception as error:
        return _failed(result, error, test_case.body.test_func)
    passed = _with(result, message="passed", hint=test_case.success_message or "")
    return _with(passed, passed=True)


def _arguments(function: Any, names: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    arguments: dict[str, Any] = {}
    missing = []
    for name in _parameters(function):
        if name == "env":
            arguments[name] = names
            continue
        try:
            arguments[name] = names[name]
        except KeyError:
            missing.append(name)
    return arguments, missing


_IN_NOTEBOOK = "This test failed: run its check in your notebook, which says why."
_PERSON = "The grader could not decide this case; a person will look at it."


def _failed(result: CaseResult, error: Exception, function: Any) -> CaseResult:
    student = getattr(error, "student", None)
    if isinstance(error, Wrong):
        detail = f"{error.hint} [{error.detail}]" if error.detail else error.hint
        return _with(result, message=detail, hint=error.hint, note=error.note)
    if isinstance(error, Undecided):
        return _with(result, message=error.reason, hint=_PERSON, note=error.note, grader_error=True)
    if isinstance(error, Unusable):
        return _with(result, message=str(error), hint=str(error), note="answer.lost", not_run=True)
    if isinstance(student, StudentError):
        where = f" in line {student.line} of its cell" if student.line else ""
        hint = f"{student.function} raised {student.kind}{where}"
        return _with(result, message=f"{hint}: {student.text}", hint=hint, note="answer.exception")
    if isinstance(error, AssertionError):
        hint = "This test failed." if result.hidden else _public(str(error), function)
        return _with(result, message=str(error) or "an assertion failed", hint=hint, note="answer.wrong")
    text = "".join(traceback.format_exception_only(error)).strip()
    if isinstance(error, _GRADER_ERRORS) or _in_a_judge(error.__traceback__):
        trace = "".join(traceback.format_tb(error.__traceback__)[-3:])
        return _with(result, message=f"{text}\n{trace}", hint=_PERSON, note="grader.error", grader_error=True)
    hint = f"The test could not use your answer ({type(error).__name__}): look at its type."
    return _with(result, message=text, hint=hint, note="answer.type")


def _public(message: str, function: Any) -> str:
    """The message of a public case, if the test has it word for word.

    One that quotes the answer could quote a hidden input, which the student's process may have seen by then.
    """
    return message if message in function.__code__.co_consts else _IN_NOTEBOOK


def _in_a_judge(trace: TracebackType | None) -> bool:
    """Whether an exception came out of our machinery, which is to answer every value with a verdict."""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith(("graders.answers", "solutions.")):
            return True
        trace = trace.tb_next
    return False


def _with(result: CaseResult, **changes: Any) -> CaseResult:
    return CaseResult(**{**vars(result), **changes})


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Bound the processor time of what is inside; only possible in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(number: int, frame: FrameType | None) -> None:
        raise CaseTimeout

    before = signal.signal(signal.SIGPROF, expire)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
