"""What is remarked on the names of a notebook, and what is not."""

from __future__ import annotations

import pytest

from graders.batch import names
from graders.batch.remarks import Remark, remarks

SYMBOLS = ("i", "x", "D", "K")
QUESTIONS = {"q1": ("D_star", "f"), "q2": ("derivation",)}
DECLARED = "i, x, D = sp.symbols('i x D')\nK = sp.Symbol('K')"
CHECKS = ('grader.check("q1")', 'grader.check("q2")')


def remarked(*cells: str) -> list[Remark]:
    return remarks(names.read([DECLARED, *cells]), SYMBOLS, QUESTIONS)


@pytest.mark.parametrize(
    ("cells", "place", "said"),
    [
        (
            ("y = 1\nfor i in range(3):\n    print(i)", "derivation = [sp.Sum(i, i)]"),
            (2, 2),
            "`i` another value (by a loop)",
        ),
        (("x = np.linspace(0, 1)", "derivation = [x]"), (2, 1), "`x` another value (by an assignment)"),
        (("D = 1 / x", "D_star = D"), (2, 1), "`D_star` in cell 3 needs it"),
        (("derivation = []\nK = 3", "derivation.append(K)"), (2, 2), "`derivation` in cell 3"),
        (("half = 1 / K\nK = 3", "derivation = [half, K]"), (2, 2), "`K`"),
        (("x = 3", "helper = 2 * x", "derivation = [helper]"), (2, 1), "cell 3 needs it"),
        (
            ("def total(f):\n    return sp.Sum(f, (i, 1, K))", "for i in 'ab': pass", "derivation = [total(1)]"),
            (3, 1),
            "`i`",
        ),
        (("from values import x", "derivation = [x]"), (2, 1), "(by an import)"),
        (("with open('a') as x: pass", "derivation = [x]"), (2, 1), "`x`"),
        (("y = [x for _ in 'ab' if (x := 1)]", "derivation = [x]"), (2, 1), "`x`"),
        (("for i in 'ab': pass\n%matplotlib inline", "derivation = [i]"), (2, 1), "`i`"),
    ],
)
def test_symbols_that_were_overwritten_before_an_answer(
    cells: tuple[str, ...], place: tuple[int, int], said: str
) -> None:
    (remark,) = remarked(*cells)
    assert (remark.cell, remark.line) == place and said in remark.text and remark.costly


@pytest.mark.parametrize(
    "cells",
    [
        ("for i in range(3):\n    print(i)", "derivation = [sp.Sum(x, x)]"),
        ("for i in range(3):\n    print(i)", DECLARED, "derivation = [i]"),
        ("derivation = [i]", "for i in range(3):\n    print(i)"),
        ("y = [i for i in range(3)]\nlambda x: x\n{x: i for x, i in y}", "derivation = [i, x]"),
        ("def f(x, i):\n    D = 1\n    for K in x: pass\n    return D", "derivation = [i, x, D, K]"),
        ("y = 1\nfor y in range(3): pass", "derivation = [y]"),
        ("x = np.linspace(0, 1)", "plt.plot(x)", "derivation = [i]"),
        ("x = 3", "derivation = ...", "derivation = [i]"),
        ("def g(x):\n    return x + i", "derivation = [g(1)]"),
        ("x = sp.Symbol('x', real=True)", "derivation = [x]"),
    ],
)
def test_names_that_are_as_they_should_be(cells: tuple[str, ...]) -> None:
    assert remarked(*cells) == []


def test_a_name_that_was_no_symbol_before_is_not_overwritten() -> None:
    assert remarks(names.read(["x = 1", "derivation = [x]", DECLARED]), SYMBOLS, QUESTIONS) == []
    assert remarks(names.read([DECLARED, "x = 1", "derivation = [x]"]), (), QUESTIONS) == []


def test_the_last_definition_before_the_check_counts() -> None:
    (remark,) = remarked("D_star = 1", "\nD_star = 2", *CHECKS)
    assert (remark.cell, remark.line, remark.costly) == (3, 2, False)
    assert (
        remark.text
        == "`D_star` is defined here, and was in cell 2, line 1. The last before the check counts, this one."
    )


def test_a_definition_below_the_check_does_not_count() -> None:
    (remark,) = remarked("def f(): return 1", *CHECKS, "def f(): return 2")
    assert (remark.cell, remark.line, remark.costly) == (2, 1, True)
    assert "again in cell 5, line 1, below the check in cell 3. What stands above the check counts" in remark.text


@pytest.mark.parametrize(
    "cells",
    [
        ("D_star = ...", "D_star = 1", *CHECKS),
        ("D_star = 1", *CHECKS, "D_star = ..."),
        ("D_star = 1", "D_star = simplify(D_star)", *CHECKS),
        ("derivation = [1]", "derivation += [2]", *CHECKS),
        ("derivation = [1]", "derivation[0] = 2", *CHECKS),
        ("if a:\n    D_star = 1\nelse:\n    D_star = 2", *CHECKS),
        (*CHECKS, "D_star = 1"),
        ("D_star = 1", *CHECKS, "E_star = 1"),
        ("def g():\n    D_star = 1", "D_star = 2"),
    ],
)
def test_what_is_no_second_definition(cells: tuple[str, ...]) -> None:
    assert remarked(*cells) == []


def test_checked_again_the_last_check_counts() -> None:
    (remark,) = remarked("D_star = 1", *CHECKS, "D_star = 2", *CHECKS)
    assert not remark.costly and remark.cell == 5


def test_remarks_are_few_and_bounded() -> None:
    cells = ["x = 1\nderivation = [x]\nx = sp.Symbol('x')"] * 500
    found = remarked(*cells)
    assert len(found) == 10 and max(len(remark.text) for remark in found) < 300
