"""Judging a plot by what one sees: the data of its artists and its labels, whatever the plotting style.

Only getters of matplotlib's artists are used, so that a record of a figure that was drawn in another process
serves as well as the real object: `get_lines()` with `get_xdata()` and `get_ydata()` (plots, steps, stems),
`collections` with `get_offsets()` (scatter plots, and the vertices of line collections), the labels and limits.
What is seen of it all, a record has in `sight`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import sight
from .misconception import Misconception
from .numeric import attempt, kind, shown
from .verdict import Wrong

# A drawn point is on the curve when it is this near: computed points are exact to rounding, but a table typed by
# hand has a few decimals.
ON_CURVE = 1e-3
# The curve is drawn when no stretch longer than this share of the interval is without a point.
LARGEST_GAP = 0.2

# Of so many curves the right one need not be told by its label.
A_HANDFUL = 4
# Single points beside a line are not a curve of their own, up to so many: no fewer show one without a gap.
A_FEW_POINTS = 6
# What is shorter is a point: along an axis, it is on a curve by the tolerance.
A_DASH = 20 * ON_CURVE
# Of a longer label the rest is not read: the time that TeX can take grows with the square of it.
LONGEST_LABEL = 300
# A curve is squeezed to nothing where it extends over less than this share of an axis: a pixel or so.
SQUEEZED = 1 / 400


Points = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Artist:
    """The points of an artist in data coordinates, which of them one sees, and its label."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    seen: NDArray[np.bool_]
    label: str = ""


@dataclass(frozen=True)
class Plot:
    """What one Axes shows."""

    artists: tuple[Artist, ...]
    xlabel: str
    """Empty where one does not see it; so is the other."""
    ylabel: str
    legend: tuple[str, ...]
    extent: tuple[float, ...]
    """How long both axes are."""

    @property
    def shown(self) -> list[Artist]:
        """The artists of which one sees something."""
        return [artist for artist in self.artists if artist.seen.any()]


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
    if sight.is_axes(axes):
        seen = sight.look(axes)
    elif isinstance(getattr(axes, "sight", None), sight.Sight):
        seen = axes.sight
    else:
        return None
    artists = [*zip(axes.get_lines(), seen.lines, strict=False)]
    artists += zip(axes.collections, seen.collections, strict=False)
    return Plot(
        tuple(_artists(artists)),
        str(axes.get_xlabel()) if seen.xlabel else "",
        str(axes.get_ylabel()) if seen.ylabel else "",
        seen.legend,
        tuple(abs(float(end) - float(start)) for start, end in (axes.get_xlim(), axes.get_ylim())),
    )


def _artists(artists: Iterable[tuple[Any, NDArray[np.bool_]]]) -> Iterator[Artist]:
    for artist, seen in artists:
        where = sight.positions(artist)
        if len(where):
            yield Artist(where[:, 0], where[:, 1], seen, str(artist.get_label()))


def check_curve(
    what: str,
    plot: Plot,
    curve: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    start: float,
    stop: float,
    *,
    below: float,
    named: Sequence[str],
    misconceptions: Sequence[Misconception] = (),
) -> None:
    """One sees that some artists of the plot show y = curve(x) on [start, stop]; points at x ≥ below are ignored.

    Their points reach from start to stop, and of the interval at most a fifth is out of sight. More curves are
    welcome; where there are more than a handful, the legend must tell which is the right one: by a label that
    names it, as one of `named` does, while no other label in the legend does.

    Raises `Wrong` when nothing lies on the curve, with the hint of the first misconception whose curve is drawn
    instead, or when what does lie on it can't be seen, leaves part of the interval out, or is one guess of many.
    """
    if not plot.artists:
        raise Wrong(f"{what} draws nothing on the Axes that it returns.", note="figure.empty")
    right = _on(plot.shown, curve, below)
    if not right and _is_drawn(_on(plot.artists, curve, below), below):
        raise Wrong(
            f"The curve that {what} draws can't be seen: is it invisible, covered, of the colour of what lies "
            "below it, or outside of the limits of the axes?",
            note="figure.unseen",
        )
    if not right:
        for candidate in misconceptions:
            if _is_drawn(_on(plot.shown, candidate, below), below):
                raise Wrong(candidate.hint, note=candidate.note)
        raise Wrong(f"Nothing that {what} draws lies on the curve that is asked for.", note="figure.curve")
    _check_interval(what, plot, right, start, stop, below)
    others = [artist for artist in plot.shown if artist not in right]
    if _curves(others, right, below) >= A_HANDFUL and not _is_told(right, others, plot.legend, named):
        raise Wrong(
            f"{what} draws more than {A_HANDFUL} curves: label the one that is asked for, by its formula, and "
            "show a legend.",
            note="figure.which",
        )


