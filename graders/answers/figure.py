"""Judging a plot by what is drawn: the data of its artists and its labels, whatever the plotting style.

Only getters of matplotlib's artists are used, so that a record of a figure that was drawn in another process
serves as well as the real object: `get_lines()` with `get_xdata()` and `get_ydata()` (plots, steps, stems),
`collections` with `get_offsets()` (scatter plots) or, where there is one, `get_segments()` (line collections),
`get_xlabel()` and `get_ylabel()`. A record leaves out the collections that are not drawn in data coordinates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.answers.misconception import Misconception
from graders.answers.numeric import attempt, kind, shown
from graders.answers.verdict import Wrong

Points = tuple[NDArray[np.float64], NDArray[np.float64]]

# A drawn point is on the curve when it is this near: computed points are exact to rounding, but a table typed by
# hand has a few decimals.
ON_CURVE = 1e-3
# The curve is drawn when no stretch longer than this share of the interval is without a point.
LARGEST_GAP = 0.2

GETTERS = ("get_lines", "get_xlabel", "get_ylabel")


@dataclass(frozen=True)
class Plot:
    """What one Axes shows: the points of each artist, in data coordinates, and the labels."""

    artists: tuple[Points, ...]
    xlabel: str
    ylabel: str


def read(axes: Any, what: str) -> Plot:
    """The drawn data and labels of an Axes; lines, steps and scatter plots count alike.

    Raises `Wrong` when it is no Axes, with the remedy for what students return instead.
    """
    if axes is None:
        raise Wrong(f"{what} returned None: return the Axes that it draws on.", note="figure.none")
    # An object of the student's own may have the getters, and do anything in them.
    plot, error = attempt(_plot, axes)
    if plot is None:
        raise Wrong(
            f"{what} must return a matplotlib Axes, but it returns {kind(axes)}. "
            "With `fig, ax = plt.subplots()`, return `ax`.",
            note="figure.type",
            detail=shown(error or axes),
        )
    assert isinstance(plot, Plot)
    return plot


def _plot(axes: Any) -> Plot | None:
    if not all(callable(getattr(axes, getter, None)) for getter in GETTERS):
        return None
    return Plot(tuple(_artists(axes)), str(axes.get_xlabel()), str(axes.get_ylabel()))


def _artists(axes: Any) -> Iterator[Points]:
    for line in axes.get_lines():
        yield from _points(line.get_xdata(), line.get_ydata())
    for collection in getattr(axes, "collections", ()):
        for vertices in _vertices(collection, axes):
            corners: NDArray[np.float64] = np.ma.filled(np.ma.asarray(vertices, dtype=float), np.nan)
            if corners.ndim == 2 and corners.shape[1] == 2:
                yield from _points(corners[:, 0], corners[:, 1])


def _vertices(collection: Any, axes: Any) -> Iterable[Any]:
    if hasattr(collection, "get_segments"):
        segments: Iterable[Any] = collection.get_segments()
        return segments
    # A filled area has an offset, too, but not in data coordinates.
    transform = getattr(collection, "get_offset_transform", None)
    in_data = transform is None or transform().contains_branch(axes.transData)
    return [collection.get_offsets()] if in_data else []


def _points(x: Any, y: Any) -> Iterator[Points]:
    try:
        xs: NDArray[np.float64] = np.ma.filled(np.ma.asarray(x, dtype=float), np.nan).ravel()
        ys: NDArray[np.float64] = np.ma.filled(np.ma.asarray(y, dtype=float), np.nan).ravel()
    except (TypeError, ValueError):
        return  # categories or dates: not this curve
    if xs.shape == ys.shape and xs.size:
        yield xs, ys


def check_curve(
    what: str,
    plot: Plot,
    curve: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    start: float,
    stop: float,
    *,
    below: float,
    misconceptions: Sequence[Misconception] = (),
) -> None:
    """Some artists of the plot show y = curve(x) on [start, stop]; points at x ≥ below are ignored.

    Raises `Wrong` when nothing lies on the curve, with the hint of the first misconception whose curve is drawn
    instead, or when what does lie on it leaves part of the interval out.
    """
    if not plot.artists:
        raise Wrong(f"{what} draws nothing on the Axes that it returns.", note="figure.empty")
    inside = _on_curve(plot, curve, below)
    if inside.size == 0:
        for candidate in misconceptions:
            if np.unique(_on_curve(plot, candidate, below)).size > 2:
                raise Wrong(candidate.hint, note=candidate.note)
        raise Wrong(f"Nothing that {what} draws lies on the curve that is asked for.", note="figure.curve")
    if inside.min() > start or inside.max() < stop:
        raise Wrong(
            f"{what} draws the right curve on too short an interval: it must cover [{start}, {stop}].",
            note="figure.interval",
        )
    ends = np.concatenate([[start], np.sort(inside[(inside >= start) & (inside <= stop)]), [stop]])
    if np.diff(ends).max() > LARGEST_GAP * (stop - start):
        raise Wrong(f"{what} draws too few points to show the curve.", note="figure.points")


def _on_curve(
    plot: Plot, curve: Callable[[NDArray[np.float64]], NDArray[np.float64]], below: float
) -> NDArray[np.float64]:
    """The x of all artists that lie on the curve as a whole."""
    found = [np.empty(0)]
    for x, y in plot.artists:
        counted = np.isfinite(x) & (x < below)
        if not counted.any() or (x.size > 1 and np.unique(x[counted]).size == 1):
            continue  # an axhline is the points (0, y) and (1, y), whatever the limits: one point proves nothing
        with np.errstate(all="ignore"):
            expected = curve(x[counted])
        if np.allclose(y[counted], expected, rtol=ON_CURVE, atol=ON_CURVE):
            found.append(x[counted])
    return np.concatenate(found)


def names(label: str, symbol: str) -> bool:
    """Whether a label names a symbol such as D(G(z)); TeX markup, subscripts, spaces and case are ignored."""
    return _plain(symbol) in _plain(label)


def _plain(label: str) -> str:
    text, before = unicodedata.normalize("NFKC", label), ""
    while text != before:  # \mathbf{z} is z, from the inside out
        before, text = text, re.sub(r"\\[A-Za-z]+\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"[_^]\s*(\{[^{}]*\}|\\[A-Za-z]+|.)", "", text)
    text = re.sub(r"\\[A-Za-z]+|\\.", "", text)
    return re.sub(r"[\s{}$φϕθ*]", "", text).lower().translate(str.maketrans("[]", "()"))
