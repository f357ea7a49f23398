"""Judging: a pure function of test files and of what a submission answered. No code of a submission runs here.

Otter's test files are run case by case on the student's names. A value is the data that was answered, an
expression a tree; a function is what it replied to the calls of the plan.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import re
import traceback
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, NamedTuple

from graders.answers import numeric
from graders.answers.verdict import Undecided, Wrong
from graders.batch import agreement, exhibits
from graders.batch.exhibits import Exhibit
from graders.batch.planning import counted, names_of
from graders.batch.record import CaseResult, QuestionResult
from graders.isolation import plan, wire
from graders.isolation.outcomes import StudentError, Unusable, category, error_type
from graders.isolation.plan import Plan
from graders.isolation.transcript import Answers, Reply


class NotPlanned(Exception):
    """A case makes a call that nobody asked: a defect of the test, whose calls depend on what is replied."""


# Raised by a test itself, these are a defect of the test or of this machine, whatever the student wrote.
_GRADER_ERRORS = (
    NotPlanned,
    NameError,
    ImportError,
    SyntaxError,
    MemoryError,
    RecursionError,
    SystemError,
    OSError,
)


class _Verdict(NamedTuple):
    """The outcome of a case, and whether something that it met was not there yet."""

    result: CaseResult
    early: bool


# Verdicts that were given, by the case and by all that it could see: a class often writes the same.
Verdicts = dict[tuple[str, str, bytes], _Verdict]
_MOST_VERDICTS = 20_000
# of a message or a hint, in characters
_MAX_TEXT = 4_000


def judge(
    test_file: Any,
    asked: Plan,
    answers: Answers,
    known: Verdicts | None = None,
    *,
    later: Answers | None = None,
    shown: Sequence[str] = (),
) -> QuestionResult:
    """Run every case of a test file of otter's that counts on the answers of one student.

    A case that is `known` to have had the same answers is not run again. One that failed on something that was not
    there yet is judged by the `later` answers: so nobody has two guesses, for the first one was none.
    `shown` are the names of answers that the student may be shown again.
    """
    if known is None:
        known = {}
    elif len(known) > _MOST_VERDICTS:
        known.clear()
    cases = []
    at_check = _verdicts(test_file, asked, answers, known)
    after_all = _verdicts(test_file, asked, later, known) if later else at_check
    for first, second in zip(at_check, after_all, strict=True):
        failed_early = first.early and not first.result.passed and not first.result.grader_error
        late = failed_early and not second.early
        cases.append(replace(second.result, late=True) if late else first.result)
    found = [_exhibit(name, test_file, asked, answers, cases) for name in shown]
    return replace(_question(test_file, tuple(cases)), exhibits=tuple(each for each in found if each is not None))


def _verdicts(test_file: Any, asked: Plan, answers: Answers, known: Verdicts) -> list[_Verdict]:
    """The verdict on each case that counts."""
    digests = _digests(asked, answers)
    verdicts = []
    for test_case in counted(test_file):
        seen = hashlib.blake2b(b"".join(digests[name] for name in names_of(test_case)), digest_size=16).digest()
        key = test_file.name, test_case.name, seen
        verdict = known.get(key) or _case(test_case, asked, answers)
        if not verdict.result.grader_error:
            known[key] = verdict
        verdicts.append(verdict)
    return verdicts


def _exhibit(
    name: str, test_file: Any, asked: Plan, answers: Answers, cases: Sequence[CaseResult]
) -> Exhibit | None:
    """The answer as it was understood, with what the cases that take it say of its lines."""
    try:
        value = answered(name, asked, answers)
    except Exception:
        return None
    if (place := asked.index.get(plan.asks(name, (), {}))) is not None:
        return exhibits.plot(name, replayed(name, 0, answers.calls[place]).value)
    both = zip(counted(test_file), cases, strict=True)
    taking = [case for test_case, case in both if name in names_of(test_case)]
    decided = not any(case.grader_error for case in taking)
    wrong = [(case.line, case.witness) for case in taking if not case.passed and case.line is not None]
    passed = bool(taking) and all(case.passed for case in taking)
    first, witness = min(wrong) if wrong else (0 if passed else None, "")
    return exhibits.derivation(name, value, first, decided=decided, witness=witness)


def _digests(asked: Plan, answers: Answers) -> dict[str, bytes]:
    """What tells the answers of a name from others: its reply, and those to all calls of it."""
    found = {}
    for name, reply in answers.names.items():
        digest = hashlib.blake2b()
        replies = [answers.calls[number] for number, call in enumerate(asked.calls) if call.name == name]
        for each in (reply, *replies):
            text = _NUMBER.sub(b"", each.text)
            head = f"{each.lost!r} {each.early} {len(text)} {len(each.data)} "
            digest.update(head.encode() + text + each.data)
        found[name] = digest.digest()
    return found


# the number of the request, which the child's end puts last
_NUMBER = re.compile(rb',"id":\d+\}$')


def waiting(test_file: Any, reason: str) -> QuestionResult:
    """The result of a question that a person has to judge."""
    cases = tuple(
        CaseResult(
            *(c.name, c.points, c.hidden, False, reason),
            hint=_PERSON,
            note="grader.limit",
            grader_error=True,
            names=names_of(c),
        )
        for c in counted(test_file)
    )
    return _question(test_file, cases)


def _question(test_file: Any, cases: tuple[CaseResult, ...]) -> QuestionResult:
    from otter.test_files.abstract_test import TestCaseResult

    done = copy.copy(test_file)
    done.test_case_results = [
        TestCaseResult(test_case=test_case, message=case.message, passed=case.passed)
        for test_case, case in zip(counted(test_file), cases, strict=True)
    ]
    return QuestionResult(float(done.score), float(done.possible), cases)


def answered(name: str, asked: Plan, answers: Answers, early: list[str] | None = None) -> Any:
    """The value of a name, new each time; `KeyError` where there is none, `Unusable` where it was lost.

    What was not there yet is written down in `early`, also when a function is called.
    """
    early = [] if early is None else early
    reply = answers.names[name]
    early += [name] * reply.early
    message = reply.message()
    if message.get("missing") is True:
        raise KeyError(name)
    value, error = _read(name, reply, message)
    if error is not None:
        raise error
    return _Function(name, asked, answers, early) if isinstance(value, wire.Function) else value


def replayed(name: str, arguments: int, reply: Reply) -> numeric.Call:
    """What a call of a function with so many arguments did."""
    message = reply.message()
    value, error = _read(name, reply, message)
    told = [category(each).__name__ for each in _list(message.get("warnings"))]
    changed = {index for index in _list(message.get("changed")) if type(index) is int}
    return numeric.Call(value, error, tuple(told), tuple(sorted(changed & set(range(arguments)))))


class _Function(numeric.Remote):
    """A function of the student: what it replied."""

    def __init__(self, name: str, asked: Plan, answers: Answers, early: list[str]) -> None:
        self.__name__ = self.__qualname__ = name
        self.replies: list[numeric.Call] = []
        """What was read of it so far."""
        self._asked = asked
        self._answers = answers
        self._early = early

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        did = self._replied(arguments, keywords)
        for kind in did.warnings:
            warnings.warn(f"{self.__name__} warned", category(kind), stacklevel=2)
        if did.error is not None:
            raise did.error
        return did.value

    def calls(self, inputs: Sequence[Sequence[Any]]) -> list[numeric.Call]:
        """What it replied to these inputs; raises `Unusable` where it hung or crashed, `Wrong` on nonsense."""
        made = [self._replied(arguments, {}) for arguments in inputs]
        for did in made:
            if isinstance(did.error, Unusable | Wrong):
                raise did.error
        return made

    def __repr__(self) -> str:
        return f"<student's function {self.__name__}>"

    def _replied(self, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> numeric.Call:
        place = self._asked.index.get(plan.asks(self.__name__, arguments, keywords))
        if place is None:
            raise NotPlanned(f"{self.__name__} was never asked this: a case's calls may not depend on replies")
        reply = self._answers.calls[place]
        self._early += [self.__name__] * reply.early
        did = replayed(self.__name__, len(arguments), reply)
        self.replies.append(did)
        return did


def _read(name: str, reply: Reply, message: Mapping[str, Any]) -> tuple[Any, Exception | None]:
    """The value of a reply, or the exception that it tells of, marked as the student's, whatever it says."""
    if reply.lost is not None:
        return None, Unusable(reply.lost)
    if "error" in message:
        # the child may lie: a type that both ends know can tell nothing but itself
        text, line = str(message.get("text", ""))[:2000], message.get("line")
        error = error_type(message["error"])(text)
        where = line if type(line) is int and 0 < line < 10**6 else None
        error.student = StudentError(name, text, where)  # type: ignore[attr-defined]
        return None, error
    try:
        return wire.Reader(reply.data).read(message.get("value")), None
    except wire.WireError as error:
        return None, Wrong(f"{name} gave what can't be read.", note="answer.unreadable", detail=str(error))


