"""What grading one submission gave."""

from __future__ import annotations

from dataclasses import dataclass, field

COMPLETED = "Completed"


@dataclass(frozen=True)
class CaseResult:
    """The outcome of one test case. `message` may quote the test, so it is for the TA."""

    name: str
    points: float
    hidden: bool
    passed: bool
    message: str


@dataclass(frozen=True)
class QuestionResult:
    """The outcome of one question, case by case."""

    score: float
    possible: float
    cases: tuple[CaseResult, ...]


@dataclass(frozen=True)
class Record:
    """One row of the grades: the questions, or why there are none."""

    file: str
    status: str = COMPLETED
    questions: dict[str, QuestionResult] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """The points earned."""
        return sum((question.score for question in self.questions.values()), 0.0)
