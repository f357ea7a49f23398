"""Judging is a pure function of test files and answers, whatever the answers are."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from graders.answers.expression import Tree
from graders.batch import judging, planning
from graders.batch.record import CaseResult
from graders.isolation import wire
from graders.isolation.transcript import Answers, Reply
from tests.graders.vaes_and_gans.judging import otter_file

SOURCE = """
import numpy as np
import sympy as sp
from otter.test_files import test_case
from graders.answers import numeric, symbolic
from graders.answers.verdict import Undecided, Wrong
OK_FORMAT = False
name = "q"
points = None
SEEN = []
class reference:
    x = 2.5
    e = sp.Symbol("a")
    f = staticmethod(lambda x: x + 1)
@test_case(points=1, name="value", hidden=True)
def test_value(x):
    assert x == 2.5, f"not {x}"
@test_case(points=2, name="function", hidden=True)
def test_function(f):
    numeric.check_function("f", f, reference.f, [(1.0,), (np.arange(3.0),)])
@test_case(points=1, name="formula", hidden=True)
def test_formula(e):
    SEEN.append(e)
    symbolic.check("e", e, reference.e, {"a": "positive"})
@test_case(points=0, name="public")
def test_public(x, missing):
    raise AssertionError("nobody runs this")
"""
FILE = otter_file(SOURCE)
PLAN = planning.record(FILE).plan


def told(message: dict[str, Any], data: bytes = b"") -> Reply:
    return Reply(json.dumps(message, separators=(",", ":")).encode(), data)


def reply(value: Any, **more: Any) -> Reply:
    writer = wire.Writer()
    return told({"value": writer.write(value), **more}, bytes(writer.data))


FUNCTION = told({"value": ["function"]})
RIGHT = {"x": reply(2.5), "e": reply(sp.Symbol("a")), "f": FUNCTION}
CALLS = (reply(2.0), reply(np.arange(1.0, 4.0)))


def cases(calls: tuple[Reply, ...] = CALLS, **names: Reply) -> dict[str, CaseResult]:
    result = judging.judge(FILE, PLAN, Answers({**RIGHT, **names}, calls))
    return {case.name: case for case in result.cases}


def test_right_answers_pass_and_expressions_stay_trees() -> None:
    found = cases()
    assert all(case.passed for case in found.values()) and list(found) == ["value", "function", "formula"]
    seen = FILE.test_cases[0].body.test_func.__globals__["SEEN"]
    assert type(seen[-1]) is Tree


def test_the_same_answers_get_the_same_verdict_however_often() -> None:
    verdicts = [cases(x=reply(3), e=reply(sp.Symbol("a") + 1)) for _ in range(2)]
    assert verdicts[0] == verdicts[1]


def test_what_is_missing_or_lost_or_raised_is_told() -> None:
    lost = "f: no result after 1 s: look for an endless loop"
    found = cases(x=told({"missing": True}), e=told({"error": "ValueError", "text": "27", "line": 3}))
    assert found["value"].hint == "x is not defined" and found["value"].note == "answer.missing"
    assert found["formula"].hint == "e raised ValueError." and "27" in found["formula"].message
    found = cases((CALLS[0], Reply(lost=lost)))
    assert found["function"].not_run and found["function"].hint == lost and found["value"].passed
    found = cases(f=Reply(lost=lost))
    assert found["function"].not_run
    found = cases((CALLS[0], told({"error": "SystemExit", "text": "27"})))
    assert not found["function"].passed and "27" not in found["function"].hint


def test_wrong_answers_that_said_the_same_agree() -> None:
    one = cases((reply(2.5), reply(np.arange(3.0))), x=reply(0.1 + 0.2), e=reply(2 * sp.Symbol("a")))
    other = cases((reply(2.5), reply([0, 1, 2])), x=reply(0.3), e=reply(sp.Symbol("a") * 2.0))
    assert all(one[name].answered for name in one)
    assert [one[name].answered for name in one] == [other[name].answered for name in one]
    assert cases(x=reply(7))["value"].answered != one["value"].answered
    assert not cases()["value"].answered and not cases(x=told({"error": "ValueError"}))["value"].answered


def test_what_a_reply_claims_is_not_what_the_grader_lost() -> None:
    (found, *_) = cases(x=told({"lost": "x: the grader", "value": 2.5})).values()
    assert found.passed
    assert not cases(x=told({"lost": "x"}))["value"].not_run


def test_a_test_that_asks_what_was_not_planned_waits_for_a_person() -> None:
    source = SOURCE.replace("[(1.0,), (np.arange(3.0),)]", "[(7.0,)]")
    result = judging.judge(otter_file(source), PLAN, Answers(RIGHT, CALLS))
    (case,) = [case for case in result.cases if case.name == "function"]
    assert case.grader_error and "may not depend on replies" in case.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(sorted(wire._TAGS)),
    lambda inner: st.lists(inner) | st.tuples(st.sampled_from(sorted(wire._TAGS)), inner).map(list),
    max_leaves=15,
)
MESSAGES = st.dictionaries(
    st.sampled_from(["value", "missing", "error", "text", "line", "warnings", "changed"]), JSON, max_size=5
)


@given(MESSAGES, MESSAGES, st.binary(max_size=40))
def test_any_reply_is_a_verdict_on_the_answer(one: dict[str, Any], other: dict[str, Any], data: bytes) -> None:
    found = cases((told(other, data), told(one, data)), x=told(one, data), e=told(other, data))
    assert not [case for case in found.values() if case.grader_error]


@pytest.mark.parametrize("value", [2.5, [1, 2], {"a": 1}, None, ..., "text", True, 1j])
def test_a_value_in_the_place_of_a_function_is_wrong(value: Any) -> None:
    case = cases(f=reply(value))["function"]
    assert not case.passed and not case.grader_error


def test_the_same_answers_are_judged_once_and_others_are_not_taken_for_them() -> None:
    known: judging.Verdicts = {}

    def passed(value: Any, number: int, calls: tuple[Reply, ...] = CALLS) -> list[bool]:
        names = {**RIGHT, "x": told({"value": value, "id": number})}
        return [case.passed for case in judging.judge(FILE, PLAN, Answers(names, calls), known).cases]

    assert passed(2.5, 1) == passed(2.5, 2) == [True, True, True] and len(known) == 3
    assert passed(2.6, 1) == [False, True, True] and len(known) == 4
    assert passed(2.5, 1, (CALLS[0], reply(np.arange(3.0)))) == [True, False, True] and len(known) == 5
    assert (
        passed(2.5, 1, (CALLS[0], Reply(lost="f: it crashed (abort)"))) == [True, False, True] and len(known) == 6
    )


def test_what_waits_for_a_person_is_judged_again() -> None:
    known: judging.Verdicts = {}
    test_file = otter_file(SOURCE.replace("[(1.0,), (np.arange(3.0),)]", "[(7.0,)]"))
    for _ in range(2):
        judging.judge(test_file, PLAN, Answers(RIGHT, CALLS), known)
    assert sorted(case for _, case, _ in known) == ["formula", "value"]


def test_an_answer_that_is_quoted_makes_no_long_message() -> None:
    test_file = otter_file(SOURCE.replace("assert x == 2.5", "assert float(x) == 2.5"))
    (case, *_) = judging.judge(test_file, PLAN, Answers({**RIGHT, "x": reply("a" * 1_000_000)}, CALLS)).cases
    assert not case.passed and "could not convert" in case.message and len(case.message) < 10_000


def late(at_check: dict[str, Reply], later: dict[str, Reply], calls: tuple[Reply, ...] = CALLS) -> dict[str, Any]:
    first = Answers({**RIGHT, **at_check}, calls)
    second = Answers({**RIGHT, **later}, CALLS)
    result = judging.judge(FILE, PLAN, first, later=second)
    return {case.name: (case.passed, case.late) for case in result.cases}


MISSING = Reply(b'{"missing":true}', early=True)
LACKS = Reply(b'{"error":"NameError","text":"","line":1}', early=True)


def test_what_was_not_there_at_its_check_is_judged_by_what_it_answers_later() -> None:
    assert late({"x": MISSING}, {})["value"] == (True, True)
    assert late({}, {}, (CALLS[0], LACKS))["function"] == (True, True)
    assert late({"x": MISSING}, {"x": reply(1.0)})["value"] == (False, True)
    assert late({"x": MISSING}, {"x": MISSING})["value"] == (False, False)


def test_nobody_has_two_guesses() -> None:
    # what is lacking elsewhere in the question, or after the wrong answer was seen, is no reason to look again
    assert late({"x": reply(1.0), "e": MISSING}, {})["value"] == (False, False)
    assert late({"x": reply(2.5), "e": MISSING}, {"x": reply(1.0)})["value"] == (True, False)
    wrong = judging.judge(FILE, PLAN, Answers(RIGHT, (reply(7.0), CALLS[1]))).cases[1]
    assert not wrong.passed
