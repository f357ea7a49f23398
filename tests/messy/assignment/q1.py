from typing import Any

import sympy as sp
from otter.test_files import test_case

from graders.answers import symbolic

OK_FORMAT = False

name = "q1"
points = None


class reference:  # noqa: N801
    slope = 2 * sp.Symbol("a", real=True)


@test_case(points=1, name="the slope", hidden=True)
def test_slope(slope: Any) -> None:
    symbolic.check("slope", slope, reference.slope, {"a": "real"})
