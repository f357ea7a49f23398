"""What a student is told of a submission, as data: the page and the text for Gradescope say the same in two ways.

Nothing here may carry a hidden input, an expected value or test code. Hidden cases are told by the names of the
sheet that they look at, so many of so many, since a case's own name may say too much. Hints are written for
students. `message` is for the TA and is never read. An exception, the name of its type included, comes out of a
process where hidden inputs have been: of a cell that ran after a question was asked it is only said that it did
not run to its end, and of few such cells. Derivations and plots are those that a second run confirmed
(`graders.batch.second_run`), and a student's code is older than every question.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from graders.batch import code
from graders.batch.exhibits import FOLLOWS, OPEN, SAME, START, UNMARKED, WRONG, Derivation, Exhibit
from graders.batch.record import CaseResult, QuestionResult, Record
from graders.batch.sheet import Part
from graders.batch.store import Run
from graders.results.standing import Decision, Score, Standing
from graders.results.written import Written

PERSON = "The grader could not grade this; a person will look at it."
NOT_ATTEMPTED = "Not attempted."
NOT_MARKED = "Not marked yet: a person reads this part."
WAITS = "A person has to look at this before it has points."
MARKS = {
    START: "the start",
    FOLLOWS: "follows",
    SAME: "the same as the line before, so it does not count",
    WRONG: "does not follow",
    OPEN: "not looked at",
    UNMARKED: "",
}
SIGNS = {START: "✓", FOLLOWS: "✓", SAME: "=", WRONG: "✗", OPEN: "…"}
_KINDS = frozenset(
    name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)
) | {"LinAlgError"}
# of cells that ran after a question was asked; which of them fail is a message that a notebook could send
_MOST_CELLS = 3
_MOST_STEPS = 3


@dataclass(frozen=True)
class Checks:
    """What became of the hidden cases that look at the same names."""

    names: tuple[str, ...]
    """Empty where it is not known which."""
    passed: int
    cases: int
    points: float
    possible: float
    attempted: bool

    @property
    def right(self) -> bool:
        """Whether nothing is left to be mended."""
        return self.passed == self.cases


@dataclass(frozen=True)
class Hint:
    """A hint, and the names that it is about."""

    text: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Portion:
    """A part of the sheet, as one student did it."""

    name: str
    title: str
    points: float | None
    """None where a person has not decided or marked it."""
    possible: float
    remark: str
    checks: tuple[Checks, ...] = ()
    hints: tuple[Hint, ...] = ()
    decisions: tuple[str, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    code: tuple[str, ...] = ()
    written: Written | None = None
    """The answer and its marks, where a person marks the part."""


@dataclass(frozen=True)
class Told:
    """All that a student is told."""

    title: str
    date: str
    """Empty where it was not kept."""
    remark: str
    """Why there are no points, or empty."""
    portions: tuple[Portion, ...]
    notes: tuple[str, ...]
    """Of cells that did not run."""
    next: tuple[str, ...]
    """What to do next, the most useful first."""

    @property
    def points(self) -> float:
        """Those that are known."""
        return sum((portion.points or 0.0 for portion in self.portions), 0.0)

    @property
    def possible(self) -> float:
        """Those of the whole sheet."""
        return sum((portion.possible for portion in self.portions), 0.0)

    @property
    def total(self) -> str:
        """The points, and how many are not decided yet."""
        known = sum((portion.possible for portion in self.portions if portion.points is not None), 0.0)
        waiting = [portion for portion in self.portions if portion.points is None]
        text = f"{points(self.points)} of {points(known)} points"
        if waiting:
            still = ", ".join(portion.title for portion in waiting)
            text += f". Of the {points(self.possible)} points of the sheet, {points(self.possible - known)} are "
            text += f"still to be marked by a person: {still}"
        return f"{text}."


def told(run: Run, standing: Standing) -> Told:
    """What the student of a submission is told."""
    record = standing.record
    title = run.sheet.title or "Feedback"
    if record.failed and standing.needs_person:
        return Told(title, _date(run.at), PERSON, (), (), ())
    remark = ""
    if not record.questions and not record.failed:
        remark = f"Your file could not be graded: {record.status}"
        if not standing.decisions:
            again = "Mend the file, and hand it in again if that is still possible."
            return Told(title, _date(run.at), remark, (), (), (again,))
    portions = tuple(_portion(part, standing) for part in _parts(run, standing))
    notes = tuple(cell_notes(record))
    failed = not all(note.remark for note in record.notes)
    return Told(title, _date(run.at), remark, portions, notes, tuple(_next(portions, failed=failed)))


def points(number: float) -> str:
    """Points for people."""
    return f"{round(number, 2):g}"


def named(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return ", ".join(names)


def _date(at: str) -> str:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return ""
    return f"{moment.day} {moment:%B %Y}"


def _parts(run: Run, standing: Standing) -> list[Part]:
    """The parts of the sheet, and questions that are not on it."""
    listed = list(run.sheet.parts)
    known = {part.name for part in listed}
    return listed + [
        Part(name, name, each.possible, (name,)) for name, each in standing.scores.items() if name not in known
    ]


def _portion(part: Part, standing: Standing) -> Portion:
    score, result = standing.scores.get(part.name), standing.record.questions.get(part.name)
    if part.written or score is None:
        return _written(part, score)
    own = standing.record.code.get(part.name)
    written = None if own is None or not part.stubs else code.attempted(own, part.stubs)
    checks = _checks(part, result, score, written)
    touched = written is None or not written.isdisjoint(part.names) or any(each.passed for each in checks)
    return Portion(
        name=part.name,
        title=part.title,
        points=score.points,
        possible=score.possible,
        remark=_remark(score, touched),
        checks=tuple(checks) if touched else (),
        hints=tuple(_hints(result, score, {name for each in checks if not each.attempted for name in each.names}))
        if touched
        else (),
        decisions=tuple(map(_decided, score.decisions)),
        exhibits=result.exhibits if result and touched else (),
        code=own if own and touched else (),
    )


def _written(part: Part, score: Score | None) -> Portion:
    if score is None:
        return Portion(part.name, part.title, None, part.points, NOT_MARKED)
    remark = NOT_MARKED if score.points is None else ""
    if score.written and score.written.answer == "":
        remark = f"{NOT_ATTEMPTED} {remark}".strip()
    decisions = tuple(map(_decided, score.decisions))
    return Portion(
        part.name, part.title, score.points, part.points, remark, decisions=decisions, written=score.written
    )


def _remark(score: Score, touched: bool) -> str:
    if score.points is None:
        return WAITS
    return "" if touched else NOT_ATTEMPTED


def _checks(part: Part, result: QuestionResult | None, score: Score, written: set[str] | None) -> list[Checks]:
    """The cases by the names that they take, in the order of the sheet."""
    by_case = {decision.case: decision.points for decision in score.decisions if decision.case}
    gathered: dict[tuple[str, ...], list[CaseResult]] = {}
    for case in result.cases if result else ():
        gathered.setdefault(_names(part, case), []).append(case)
    found = []
    for names in sorted(gathered, key=lambda names: [part.names.index(name) for name in names]):
        cases = gathered[names]
        earned = [by_case.get(case.name, case.points if case.passed else 0.0) for case in cases]
        right = sum(case.passed or earned >= case.points > 0 for case, earned in zip(cases, earned, strict=True))
        attempted = written is None or not names or right > 0 or not written.isdisjoint(names)
        possible = sum(case.points for case in cases)
        found.append(Checks(names, right, len(cases), sum(earned), possible, attempted))
    return found


def _names(part: Part, case: CaseResult) -> tuple[str, ...]:
    """The names of the sheet that a case takes, in the order of the sheet."""
    return tuple(name for name in part.names if name in case.names)


def _hints(result: QuestionResult | None, score: Score, unwritten: set[str]) -> list[Hint]:
    """Each hint once, with all names that it is about; none of what was not attempted, or is settled."""
    settled = {decision.case for decision in score.decisions}
    found: dict[str, dict[str, None]] = {}
    for case in result.cases if result else ():
        done = case.passed or (case.grader_error and settled & {"", case.name})
        if not done and not (case.names and unwritten.issuperset(case.names)):
            found.setdefault(hint(case), {}).update(dict.fromkeys(case.names))
    return [Hint(text, tuple(names)) for text, names in found.items()]


def hint(case: CaseResult) -> str:
    """What a student may read of a case that failed."""
    if case.grader_error:
        return PERSON
    return case.hint or "This check failed."


def _decided(decision: Decision) -> str:
    about = "A part of it was" if decision.case else "This was"
    return f"{about} decided by a person: {points(decision.points)} points. {decision.reason}"


def marks(derivation: Derivation) -> list[str]:
    """What is said of each line, in words."""
    return [MARKS.get(line.mark, "") for line in derivation.lines]


def _next(portions: Sequence[Portion], *, failed: bool) -> list[str]:
    """What to do next."""
    steps = []
    if failed:
        steps.append(
            "Read the notes on your notebook, then restart the kernel and run all cells, one after the other."
        )
    missing: Mapping[str, float] = {
        portion.title: portion.possible - portion.points
        for portion in portions
        if portion.points is not None and portion.points < portion.possible
    }
    first = sorted(missing, key=lambda title: -missing[title])[:_MOST_STEPS]
    steps += [f"{title}: {points(missing[title])} points are left there." for title in first]
    if not steps and all(portion.points is not None for portion in portions):
        return ["Nothing: all points are yours."]
    if any(portion.points is None for portion in portions):
        steps.append("Wait for what a person marks: this page will then be renewed.")
    return steps


def cell_notes(record: Record) -> list[str]:
    """What a student may read of the cells that failed, of what hung or crashed, and of what the source shows."""
    told, later = [], 0
    for note in record.notes:
        if note.remark:
            told.append(str(note))
            continue
        if note.cell is None:
            told += [note.lost] * bool(note.lost)
            continue
        later += not note.early
        if later > _MOST_CELLS:
            continue
        if note.lost:
            told.append(f"cell {note.cell}: {note.lost}")
        elif note.early and note.error in _KINDS:
            told.append(f"cell {note.cell} raised {note.error}" + (f" in line {note.line}" if note.line else ""))
        else:
            told.append(f"cell {note.cell} did not run to its end")
    return told + ["other cells did not run to their end"] * (later > _MOST_CELLS)
