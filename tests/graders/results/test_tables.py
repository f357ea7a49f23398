from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.errors import SetupError
from graders.results import tables

COLUMNS = ("file", "points", "reason")


def rows(content: bytes | str, folder: Path) -> list[dict[str, str]]:
    path = folder / "table.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [dict(row.cells) for row in tables.read(path, COLUMNS, ["by"])]


ADA = {"file": "Zoë.ipynb", "points": "2,5", "reason": "a; b, c", "by": ""}
WANTED = 'file,points,reason\nZoë.ipynb,"2,5","a; b, c"\n'


@pytest.mark.parametrize(
    "content",
    [
        WANTED,
        WANTED.replace("\n", "\r\n"),
        WANTED.replace("\n", "\r"),
        "\ufeff" + WANTED,
        WANTED.encode("utf-16"),
        WANTED.rstrip("\n"),
        WANTED + "\n,,\n  ,,\n",
        'File; POINTS ;Reason\nZoë.ipynb;2,5;"a; b, c"\n',
        "file\tpoints\treason\nZoë.ipynb\t2,5\ta; b, c\n",
        'reason,other,points,file\n"a; b, c",x,"2,5",Zoë.ipynb\n',
    ],
)
def test_tables_of_any_spreadsheet_are_read(content: bytes | str, tmp_path: Path) -> None:
    assert rows(content, tmp_path) == [ADA]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", r"line 1: there is no column file and no column points.*only nothing"),
        ("x" * 200_000, r"line 1: field larger"),
        ("file,reason\n", r"line 1: there is no column points, only file, reason\. The first line must name file"),
        ("file,points,reason,Points\n", r"line 1: there are two columns points"),
        ("file,points,reason\na,1,b\nc,2\n", r"line 3: 2 cells where the first line has 3.*export it again"),
        ("file,points,reason\na,2,5,b\n", r"line 2: 4 cells.*decimal comma, quote it"),
        ('file,points,reason\na,1,"cut o', r"line 2: unexpected end of data.*A quote is not closed"),
        ('file,points,reason\na,1,"b"c\n', r"line 2: .*quote"),
        ("file,points,reason\na,1,ü\n".encode("latin-1"), r"line 2: this is not UTF-8. Save it as"),
        ("file,points,reason\na,1,\0\n", r"line 2: this is no text"),
        ("file,points,reason\na,1," + "x" * 200_000, r"line 2: field larger"),
    ],
)
def test_what_cannot_be_read_for_sure_is_refused(content: bytes | str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"table\.csv, " + said):
        rows(content, tmp_path)


def test_what_is_no_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match="cannot be read"):
        tables.read(tmp_path, COLUMNS)
    with pytest.raises(SetupError, match="cannot be read"):
        tables.read(tmp_path / "none.csv", COLUMNS)
    monkeypatch.setattr(tables, "MAX_BYTES", 10)
    with pytest.raises(SetupError, match="larger than"):
        rows(WANTED, tmp_path)


def test_rows_know_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('file,points,reason\na,1,"two\nlines"\n\nb,2,c\n', encoding="utf-8")
    assert [row.line for row in tables.read(path, COLUMNS)] == [3, 5]


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), min_size=3, max_size=3)))
def test_what_a_csv_writer_wrote_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, written: list[list[str]]
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *written])
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    stripped = [[cell.strip() for cell in row] for row in written]
    assert [list(row.cells.values()) for row in tables.read(path, COLUMNS)] == [r for r in stripped if any(r)]


@pytest.mark.parametrize(("text", "value"), [("2", 2), (" 2.5 ", 2.5), ("2,5", 2.5), ("0", 0)])
def test_numbers_have_points_or_commas(text: str, value: float) -> None:
    assert tables.number(text) == value


@pytest.mark.parametrize("text", ["", "-1", "1e3", "nan", "inf", "1.000,5", "1,2,3", "٣", "2 points", "+1", "."])
def test_nothing_else_is_a_number(text: str) -> None:
    assert tables.number(text) is None
