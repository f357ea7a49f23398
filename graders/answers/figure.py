"""Judging a plot by what is drawn: the data of its artists and its labels, whatever the plotting style.

Only the getters of matplotlib's Axes are used, so that a record of a figure that was drawn in another process
serves as well as the real object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.answers.verdict import Wrong

# A drawn point is on the curve when it is this near: computed points are exact to rounding, but a table typed by
# hand has a few decimals.
ON_CURVE = 1e-3
# The curve is drawn when no stretch longer than this share of the interval is without a point.
LARGEST_GAP = 0.2

GETTERS = ("get_lines", "get_xlabel", "get_ylabel")


@dataclass(frozen=True)
class Plot:
    """What one Axes shows: the points of each artist, in data coordinates, and the labels."""

    artists: tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]
    xlabel: str
    ylabel: str


def read(axes: Any, what: str) -> Plot:
    """The drawn data and labels of an Axes; lines, steps and scatter plots count alike.

    Raises `Wrong` when it is no Axes, with the remedy for what students return instead.
    """
    if axes is None:
        raise Wrong(f"{what} returned None: return the Axes that it draws on.", note="figure.none")
    if not all(callable(getattr(axes, getter, None)) for getter in GETTERS):
        raise Wrong(
            f"{what} must return a matplotlib Axes, but it returns a {type(axes).__name__}. "
            "With `fig, ax = plt.subplots()`, return `ax`.",
            note="figure.type",
        )
    return Plot(tuple(_artists(axes)), str(axes.get_xlabel()), str(axes.get_ylabel()))


def _artists(axes: Any) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    for line in axes.get_lines():
        yield from _points(line.get_xdata(), line.get_ydata())
    for collection in getattr(axes, "collections", ()):
        offsets: NDArray[np.float64] = np.ma.filled(np.ma.asarray(collection.get_offsets(), dtype=float), np.nan)
        if offsets.ndim == 2 and offsets.shape[1] == 2:
            yield from _points(offsets[:, 0], offsets[:, 1])


def _points(x: Any, y: Any) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
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
) -> None:
    """Some artists of the plot show y = curve(x) on [start, stop]; points at x ≥ below are ignored.

    Raises `Wrong` when nothing lies on the curve, or when what does leaves part of the interval out.
    """
    if not plot.artists:
        raise Wrong(f"{what} draws nothing on the Axes that it returns.", note="figure.empty")
    on_curve: list[NDArray[np.float64]] = []
    for x, y in plot.artists:
        counted = np.isfinite(x) & (x < below)
        expected = curve(x[counted])
        if counted.any() and np.allclose(y[counted], expected, rtol=ON_CURVE, atol=ON_CURVE):
            on_curve.append(x[counted])
    if not on_curve:
        raise Wrong(f"Nothing that {what} draws lies on the curve that is asked for.", note="figure.curve")
    inside = np.concatenate(on_curve)
    if inside.min() > start or inside.max() < stop:
        raise Wrong(
            f"{what} draws the right curve on too short an interval: it must cover [{start}, {stop}].",
            note="figure.interval",
        )
    inside = np.sort(inside[(inside >= start) & (inside <= stop)])
    ends = np.concatenate([[start], inside, [stop]])
    if np.diff(ends).max() > LARGEST_GAP * (stop - start):
        raise Wrong(f"{what} draws too few points to show the curve.", note="figure.points")


def names(label: str, symbol: str) -> bool:
    """Whether a label names a symbol such as D(G(z)); TeX markup, subscripts, spaces and case are ignored."""
    return _plain(symbol) in _plain(label)


def _plain(label: str) -> str:
    text, before = label, ""
    while text != before:  # \mathbf{z} is z, from the inside out
        before, text = text, re.sub(r"\\[A-Za-z]+\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"[_^]\s*(\{[^{}]*\}|\\[A-Za-z]+|.)", "", text)
    text = re.sub(r"\\[A-Za-z]+|\\.", "", text)
    return re.sub(r"[\s{}$φϕθ*]", "", text).lower()
