"""What of a plot one sees: the points of each artist, the labels, the legend. "A figure is what one sees".

`look` reads it off matplotlib's objects, without rendering, in the process in which they are; what it found
travels as plain data. A point is seen when its mark differs from what it would hide: it is drawn at all (visible,
neither transparent nor of no size, not the only point of a line), where the data say, inside the Axes, the figure
and the clip path, in another colour than what lies below it, and not below something opaque. How faint a mark may
be is decided generously: a line of a tenth of a point and the lightest greys are seen.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# A mark is seen when some channel of its colour, of 0 to 1, differs by this much from what it is drawn on.
_CONTRAST = 0.05
# Axes, in inches, and texts, in points, that are smaller are not there.
_SMALLEST_AXES, _SMALLEST_TEXT = 0.2, 2.0
# Pixels for each point of length on the screen that marks thinner than a pixel fade on.
_PIXELS = 100 / 72
# Data that are drawn this many pixels beside their place are drawn elsewhere.
_MOVED = 2.0
# In points; smaller markers hide no curve.
_LARGE = 15.0
# Of more pieces than this only the outline of all is looked at.
_PIECES = 100
# Pixels that a line may tremble by, as if by hand.
_SHAKIEST = 10
# Dashes of which less than this share is ink are no line.
_INK = 0.05


@dataclass(frozen=True)
class Sight:
    """What one sees of an Axes."""

    lines: tuple[Mask, ...]
    """Of each of its lines, which points."""
    collections: tuple[Mask, ...]
    """Of each of its collections, which of the `positions`."""
    xlabel: bool
    ylabel: bool
    legend: tuple[str, ...]
    """The entries of its legend, and of its figure's."""


def is_axes(value: Any) -> bool:
    """Whether it is an Axes of matplotlib, which is not imported for this."""
    module = sys.modules.get("matplotlib.axes")
    return module is not None and isinstance(value, module.Axes)


def positions(artist: Any) -> Floats:
    """The points of a line or a collection, one a row; nan where there is none, and between separate lines."""
    if hasattr(artist, "get_xdata"):
        x, y = _numbers(artist.get_xdata(orig=False)).ravel(), _numbers(artist.get_ydata(orig=False)).ravel()
        return np.column_stack([x, y]) if x.size == y.size else np.empty((0, 2))
    if hasattr(artist, "get_segments"):
        gap = np.full((1, 2), np.nan)
        parts = [part for segment in artist.get_segments() for part in (_numbers(segment), gap)]
        return np.concatenate(parts) if parts else np.empty((0, 2))
    offsets = _numbers(artist.get_offsets())
    return offsets if offsets.ndim == 2 and offsets.shape[1] == 2 else np.empty((0, 2))


def _numbers(data: Any) -> Floats:
    """The data of an artist as numbers; dates and categories that have none become nothing."""
    try:
        return np.asarray(np.ma.filled(np.ma.asarray(data, dtype=float), np.nan), dtype=float)
    except (TypeError, ValueError):
        return np.empty(0)


def look(axes: Any, at_most: int = 2_000) -> Sight:
    """What one sees of an Axes, and of as many of its artists of a kind."""
    view = _View(axes)
    return Sight(
        lines=tuple(view.seen(line) for line in axes.lines[:at_most]),
        collections=tuple(view.seen(collection) for collection in axes.collections[:at_most]),
        xlabel=axes.axison and axes.xaxis.get_visible() and view.reads(axes.xaxis.label),
        ylabel=axes.axison and axes.yaxis.get_visible() and view.reads(axes.yaxis.label),
        legend=tuple(view.entries()),
    )


@dataclass(frozen=True)
class _Area:
    """Something filled: which of the pixels it covers, with what, and when it is drawn."""

    order: tuple[int, int]
    fill: _Fill


@dataclass(frozen=True)
class _Fill:
    """What something covers, and with which colour."""

    colour: Floats
    """Red, green, blue, alpha."""
    covers: Callable[[Floats, float], Mask]
    """Which of the marks at these pixels, that reach so far to all sides."""
    radius: float = math.inf
    """Marks that reach as far are not covered."""


