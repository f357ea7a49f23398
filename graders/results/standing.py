"""Where each submission of a class stands: what the grader found, and on top of it what people decided.

A pure function of records and events, and the only place where the two meet: CSVs, pages and platforms show this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from graders.batch.event import Event, Subject
from graders.batch.record import COMPLETED, CaseResult, QuestionResult, Record
from graders.batch.store import Run, Store
from graders.results import rubric, written
from graders.results.rubric import Rubrics
from graders.results.written import Marks, Written


@dataclass(frozen=True)
class Decision:
    """What a person decided of a question, or of one case of it."""

    id: int
    by: str
    at: str
    """In UTC, ISO 8601."""
    question: str
    case: str
    """Empty where it is about the whole question."""
    points: float
    old: float | None
    """The points before; None where there were none."""
    reason: str
    """The student reads it."""


@dataclass(frozen=True)
class Stale:
    """A decision that does not count any more, and why."""

    decision: Decision
    why: str


@dataclass(frozen=True)
class Score:
    """The points of one question."""

    possible: float
    points: float | None
    """After what people decided; None while nobody knows."""
    found: float | None
    """What the grader gave; None where it could not."""
    decisions: tuple[Decision, ...] = ()
    """Those that count, oldest first: one of the whole question, or some of its cases."""
    written: Written | None = None
    """The answer and its marks, where a person marks the question."""


@dataclass(frozen=True)
class Standing:
    """Where one submission stands."""

    record: Record
    scores: Mapping[str, Score]
    """Every question of the run and every written part, sorted by name."""
    stale: tuple[Stale, ...] = ()

    @property
    def waiting(self) -> tuple[str, ...]:
        """The questions that a person has to decide."""
        return tuple(name for name, score in self.scores.items() if score.points is None and not score.written)

    @property
    def unmarked(self) -> tuple[str, ...]:
        """The written parts that nobody marked, or that were marked differently."""
        return tuple(name for name, score in self.scores.items() if score.points is None and score.written)

    @property
    def needs_person(self) -> bool:
        """Whether the grader failed on something that waits to be decided."""
        return bool(self.waiting)

    @property
    def graded(self) -> float | None:
        """The points of what the grader judges, after what people decided; None while a question waits."""
        if self.waiting:
            return None
        return sum((score.points or 0.0 for score in self.scores.values() if not score.written), 0.0)

    @property
    def total(self) -> float | None:
        """All points; None while a question waits or a written part is not marked."""
        if self.waiting or self.unmarked:
            return None
        return sum((score.points or 0.0 for score in self.scores.values()), 0.0)

    @property
    def so_far(self) -> float | None:
        """All points that are known, written parts as far as they are marked; None while a question waits."""
        return None if self.waiting else sum((score.points or 0.0 for score in self.scores.values()), 0.0)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All that count, by question."""
        return tuple(decision for score in self.scores.values() for decision in score.decisions)

    def cases(self, question: str) -> dict[str, float | None]:
        """The points of each case after what people decided of it; None where nobody knows them."""
        result = self.record.questions.get(question)
        score = self.scores.get(question)
        decided = {each.case: each.points for each in score.decisions} if score else {}
        found = {case.name: _earned(case) for case in result.cases} if result else {}
        return {name: decided.get(name, points) for name, points in found.items()}

    @property
    def status(self) -> str:
        """How it went, for people."""
        if self.record.failed and not self.waiting:
            return f"{COMPLETED}: decided by a person"
        return self.record.described(self.waiting)


@dataclass(frozen=True)
class Cohort:
    """A class: what it was graded with, and where each submission stands, sorted by file."""

    run: Run
    standings: Sequence[Standing]
    pending: int = 0
    """How many more files a run that was interrupted has not graded."""
    strays: Sequence[tuple[Subject, Decision]] = ()
    """Decisions about files that are not in the class."""


def read(store: Store) -> Cohort:
    """The class of a store."""
    return cohort(store.run(), store.records(), store.events(), store.pending())


