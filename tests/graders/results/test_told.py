from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.batch.event import Event, Subject
from graders.batch.record import CaseResult, Note, QuestionResult, Record
from graders.batch.store import Run
from graders.results import feedback, markdown, told, written
from graders.results.rubric import Criterion
from graders.results.standing import Score
from graders.results.told import Portion, Told
from tests.cohorts import stands
from tests.graders.results.test_feedback import RUN, SECRET, failed, full, named_right, page, record
from tests.pages import Page


def said(record: Record, *events: Event, run: Run = RUN) -> Told:
    return told.told(run, stands(run, record, *events))


def first(record: Record, *events: Event) -> Portion:
    return said(record, *events).portions[0]


def texts(record: Record) -> list[str]:
    """All that a student gets: the page, and what otter shows."""
    everything = said(record)
    return [Page(page(record)).text, markdown.head(everything), *map(markdown.portion, everything.portions)]


def test_cases_are_told_by_the_names_that_they_take() -> None:
    portion = first(full(failed(), failed(passed=True, points=0.0), named_right()))
    slope, f = portion.checks
    assert (slope.names, slope.passed, slope.cases, slope.points, slope.possible) == (("slope",), 1, 2, 0.0, 2.0)
    assert f.right and f.points == 2.0


def test_the_names_of_hidden_cases_are_not_told() -> None:
    for text in texts(full(failed(name="q1: SECRET"), named_right())):
        assert "SECRET" not in text and "q1: another" not in text


def test_a_hint_is_told_once() -> None:
    portion = first(full(failed(), failed(), failed(names=("f",)), failed(hint="Another.")))
    assert [(hint.text, hint.names) for hint in portion.hints] == [
        ("Look at the sign.", ("slope", "f")),
        ("Another.", ("slope",)),
    ]


def test_where_nothing_was_written_it_says_so() -> None:
    stub = first(full(failed(), code={"q1": ("slope = ...", "f = ...")}))
    assert stub.remark == told.NOT_ATTEMPTED and not (stub.checks or stub.hints or stub.code)
    gone = first(full(failed(), code={"q1": ()}))
    assert gone.remark == told.NOT_ATTEMPTED
    half = first(full(failed(), failed(names=("f",), hint="f?"), code={"q1": ("slope = 1", "f = ...")}))
    assert half.remark == "" and [each.attempted for each in half.checks] == [True, False]
    assert [hint.text for hint in half.hints] == ["Look at the sign."]
    unknown = first(full(failed()))
    assert unknown.remark == "" and unknown.hints


def test_a_record_from_before_the_names_were_kept_is_told_all_together() -> None:
    (checks,) = first(full(failed(names=()), failed(passed=True, names=()))).checks
    assert checks.names == () and "All together: 1 of 2 checks passed" in markdown.portion(
        first(full(failed(names=()), failed(passed=True, names=())))
    )


@pytest.mark.parametrize(
    "case",
    [
        failed(),
        failed(hint=""),
        failed(grader_error=True, hint=SECRET),
        failed(not_run=True, hint="f: it crashed (abort)", note="answer.lost"),
    ],
)
def test_a_message_is_never_told(case: CaseResult) -> None:
    assert not [text for text in texts(full(case)) if SECRET in text]


def test_an_exception_of_pythons_own_is_named() -> None:
    hint = "f raised ZeroDivisionError."
    assert told.hint(failed(hint=hint, note="answer.exception")) == hint


def test_what_waits_for_a_person_has_no_points_yet() -> None:
    waits = said(full(failed(grader_error=True)))
    assert waits.portions[0].points is None and waits.portions[0].remark == told.WAITS
    assert "6 are still to be marked by a person: A slope, Words." in waits.total
    gone = said(Record("a", f"the grader failed: {SECRET}", failed=True))
    assert gone.remark == told.PERSON and not gone.portions and SECRET not in str(gone)


def test_a_file_without_a_result_has_the_reason() -> None:
    (reason,) = [said(Record("a.zip", "not a zip file")).remark]
    assert "not a zip file" in reason


def test_a_decision_is_told_with_its_reason_and_without_the_case() -> None:
    graded = replace(full(failed(name="q1: SECRET"), named_right()), sha256="5")
    about = Subject(graded.file, graded.student, "5")
    what = {"points": 1.5, "old": 0.0, "reason": "A slip of the pen."}
    event = Event("decision", about, "q1", "grace", "2027-04-04T10:00:00+00:00", "q1: SECRET", what, 1)
    portion = first(graded, event)
    assert portion.decisions == ("A part of it was decided by a person: 1.5 points. A slip of the pen.",)
    assert portion.points == 3.5 and portion.checks[0].points == 1.5


