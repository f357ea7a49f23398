"""An example for every wrong line: its numbers are those of the lines, and tell them apart."""

from __future__ import annotations

import re

import mpmath
import pytest
import sympy as sp

from graders.answers import derivation
from graders.vaes_and_gans import q1d, q2c

x = sp.Symbol("x", real=True)
p, q = sp.Function("p_r")(x), sp.Function("p_g")(x)
K, i = sp.Symbol("K", integer=True, positive=True), sp.Symbol("i", integer=True)
mu, sigma = sp.IndexedBase("mu"), sp.IndexedBase("sigma")
VALUES = re.compile(r"line \d+ is (-?[\d.e+-]+)(?: and|\.$)")


def values(witness: str) -> list[float]:
    return [float(number) for number in VALUES.findall(witness)]


def integral(f: sp.Expr) -> sp.Expr:
    return sp.Integral(f, (x, -sp.oo, sp.oo))


@pytest.mark.parametrize("path", [*q1d.PATHS, *q2c.PATHS], ids=lambda path: path.note)
def test_every_derivation_that_goes_wrong_has_an_example(path: object) -> None:
    judge = q1d.DERIVATION if path in q1d.PATHS else q2c.DERIVATION
    found = judge.review(path())  # type: ignore[operator]
    assert not found.complete
    if found.start_ok:
        one, other = values(found.witness)
        assert one != other and f"line {found.first_error} is" in found.witness
    else:
        assert not found.witness


def test_functionals_have_the_values_that_quadrature_gives() -> None:
    lines = [integral(p * sp.log(p / q)), integral(q * sp.log(p / q)) - sp.log(4)]
    witness = derivation.review_functionals(lines, start=lines[0], goal=lines[1]).witness
    assert "p_r = N(0, 1), p_g = N(1, 3/2)" in witness

    def density(at: mpmath.mpf, mean: float, variance: float) -> mpmath.mpf:
        return mpmath.npdf(at, mean, mpmath.sqrt(variance))

    def expected(weight: int) -> float:
        def ratio(at: mpmath.mpf) -> mpmath.mpf:
            pair = density(at, 0, 1), density(at, 1, 1.5)
            return pair[weight] * mpmath.log(pair[0] / pair[1])

        return float(mpmath.quad(ratio, [-14, 0, 1, 14]))

    assert values(witness) == pytest.approx([expected(0), expected(1) - mpmath.log(4)], rel=1e-4)


def test_sums_have_the_values_that_substitution_gives() -> None:
    lines = [sp.Sum(mu[i] ** 2 + sp.log(sigma[i]), (i, 1, K)), sp.Sum(mu[i] ** 2, (i, 1, K)) + K]
    witness = derivation.review_chain(lines, domains={"mu": "real", "sigma": "positive", "K": "integer"}).witness
    named = dict(re.findall(r"(\w+) = (\([^)]*\)|\d+)", witness))
    size = int(named["K"])
    at = {
        base[index]: number
        for base, text in ((mu, named["mu"]), (sigma, named["sigma"]))
        for index, number in enumerate(sp.sympify(text), 1)
    }
    right = [float(line.subs(K, size).doit().subs(at)) for line in lines]
    assert values(witness) == pytest.approx(right, rel=1e-4)


def test_an_example_that_says_nothing_is_left_for_the_next() -> None:
    # the means of the first pair of densities are 0 and 1, so these agree there
    lines = [integral(x * p), integral(x * p) * 3]
    witness = derivation.review_functionals(lines, start=lines[0], goal=lines[1]).witness
    assert "p_r = N(-1, 1)" in witness and values(witness) == [-1, -3]


def test_what_has_no_value_has_no_example() -> None:
    lines = [integral(p), integral(p * x**p)]
    assert derivation.review_functionals(lines, start=lines[0], goal=lines[0]).witness == ""


def test_a_line_that_differs_by_little_is_shown_with_more_digits() -> None:
    lines = [integral(p) * 2, integral(p) * (2 + sp.Rational(1, 10**7))]
    one, other = values(derivation.review_functionals(lines, start=lines[0], goal=lines[0]).witness)
    assert other - one == pytest.approx(1e-7, rel=1e-2)


def test_indices_may_count_from_zero() -> None:
    half = sp.Rational(1, 2)
    start = half * (
        sigma[0] ** 2 + mu[0] ** 2 + sigma[1] ** 2 + mu[1] ** 2 - 2 - sp.log(sigma[0] ** 2 * sigma[1] ** 2)
    )
    found = q2c.DERIVATION.review([start, start + 1, start])
    assert "mu = (1, -1/2), sigma = (2, 3)" in found.witness
