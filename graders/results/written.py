"""The written answers of a class and what markers gave for them: marks are about a text, whoever wrote it.

Identical answers are one entry, and so are empty ones. Of each marker the last mark of a text counts. A mark keeps
the rows of the rubric that it was given by, so that points can be reckoned again when the rubric changes.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graders.batch.event import Event
from graders.batch.record import Record
from graders.results.rubric import Criterion, Rubric

NOT_MARKED = "not marked"
DIFFER = "marks differ"
NOT_KNOWN = "answer not known"


@dataclass(frozen=True)
class Mark:
    """What one marker gave for one text."""

    by: str
    at: str
    """When it was given, in UTC, ISO 8601."""
    question: str
    text: str
    """The digest of the answer."""
    rows: tuple[tuple[str, float], ...]
    """The rubric that it was given by: of each row its id and its points."""
    given: tuple[float, ...] | None
    """The points of each row; None where the mark was taken back."""
    comment: str = ""

    @property
    def points(self) -> float:
        """What was given in all."""
        return sum(self.given or ())


@dataclass(frozen=True)
class Item:
    """A row of the rubric, and what it earned."""

    criterion: Criterion
    given: float


@dataclass(frozen=True)
class Written:
    """Where one student's answer to one written part stands."""

    answer: str | None
    """As Markdown; None where it is not known, since it was graded before answers were kept."""
    text: str
    """The digest of the answer."""
    points: float | None
    """None while it is not marked."""
    state: str = ""
    """Why there are no points, where there are none."""
    items: tuple[Item, ...] = ()
    """The rubric as it is now, row by row, where it is marked."""
    marks: tuple[Mark, ...] = ()
    """The last one of each marker of this text."""
    again: str = ""
    """Why a person has to look at the mark again; empty where nobody has to."""
    old: tuple[Mark, ...] = ()
    """Marks of another text that this student handed in before."""

    @property
    def comments(self) -> tuple[tuple[str, str], ...]:
        """What markers said, each with the name of who did."""
        return tuple((mark.by, mark.comment) for mark in self.marks if mark.comment)


def digest(question: str, answer: str) -> str:
    """What an answer is known by, the same for everybody who wrote it; its order tells nothing of who did."""
    return hashlib.sha256(f"{question}\0{answer}".encode()).hexdigest()[:20]


class Marks:
    """All marks that count."""

    def __init__(self, events: Iterable[Event]) -> None:
        latest: dict[tuple[str, str, str], tuple[str, int, Mark]] = {}
        theirs: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for event in events:
            if event.kind != "mark":
                continue
            mark = _mark(event)
            key = (mark.question, mark.text, mark.by.casefold())
            # an older file may be read after a newer one
            if key not in latest or (mark.at, event.id) >= latest[key][:2]:
                latest[key] = (mark.at, event.id, mark)
            theirs[event.subject.file, event.subject.student, mark.question].add(mark.text)
        self._of: dict[tuple[str, str], list[Mark]] = defaultdict(list)
        for _, _, mark in latest.values():
            if mark.given is not None:
                self._of[mark.question, mark.text].append(mark)
        self._theirs = theirs

    def of(self, question: str, text: str) -> tuple[Mark, ...]:
        """The marks of a text, one of each marker."""
        return tuple(self._of.get((question, text), ()))

    def old(self, record: Record, question: str, text: str) -> tuple[Mark, ...]:
        """Marks of other texts that this student handed in."""
        texts = self._theirs.get((record.file, record.student, question), set()) - {text}
        return tuple(mark for other in sorted(texts) for mark in self.of(question, other))


def _mark(event: Event) -> Mark:
    what = event.payload
    rows = tuple((str(row), float(points)) for row, points in what["rows"])
    given = None if what["given"] is None else tuple(map(float, what["given"]))
    return Mark(event.by, what["marked"], event.question, what["text"], rows, given, what["comment"])


def payload(mark: Mark) -> dict[str, object]:
    """A mark as the payload of an event, apart from who gave it for which question."""
    given = None if mark.given is None else list(mark.given)
    return {
        "text": mark.text,
        "marked": mark.at,
        "rows": [list(row) for row in mark.rows],
        "given": given,
        "comment": mark.comment,
    }


def stands(record: Record, question: str, rubric: Rubric | None, marks: Marks) -> Written:
    """Where the answer of a submission stands."""
    answer = record.answers.get(question)
    if answer is None:
        if not record.questions and not record.failed:
            # a file that could not be read has zeros everywhere
            return Written(None, "", 0.0, "no answer: the file could not be graded")
        return Written(None, "", None, NOT_KNOWN, old=marks.old(record, question, ""))
    text = digest(question, answer)
    given, old = marks.of(question, text), marks.old(record, question, text)
    if not given or rubric is None:
        return Written(answer, text, None, NOT_MARKED, marks=given, old=old)
    both = [reckoned(mark, rubric) for mark in given]
    if len({points for points, _ in both}) > 1:
        return Written(answer, text, None, DIFFER, marks=given, old=old)
    points, _ = both[0]
    items = tuple(map(Item, rubric.criteria, points))
    again = next((why for _, why in both if why), "")
    return Written(answer, text, sum(points), items=items, marks=given, again=again, old=old)


def reckoned(mark: Mark, rubric: Rubric) -> tuple[tuple[float, ...], str]:
    """What a mark gives for each row of the rubric as it is now, and why a person has to look again.

    A row is found by what it says; one with another text by its place, where there are as many rows.
    """
    before = [(row, of, points) for (row, of), points in zip(mark.rows, mark.given or (), strict=True)]
    left = dict(enumerate(before))
    found: dict[int, tuple[float, float]] = {}
    why = ""
    for place, criterion in enumerate(rubric.criteria):
        same = next((i for i, (row, _, _) in left.items() if row == criterion.id), None)
        if same is not None:
            _, of, points = left.pop(same)
            found[place] = (of, points)
    for place in range(len(rubric.criteria)):
        if place not in found:
            why = "a row of the rubric is new or says something else now"
            if place in left and len(before) == len(rubric.criteria):
                _, of, points = left.pop(place)
                found[place] = (of, points)
    if any(points for _, _, points in left.values()):
        why = "a row that gave points is no longer in the rubric"
    result = []
    for place, criterion in enumerate(rubric.criteria):
        of, points = found.get(place, (criterion.points, 0.0))
        if 0 < points < of != criterion.points:
            why = "a row that gave a part of its points is worth something else now"
        result.append(criterion.points if points == of else min(points, criterion.points))
    return tuple(result), why


@dataclass(frozen=True)
class Entry:
    """One text that is marked once, for all who wrote it."""

    question: str
    text: str
    """Its digest."""
    answer: str
    records: tuple[Record, ...]
    written: Written


def entries(question: str, answers: Sequence[tuple[Record, Written]]) -> list[Entry]:
    """The different answers to a question, in an order that stays and says nothing of who wrote them."""
    of: Mapping[str, list[tuple[Record, Written]]] = defaultdict(list)
    for record, written in answers:
        if written.answer is not None:
            of[written.text].append((record, written))
    return [
        Entry(question, text, both[0][1].answer or "", tuple(record for record, _ in both), both[0][1])
        for text, both in sorted(of.items())
    ]
