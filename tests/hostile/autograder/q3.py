from typing import Any

import sympy as sp
from otter.test_files import test_case

from graders.answers import symbolic

OK_FORMAT = False

name = "q3"
points = None


class reference:  # noqa: N801
    slope = 2 * sp.Symbol("a")


@test_case(points=0, name="q3 public")
def test_public(slope: Any) -> None:
    assert isinstance(slope, sp.Basic), f"slope must be an expression, not a {type(slope).__name__}"
    names = sorted(symbol.name for symbol in slope.free_symbols)
    assert names == ["a"], f"slope is an expression in a, but yours contains {names}"


@test_case(points=2, name="q3 hidden", hidden=True)
def test_hidden(slope: Any) -> None:
    symbolic.check("slope", slope, 2 * sp.Symbol("a"), {"a": "positive"})
