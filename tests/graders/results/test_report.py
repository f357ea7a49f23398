from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.batch.record import CaseResult, Note, QuestionResult, Record
from graders.batch.store import Run
from graders.results import report
from graders.results.sections import attention, roster
from tests import marked_class
from tests.cohorts import cohort
from tests.pages import ReportPage

POSSIBLE = {"q1": 10.0, "q2": 5.0}


RUN = Run("vaes_and_gans", "6", POSSIBLE)


def case(passed: bool = False, **changes: object) -> CaseResult:
    default = {"name": "q1: a case", "points": 1.0, "hidden": True, "message": "the TA's text", "hint": "a hint"}
    return CaseResult(**{"note": "q1.sign", **default, "passed": passed, **changes})  # type: ignore[arg-type]


def record(file: str, q1: float = 10, q2: float = 5, *cases: CaseResult, **changes: object) -> Record:
    questions = {"q1": QuestionResult(float(q1), 10.0, cases), "q2": QuestionResult(float(q2), 5.0, ())}
    return Record(file, questions=questions, **changes)  # type: ignore[arg-type]


def shown(*records: Record, pending: int = 0) -> str:
    made = ReportPage(report.render(cohort(RUN, *records, pending=pending)))
    assert not made.problems
    return made.text


def test_what_needs_a_person_comes_first() -> None:
    text = shown(
        record("ada"),
        record("bob", 0, 5, case(grader_error=True, message="undecided"), status="needs a person: q1"),
        Record("eve", "not a zip file"),
        Record("max", "the grader failed: MemoryError", failed=True),
    )
    person, result, rest = text.index("Needs a person"), text.index("Without a result"), text.index("Distribution")
    assert person < text.index("bob") < result and person < text.index("max") < result
    assert result < text.index("eve") < rest < text.index("ada")
    assert "4\nsubmissions" in text and "2\nneed a person" in text and "1\nwithout a result" in text


def test_questions_have_their_means() -> None:
    text = shown(record("a", 10, 2.5), record("b", 5, 5), Record("c", "no zip"))
    assert "q1\n10\n75%\n50%\n0%\n-1.00\n0" in text
    assert "q2\n5\n75%\n50%\n0%\n-1.00\n0" in text


def test_a_row_has_everything_and_unfolds_to_what_the_grader_saw() -> None:
    text = shown(
        record(
            "ada.ipynb", 7.5, 5, case(), student="Ada", sha256="0123456789" * 6, level="full", seconds=1.234,
            notes=(Note(3, error="NameError", text="x"),),
        )
    )  # fmt: skip
    assert "ada.ipynb\nAda\n7.5\n5\n12.5\nCompleted\nfull\n1.23" in text
    assert "1 case not passed, 1 note" in text and "the TA's text" in text and "cell 3: NameError: x" in text


def test_an_interrupted_run_and_a_reduced_sandbox_are_told() -> None:
    text = shown(record("a", level="reduced"), pending=2)
    assert "2 files are not graded yet" in text and "Not fully confined: 1 of 1" in text and "1 reduced" in text
    assert "not graded yet" not in shown(record("a", level="full"))


@pytest.mark.parametrize("records", [[], [Record("a", "no zip")], [record("a", 0, 0)]])
def test_small_classes(records: list[Record]) -> None:
    assert "Submissions" in shown(*records)


def test_an_assignment_without_points() -> None:
    made = ReportPage(report.render(cohort(Run("", "6", {}), Record("a", questions={}))))
    assert not made.problems and "Class report" in made.text


def test_it_says_when_with_which_zip_and_which_seed() -> None:
    run = replace(RUN, at="2026-11-25T03:10:07+00:00", autograder="ab12" * 16)
    made = ReportPage(report.render(cohort(run, record("a"))))
    assert "As of 2026-11-25 03:10 UTC · autograder.zip ab12ab12ab12 · seed 6" in made.text


def test_it_says_how_many_written_answers_nobody_marked() -> None:
    run = marked_class.run()
    standings = cohort(run, marked_class.record("ada", "It saturates.", "", "", sha256="a1")).standings
    assert f"marked differently: 1 of {marked_class.FIRST}" in attention.unmarked(run, standings)


def test_a_large_class_has_the_details_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "MAX_DETAILS", 2)
    text = shown(
        record("a", 0, 5, case(message="of a")),
        record("b", 10, 5, notes=(Note(1, text="of b"),)),
        record("c", 0, 5, case(message="of c")),
        record("d", 0, 5, case(message="of d", grader_error=True)),
    )
    assert "of d" in text and "of a" in text and "of b" not in text and "of c" not in text
    assert "shown for 2 submissions" in text and "For 2 more" in text


def test_three_thousand_submissions_are_a_page() -> None:
    failing = [case(message="m" * 5000) for _ in range(10)]
    records = [record(f"student-{i:05}.ipynb", i % 11, i % 6, *failing) for i in range(3_000)]
    text = report.render(cohort(RUN, *records))
    assert len(text) < 10_000_000
    assert text.count("10 cases not passed</summary>") == roster.MAX_DETAILS
    assert all(f'id="s{i}"' in text for i in (0, 2_999))


@given(st.text(), st.text(), st.text(), st.text())
def test_nothing_breaks_out_of_the_report(file: str, student: str, message: str, status: str) -> None:
    failing = case(
        name=status, message=message, hint=message, note=status, answered=file, grader_error=bool(status)
    )
    assert shown(
        record(
            file,
            0,
            5,
            failing,
            student=student,
            status=status,
            sha256=message,
            level=status,
            notes=(Note(1, message, message, message),),
            code={"q1": (message, file)},
        ),
        Record(file, status),
        record("copy", 0, 5, failing, sha256=message, code={"q1": (message,)}),
    )
