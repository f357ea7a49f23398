from __future__ import annotations

import shlex

import pytest

from graders.batch.record import CaseResult, Note, QuestionResult, Record
from graders.batch.store import Run
from graders.results import gradebook
from graders.results.sections import attention
from tests.cohorts import cohort
from tests.pages import ReportPage

RUN = Run("hostile", "6", {"q1": 2.0, "q2": 1.0})


def case(name: str, **changes: object) -> CaseResult:
    return CaseResult(name, 1.0, True, False, "undecided", **changes)  # type: ignore[arg-type]


def record(file: str, *cases: CaseResult, **changes: object) -> Record:
    questions = {"q1": QuestionResult(0.0, 2.0, cases), "q2": QuestionResult(1.0, 1.0, ())}
    return Record(file, questions=questions, **changes)  # type: ignore[arg-type]


def shown(*records: Record) -> str:
    return ReportPage(attention.waiting(cohort(RUN, *records).standings)).text


@pytest.mark.parametrize("file", ["-rf.ipynb", "a'; rm -rf ~ #", "$(id).zip", "a\nb\u202e.zip", "=1+1", "a b"])
@pytest.mark.parametrize("sha256", ["", "0123456789abcdef"])
def test_the_command_means_the_file_and_nothing_else(file: str, sha256: str) -> None:
    command = attention.command(Record(file, sha256=sha256), "q1/a 'case' $HOME", unique=True)
    which = [sha256[:12]] if sha256 else ["--", gradebook.safe(file)]
    assert shlex.split(command) == [
        "vaegan", "decide", ".", "--reason", "…", *which, "q1/a 'case' $HOME", "POINTS",
    ]  # fmt: skip
    assert command.isprintable()


def test_a_copy_is_told_by_its_name() -> None:
    same = {"sha256": "0123456789abcdef"}
    text = shown(*(record(name, case("q1: one", grader_error=True), case("q1: two"), **same) for name in "ab"))
    assert "-- a q1/one POINTS" in text and "-- b q1/one POINTS" in text


def test_a_case_or_a_whole_question_waits() -> None:
    waits, fails = case("q1: one", grader_error=True), case("q1: two")
    text = shown(
        record("a", waits, fails), record("b", waits), Record("c", "the grader failed: OSError", failed=True)
    )
    assert "-- a q1/one POINTS" in text and "-- b q1 POINTS" in text
    assert "-- c q1 POINTS" in text and "-- c q2 POINTS" in text and "OSError" in text


def test_what_hung_is_counted_by_what_happened_not_by_where() -> None:
    lost = "no result after 10 s: look for an endless loop"
    notes = (Note(3, lost), Note(lost=f"kl_divergence: {lost}"))
    records = [record("a", notes=notes, level="full"), record("b", notes=notes[:1], level="reduced")]
    text = ReportPage(attention.trouble(cohort(RUN, *records).standings)).text
    assert f"{lost}\n2 students" in text and "1 full, 1 reduced" in text
