"""1b: is it the maximiser, for symbols and for numbers?"""

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from solutions.vaes_and_gans import q1b

r, g, D = (sp.Symbol(name, positive=True) for name in ("p_r", "p_g", "D"))
POINTS = [(0.3, 0.7, 0.2), (2.0, 0.1, 0.9), (1e-3, 5.0, 0.5)]
density = st.floats(0, 1e6)


@pytest.mark.parametrize("point", POINTS)
def test_derivatives(point: tuple[float, float, float]) -> None:
    real, generated, d = point
    with mp.workdps(40):

        def integrand(t: mp.mpf) -> mp.mpf:
            return mp.mpf(real) * mp.log(t) + mp.mpf(generated) * mp.log(1 - t)

        for order, answer in ((1, q1b.stationarity), (2, q1b.curvature)):
            value = answer.subs({r: sp.Rational(real), g: sp.Rational(generated), D: sp.Rational(d)}).evalf(40)
            assert abs(mp.diff(integrand, mp.mpf(d), order) - mp.mpf(value)) < 1e-12


def test_maximiser_is_the_stationary_point_and_curvature_is_negative() -> None:
    assert sp.simplify(q1b.stationarity.subs(D, q1b.D_star)) == 0
    assert sp.simplify(q1b.D_star - r / (r + g)) == 0
    assert q1b.D_star.free_symbols == {r, g}
    # 1 − D = 1/(1 + u) for D = u/(1 + u), u > 0: the declared domain, where SymPy can see the sign.
    u = sp.Symbol("u", positive=True)
    assert sp.simplify(-q1b.curvature.subs(D, u / (1 + u))).is_positive


@given(density, density, st.floats(1e-9, 1 - 1e-9))
def test_beats_any_other_discriminator(real: float, generated: float, other: float) -> None:
    best = float(q1b.optimal_discriminator(real, generated))
    assert 0 <= best <= 1

    def integrand(d: float) -> mp.mpf:
        with mp.workdps(40):
            first = mp.mpf(real) * mp.log(d) if real else mp.mpf(0)
            return first + (mp.mpf(generated) * mp.log(1 - mp.mpf(d)) if generated else mp.mpf(0))

    if 0 < best < 1 or 0 in (real, generated):
        assert integrand(best) >= integrand(other) - 1e-10 * (real + generated)


@given(st.floats(0, 1.7e308), st.floats(0, 1.7e308))
def test_precise_at_any_scale(real: float, generated: float) -> None:
    value = float(q1b.optimal_discriminator(real, generated))
    with mp.workdps(40):
        expected = mp.mpf(real) / (mp.mpf(real) + mp.mpf(generated)) if real + generated else mp.mpf(0.5)
        assert abs(mp.mpf(value) - expected) <= 4e-16 * expected + mp.mpf(5e-324)


def test_edges() -> None:
    real, generated = [0, 0, 3, 5e-324, 1.7e308], [0, 2, 0, 5e-324, 1.7e308]
    np.testing.assert_array_equal(q1b.optimal_discriminator(real, generated), [0.5, 0, 1, 0.5, 0.5])


@pytest.mark.parametrize(
    ("one", "other", "shape"),
    [((), (), ()), ((4, 1), (3,), (4, 3)), ((2, 1, 3), (4, 1), (2, 4, 3)), ((0,), (1,), (0,))],
)
def test_broadcasts_and_leaves_arguments_alone(
    one: tuple[int, ...], other: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(1)
    real, generated = np.asarray(rng.exponential(size=one)), np.asarray(rng.exponential(size=other))
    copies = real.copy(), generated.copy()
    value = q1b.optimal_discriminator(real, generated)
    assert isinstance(value, np.ndarray) and value.shape == shape
    np.testing.assert_allclose(value, real / (real + generated), rtol=1e-15)
    np.testing.assert_array_equal(real, copies[0])
    np.testing.assert_array_equal(generated, copies[1])


@pytest.mark.parametrize("bad", [-1e-300, -1.0, np.nan, np.inf])
def test_refuses(bad: float) -> None:
    for arguments in (([0.5, bad], [0.5, 0.5]), ([0.5, 0.5], [[0.1, 0.2], [bad, 0.0]])):
        with pytest.raises(ValueError, match="non-negative"):
            q1b.optimal_discriminator(*arguments)
    with pytest.raises(ValueError, match="broadcast"):
        q1b.optimal_discriminator([0.1, 0.2], [0.1, 0.2, 0.3])