def _list(data: object) -> list[Any]:
    return data[:100] if isinstance(data, list) else []


def _case(test_case: Any, asked: Plan, answers: Answers) -> _Verdict:
    early: list[str] = []
    result = _result(test_case, asked, answers, early)
    return _Verdict(result, bool(early))


def _result(test_case: Any, asked: Plan, answers: Answers, early: list[str]) -> CaseResult:
    result = CaseResult(test_case.name, float(test_case.points), bool(test_case.hidden), False, "")
    result = replace(result, names=names_of(test_case))
    arguments: dict[str, Any] = {}
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            # nobody waits for the student's warnings, whose text could hold anything
            warnings.simplefilter("ignore")
            arguments, missing = _arguments(test_case, asked, answers, early)
            if missing:
                reason = " and ".join(missing)
                return _with(result, message=reason, hint=reason, note="answer.missing")
            test_case.body.test_func(**arguments)
    except Exception as error:
        failed = _failed(result, error)
        said = agreement.digest(map(_said, arguments.values())) if isinstance(error, AssertionError) else ""
        return _with(failed, answered=said)
    passed = _with(result, message="passed", hint=test_case.success_message or "")
    return _with(passed, passed=True)


def _said(value: Any) -> Any:
    """What a case read of an answer."""
    if not isinstance(value, _Function):
        return value
    return [did.value if did.error is None else did.error for did in value.replies]


