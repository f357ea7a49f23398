"""A platform's CSV, read with the place of every cell, so that some can be changed and every other byte stays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from graders.errors import SetupError

MAX_BYTES = 64 << 20
_DELIMITERS = ",;\t"
_BOM = "\ufeff"
_AGAIN = "Export it from the platform once more."


@dataclass(frozen=True)
class Cell:
    """What a cell says, and where it stands in the text, quotes included."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Row:
    """A row that is not blank, with the line that it begins on, counted from 1."""

    line: int
    cells: tuple[Cell, ...]

    def __getitem__(self, column: int) -> str:
        return self.cells[column].text


@dataclass(frozen=True)
class CsvFile:
    """A header, and rows of as many cells; those that begin with an empty cell may be shorter."""

    path: Path
    text: str
    delimiter: str
    header: Row
    rows: tuple[Row, ...]

    def error(self, problem: str, line: int | None = None) -> SetupError:
        """What is wrong with the file, and on which line."""
        return SetupError(f"{self.path}{f', line {line}' if line else ''}: {problem}")

    def column(self, name: str) -> int | None:
        """Where the column of this name is, in whatever case; nothing where there is none, or more than one."""
        found = [i for i, cell in enumerate(self.header.cells) if same(cell.text, name)]
        return found[0] if len(found) == 1 else None

    def changed(self, values: Mapping[tuple[Row, int], str]) -> bytes:
        """The file with other texts in some cells, by row and column; quoted where they were or have to be."""
        parts, done = [], 0
        for cell, value in sorted(((row.cells[i], value) for (row, i), value in values.items()), key=_start):
            quoted = self.text.startswith('"', cell.start) or self.delimiter in value
            parts += [self.text[done : cell.start], f'"{value}"' if quoted else value]
            done = cell.end
        return "".join([*parts, self.text[done:]]).encode()


def _start(change: tuple[Cell, str]) -> int:
    return change[0].start


def same(one: str, other: str) -> bool:
    """Whether two headers are the same: their case changed between versions of the platforms."""
    return one.strip().casefold() == other.strip().casefold()


def read(path: Path) -> CsvFile:
    """Read a CSV in UTF-8 with commas, semicolons or tabs; SetupError names the line that is wrong."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > MAX_BYTES:
        raise SetupError(f"{path} is larger than {MAX_BYTES >> 20} MiB: that is no export of a class.")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SetupError(
            f"{path}, line {line}: this is not UTF-8. {_AGAIN} A spreadsheet must save it as CSV UTF-8."
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise SetupError(f"{path}, line {line}: this is no text. {_AGAIN}")
    return parse(path, text)


def parse(path: Path, text: str) -> CsvFile:
    """The CSV in the text of a file."""
    delimiter = max(_DELIMITERS, key=lambda each: _width(text, each))
    rows = list(_rows(path, text, delimiter))
    if not rows or len(rows[0].cells) < 2:
        raise SetupError(f"{path} has no columns: give the CSV that the platform exports.")
    header = rows[0]
    for row in rows[1:]:
        if len(row.cells) != len(header.cells) and row[0].strip():
            raise SetupError(
                f"{path}, line {row.line}: {len(row.cells)} cells, where the header has {len(header.cells)}. The "
                f"file was cut short, or changed by hand. {_AGAIN}"
            )
    return CsvFile(path, text, delimiter, header, tuple(rows[1:]))


def _width(text: str, delimiter: str) -> int:
    """How often the first three rows are divided by a delimiter, as Canvas decides."""
    rows = _rows(None, text, delimiter)
    return sum(len(row.cells) - 1 for row, _ in zip(rows, range(3), strict=False))


def _rows(path: Path | None, text: str, delimiter: str) -> Iterator[Row]:
    """The rows that are not blank. Without a path, what is malformed ends them instead of being an error."""
    cell = re.compile(
        rf'(?:"([^"]*(?:""[^"]*)*)"|([^"{delimiter}\r\n][^{delimiter}\r\n]*|))({delimiter}|\r\n|\n|\r|\Z)'
    )
    place = len(_BOM) if text.startswith(_BOM) else 0
    line, cells, first = 1, list[Cell](), 1
    while place < len(text) or cells:
        found = cell.match(text, place)
        if found is None:
            if path is None:
                return
            raise SetupError(f"{path}, line {line}: a quote that is not closed, or text beside one. {_AGAIN}")
        quoted, plain, end = found.groups()
        value = plain if quoted is None else quoted.replace('""', '"')
        cells.append(Cell(value, place, found.start(3)))
        line += len(re.findall(r"\r\n|\n|\r", found[0]))
        place = found.end()
        if end != delimiter:
            if len(cells) > 1 or value:
                yield Row(first, tuple(cells))
            cells, first = [], line
