"""Exhibits: answers that a student is shown again, as they were understood. Derivations and plots, as plain data.

Only what a second run confirms becomes one (`second_run.py`). They are kept in the record, so they are small.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graders.answers import numeric
from graders.answers.expression import Tree, canonical, decode, encode
from graders.answers.expression import read as read_expression
from graders.answers.verdict import Wrong
from graders.isolation import figures

MAX_LINES = 40
MAX_NODES = 400
"""Of a line of a derivation that is set."""
_MAX_TEXT = 200
_MAX_CURVES = 12
_MAX_POINTS = 150
_MAX_DOTS = 600
_NO_LINE = ("None", "", " ")

# what is said of a line: nothing where the answer was not judged line by line
START, FOLLOWS, SAME, WRONG, OPEN, UNMARKED = "start", "follows", "same", "wrong", "open", ""


@dataclass(frozen=True)
class Line:
    """A line of a derivation: the expression as `expression.encode` writes it, the student's reason, our mark."""

    rows: list[list[Any]] | None
    """None where it is no expression, or too long to be set."""
    why: str = ""
    mark: str = UNMARKED


@dataclass(frozen=True)
class Derivation:
    """An answer in lines."""

    name: str
    lines: tuple[Line, ...]
    witness: str = ""
    """An example at which the wrong line differs from the one before."""


@dataclass(frozen=True)
class Curve:
    """What one artist drew, in data coordinates, as a line or as single dots; None is a gap."""

    label: str
    points: list[list[float] | None]
    dots: bool = False


@dataclass(frozen=True)
class Plot:
    """What one Axes shows."""

    name: str
    title: str
    labels: list[str]
    limits: list[list[float]]
    """Of x, then of y, in the coordinates of the points."""
    logarithmic: list[bool]
    """Whether the coordinates are decimal logarithms of the data."""
    curves: tuple[Curve, ...]
    legend: list[str]


Exhibit = Derivation | Plot


def derivation(
    name: str, value: Any, first_wrong: int | None, *, decided: bool, witness: str = ""
) -> Derivation | None:
    """The exhibit of an answer in lines. `first_wrong` is 0 where none is, None where lines were not judged."""
    entries = numeric.parts(value)
    if entries is None or not entries:
        return None
    lines: list[Line] = []
    before: Tree | None = None
    for number, entry in enumerate(entries[:MAX_LINES], 1):
        line, why = entry, ""
        if isinstance(entry, list | tuple) and len(entry) == 2 and isinstance(entry[1], str):
            line, why = entry[0], entry[1][:_MAX_TEXT]
        tree = _tree(line)
        same = before is not None and tree is not None and _alike(before, tree)
        mark = _mark(number, first_wrong, decided=decided, same=same)
        lines.append(Line(None if tree is None else encode(tree), why, mark))
        before = tree
    return Derivation(name, tuple(lines), witness)


def _tree(line: object) -> Tree | None:
    try:
        tree = read_expression(line)
    except Wrong:
        return None
    return tree if tree.size <= MAX_NODES else None


def _mark(number: int, first_wrong: int | None, *, decided: bool, same: bool) -> str:
    if first_wrong is None and decided:
        return UNMARKED
    if not decided or (first_wrong and number > first_wrong):
        return OPEN
    if number == first_wrong:
        return WRONG
    if number == 1:
        return START
    return SAME if same else FOLLOWS


def _alike(one: Tree, other: Tree) -> bool:
    try:
        return canonical(one) == canonical(other)
    except Wrong:
        return False


def plot(name: str, axes: Any) -> Plot | None:
    """The exhibit of an Axes that came from the student's process."""
    if not isinstance(axes, figures.Axes):
        return None
    logarithmic = [axes.get_xscale() == "log", axes.get_yscale() == "log"]
    limits = [
        _scaled(list(pair), log)
        for pair, log in zip((axes.limits["x"], axes.limits["y"]), logarithmic, strict=True)
    ]
    if not all(_drawable(*pair) for pair in limits):
        return None
    lines, scattered = [], [(item.label, item.offsets) for item in axes.collections]
    for line in axes.lines:
        where = np.column_stack([line.x, line.y])
        if line.visible and line.style in _NO_LINE:
            scattered.append((line.label, where))
        elif line.visible:
            lines.append(Curve(_text(line.label), _points(where, logarithmic, _MAX_POINTS)))
    # points that are drawn one by one are one curve
    gathered: dict[str, list[Any]] = {}
    for label, where in scattered:
        gathered.setdefault(_text(label), []).append(where)
    dots = [
        Curve(label, _points(np.concatenate(where), logarithmic, _MAX_DOTS), dots=True)
        for label, where in gathered.items()
    ]
    return Plot(
        name,
        _text(axes.get_title()),
        [_text(axes.get_xlabel()), _text(axes.get_ylabel())],
        [[float(f"{end:.6g}") for end in pair] for pair in limits],
        logarithmic,
        tuple([*lines, *dots][:_MAX_CURVES]),
        [_text(entry) for entry in axes.sight.legend[:_MAX_CURVES]],
    )


def _drawable(low: float, high: float) -> bool:
    """Whether an axis can be drawn from one end to the other, with six digits."""
    size = max(abs(low), abs(high))
    return 1e-290 < size < 1e290 and abs(high - low) > 1e-5 * size


def _text(text: str) -> str:
    # a label that matplotlib made up tells nobody anything
    return "" if text.startswith("_") else text[:_MAX_TEXT]


def _scaled(values: Any, logarithmic: bool) -> Any:
    if not logarithmic:
        return values
    with np.errstate(all="ignore"):
        return np.log10(values)


def _points(where: Any, logarithmic: Sequence[bool], most: int) -> list[list[float] | None]:
    """At most so many of the points, evenly chosen, with None for those that are nowhere."""
    if len(where) > most:
        where = where[np.linspace(0, len(where) - 1, most).round().astype(int)]
    columns = [_scaled(where[:, axis], logarithmic[axis]) for axis in (0, 1)]
    shown = [[float(f"{x:.5g}"), float(f"{y:.5g}")] for x, y in zip(*columns, strict=True)]
    return [pair if all(map(math.isfinite, pair)) else None for pair in shown]


def tree_of(line: Line) -> Tree | None:
    """The expression of a line; None where there is none to be set."""
    try:
        return None if line.rows is None else decode(line.rows)
    except Wrong:
        return None


def from_dict(entry: Mapping[str, Any]) -> Exhibit:
    """An exhibit from its fields."""
    if "lines" in entry:
        return Derivation(**{**entry, "lines": tuple(Line(**line) for line in entry["lines"])})
    return Plot(**{**entry, "curves": tuple(Curve(**curve) for curve in entry["curves"])})
