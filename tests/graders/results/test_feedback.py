from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.batch.record import CaseResult, Note, QuestionResult, Record
from graders.batch.store import Run
from graders.results import feedback
from tests.cohorts import stands
from tests.pages import Page

RUN = Run("vaes_and_gans", "6", {"q1": 2.0, "q2": 3.0})
SECRET = "271828182"


def failed(message: str = f"expected {SECRET}", **changes: object) -> CaseResult:
    case = {"name": "q1: a case", "points": 2.0, "hidden": True, "passed": False, "hint": "Look at the sign."}
    return CaseResult(**{**case, "message": message, **changes})  # type: ignore[arg-type]


def record(*cases: CaseResult, **changes: object) -> Record:
    questions = {"q1": QuestionResult(0.0, 2.0, cases), "q2": QuestionResult(3.0, 3.0, ())}
    return Record(**{"file": "ada.ipynb", "student": "Ada", "questions": questions, **changes})  # type: ignore[arg-type]


def page(record: Record) -> str:
    return feedback.render(RUN, stands(RUN, record))


@given(st.lists(st.text(max_size=20) | st.sampled_from(["a.ipynb", "A.ipynb", "a.zip", "a/.ipynb", "a?", "a*"])))
def test_names_of_pages_are_safe_and_unique_on_any_file_system(files: list[str]) -> None:
    names = feedback.file_names(files)
    assert len({name.casefold() for name in names}) == len(files)
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*\.html", name)
        assert len(name) < 128
        assert feedback.is_page(name)


@given(st.lists(st.text(max_size=5), min_size=1, unique=True))
def test_the_name_of_a_page_does_not_depend_on_the_others(files: list[str]) -> None:
    assert feedback.file_names(files)[-1:] == feedback.file_names(files[-1:])


@pytest.mark.parametrize(
    ("file", "slug"),
    [
        ("ada.ipynb", "ada"),
        ("group 1/Zoë.zip", "group-1-Zoe"),
        ("../../etc/passwd", "etc-passwd"),
        ("-rf.ipynb", "rf"),
        ("=1+1.ipynb", "1-1"),
        ("<script>alert(1)</script>.ipynb", "script-alert-1-script"),
        ("\x1b[2J\n.ipynb", "2J"),
        ("李明.ipynb", "submission"),
        ("a" * 249 + ".ipynb", "a" * 80),
        ("con.ipynb", "con"),
    ],
)
def test_a_page_is_named_after_its_file(file: str, slug: str) -> None:
    (name,) = feedback.file_names([file])
    assert re.fullmatch(rf"{slug}-[0-9a-f]{{10}}\.html", name)


def test_a_page_has_the_scores_and_the_hints() -> None:
    passed = failed(passed=True, hint="", name="q1: another")
    text = Page(page(record(failed(), passed))).text
    assert "Look at the sign." in text and "q1: a case" in text and "1 other test passed." in text
    assert text.index("total\n3\n5") and "another" not in text


@pytest.mark.parametrize(
    "case",
    [
        failed(),
        failed(hint=""),
        failed(grader_error=True, hint=SECRET),
        failed(not_run=True, hint="f: it crashed (abort)", note="answer.lost"),
    ],
)
def test_a_message_is_never_shown(case: CaseResult) -> None:
    assert SECRET not in page(record(case))


def test_an_exception_of_pythons_own_is_named() -> None:
    hint = "f raised ZeroDivisionError in line 3 of its cell"
    assert feedback.hint(failed(hint=hint, note="answer.exception")) == hint


def test_what_needs_a_person_has_no_score() -> None:
    text = Page(page(record(failed(grader_error=True)))).text
    assert "total\n?\n5" in text and feedback.PERSON in text
    text = Page(page(Record("a", f"the grader failed: {SECRET}", failed=True))).text
    assert feedback.PERSON in text and SECRET not in text


def test_a_file_without_a_result_has_the_reason() -> None:
    assert "not a zip file" in page(Record("a.zip", "not a zip file"))


LOST = "no result after 30 s: look for an endless loop"


def test_cells_before_any_question_are_told_without_their_texts() -> None:
    notes = (
        Note(2, error="NameError", text=SECRET, line=7, early=True),
        Note(3, error=f"x{SECRET}", text=SECRET, early=True),
        Note(4, lost=LOST, early=True),
        Note(6, error="IndexError", text=SECRET, early=True),
        Note(text="the process was restarted 2 times"),
        Note(lost=f"f: {LOST}"),
    )
    assert feedback.cell_notes(record(notes=notes)) == [
        "cell 2 raised NameError in line 7",
        "cell 3 did not run to its end",
        f"cell 4: {LOST}",
        "cell 6 raised IndexError",
        f"f: {LOST}",
    ]


def test_remarks_on_the_source_are_told_to_everyone() -> None:
    notes = (
        *(Note(cell, error="NameError") for cell in range(10, 60)),
        Note(5, line=2, early=True, remark="line 2 …"),
    )
    told = feedback.cell_notes(record(notes=notes))
    assert told == [*(f"cell {n} did not run to its end" for n in (10, 11, 12)), "cell 5: line 2 …", told[-1]]
    assert str(notes[-1]) == "cell 5: line 2 …"


def test_cells_after_a_question_say_next_to_nothing() -> None:
    notes = [Note(cell, error="NameError", text=SECRET, line=cell) for cell in range(10, 60)]
    assert feedback.cell_notes(record(notes=(Note(9, lost=LOST), *notes))) == [
        f"cell 9: {LOST}",
        "cell 10 did not run to its end",
        "cell 11 did not run to its end",
        "other cells did not run to their end",
    ]


@given(st.text(), st.text(), st.text(), st.text())
def test_nothing_breaks_out_of_a_page(file: str, student: str, hint: str, status: str) -> None:
    for each in (record(failed(hint=hint), file=file, student=student, status=status), Record(file, status)):
        assert not Page(page(each)).problems
