from typing import Any

import numpy as np
from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = None


class reference:  # noqa: N801
    @staticmethod
    def square(x: Any) -> Any:
        return x**2


@test_case(points=0, name="q1 public")
def test_public(square: Any) -> None:
    assert square(np.array([3.0]))[0] == 9


@test_case(points=2, name="q1 hidden", hidden=True)
def test_hidden(square: Any) -> None:
    x = np.random.default_rng(11).normal(size=(5, 7))
    expected = x**2
    value = square(x)
    assert isinstance(value, np.ndarray) and value.shape == x.shape
    assert np.allclose(value, expected)
