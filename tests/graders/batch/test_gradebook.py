from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from graders.batch import gradebook
from graders.batch.record import QuestionResult, Record

POSSIBLE = {"q2": 5.0, "q1": 10.0}


def record(file: str, **scores: float) -> Record:
    return Record(file, questions={q: QuestionResult(float(s), POSSIBLE[q], ()) for q, s in scores.items()})


def test_columns_and_rows_are_otters() -> None:
    text = gradebook.render([record("b.ipynb", q1=2.5, q2=5), Record("a.zip", "not a zip file")], POSSIBLE)
    assert text.splitlines() == [
        "file,q1,q2,total_points_earned,percent_correct,grading_status",
        "points-per-question,10.0,5.0,15.0,1.0,--",
        "a.zip,0.0,0.0,0.0,0.0,not a zip file",
        "b.ipynb,2.5,5.0,7.5,0.5,Completed",
    ]


@given(st.text())
def test_no_name_is_a_formula_or_moves_the_cursor(name: str) -> None:
    safe = gradebook.safe(name)
    assert not safe.startswith(("=", "+", "-", "@"))
    assert all(character.isprintable() or character in "\xa0\xad" or ord(character) > 0x7F for character in safe)
    assert "\x1b" not in safe
    assert "\n" not in safe


@given(st.lists(st.text(), max_size=5))
def test_csv_reads_back_one_row_a_record(names: list[str]) -> None:
    rows = list(csv.reader(io.StringIO(gradebook.render([Record(name) for name in names], POSSIBLE))))
    assert len(rows) == 2 + len(names)
    assert all(len(row) == len(rows[0]) for row in rows)


def test_table_shows_the_reason_where_there_is_no_result() -> None:
    text = gradebook.table([record("b", q1=2.5, q2=5), Record("a", "took too long")], POSSIBLE)
    assert text.splitlines()[1].split() == ["a", "-", "-", "0", "took", "too", "long"]
    assert text.splitlines()[2].split() == ["b", "2.5", "5", "7.5"]
    assert text.splitlines()[3].split() == ["points", "10", "5", "15"]