def test_what_to_do_next() -> None:
    assert said(full(failed(), named_right())).next == (
        "A slope: 2 points are left there.",
        "Wait for what a person marks: this page will then be renewed.",
    )
    lost = Note(2, error="NameError")
    assert said(record(notes=(lost,))).next[0] == (
        "Read the notes on your notebook, then restart the kernel and run all cells, one after the other."
    )
    done = Run("", "6", {"q1": 2.0}, "")
    everything = Record("a", questions={"q1": QuestionResult(2.0, 2.0, (named_right(),))})
    assert said(everything, run=done).next == ("Nothing: all points are yours.",)


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
    assert told.cell_notes(record(notes=notes)) == [
        "cell 2 raised NameError in line 7",
        "cell 3 did not run to its end",
        f"cell 4: {LOST}",
        "cell 6 raised IndexError",
        f"f: {LOST}",
    ]


def test_cells_after_a_question_say_next_to_nothing() -> None:
    notes = [Note(cell, error="NameError", text=SECRET, line=cell) for cell in range(10, 60)]
    assert told.cell_notes(record(notes=(Note(9, lost=LOST), *notes))) == [
        f"cell 9: {LOST}",
        "cell 10 did not run to its end",
        "cell 11 did not run to its end",
        "other cells did not run to their end",
    ]


def test_a_marked_answer_is_told_with_its_rubric_and_its_comments() -> None:
    text = written.digest("q1_written", "Because $D = 0$.")
    rows = (Criterion(1.5, "says *why*"), Criterion(0.5, "is <b>short</b>"))
    mark = written.Mark("grace", "", "q1_written", text, (), (1.5, 0.0), "Well put.")
    items = tuple(written.Item(row, given) for row, given in zip(rows, (1.5, 0.0), strict=True))
    done = written.Written("Because $D = 0$.", text, 1.5, items=items, marks=(mark,))
    standing = stands(RUN, full(failed()))
    scores = {**standing.scores, "q1_written": Score(2.0, 1.5, None, written=done)}
    marked = replace(standing, scores=scores)
    source = feedback.render(RUN, marked)
    page = Page(source)
    assert not page.problems and "<math" in source
    portion = told.told(RUN, marked).portions[1]
    assert portion.points == 1.5 and portion.remark == ""
    for text in (" ".join(page.text.split()), markdown.portion(portion).replace("\\", "")):
        assert "✓ 1.5 of 1.5:" in text and "○ 0 of 0.5: is <b>short</b>" in text
        assert "Well put." in text
        assert "grace" not in text, "who marked is no business of the page's"


def test_an_answer_that_is_not_marked_is_shown_without_points() -> None:
    portion = said(full(failed(), answers={"q1_written": ""})).portions[1]
    assert portion.points is None and portion.remark in (
        told.NOT_MARKED,
        f"{told.NOT_ATTEMPTED} {told.NOT_MARKED}",
    )


@given(st.text(max_size=60), st.text(max_size=60))
def test_markdown_stays_text(hint: str, status: str) -> None:
    for each in (full(failed(hint=hint)), Record("a", status)):
        everything = said(each)
        for text in (markdown.head(everything), *map(markdown.portion, everything.portions)):
            assert "<" not in text.replace("\\<", "") and "](" not in text.replace("\\](", "").replace(
                "\\]\\(", ""
            )


def test_markdown_says_what_the_page_says() -> None:
    everything = said(full(failed(), named_right()))
    text = markdown.portion(everything.portions[0])
    assert text.splitlines()[:3] == ["## A slope", "", "2 of 4 points"]
    assert "- ✗ `slope`: not passed, 0 of 2 points" in text and "- `slope`: Look at the sign\\." in text
    head = markdown.head(everything)
    assert head.startswith("# Tutorial 1\n\nGraded on 3 April 2027.") and "## What to do next" in head


def test_remarks_on_the_source_are_told_to_everyone() -> None:
    notes = (
        *(Note(cell, error="NameError") for cell in range(10, 60)),
        Note(5, line=2, early=True, remark="line 2 …"),
    )
    said = told.cell_notes(record(notes=notes))
    assert said == [*(f"cell {n} did not run to its end" for n in (10, 11, 12)), "cell 5: line 2 …", said[-1]]
    assert str(notes[-1]) == "cell 5: line 2 …"


def test_only_a_loss_asks_to_run_the_notebook_again() -> None:
    remark, loss = Note(5, line=2, early=True, remark="line 2 …"), Note(5, error="NameError")
    restart = "restart the kernel"
    assert not any(restart in step for step in said(record(notes=(remark,))).next)
    assert any(restart in step for step in said(record(notes=(remark, loss))).next)
