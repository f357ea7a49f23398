from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.errors import SetupError
from graders.results.lms import csvfile

CELL = st.text(alphabet=st.sampled_from(list("ab,;\t\"'\n\r é=")), max_size=6)
TABLE = st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=5)


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "export.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@given(TABLE, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.booleans())
def test_all_cells_are_read_and_no_byte_is_lost(rows: list[list[str]], end: str, mark: bool, quoted: bool) -> None:
    rows = [["Student", "ID", "Section"], *([f"x{row[0]}", *row[1:]] for row in rows)]
    quoted = quoted or any(set(cell) & {"\n", "\r"} for row in rows for cell in row)
    text = io.StringIO()
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerows(rows)
    content = ("\ufeff" * mark + text.getvalue()).encode()
    with tempfile.TemporaryDirectory() as folder:
        file = csvfile.read(written(Path(folder), content))
    assert [[cell.text for cell in row.cells] for row in (file.header, *file.rows)] == rows
    assert file.changed({}) == content
    changed = file.changed({(file.rows[-1], 2): "85.00"})
    again = list(csv.reader(io.StringIO(changed.decode("utf-8-sig"), newline="")))
    assert again == [*rows[:-1], [*rows[-1][:2], "85.00"]]


def test_only_the_cell_changes_and_keeps_its_quotes(tmp_path: Path) -> None:
    content = '\ufeffStudent;ID\r\n"O ""B""";"1"\r\nAda;\r\n\r\n'
    file = csvfile.read(written(tmp_path, content))
    changed = file.changed({(file.rows[0], 1): "2", (file.rows[1], 1): "3"})
    assert changed.decode() == content.replace('"1"', '"2"').replace("Ada;", "Ada;3")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b,c\n1,2,3\n4,5", "line 3: 2 cells, where the header has 3"),
        ("a,b,c\n1,2,3,4\n", "line 2: 4 cells"),
        ('a,b\n1,"two\nlines\n', "line 2: a quote that is not closed"),
        ('a,b\n"1"2,3\n', "line 2: a quote"),
        ("", "no columns"),
        ("one\n", "no columns"),
        ("a,b\n\xff".encode("latin-1"), "line 2: this is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "line 1: this is not UTF-8"),
        ("a,b\n1\0,2\n", "line 2: this is no text"),
    ],
)
def test_what_is_damaged_is_refused_with_its_line(content: str | bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError) as caught:
        csvfile.read(written(tmp_path, content))
    assert said in caught.value.message and str(tmp_path / "export.csv") in caught.value.message


def test_a_missing_or_a_huge_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match="cannot be read"):
        csvfile.read(tmp_path / "missing.csv")
    monkeypatch.setattr(csvfile, "MAX_BYTES", 3)
    with pytest.raises(SetupError, match="larger than"):
        csvfile.read(written(tmp_path, "a,b\n"))
