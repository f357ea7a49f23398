"""The grades of a class as otter writes them: final_grades.csv, the points of each question first."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from graders.batch.record import COMPLETED
from graders.results.standing import Cohort, Score, Standing
from graders.results.written import NOT_MARKED

FILE_NAME = "final_grades.csv"
SUBMISSIONS = "submissions.csv"
POINTS_ROW = "points-per-question"
WITH_WRITTEN = "total_with_written"


def render(cohort: Cohort) -> str:
    """The text of final_grades.csv, one row a submission, sorted by file.

    Otter's columns come first, in otter's order and with what otter counts: the parts that are judged. What people
    marked follows, then the total of both.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    possible = cohort.run.possible
    questions = sorted(possible)
    full = sum(possible.values())
    written = cohort.run.written
    ours = [*written, WITH_WRITTEN] if written else []
    table.writerow(["file", *questions, "total_points_earned", "percent_correct", "grading_status", *ours])
    both = [*written.values(), full + sum(written.values())] if written else []
    table.writerow([POINTS_ROW, *(possible[q] for q in questions), full, 1.0, "--", *both])
    for standing in cohort.standings:
        scores = [_cell(standing.scores[q].points) for q in questions]
        # what waits for a person has no total, so that it can't be taken for one
        graded = standing.graded
        percent = None if graded is None else round(graded / full, 4) if full else 0.0
        row = [safe(standing.record.file), *scores, _cell(graded), _cell(percent), safe(standing.status)]
        table.writerow([*row, *_marked(standing, written)])
    return text.getvalue()


def _marked(standing: Standing, written: Iterable[str]) -> list[float | str]:
    """The cells of the written parts and of the total: points, or why there are none."""
    scores = [standing.scores[name] for name in written]
    cells = [score.points if score.points is not None else _why(score) for score in scores]
    missing = NOT_MARKED if standing.unmarked else ""
    return [*cells, missing if standing.total is None else standing.total] if cells else []


def _why(score: Score) -> str:
    return score.written.state if score.written else ""


def _cell(points: float | None) -> float | str:
    return "" if points is None else points


def render_submissions(cohort: Cohort) -> str:
    """The text of submissions.csv: who handed in what, how it was confined and with which seed, how it went."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["file", "student", "sha256", "sandbox", "seed", "grading_status", "notes"])
    for standing in cohort.standings:
        record = standing.record
        notes = safe(" | ".join(map(str, record.notes)))
        seed = record.seed or cohort.run.seed
        row = [record.file, record.student, record.sha256, record.level, seed, standing.status]
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


def table(cohort: Cohort) -> str:
    """The grades as aligned text for a terminal, sorted by file, with the reason where there is no result."""
    possible = cohort.run.possible
    questions = sorted(possible)
    written = cohort.run.written
    ours = ("written", "with written") if written else ()
    rows = [("file", *questions, "total", *ours, "")]
    for standing in cohort.standings:
        scores = [shown(standing, q) for q in questions]
        reason = "" if standing.status == COMPLETED else safe(standing.status)
        both = _shown_written(standing, written) if written else ()
        rows.append((safe(standing.record.file), *scores, shown_total(standing), *both, reason))
    full = sum(possible.values())
    both = (f"{sum(written.values()):g}", f"{full + sum(written.values()):g}") if written else ()
    rows.append(("points", *(f"{possible[q]:g}" for q in questions), f"{full:g}", *both, ""))
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    """Rows as text for a terminal: the first columns and the last one are texts, between them are numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if place < texts or place == len(row) - 1 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def shown(standing: Standing, question: str) -> str:
    """The score of a question for people: "?" where one has to look, "-" where there is nothing."""
    score = standing.scores[question]
    if score.points is None:
        return "?"
    return f"{score.points:g}" if score.decisions or question in standing.record.questions else "-"


def shown_total(standing: Standing) -> str:
    """The points that the grader gave, for people: "?" where one has to look."""
    return "?" if standing.graded is None else f"{standing.graded:g}"


def _shown_written(standing: Standing, written: Iterable[str]) -> tuple[str, str]:
    """What persons gave, and the points of all: "-" where something is not marked."""
    points = [standing.scores[name].points for name in written]
    total = "?" if standing.waiting else "-" if standing.total is None else f"{standing.total:g}"
    return ("-" if None in points else f"{sum(each or 0.0 for each in points):g}", total)
