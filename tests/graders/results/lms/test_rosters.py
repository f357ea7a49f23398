"""What is no export of the platform, or not whole, is refused with what mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.errors import SetupError
from graders.results.lms import canvas, moodle

FILES = Path(__file__).parent / "files"
HEADER = "Student,ID,SIS Login ID,Section,Tutorial 5 (1),Tutorial 6 (2)\n"
WORKSHEET = "Identifier,Full name,Status,Grade,Maximum grade,Grade can be changed\n"


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("Student,Section,T (1)\nAda,A,\n", None, "columns Student, ID and Section are not all there"),
        ("Student,ID,T (1)\nAda,1,\n", None, "columns Student, ID and Section"),
        ("Student,ID,ID,Section,T (1)\nAda,1,1,A,\n", None, "columns Student, ID and Section"),
        (HEADER + "Ada,7,a,A,,\nBob,8,b,A,,\nEve,7,c,A,,\n", "2", "line 4: the id 7 stands on line 2 already"),
        (HEADER + "Ada,,a,A,,\n", "2", "line 2: a student without an ID"),
        (
            HEADER + "Ada,7,a,A,,\n",
            None,
            "more than one assignment to fill. Name one with --column; there are: 'Tut",
        ),
        (HEADER + "Ada,7,a,A,,\n", "Tutorial 7", "no assignment 'Tutorial 7' to fill"),
        ("Student,ID,Section,Total\nAda,7,A,\n", None, "there are: none"),
        ("Student,ID,Section,T (1)\n    Points Possible,,,(read only)\nAda,7,A,\n", None, "there are: none"),
        (HEADER + "Ada,7,a,A,,\nBob,8,b", "2", "line 3: 3 cells, where the header has 6"),
    ],
)
def test_canvas(text: str, column: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SetupError) as caught:
        canvas.read(path, column)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        (
            WORKSHEET + "Participant 1,Ada,-,,85,Yes\nParticipant 1,Bob,-,,85,Yes\n",
            None,
            "line 3: the id 1 stands on",
        ),
        (WORKSHEET + "Ada,Ada,-,,85,Yes\n", None, "line 2: 'Ada' is no participant of Moodle's"),
        (WORKSHEET + "Participant 1,Ada,-,,85,Yes\n", "Note", "no column 'Note'"),
        ("ID,Name,Note,Rang\nParticipant 1,Ada,,\n", None, "not clear which column holds the grades"),
        (WORKSHEET + "Participant 1,Ada,-,,85,Yes\nParticipant 2,Bob", None, "line 3: 2 cells"),
    ],
)
def test_moodle(text: str, column: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "worksheet.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SetupError) as caught:
        moodle.read(path, column)
    assert said in caught.value.message


@pytest.mark.parametrize("column", ["Tutorial 6: VAEs and GANs (902)", "tutorial 6: vaes and gans", "902"])
def test_an_assignment_is_named_with_or_without_its_number(column: str) -> None:
    assert canvas.read(FILES / "canvas.csv", column).column == 7


def test_a_locked_grade_is_known_in_many_languages() -> None:
    german = moodle.read(FILES / "moodle-german.csv", None)
    assert [bool(place.kept) for place in german.places] == [False, True]
    assert german.title == "Bewertung" and german.mark == "," and german.possible == 85
