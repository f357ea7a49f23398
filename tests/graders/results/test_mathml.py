from __future__ import annotations

import re
from typing import Any

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from graders.answers.expression import MATRICES, RELATIONS, Tree, node, number, read, symbol
from graders.results.mathml import mathml
from solutions.vaes_and_gans import q1d, q2c
from tests.pages import Page

x, y, p_r, D = sp.symbols("x y p_r D")


def words(expression: Any) -> str:
    """What is read aloud, with the structure of fractions and powers in brackets."""
    text: str = mathml(expression if isinstance(expression, Tree) else read(expression))
    text = re.sub(r"</?(math|mrow|mi|mo|mn|mtext|mspace)\b[^>]*>", "", text)
    return re.sub(r"<(/?)m(\w+)[^>]*>", lambda tag: "]" if tag[1] else f"{tag[2]}[", text)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (x + 1, "x+1"),
        (1 - x, "1−x"),
        (-x - 1, "−x−1"),
        (2 * x, "2x"),
        (-x / 2, "−frac[x2]"),
        (x / (x + y), "frac[xx+y]"),
        (1 / x, "frac[1x]"),
        (x**2, "sup[x2]"),
        (sp.sqrt(x), "sqrt[x]"),
        ((x + y) ** 2, "sup[(x+y)2]"),
        ((-x) ** y, "sup[(−x)y]"),
        (x ** (-y), "sup[x−y]"),
        (D * (x + y), "D(x+y)"),
        (sp.log(1 - D), "log(1−D)"),
        (sp.exp(-x), "sup[e−x]"),
        (p_r, "sub[pr]"),
        (sp.Symbol("sigma"), "σ"),
        (sp.Symbol("x12"), "sub[x12]"),
        (sp.Abs(x), "|x|"),
        (sp.Function("p")(x), "p(x)"),
        (sp.Integral(x, (x, 0, 1)), "subsup[∫01]xdx"),
        (sp.Sum(x, (x, 1, y)), "underover[∑x=1y]x"),
        (sp.Rational(1, 2), "frac[12]"),
        (sp.oo, "∞"),
    ],
)
def test_what_is_written(expression: Any, wanted: str) -> None:
    assert words(expression) == wanted


@pytest.mark.parametrize("lines", [q1d.derivation_1d, q2c.derivation_2c])
def test_the_reference_derivations_are_set(lines: list[Any]) -> None:
    for line in lines:
        written = mathml(read(line[0] if isinstance(line, tuple) else line))
        assert not Page(written).problems and "�" not in written


@given(st.text(min_size=1, max_size=40))
def test_names_stay_text(name: str) -> None:
    tree = node(
        "Add", None, [symbol(name), node("Apply", name, [symbol(name)]), node("Indexed", name, [number(1)])]
    )
    assert not Page(mathml(tree)).problems


def test_every_head_is_written() -> None:
    matrix = node("MatrixSymbol", "A", [number(2), number(2)])
    condition = node("Lt", None, [symbol("x"), number(1)])
    trees = [
        node("Piecewise", None, [node("Tuple", None, [symbol("x"), condition])]),
        node("And", None, [condition, condition]),
        node("Trace", None, [matrix]),
        node("MatMul", None, [matrix, matrix]),
        node("MatPow", None, [matrix, number(-1)]),
        *(node(head, None, [symbol("x"), number(1)]) for head in RELATIONS),
        *(node(head, None, [matrix]) for head in ("Determinant", "Inverse", "Transpose", "DiagMatrix")),
        node("Max", None, [symbol("x"), number(10**400)]),
    ]
    assert set(MATRICES)
    for tree in trees:
        assert not Page(mathml(tree)).problems, tree
