from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from graders.answers import expression
from graders.batch.agreement import digest
from graders.isolation import wire

a, x = sp.symbols("a x")
f = sp.Function("f")


def tree(value: object) -> expression.Tree:
    return expression.read(value)


SAME = [
    ([1.0, 2.0], (1, 2), np.array([[1.0], [2.0]])),
    (0.1 + 0.2, 0.3, np.float64(0.3)),
    (0.0, -0.0, 1e-17, False),
    ({"kl": True, "js": False}, {"js": False, "kl": True}),
    (tree(1 / (1 + sp.exp(-a))), tree((1 + sp.tanh(a / 2)) / 2)),
    (tree(sp.Integral(f(x), x)), tree(sp.Integral(f(x), x))),
    (math.nan, float("nan")),
]


@pytest.mark.parametrize("values", SAME)
def test_the_same_said_in_other_words_agrees(values: tuple[object, ...]) -> None:
    assert len({digest([value]) for value in values}) == 1


def test_what_differs_does_not_agree() -> None:
    values = [values[0] for values in SAME]
    values += [
        2.0,
        -2.0,
        1e300,
        2.001,
        2**2000,
        -(2**2000),
        1j,
        math.inf,
        -math.inf,
        "a",
        tree(a),
        tree(2 * a),
        None,
    ]
    assert len({digest([value]) for value in values}) == len(values)


@pytest.mark.parametrize("nothing", [[], [None], [ValueError("x"), wire.Opaque()], [[None, (None,)]], [...]])
def test_who_said_nothing_agrees_with_nobody(nothing: list[object]) -> None:
    assert digest(nothing) == ""


@given(st.floats(1e-9, 1e9), st.floats(-1e-13, 1e-13))
def test_noise_is_rounded_away(value: float, noise: float) -> None:
    # a value that stands where two roundings meet may go either way
    if abs(math.frexp(value)[0] * 2**20 % 1 - 0.5) > 1e-3:
        assert digest([value]) == digest([value * (1 + noise)])


def test_a_formula_without_values_is_known_by_its_form() -> None:
    log = tree(sp.log(sp.Symbol("a", positive=True), evaluate=False))
    assert digest([log]) == digest([tree(sp.log(a))])
    assert digest([tree(sp.zoo)]) != digest([tree(sp.nan)])


def test_a_tower_of_powers_costs_nothing() -> None:
    tower = sp.Integer(10)
    for _ in range(3):
        tower = sp.Pow(10, tower, evaluate=False)
    assert digest([tree(tower)])
