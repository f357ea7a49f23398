"""1a against mpmath, and the figure."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from solutions.vaes_and_gans import q1a

a = sp.Symbol("a", real=True)


@pytest.fixture(autouse=True)
def _figures_without_a_screen() -> Iterator[None]:
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def exact(logit: float) -> tuple[mp.mpf, mp.mpf]:
    with mp.workdps(40):
        return -1 / (1 + mp.exp(-mp.mpf(logit))), -1 / (1 + mp.exp(mp.mpf(logit)))


@pytest.mark.parametrize(
    ("slope", "loss"),
    [
        (q1a.saturating_slope, lambda t: mp.log(1 - 1 / (1 + mp.exp(-t)))),
        (q1a.non_saturating_slope, lambda t: -mp.log(1 / (1 + mp.exp(-t)))),
    ],
)
def test_slopes_are_derivatives_in_the_logit(slope: sp.Expr, loss: object) -> None:
    assert slope.free_symbols == {a}
    for point in (-7.5, -1.0, 0.0, 0.3, 4.0):
        with mp.workdps(40):
            assert abs(mp.diff(loss, mp.mpf(point)) - mp.mpf(slope.subs(a, sp.Rational(point)).evalf(40))) < 1e-15


def test_limits_tell_the_story() -> None:
    assert sp.limit(q1a.saturating_slope, a, -sp.oo) == 0
    assert sp.limit(q1a.non_saturating_slope, a, -sp.oo) == -1


@given(st.floats(-1e4, 1e4))
def test_gradients_to_the_last_digits(logit: float) -> None:
    for value, expected in zip(q1a.generator_gradients(logit), exact(logit), strict=True):
        assert abs(mp.mpf(float(value)) - expected) <= 2e-16
        # Relative precision too, down to where float64 loses digits (subnormal numbers).
        if abs(expected) > 1e-300:
            assert abs(mp.mpf(float(value)) / expected - 1) <= 3e-13


def test_gradients_are_finite_differences_of_the_losses() -> None:
    logits, h = np.linspace(-5, 5, 41), 1e-6
    saturating, non_saturating = q1a.generator_gradients(logits)

    def loss(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.log(1 - 1 / (1 + np.exp(-t))))

    np.testing.assert_allclose(saturating, (loss(logits + h) - loss(logits - h)) / (2 * h), atol=1e-8)
    np.testing.assert_allclose(non_saturating, saturating[::-1], atol=1e-15)
    np.testing.assert_allclose(non_saturating + saturating, -1, atol=1e-15)


def test_far_ends_are_quiet() -> None:
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        saturating, non_saturating = q1a.generator_gradients([-1e4, -745.2, 0.0, 745.2, 1e4])
    np.testing.assert_allclose(saturating, [0, 0, -0.5, -1, -1], atol=1e-300)
    np.testing.assert_allclose(non_saturating, [-1, -1, -0.5, 0, 0], atol=1e-300)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64, np.float16, np.float32, np.float64])
def test_any_real_or_integer_type(dtype: type) -> None:
    logits: NDArray[np.generic] = np.array([0, 1, 100], dtype=dtype)
    for value, expected in zip(
        q1a.generator_gradients(logits), zip(*map(exact, (0, 1, 100)), strict=True), strict=True
    ):
        assert value.dtype == np.float64
        np.testing.assert_allclose(value, [float(e) for e in expected], atol=1e-16)


@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3), (2, 1, 4)])
def test_shapes_and_arguments_left_alone(shape: tuple[int, ...]) -> None:
    logits = np.full(shape, -0.5)
    before = logits.copy()
    for value in q1a.generator_gradients(logits):
        assert np.shape(value) == shape
    np.testing.assert_array_equal(logits, before)


def test_figure_shows_the_curve() -> None:
    ax = q1a.plot_generator_loss()
    x, y = (np.asarray(data, dtype=float) for data in ax.get_lines()[0].get_data())
    assert x.min() <= 0.01 and x.max() >= 0.95 and np.all(x < 1)
    np.testing.assert_allclose(y, np.log(1 - x), atol=1e-12)
    assert "D(G(z))" in ax.get_xlabel() and ax.get_ylabel()
    assert ax.get_legend() is not None and len(ax.get_lines()) == 2
    ax.figure.canvas.draw()


def test_figure_does_not_pile_up_nor_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plt, "show", lambda *_, **__: pytest.fail("plt.show was called"))
    plt.plot([0, 1], [0, 1])
    others = set(plt.get_fignums())
    axes = [q1a.plot_generator_loss() for _ in range(30)]
    assert len(set(plt.get_fignums()) - others) == 1
    assert len(axes[-1].get_lines()) == 2
