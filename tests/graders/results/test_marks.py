from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from graders.batch.store import Store
from graders.errors import SetupError
from graders.results import marking, marks, standing
from graders.results.standing import rubrics_of
from graders.results.written import digest
from tests import marked_class
from tests.marked_class import FIRST, HOSTILE, mark_of

RUBRICS = rubrics_of(marked_class.run()).by_question
RUBRIC = RUBRICS[FIRST]
EMPTY = mark_of(RUBRIC, "", [0, 0, 0, 0], "Nothing here.")


@pytest.fixture
def grades(tmp_path: Path) -> Path:
    return marked_class.write(tmp_path / "grades")


def saved(folder: Path, *entries: Any, by: object = "Tom", **changes: object) -> Path:
    path = folder / "marks.json"
    path.write_text(json.dumps({"format": marks.FORMAT, "by": by, "marks": entries, **changes}), encoding="utf-8")
    return path


def points(store: Store) -> dict[str, float | None]:
    return {each.record.student: each.scores[FIRST].points for each in standing.read(store).standings}


def test_a_mark_is_kept_for_all_who_wrote_the_text_and_only_once(grades: Path) -> None:
    read = marks.read(saved(grades, EMPTY), RUBRICS, "me")
    with Store(grades) as store:
        assert marks.keep(store, read) == marks.Kept(1, 0, ())
        assert marks.keep(store, read) == marks.Kept(0, 1, ())
        assert len(store.events()) == 2
        assert points(store) == {"ada": None, "bob": 0, "carl": None, "dora": None, "emmy": 0}


def test_marks_of_texts_of_nobody_are_told_and_left_out(grades: Path) -> None:
    read = marks.read(saved(grades, mark_of(RUBRIC, "nobody's", [1, 1, 2, 1])), RUBRICS, "me")
    with Store(grades) as store:
        assert marks.keep(store, read).strange == tuple(read) and not store.events()


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([{**EMPTY, "given": [2, 0, 0, 0]}], "mark 1: points must be a number from 0 to 1"),
        ([{**EMPTY, "given": [-1, 0, 0, 0]}], "mark 1: points must be"),
        ([{**EMPTY, "given": [float("nan"), 0, 0, 0]}], "mark 1: points must be"),
        ([{**EMPTY, "given": [True, 0, 0, 0]}], "mark 1: points must be"),
        ([EMPTY, {**EMPTY, "given": [0]}], "mark 2: there are not as many points as rows"),
        ([{**EMPTY, "comment": 7}], "mark 1: a text is missing"),
        ([{**EMPTY, "at": "yesterday"}], "mark 1: Invalid isoformat"),
        ([{"question": FIRST}], "mark 1: 'answer'"),
        (["x"], "mark 1: "),
        ([{**EMPTY, "rows": [["a"]]}], "mark 1: "),
    ],
)
def test_a_file_of_marks_with_an_error_is_refused_with_its_place(
    tmp_path: Path, entries: Sequence[Any], said: str
) -> None:
    with pytest.raises(SetupError, match=said):
        marks.read(saved(tmp_path, *entries), RUBRICS, "me")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "cut short"),
        ('{"format": "vaegan marks 1", "marks": [', "cut short"),
        ("[" * 100_000, "cut short"),
        ("[]", "no file of marks"),
        ('{"format": "other", "marks": []}', "no file of marks"),
        ('{"format": "vaegan marks 1", "by": " ", "marks": []}', "whose marks"),
        ("\ud800", "cut short"),
    ],
)
def test_what_is_no_file_of_marks_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "marks.json"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(SetupError, match=said):
        marks.read(path, RUBRICS, "me")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"marks\.json cannot be read"):
        marks.read(tmp_path / "marks.json", RUBRICS, "me")


def test_the_csv_has_a_row_for_each_answer_and_is_no_formula(grades: Path) -> None:
    cohort = standing.cohort(marked_class.run(), [marked_class.record("x", "=1+1\n\nYes.", "", HOSTILE)], [])
    text = marks.template(marking.entries(cohort), RUBRICS)
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["question"] for row in rows] == list(RUBRICS)
    assert rows[0]["text"] == "'=1+1 Yes." and rows[0]["answer"] == digest(FIRST, "=1+1\n\nYes.")
    assert "\u202e" not in text and len(text.splitlines()) == 4


def filled(
    folder: Path, *rows: str, header: str = "question,answer,item 1,item 2,item 3,item 4,comment,marker"
) -> Path:
    path = folder / "marks.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_csv_can_be_filled_in_instead(grades: Path) -> None:
    path = filled(grades, f"{FIRST},{digest(FIRST, '')},1,,1.5,0,Half of it.,", f"{FIRST},none,,,,,,")
    (read,) = marks.read(path, RUBRICS, "me")
    assert (read.given, read.by, read.comment) == ((1, 0, 1.5, 0), "me", "Half of it.")
    with Store(grades) as store:
        marks.keep(store, [read])
        assert points(store)["bob"] == 2.5
        assert marks.keep(store, marks.read(path, RUBRICS, "me")).known == 1


def test_a_csv_of_another_country(tmp_path: Path) -> None:
    path = filled(tmp_path, f"{FIRST};{digest(FIRST, '')};1,5;Una", header="\ufeffQuestion;Answer;Item 3;Marker")
    with pytest.raises(SetupError, match="no column item 1"):
        marks.read(path, RUBRICS, "me")
    path = filled(tmp_path, f"{FIRST};x;;0,5;Una", header="\ufeffQuestion;Answer;Item 1;Item 3;Marker")
    (read,) = marks.read(path, RUBRICS, "me")
    assert read.given == (0, 0, 0.5, 0) and read.by == "Una"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"{FIRST},x,2,,,,,", "line 2: item 1 gives 0 to 1 points, not '2'"),
        (f"{FIRST},x,yes,,,,,", "line 2: item 1 gives 0 to 1 points, not 'yes'"),
        ("q9,x,1,,,,,", "line 2: there is no written part 'q9'"),
        (f"{FIRST},x,,,,,Good.,", "line 2: a comment without points"),
        (f"{FIRST},x,1,,,,,\n{FIRST},x,0,,,,,", "line 3: this answer is in line 2, too"),
        (f"{FIRST},x,1", "line 2: 3 cells"),
    ],
)
def test_a_csv_with_an_error_is_refused_with_the_line(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(SetupError, match=said):
        marks.read(filled(tmp_path, row), RUBRICS, "me")


def test_items_that_a_rubric_has_not_are_refused(tmp_path: Path) -> None:
    path = filled(tmp_path, f"{FIRST},x,1,1", header="question,answer,item 1,item 5")
    with pytest.raises(SetupError, match="has no item 5"):
        marks.read(path, RUBRICS, "me")


def test_a_large_csv_takes_little_time(tmp_path: Path) -> None:
    path = filled(tmp_path, *(f"{FIRST},answer {number},1,0,2,,," for number in range(5_000)))
    assert len(marks.read(path, RUBRICS, "me")) == 5_000


def test_a_csv_that_is_filled_in_is_known(tmp_path: Path) -> None:
    assert not marks.filled_in(tmp_path / "marks.csv")
    assert not marks.filled_in(filled(tmp_path, f"{FIRST},x,,,,,,"))
    assert marks.filled_in(filled(tmp_path, f"{FIRST},x,,0,,,,"))
    assert marks.filled_in(filled(tmp_path, "cut"))