def cohort(run: Run, records: Sequence[Record], events: Iterable[Event], pending: int = 0) -> Cohort:
    """The class of these records, in the same order; events in the order in which they happened."""
    events = list(events)
    rubrics, marks = rubrics_of(run), Marks(events)
    decided = defaultdict(list)
    for subject, decision in _decisions(events):
        decided[subject.file, subject.student].append((subject, decision))
    standings = [
        _standing(run, record, decided[record.file, record.student], _written(run, record, rubrics, marks))
        for record in records
    ]
    names = {(record.file, record.student) for record in records}
    strays = [each for name, listed in decided.items() if name not in names for each in listed]
    return Cohort(run, standings, pending, strays)


def rubrics_of(run: Run) -> Rubrics:
    """The rubrics of the written parts; none where the run was given none."""
    return rubric.read(run.rubric, run.written) if run.rubric else Rubrics("", {})


def _written(run: Run, record: Record, rubrics: Rubrics, marks: Marks) -> dict[str, Score]:
    scores = {}
    for name, possible in run.written.items():
        found = written.stands(record, name, rubrics.by_question.get(name), marks)
        scores[name] = Score(possible, found.points, found.points, written=found)
    return scores


def _decisions(events: Iterable[Event]) -> list[tuple[Subject, Decision]]:
    """The decisions that nobody took back."""
    kept: dict[int, tuple[Subject, Decision]] = {}
    for event in events:
        if event.kind == "undo":
            kept.pop(event.payload["undoes"], None)
        elif event.kind == "decision":
            what = event.payload
            place = (event.id, event.by, event.at, event.question, event.case)
            decision = Decision(*place, what["points"], what["old"], what["reason"])
            kept[event.id] = event.subject, decision
    return [*kept.values()]


def _standing(
    run: Run, record: Record, decided: Iterable[tuple[Subject, Decision]], marked: Mapping[str, Score]
) -> Standing:
    found = {name: _found(record, name, possible) for name, possible in run.possible.items()} | dict(marked)
    scores = dict(sorted(found.items()))
    stale = []
    for subject, decision in decided:
        result = record.questions.get(decision.question)
        if subject.sha256 != record.sha256:
            stale.append(Stale(decision, "of an earlier submission"))
        elif why := misfit(scores, result, decision.question, decision.case, decision.points):
            stale.append(Stale(decision, why))
        else:
            scores[decision.question] = _with(scores[decision.question], result, decision)
    return Standing(record, scores, tuple(stale))


def _found(record: Record, question: str, possible: float) -> Score:
    result = record.questions.get(question)
    if result is None:
        # what could not be graded has zeros; what the grader failed on, or was never asked this, has nothing
        points = None if record.failed or record.questions else 0.0
    else:
        points = None if result.grader_error else result.score
    return Score(possible, points, points)


def misfit(
    scores: Mapping[str, Score], result: QuestionResult | None, question: str, case: str, points: float
) -> str:
    """Why so many points can't be given; empty where they can."""
    if question not in scores:
        return f"There is no question {question}"
    possible = scores[question].possible
    if case:
        worth = {each.name: each.points for each in result.cases} if result else {}
        if case not in worth:
            return f"{question} has no case {case!r}"
        possible = worth[case]
    return "" if 0 <= points <= possible else f"{case or question} gives 0 to {possible:g} points"


def _with(score: Score, result: QuestionResult | None, decision: Decision) -> Score:
    """The score with one decision more, which takes the place of those that it contradicts."""
    if not decision.case:
        return replace(score, points=decision.points, decisions=(decision,))
    others = (each for each in score.decisions if each.case and each.case != decision.case)
    decisions = (*others, decision)
    return replace(score, points=_by_cases(result, decisions), decisions=decisions)


def _by_cases(result: QuestionResult | None, decisions: Sequence[Decision]) -> float | None:
    """The points of the cases; None while one that nobody decided waits."""
    decided = {each.case: each.points for each in decisions}
    earned = [decided.get(case.name, _earned(case)) for case in result.cases] if result else []
    return None if None in earned else sum((each or 0.0 for each in earned), 0.0)


def _earned(case: CaseResult) -> float | None:
    return None if case.grader_error else case.points if case.passed else 0.0
