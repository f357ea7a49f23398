"""1d: the divergences against mpmath, the theorem in numbers, the derivation line by line."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from solutions.vaes_and_gans.q1d import derivation_1d, gan_value, js_divergence, kl_divergence

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


def exact_kl(p: Iterable[Any], q: Iterable[Any]) -> mp.mpf:
    pairs = [(mp.mpf(s), mp.mpf(t)) for s, t in zip(p, q, strict=True)]
    return mp.fsum(s * mp.log(s / t) if t else mp.inf for s, t in pairs if s)


def exact_js(p: Iterable[float], q: Iterable[float]) -> mp.mpf:
    p, q = list(p), list(q)
    m = [(mp.mpf(s) + mp.mpf(t)) / 2 for s, t in zip(p, q, strict=True)]
    return (exact_kl(p, m) + exact_kl(q, m)) / 2


@st.composite
def distributions(draw: st.DrawFn) -> Pair:
    """Two distributions of one length, zeros and very small masses among their entries."""
    n = draw(st.integers(1, 6))
    weight = st.one_of(st.just(0.0), st.floats(0, 1), st.sampled_from([1e-300, 5e-324, 1e-12]))

    def one() -> NDArray[np.float64]:
        weights = np.array(draw(st.lists(weight, min_size=n, max_size=n)))
        weights[draw(st.integers(0, n - 1))] += 1
        return np.asarray(weights / weights.sum())

    return one(), one()


@given(distributions())
def test_kl_is_exact_and_non_negative(pair: Pair) -> None:
    p, q = pair
    value, expected = kl_divergence(p, q), exact_kl(p, q)
    assert type(value) is float
    assert value >= -1e-15
    assert (value == np.inf and expected == mp.inf) or abs(value - expected) <= 1e-14 * (1 + expected)
    assert kl_divergence(p, p) == 0


@given(distributions())
def test_js_is_exact_symmetric_and_bounded(pair: Pair) -> None:
    p, q = pair
    value = js_divergence(p, q)
    assert type(value) is float
    assert abs(value - exact_js(p, q)) <= 1e-15
    assert -1e-15 <= value <= np.log(2) + 1e-15
    assert value == js_divergence(q, p)
    assert js_divergence(p, p) == 0


def test_edges() -> None:
    assert kl_divergence([1, 0], [0, 1]) == np.inf
    assert kl_divergence([1, 0], [0.5, 0.5]) == pytest.approx(np.log(2), rel=1e-15)
    assert kl_divergence([0.5, 0.5], [1, 0]) == np.inf
    assert kl_divergence([1.0, 0.0], [1 - 1e-16, 5e-324]) == pytest.approx(1.1e-16, abs=1e-16)
    assert kl_divergence([0.5, 0.5], [1.0, 5e-324]) == pytest.approx(float(exact_kl([0.5, 0.5], [1.0, 5e-324])))
    assert js_divergence([1, 0], [0, 1]) == pytest.approx(np.log(2), rel=1e-15)
    # Half of the smallest float is 0: the mixture must not lose it.
    assert js_divergence([1.0, 5e-324], [1.0, 0.0]) == 0
    assert kl_divergence([1], [1]) == 0


def test_kl_near_equality() -> None:
    rng = np.random.default_rng(4)
    p = rng.dirichlet(np.ones(50))
    q = p * (1 + 1e-5 * rng.standard_normal(50))
    q /= q.sum()
    assert kl_divergence(p, q) == pytest.approx(float(exact_kl(p, q)), abs=1e-15)


@given(distributions(), st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_gan_value_is_exact(pair: Pair, outputs: list[float]) -> None:
    p, q = pair
    d = outputs[: p.size]
    value = gan_value(p, q, d)
    assert type(value) is float
    with mp.workdps(400):
        terms = [mp.mpf(s) * (mp.log(t) if t else -mp.inf) for s, t in zip(p, d, strict=True) if s]
        terms += [
            mp.mpf(s) * (mp.log(1 - mp.mpf(t)) if t < 1 else -mp.inf) for s, t in zip(q, d, strict=True) if s
        ]
        expected = mp.fsum(terms)
    assert value == expected == -mp.inf or abs(value - expected) <= 1e-14 * (1 - expected)


@given(distributions(), st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_theorem_in_numbers(pair: Pair, outputs: list[float]) -> None:
    p, q = pair
    best = np.divide(p, p + q, out=np.full(p.size, 0.5), where=p + q > 0)
    # A float next to 1 can't tell 1 − D* from 0 when q is tiny, and then V is truly −inf for that float.
    assume(not np.any((best == 1) & (q > 0)) and not np.any((best == 0) & (p > 0)))
    value = gan_value(p, q, best)
    assert value == pytest.approx(2 * js_divergence(p, q) - np.log(4), abs=1e-13)
    assert gan_value(p, q, outputs[: p.size]) <= value + 1e-13


def test_gan_value_edges() -> None:
    assert gan_value([1, 0], [0, 1], [1, 0]) == 0
    assert gan_value([1, 0], [0, 1], [0, 0]) == -np.inf
    assert gan_value([1, 0], [0, 1], [1, 1]) == -np.inf
    assert gan_value([0, 1], [0, 1], [0, 0.5]) == pytest.approx(-np.log(4))
    assert gan_value([0, 1], [0, 1], [1, 0.5]) == pytest.approx(-np.log(4))
    assert gan_value([0, 1], [1, 0], [1e-20, 1]) == pytest.approx(-1e-20, rel=1e-15, abs=0)


NO_DISTRIBUTIONS: list[Any] = [
    [0.5, 0.6],
    [0.5, 0.5 + 2e-8],
    [1.5, -0.5],
    [1 + 1e-12, -1e-12],
    [np.nan, 1.0],
    [np.inf, 0.0],
    [],
    1.0,
    [[0.5, 0.5]],
]


@pytest.mark.parametrize("bad", NO_DISTRIBUTIONS)
def test_refuses_what_is_no_distribution(bad: Any) -> None:
    good = [0.25, 0.75]
    calls: list[Callable[[], float]] = [
        lambda: kl_divergence(bad, good),
        lambda: kl_divergence(good, bad),
        lambda: js_divergence(bad, good),
        lambda: js_divergence(good, bad),
        lambda: gan_value(bad, good, [0.5, 0.5]),
        lambda: gan_value(good, bad, [0.5, 0.5]),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="distribution"):
            call()


def test_refuses_other_lengths_and_bad_discriminators() -> None:
    short, long = [0.5, 0.5], [0.5, 0.25, 0.25]
    for function in (kl_divergence, js_divergence):
        with pytest.raises(ValueError, match="same number"):
            function(short, long)
    with pytest.raises(ValueError, match="same number"):
        gan_value(short, long, [0.5, 0.5])
    for bad in ([0.5], [0.5, 0.5, 0.5], [0.5, 1.1], [-0.1, 0.5], [0.5, np.nan], 0.5):
        with pytest.raises(ValueError, match="d must hold"):
            gan_value(short, short, bad)


def test_sum_within_tolerance_is_accepted() -> None:
    assert kl_divergence([0.5, 0.5 + 9e-9], [0.5 - 9e-9, 0.5]) == pytest.approx(0, abs=3e-8)


def test_lists_are_welcome_and_arrays_left_alone() -> None:
    p, q, d = [0.2, 0.0, 0.8], [0.1, 0.3, 0.6], [0.6, 0.1, 0.5]
    arrays = [np.array(v) for v in (p, q, d)]
    for array in arrays:
        array.flags.writeable = False
    assert kl_divergence(p, q) == kl_divergence(*arrays[:2])
    assert js_divergence(p, q) == js_divergence(*arrays[:2])
    assert gan_value(p, q, d) == gan_value(*arrays)


# The derivation: judged twice, by numerical integration for concrete densities and pointwise as functionals.

x = sp.Symbol("x", real=True)


def split(line: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """A line as (total integrand, constant), the densities replaced by positive symbols r and g."""
    r, g = sp.symbols("r g", positive=True)
    integrand = constant = sp.Integer(0)
    for term in sp.Add.make_args(line):
        integrals = list(term.atoms(sp.Integral))
        assert len(integrals) <= 1
        if integrals:
            assert integrals[0].limits == ((x, -sp.oo, sp.oo),)
            integrand += term.coeff(integrals[0]) * integrals[0].function
            assert sp.expand(term - term.coeff(integrals[0]) * integrals[0]) == 0
        else:
            constant += term
    assert not constant.free_symbols
    return _with_symbols(integrand, r, g), constant


def _with_symbols(f: sp.Expr, r: sp.Expr, g: sp.Expr) -> sp.Expr:
    names = {"p_r": r, "p_g": g}
    return f.replace(lambda e: isinstance(e, sp.core.function.AppliedUndef), lambda e: names[e.func.__name__])


def as_function(line: sp.Expr) -> tuple[Callable[[Any, Any], Any], mp.mpf]:
    integrand, constant = split(line)
    return sp.lambdify(sorted(integrand.free_symbols, key=str)[::-1], integrand, "mpmath"), mp.mpf(
        constant.evalf(30)
    )


def normal(mean: float, deviation: float) -> Callable[[Any], Any]:
    return lambda t: mp.npdf(t, mean, deviation)


@cache
def values(line: int) -> list[mp.mpf]:
    """The value of a line for three pairs of Gaussian densities, by quadrature."""
    f, constant = as_function(derivation_1d[line])
    pairs = [(normal(0, 1), normal(1, 1.3)), (normal(-1, 0.9), normal(1, 0.8)), (normal(0, 1), normal(0, 1))]
    # Many digits, since 1 − D* is formed by subtraction where p_g is as small as exp(−100).
    with mp.workdps(60):
        return [
            mp.quad(lambda t, r=r, g=g: f(r(t), g(t)), range(-12, 13, 4), maxdegree=4) + constant for r, g in pairs
        ]


@pytest.mark.parametrize("line", range(len(derivation_1d)))
def test_every_line_has_the_value_of_the_first(line: int) -> None:
    for value, first in zip(values(line), values(0), strict=True):
        assert abs(value - first) < 1e-9


@pytest.mark.parametrize("line", range(1, len(derivation_1d)))
def test_every_line_equals_the_one_before_as_a_functional(line: int) -> None:
    """f_A − f_B = α p_r + β p_g and c_B − c_A = α + β."""
    (f_a, c_a), (f_b, c_b) = as_function(derivation_1d[line - 1]), as_function(derivation_1d[line])
    points = [(mp.mpf(s), mp.mpf(t)) for s, t in [(1, 0.5), (0.25, 3), (2, 2), (0.125, 0.75), (40, 1e-3)]]
    differences = [f_a(*point) - f_b(*point) for point in points]
    alpha, beta = mp.lu_solve(mp.matrix(points[:2]), mp.matrix(differences[:2]))
    for (r, g), difference in zip(points, differences, strict=True):
        assert abs(alpha * r + beta * g - difference) < 1e-12
    assert abs(c_b - c_a - alpha - beta) < 1e-12


def test_start_and_goal_are_the_contracts() -> None:
    r, g = sp.symbols("r g", positive=True)
    start, constant = split(derivation_1d[0])
    assert constant == 0
    assert start == r * sp.log(r / (r + g)) + g * sp.log(1 - r / (r + g))
    goal, constant = split(derivation_1d[-1])
    assert constant == -sp.log(4)
    wanted = r * sp.log(2 * r / (r + g)) + g * sp.log(2 * g / (r + g))
    for s, t in [(1, 2), (3, 1), (sp.Rational(1, 7), 5)]:
        assert abs((goal - wanted).subs({r: s, g: t}).evalf(40)) < 1e-35


def test_no_line_collapses() -> None:
    assert len({str(line) for line in derivation_1d}) == len(derivation_1d) >= 4
