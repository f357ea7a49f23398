from __future__ import annotations

from graders.batch.record import CaseResult, QuestionResult, Record
from graders.results.mistakes import agreements, mistakes


def case(name: str = "q1: a case", **changes: object) -> CaseResult:
    default = {"points": 1.0, "hidden": True, "passed": False, "message": "0.5, not 1", "hint": "a hint"}
    return CaseResult(name, **{"note": "q1.sign", **default, **changes})  # type: ignore[arg-type]


def record(*cases: CaseResult) -> Record:
    return Record("a", questions={"q1": QuestionResult(0.0, 10.0, cases)})


def test_a_mistake_counts_once_a_submission() -> None:
    twice = record(case(), case(hint="another"), case(note="answer.type"), case(passed=True, note=""))
    found = mistakes([twice, record(case())])
    assert [(each.note, each.who, each.questions) for each in found] == [
        ("q1.sign", [0, 1], {"q1"}),
        ("answer.type", [0], {"q1"}),
    ]
    assert found[0].hint == "a hint" and len(found[0].hints) == 2


def test_who_said_the_same_wrong_thing_is_together() -> None:
    both = record(case("one", note="answer.value", answered="x"), case("two", note="answer.value", answered="y"))
    other = record(case("one", note="answer.value", answered="z"), case("two", note="answer.value", answered="y"))
    (found, *more) = agreements([both, other, both, record(case("one", answered="z"))])
    assert (found.question, found.cases, found.who) == ("q1", ("two",), (0, 1, 2))
    assert [(each.cases, each.who) for each in more] == [(("one",), (0, 2))], "z is named in the last one"


def test_cases_in_which_the_same_students_agree_are_one() -> None:
    same = record(*(case(name, note="answer.value", answered=name) for name in ("one", "two")))
    (found,) = agreements([same, record(), same])
    assert found.cases == ("one", "two") and found.who == (0, 2)
