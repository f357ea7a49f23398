"""Figures as records of what was drawn, with the getters of matplotlib that tests use.

`read` runs in the student's process, the records in the trusted one, which never needs matplotlib. Nothing is
rendered: the data, the labels, the limits, and what one sees of them, are read off the artists.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graders.answers.sight import Sight, look, positions

Array = np.ndarray[Any, Any]
Raw = dict[str, Any]

_MAX_ARTISTS = 2_000
_MAX_TEXT = 10_000


@dataclass(frozen=True)
class Text:
    """A label, a legend entry, an annotation."""

    text: str

    def get_text(self) -> str:
        """The text as written, TeX included."""
        return self.text


@dataclass(frozen=True)
class Legend:
    """The legend of an Axes."""

    texts: tuple[Text, ...]

    def get_texts(self) -> list[Text]:
        """The entries."""
        return list(self.texts)


@dataclass(frozen=True)
class Line:
    """A curve."""

    x: Array
    y: Array
    label: str
    visible: bool
    style: str

    def get_xdata(self, orig: bool = True) -> Array:
        """The abscissae."""
        return self.x

    def get_ydata(self, orig: bool = True) -> Array:
        """The ordinates."""
        return self.y

    def get_data(self, orig: bool = True) -> tuple[Array, Array]:
        """Abscissae and ordinates."""
        return self.x, self.y

    def get_xydata(self) -> Array:
        """Both, one point a row."""
        return np.column_stack([self.x, self.y])

    def get_label(self) -> str:
        """The entry for the legend."""
        return self.label

    def get_visible(self) -> bool:
        """Whether it is shown."""
        return self.visible

    def get_linestyle(self) -> str:
        """The style: "-", "--", "None", …"""
        return self.style


@dataclass(frozen=True)
class Collection:
    """A scatter plot, or another collection of marks."""

    offsets: Array
    label: str

    def get_offsets(self) -> Array:
        """The positions, one point a row; of a collection of lines, their vertices, with nan in between."""
        return self.offsets

    def get_label(self) -> str:
        """The entry for the legend."""
        return self.label


@dataclass(frozen=True)
class Axes:
    """One plot."""

    lines: tuple[Line, ...]
    collections: tuple[Collection, ...]
    texts: tuple[Text, ...]
    legend: Legend | None
    labels: dict[str, str]
    limits: dict[str, tuple[float, float]]
    scales: dict[str, str]
    sight: Sight
    figure: Figure | None = field(default=None, compare=False, repr=False)

    def get_lines(self) -> list[Line]:
        """The curves, in the order in which they were drawn."""
        return list(self.lines)

    def get_legend(self) -> Legend | None:
        """The legend, if there is one."""
        return self.legend

    def get_legend_handles_labels(self) -> tuple[list[Line | Collection], list[str]]:
        """What a legend would show."""
        both: list[Line | Collection] = [*self.lines, *self.collections]
        drawn = [item for item in both if item.label and not item.label.startswith("_")]
        return drawn, [item.label for item in drawn]

    def get_xlabel(self) -> str:
        """The label of the x axis."""
        return self.labels["x"]

    def get_ylabel(self) -> str:
        """The label of the y axis."""
        return self.labels["y"]

    def get_title(self, loc: str = "center") -> str:
        """The title."""
        return self.labels[loc] if loc in ("left", "right") else self.labels["title"]

    def get_xlim(self) -> tuple[float, float]:
        """The limits of the x axis."""
        return self.limits["x"]

    def get_ylim(self) -> tuple[float, float]:
        """The limits of the y axis."""
        return self.limits["y"]

    def get_xscale(self) -> str:
        """The scale of the x axis: "linear", "log", …"""
        return self.scales["x"]

    def get_yscale(self) -> str:
        """The scale of the y axis."""
        return self.scales["y"]

    def get_figure(self) -> Figure | None:
        """The figure that it belongs to."""
        return self.figure


@dataclass(frozen=True)
class Figure:
    """One or more plots."""

    axes: list[Axes]

    def get_axes(self) -> list[Axes]:
        """The plots."""
        return list(self.axes)

    def gca(self) -> Axes:
        """The last plot."""
        return self.axes[-1]


def read(value: Any) -> tuple[str, Any] | None:
    """In the student's process: ("axes", data) or ("figure", data) of something drawn, None of anything else."""
    artists = sys.modules.get("matplotlib.axes"), sys.modules.get("matplotlib.figure")
    if artists[0] is None or artists[1] is None:
        return None
    if isinstance(value, artists[0].Axes):
        return "axes", _read_axes(value)
    if isinstance(value, artists[1].FigureBase):
        return "figure", [_read_axes(axes) for axes in value.axes]
    return None


