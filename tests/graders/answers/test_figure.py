"""A curve is judged by what is drawn and written, whatever draws it."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from matplotlib.patheffects import Normal, Stroke, withStroke
from matplotlib.transforms import Affine2D

from graders.answers import figure, sight
from graders.answers.misconception import misconception
from graders.answers.verdict import Wrong
from graders.isolation import figures

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


def record(axes: Axes) -> Any:
    """The same Axes as it arrives from another process."""
    tag, data = figures.read(axes) or ("nothing", None)
    assert tag == "axes"
    return figures.axes(data)


def check(axes: Axes) -> None:
    """The judge says the same of the real object and of its record."""

    def said(axes: Any) -> Wrong | None:
        plot = figure.read(axes, "f")
        try:
            figure.check_curve(
                "f", plot, curve, 0.01, 0.95, below=0.99, named=["log(1-x)"], misconceptions=[mirrored]
            )
        except Wrong as wrong:
            return wrong
        return None

    wrong, other = said(axes), said(record(axes))
    assert str(wrong) == str(other)
    if wrong:
        raise wrong


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
    "words": (lambda ax: ax.plot(["a", "b"], [0, 1]), "figure.curve"),
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


# Whatever the curve is drawn with, and however the plot looks otherwise, one sees it.


def plain(ax: Axes, **options: Any) -> Any:
    return ax.plot(XS, curve(XS), **options)


def in_style(name: str) -> Callable[[Axes], Axes]:
    def draw(_: Axes) -> Axes:
        with plt.style.context(name):
            ax = plt.subplots()[1]
            plain(ax, label="log(1 - x)")
            ax.legend()
        return ax

    return draw


def with_everything(ax: Axes) -> None:
    plain(ax, label="log(1 - x)")
    ax.fill_between(XS, curve(XS), -6, alpha=0.3)
    ax.axvspan(0, 0.2, color="0.9")
    ax.bar([0.2, 0.4, 0.6], [-1, -2, -1], width=0.05, color="0.8", zorder=0)
    ax.legend(loc="upper right")
    ax.grid(True)
    ax.annotate("flat", (0.1, -0.1), (0.3, -2), arrowprops={"arrowstyle": "->"}, bbox={"facecolor": "white"})
    ax.text(0.5, -1, "text")


def filled_in_its_colour(ax: Axes) -> None:
    plain(ax, color="C0")
    ax.fill_between(XS, curve(XS), color="C0")


def on_a_heat_map(ax: Axes) -> None:
    ax.pcolormesh(np.linspace(0, 1, 30), np.linspace(-5, 1, 30), np.random.default_rng(1).random((29, 29)))
    ax.imshow(np.eye(2), extent=(0, 1, -5, 0), aspect="auto")
    plain(ax, color="red")


def beside_a_twin(ax: Axes) -> None:
    plain(ax)
    other = ax.twinx()
    other.plot(XS, XS**2, "C1", lw=3)
    other.axvspan(0.1, 0.3, alpha=0.2)


def on_a_twin(ax: Axes) -> Axes:
    ax.set_facecolor("black")
    twin = ax.twinx()
    twin.plot(XS, curve(XS), "w")
    return twin


def in_a_subfigure(_: Axes) -> Axes:
    parts: Any = plt.figure().subfigures(1, 2)
    parts[0].subplots().plot(XS, XS)
    ax: Axes = parts[1].subplots()
    plain(ax)
    return ax


def in_a_small_panel(_: Axes) -> Axes:
    ax: Axes = plt.subplots(4, 4)[1][2, 1]
    plain(ax)
    return ax


def with_a_legend_that_covers_some(ax: Axes) -> None:
    plain(ax, label="log(1 - x)")
    ax.legend(loc="upper left", framealpha=1)


def cut_off_below(ax: Axes) -> None:
    plain(ax)
    ax.set_ylim(-2, 0.2)


def twice(ax: Axes) -> None:
    plain(ax, color="k", lw=3)
    plain(ax, color="k", lw=6)


def outlined(ax: Axes) -> None:
    plain(ax, color="w", lw=5)
    plain(ax, color="k", path_effects=[Stroke(linewidth=3, foreground="w"), Normal()])


def by_hand(ax: Axes) -> None:
    (line,) = plain(ax, path_effects=[withStroke(linewidth=4, foreground="w")])
    line.set_sketch_params(2, 100, 2)


def four_others(ax: Axes) -> None:
    for power in range(1, 5):
        ax.plot(XS, XS**power, label=f"x^{power}")
    ax.plot(XS, curve(XS), label=r"$\log(1 - x)$")
    ax.legend()


LOOKS: dict[str, Callable[[Axes], Any]] = {
    "thin": lambda ax: plain(ax, lw=0.5),
    "dotted": lambda ax: plain(ax, ls=":"),
    "loosely dotted": lambda ax: plain(ax, ls=(0, (1, 10))),
    "dashed and thin": lambda ax: plain(ax, ls="--", lw=0.5, color="0.5"),
    "light grey": lambda ax: plain(ax, color="0.85"),
    "light yellow": lambda ax: plain(ax, color="lightyellow"),
    "nearly transparent": lambda ax: plain(ax, alpha=0.15),
    "pixels": lambda ax: plain(ax, ls="", marker=","),
    "rings": lambda ax: plain(ax, ls="", marker="o", fillstyle="none"),
    "white rings with an edge": lambda ax: plain(ax, ls="", marker="o", mfc="white"),
    "crosses": lambda ax: plain(ax, ls="", marker="x"),
    "every third marker": lambda ax: plain(ax, ls="", marker="o", markevery=3),
    "a scatter of colours": lambda ax: ax.scatter(XS, curve(XS), c=XS, cmap="Greys", s=4),
    "rings by scatter": lambda ax: ax.scatter(XS, curve(XS), facecolors="none", edgecolors="k"),
    "dark background": in_style("dark_background"),
    "seaborn": in_style("seaborn-v0_8"),
    "ggplot": in_style("ggplot"),
    "no axes": lambda ax: (plain(ax), ax.axis("off")),
    "no frame": lambda ax: (plain(ax), ax.set(frame_on=False)),
    "no clipping": lambda ax: plain(ax, clip_on=False),
    "with everything": with_everything,
    "filled in its colour": filled_in_its_colour,
    "on a heat map": on_a_heat_map,
    "beside a twin": beside_a_twin,
    "on a twin": on_a_twin,
    "in a subfigure": in_a_subfigure,
    "in a small panel": in_a_small_panel,
    "with a legend that covers some": with_a_legend_that_covers_some,
    "cut off below": cut_off_below,
    "twice": twice,
    "outlined": outlined,
    "by hand": by_hand,
    "of equal scales": lambda ax: (plain(ax), ax.set(aspect="equal")),
    "log axis": lambda ax: (plain(ax), ax.set(xscale="log")),
    "inverted axis": lambda ax: (plain(ax), ax.set(ylim=(0.2, -5))),
    "one of five, with a legend": four_others,
}


@pytest.mark.parametrize("looks", LOOKS)
def test_looks_in_which_one_sees_the_curve(ax: Axes, looks: str) -> None:
    drawn = LOOKS[looks](ax)
    check(drawn if isinstance(drawn, Axes) else ax)


def below_a_rectangle(ax: Axes) -> None:
    plain(ax)
    ax.add_patch(Rectangle((-1, -9), 3, 12, color="white", zorder=9))


def below_an_area(ax: Axes) -> None:
    plain(ax)
    ax.fill_between([-1, 2], [-9, -9], [9, 9], color="red", zorder=9)
    ax.set(xlim=(0, 1), ylim=(-5, 0))


def below_a_wide_line(ax: Axes) -> None:
    plain(ax)
    plain(ax, color="white", lw=4)


def below_an_image(ax: Axes) -> None:
    plain(ax)
    ax.imshow(np.ones((2, 2)), cmap="Greys", extent=(0, 1, -5, 0), aspect="auto", zorder=9)


def below_a_marker(ax: Axes) -> None:
    plain(ax)
    ax.scatter([0.5], [-2], s=1e6, color="white", zorder=9)


def below_other_axes(ax: Axes) -> None:
    plain(ax)
    ax.figure.add_axes(ax.get_position().bounds)


def below_a_patch_of_the_figure(ax: Axes) -> None:
    plain(ax)
    ax.figure.add_artist(Rectangle((0, 0), 1, 1, color="white"))


def below_a_text(ax: Axes) -> None:
    plain(ax)
    ax.text(0, -5, "MMMMM\n" * 5, fontsize=60, color="white", bbox={"facecolor": "white"}, zorder=9)


def below_two_veils(ax: Axes) -> None:
    plain(ax)
    for _ in range(3):
        ax.axvspan(-1, 2, color="white", alpha=0.8, zorder=9)


def on_its_own_colour(ax: Axes) -> None:
    ax.axhspan(-9, 9, color="C0")
    plain(ax, color="C0")


def clipped_away(ax: Axes) -> None:
    (line,) = plain(ax)
    line.set_clip_path(Circle((5, 5), 0.1, transform=ax.transData))


def in_other_coordinates(ax: Axes) -> None:
    ax.plot(XS, curve(XS), transform=ax.transAxes, clip_on=False)


def moved_away(ax: Axes) -> None:
    plain(ax, transform=Affine2D().translate(0, 3) + ax.transData)


def outside(ax: Axes) -> None:
    plain(ax)
    ax.set(xlim=(2, 3))


def half_outside(ax: Axes) -> None:
    plain(ax)
    ax.set(xlim=(0, 0.5))


def a_speck(ax: Axes) -> None:
    plain(ax)
    ax.set(xlim=(-1e4, 1e4), ylim=(-1e4, 1e4))


def without_neighbours(ax: Axes) -> None:
    x = np.stack([XS, np.full(XS.size, np.nan)], axis=1).ravel()
    ax.plot(x, curve(x))


def in_an_invisible_figure(ax: Axes) -> None:
    plain(ax)
    ax.figure.set_visible(False)


def in_tiny_axes(ax: Axes) -> None:
    plain(ax)
    ax.set_position((0.5, 0.5, 1e-3, 1e-3))


def in_axes_outside_the_figure(ax: Axes) -> None:
    plain(ax)
    ax.set_position((2, 2, 1, 1))


def in_removed_axes(ax: Axes) -> None:
    plain(ax)
    ax.remove()


def in_axes_of_no_figure(ax: Axes) -> None:
    ax.figure.clear()
    plain(ax)


def on_a_log_axis(ax: Axes) -> None:
    plain(ax)
    with pytest.warns(UserWarning, match="no positive values"):
        ax.set_yscale("log")
        ax.get_ylim()


def a_wrong_one_in_sight(ax: Axes) -> None:
    ax.plot(XS, XS)
    plain(ax, visible=False)


UNSEEN: dict[str, Callable[[Axes], Any]] = {
    "invisible": lambda ax: plain(ax, visible=False),
    "transparent": lambda ax: plain(ax, alpha=0),
    "of a transparent colour": lambda ax: plain(ax, color=(0, 0, 1, 0.01)),
    "white on white": lambda ax: plain(ax, color="white"),
    "nearly white on white": lambda ax: plain(ax, color="0.97"),
    "black on black": lambda ax: (plain(ax, color="k"), ax.set(facecolor="black")),
    "of no width": lambda ax: plain(ax, lw=0),
    "of hardly any width": lambda ax: plain(ax, lw=0.01),
    "without line and marker": lambda ax: plain(ax, ls=""),
    "gaps for dashes": lambda ax: plain(ax, ls=(0, (0.01, 50))),
    "markers of no size": lambda ax: plain(ax, ls="", marker="o", ms=0),
    "white markers": lambda ax: plain(ax, ls="", marker="o", color="white"),
    "one marker of all": lambda ax: plain(ax, ls="", marker="o", markevery=(0, 1000)),
    "a scatter without size": lambda ax: ax.scatter(XS, curve(XS), s=0),
    "a scatter without colour": lambda ax: ax.scatter(XS, curve(XS), facecolors="none", edgecolors="none"),
    "a scatter without marker": lambda ax: ax.scatter(XS, curve(XS), marker="none"),
    "white by numbers": lambda ax: ax.scatter(XS, curve(XS), c=0 * XS, cmap="Greys", vmin=0, vmax=1),
    "single points of lines": lambda ax: [ax.plot([x], [curve(x)]) for x in XS],
    "without neighbours": without_neighbours,
    "white segments": lambda ax: ax.add_collection(
        LineCollection(list(itertools.pairwise(zip(XS, curve(XS), strict=True))), colors="w")
    ),
    "below a rectangle": below_a_rectangle,
    "below an area": below_an_area,
    "below a wide line": below_a_wide_line,
    "below an image": below_an_image,
    "below a marker": below_a_marker,
    "below other axes": below_other_axes,
    "below a patch of the figure": below_a_patch_of_the_figure,
    "below a text": below_a_text,
    "below veils": below_two_veils,
    "on its own colour": on_its_own_colour,
    "clipped away": clipped_away,
    "in other coordinates": in_other_coordinates,
    "moved away": moved_away,
    "below a stroke": lambda ax: plain(ax, path_effects=[Normal(), Stroke(linewidth=5, foreground="w")]),
    "filtered": lambda ax: plain(ax, agg_filter=lambda image, dpi: (0 * image, 0, 0)),
    "shaken": lambda ax: plain(ax)[0].set_sketch_params(1e5, 1, 1),
    "shaken by nonsense": lambda ax: plain(ax, sketch_params="nonsense"),
    "outside": outside,
    "half outside": half_outside,
    "a speck": a_speck,
    "on a log axis, which has no negative numbers": on_a_log_axis,
    "in invisible axes": lambda ax: (plain(ax), ax.set(visible=False)),
    "in an invisible figure": in_an_invisible_figure,
    "in tiny axes": in_tiny_axes,
    "in axes of no height": lambda ax: (plain(ax), ax.set(aspect=1e-9)),
    "in axes outside the figure": in_axes_outside_the_figure,
    "in removed axes": in_removed_axes,
    "in axes that no figure has any more": in_axes_of_no_figure,
    "a wrong one in sight": a_wrong_one_in_sight,
}
# Not where its data say, or in hardly any place.
ELSEWHERE = {
    "in other coordinates",
    "moved away",
    "a speck",
    "in removed axes",
    "below an area",
    "shaken",
    "shaken by nonsense",
}
PARTLY = {"one marker of all", "half outside", "below an image", "below a text"}


@pytest.mark.parametrize("kind", UNSEEN)
def test_a_curve_that_one_does_not_see_is_not_drawn(ax: Axes, kind: str) -> None:
    UNSEEN[kind](ax)
    ax.set(xlabel="D(G(z))", ylabel="loss")
    with pytest.raises(Wrong) as wrong:
        check(ax)
    assert wrong.value.note == ("figure.points" if kind in PARTLY else "figure.unseen")


def rendered(ax: Axes) -> np.ndarray[Any, Any]:
    canvas: Any = (ax.figure if isinstance(ax.figure, Figure) else ax.figure.figure).canvas
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


@pytest.mark.parametrize("kind", [*LOOKS, *(kind for kind in UNSEEN if kind not in (*PARTLY, *ELSEWHERE))])
def test_what_is_rendered_agrees(ax: Axes, kind: str) -> None:
    """Without the artists that lie on the curve the picture is another one, or it is the same."""
    drawn = {**LOOKS, **UNSEEN}[kind](ax)
    ax = drawn if isinstance(drawn, Axes) else ax
    ax.set(xlim=ax.get_xlim(), ylim=ax.get_ylim())
    before = rendered(ax)
    for artist in (*ax.lines, *ax.collections):
        where = sight.positions(artist)
        if len(where) and np.allclose(where[:, 1], curve(where[:, 0]), atol=1e-3, equal_nan=True):
            artist.set_visible(False)
    differs = (np.abs(rendered(ax) - before).max(axis=2) > 12).any(axis=0)
    assert differs.sum() > 50 if kind in LOOKS else not differs.any()


GUESSES: list[Callable[[Any], Any]] = [
    np.log1p,
    np.sqrt,
    np.exp,
    np.sin,
    np.cos,
    np.tan,
    np.arctan,
    np.square,
    np.negative,
]


@pytest.mark.parametrize("label", [None, "guess", "log(1 + x)"])
@pytest.mark.parametrize("draw", ["plot", "scatter"])
def test_one_guess_of_many_is_no_answer(ax: Axes, label: str | None, draw: str) -> None:
    for guess in [*GUESSES, curve]:
        getattr(ax, draw)(XS, guess(XS), label=label)
    if label:
        ax.legend()
    with pytest.raises(Wrong, match="legend") as wrong:
        check(ax)
    assert wrong.value.note == "figure.which"


def point_by_point(ax: Axes, guess: Callable[[Any], Any]) -> None:
    for x in np.linspace(0.01, 0.95, 8):
        ax.scatter(x, guess(x))


def segment_by_segment(ax: Axes, guess: Callable[[Any], Any]) -> None:
    for pair in itertools.pairwise(np.linspace(0.01, 0.95, 8)):
        ax.plot(pair, guess(np.array(pair)))


@pytest.mark.parametrize("draw", [point_by_point, segment_by_segment])
def test_guesses_in_pieces_are_counted_as_curves(ax: Axes, draw: Callable[..., None]) -> None:
    for guess in [curve, *GUESSES[:3]]:
        draw(ax, guess)
    check(ax)
    for guess in GUESSES[3:]:
        draw(ax, guess)
    with pytest.raises(Wrong) as wrong:
        check(ax)
    assert wrong.value.note == "figure.which"


def dash_by_dash(ax: Axes, guess: Callable[[Any], Any]) -> None:
    for x in np.linspace(0.01, 0.95, 8):
        ax.plot([x - 1e-5, x + 1e-5], np.repeat(guess(x), 2), lw=3)


def pair_by_pair(ax: Axes, guess: Callable[[Any], Any]) -> None:
    for x in np.linspace(0.01, 0.95, 8):
        ax.scatter([x, x + 1e-5], np.repeat(guess(x), 2))


@pytest.mark.parametrize("draw", [dash_by_dash, pair_by_pair])
def test_pieces_along_an_axis_are_counted_as_well(ax: Axes, draw: Callable[..., None]) -> None:
    for guess in [*GUESSES, curve]:
        draw(ax, guess)
    with pytest.raises(Wrong) as wrong:
        check(ax)
    assert wrong.value.note == "figure.which"


def test_some_points_and_lines_along_the_axes_are_no_curves(ax: Axes) -> None:
    plain(ax)
    for x in np.linspace(0.1, 0.9, 5):
        ax.scatter(x, x)
        ax.plot([x, x], [-5, 1])
        ax.plot([0, 1], [-5 * x, -5 * x])
    check(ax)


def test_a_long_label_takes_no_time() -> None:
    started = time.process_time()
    assert not figure.names("\\a{" * 100_000, "D(G(z))")
    assert time.process_time() - started < 1


def test_all_guesses_of_the_name_are_no_answer(ax: Axes) -> None:
    for guess in [*GUESSES, curve]:
        ax.plot(XS, guess(XS), label="log(1 - x)")
    ax.legend()
    with pytest.raises(Wrong) as wrong:
        check(ax)
    assert wrong.value.note == "figure.which"


def test_a_label_tells_only_in_a_legend_that_one_sees(ax: Axes) -> None:
    four_others(ax)
    check(ax)
    legend = ax.get_legend()
    assert legend is not None
    legend.set_visible(False)
    with pytest.raises(Wrong, match="legend"):
        check(ax)


@pytest.mark.parametrize(
    "hide",
    [
        lambda ax: ax.axis("off"),
        lambda ax: ax.xaxis.set_visible(False),
        lambda ax: ax.xaxis.label.set_visible(False),
        lambda ax: ax.xaxis.label.set_color("white"),
        lambda ax: ax.xaxis.label.set_alpha(0),
        lambda ax: ax.xaxis.label.set_fontsize(0.1),
        lambda ax: ax.set_visible(False),
    ],
)
def test_a_label_that_one_does_not_see_is_none(ax: Axes, hide: Callable[[Axes], Any]) -> None:
    plain(ax)
    ax.set(xlabel="D(G(z))", ylabel="loss")
    for axes in (ax, record(ax)):
        assert (figure.read(axes, "f").xlabel, figure.read(axes, "f").ylabel) == ("D(G(z))", "loss")
    hide(ax)
    for axes in (ax, record(ax)):
        assert figure.read(axes, "f").xlabel == ""


def test_a_record_must_say_of_each_point_whether_one_sees_it(ax: Axes) -> None:
    plain(ax)
    ax.scatter(XS, XS)
    _, data = figures.read(ax) or ("", {})
    assert figures.axes(data).sight.lines[0].all()
    for kind, wrong in itertools.product(
        ("lines", "collections"), ([], [True], [np.ones(3, bool)], [np.ones(XS.size)], [None], None, 1)
    ):
        with pytest.raises(ValueError, match=r"seen|list"):
            figures.axes({**data, "sight": {**data["sight"], kind: wrong}})


@pytest.mark.parametrize(
    "label",
    [
        "D(G(z))",
        "x = D(G(z))",
        "D_phi(G_theta(z))",
        r"$D_\phi\left(G_\theta(z)\right)$",
        "discriminator output D(G(z))",
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


@pytest.mark.parametrize(
    "label", ["", "x", "D(x)", "D", "G(z)", "$D_{\\phi}$", "D(z)", "D_phi(z)", "G(D(z))", "log(1 - x)"]
)
def test_labels_that_do_not(label: str) -> None:
    assert not figure.names(label, "D(G(z))")
