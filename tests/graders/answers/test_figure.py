"""A curve is judged by what is drawn and written, whatever draws it."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from graders.answers import figure
from graders.answers.misconception import misconception
from graders.answers.verdict import Wrong

matplotlib.use("Agg")

XS = np.linspace(0, 0.98, 60)


def curve(x: Any) -> Any:
    return np.log1p(-x)


@misconception("test.mirrored")
def mirrored(x: Any) -> Any:
    """Upside down."""
    return -curve(x)


@pytest.fixture
def ax() -> Iterator[Axes]:
    yield plt.subplots()[1]
    plt.close("all")


def check(axes: Any) -> None:
    plot = figure.read(axes, "f")
    figure.check_curve("f", plot, curve, 0.01, 0.95, below=0.99, misconceptions=[mirrored])


def one_by_one(ax: Axes) -> None:
    for x in XS:
        ax.scatter(x, curve(x))


def by_segments(ax: Axes) -> None:
    for pair in itertools.pairwise(XS):
        ax.plot(pair, curve(np.array(pair)))


def as_collection(ax: Axes) -> None:
    ax.add_collection(LineCollection(list(itertools.pairwise(zip(XS, curve(XS), strict=True)))))


def with_infinity(ax: Axes) -> None:
    x = np.linspace(0, 1, 50)
    with np.errstate(divide="ignore"):
        ax.plot(x, np.log(1 - x))


def masked(ax: Axes) -> None:
    x = np.linspace(0, 1.2, 100)
    ax.plot(x, np.ma.masked_invalid(curve(np.where(x < 1, x, np.nan))))


def among_others(ax: Axes) -> None:
    ax.plot(XS, XS)
    ax.plot(XS, curve(XS), "--")
    ax.axhline(-1)
    ax.axvline(0.5)
    ax.fill_between(XS, curve(XS))
    ax.annotate("here", (0.5, -1))


DRAWN: dict[str, Callable[[Axes], Any]] = {
    "line": lambda ax: ax.plot(XS, curve(XS)),
    "markers": lambda ax: ax.plot(XS, curve(XS), "o"),
    "lists": lambda ax: ax.plot(XS.tolist(), curve(XS).tolist()),
    "backwards": lambda ax: ax.plot(XS[::-1], curve(XS[::-1])),
    "scatter": lambda ax: ax.scatter(XS, curve(XS)),
    "step": lambda ax: ax.step(XS, curve(XS)),
    "stem": lambda ax: ax.stem(XS, curve(XS)),
    "error bars": lambda ax: ax.errorbar(XS, curve(XS), yerr=0.1),
    "few decimals": lambda ax: ax.plot(XS, curve(XS).round(3)),
    "two halves": lambda ax: (ax.plot(XS[:30], curve(XS[:30])), ax.plot(XS[29:], curve(XS[29:]))),
    "one by one": one_by_one,
    "by segments": by_segments,
    "as a collection": as_collection,
    "with infinity": with_infinity,
    "masked": masked,
    "among others": among_others,
}


@pytest.mark.parametrize("style", DRAWN)
def test_styles_that_show_the_curve(ax: Axes, style: str) -> None:
    DRAWN[style](ax)
    check(ax)


def axis_lines_only(ax: Axes) -> None:
    ax.axhline(0)
    ax.axvline(0)
    ax.fill_between([0, 1], [0, 0])


WRONG: dict[str, tuple[Callable[[Axes], Any], str]] = {
    "nothing": (lambda ax: None, "figure.empty"),
    "another curve": (lambda ax: ax.plot(XS, np.sqrt(XS)), "figure.curve"),
    "the axes swapped": (lambda ax: ax.plot(curve(XS), XS), "figure.curve"),
    "a misconception": (lambda ax: ax.scatter(XS, -curve(XS)), "test.mirrored"),
    "one point off": (lambda ax: ax.plot(XS, curve(XS) - 0.1 * (np.arange(XS.size) == 7)), "figure.curve"),
    "starts late": (lambda ax: ax.plot(XS[10:], curve(XS[10:])), "figure.interval"),
    "ends early": (lambda ax: ax.plot(XS[:40], curve(XS[:40])), "figure.interval"),
    "starts late, with an axis line": (
        lambda ax: (ax.plot(XS[10:], curve(XS[10:])), ax.axhline(0), ax.fill_between([0, 1], [0, 0])),
        "figure.interval",
    ),
    "two points": (lambda ax: ax.scatter(XS[[0, -1]], curve(XS[[0, -1]])), "figure.points"),
    "a hole": (
        lambda ax: ax.scatter(XS[XS**2 * (1 - XS) < 0.1], curve(XS[XS**2 * (1 - XS) < 0.1])),
        "figure.points",
    ),
    "axis lines only": (axis_lines_only, "figure.curve"),
    "words": (lambda ax: ax.plot(["a", "b"], [0, 1]), "figure.empty"),
    "no numbers": (lambda ax: ax.plot([np.nan, np.nan], [0, 1]), "figure.curve"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_plots_that_do_not_show_it(ax: Axes, kind: str) -> None:
    draw, note = WRONG[kind]
    draw(ax)
    with pytest.raises(Wrong) as wrong:
        check(ax)
    assert wrong.value.note == note


class Evil:
    def __getattr__(self, name: str) -> Any:
        return lambda: sys.exit("evil")


@pytest.mark.parametrize("value", [None, ..., 3, "axes", [], plt, Evil(), SimpleNamespace(get_lines=list)])
def test_what_is_no_axes(value: Any) -> None:
    with pytest.raises(Wrong) as wrong:
        figure.read(value, "f")
    assert wrong.value.note in ("figure.none", "figure.type")
    assert "return" in wrong.value.hint


def test_a_figure_is_no_axes(ax: Axes) -> None:
    with pytest.raises(Wrong, match="return `ax`"):
        figure.read(ax.figure, "f")
    with pytest.raises(Wrong, match="return `ax`"):
        figure.read(ax.plot([1, 2]), "f")


def test_a_record_of_a_figure_serves_as_well() -> None:
    line = SimpleNamespace(get_xdata=lambda: XS, get_ydata=lambda: curve(XS))
    dots = SimpleNamespace(get_offsets=lambda: np.stack([XS, XS], axis=1))
    record = SimpleNamespace(
        get_lines=lambda: [line], collections=[dots], get_xlabel=lambda: "D(G(z))", get_ylabel=lambda: "loss"
    )
    check(record)
    plot = figure.read(record, "f")
    assert (plot.xlabel, plot.ylabel, len(plot.artists)) == ("D(G(z))", "loss", 2)


@pytest.mark.parametrize(
    "label",
    [
        "D(G(z))",
        "x = D(G(z))",
        "$D(G(z))$",
        r"$D_\phi(G_\theta(z))$",
        r"$D_{\phi}(G_{\theta}(\mathbf{z}))$",
        r"$D_{\boldsymbol{\phi}}(G_{\boldsymbol{\theta}}(\boldsymbol{z}))$",
        r"$D\left(G\left(z\right)\right)$",
        r"$\mathrm{D}(\mathrm{G}(\mathbf{z}))$",
        r"$D \big( G ( z ) \big)$",
        r"$\,D(G(z))\;$ (the discriminator's output)",
        "D_φ(G_θ(z))",
        "Dφ(Gθ(z))",
        "D[G(z)]",
        "d(g(z))",
        "D(G(𝐳))",
        r"$D^*(G(z))$",
        "probability of real, D( G( z ) )",
    ],
)
def test_labels_that_name_the_symbol(label: str) -> None:
    assert figure.names(label, "D(G(z))")


@pytest.mark.parametrize("label", ["", "x", "D(x)", "D", "G(z)", "$D_{\\phi}$", "D(z)", "G(D(z))", "log(1 - x)"])
def test_labels_that_do_not(label: str) -> None:
    assert not figure.names(label, "D(G(z))")
