"""The grades of a class as otter writes them: final_grades.csv, the points of each question first."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from graders.batch.record import COMPLETED, Record
from graders.errors import SetupError

FILE_NAME = "final_grades.csv"
POINTS_ROW = "points-per-question"


def write(records: Sequence[Record], possible: dict[str, float], folder: Path) -> Path:
    """Write final_grades.csv into the folder, whole or not at all.

    `possible` are the points of each question. Raises SetupError when the folder cannot be written.
    """
    path = folder / FILE_NAME
    partial = path.with_suffix(".part")
    try:
        partial.write_text(render(records, possible), encoding="utf-8", newline="")
        partial.replace(path)
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error.strerror}. Give another folder with -o.") from error
    return path


def render(records: Sequence[Record], possible: dict[str, float]) -> str:
    """The text of final_grades.csv: otter's columns in otter's order, one row a record, sorted by file."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    questions = sorted(possible)
    full = sum(possible.values())
    table.writerow(["file", *questions, "total_points_earned", "percent_correct", "grading_status"])
    table.writerow([POINTS_ROW, *(possible[q] for q in questions), full, 1.0, "--"])
    for record in sorted(records, key=lambda record: record.file):
        scores = [record.questions[q].score if q in record.questions else 0.0 for q in questions]
        percent = round(record.total / full, 4) if full else 0.0
        table.writerow([safe(record.file), *scores, record.total, percent, safe(record.status)])
    return text.getvalue()


def safe(text: str) -> str:
    """Text that neither a spreadsheet nor a terminal obeys: no leading formula sign, no control characters."""
    printable = re.sub(
        r"[^\x20-\x7e\u00a1-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\N{REPLACEMENT CHARACTER}", text
    )
    return f"'{printable}" if printable.startswith(("=", "+", "-", "@")) else printable


def table(records: Sequence[Record], possible: dict[str, float]) -> str:
    """The grades as aligned text for a terminal, sorted by file, with the reason where there is no result."""
    questions = sorted(possible)
    rows = [("file", *questions, "total", "")]
    for record in sorted(records, key=lambda record: record.file):
        scores = [f"{record.questions[q].score:g}" if q in record.questions else "-" for q in questions]
        reason = "" if record.status == COMPLETED else safe(record.status)
        rows.append((safe(record.file), *scores, f"{record.total:g}", reason))
    rows.append(("points", *(f"{possible[q]:g}" for q in questions), f"{sum(possible.values()):g}", ""))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for file, *numbers, reason in rows:
        cells = [number.rjust(width) for number, width in zip(numbers, widths[1:-1], strict=True)]
        lines.append("  ".join([file.ljust(widths[0]), *cells, reason]).rstrip())
    return "\n".join(lines)
