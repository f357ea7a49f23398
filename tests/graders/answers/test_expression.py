"""Reading, sending, canonical forms and parsing of expressions."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.answers.expression import (
    MAX_BITS,
    Tree,
    as_number,
    canonical,
    decode,
    encode,
    free_names,
    node,
    read,
    show,
    spread,
)
from graders.answers.parse import parse
from graders.answers.verdict import Wrong

X, Y = sp.symbols("x y")
N, K = sp.symbols("i K", integer=True)
MU = sp.IndexedBase("mu")
P = sp.Function("p_r")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (np.int64(-3), "-3"),
        (Fraction(6, 4), "3/2"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.3"),
        (np.float64(0.25), "0.25"),
        (np.float32(0.1), "0.1"),
        (np.array(2.5), "2.5"),
        (2.0, "2"),
        (sp.Float(0.1), "0.1"),
        (sp.Float("0.333333333333333"), "0.333333333333333"),
        (sp.Float("0.33", 2), "0.33"),
        (Decimal(1) / 8, "0.125"),
        (1e300, "1e+300"),
        (float("inf"), "oo"),
        (sp.zoo, "zoo"),
        (sp.Eq(X, 0), "x"),
        (sp.Eq(0, X**2, evaluate=False), "x**2"),
        (sp.Eq(Y, X**2), "x**2"),
        (sp.Eq(X**2, Y), "x**2"),
        (sp.solve(Y - X**2, Y), "x**2"),
        (sp.solve([Y - X**2], [Y], dict=True), "x**2"),
        ([(X**2,)], "x**2"),
        (sp.solveset(X - 3, X), "3"),
        (sp.UnevaluatedExpr(X), "x"),
        (sp.Dummy("x"), "x"),
        (sp.sqrt(X), "x**(1/2)"),
        (MU[sp.Idx("i")], "mu[i]"),
        (sp.exp(1), "E"),
    ],
)
def test_values_are_read(value: object, text: str) -> None:
    assert show(read(value)) == text


def test_reading_ignores_assumptions_and_order() -> None:
    a = sp.Symbol("x", positive=True) + sp.log(sp.Symbol("y", real=True))
    assert read(a) == read(sp.Add(sp.log(Y), X, evaluate=False))
    assert len({read(a), read(X + sp.log(Y))}) == 1
    assert read(a) != read(X + sp.log(X))


def test_a_tree_is_read_as_itself() -> None:
    tree = read(X + 1)
    assert read(tree) is tree
    with pytest.raises(AttributeError):
        tree.head = "Mul"  # type: ignore[misc]


class Evil:
    """Answers every question with a lie."""

    def __getattr__(self, name: str) -> Any:
        raise SystemExit

    __class__ = property(lambda self: sp.Symbol)


class Impostor(sp.Symbol):  # type: ignore[misc]
    """A symbol that equals everything."""

    def __eq__(self, other: object) -> bool:
        raise SystemExit

    __hash__ = sp.Symbol.__hash__


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "is None"),
        (..., "placeholder"),
        ("x + 1", "without quotation marks"),
        ([X, Y], "collection"),
        ({"x": 1}, "collection"),
        (np.array([1.0]), "collection"),
        (sp.Matrix([[X]]), "matrix"),
        (sp.ImmutableMatrix([[X]]), "matrix"),
        (lambda: X, "is a function"),
        (sp.Symbol, "is a function"),
        (sp.log, "is a function"),
        (True, "True or False"),
        (np.True_, "True or False"),
        (sp.true, "condition"),
        (X > 1, "condition"),
        (sp.Eq(X**2, Y**2), "equation"),
        (sp.Tuple(X, Y), "tuple"),
        (object(), "something else"),
        (sp.Derivative(P(X), X), r"\.doit\(\)"),
        (sp.Limit(X, X, 0), r"\.doit\(\)"),
        (sp.Interval(0, 1), "not supported"),
        (sp.Integral(X, (X, 0)), "both limits"),
        (1 << (MAX_BITS + 1), "too large"),
    ],
)
def test_what_is_no_expression_gets_a_clear_message(value: object, words: str) -> None:
    with pytest.raises(Wrong, match=words) as caught:
        read(value, "`D_star`")
    assert caught.value.hint.startswith("`D_star`")


@pytest.mark.parametrize(
    "make", [Evil, lambda: Impostor("x"), lambda: 1 + sp.exp(Impostor("x")), lambda: [Evil()]]
)
def test_objects_that_lie_are_not_asked(make: Any) -> None:
    with pytest.raises(Wrong):
        read(make())


EXAMPLES = [
    X + 1,
    sp.Rational(-2, 3) * sp.exp(-(X**2)) / sp.pi,
    sp.Integral(P(X) * sp.log(P(X)), (X, -sp.oo, sp.oo)) - sp.log(4),
    sp.Sum(MU[N] ** 2, (N, 1, K)) - sp.log(sp.Product(MU[N], (N, 1, K))),
    sp.Piecewise((X, X > 0), (sp.I * Y, True)),
    sp.Max(X, Y, 0),
    sp.Trace(sp.MatrixSymbol("S", 2, 2) * sp.ImmutableMatrix([[X, 0], [0, Y]])),
    sp.binomial(X, Y) + sp.factorial(X) + sp.atan2(X, Y) + sp.Abs(X),
    sp.Integer(10) ** 400,
]


@pytest.mark.parametrize("expression", EXAMPLES, ids=str)
def test_the_wire_keeps_the_tree(expression: Any) -> None:
    tree = read(expression)
    assert decode(json.loads(json.dumps(encode(tree)))) == tree


def test_shared_parts_travel_once() -> None:
    tree = read(X)
    for _ in range(10):
        tree = node("Add", None, (tree, node("sin", None, (tree,))))
    assert len(encode(tree)) == 21
    assert decode(encode(tree)) == tree


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "x",
        [["Symbol", "x"]],
        [["Symbol", "x", [0]]],
        [["Symbol", "x", []], ["sin", None, [1]]],
        [["Symbol", "x", []], ["sin", None, [-1]]],
        [["Symbol", "x", []], ["sin", None, [True]]],
        [["Symbol", "x", []], ["sin", None, [0, 0]]],
        [["Symbol", 3, []]],
        [["Symbol", "", []]],
        [["Integer", True, []]],
        [["Integer", "3", []]],
        [["Integer", 3.0, []]],
        [["Integer", 1 << 5000, []]],
        [["Rational", [1, 0], []]],
        [["Rational", [2, 1], []]],
        [["Rational", [1, -2], []]],
        [["Constant", "os", []]],
        [["Bound", 0, []]],
        [["eval", None, []]],
        [["Tuple", None, []]],
        [["Symbol", "x", []], ["Tuple", None, [0]]],
        [["Constant", "true", []]],
        [["Constant", "true", []], ["sin", None, [0]]],
        [["Symbol", "x", []], ["Sum", None, [0, 0]]],
        [["Symbol", "x", []], ["Integer", 1 << 40, []], ["Pow", None, [0, 1]]],
        [["Symbol", "x", []], *([["Add", None, [k, k]] for k in range(40)])],
    ],
)
def test_a_malformed_message_is_refused(data: object) -> None:
    with pytest.raises(Wrong):
        decode(data)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
HEADS = st.sampled_from(
    ["Add", "Symbol", "Integer", "Rational", "Pow", "Sum", "Tuple", "Matrix", "Trace", "log", "?"]
)


def test_what_a_child_sends_is_not_quoted() -> None:
    for head, value in (("SECRET", None), ("Symbol", "SECRET" * 100), ("Constant", "SECRET")):
        with pytest.raises(Wrong) as wrong:
            decode([[head, value, []]])
        assert "SECRET" not in wrong.value.hint


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(HEADS, SCALARS, st.lists(st.integers(-1, 5), max_size=3)).map(list), max_size=6))
def test_decoding_anything_gives_a_tree_or_wrong(data: list[Any]) -> None:
    try:
        tree = decode(data)
    except Wrong:
        return
    assert decode(encode(tree)) == tree


def unevaluated(*args: Any) -> Any:
    return sp.Mul(*args, evaluate=False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (sp.Add(X, 0, evaluate=False), X),
        (sp.Add(X, X, evaluate=False), 2 * X),
        (unevaluated(1, X), X),
        (unevaluated(2, X, sp.Rational(1, 2)), X),
        (unevaluated(2, sp.Add(X / 2, Y / 2)), X + Y),
        (unevaluated(X, X), X**2),
        (sp.Pow(X, 1, evaluate=False), X),
        (sp.Pow(X * Y, 2, evaluate=False), X**2 * Y**2),
        (sp.Add(X, sp.Add(Y, -X, evaluate=False), evaluate=False), Y),
        (sp.log(sp.Rational(1, 2), evaluate=False), -sp.log(2)),
        (sp.Sum(MU[N], (N, 1, K)), sp.Sum(MU[Y], (Y, 1, K))),
        (sp.Integral(P(X), X), sp.Integral(P(Y), (Y, -sp.oo, sp.oo))),
        (sp.Sum(sp.Sum(X * Y, (X, 1, 3)), (Y, 1, K)), sp.Sum(sp.Sum(Y * X, (Y, 1, 3)), (X, 1, K))),
    ],
)
def test_canonical_is_automatic_evaluation_with_bound_variables_renamed(one: Any, other: Any) -> None:
    assert canonical(read(one)) == canonical(read(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (sp.log(4), 2 * sp.log(2)),
        (sp.log(X**2), 2 * sp.log(X)),
        (sp.log(1 / sp.Product(MU[N], (N, 1, K))), -sp.log(sp.Product(MU[N], (N, 1, K)))),
        (sp.Sum(MU[N] + 1, (N, 1, K)), sp.Sum(MU[N], (N, 1, K)) + sp.Sum(1, (N, 1, K))),
        (sp.Sum(MU[N], (N, 1, K)), sp.Sum(MU[K], (N, 1, K))),
        (sp.Integral(2 * P(X), X), 2 * sp.Integral(P(X), X)),
        (sp.Sum(sp.Sum(X / Y, (X, 1, 3)), (Y, 1, K)), sp.Sum(sp.Sum(Y / X, (X, 1, 3)), (Y, 1, K))),
    ],
)
def test_canonical_simplifies_nothing(one: Any, other: Any) -> None:
    assert canonical(read(one)) != canonical(read(other))


def test_free_names() -> None:
    assert free_names(read(EXAMPLES[3])) == {"mu", "K"}
    assert free_names(read(EXAMPLES[2])) == {"p_r"}
    assert free_names(read(sp.Sum(N, (N, 1, N)))) == {"i"}


# Text -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("p*log(p/q) - 0.1", sp.Symbol("p") * sp.log(sp.Symbol("p") / sp.Symbol("q")) - sp.Rational(1, 10)),
        ("  -x**2/3 +\n sqrt(y)", sp.sqrt(Y) - X**2 / 3),
        ("ln(x) + E**y + abs(x)", sp.log(X) + sp.exp(Y) + sp.Abs(X)),
        ("log(x, 2)", sp.log(X) / sp.log(2)),
        ("Sum(mu[i]**2, (i, 1, K))", sp.Sum(MU[N] ** 2, (N, 1, K))),
        ("Integral(p_r(x), (x, -oo, oo))", sp.Integral(P(X), (X, -sp.oo, sp.oo))),
        ("Integral(p_r(x), x)", sp.Integral(P(X), X)),
        ("Piecewise((x, x > 0), (0, True))", sp.Piecewise((X, X > 0), (0, True))),
        ("Eq(x - y, 0)", X - Y),
        ("Rational(1, 3) + 2*pi*I", sp.Rational(1, 3) + 2 * sp.pi * sp.I),
    ],
)
def test_text_is_parsed(text: str, expression: Any) -> None:
    assert canonical(parse(text)) == canonical(read(expression))


def test_a_decimal_is_read_as_written() -> None:
    assert canonical(parse("0.1000000000000000055")) == read(Fraction("0.1000000000000000055"))
    assert parse("1_000.5e-3") == read(1.0005)
    assert parse("-0.5") == read(-0.5)


@given(st.floats(-1e300, 1e300).filter(lambda value: abs(value) > 1e-300 or not value))
def test_a_float_stands_for_its_neighbours_and_arrives(value: float) -> None:
    for tree in (read(value), read(sp.Float(value))):
        assert decode(json.loads(json.dumps(encode(tree)))) == tree
        middle = as_number(tree)
        assert middle is not None
        radius = spread(tree) if tree.head == "Float" else Fraction(1, 1000)
        for neighbour in (value, math.nextafter(value, math.inf), math.nextafter(value, -math.inf)):
            assert abs(Fraction(neighbour) - middle) <= radius
        assert radius <= abs(middle) * Fraction(3, 10**14) or tree.head == "Integer"


def test_no_float_is_wider_than_a_double() -> None:
    wide = [sp.Float("0.3", 1), sp.Float("0.3", 3), np.float16(0.3), Decimal("0.3"), 0.3]
    assert all(spread(read(value)) == Fraction(25, 10**16) for value in wide)
    assert spread(read(sp.Float("0.3", 40))) < Fraction(1, 10**38)


@pytest.mark.parametrize(
    "digits", ["3e-1", "3.0e-1", "3.00000000000000e-01", "0.3", "3.00000000000000e-9999", "1" * 9000, "", 0.3]
)
def test_a_float_that_nobody_writes_does_not_arrive(digits: object) -> None:
    with pytest.raises(Wrong):
        decode([["Float", digits, []]])


@pytest.mark.parametrize(
    "value", [[X, Y], [], {X: Y, Y: X}, {"x": X}, [[[[X]]]], [sp.Eq(X, X + 1, evaluate=False)], sp.Eq(X, Y**2 + X)]
)
def test_what_is_no_single_solution_is_refused(value: object) -> None:
    with pytest.raises(Wrong):
        read(value)


@pytest.mark.parametrize(
    ("text", "words", "column"),
    [
        ("x^2", "write `\\*\\*`", 1),
        ("(x + 1) ^ 2", "write `\\*\\*`", 8),
        ("x + 3^(2)", "write `\\*\\*`", 5),
        ("", "is empty", 0),
        ("x +", "invalid syntax", 3),
        ("2*lambda", "reserved word", 2),
        ("x.evalf()", "only calls such as", 0),
        ("y + x.args", "not part of a formula", 4),
        ("__import__('os')", "without quotation marks", 11),
        ("(lambda: 1)()", "reserved word|only calls", 0),
        ("[x for x in y]", "not part of a formula", 0),
        ("log + 1", "is a function", 0),
        ("1 + sin(x, y)", "takes 1 argument", 4),
        ("x < y < 2", "one comparison", 0),
        ("a if b else c", "not part of a formula", 0),
        ("x + 1e99999", "too large or too small", 4),
        ("x**10**9 + y**(10000000)", "too large", 11),
        ("(1, 2)", "tuple", None),
        ("f(*x)", "not part of a formula", 2),
        ("f(x, y=1)", "only calls such as", 0),
    ],
)
def test_text_that_is_no_formula_is_pointed_at(text: str, words: str, column: int | None) -> None:
    with pytest.raises(Wrong, match=words) as caught:
        parse(text)
    if column is not None and words != "reserved word|only calls":
        lines = caught.value.hint.splitlines()
        assert lines[-1].index("^") - 4 == column


@pytest.mark.parametrize(
    "text", ["(" * 5000 + "x" + ")" * 5000, "-" * 9000 + "x", "x" * 30_000, "9" * 9000, "x\0"]
)
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(Wrong) as caught:
        parse(text)
    assert len(caught.value.hint) < 600


def test_long_sums_are_not_deep() -> None:
    tree = parse("+".join(f"x{k}" for k in range(2000)))
    assert tree.depth == 2
    assert isinstance(tree, Tree)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="xy0123.e+-*/()[],<>= \\'\"^@πlogsin", max_size=25))
def test_parsing_anything_gives_a_tree_or_wrong(text: str) -> None:
    try:
        tree = parse(text)
    except Wrong as wrong:
        assert wrong.hint
        return
    assert decode(encode(tree)) == tree
