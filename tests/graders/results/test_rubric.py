from __future__ import annotations

import pytest

from graders.assignment import Assignment
from graders.cases import read_text
from graders.errors import SetupError
from graders.results import rubric
from graders.results.rubric import Criterion

TEXT = """# Title

Mark kindly.

## q1

### Model answer

It is so.

### Rubric

| points | criterion |
|---|---|
| 1 | Says $|x|$ so. |
| 1.5 | Says why. |

Common errors:

- None.

## q2

Nothing here.
"""


def test_a_rubric_has_rows_a_model_answer_and_remarks() -> None:
    read = rubric.read(TEXT, {"q1": 2.5})
    assert read.preamble == "Mark kindly."
    found = read.by_question["q1"]
    assert found.criteria == (Criterion(1.0, "Says $|x|$ so."), Criterion(1.5, "Says why."))
    assert found.model == "It is so." and found.remarks == "Common errors:\n\n- None." and found.points == 2.5


def test_a_row_is_known_by_what_it_says() -> None:
    row = Criterion(1.0, "Says why.")
    assert row.id == Criterion(2.0, "Says  why.").id != Criterion(1.0, "Says what.").id


@pytest.mark.parametrize(
    ("possible", "said"),
    [
        ({"q1": 5.0}, "the rubric of q1 gives 2.5 points, the part 5"),
        ({"q2": 5.0}, "the rubric of q2 gives 0 points"),
        ({"q3": 5.0}, "no section `## q3`"),
    ],
)
def test_what_is_wrong_with_a_rubric_is_said(possible: dict[str, float], said: str) -> None:
    with pytest.raises(SetupError, match=said):
        rubric.read(TEXT, possible)


def test_the_rubrics_of_the_tutorial(assignment: Assignment) -> None:
    possible = {part.name: part.points for part in assignment.parts if part.written}
    read = rubric.read(read_text(assignment.written), possible)
    assert [len(each.criteria) for each in read.by_question.values()] == [4, 4, 5]
    assert all(each.model and each.remarks for each in read.by_question.values())
