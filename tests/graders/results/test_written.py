from __future__ import annotations

from dataclasses import replace

import pytest

from graders.batch.event import Event, Subject
from graders.batch.record import Record
from graders.results import marking, standing, written
from graders.results.rubric import Criterion, Rubric
from graders.results.standing import Standing, rubrics_of
from graders.results.written import DIFFER, NOT_KNOWN, NOT_MARKED, Mark, digest, reckoned
from tests import marked_class
from tests.marked_class import FIRST, record

RUN = marked_class.run()
RUBRIC = rubrics_of(RUN).by_question[FIRST]
ROWS = tuple((criterion.id, criterion.points) for criterion in RUBRIC.criteria)
ADA = record("ada", "It saturates.", "", "", sha256="a1")


def marked(
    given: tuple[float, ...] | None,
    by: str = "Tom",
    answer: str = "It saturates.",
    *,
    at: str = "2026-11-24T09:00:00+00:00",
    of: Record = ADA,
    comment: str = "",
) -> Event:
    mark = Mark(by, at, FIRST, digest(FIRST, answer), ROWS, given, comment)
    subject = Subject(of.file, of.student, of.sha256)
    return Event("mark", subject, FIRST, by, at, payload=written.payload(mark), id=1)


def stand(*events: Event, of: Record = ADA) -> Standing:
    return standing.cohort(RUN, [of], events).standings[0]


def test_an_answer_without_a_mark_has_no_points_and_no_total() -> None:
    found = stand()
    score = found.scores[FIRST]
    assert score.points is None and score.written and score.written.state == NOT_MARKED
    assert len(found.unmarked) == 3 and found.total is None
    assert found.graded == 25 and found.so_far == 25 and not found.needs_person


def test_a_mark_gives_the_points_of_the_rows_that_are_met() -> None:
    found = stand(marked((1, 0, 1, 1), comment="Nearly."))
    score = found.scores[FIRST]
    assert score.points == 3 and score.written
    assert [item.given for item in score.written.items] == [1, 0, 1, 1]
    assert score.written.comments == (("Tom", "Nearly."),) and found.so_far == 28 and found.graded == 25


def test_the_total_is_there_when_everything_is_marked() -> None:
    events = [marked((1, 1, 2, 1))]
    for question in (marked_class.SECOND, marked_class.THIRD):
        rows = tuple((each.id, each.points) for each in rubrics_of(RUN).by_question[question].criteria)
        mark = Mark("Tom", "2026-11-24T09:00:00+00:00", question, digest(question, ""), rows, (0,) * len(rows))
        events.append(replace(events[0], question=question, payload=written.payload(mark)))
    found = stand(*events)
    assert found.total == 30 and found.unmarked == ()


def test_a_mark_is_about_the_text_whoever_wrote_it_and_survives_a_regrade() -> None:
    twin = record("twin", "It saturates.", "", "")
    again = replace(ADA, sha256="other", seconds=2.0)
    for who in (twin, again):
        assert stand(marked((1, 1, 2, 1)), of=who).scores[FIRST].points == 5


def test_a_mark_of_another_text_is_old() -> None:
    newer = replace(ADA, answers={**ADA.answers, FIRST: "It saturates, I think."}, sha256="a2")
    score = stand(marked((1, 1, 2, 1)), of=newer).scores[FIRST]
    assert score.points is None and score.written and score.written.state == NOT_MARKED
    assert [mark.points for mark in score.written.old] == [5]


def test_marks_that_differ_wait_and_are_not_averaged() -> None:
    both = [marked((1, 1, 2, 1), "Tom"), marked((1, 1, 1, 1), "Una")]
    score = stand(*both).scores[FIRST]
    assert score.points is None and score.written and score.written.state == DIFFER
    agreed = stand(*both, marked((1, 1, 1, 1), "tom", at="2026-11-25T09:00:00+00:00"))
    assert agreed.scores[FIRST].points == 4


