from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from graders.answers.expression import read
from graders.answers.sight import Sight
from graders.batch import exhibits
from graders.batch.exhibits import Derivation, Plot
from graders.isolation import figures
from graders.results.drawing import svg

a, b = sp.symbols("a b")
LINES = [a + b, a + b, a * b, sp.log(a)]


def travelled(axes: Any) -> figures.Axes:
    return figures.axes(figures._read_axes(axes))


@pytest.mark.parametrize(
    ("first_wrong", "decided", "marks"),
    [
        (0, True, "start same follows follows"),
        (1, True, "wrong open open open"),
        (3, True, "start same wrong open"),
        (None, True, "   "),
        (0, False, "open open open open"),
    ],
)
def test_each_line_has_its_mark(first_wrong: int | None, decided: bool, marks: str) -> None:
    made = exhibits.derivation("d", [read(line) for line in LINES], first_wrong, decided=decided)
    assert made is not None and " ".join(line.mark for line in made.lines) == marks
    assert exhibits.tree_of(made.lines[2]) == read(LINES[2])


def test_reasons_are_kept_and_what_is_no_expression_is_no_line() -> None:
    made = exhibits.derivation("d", [(read(a), "why" * 1000), "text", {}, read(a + 1)], 2, decided=True)
    assert made is not None and len(made.lines[0].why) == 200
    assert [line.rows is None for line in made.lines] == [False, True, True, False]
    assert exhibits.derivation("d", 7, 0, decided=True) is None


def test_long_derivations_are_cut() -> None:
    long = read(sp.Add(*(sp.Symbol(f"x{k}") for k in range(1000)), evaluate=False))
    made = exhibits.derivation("d", [long] * 1000, 0, decided=True)
    assert made is not None and len(made.lines) == exhibits.MAX_LINES and made.lines[0].rows is None


def test_a_plot_is_kept_as_one_sees_it() -> None:
    _, axes = plt.subplots()
    x = np.linspace(0.01, 0.95, 5000)
    axes.plot(x, np.log(1 - x), label="the loss")
    axes.plot(x, np.where(x < 0.5, x, np.nan), visible=False)
    for place in (0.1, 0.2):
        axes.scatter([place], [place])
    axes.plot([0.3], [0.3], "o")
    axes.set(xlabel="D(G(z))", ylabel="loss", title="t", xscale="log")
    axes.legend()
    made = exhibits.plot("p", travelled(axes))
    plt.close("all")
    assert made is not None and made.labels == ["D(G(z))", "loss"] and made.legend == ["the loss"]
    assert [curve.dots for curve in made.curves] == [False, True] and made.logarithmic == [True, False]
    line, dots = made.curves
    assert line.points[0] == [-2.0, -0.01005] and len(line.points) <= 150 and len(dots.points) == 3
    assert len(json.dumps(asdict(made))) < 6_000


def test_exhibits_survive_the_record() -> None:
    lines = exhibits.derivation("d", [read(line) for line in LINES], 2, decided=True)
    drawn = Plot(
        "p",
        "",
        ["x", "y"],
        [[0.0, 1.0], [0.0, 1.0]],
        [False, False],
        (exhibits.Curve("c", [[0.0, 1.0], None]),),
        [],
    )
    for made in (lines, drawn):
        assert made is not None and exhibits.from_dict(json.loads(json.dumps(asdict(made)))) == made
    assert isinstance(lines, Derivation)


@given(
    st.lists(st.floats(), min_size=2, max_size=9),
    st.lists(
        st.floats() | st.sampled_from([0.0, 1e-320, 1e308, -1e308, 1e300, 1.0000001]), min_size=4, max_size=4
    ),
    st.booleans(),
)
def test_no_data_of_a_plot_is_too_odd(values: list[float], limits: list[float], log: bool) -> None:
    line = figures.Line(np.array(values), np.array(values[::-1]), "l", True, "-")
    sight = Sight((np.ones(len(values), bool),), (), True, True, ())
    scales = {"x": "log" if log else "linear", "y": "linear"}
    pairs = {"x": (limits[0], limits[1]), "y": (limits[2], limits[3])}
    labels = dict.fromkeys(("x", "y", "title", "left", "right"), "")
    made = exhibits.plot("p", figures.Axes((line,), (), (), None, labels, pairs, scales, sight))
    if made is not None:
        assert "nan" not in svg(made) and "inf" not in svg(made)