@dataclass(frozen=True)
class _Ink:
    """One kind of mark, of which each point has one: a marker's face, its edge, the line."""

    colours: Floats
    """Red, green, blue, alpha; one row for all, or a row for each point."""
    size: Floats
    """In points, likewise."""
    drawn: Mask
    power: int = 1
    """2 for what is small in both directions."""

    @property
    def strength(self) -> Floats:
        """How opaque the mark is, for its colour and for being thinner than a pixel."""
        strength: Floats = self.colours[:, 3] * np.clip(self.size * _PIXELS, 0, 1) ** self.power
        return strength


class _View:
    """An Axes in its figure, in pixels."""

    def __init__(self, axes: Any) -> None:
        self._axes = axes
        self._figures = list(_figures(axes))
        self._background = np.ones(3)
        for figure in reversed(self._figures):
            if figure.patch.get_visible():
                self._background = _over(self._background, np.asarray(figure.patch.get_facecolor()))
        self._pixels_per_point = self._figures[0].dpi / 72 if self._figures else 1.0
        self._order = {id(artist): number for number, artist in enumerate(_drawn(axes))}
        self._areas: list[_Area] = []
        self._shown = self._is_shown()
        if self._shown:
            for other in self._figures[0].axes:
                other.get_xlim(), other.get_ylim()  # limits that follow the data are set when somebody asks
            self._siblings = {id(child): number for number, child in enumerate(_drawn(self._figures[0]))}
            self._areas = list(self._all_areas())

    def _is_shown(self) -> bool:
        axes, figures = self._axes, self._figures
        # a polar plot, say, shows another curve than its data
        if not figures or axes.name != "rectilinear" or not all(part.get_visible() for part in (axes, *figures)):
            return False
        locator = axes.get_axes_locator()
        axes.apply_aspect(locator(axes, None) if locator else None)  # as before drawing: it may leave nothing
        family = [child for other in figures[0].axes for child in (other, *other.child_axes)]
        width, height = self._inside(axes.bbox) @ np.array([[-1, 0], [0, -1], [1, 0], [0, 1]])
        inch = figures[0].dpi
        return any(axes is one for one in family) and min(width, height) >= _SMALLEST_AXES * inch

    def _inside(self, box: Any) -> Floats:
        """Left, bottom, right and top of what lies inside of the figures, too."""
        left, bottom, right, top = box.extents
        for figure in self._figures:
            x0, y0, x1, y1 = figure.bbox.extents
            left, bottom, right, top = max(left, x0), max(bottom, y0), min(right, x1), min(top, y1)
        return np.array([left, bottom, right, top])

    def reads(self, text: Any) -> bool:
        """Whether one sees a text beside the Axes."""
        colour = _rgba(text.get_color(), text.get_alpha())
        contrast = np.abs(colour[:3] - self._background).max() * colour[3]
        large = text.get_fontsize() >= _SMALLEST_TEXT
        return bool(self._shown and text.get_visible() and large and contrast >= _CONTRAST)

    def entries(self) -> Iterator[str]:
        """The texts of the legends that one sees."""
        for legend in [
            self._axes.get_legend(),
            *(legend for figure in self._figures for legend in figure.legends),
        ]:
            if self._shown and legend is not None and legend.get_visible():
                for text in legend.get_texts():
                    if text.get_visible() and text.get_fontsize() >= _SMALLEST_TEXT:
                        yield str(text.get_text())

    def seen(self, artist: Any) -> Mask:
        """Which of the positions of an artist one sees; none of one that can't be looked at."""
        where = positions(artist)
        seen = np.zeros(len(where), dtype=bool)
        with contextlib.suppress(Exception), np.errstate(all="ignore"):
            if self._shown and artist.get_visible() and _is_plainly_drawn(artist):
                seen = self._seen(artist, where)
        return seen

    def _seen(self, artist: Any, where: Floats) -> Mask:
        finite: Mask = np.all(np.isfinite(where), axis=1)
        pixels: Floats = np.ma.filled(np.ma.asarray(self._axes.transData.transform(where)), np.nan)
        inside = finite & np.isfinite(pixels).all(axis=1)
        # drawn where the data say: not in coordinates of the Axes, and not shifted
        moved = np.ma.filled(np.ma.asarray(_transform(artist).transform(where)), np.nan)
        inside &= np.abs(moved - pixels).max(axis=1) <= _MOVED
        box = self._inside(self._axes.bbox if artist.get_clip_on() else self._figures[-1].bbox)
        inside &= _in_box(box, pixels)
        if artist.get_clip_on():
            if (clip := artist.get_clip_box()) is not None:
                inside &= _in_box(clip.extents, pixels)
            if (clip := artist.get_clip_path()) is not None:
                inside &= clip.get_fully_transformed_path().contains_points(pixels)
        seen = np.zeros(len(where), dtype=bool)
        for ink in _inks(artist, finite):
            seen |= inside & ink.drawn & (self._contrasts(artist, ink, inside, pixels) >= _CONTRAST)
        return seen

    def _contrasts(self, artist: Any, ink: _Ink, inside: Mask, pixels: Floats) -> Floats:
        """By how much each mark changes the colour at its place."""
        rank = (self._siblings.get(id(self._axes), 0), self._order[id(artist)])
        below: Floats = np.tile(self._background, (len(pixels), 1))
        left = np.ones(len(pixels))
        reach = ink.size.max() / 2 * self._pixels_per_point
        for area in self._areas:
            if area.order == rank or area.fill.radius <= reach:
                continue
            covered = inside.copy()
            covered[inside] = area.fill.covers(pixels[inside], reach)
            if area.order < rank:
                below[covered] = _over(below[covered], area.fill.colour)
            else:
                left[covered] *= 1 - area.fill.colour[3]
        contrasts: Floats = np.abs(ink.colours[:, :3] - below).max(axis=1) * ink.strength * left
        return contrasts

    def _all_areas(self) -> Iterator[_Area]:
        """Everything filled in the figure that holds the Axes, in the order in which it is drawn."""
        for child in _drawn(self._figures[0]):
            rank = self._siblings[id(child)]
            yield from self._areas_of(child, (rank, -1))
            if hasattr(child, "transData") and child.get_visible():
                for number, artist in enumerate(_drawn(child)):
                    yield from self._areas_of(artist, (rank, number))

    def _areas_of(self, artist: Any, order: tuple[int, int]) -> Iterator[_Area]:
        with contextlib.suppress(Exception):  # what can't be looked at hides nothing
            for fill in _fills(artist, self._pixels_per_point):
                if fill.colour[3] > _CONTRAST:
                    yield _Area(order, fill)


