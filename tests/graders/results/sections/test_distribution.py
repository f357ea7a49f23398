from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graders.batch.record import CaseResult, QuestionResult, Record
from graders.batch.store import Run
from graders.results.sections import distribution
from tests.cohorts import cohort


def record(points: float, *cases: CaseResult) -> Record:
    return Record("a", questions={"q1": QuestionResult(points, 10.0, cases)})


def test_the_total_of_what_waits_is_not_counted() -> None:
    waiting = record(0, CaseResult("q1: a case", 1.0, True, False, "undecided", grader_error=True))
    standings = cohort(Run("a", "6", {"q1": 10.0}), record(9), waiting, Record("c", "no zip"), record(2)).standings
    assert distribution.totals(standings) == [2.0, 9.0]


@given(st.lists(st.floats(0, 100), min_size=1))
def test_quartiles_are_in_order_and_in_range(values: list[float]) -> None:
    values.sort()
    low, middle, high = distribution.quartiles(values)
    assert values[0] <= low <= middle <= high <= values[-1] or values[-1] - values[0] < 1e-9


def test_a_picture_that_can_be_heard() -> None:
    drawn = distribution.distribution([0.0, 4.0, 9.5, 10.0], 10.0)
    assert "0 to 10 %: 1, " in drawn and "90 to 100 %: 2" in drawn
    assert distribution.distribution([], 10.0) == ""
