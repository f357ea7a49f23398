"""A class whose written answers wait to be marked, as a store, without grading anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from graders.assignment import load
from graders.batch.record import QuestionResult, Record
from graders.batch.store import Run, Store
from graders.cases import read_text
from graders.master import model_answer, read_sheet
from graders.results.rubric import Rubric
from graders.results.written import digest
from tests.conftest import ROOT

FIRST, SECOND, THIRD = "q1a_written", "q1c_written", "q2b_written"
POSSIBLE = {"q1a": 10.0, "q1b": 15.0}
HOSTILE = (
    "<script>document.title = 'owned'</script> $\\text{<img src=x onerror=alert(1)>}$ "
    "[click](javascript:alert(1)) ![p](https://example.org/p.png) </article></main> "
    "$\\href{javascript:alert(1)}{x}$ <math><mi>x</mi></math> &lt;b&gt; \u202eevil"
)


def run(rubric: str | None = None) -> Run:
    """A run of the tutorial, of two judged parts and the three written ones."""
    assignment = load("vaes_and_gans", ROOT)
    sheet = read_sheet(assignment)
    handed_out = tuple(part for part in sheet.parts if part.written or part.name in POSSIBLE)
    outline = replace(sheet, parts=handed_out).to_json()
    text = read_text(assignment.written) if rubric is None else rubric
    return Run("vaes_and_gans", "6", POSSIBLE, "2026-11-23T10:00:00+00:00", "", outline, text)


def record(student: str, *answers: str, sha256: str = "") -> Record:
    """A graded submission with these written answers, in the order of the sheet."""
    questions = {name: QuestionResult(points, points, ()) for name, points in POSSIBLE.items()}
    words = dict(zip((FIRST, SECOND, THIRD), answers, strict=True))
    return Record(
        f"{student}.ipynb", questions=questions, student=student, sha256=sha256 or student, answers=words
    )


def records() -> list[Record]:
    """Right, wrong, empty, identical and hostile answers."""
    assignment = load("vaes_and_gans", ROOT)
    model = [model_answer(assignment, part) for part in assignment.parts if part.written]
    return [
        record("ada", *model),
        record("bob", "", "A metric.", ""),
        record("carl", "It saturates: $\\sigma'(a) \\to 0$.", "A metric.", ""),
        record("dora", HOSTILE, HOSTILE, HOSTILE),
        record(
            "emmy",
            "",
            "$D(p\\|q) \\ge 0$, and $0$ **iff** $p = q$.",
            "It is an integral:\n\n$$\\int p(x|z) p(z) dz$$",
        ),
    ]


def write(folder: Path, listed: Sequence[Record] | None = None, of: Run | None = None) -> Path:
    """A folder of grades with these records; graded into an older one it is another run of it."""
    folder.mkdir(exist_ok=True)
    with Store(folder) as store:
        both = [(Path(record.file), record) for record in (records() if listed is None else listed)]
        store.begin(of or run(), (), "tests")
        for path, each in both:
            store.keep(path, each, "tests")
    return folder


def mark_of(rubric: Rubric, answer: str, given: Sequence[float] | None, comment: str = "") -> Mapping[str, object]:
    """A mark as the page saves it."""
    rows = [[criterion.id, criterion.points] for criterion in rubric.criteria]
    question = rubric.question
    common = {"question": question, "answer": digest(question, answer), "rows": rows}
    return {**common, "given": given, "comment": comment, "at": "2026-11-24T09:00:00.000Z"}
