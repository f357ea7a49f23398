"""What a notebook's own cells show to people is left out, and nothing else of them."""

from __future__ import annotations

import nbformat
import pytest

from graders.batch.pictures import undrawn, without_pictures
from graders.build import Distribution

CELL = "def draw():\n    return 1\n\ndraw();\nshow(\n    draw(),\n)\nx = draw()"


def test_calls_that_nobody_takes_the_value_of_are_left_out_and_lines_stay_where_they_are() -> None:
    assert without_pictures([CELL]) == {CELL: "def draw():\n    return 1\n\n\n\n\n\nx = draw()"}


@pytest.mark.parametrize(
    "cell",
    [
        "grader.check('q1')",
        "np.random.seed(6)",
        "lines.append(1)",
        "x = show(1)",
        "show(1); x = 1",
        "for x in y:\n    show(x)",
        "show",
        "a syntax error",
    ],
)
def test_what_may_do_something_stays(cell: str) -> None:
    assert without_pictures([cell]) == {}


def test_a_cell_that_is_another_one_runs_as_it_is() -> None:
    known = without_pictures([CELL])
    changed = CELL.replace("draw();", "draw()")
    assert undrawn([CELL, changed, CELL + "\n"], known) == [known[CELL], changed, CELL + "\n"]


def test_the_tutorial_is_run_without_its_pictures(built: Distribution) -> None:
    notebook = nbformat.read(built.student_notebook, as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    left = undrawn(cells, without_pictures(cells))
    assert sum(one != other for one, other in zip(cells, left, strict=True)) >= 5
    assert not any(line.startswith(("plot_", "show(")) for cell in left for line in cell.splitlines())
