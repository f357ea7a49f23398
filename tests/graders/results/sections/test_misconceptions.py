from __future__ import annotations

from graders.batch.record import CaseResult, QuestionResult, Record
from graders.batch.store import Run
from graders.results.sections import misconceptions
from tests.cohorts import cohort
from tests.pages import ReportPage

RUN = Run("hostile", "6", {"q1": 2.0})


def record(student: str, *notes: str, answered: str = "") -> Record:
    cases = [
        CaseResult(f"q1: {note}", 1.0, True, False, "7, not 8", f"{note}?", note, answered=answered)
        for note in notes
    ]
    code: dict[str, tuple[str, ...]] = {"q1": (f"def f():\n    return '<{student}>'", "x = 1")}
    return Record(student, questions={"q1": QuestionResult(0.0, 2.0, tuple(cases))}, student=student, code=code)


def test_misconceptions_come_first_with_who_has_them() -> None:
    class_ = cohort(
        RUN, record("Ada", "answer.type", "q1.sign"), record("Bob", "answer.type"), record("Eve", "q1.sign")
    )
    page = ReportPage(misconceptions.misconceptions(RUN, class_.standings))
    assert not page.problems
    assert "2 students\nAda\nEve\nq1.sign\nq1\nq1.sign?" in page.text
    assert page.text.index("Misconceptions") < page.text.index("q1.sign") < page.text.index("Other mistakes")


def test_what_nobody_named_has_an_example() -> None:
    class_ = cohort(RUN, *(record(name, "answer.value", answered="0a1b") for name in ("Ada", "Bob")))
    page = ReportPage(misconceptions.unnamed(class_.standings))
    assert not page.problems
    assert "q1: 2 students, q1: answer.value" in page.text and "7, not 8" in page.text
    assert "def f():\n    return '<Ada>'\n\nx = 1" in page.text
