"""Whatever tree arrives, reading it and judging it stays within seconds and some hundred megabytes.

Each tree is judged in a process of its own under hard limits on processor time and memory, since what exceeds them
may abort, or swallow an exception.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from graders.answers.expression import (
    FUNCTIONS,
    LOGIC,
    MAX_BITS,
    MAX_NODES,
    RELATIONS,
    Tree,
    canonical,
    decode,
    encode,
    node,
    number,
    show,
    symbol,
)
from graders.answers.verdict import Wrong

SECONDS = 10
MEGABYTES = 500

JUDGE = """
import json, os, resource, sys
import sympy as sp
from graders.answers import symbolic
from graders.answers.expression import canonical, decode, show
from graders.answers.verdict import Undecided, Wrong
from graders.vaes_and_gans import q1d, q2c

DOMAINS = {"x": "real", "p": "positive", "mu": "real", "sigma": "positive"}
MEGABYTES = int(sys.argv[1])

def attempt(judge):
    try:
        judge()
    except (Wrong, Undecided):
        pass

def judge(data):
    try:
        tree = decode(data)
    except Wrong:
        return
    show(tree)
    attempt(lambda: canonical(tree))
    attempt(lambda: symbolic.check("x", tree, sp.exp(sp.Symbol("x")), DOMAINS))
    q1d.DERIVATION.review([q1d.VALUE_AT_BEST, tree, q1d.JS_AND_CONSTANT])
    q2c.DERIVATION.review([q2c.START, tree, q2c.GOAL])

judge([["Symbol", "x", []]])
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
for line in sys.stdin:
    name, seconds, trees = json.loads(line)
    pid = os.fork()
    if not pid:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (used + (MEGABYTES << 20),) * 2)
        try:
            for data in trees:
                judge(data)
            os._exit(0)
        except BaseException as error:
            sys.stderr.write(f"{name}: {type(error).__name__}: {error}\\n"[:300])
            sys.stderr.flush()
            os._exit(1)
    _, status, spent = os.wait4(pid, 0)
    sys.stdout.write(json.dumps([name, status, spent.ru_utime]) + "\\n")