def _read_axes(axes: Any) -> Raw:
    legend = axes.get_legend()
    seen = look(axes, _MAX_ARTISTS)
    return {
        "lines": [
            {
                **_points(line),
                "label": str(line.get_label()),
                "visible": bool(line.get_visible()),
                "style": str(line.get_linestyle()),
            }
            for line in axes.lines[:_MAX_ARTISTS]
        ],
        "collections": [
            {"offsets": positions(item), "label": str(item.get_label())}
            for item in axes.collections[:_MAX_ARTISTS]
        ],
        "texts": [str(text.get_text()) for text in axes.texts[:_MAX_ARTISTS]],
        "legend": None if legend is None else [str(text.get_text()) for text in legend.get_texts()],
        "labels": {
            "x": axes.get_xlabel(), "y": axes.get_ylabel(), "title": axes.get_title(),
            "left": axes.get_title("left"), "right": axes.get_title("right"),
        },
        "limits": {"x": [float(end) for end in axes.get_xlim()], "y": [float(end) for end in axes.get_ylim()]},
        "scales": {"x": axes.get_xscale(), "y": axes.get_yscale()},
        "sight": {
            "lines": list(seen.lines), "collections": list(seen.collections),
            "x": bool(seen.xlabel), "y": bool(seen.ylabel), "legend": list(seen.legend[:_MAX_ARTISTS]),
        },
    }  # fmt: skip


def _points(line: Any) -> Raw:
    where = positions(line)
    return {"x": where[:, 0], "y": where[:, 1]}


def figure(data: Any) -> Figure:
    """In the trusted process: a figure from decoded data, or `ValueError`."""
    result = Figure([])
    result.axes.extend(axes(item, result) for item in _list(data))
    return result


def axes(data: Any, owner: Figure | None = None) -> Axes:
    """In the trusted process: an Axes from decoded data, or `ValueError`."""
    raw = _record(data)
    limits = {axis: tuple(_float(end) for end in _list(_record(raw["limits"])[axis])) for axis in "xy"}
    if any(len(pair) != 2 for pair in limits.values()):
        raise ValueError("limits are pairs")
    lines = tuple(_line(_record(item)) for item in _list(raw["lines"]))
    collections = tuple(_collection(_record(item)) for item in _list(raw["collections"]))
    result = Axes(
        lines=lines,
        collections=collections,
        texts=_texts(raw["texts"]),
        legend=None if raw["legend"] is None else Legend(_texts(raw["legend"])),
        labels={key: _text(_record(raw["labels"])[key]) for key in ("x", "y", "title", "left", "right")},
        limits=limits,  # type: ignore[arg-type]
        scales={key: _text(_record(raw["scales"])[key]) for key in "xy"},
        sight=_sight(_record(raw["sight"]), lines, collections),
        figure=owner or Figure([]),
    )
    if owner is None and result.figure is not None:
        result.figure.axes.append(result)
    return result


def _line(raw: Raw) -> Line:
    x, y = _vector(raw["x"]), _vector(raw["y"])
    if len(x) != len(y):
        raise ValueError("a curve has as many abscissae as ordinates")
    return Line(x, y, _text(raw["label"]), raw["visible"] is True, _text(raw["style"]))


def _collection(raw: Raw) -> Collection:
    offsets = raw["offsets"]
    if not isinstance(offsets, np.ndarray) or offsets.ndim != 2 or offsets.shape[1] != 2:
        offsets = np.empty((0, 2))
    return Collection(np.asarray(offsets, dtype=float), _text(raw["label"]))


def _sight(raw: Raw, lines: tuple[Line, ...], collections: tuple[Collection, ...]) -> Sight:
    return Sight(
        lines=_masks(raw["lines"], [len(line.x) for line in lines]),
        collections=_masks(raw["collections"], [len(collection.offsets) for collection in collections]),
        xlabel=raw["x"] is True,
        ylabel=raw["y"] is True,
        legend=tuple(_text(item) for item in _list(raw["legend"])),
    )


def _masks(value: Any, lengths: list[int]) -> tuple[Array, ...]:
    """For each artist, of which there are so many points, which of them one sees."""
    masks = _list(value)
    if [getattr(mask, "shape", None) for mask in masks] != [(length,) for length in lengths]:
        raise ValueError("what is seen of an artist is said of each of its points")
    if not all(isinstance(mask, np.ndarray) and mask.dtype.kind == "b" for mask in masks):
        raise ValueError("a point is seen or it is not")
    return tuple(masks)


def _vector(value: Any) -> Array:
    if not isinstance(value, np.ndarray) or value.ndim != 1 or value.dtype.kind != "f":
        raise ValueError("the data of a curve is one array of numbers")
    return value


def _record(value: Any) -> Raw:
    if not isinstance(value, dict):
        raise ValueError("a record is a dictionary")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > _MAX_ARTISTS:
        raise ValueError("a list is a list, and not too long")
    return value


def _float(value: Any) -> float:
    if not isinstance(value, float):
        raise ValueError("a number is a number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is a text")
    return value[:_MAX_TEXT]


def _texts(value: Any) -> tuple[Text, ...]:
    return tuple(Text(_text(item)) for item in _list(value))
