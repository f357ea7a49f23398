from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.batch import code


@pytest.mark.parametrize(
    "cell",
    [
        "x = 1",
        "x: int = 1",
        "y, x = 1, 2",
        "x += 1",
        "def x(a):\n    ...",
        "async def x(): ...",
        "class x: ...",
        "x['a'] = 1",
    ],
)
def test_a_cell_that_defines_a_name_belongs_to_its_question(cell: str) -> None:
    assert code.by_question(["y = 2", cell], {"q": ["x"]}) == {"q": (cell,)}


@pytest.mark.parametrize("cell", ["x == 1", "f(x=1)", "# x = 1", "grader.check('q')", "xx = 1", "y = x"])
def test_a_cell_that_uses_a_name_does_not(cell: str) -> None:
    assert code.by_question([cell], {"q": ["x"]}) == {"q": ()}


@given(st.lists(st.text(max_size=200)), st.lists(st.text(max_size=9)))
def test_any_text_is_taken_and_nothing_is_made_up(cells: list[str], names: list[str]) -> None:
    found = code.by_question(cells, {"q": names})
    assert set(found["q"]) <= {cell[: code.MAX_CELL] for cell in cells}


def test_what_is_kept_is_small() -> None:
    many = code.by_question(["x = 1\n" + "y" * 100_000] * 1_000, {"q": ["x"]})
    assert sum(map(len, many["q"])) <= code.MAX_CELL * code.MAX_CELLS


def test_stubs_are_no_attempt() -> None:
    stubs = ("x = ...\ny = ...", "def f():\n    ...\n")
    assert code.attempted(["x = ...\n\ny = ...  ", "def f():\n    ..."], stubs) == set()
    assert code.attempted(["x = 1\ny = ...", "def f():\n    ..."], stubs) == {"x", "y"}
    assert code.attempted([], stubs) == set()
