"""The grades of a class as otter writes them: final_grades.csv, the points of each question first."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from graders.batch.record import COMPLETED, Record

FILE_NAME = "final_grades.csv"
SUBMISSIONS = "submissions.csv"
POINTS_ROW = "points-per-question"


def render(records: Sequence[Record], possible: dict[str, float]) -> str:
    """The text of final_grades.csv: otter's columns in otter's order, one row a record, sorted by file."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    questions = sorted(possible)
    full = sum(possible.values())
    table.writerow(["file", *questions, "total_points_earned", "percent_correct", "grading_status"])
    table.writerow([POINTS_ROW, *(possible[q] for q in questions), full, 1.0, "--"])
    for record in sorted(records, key=lambda record: record.file):
        scores = [_score(record, q) for q in questions]
        # what waits for a person has no total, so that it can't be taken for one
        percent = "" if record.needs_person else round(record.total / full, 4) if full else 0.0
        total = "" if record.needs_person else record.total
        table.writerow([safe(record.file), *scores, total, percent, safe(record.status)])
    return text.getvalue()


def _score(record: Record, question: str) -> float | str:
    result = record.questions.get(question)
    if record.failed or (result and result.grader_error):
        return ""
    return result.score if result else 0.0


def render_submissions(records: Sequence[Record], seed: str) -> str:
    """The text of submissions.csv: who handed in what, how it was confined and with which seed, how it went."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["file", "student", "sha256", "sandbox", "seed", "grading_status", "notes"])
    for record in sorted(records, key=lambda record: record.file):
        notes = safe(" | ".join(map(str, record.notes)))
        row = [record.file, record.student, record.sha256, record.level, seed, record.status]
        table.writerow([*map(safe, row), notes])
    return text.getvalue()


# Besides what is printable (which controls, marks of direction and lone surrogates are not) a name may hold spaces
# of other scripts, and the joiners without which Persian, Hindi and others are misspelt.
_SPACES_AND_JOINERS = "\u00a0\u2009\u202f\u3000\u200c\u200d"
# At the start of a cell, for readers that split at semicolons as well: what makes a formula of it, however it is
# spaced or quoted, the row of the points, and what is put there against these.
_OBEYED = re.compile(
    rf"(^|;)(?=[\s\"'{_SPACES_AND_JOINERS}\ufe00-\ufe0f]*(?:[=+\-@\uff1d\uff0b\uff0d\uff20]|{POINTS_ROW})|')",
    re.IGNORECASE,
)


def safe(text: str) -> str:
    """Text that neither a spreadsheet nor a terminal obeys, and that is no row but its own.

    What can't be seen, or turns the direction of what is seen, becomes a replacement character and its code point;
    a formula gets an apostrophe before it. Different texts stay different.
    """
    seen = text if text.isprintable() and "\ufffd" not in text else "".join(map(_seen, text))
    return _OBEYED.sub(r"\1'", seen)


def _seen(character: str) -> str:
    shown = character.isprintable() or character in _SPACES_AND_JOINERS
    return character if shown and character != "\ufffd" else f"\ufffd{ord(character):06x}"


def table(records: Sequence[Record], possible: dict[str, float]) -> str:
    """The grades as aligned text for a terminal, sorted by file, with the reason where there is no result."""
    questions = sorted(possible)
    rows = [("file", *questions, "total", "")]
    for record in sorted(records, key=lambda record: record.file):
        scores = [shown(record, q) for q in questions]
        reason = "" if record.status == COMPLETED else safe(record.status)
        rows.append((safe(record.file), *scores, shown_total(record), reason))
    rows.append(("points", *(f"{possible[q]:g}" for q in questions), f"{sum(possible.values()):g}", ""))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for file, *numbers, reason in rows:
        cells = [number.rjust(width) for number, width in zip(numbers, widths[1:-1], strict=True)]
        lines.append("  ".join([file.ljust(widths[0]), *cells, reason]).rstrip())
    return "\n".join(lines)


def shown(record: Record, question: str) -> str:
    """The score of a question for people: "?" where one has to look, "-" where there is nothing."""
    score = _score(record, question)
    return "?" if score == "" else f"{score:g}" if question in record.questions else "-"


def shown_total(record: Record) -> str:
    """The points earned for people: "?" where one has to look."""
    return "?" if record.needs_person else f"{record.total:g}"