def _arguments(
    test_case: Any, asked: Plan, answers: Answers, early: list[str]
) -> tuple[dict[str, Any], list[str]]:
    arguments: dict[str, Any] = {}
    missing = []
    for name in names_of(test_case):
        try:
            arguments[name] = answered(name, asked, answers, early)
        except KeyError:
            untouched = answers.names[name].message().get("untouched") is True
            missing.append(f"{name} {'has no answer yet' if untouched else 'is not defined'}")
    return arguments, missing


_PERSON = "The grader could not decide this case; a person will look at it."


def _failed(result: CaseResult, error: Exception) -> CaseResult:
    student = getattr(error, "student", None)
    if isinstance(error, Wrong):
        detail = f"{error.hint} [{error.detail}]" if error.detail else error.hint
        return _with(
            result, message=detail, hint=error.hint, note=error.note, line=error.line, witness=error.witness
        )
    if isinstance(error, Undecided):
        return _with(result, message=error.reason, hint=_PERSON, note=error.note, grader_error=True)
    if isinstance(error, Unusable):
        return _with(result, message=str(error), hint=str(error), note="answer.lost", not_run=True)
    if isinstance(student, StudentError):
        hint = f"{student.function} raised {numeric.nearest_builtin(error)}."
        where = f" in line {student.line} of its cell" if student.line else ""
        message = f"{student.function} raised {type(error).__name__}{where}: {student.text}"
        return _with(result, message=message, hint=hint, note="answer.exception")
    if isinstance(error, AssertionError):
        message = str(error) or "an assertion failed"
        return _with(result, message=message, hint="This test failed.", note="answer.wrong")
    text = "".join(traceback.format_exception_only(error)).strip()
    if isinstance(error, _GRADER_ERRORS) or _in_a_judge(error.__traceback__):
        trace = "".join(traceback.format_tb(error.__traceback__)[-3:])
        return _with(result, message=f"{text}\n{trace}", hint=_PERSON, note="grader.error", grader_error=True)
    hint = "The test could not use your answer: look at its type."
    return _with(result, message=text, hint=hint, note="answer.type")


def _in_a_judge(trace: TracebackType | None) -> bool:
    """Whether an exception came out of our machinery, which is to answer every value with a verdict."""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith(("graders.answers", "solutions.")):
            return True
        trace = trace.tb_next
    return False


def _with(result: CaseResult, **changes: Any) -> CaseResult:
    # exceptions of Python quote what they could not use, however long that is
    short = {name: each[:_MAX_TEXT] if isinstance(each, str) else each for name, each in changes.items()}
    return CaseResult(**{**vars(result), **short})