def test_the_last_mark_of_a_marker_counts_in_whatever_order_files_are_read() -> None:
    late, early = marked((1, 1, 2, 1), at="2026-11-25T09:00:00+00:00"), marked((0, 0, 0, 0))
    assert stand(late, early).scores[FIRST].points == stand(early, late).scores[FIRST].points == 5


def test_a_mark_can_be_taken_back() -> None:
    events = [marked((1, 1, 2, 1)), marked(None, at="2026-11-25T09:00:00+00:00")]
    score = stand(*events).scores[FIRST]
    assert score.points is None and score.written and score.written.state == NOT_MARKED


def test_a_decision_corrects_a_mark() -> None:
    payload = {"points": 4.5, "old": 3.0, "reason": "A sketch was handed in on paper."}
    subject = Subject(ADA.file, ADA.student, ADA.sha256)
    decided = Event("decision", subject, FIRST, "Una", "2026-11-25T09:00:00+00:00", payload=payload, id=2)
    score = stand(marked((1, 0, 1, 1)), decided).scores[FIRST]
    assert (score.points, score.found) == (4.5, 3)


def test_what_was_graded_before_answers_were_kept_is_not_known() -> None:
    score = stand(of=replace(ADA, answers={})).scores[FIRST]
    assert score.points is None and score.written and score.written.state == NOT_KNOWN


def test_a_file_that_could_not_be_read_has_zeros() -> None:
    found = stand(of=Record("broken.ipynb", "not a notebook"))
    assert found.total == 0 and found.unmarked == ()


def changed(*criteria: Criterion) -> Rubric:
    return Rubric(FIRST, criteria, "", "")


A, B, C = Criterion(1.0, "A"), Criterion(2.0, "B"), Criterion(1.0, "C")
BEFORE = ((A.id, 1.0), (B.id, 2.0))


@pytest.mark.parametrize(
    ("rubric", "given", "expected", "look"),
    [
        (changed(A, B), (1, 1), (1, 1), ""),
        (changed(B, A), (1, 2), (2, 1), ""),  # rows in another order
        (changed(A, Criterion(3.0, "B")), (1, 2), (1, 3), ""),  # all points stay all points
        (changed(A, Criterion(1.0, "B")), (1, 2), (1, 1), ""),
        (changed(A, Criterion(3.0, "B")), (1, 1), (1, 1), "part"),  # what a part is worth, nobody knows
        (changed(A, Criterion(2.0, "B in other words")), (1, 2), (1, 2), "new or says something else"),
        (changed(A, B, C), (1, 2), (1, 2, 0), "new or says something else"),
        (changed(A), (1, 2), (1,), "no longer"),
        (changed(A), (1, 0), (1,), ""),
    ],
)
def test_points_are_reckoned_again_by_a_changed_rubric(
    rubric: Rubric, given: tuple[float, ...], expected: tuple[float, ...], look: str
) -> None:
    mark = Mark("Tom", "2026-11-24", FIRST, "", BEFORE, given)
    points, why = reckoned(mark, rubric)
    assert points == expected and (look in why if look else not why)


def test_a_changed_rubric_recomputes_the_class_and_says_where_to_look() -> None:
    row = RUBRIC.criteria[0].text
    other = RUN.rubric.replace(f"| 1 | {row} |", "| 1 | Something else. |")
    assert other != RUN.rubric
    new = replace(RUN, rubric=other)
    score = standing.cohort(new, [ADA], [marked((1, 0, 2, 0))]).standings[0].scores[FIRST]
    assert score.points == 3 and score.written and "says something else" in score.written.again


def test_identical_and_empty_answers_are_one_entry_in_an_order_that_stays() -> None:
    orders = [marked_class.records(), marked_class.records()[::-1]]
    listed, other = (marking.entries(standing.cohort(RUN, records, [])) for records in orders)
    assert [entry.text for entry in listed] == [entry.text for entry in other]
    first = [entry for entry in listed if entry.question == FIRST]
    (empty,) = [entry for entry in first if not entry.answer]
    assert len(first) == 4 and {each.student for each in empty.records} == {"bob", "emmy"}