def _figures(axes: Any) -> Iterator[Any]:
    """The figure that holds an Axes, and those that hold it; none if it was removed."""
    figure = axes.figure
    while figure is not None:
        yield figure
        figure = getattr(figure, "_parent", None)


def _drawn(parent: Any) -> list[Any]:
    """The parts of an Axes or a figure in the order in which they are drawn, without its background."""
    children = [child for child in parent.get_children() if child is not parent.patch]
    return sorted(children, key=lambda child: child.get_zorder())


def _is_plainly_drawn(artist: Any) -> bool:
    """Whether no filter and no effect comes between the artist and what one sees."""
    effects, sketch = artist.get_path_effects(), artist.get_sketch_params()
    plain = ("Normal", "withStroke", "withSimplePatchShadow", "withTickedStroke")
    return (
        artist.get_agg_filter() is None
        and (not effects or type(effects[-1]).__name__ in plain)
        and (sketch is None or sketch[0] <= _SHAKIEST)
    )


def _transform(artist: Any) -> Any:
    offset = hasattr(artist, "get_offset_transform") and not hasattr(artist, "get_segments")
    return artist.get_offset_transform() if offset else artist.get_transform()


def _in_box(extents: Any, pixels: Floats) -> Mask:
    left, bottom, right, top = extents
    low, high = np.array([left, bottom]) - 1, np.array([right, top]) + 1
    inside: Mask = np.all((pixels >= low) & (pixels <= high), axis=1)
    return inside


def _rgba(colour: Any, alpha: Any = None) -> Floats:
    from matplotlib.colors import to_rgba

    return np.asarray(to_rgba(colour, alpha))


def _over(below: Floats, colour: Floats) -> Floats:
    mixed: Floats = below + colour[3] * (colour[:3] - below)
    return mixed


# The marks of an artist ------------------------------------------------------------------------------------------


