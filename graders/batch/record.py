"""What grading one submission gave."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from graders.batch.exhibits import Exhibit
from graders.batch.exhibits import from_dict as exhibit_from
from graders.batch.identity import NOBODY, Owner

COMPLETED = "Completed"
_MOST_LOST = 3


@dataclass(frozen=True)
class CaseResult:
    """The outcome of one test case.

    `message` may quote the test or a hidden input, so it is for the TA; `hint` is what the student may read,
    `note` a stable id for statistics. A case that a hang or a crash kept from running is `not_run`; one that the
    grader itself failed on is a `grader_error`, which is neither a pass nor a fail. Wrong answers with the same
    `answered` said the same.
    """

    name: str
    points: float
    hidden: bool
    passed: bool
    message: str
    hint: str = ""
    note: str = ""
    not_run: bool = False
    grader_error: bool = False
    names: tuple[str, ...] = ()
    """The student's names that it takes; none where it was judged before they were kept."""
    line: int | None = None
    """The first wrong line of an answer in lines, counted from 1; 0 where each of them follows."""
    witness: str = ""
    """An example of what is wrong with that line; the student may read it where the answer is an exhibit."""
    answered: str = ""
    late: bool = False
    """Judged by the answers after the last cell, since what it needs was not there at the check."""


@dataclass(frozen=True)
class QuestionResult:
    """The outcome of one question, case by case."""

    score: float
    possible: float
    cases: tuple[CaseResult, ...]
    exhibits: tuple[Exhibit, ...] = ()
    """Answers as they were understood, which the student may see."""

    @property
    def grader_error(self) -> bool:
        """Whether the grader failed on a case, so that the score is not to be used."""
        return any(case.grader_error for case in self.cases)


@dataclass(frozen=True)
class Note:
    """What a TA should know of a cell, counted from 1, or of a name that was lost.

    `lost` is in our words. `error`, `text` and `line` are the submission's: students may read of them only where
    they are `early`, from before any question was asked, since a hidden input could be in them afterwards.
    """

    cell: int | None = None
    lost: str = ""
    error: str = ""
    text: str = ""
    line: int | None = None
    early: bool = False
    remark: str = ""
    """What the source shows, or the order of the cells, in our words: students may read it."""

    def __str__(self) -> str:
        where = f"cell {self.cell}: " if self.cell else ""
        if self.lost or self.remark:
            return f"{where}{self.lost or self.remark}"
        line = f" in line {self.line}" if self.line else ""
        return f"{where}{self.error}{line}: {self.text[:300]}" if self.error else f"{where}{self.text}"


@dataclass(frozen=True)
class Record:
    """One row of the grades: the questions, or why there are none."""

    file: str
    status: str = COMPLETED
    """Why there are no questions, where there are none."""
    questions: dict[str, QuestionResult] = field(default_factory=dict)
    student: str = ""
    """For people: the owner's name, which may be of several."""
    owner: Owner = NOBODY
    """Of the file in the class, which others may have handed in, too: no part of what is kept as a result."""
    sha256: str = ""
    level: str = ""
    seconds: float = 0.0
    seed: str = ""
    """Of the hidden inputs."""
    notes: tuple[Note, ...] = ()
    """Cells that failed or were lost, in order, then names, then remarks on the source."""
    code: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The cells of each question: those that define its names, as they stand."""
    answers: dict[str, str] = field(default_factory=dict)
    """What was written in words, by question; none where it was graded before these were kept."""
    failed: bool = False
    """The grader itself failed: nothing is known about the submission."""

    @property
    def total(self) -> float:
        """The points that the grader gave."""
        return sum((question.score for question in self.questions.values()), 0.0)

    @property
    def waiting(self) -> tuple[str, ...]:
        """The questions that the grader failed on."""
        return tuple(name for name, question in self.questions.items() if question.grader_error)

    def described(self, waiting: Sequence[str]) -> str:
        """How it went, for people: whether it waits, for which questions, and in the same breath what was lost."""
        if self.failed or not self.questions:
            return self.status
        lost = [str(note) for note in self.notes if note.lost]
        parts = [f"needs a person: the grader failed on {', '.join(waiting)}"] if waiting else [COMPLETED]
        return "; ".join(parts + lost[:_MOST_LOST] + (["and more"] if len(lost) > _MOST_LOST else []))

    def to_json(self) -> str:
        """The record as text, for the store."""
        data = asdict(self)
        del data["owner"]
        return json.dumps(data, sort_keys=True)


def from_json(text: str) -> Record:
    """The record that `Record.to_json` wrote."""
    data: dict[str, Any] = json.loads(text)
    questions = {name: question_from(entry) for name, entry in data.pop("questions").items()}
    notes = tuple(Note(**entry) for entry in data.pop("notes"))
    code = {name: tuple(cells) for name, cells in data.pop("code", {}).items()}
    return Record(**data, notes=notes, questions=questions, code=code)


def question_from(entry: Mapping[str, Any]) -> QuestionResult:
    """The result of a question from its fields."""
    cases = tuple(CaseResult(**{**case, "names": tuple(case.get("names", ()))}) for case in entry["cases"])
    exhibits = tuple(map(exhibit_from, entry.get("exhibits", ())))
    return QuestionResult(entry["score"], entry["possible"], cases, exhibits)
