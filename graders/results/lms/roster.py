"""Who is in a platform's file: a place for each student, and the column that the grades go into."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from graders.results.lms.csvfile import CsvFile, Row

_DECIMAL = re.compile(r"\d+([.,])\d+")


@dataclass(frozen=True)
class Place:
    """A student's row."""

    row: Row
    name: str
    id: str
    """The platform's own."""
    keys: frozenset[str]
    """Other ids, logins and e-mail addresses, without case."""
    kept: str = ""
    """Why the cell is left alone."""
    handed_in: str = ""
    """When, as the platform writes it."""


@dataclass(frozen=True)
class Roster:
    """A platform's file, read."""

    platform: str
    file: CsvFile
    column: int
    possible: float | None
    """The points that the column is of, where the file says so."""
    mark: str
    """Of decimals."""
    places: tuple[Place, ...]

    @property
    def title(self) -> str:
        """The header of the column."""
        return self.file.header[self.column]

    def written(self, points: float) -> str:
        """Points as a cell holds them: two decimals, as both platforms write."""
        return f"{points:.2f}".replace(".", self.mark)


def decimal_mark(cells: Iterable[str]) -> str:
    """The decimal mark that numbers are written with; a point where nothing tells, which every platform reads."""
    marks = {found[1] for cell in cells if (found := _DECIMAL.fullmatch(cell.strip()))}
    return "," if marks == {","} else "."


def refuse_duplicates(file: CsvFile, places: Iterable[Place]) -> None:
    """SetupError where an id stands on two lines: no one could tell which is meant."""
    lines = defaultdict(list)
    for place in places:
        lines[place.id].append(place.row.line)
    for key, found in lines.items():
        if len(found) > 1:
            raise file.error(f"the id {key} stands on line {found[0]} already. Remove one of them.", found[1])