def _inks(artist: Any, finite: Mask) -> Iterator[_Ink]:
    if hasattr(artist, "get_xdata"):
        yield from _inks_of_line(artist, finite)
        return
    artist.update_scalarmappable()  # colours by numbers, as before drawing
    widths = np.atleast_1d(artist.get_linewidth())
    edges = np.atleast_2d(artist.get_edgecolor())
    if hasattr(artist, "get_segments"):
        # the rows of a segment, and the gap behind it, have its number
        segment = np.repeat(range(len(artist.get_paths())), [len(s) + 1 for s in artist.get_segments()])
        dashed = np.array([_is_line(pattern) for pattern in artist.get_linestyle()])
        drawn = _joined(finite) & _cycled(dashed, segment)
        yield _Ink(_cycled(edges, segment), _cycled(widths, segment), drawn)
        return
    if not any(len(path.vertices) for path in artist.get_paths()):
        return
    each = np.arange(finite.size)
    sizes, faces = _cycled(_sizes(artist), each), np.atleast_2d(artist.get_facecolor())
    if faces.size:
        yield _Ink(_cycled(faces, each), sizes, finite, power=2)
    if edges.size:
        yield _Ink(_cycled(edges, each), np.minimum(_cycled(widths, each), sizes), finite)


def _sizes(collection: Any) -> Floats:
    """Of the markers of a collection, in points; none where it has no markers."""
    return np.sqrt(np.atleast_1d(collection.get_sizes())) if hasattr(collection, "get_sizes") else np.empty(0)


def _cycled(values: NDArray[Any], index: NDArray[np.int64]) -> NDArray[Any]:
    """The values for these artists of a collection; where there are fewer, they are used again."""
    return values[index % len(values)]


def _inks_of_line(line: Any, finite: Mask) -> Iterator[_Ink]:
    alpha = line.get_alpha()
    if line.get_linestyle() not in _NOTHING and _is_line(getattr(line, "_unscaled_dash_pattern", (0, None))):
        yield _ink(line.get_color(), alpha, line.get_linewidth(), _joined(finite))
    if line.get_marker() in _NOTHING:
        return
    from matplotlib.markers import MarkerStyle

    size = 1 / _PIXELS if line.get_marker() == "," and line.get_markersize() > 0 else line.get_markersize()
    drawn = finite & _every(line.get_markevery(), finite.size)
    if MarkerStyle(line.get_marker(), line.get_fillstyle()).is_filled():
        yield _ink(line.get_markerfacecolor(), alpha, size, drawn, power=2)
    yield _ink(line.get_markeredgecolor(), alpha, min(size, line.get_markeredgewidth()), drawn)


_NOTHING = (None, "None", "none", " ", "")


def _ink(colour: Any, alpha: Any, size: float, drawn: Mask, power: int = 1) -> _Ink:
    return _Ink(_rgba(colour, alpha)[None], np.array([float(size)]), drawn, power)


def _joined(finite: Mask) -> Mask:
    """Which points of a line have a neighbour to draw a line to."""
    pairs = finite[:-1] & finite[1:]
    joined: Mask = np.append(pairs, False) | np.insert(pairs, 0, False)
    return joined


def _is_line(pattern: Any) -> bool:
    """Whether dashes, with the gaps between them, leave something to be seen."""
    dashes = pattern[1]
    return dashes is None or not len(dashes) or sum(dashes[::2]) >= _INK * sum(dashes)


def _every(which: Any, size: int) -> Mask:
    """Which of the points have markers, by the setting of that name; all by one that is in lengths."""
    chosen = np.zeros(size, dtype=bool)
    if isinstance(which, tuple) and len(which) == 2 and all(isinstance(part, int) for part in which):
        which = slice(which[0], None, which[1])
    elif isinstance(which, int):
        which = slice(None, None, which)
    elif which is None or isinstance(which, float | tuple):
        which = slice(None)
    chosen[which] = True
    return chosen


# What is filled --------------------------------------------------------------------------------------------------


