"""Tables that people fill in: CSVs as spreadsheets of any country write them.

Commas, semicolons or tabs; UTF-8 with or without a mark, or UTF-16; decimal points or commas. What can't be read
for sure is refused, with the line and what mends it.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.errors import SetupError

MAX_BYTES = 64 << 20
_DELIMITERS = (",", ";", "\t")
_LONGEST_HEADER = 100_000
_NUMBER = re.compile(r"[0-9]+([.,][0-9]+)?")


@dataclass(frozen=True)
class Row:
    """A row of a table: the line on which it ends, counted from 1, and its cells by the names of the columns."""

    line: int
    cells: Mapping[str, str]


def read(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> list[Row]:
    """The rows of a table that has these columns, without the empty ones.

    Columns are found by their names, whatever their order and capitals; others are left alone. An optional column
    that is missing has empty cells. SetupError names the file and the line.
    """
    text = _text(path)
    delimiter = max(_DELIMITERS, key=lambda each: len(_known(_header(text, each), required, optional)))
    rows = _rows(path, text, delimiter)
    _, header = next(rows, (1, []))
    places = _known(header, required, optional)
    if missing := [name for name in required if name not in places]:
        there = ", ".join(header)[:200] or "nothing"
        raise SetupError(
            f"{path}, line 1: there is no column {' and no column '.join(missing)}, only {there}. The first line "
            f"must name {', '.join(required)}."
        )
    if twice := [name for name in places if [*map(_folded, header)].count(_folded(name)) > 1]:
        raise SetupError(f"{path}, line 1: there are two columns {twice[0]}: leave one of them.")
    found = []
    for line, cells in rows:
        if len(cells) != len(header):
            raise SetupError(
                f"{path}, line {line}: {len(cells)} cells where the first line has {len(header)}. Where the file "
                "is cut off, export it again; where a cell holds the separator, as in a decimal comma, quote it."
            )
        named = {name: cells[place].strip() for name, place in places.items()}
        found.append(Row(line, {name: named.get(name, "") for name in (*required, *optional)}))
    return found


def number(text: str) -> float | None:
    """A number that is not negative, with a decimal point or comma; None for anything else."""
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text.strip()) else None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > MAX_BYTES:
        raise SetupError(f"{path} is larger than {MAX_BYTES >> 20} MiB: this is no table that people fill in.")
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SetupError(f"{path}, line {line}: this is not UTF-8. Save it as “CSV UTF-8”.") from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise SetupError(f"{path}, line {line}: this is no text. Save it as “CSV UTF-8”.")
    return text


def _rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise SetupError(
            f"{path}, line {reader.line_num}: {error}. A quote is not closed, or the file is cut off: export it "
            "again."
        ) from error


def _header(text: str, delimiter: str) -> list[str]:
    line = next((line for line in text.splitlines() if line.strip()), "")
    return next(csv.reader([line[:_LONGEST_HEADER]], delimiter=delimiter), [])


def _known(header: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> dict[str, int]:
    """Where each of the columns is."""
    names = [*map(_folded, header)]
    return {name: names.index(_folded(name)) for name in (*required, *optional) if _folded(name) in names}


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
