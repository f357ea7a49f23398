"""What a new export changes: whose points, by how much, in which case, and why.

The first kinds of reason are those by which points change. `new` and `gone` are submissions.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graders.results import gradebook
from graders.results.gradebook import safe
from graders.results.standing import Cohort, Score, Standing
from graders.results.written import Mark

FILE_NAME = "changes.csv"
ANSWER, DECISION, MARK, TEST = "answer", "decision", "mark", "test"
NEW, GONE = "new", "gone"

_SHOWN = 40


@dataclass(frozen=True)
class Change:
    """Points of one submission that are others now; None where nobody knew them, or knows them."""

    file: str
    student: str
    question: str
    """Empty where the whole submission is new or gone."""
    case: str
    """Empty where it is about the whole question."""
    before: float | None
    after: float | None
    total_before: float | None
    total_after: float | None
    why: str


def between(before: Cohort, after: Cohort) -> list[Change]:
    """What is different, in the order of the class; who is gone comes last."""
    known, found = _by_name(before), list[Change]()
    for name, now in _by_name(after).items():
        old = known.pop(name, None)
        found += [_whole(now, None, now.so_far, NEW)] if old is None else _changed(old, now)
    return found + [_whole(old, old.so_far, None, GONE) for old in known.values()]


def _by_name(cohort: Cohort) -> dict[tuple[str, str, int], Standing]:
    """Submissions by file and student, and numbered where these are the same."""
    seen: Counter[tuple[str, str]] = Counter()
    found = {}
    for standing in cohort.standings:
        name = standing.record.file, standing.record.student
        seen[name] += 1
        found[*name, seen[name]] = standing
    return found


def _whole(standing: Standing, before: float | None, after: float | None, why: str) -> Change:
    return Change(standing.record.file, standing.record.student, "", "", before, after, before, after, why)


def _changed(old: Standing, now: Standing) -> Iterator[Change]:
    for question in sorted({*old.scores, *now.scores}):
        before, after = old.scores.get(question), now.scores.get(question)
        if _points(before) != _points(after):
            for case, was, is_now, why in _reasons(old, now, question):
                record, totals = now.record, (old.so_far, now.so_far)
                yield Change(record.file, record.student, question, case, was, is_now, *totals, why)


def _points(score: Score | None) -> float | None:
    return score.points if score else None


def _reasons(old: Standing, now: Standing, question: str) -> Iterator[tuple[str, float | None, float | None, str]]:
    """The cases of a question whose points are others, or the question where none is, and why."""
    before, after = old.scores.get(question), now.scores.get(question)
    other = ANSWER if old.record.sha256 != now.record.sha256 else TEST
    decided = {_decided(score) for score in (before, after)}
    whole = any(case == "" for decisions in decided for case, _ in decisions)
    told = False
    if not whole:
        was, is_now = old.cases(question), now.cases(question)
        ids = [dict(_decided(score)) for score in (before, after)]
        for case in sorted({*was, *is_now}):
            if was.get(case) != is_now.get(case):
                why = DECISION if other == TEST and ids[0].get(case) != ids[1].get(case) else other
                told = True
                yield case, was.get(case), is_now.get(case), why
    if not told:
        marked = _marks(before) != _marks(after)
        why = other if other == ANSWER else DECISION if len(decided) > 1 else MARK if marked else TEST
        yield "", _points(before), _points(after), why


def _marks(score: Score | None) -> tuple[Mark, ...]:
    return score.written.marks if score and score.written else ()


def _decided(score: Score | None) -> frozenset[tuple[str, int]]:
    return frozenset((decision.case, decision.id) for decision in score.decisions) if score else frozenset()


def render(changes: Sequence[Change]) -> str:
    """The text of changes.csv."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    names = ("file", "student", "question", "case", "before", "after", "total_before", "total_after", "why")
    table.writerow(names)
    for each in changes:
        values = (each.before, each.after, each.total_before, each.total_after)
        numbers = ["" if value is None else value for value in values]
        table.writerow([*map(safe, (each.file, each.student, each.question, each.case)), *numbers, each.why])
    return text.getvalue()


def told(changes: Sequence[Change]) -> str:
    """The changes for a terminal: a table of the first of those whose points change, and how many there are."""
    moved = [each for each in changes if each.why not in (NEW, GONE)]
    rows: list[tuple[str, ...]] = [("file", "question", "before", "after", "total before", "total after", "why")]
    for each in moved[:_SHOWN]:
        values = (each.before, each.after, each.total_before, each.total_after)
        place = each.case if each.case.startswith(each.question) else f"{each.question} {each.case}".rstrip()
        rows.append((safe(each.file), safe(place), *map(_shown, values), each.why))
    lines = [gradebook.aligned(rows, texts=2)] if moved else []
    if len(moved) > _SHOWN:
        lines.append(f"and {len(moved) - _SHOWN} more")
    counted = Counter(each.why for each in changes)
    submissions = len({(each.file, each.student) for each in moved})
    have = "submission has" if submissions == 1 else "submissions have"
    parts = [f"{submissions} {have} other points"] * bool(moved)
    parts += [f"{counted[why]} {why}" for why in (NEW, GONE) if counted[why]]
    return "\n".join([*lines, f"Since the last export: {', '.join(parts) or 'nothing changes'}."])


def _shown(points: float | None) -> str:
    return "?" if points is None else f"{points:g}"
