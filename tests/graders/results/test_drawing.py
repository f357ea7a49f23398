from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graders.batch.exhibits import Curve, Plot
from graders.results.drawing import svg
from tests.pages import Page


def plot(*curves: Curve, label: str = "$\\log(1 - x)$", legend: tuple[str, ...] = ()) -> Plot:
    return Plot("plot_loss", label, [label, label], [[0.0, 1.0], [-2.0, 1.0]], [False, True], curves, [*legend])


def test_a_plot_has_a_title_a_description_its_labels_and_its_legend() -> None:
    curve = Curve("the loss", [[0.0, 0.0], [0.5, 0.5], None, [0.6, 0.7], [0.7, 5.0]])
    drawn = svg(plot(curve, Curve("", [[0.1, 0.1]], dots=True), legend=("the loss",)))
    assert "<title>Your plot: plot_loss</title>" in drawn
    assert "<desc>log (1 - x): 1 curve and 1 set of dots of log (1 - x) over log (1 - x).</desc>" in drawn
    assert drawn.count('d="M') == 1 and drawn.count("M") == 2, "a gap ends a stroke, what lies outside is left out"
    assert drawn.count("<circle") == 1 and ">the loss</text>" in drawn and ">0.01</text>" in drawn


@given(st.text(max_size=40), st.text(max_size=40))
def test_labels_stay_text(label: str, entry: str) -> None:
    assert not Page(svg(plot(Curve(entry, [[0.0, 0.0]]), label=label, legend=(entry,)))).problems
