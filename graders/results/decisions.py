"""What a TA decides: finding the submission, the question and the case that are meant, and the event that is kept.

Whatever is not clear is refused, with what it could have meant.
"""

from __future__ import annotations

import getpass
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from graders.batch.event import Event, Subject
from graders.batch.store import Store
from graders.errors import SetupError
from graders.results import standing as standings
from graders.results import tables
from graders.results.gradebook import safe
from graders.results.standing import Cohort, Decision, Standing, misfit

COLUMNS = ("file", "question", "points", "reason")
BY = "by"

_MAX_REASON = 2_000
_LISTED = 10
_DIGEST = 8


@dataclass(frozen=True)
class Wish:
    """What somebody wants decided, in their words."""

    file: str
    question: str
    points: str
    reason: str
    by: str
    line: int = 0
    """Of the table that it comes from."""


class _Unclear(Exception):
    """What cannot be decided like this, and the remedy."""


def login() -> str:
    """The name of who is at this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def wishes(path: Path, by: str) -> list[Wish]:
    """What a table wants decided; `by` is for rows that don't say who decides."""
    rows = tables.read(path, COLUMNS, [BY])
    return [
        Wish(cells["file"], cells["question"], cells["points"], cells["reason"], cells[BY] or by, row.line)
        for row in rows
        for cells in [row.cells]
    ]


def decide(store: Store, wished: Sequence[Wish], origin: str = "") -> int:
    """Keep these decisions, all or none; how many are new. What counts already is not decided twice.

    SetupError lists what is wrong, by the lines of `origin`.
    """
    with store.alone():
        finder = _Finder(standings.read(store))
        events: list[Event] = []
        problems = []
        lines: dict[tuple[Subject, str, str], Wish] = {}
        for wish in wished:
            try:
                event, known = finder.decision(wish)
            except _Unclear as error:
                problems.append(f"line {wish.line}: {error}" if wish.line else str(error))
                continue
            earlier = lines.setdefault((event.subject, event.question, event.case), wish)
            if (earlier.points, earlier.reason) != (wish.points, wish.reason):
                problems.append(f"line {wish.line}: line {earlier.line} decides this otherwise: leave one of them")
            elif earlier is wish and not known:
                events.append(event)
        if problems:
            raise SetupError("\n".join([*_named(problems, origin), *["Nothing was decided."] * bool(origin)]))
        for event in events:
            store.append(event)
    return len(events)


def undo(store: Store, file: str, question: str, by: str) -> Decision:
    """Take back the last decision about a question or a case of it, and say which that was."""
    with store.alone():
        finder = _Finder(standings.read(store))
        try:
            standing = finder.submission(file)
            name, case = place(standing, question, stale=True)
        except _Unclear as error:
            raise SetupError(str(error)) from error
        made = [*standing.decisions, *(each.decision for each in standing.stale)]
        about = [each for each in made if (each.question, each.case) == (name, case)]
        if not about:
            raise SetupError(
                f"Nobody decided {question} of {safe(file)}, so there is nothing to undo"
                + (f"; there are decisions about {_listed(map(_place, made))}." if made else ".")
            )
        last = max(about, key=lambda each: each.id)
        store.append(Event("undo", _subject(standing), name, by, _now(), case, {"undoes": last.id}))
    return last


def place(standing: Standing, text: str, *, stale: bool = False) -> tuple[str, str]:
    """The question and the case that QUESTION or QUESTION/CASE means; the case may be shortened.

    With `stale`, it may also be one that there is only a decision about.
    """
    question, _, case = text.partition("/")
    decided = {(each.decision.question, each.decision.case) for each in standing.stale} if stale else set()
    if (question, case) in decided:
        return question, case
    if question not in standing.scores:
        raise _Unclear(f"There is no question {safe(question)!r}, only {', '.join(standing.scores)}")
    if not case:
        return question, ""
    result = standing.record.questions.get(question)
    names = [each.name for each in result.cases] if result else []
    wanted = case.casefold().strip()
    exact = [name for name in names if wanted in (name.casefold(), name.casefold().removeprefix(f"{question}: "))]
    found = exact or [name for name in names if wanted in name.casefold()]
    if len(found) != 1:
        could = f"could be {_listed(found)}" if found else f"is none of {_listed(names) or 'no cases'}"
        raise _Unclear(f"{safe(case)!r} {could}")
    return question, found[0]


class _Finder:
    """Finds submissions of a class by what people call them."""

    def __init__(self, cohort: Cohort) -> None:
        self._by_file = defaultdict(list)
        self._by_student = defaultdict(list)
        self._standings = cohort.standings
        for each in cohort.standings:
            for name in {each.record.file, safe(each.record.file)}:
                self._by_file[name].append(each)
            for name in {_folded(each.record.student), _folded(safe(each.record.student))}:
                self._by_student[name].append(each)

    def submission(self, name: str) -> Standing:
        """The submission of this file, as in the CSVs, or of this student, or whose sha256 begins like this."""
        found = self._by_file.get(name) or self._by_student.get(_folded(name)) or self._by_digest(name)
        if not found:
            raise _Unclear(f"There is no file and no student {safe(name)!r} in the class; submissions.csv has all")
        if len({_subject(each) for each in found}) > 1:
            could = [
                f"{each.record.file} of {each.record.student}, sha256 {each.record.sha256[:12]}" for each in found
            ]
            raise _Unclear(
                f"{safe(name)!r} could be {_listed(could)}: give the file, the student, or how the sha256 begins"
            )
        return found[0]

    def _by_digest(self, text: str) -> list[Standing]:
        digest = text.lower()
        return [each for each in self._standings if len(text) >= _DIGEST and each.record.sha256.startswith(digest)]

    def decision(self, wish: Wish) -> tuple[Event, bool]:
        """The event that keeps what somebody wants, and whether the same counts already."""
        standing = self.submission(wish.file)
        question, case = place(standing, wish.question)
        points = tables.number(wish.points)
        if points is None:
            raise _Unclear(f"{safe(wish.points)!r} is no number of points: write one like 2.5")
        if why := misfit(standing.scores, standing.record.questions.get(question), question, case, points):
            raise _Unclear(why)
        reason = wish.reason.strip()
        if not reason or len(reason) > _MAX_REASON:
            raise _Unclear(f"A reason of 1 to {_MAX_REASON} characters is needed: the student reads it")
        if not wish.by.strip():
            raise _Unclear("Somebody has to decide it: give a name with --by")
        old = standing.cases(question).get(case) if case else standing.scores[question].points
        payload = {"points": points, "old": old, "reason": reason}
        known = any(
            (each.question, each.case, each.points, each.reason) == (question, case, points, reason)
            for each in standing.decisions
        )
        return Event("decision", _subject(standing), question, wish.by.strip(), _now(), case, payload), known


def _subject(standing: Standing) -> Subject:
    return Subject(standing.record.file, standing.record.student, standing.record.sha256)


def _place(decision: Decision) -> str:
    return f"{decision.question}/{decision.case}" if decision.case else decision.question


def _named(problems: Sequence[str], origin: str) -> list[str]:
    """The first problems, as lines that say what they are about."""
    lines = [f"{origin}, {each}." if origin else f"{each}." for each in problems[:_LISTED]]
    return lines + [f"And {len(problems) - _LISTED} more like these."] * (len(problems) > _LISTED)


def _listed(names: Iterable[str]) -> str:
    shown = [safe(name) for name in names]
    others = [f"{len(shown) - _LISTED} more"] if len(shown) > _LISTED else []
    return ", ".join(shown[:_LISTED] + others)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
