"""What a cell binds and reads, told from its source."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.batch import names
from graders.batch.names import ASSIGNMENT, FUNCTION, IMPORT, LOOP


def bound(source: str) -> dict[str, str]:
    return {name: each.by for statement in names.read([source]) for name, each in statement.binds.items()}


def reads(source: str) -> set[str]:
    return {name for statement in names.read([source]) for name in statement.reads}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = y = 1", {"x": ASSIGNMENT, "y": ASSIGNMENT}),
        ("(a, [b, *c]), d.e, f[0] = z", {"a": ASSIGNMENT, "b": ASSIGNMENT, "c": ASSIGNMENT}),
        ("x: int = 1", {"x": ASSIGNMENT}),
        ("x += 1", {"x": ASSIGNMENT}),
        ("for i, (j, k) in z: m = i", {"i": LOOP, "j": LOOP, "k": LOOP, "m": ASSIGNMENT}),
        ("while (n := f()): pass", {"n": ASSIGNMENT}),
        ("y = [i for i in z if (last := i)]", {"y": ASSIGNMENT, "last": ASSIGNMENT}),
        ("with open(p) as x, y as (u, v): pass", {"x": ASSIGNMENT, "u": ASSIGNMENT, "v": ASSIGNMENT}),
        ("import numpy as np, os.path", {"np": IMPORT, "os": IMPORT}),
        ("from sympy import *", {"*": IMPORT}),
        ("try: pass\nexcept ValueError as e: pass", {"e": ASSIGNMENT}),
        ("match z:\n case [a, *b]: pass\n case {'k': c, **d}: pass", dict.fromkeys("abcd", ASSIGNMENT)),
        ("def f(a, *b, c=1, **d):\n i = 1\n for j in i: pass", {"f": FUNCTION}),
        ("def f():\n global x\n x = 1", {"f": FUNCTION, "x": ASSIGNMENT}),
        ("class A:\n x = 1", {"A": names.CLASS}),
        ("f(lambda i: [j for j in i])", {}),
        ("%matplotlib inline\nx = 1\n!pip install x\nhelp?", {"x": ASSIGNMENT}),
        ("%%time\nx = 1", {"x": ASSIGNMENT}),
        ("%%bash\nx = 1", {}),
        ("files = !ls", {"files": ASSIGNMENT}),
        ("if True:\n    %time\n    x = 1", {"x": ASSIGNMENT}),
        ("x = (", {}),
    ],
)
def test_what_a_cell_binds(source: str, expected: dict[str, str]) -> None:
    assert bound(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("for i in range(3): print(i, x)", {"range", "print", "x"}),
        ("y = [i * x for i in z]", {"x", "z"}),
        ("def f(a, b=c, *, d: int = e):\n g = h\n return a + g + f(i)", {"c", "e", "h", "i", "int"}),
        ("@cached\ndef f(): pass", {"cached"}),
        ("f = lambda a, b=c: a + b + d", {"c", "d"}),
        ("class A(B):\n x = 1\n def f(self): return y", {"B", "y"}),
        ("D = D + 1", {"D"}),
        ("lines.append(x)", {"lines", "x"}),
        ("def f():\n global n\n n = n + 1", set()),
    ],
)
def test_what_a_cell_takes_from_elsewhere(source: str, expected: set[str]) -> None:
    assert reads(source) == expected


def test_lines_are_those_of_the_cell() -> None:
    (statement,) = names.read(["", "\n%%time\nimport a\n"][1:])
    assert (statement.cell, statement.line, statement.imports) == (1, 3, {"a": 3})
    _, second = names.read(["x = 1", "\n\nfor i in x:\n    pass"])
    assert (second.cell, second.binds["i"].line) == (2, 3)


@pytest.mark.parametrize(
    "source",
    [
        'x = sp.Symbol("x", real=True)',
        'p_r, p_g = sp.symbols("p_r p_g")',
        'pr = sp.Function("p_r", positive=True)(x)',
        'i, mu = Symbol("i"), sympy.IndexedBase("mu")',
    ],
)
def test_declarations_of_symbols(source: str) -> None:
    assert all(statement.declares for statement in names.read([source]))


@pytest.mark.parametrize(
    "source", ["x = 1", "D = sp.Symbol('D') + 1", "x = sp.symbols", "for x in sp.symbols('a b'): y"]
)
def test_other_values_are_no_declarations(source: str) -> None:
    assert not names.declared(names.read([source])) or source == "x = sp.symbols"


@pytest.mark.parametrize(
    ("source", "stub"),
    [
        ("D_star = ...", True),
        ('def f(x):\n    """What it does."""\n    ...', True),
        ("def f(x):\n    ...", True),
        ('d = {"kl": ..., "js": True}', True),
        ("def f(x):\n    ...\n    return x", False),
        ("D_star = x[..., 0]", False),
        ("f = 1", False),
    ],
)
def test_stubs(source: str, stub: bool) -> None:
    assert [bool(statement.stub) for statement in names.read([source])] == [stub]


def test_checks_changes_and_imports() -> None:
    statement = names.read(['for _ in range(2): grader.check("q1")'])[0]
    assert statement.checks == ("q1",)
    changed = ["lines.append(1)", "lines[0] = 1", "lines += [1]", "lines.a.b[0].c(1)"]
    assert [set(statement.changes) for statement in names.read(["\n".join(changed)])] == [{"lines"}] * 4
    assert not names.read(["lines = f(lines)"])[0].changes
    assert not names.read(["try:\n    import torch\nexcept ImportError:\n    pass"])[0].imports
    assert names.read(["from sklearn.metrics import auc"])[0].imports == {"sklearn": 1}
    assert names.read(["from sympy import *"])[0].anything


@given(st.lists(st.text(max_size=40), max_size=4))
def test_any_text_can_be_read(cells: list[str]) -> None:
    names.read(cells)


@pytest.mark.parametrize(
    "source",
    [
        "lambda a=" * 90 + "0" + ":0" * 90,
        "(" * 199 + ")" * 199,
        "[a for a in " * 90 + "b" + "]" * 90,
        "-" * 90_000 + "1",
        "a\n" * 49_000,
        "+".join("a" * 45_000),
        "".join(" " * depth + "def f(a=b):\n" for depth in range(90)) + " " * 90 + "pass",
        "%" * 90_000,
        "x " * 45_000 + "=",
        "?" * 90_000,
        "\\" * 90_000,
    ],
)
def test_hostile_sources_take_no_time(source: str) -> None:
    start = time.process_time()
    names.read([source] * 10)
    assert time.process_time() - start < 5
