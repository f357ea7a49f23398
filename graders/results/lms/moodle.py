"""Moodle's offline grading worksheet, in whatever language: only its order and what its cells look like are fixed.

Identifier, Full name, what the site shows of a student, Status, [Group,] Grade, Maximum grade, [Marking workflow
state,] Grade can be changed, Last modified (submission), …
"""

from __future__ import annotations

import re
from pathlib import Path

from graders.results.lms import csvfile
from graders.results.lms.csvfile import CsvFile
from graders.results.lms.roster import Place, Roster, decimal_mark, refuse_duplicates
from graders.results.tables import number

PLATFORM = "moodle"
_PARTICIPANT = re.compile(r"\D*?(?P<id>\d+)\s*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_KEYS = ("ID number", "Username")
_GRADE = "Grade"
_SUBMITTED = "Last modified (submission)"
# "Grade can be changed" is one of these, at most two columns after the maximum
_YES = frozenset(
    ("yes", "ja", "oui", "sí", "sì", "sim", "tak", "ano", "да", "evet", "kyllä", "igen", "はい", "是")
)
_NO = frozenset(
    ("no", "nein", "non", "não", "nee", "nie", "nej", "nei", "ne", "нет", "hayır", "ei", "nem", "いいえ", "否")
)


def read(path: Path, column: str | None) -> Roster:
    """Read a worksheet, and find `column` in it, or that of the grades; SetupError says what is missing."""
    file = csvfile.read(path)
    grades = _grades(file, column)
    locks = _locks(file, grades)
    keys = [i for name in _KEYS if (i := file.column(name)) is not None]
    submitted = file.column(_SUBMITTED)
    places = []
    for row in file.rows:
        found = _PARTICIPANT.fullmatch(row[0])
        if found is None:
            raise file.error(
                f"{row[0][:40]!r} is no participant of Moodle's. Give the grading worksheet that the assignment "
                "offers for download.",
                row.line,
            )
        shown = [cell.text.strip() for cell in row.cells[2:grades]]
        logins = {row[i].strip() for i in keys} | {text for text in shown if _EMAIL.fullmatch(text)}
        locked = locks is not None and row[locks].strip().casefold() in _NO
        places.append(
            Place(
                row,
                row[1].strip(),
                found["id"],
                frozenset(map(str.casefold, logins)) - {""},
                "Moodle lets nobody change it" if locked else "",
                row[submitted].strip() if submitted is not None else "",
            )
        )
    refuse_duplicates(file, places)
    most = {number(row[grades + 1]) for row in file.rows} if grades + 1 < len(file.header.cells) else set()
    cells = [row[i] for row in file.rows for i in (grades, grades + 1) if i < len(row.cells)]
    return Roster(
        PLATFORM, file, grades, most.pop() if len(most) == 1 else None, decimal_mark(cells), tuple(places)
    )


def _grades(file: CsvFile, column: str | None) -> int:
    """The column of the grades: by its name, or before the one in which everybody has the same number."""
    found = file.column(column or _GRADE)
    if found is not None:
        return found
    listed = ", ".join(repr(cell.text) for cell in file.header.cells)
    if column:
        raise file.error(f"no column {column!r}, or more than one. There are: {listed}.")
    chosen = []
    for i in range(2, len(file.header.cells) - 1):
        grades, most = [row[i] for row in file.rows], {number(row[i + 1]) for row in file.rows}
        plain = all(not grade.strip() or number(grade) is not None for grade in grades)
        if plain and len(most) == 1 and None not in most:
            chosen.append(i)
    if len(chosen) == 1:
        return chosen[0]
    raise file.error(f"it is not clear which column holds the grades. Name it with --column; there are: {listed}.")


def _locks(file: CsvFile, grades: int) -> int | None:
    """The column that says whether a grade can be changed, where its language is known."""
    for i in range(grades + 2, min(grades + 4, len(file.header.cells))):
        answers = {row[i].strip().casefold() for row in file.rows}
        if answers and answers <= _YES | _NO:
            return i
    return None
