from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.batch.event import Event, Subject
from graders.batch.record import CaseResult, Note, QuestionResult, Record
from graders.batch.store import Run
from tests.cohorts import cohort, stands

RUN = Run("vaes_and_gans", "6", {"q1": 5.0, "q2": 3.0})
ADA = Subject("ada.ipynb", "Ada", "aa")


def case(name: str, points: float, passed: bool = True, **changes: Any) -> CaseResult:
    return CaseResult(name, points, True, passed, "what the grader saw", **changes)


def record(**changes: Any) -> Record:
    """A record of which one case waits: q1 is worth 5 points, 2 of them are sure, 3 are open; q2 has 3."""
    cases = (case("q1: sign", 2), case("q1: value", 3, passed=False, grader_error=True))
    questions = {"q1": QuestionResult(2, 5, cases), "q2": QuestionResult(3, 3, (case("q2: all", 3),))}
    fields = {"file": "ada.ipynb", "student": "Ada", "sha256": "aa", "questions": questions}
    return Record(**{**fields, **changes})


def decision(number: int, question: str, points: float, case: str = "", subject: Subject = ADA) -> Event:
    payload = {"points": points, "old": None, "reason": "right in another form"}
    return Event("decision", subject, question, "Eve", "2026-11-25T03:00:00+00:00", case, payload, number)


def undo(number: int, undone: int) -> Event:
    return Event("undo", ADA, "", "Eve", "", payload={"undoes": undone}, id=number)


def test_without_decisions_it_is_what_the_grader_found() -> None:
    standing = stands(RUN, record(notes=(Note(2, lost="no result after 30 s"),)))
    assert standing.waiting == ("q1",) and standing.needs_person and standing.total is None
    assert {name: score.points for name, score in standing.scores.items()} == {"q1": None, "q2": 3}
    assert standing.cases("q1") == {"q1: sign": 2, "q1: value": None}
    assert standing.status == "needs a person: the grader failed on q1; cell 2: no result after 30 s"


@pytest.mark.parametrize(
    ("events", "q1"),
    [
        ([decision(1, "q1", 4)], 4),
        ([decision(1, "q1", 1, "q1: value")], 3),
        ([decision(1, "q1", 3, "q1: value"), decision(2, "q1", 0, "q1: sign")], 3),
        ([decision(1, "q1", 0, "q1: sign")], None),
        ([decision(1, "q1", 1, "q1: value"), decision(2, "q1", 2, "q1: value")], 4),
        ([decision(1, "q1", 1, "q1: value"), decision(2, "q1", 0.5)], 0.5),
        ([decision(1, "q1", 0.5), decision(2, "q1", 1, "q1: value")], 3),
        ([decision(1, "q1", 4), decision(2, "q1", 1), undo(3, 2)], 4),
        ([decision(1, "q1", 4), undo(2, 1)], None),
        ([decision(1, "q1", 4), decision(2, "q1", 1), undo(3, 1)], 1),
    ],
)
def test_a_decision_takes_the_place_of_what_it_contradicts(events: list[Event], q1: float | None) -> None:
    standing = stands(RUN, record(), *events)
    assert standing.scores["q1"].points == q1 and standing.scores["q1"].found is None
    assert standing.total == (None if q1 is None else q1 + 3)
    assert standing.needs_person is (q1 is None)
    assert q1 is None or standing.status == "Completed"


def test_a_score_that_nobody_doubted_is_corrected() -> None:
    standing = stands(RUN, record(), decision(1, "q2", 1))
    assert standing.scores["q2"].points == 1 and standing.scores["q2"].found == 3
    (made,) = standing.decisions
    assert (made.by, made.points, made.reason) == ("Eve", 1, "right in another form")


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (decision(1, "q1", 4, subject=Subject("ada.ipynb", "Ada", "of last week")), "of an earlier submission"),
        (decision(1, "q1", 4, "q1: renamed"), "q1 has no case 'q1: renamed'"),
        (decision(1, "q3", 4), "There is no question q3"),
        (decision(1, "q1", 6), "q1 gives 0 to 5 points"),
        (decision(1, "q1", 3, "q1: sign"), "q1: sign gives 0 to 2 points"),
    ],
)
def test_a_decision_that_does_not_fit_any_more_is_listed(event: Event, why: str) -> None:
    standing = stands(RUN, record(), event)
    assert [each.why for each in standing.stale] == [why]
    assert standing.waiting == ("q1",) and not standing.decisions


def test_a_decision_is_about_one_submission() -> None:
    bob = record(file="bob.ipynb", student="Bob")
    copied = record(student="Copier")
    found = cohort(RUN, record(), bob, copied, events=[decision(1, "q1", 4)])
    assert [each.scores["q1"].points for each in found.standings] == [4, None, None]
    assert not found.strays


def test_a_decision_about_who_is_not_in_the_class_is_not_lost() -> None:
    found = cohort(RUN, record(file="bob.ipynb"), events=[decision(1, "q1", 4)])
    [(subject, made)] = found.strays
    assert subject == ADA and made.points == 4


def test_what_the_grader_failed_on_altogether_can_be_decided() -> None:
    failed = record(status="the grader failed: MemoryError", failed=True, questions={})
    assert stands(RUN, failed).waiting == ("q1", "q2")
    assert stands(RUN, failed, decision(1, "q1", 4)).status == "the grader failed: MemoryError"
    standing = stands(RUN, failed, decision(1, "q1", 4), decision(2, "q2", 2))
    assert standing.total == 6 and standing.status == "Completed: decided by a person"


def test_what_could_not_be_graded_has_zeros_that_can_be_corrected() -> None:
    torn = Record("ada.ipynb", "not a zip file", student="Ada", sha256="aa")
    assert stands(RUN, torn).total == 0
    standing = stands(RUN, torn, decision(1, "q1", 4))
    assert standing.total == 4 and standing.status == "not a zip file"


def test_a_question_that_was_not_asked_yet_is_not_zero() -> None:
    old = record(questions={"q2": QuestionResult(3, 3, ())})
    assert stands(RUN, old).waiting == ("q1",)


POINTS = st.one_of(st.integers(-1, 7), st.floats(allow_nan=True))


@given(st.lists(st.tuples(st.sampled_from(["q1", "q2", "q3"]), st.sampled_from(["", "q1: sign", "x"]), POINTS)))
def test_no_event_makes_points_out_of_nothing(drawn: list[tuple[str, str, float]]) -> None:
    events = [decision(number, question, points, name) for number, (question, name, points) in enumerate(drawn, 1)]
    standing = stands(RUN, record(), *events)
    for score in standing.scores.values():
        assert score.points is None or 0 <= score.points <= score.possible
    shown = {each.id for each in standing.decisions} | {each.decision.id for each in standing.stale}
    assert shown <= {event.id for event in events}
