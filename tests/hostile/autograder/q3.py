from typing import Any

import sympy as sp
from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = None


@test_case(points=2, name="q3 hidden", hidden=True)
def test_hidden(slope: Any) -> None:
    assert isinstance(slope, sp.Basic)
    assert {symbol.name for symbol in slope.free_symbols} == {"a"}
    assert all(abs(slope.subs(symbol, 3) - 6) < 1e-12 for symbol in slope.free_symbols)
