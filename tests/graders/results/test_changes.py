from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from graders.batch.event import Event
from graders.batch.record import QuestionResult, Record
from graders.batch.store import Run
from graders.results import changes
from tests.cohorts import cohort
from tests.graders.results.test_standing import RUN, case, decision, record, undo


def graded(sign: bool = True, value: bool = True, **fields: object) -> Record:
    cases = (case("q1: sign", 2, sign), case("q1: value", 3, value))
    questions = {"q1": QuestionResult(2 * sign + 3 * value, 5, cases), "q2": QuestionResult(3, 3, ())}
    return record(questions=questions, **fields)


def told(before: Record, after: Record, *events: Event, seen: int = 0) -> list[tuple[object, ...]]:
    was = cohort(RUN, before, events=events[:seen])
    found = changes.between(was, cohort(RUN, after, events=events))
    return [(each.question, each.case, each.before, each.after, each.why) for each in found]


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (graded(), graded(), []),
        (graded(value=False), graded(), [("q1", "q1: value", 0, 3, "test")]),
        (graded(sign=False), graded(sha256="bb"), [("q1", "q1: sign", 0, 2, "answer")]),
        (record(), graded(), [("q1", "q1: value", None, 3, "test")]),
        (
            graded(False, False),
            graded(),
            [("q1", "q1: sign", 0, 2, "test"), ("q1", "q1: value", 0, 3, "test")],
        ),
        (graded(), Record("ada.ipynb", "not a zip file", student="Ada"), None),
    ],
)
def test_points_change_by_tests_and_by_answers(
    before: Record, after: Record, wanted: list[tuple[object, ...]] | None
) -> None:
    found = told(before, after)
    if wanted is None:
        assert {each[-1] for each in found} == {"answer"} and len(found) == 3
    else:
        assert found == wanted


@pytest.mark.parametrize(
    ("events", "seen", "wanted"),
    [
        ([decision(1, "q1", 4)], 0, [("q1", "", 5, 4, "decision")]),
        ([decision(1, "q1", 1, "q1: value")], 0, [("q1", "q1: value", 3, 1, "decision")]),
        ([decision(1, "q1", 4)], 1, []),
        ([decision(1, "q1", 5)], 0, []),
        ([decision(1, "q1", 4), undo(2, 1)], 1, [("q1", "", 4, 5, "decision")]),
        ([decision(1, "q1", 1, "q1: value"), undo(2, 1)], 1, [("q1", "q1: value", 1, 3, "decision")]),
    ],
)
def test_points_change_by_decisions(events: list[Event], seen: int, wanted: list[tuple[object, ...]]) -> None:
    assert told(graded(), graded(), *events, seen=seen) == wanted


def test_a_decision_that_fell_with_its_submission_is_told_as_another_answer() -> None:
    assert told(graded(), graded(sha256="bb"), decision(1, "q1", 1), seen=1) == [("q1", "", 1, 5, "answer")]


def test_a_decision_holds_while_tests_change() -> None:
    assert told(graded(value=False), graded(), decision(1, "q1", 4), seen=1) == []


def test_who_is_new_and_who_is_gone() -> None:
    before = cohort(RUN, graded(), graded(file="bob.ipynb"))
    after = cohort(RUN, graded(file="bob.ipynb"), graded(file="eve.ipynb"))
    found = changes.between(before, after)
    assert [(each.file, each.before, each.after, each.why) for each in found] == [
        ("eve.ipynb", None, 8, "new"),
        ("ada.ipynb", 8, None, "gone"),
    ]
    assert changes.told(found) == "Since the last export: 1 new, 1 gone."


def test_a_question_that_is_new_is_a_change_of_the_tests() -> None:
    wider = replace(RUN, possible={**RUN.possible, "q3": 4.0})
    asked = replace(graded(), questions={**graded().questions, "q3": QuestionResult(4, 4, ())})
    (found,) = changes.between(cohort(RUN, graded()), cohort(wider, asked))
    assert (found.question, found.before, found.after, found.total_after, found.why) == ("q3", None, 4, 12, "test")


def test_files_of_one_name_are_told_apart() -> None:
    before = cohort(RUN, graded(), graded(value=False))
    found = changes.between(before, cohort(RUN, graded(), graded()))
    assert [(each.before, each.after) for each in found] == [(0, 3)]


def test_the_table_and_the_csv_say_the_same() -> None:
    names = [f"student-{number:02}.ipynb" for number in range(50)]
    before = cohort(RUN, *(graded(value=False, file=name) for name in names), graded(file="=1+1", value=False))
    after = cohort(RUN, *(graded(file=name) for name in names), graded(file="=1+1"))
    found = changes.between(before, after)
    lines = changes.told(found).splitlines()
    assert lines[0].split() == ["file", "question", "before", "after", "total", "before", "total", "after", "why"]
    assert lines[1].split() == ["student-00.ipynb", "q1:", "value", "0", "3", "5", "8", "test"]
    assert lines[-2:] == ["and 11 more", "Since the last export: 51 submissions have other points."]
    rows = list(csv.DictReader(io.StringIO(changes.render(found))))
    assert len(rows) == 51 and rows[-1]["file"] == "'=1+1"
    assert rows[0] == {
        "file": "student-00.ipynb", "student": "Ada", "question": "q1", "case": "q1: value", "before": "0.0",
        "after": "3", "total_before": "5.0", "total_after": "8.0", "why": "test",
    }  # fmt: skip


def test_nothing_changes() -> None:
    run = Run("", "6", {})
    assert changes.between(cohort(run), cohort(run)) == []
    assert changes.told([]) == "Since the last export: nothing changes."