"""


def judged(cases: dict[str, tuple[int, list[Any]]]) -> dict[str, tuple[int, float]]:
    """What became of the judgement of wire data, each in a process that may use so many seconds, and no more."""
    lines = [json.dumps([name, seconds, trees]) for name, (seconds, trees) in cases.items()]
    done = subprocess.run(
        [sys.executable, "-c", JUDGE, str(MEGABYTES)],
        input="\n".join(lines),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {name: (status, seconds) for name, status, seconds in map(json.loads, done.stdout.splitlines())}


X, P = symbol("x"), symbol("p")


def f(head: str, *args: Tree) -> Tree:
    return node(head, None, args)


def nested(levels: int, step: Callable[[Tree], Tree], inner: Tree = X) -> Tree:
    """As many levels as the limits let through."""
    for _ in range(levels):
        try:
            inner = step(inner)
        except Wrong:
            break
    return inner


LONG = number((1 << (MAX_BITS - 1)) + 1)
MANY_FRACTIONS = [number(Fraction(1, (1 << (MAX_BITS - 2)) + 2 * k + 1)) for k in range(2000)]
K, INDEX = symbol("K"), symbol("i")


def total(body: Tree, last: Tree, name: Tree = INDEX) -> Tree:
    return f("Sum", body, f("Tuple", name, number(1), last))


def square(entry: Callable[[int, int], Tree], size: int = 12) -> Tree:
    return f("Matrix", *(f("Tuple", *(entry(i, j) for j in range(size))) for i in range(size)))


FULL = square(lambda i, j: number(Fraction((1 << 4000) + i, (1 << 4000) + 13 * j + 1)))
SINES = square(lambda i, j: f("sin", f("Mul", X, number(i + 12 * j + 1))))

WORST = {
    "floor of a tower": f("floor", nested(3, lambda t: f("exp", t), number(30))),
    "ceiling of a power": f("ceiling", f("Pow", number(3), number(10**6))),
    "floor of towers of powers": f("floor", nested(20, lambda t: f("Pow", t, number(10**6)), number(3))),
    "floor of nested factorials": f("floor", nested(5, lambda t: f("factorial", t), number(20))),
    "rounding of a root": f("floor", f("Mul", f("Pow", number(2), number(Fraction(1, 2))), LONG)),
    "powers": nested(150, lambda t: f("Pow", t, number(10**6))),
    "powers with the variable": nested(150, lambda t: f("Pow", t, f("Add", X, number(10**6)))),
    "exponentials": nested(150, lambda t: f("exp", t)),
    "exponentials of the opposite": nested(150, lambda t: f("exp", f("Mul", number(-1), t))),
    "gamma": nested(100, lambda t: f("gamma", f("Add", t, number(10**9)))),
    "digamma": f("Add", *(f("digamma", f("Mul", X, number(Fraction(k, 7)))) for k in range(1, 3000))),
    "log gamma": f("Add", *(f("loggamma", f("Mul", X, number(-k))) for k in range(1, 3000))),
    "gamma of complex numbers": f(
        "Add",
        *(
            f(
                "gamma",
                f(
                    "Mul",
                    X,
                    f(
                        "Constant",
                    )
                    if False
                    else node("Constant", "I"),
                    number(k),
                ),
            )
            for k in range(1, 2000)
        ),
    ),
    "error functions": f("Add", *(f("erf", f("Mul", X, number(k))) for k in range(1, 4000))),
    "binomials": f("Add", *(f("binomial", number(9999), number(k)) for k in range(1, 4000))),
    "binomials of the variable": f("Add", *(f("binomial", f("Mul", X, number(k)), P) for k in range(1, 2000))),
    "sine of large numbers": nested(100, lambda t: f("sin", f("Mul", LONG, LONG, LONG, t))),
    "tangents": nested(190, lambda t: f("tan", t)),
    "complex sines": nested(100, lambda t: f("sin", f("Mul", node("Constant", "I"), t))),
    "fractions of many denominators": f("Add", *MANY_FRACTIONS),
    "like terms of many denominators": f("Add", *(f("Mul", part, X) for part in MANY_FRACTIONS)),
    "like powers of many denominators": f("Mul", *(f("Pow", X, part) for part in MANY_FRACTIONS)),
    "products of many numbers": f("Mul", *MANY_FRACTIONS),
    "factors that are numbers": f("Mul", *(f("Pow", number(k), number(-1)) for k in range(2, 4000))),
    "products in powers": nested(
        90, lambda t: f("Pow", t, number(-1)), f("Mul", *(f("sin", number(k)) for k in range(1, 6000)))
    ),
    "sums in products": nested(
        90, lambda t: f("Mul", number(2), f("Add", t, P)), f("Add", *(f("sin", number(k)) for k in range(1, 6000)))
    ),
    "precision": f("Add", f("exp", X), *(f("Pow", number(2), part) for part in MANY_FRACTIONS[:500])),
    "nested sums": nested(20, lambda t: total(t, number(1999)), f("sin", X)),
    "a sum over many variables": f(
        "Sum", f("exp", X), *(f("Tuple", symbol(f"i{k}"), number(1), number(1999)) for k in range(50))
    ),
    "long sums beside each other": f(
        "Add", *(total(f("gamma", f("Add", INDEX, X)), number(k)) for k in range(900, 1500))
    ),
    "sums up to K of sums": nested(30, lambda t: total(t, K), f("digamma", f("Add", X, INDEX))),
    "binders in binders": nested(60, lambda t: total(f("Add", t, INDEX), number(2), symbol("i")), INDEX),
    "long products": f("Product", f("Add", INDEX, X), f("Tuple", INDEX, number(1), number(1999))),
    "determinants of fractions": f("Add", *(f("Determinant", FULL) for _ in range(30)), f("Determinant", FULL)),
    "determinants": f("Determinant", nested(15, lambda t: f("MatMul", t, t) if t.size < 5000 else t, SINES)),
    "matrix products": f(
        "Trace", f("MatMul", *(node("MatrixSymbol", f"M{k}", (number(12), number(12))) for k in range(5000)))
    ),
    "matrix sums": f(
        "Trace", f("MatAdd", *(node("MatrixSymbol", f"M{k}", (number(12), number(12))) for k in range(5000)))
    ),
    "matrix powers": f(
        "Trace",
        nested(100, lambda t: f("MatPow", t, number(20)), node("MatrixSymbol", "M", (number(12), number(12)))),
    ),
    "matrices on diagonals": f("Trace", nested(100, lambda t: f("DiagMatrix", t), SINES)),
    "a large identity": f("Trace", f("Identity", number(1 << 62))),
    "long numbers in deep parts": nested(
        190, lambda t: f("sin", t), f("Add", *(f("Mul", number((1 << 4000) + k), X) for k in range(4000)))
    ),
    "pieces": f("Piecewise", *(f("Tuple", f("sin", number(k)), f("Lt", X, number(-k))) for k in range(3000))),
    "extremes": f("Max", *(f("sin", f("Mul", X, number(k))) for k in range(4500))),
    "an unknown function": nested(150, lambda t: node("Apply", "x", (t,))),
    "logarithms of logarithms": nested(
        180, lambda t: f("log", t), f("Add", *(node("Indexed", "sigma", (number(k),)) for k in range(300)))
    ),
    "logarithms in each other and beside each other": f(
        "Add",
        *(
            nested(18, lambda t: f("log", f("Mul", number(2), t)), node("Indexed", "sigma", (number(k),)))
            for k in range(17)
        ),
    ),
    "sums of logarithms": f(
        "Mul",
        *(
            f("Add", *(f("log", node("Indexed", "sigma", (number(10 * k + n),))) for n in range(10)))
            for k in range(20)
        ),
    ),
    "many names": f("Add", *(symbol(f"{k:0190d}") for k in range(10_000))),
    "names in deep parts": nested(
        180, lambda t: f("Add", t, symbol(f"n{t.depth}")), f("Add", *(symbol(f"m{k}") for k in range(15_000)))
    ),
    "inverse functions of large numbers": nested(50, lambda t: f("acosh", f("Mul", t, LONG))),
    "arguments of arguments": nested(100, lambda t: f("arg", f("Add", t, node("Constant", "I")))),
}


def lines_of_gammas() -> list[Tree]:
    """Lines as long as a line of a derivation may be."""
    return [
        f("Add", *(f("gamma", f("Mul", X, number(Fraction(k, n + 1)))) for k in range(1, 190))) for n in range(5)
    ]


HEADS = [
    *FUNCTIONS,
    *RELATIONS,
    *LOGIC,
    "Add",
    "Mul",
    "Pow",
    "Max",
    "Min",
    "Sum",
    "Product",
    "Integral",
    "Piecewise",
]
NUMBERS = [0, 1, -1, 2, 10**6, -(10**6), 1 << 4000, -(1 << 4000)]


def grown(chance: random.Random, size: int) -> Tree:
    """A tree that keeps the shape of each part, from numbers at the edges of the limits."""
    scalars = [X, P, node("Constant", "I"), node("Constant", "oo"), node("Constant", "E"), K]
    scalars += [number(value) for value in NUMBERS] + [
        number(Fraction(value + 1, (1 << 4000) - 1)) for value in NUMBERS
    ]
    conditions = [node("Constant", "true")]
    while len(scalars) < size:
        head = chance.choice(HEADS)
        some = [chance.choice(scalars[-12:] if chance.random() < 0.7 else scalars) for _ in range(3)]
        try:
            if head in RELATIONS:
                conditions.append(f(head, *some[:2]))
            elif head in LOGIC:
                conditions.append(f(head, *[chance.choice(conditions) for _ in range(1 if head == "Not" else 2)]))
            elif head in ("Sum", "Product", "Integral"):
                scalars.append(f(head, some[0], f("Tuple", chance.choice([INDEX, X, P]), *some[1:])))
            elif head == "Piecewise":
                pairs = [f("Tuple", some[0], chance.choice(conditions)), f("Tuple", some[1], conditions[0])]
                scalars.append(f(head, *pairs))
            else:
                count = {1: 1, 2: 2}.get(FUNCTIONS[head][0] if head in FUNCTIONS else 2 if head == "Pow" else 3, 3)
                scalars.append(f(head, *some[:count]))
        except Wrong:
            continue
    return scalars[-1]


def random_trees(seed: int) -> list[Tree]:
    chance = random.Random(seed)
    return [grown(chance, 20 + 4 * k) for k in range(12)]


CASES = {
    **{name: (SECONDS, [tree]) for name, tree in WORST.items()},
    "lines of derivations": (3 * SECONDS, lines_of_gammas()),
    **{f"random trees {seed}": (3 * SECONDS, random_trees(seed)) for seed in range(6)},
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[int, float]]:
    return judged({name: (seconds, [encode(tree) for tree in trees]) for name, (seconds, trees) in CASES.items()})


@pytest.mark.parametrize("name", CASES)
def test_judging_costs_little(name: str, outcomes: dict[str, tuple[int, float]]) -> None:
    status, seconds = outcomes[name]
    assert status == 0, seconds


def test_what_is_too_long_to_be_a_fraction_is_refused_before_it_is_made_one() -> None:
    long = 3 << 30_000_000
    with pytest.raises(Wrong, match="too large"):
        decode([["Rational", [long, long + 1], []]])


def test_a_message_of_many_parts_is_read_in_linear_time() -> None:
    rows: list[Any] = [["Symbol", "x", []]]
    rows += [["sin", None, [0]] for _ in range(MAX_NODES - 2)]
    with pytest.raises(Wrong, match="too large"):
        decode([*rows, ["Add", None, list(range(MAX_NODES))]])
    assert decode([*rows, ["Add", None, [0, 1]]]).size == 4


def test_long_parts_are_shown_short() -> None:
    assert len(show(WORST["long numbers in deep parts"])) <= 1000
    assert canonical(X) == X