def _check_interval(
    what: str, plot: Plot, right: Sequence[Artist], start: float, stop: float, below: float
) -> None:
    x = np.concatenate([_counted(artist, below)[0] for artist in right])
    if x.min() > start or x.max() < stop:
        raise Wrong(
            f"{what} draws the right curve on too short an interval: it must cover [{start}, {stop}].",
            note="figure.interval",
        )
    shown = [np.stack([artist.x, artist.y], axis=1)[artist.seen & (artist.x < below)] for artist in right]
    seen: NDArray[np.float64] = np.concatenate(shown)
    inside = seen[(seen[:, 0] >= start) & (seen[:, 0] <= stop)]
    ends = np.concatenate([[start], np.sort(inside[:, 0]), [stop]])
    if np.diff(ends).max() > LARGEST_GAP * (stop - start):
        raise Wrong(
            f"{what} draws too few points to show the curve, or too many of them can't be seen: what lies outside "
            "of the limits of the axes?",
            note="figure.points",
        )
    if np.any(np.ptp(inside, axis=0) < SQUEEZED * np.array(plot.extent)):
        raise Wrong(
            f"The limits of the axes are too wide to see the curve that {what} draws.", note="figure.unseen"
        )


def _counted(artist: Artist, below: float) -> Points:
    """The points of an artist that count; those without an x, between the parts of a line, do not."""
    counted = np.isfinite(artist.x) & (artist.x < below)
    return artist.x[counted], artist.y[counted]


def _on(
    artists: Iterable[Artist], curve: Callable[[NDArray[np.float64]], NDArray[np.float64]], below: float
) -> list[Artist]:
    """The artists that lie on the curve as a whole."""
    found = []
    for artist in artists:
        x, y = _counted(artist, below)
        if not x.size or (artist.x.size > 1 and np.unique(x).size == 1):
            continue  # an axhline is the points (0, y) and (1, y), whatever the limits: one point proves nothing
        with np.errstate(all="ignore"):
            expected = curve(x)
        if np.allclose(y, expected, rtol=ON_CURVE, atol=ON_CURVE):
            found.append(artist)
    return found


def _is_drawn(artists: Sequence[Artist], below: float) -> bool:
    """Whether artists that lie on a curve show it: two points lie on many curves."""
    return bool(artists) and np.unique(np.concatenate([_counted(artist, below)[0] for artist in artists])).size > 2


def _curves(others: Sequence[Artist], right: Sequence[Artist], below: float) -> float:
    """How many curves there are besides the right one, each in as many pieces as the right one has.

    A line along an axis is none. Where the right one is not drawn point by point, some single points are none.
    """
    found = 0.0
    for is_piece, usual in ((_is_point, A_FEW_POINTS), (_is_line, 1)):
        pieces = [sum(is_piece(artist, below) for artist in artists) for artists in (others, right)]
        found += pieces[0] / (pieces[1] or usual)
    return found


def _extent(artist: Artist, below: float) -> list[float] | None:
    """How far the points of an artist that one sees, and that count, reach along the axes; None without any."""
    counted = artist.seen & (artist.x < below) & np.isfinite(artist.x) & np.isfinite(artist.y)
    return [float(np.ptp(values[counted])) for values in (artist.x, artist.y)] if counted.any() else None


def _is_point(artist: Artist, below: float) -> bool:
    """Whether it is a point, or a dash so short that it may lie on a curve whatever its direction."""
    extent = _extent(artist, below)
    return extent is not None and max(extent) < A_DASH


def _is_line(artist: Artist, below: float) -> bool:
    """Whether it is more than a point, and not along an axis."""
    extent = _extent(artist, below)
    return extent is not None and max(extent) >= A_DASH and min(extent) > 0


def _is_told(
    right: Sequence[Artist], others: Sequence[Artist], legend: Sequence[str], named: Sequence[str]
) -> bool:
    """Whether the legend names the right artists, and no others."""

    def named_in_legend(artist: Artist) -> bool:
        return artist.label in legend and any(names(artist.label, name) for name in named)

    return any(map(named_in_legend, right)) and not any(map(named_in_legend, others))


def names(label: str, symbol: str) -> bool:
    """Whether a label names a symbol such as D(G(z)); TeX markup, subscripts, spaces and case are ignored."""
    return _plain(symbol) in _plain(label[:LONGEST_LABEL])


_GREEK = "alpha|beta|gamma|theta|lambda|mu|phi|varphi|psi|omega"


def _plain(label: str) -> str:
    text, before = unicodedata.normalize("NFKC", label), ""
    while text != before:  # \mathbf{z} is z, from the inside out
        before, text = text, re.sub(r"\\[A-Za-z]+\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\(log|ln)(?![A-Za-z])|(?<![a-z])ln(?![a-z])", "log", text)
    # In plain text, D_phi is D with a subscript, too.
    text = re.sub(rf"[_^]\s*(\{{[^{{}}]*\}}|\\[A-Za-z]+|{_GREEK}|.)", "", text)
    text = re.sub(r"\\[A-Za-z]+|\\.", "", text)
    return re.sub(r"[\s{}$φϕθ*]", "", text).lower().translate(str.maketrans("[]", "()"))
