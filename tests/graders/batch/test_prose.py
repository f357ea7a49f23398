from __future__ import annotations

import time

import pytest

from graders.assignment import Assignment
from graders.batch import autograder, notebooks, prose
from graders.batch.notebooks import Cell
from graders.batch.sheet import Part, Sheet
from graders.build import Distribution
from graders.master import model_answer

ASKED = "### 1a in words (5 points)\n\nWhy does it train poorly?"
SHEET = Sheet(
    "A sheet",
    (
        Part("q1a", "1a The loss", 10.0, ("loss",)),
        Part("q1a_written", "1a in words", 5.0, prompt=ASKED),
        Part("q1b", "1b The discriminator", 10.0, ("best",)),
        Part("q1b_written", "1b in words", 5.0, prompt="### 1b in words (5 points)\n\nAnd why?"),
    ),
)
PLACEHOLDER = "_Type your answer here, replacing this text._"
PROMPT = Cell("markdown", f"<!-- BEGIN QUESTION -->\n\n{ASKED}")
NEXT = Cell("markdown", "<!-- END QUESTION -->\n\n### 1b The discriminator (10 points)\n\nWhat does it learn?")
OTHER = (
    Cell("markdown", "<!-- BEGIN QUESTION -->\n\n### 1b in words (5 points)\n\nAnd why?"),
    Cell("markdown", PLACEHOLDER, frozenset({"otter_answer_cell"})),
    Cell("markdown", "<!-- END QUESTION -->\n\nThe end."),
)


def answer(text: str) -> Cell:
    return Cell("markdown", text, frozenset({"otter_answer_cell"}))


def text(source: str) -> Cell:
    return Cell("markdown", source)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([PROMPT, answer(PLACEHOLDER), NEXT], ""),
        ([PROMPT, answer(" \n"), NEXT], ""),
        ([PROMPT, answer("It saturates."), NEXT], "It saturates."),
        ([PROMPT, answer(f"{PLACEHOLDER}\n\nIt saturates."), NEXT], "It saturates."),
        ([PROMPT, answer("It saturates.  \r\nYes.\r\n"), NEXT], "It saturates.\nYes."),
        ([PROMPT, answer("One."), text("Two."), NEXT], "One.\n\nTwo."),
        ([PROMPT, text("Written anew."), NEXT], "Written anew."),
        ([PROMPT, answer(PLACEHOLDER), Cell("code", "# it saturates"), NEXT], "```\n# it saturates\n```"),
        ([PROMPT, answer("Yes."), Cell("code", 'grader.check("q1a")'), NEXT], "Yes."),
        ([text(f"{PROMPT.source}\n\nIt saturates."), NEXT], "It saturates."),
        ([text(f"{PROMPT.source}\n\nIt saturates.\n\n{NEXT.source}")], "It saturates."),
        ([PROMPT, answer("Yes."), text("### 1b The discriminator (10 points)\nWhat?")], "Yes."),
        ([PROMPT, answer("## My heading\n\nYes."), NEXT], "## My heading\n\nYes."),
        ([NEXT, answer("The question is gone.")], "The question is gone."),
        ([PROMPT, NEXT, answer("Moved down.")], "Moved down."),
        ([PROMPT, NEXT], ""),
        ([], ""),
    ],
)
def test_an_answer_is_found_however_the_notebook_was_edited(cells: list[Cell], expected: str) -> None:
    found = prose.answers([*cells, *OTHER], SHEET)
    assert found == {"q1a_written": expected, "q1b_written": ""}


def test_split_and_spaced_answers_are_the_same_text() -> None:
    one = prose.answers([PROMPT, answer("One.\n\n\n\nTwo.  "), NEXT], SHEET)
    assert one == prose.answers([PROMPT, answer("One."), text("\n"), text("Two."), NEXT], SHEET)


def test_long_answers_are_cut_and_hostile_ones_take_no_time() -> None:
    start = time.process_time()
    for line in ("x" * 5_000_000, "# " + " " * 5_000_000, "# a" + " #" * 2_000_000, "\n" * 5_000_000):
        found = prose.answers([PROMPT, answer(line), NEXT, *OTHER], SHEET)["q1a_written"]
        assert len(found) < prose.MAX_ANSWER + 100
    assert time.process_time() - start < 20


def test_the_real_notebook(built: Distribution, assignment: Assignment) -> None:
    sheet = autograder.load(built.autograder).sheet
    handed_out = notebooks.read(built.student_notebook.read_bytes()).cells
    names = ["q1a_written", "q1c_written", "q2b_written"]
    assert prose.answers(handed_out, sheet) == dict.fromkeys(names, "")
    solved = notebooks.read(built.solved_notebook.read_bytes()).cells
    parts = [part for part in assignment.parts if part.written]
    assert prose.answers(solved, sheet) == {part.name: model_answer(assignment, part) for part in parts}


def test_a_sheet_without_written_parts_has_no_answers() -> None:
    assert prose.answers([PROMPT, answer("Yes."), NEXT], Sheet("A sheet", SHEET.parts[:1])) == {}
