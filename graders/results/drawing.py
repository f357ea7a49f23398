"""A student's plot as SVG, drawn from the data that it showed: no picture of theirs is kept, and no font."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence

from graders.batch.exhibits import Curve, Plot
from graders.results.mathml import GREEK
from graders.results.page import Html, join, short, tag

WIDTH, HEIGHT = 480, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 26, 46
_TICKS = 6
_MAX_LABEL = 60
# curves are told apart by their dashes as well as by their colours
_DASHES = ("", "6 3", "2 3", "8 3 2 3")


def svg(plot: Plot) -> Html:
    """The plot with its curves, its legend and its labels; its title and description are for screen readers."""
    across, up = plot.limits
    x = _Axis(across, _LEFT, WIDTH - _RIGHT)
    y = _Axis(up, HEIGHT - _BOTTOM, _TOP)
    numbered = [*enumerate(plot.curves)]
    frame = tag(
        "rect", x=_LEFT, y=_TOP, width=WIDTH - _LEFT - _RIGHT, height=HEIGHT - _TOP - _BOTTOM, class_="frame"
    )
    parts = [
        tag("title", f"Your plot: {plot.name}"),
        tag("desc", _described(plot)),
        frame,
        *_ticks(plot, x, y),
        *(_curve(number, curve, x, y) for number, curve in numbered),
        *_labels(plot),
        *_legend([(number, curve) for number, curve in numbered if curve.label in plot.legend]),
    ]
    return tag("svg", *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, role="img", class_="plot")


class _Axis:
    """From coordinates of the data to those of the picture."""

    def __init__(self, limits: Sequence[float], start: float, end: float) -> None:
        self.low, self.high = limits
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        return self._start + (value - self.low) / (self.high - self.low) * (self._end - self._start)

    def shows(self, value: float) -> bool:
        room = 1e-9 * abs(self.high - self.low)
        return min(self.low, self.high) - room <= value <= max(self.low, self.high) + room


_COMMAND = re.compile(r"\\([A-Za-z]+)\s*")


def _label(text: str, most: int) -> str:
    """A label as text: TeX is not set here."""
    plain = _COMMAND.sub(lambda found: GREEK.get(found[1], _WORDS.get(found[1], "")), text)
    return short(re.sub(r"[${}\\]", "", plain).strip(), most)


_WORDS = {word: f"{word} " for word in ("log", "ln", "exp", "sin", "cos", "min", "max")}


def _described(plot: Plot) -> str:
    lines, dots = (sum(curve.dots is wanted for curve in plot.curves) for wanted in (False, True))
    counted = ((lines, "curve", "curves"), (dots, "set of dots", "sets of dots"))
    parts = [f"{count} {one if count == 1 else many}" for count, one, many in counted if count]
    across, up, title = (_label(text, _MAX_LABEL) for text in (*plot.labels, plot.title))
    shown = " and ".join(parts) or "nothing"
    return f"{title + ': ' if title else ''}{shown} of {up or 'no label'} over {across or 'no label'}."


def _curve(number: int, curve: Curve, x: _Axis, y: _Axis) -> Html:
    """The parts of a curve inside of the axes."""
    placed = [
        (x(point[0]), y(point[1])) if point and x.shows(point[0]) and y.shows(point[1]) else None
        for point in curve.points
    ]
    if curve.dots:
        dots = [tag("circle", cx=f"{a:.1f}", cy=f"{b:.1f}", r=2) for a, b in filter(None, placed)]
        return tag("g", *dots, class_=f"dots c{number % 4}")
    pieces = [list(run) for there, run in itertools.groupby(placed, key=bool) if there]
    path = " ".join("M" + " ".join(f"{a:.1f},{b:.1f}" for a, b in filter(None, piece)) for piece in pieces)
    return tag("path", d=path, **_style(number)) if path else Html()


def _style(number: int) -> dict[str, str]:
    return {"class_": f"curve c{number % 4}", "stroke_dasharray": _DASHES[number % 4]}


def _ticks(plot: Plot, x: _Axis, y: _Axis) -> list[Html]:
    left, right, top, bottom = _LEFT, WIDTH - _RIGHT, _TOP, HEIGHT - _BOTTOM
    parts = []
    for value in _round_numbers(x.low, x.high):
        at, text = f"{x(value):.1f}", _tick(value, plot.logarithmic[0])
        parts.append(tag("line", x1=at, x2=at, y1=bottom, y2=top, class_="grid"))
        parts.append(tag("text", text, x=at, y=bottom + 16, text_anchor="middle"))
    for value in _round_numbers(y.low, y.high):
        at, text = f"{y(value):.1f}", _tick(value, plot.logarithmic[1])
        parts.append(tag("line", x1=left, x2=right, y1=at, y2=at, class_="grid"))
        parts.append(tag("text", text, x=left - 6, y=f"{y(value) + 4:.1f}", text_anchor="end"))
    return parts


def _tick(value: float, logarithmic: bool) -> str:
    return f"{10**value:.3g}" if logarithmic and abs(value) < 300 else f"{value:.6g}"


def _round_numbers(low: float, high: float) -> list[float]:
    """A few round numbers between two ends."""
    low, high = min(low, high), max(low, high)
    rough = (high - low) / _TICKS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough)
    first = math.ceil(low / step - 1e-9)
    return [step * number for number in range(first, first + 2 * _TICKS) if step * number <= high + 1e-9 * step]


def _labels(plot: Plot) -> list[Html]:
    across, up, title = (_label(text, _MAX_LABEL) for text in (*plot.labels, plot.title))
    middle, half = (_LEFT + WIDTH - _RIGHT) / 2, (_TOP + HEIGHT - _BOTTOM) / 2
    return [
        tag("text", title, x=middle, y=16, text_anchor="middle"),
        tag("text", across, x=middle, y=HEIGHT - 8, text_anchor="middle"),
        tag("text", up, x=0, y=0, text_anchor="middle", transform=f"translate(14 {half}) rotate(-90)"),
    ]


def _legend(entries: Sequence[tuple[int, Curve]]) -> list[Html]:
    parts = []
    for place, (number, curve) in enumerate(entries):
        y = _TOP + 16 + 16 * place
        parts.append(tag("line", x1=_LEFT + 8, x2=_LEFT + 30, y1=y - 4, y2=y - 4, **_style(number)))
        parts.append(tag("text", _label(curve.label, 40), x=_LEFT + 36, y=y))
    under = tag("rect", x=_LEFT + 4, y=_TOP + 3, width=270, height=16 * len(entries) + 6, rx=3, class_="under")
    return [tag("g", under, join(parts))] if parts else []
