from __future__ import annotations

import json
import zipfile
from pathlib import Path

from graders.assignment import Assignment
from graders.batch import autograder, sheet
from graders.build import Distribution
from tests.hostile import corpus


def test_a_build_carries_the_sheet(built: Distribution, assignment: Assignment) -> None:
    with zipfile.ZipFile(built.autograder) as archive:
        read = sheet.from_json(archive.read(sheet.FILE_NAME).decode())
    assert read == autograder.load(built.autograder).sheet
    assert read.title == "Tutorial 6: VAEs and GANs" and read.points == 100
    assert [part.name for part in read.parts] == [part.name for part in assignment.parts]
    titles = {part.name: part.title for part in read.parts}
    # its heading, not that of the section in which the first answer cell stands
    assert titles["q1d"] == "1d What the generator minimises" and titles["q2b_written"] == "2b in words"
    assert [part.name for part in read.parts if part.written] == ["q1a_written", "q1c_written", "q2b_written"]
    (first, *_) = read.parts
    assert "..." in first.stubs[0] and "saturating_slope = ..." in first.stubs[1]
    assert {"a", "p_r", "D", "pr", "x", "i", "K", "mu", "P_A"} < set(read.symbols)


def test_the_sheet_holds_nothing_that_is_not_in_the_students_notebook(built: Distribution) -> None:
    notebook = json.loads(built.student_notebook.read_text(encoding="utf-8"))
    sources = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    for part in autograder.load(built.autograder).sheet.parts:
        assert part.title in sources and all(stub in sources for stub in part.stubs)


def test_an_autograder_without_a_sheet_has_a_part_for_each_question(tmp_path: Path) -> None:
    corpus.write_autograder(tmp_path / "autograder.zip")
    read = autograder.load(tmp_path / "autograder.zip").sheet
    assert read.title == "hostile" and [part.title for part in read.parts] == ["q1", "q2", "q3", "q4", "q5"]
    assert read.parts[0].names == ("square",) and not any(part.written for part in read.parts)