def _fills(artist: Any, pixels_per_point: float) -> Iterator[_Fill]:
    """The areas that an artist covers, in pixels, each with its colour."""
    if not artist.get_visible():
        return
    if hasattr(artist, "transData"):
        if artist.axison and artist.get_frame_on():
            yield from _fills(artist.patch, pixels_per_point)
    elif hasattr(artist, "get_xdata"):
        where = artist.get_transform().transform(positions(artist))
        if artist.get_linestyle() == "-":
            width = artist.get_linewidth() * pixels_per_point
            yield _discs(where, width, _rgba(artist.get_color(), artist.get_alpha()), joined=True)
        if artist.get_marker() not in _NOTHING and artist.get_markersize() >= _LARGE:
            size = artist.get_markersize() * pixels_per_point
            yield _discs(where, size, _rgba(artist.get_markerfacecolor(), artist.get_alpha()))
    elif hasattr(artist, "get_segments"):
        width, colours = np.max(artist.get_linewidth()), np.atleast_2d(artist.get_colors())
        where = artist.get_transform().transform(positions(artist))
        yield from (_discs(where, width * pixels_per_point, colour, joined=True) for colour in colours[:1])
    elif hasattr(artist, "get_offsets") and _sizes(artist).size:
        artist.update_scalarmappable()
        faces, size = np.atleast_2d(artist.get_facecolor()), _sizes(artist).max()
        if faces.size and size >= _LARGE:
            where = artist.get_offset_transform().transform(positions(artist))
            yield _discs(where, size * pixels_per_point, faces[0])
    elif hasattr(artist, "get_offsets"):
        yield from _fills_of_collection(artist)
    elif hasattr(artist, "get_bbox_patch") and (frame := artist.get_bbox_patch()) is not None:
        artist.update_bbox_position_size(_renderer(artist))
        yield from _fills(frame, pixels_per_point)
    elif hasattr(artist, "get_frame") and hasattr(artist, "get_texts"):
        colour = np.asarray(artist.get_frame().get_facecolor())
        # the usual legend lets through what lies below; to place one takes longer than all the rest
        if artist.get_frame_on() and colour[3] > 1 - _CONTRAST:
            yield _Fill(colour, _box(artist.get_window_extent(_renderer(artist))))
    elif hasattr(artist, "get_facecolor") and hasattr(artist, "get_path"):
        if artist.get_fill():
            path = artist.get_transform().transform_path(artist.get_path())
            yield _Fill(np.asarray(artist.get_facecolor()), _within(path))
    elif hasattr(artist, "get_extent"):
        alpha = artist.get_alpha()
        grey = np.array([0.5, 0.5, 0.5, 1.0 if alpha is None else np.min(alpha)])
        yield _Fill(grey, _box(artist.get_window_extent()))


def _fills_of_collection(artist: Any) -> Iterator[_Fill]:
    artist.update_scalarmappable()
    faces, paths = np.atleast_2d(artist.get_facecolor()), artist.get_paths()
    if not faces.size:
        return
    if len(paths) > _PIECES:
        yield _Fill(faces[faces[:, 3].argmin()], _box(artist.get_window_extent()))
        return
    for path, face in zip(paths, itertools.cycle(faces)):
        yield _Fill(face, _within(artist.get_transform().transform_path(path)))


def _renderer(artist: Any) -> Any:
    """What knows how large texts are."""
    (*_, figure) = _figures(artist)
    return figure.canvas.get_renderer()


def _within(path: Any) -> Callable[[Floats, float], Mask]:
    def covers(pixels: Floats, reach: float) -> Mask:
        around = (pixels + (reach + 0.5) * np.array(step) for step in ((-1, 0), (1, 0), (0, -1), (0, 1)))
        covered: Mask = np.all([path.contains_points(near) for near in around], axis=0)
        return covered

    return covers


def _box(box: Any) -> Callable[[Floats, float], Mask]:
    def covers(pixels: Floats, reach: float) -> Mask:
        low, high = np.reshape(box.extents, (2, 2))
        covered: Mask = np.all((pixels - reach >= low) & (pixels + reach <= high), axis=1)
        return covered

    return covers


def _discs(centres: Floats, size: float, colour: Floats, *, joined: bool = False) -> _Fill:
    """Discs around the centres, and along the lines between them; markers of all forms are taken to be some."""
    if joined and len(centres) <= _PIECES:  # of more points these are near enough themselves
        steps = np.linspace(0, 1, 50)[:, None, None]
        centres = (centres[:-1] + steps * (centres[1:] - centres[:-1])).reshape(-1, 2)
    centres = centres[np.isfinite(centres).all(axis=1)]

    def covers(pixels: Floats, reach: float) -> Mask:
        found = np.zeros(len(pixels), dtype=bool)
        for part in np.array_split(centres, max(1, len(centres) * len(pixels) // 1_000_000)):
            squares = ((pixels[:, None] - part[None]) ** 2).sum(axis=2)
            found |= (squares <= (size / 2 - reach + 0.5) ** 2).any(axis=1)
        return found

    return _Fill(colour, covers, radius=size / 2)
