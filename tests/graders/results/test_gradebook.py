from __future__ import annotations

import csv
import io
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graders.batch.record import Note, QuestionResult, Record
from graders.batch.store import Run
from graders.results import gradebook
from tests.cohorts import cohort

POSSIBLE = {"q2": 5.0, "q1": 10.0}
RUN = Run("vaes_and_gans", "6", POSSIBLE)


def record(file: str, **scores: float) -> Record:
    return Record(file, questions={q: QuestionResult(float(s), POSSIBLE[q], ()) for q, s in scores.items()})


def test_columns_and_rows_are_otters() -> None:
    text = gradebook.render(cohort(RUN, Record("a.zip", "not a zip file"), record("b.ipynb", q1=2.5, q2=5)))
    assert text.splitlines() == [
        "file,q1,q2,total_points_earned,percent_correct,grading_status",
        "points-per-question,10.0,5.0,15.0,1.0,--",
        "a.zip,0.0,0.0,0.0,0.0,not a zip file",
        "b.ipynb,2.5,5.0,7.5,0.5,Completed",
    ]


FORMULA = tuple("=+-@＝＋－＠")
TRICKY = st.text(
    alphabet=st.one_of(st.sampled_from(list("=+-@＝;,'\"\t\r \u00a0\u200d\u202e\ufffd\\a0")), st.characters())
)


@given(TRICKY)
@example("\t=1")
@example("  =1")
@example('"=1')
@example("'=1")
@example("a;=1")
@example('a; "=1')
@example("\u202e=1")
@example("\ufe0f\u200d=1")
@example("＝1")
def test_no_cell_is_a_formula_whatever_the_reader_splits_at(name: str) -> None:
    named = cohort(Run("", "6", {}), Record(name, name, student=name, notes=(Note(1, name, name, name),)))
    for text in (gradebook.render_submissions(named), gradebook.render(named).replace("--", "")):
        readings = [list(csv.reader(io.StringIO(text), delimiter=delimiter)) for delimiter in ",;\t"]
        readings.append([line.split(";") for line in text.splitlines()])
        cells = [cell.strip('"\u200d\ufe0f \u00a0') for rows in readings for row in rows for cell in row]
        assert not [cell for cell in cells if cell.startswith(FORMULA)]


@given(st.text())
@example("a\x1b[2Jb\x9b\nc")
@example(
    "".join(
        map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C, 0x200B, 0xFEFF, 0x2028])
    )
)
def test_no_name_moves_the_cursor_or_turns_the_text(name: str) -> None:
    safe = gradebook.safe(name)
    assert all(c.isprintable() or unicodedata.category(c) == "Zs" or c in "\u200c\u200d" for c in safe)
    safe.encode()


@given(TRICKY, TRICKY)
@example("=1", "'=1")
@example("a\u202e", "a\u202d")
@example("a\u202e", "a")
@example("a\u202e", "a\ufffd00202e")
@example("a;=1", "a;'=1")
@example("points-per-question", "'points-per-question")
def test_different_names_stay_different(one: str, other: str) -> None:
    assert (gradebook.safe(one) == gradebook.safe(other)) is (one == other)


@pytest.mark.parametrize(
    "name", ["Zoë O'Brien.ipynb", "علی‌رضا.ipynb", "עדה.zip", "क्‍ष", "👩‍💻", "山田　太郎", "葛󠄀城", "a-b=c", "a; b"]
)
def test_names_stay_readable(name: str) -> None:
    assert gradebook.safe(name) == name


@pytest.mark.parametrize("name", ["points-per-question", " Points-Per-Question", "points-per-question.ipynb"])
def test_no_file_is_the_row_of_the_points(name: str) -> None:
    rows = list(csv.reader(io.StringIO(gradebook.render(cohort(RUN, Record(name))))))
    assert [row[0] for row in rows] == ["file", "points-per-question", f"'{name}"]
    assert gradebook.table(cohort(RUN, Record(name))).splitlines()[1].startswith("'")


@given(st.lists(st.text(), max_size=5))
def test_csv_reads_back_one_row_a_record(names: list[str]) -> None:
    rows = list(csv.reader(io.StringIO(gradebook.render(cohort(RUN, *map(Record, names))))))
    assert len(rows) == 2 + len(names)
    assert all(len(row) == len(rows[0]) for row in rows)


def test_table_shows_the_reason_where_there_is_no_result() -> None:
    text = gradebook.table(cohort(RUN, Record("a", "took too long"), record("b", q1=2.5, q2=5)))
    assert text.splitlines()[1].split() == ["a", "-", "-", "0", "took", "too", "long"]
    assert text.splitlines()[2].split() == ["b", "2.5", "5", "7.5"]
    assert text.splitlines()[3].split() == ["points", "10", "5", "15"]
