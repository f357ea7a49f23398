"""Canvas's gradebook: Student, or LastName and FirstName, ID, logins, Section, assignments as `Title (12345)`."""

from __future__ import annotations

import re
from pathlib import Path

from graders.results.lms import csvfile
from graders.results.lms.csvfile import CsvFile, Row, same
from graders.results.lms.roster import Place, Roster, decimal_mark, refuse_duplicates
from graders.results.tables import number

PLATFORM = "canvas"
_ASSIGNMENT = re.compile(r"(?P<title>.*\S)\s*\((?P<id>\d+)\)\s*", re.DOTALL)
_KEYS = ("SIS User ID", "SIS Login ID", "Integration ID")
_POINTS = "Points Possible"
_LEFT_ALONE = {"EX": "excused (EX)", "N/A": "not assigned (N/A)"}


def read(path: Path, column: str | None) -> Roster:
    """Read an export, and find the assignment `column` in it, or the only one; SetupError says what is missing."""
    file = csvfile.read(path)
    key = file.column("ID")
    names = [i for name in ("Student", "LastName", "FirstName") if (i := file.column(name)) is not None]
    if key is None or not names or file.column("Section") is None:
        raise file.error(
            "Canvas's columns Student, ID and Section are not all there. Export the gradebook from Canvas, and "
            "give it as it is."
        )
    points = next((row for row in file.rows if same(row[0], _POINTS)), None)
    grades = _assignment(file, points, column)
    keys = [i for name in _KEYS if (i := file.column(name)) is not None]
    places = []
    for row in file.rows:
        if row is points or not row[0].strip():
            continue
        if not row[key].strip():
            raise file.error(
                "a student without an ID, which Canvas would take for a new one. Export again.", row.line
            )
        places.append(
            Place(
                row,
                ", ".join(row[i].strip() for i in names),
                row[key].strip(),
                frozenset(row[i].strip().casefold() for i in keys) - {""},
                _LEFT_ALONE.get(row[grades].strip().upper(), ""),
            )
        )
    refuse_duplicates(file, places)
    worth = None if points is None else number(points[grades])
    cells = [row[grades] for row in file.rows if len(row.cells) > grades]
    every = [cell.text for cell in points.cells] if points else []
    return Roster(PLATFORM, file, grades, worth, decimal_mark([*cells, *every]), tuple(places))


def is_test_student(place: Place) -> bool:
    """Whether this is the student that Canvas makes for teachers to try things with."""
    return same(place.name, "Student, Test")


def _assignment(file: CsvFile, points: Row | None, column: str | None) -> int:
    """The column of an assignment, by its header, with or without its number, or by that number."""
    found = {}
    for i, cell in enumerate(file.header.cells):
        read_only = points is not None and "read only" in points[i]
        if (matched := _ASSIGNMENT.fullmatch(cell.text)) and not read_only:
            found[i] = (cell.text, matched["title"], matched["id"])
    chosen = [i for i, names in found.items() if column is None or any(same(column, name) for name in names)]
    if len(chosen) == 1:
        return chosen[0]
    listed = ", ".join(repr(header) for header, *_ in found.values()) or "none"
    what = "more than one assignment" if len(chosen) > 1 else f"no assignment {column!r}" if column else "none"
    raise file.error(f"{what} to fill. Name one with --column; there are: {listed}.")
