"""2a against exact fractions and mpmath."""

from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from solutions.vaes_and_gans.q2a import bayes, log_posterior, posterior

probability = st.fractions(Fraction(1, 1000), Fraction(999, 1000))


@given(probability, probability, probability)
def test_bayes_counts_right(p_a: Fraction, given_a: Fraction, given_not_a: Fraction) -> None:
    joint = {(True, True): p_a * given_a, (False, True): (1 - p_a) * given_not_a}
    expected = joint[True, True] / sum(joint.values())
    names = {"P_A": p_a, "P_B_given_A": given_a, "P_B_given_not_A": given_not_a}
    value = bayes.subs(
        {s: sp.Rational(names[s.name].numerator, names[s.name].denominator) for s in bayes.free_symbols}
    )
    assert value == sp.Rational(expected.numerator, expected.denominator)


def test_bayes_asks_for_the_three_symbols() -> None:
    assert {symbol.name for symbol in bayes.free_symbols} == {"P_A", "P_B_given_A", "P_B_given_not_A"}


@given(st.lists(st.tuples(st.integers(0, 1000), st.floats(0, 1e300)), min_size=1, max_size=8))
def test_posterior_is_exact_and_normalised(hypotheses: list[tuple[int, float]]) -> None:
    weights = np.array([weight for weight, _ in hypotheses], dtype=float)
    if not weights.any():
        weights += 1
    prior, likelihood = weights / weights.sum(), np.array([value for _, value in hypotheses])
    joint = [Fraction(s) * Fraction(t) for s, t in zip(prior.tolist(), likelihood.tolist(), strict=True)]
    if sum(joint) == 0:
        with pytest.raises(ValueError, match="evidence is zero"):
            posterior(prior, likelihood)
        return
    value = posterior(prior, likelihood)
    assert np.sum(value) == pytest.approx(1, abs=1e-15 * len(joint))
    for got, term in zip(value.tolist(), joint, strict=True):
        assert abs(got - term / sum(joint)) <= 1e-15


def test_posterior_survives_tiny_and_huge_likelihoods() -> None:
    np.testing.assert_allclose(posterior([0.25, 0.75], [5e-324, 5e-324]), [0.25, 0.75])
    np.testing.assert_allclose(posterior([1e-300, 1 - 1e-300], [1e-200, 0]), [1, 0])
    np.testing.assert_allclose(posterior([0.5, 0.5], [1.7e308, 1.7e308]), [0.5, 0.5])
    # An impossible hypothesis with a huge likelihood must not drown the possible ones.
    np.testing.assert_allclose(posterior([0, 0.5, 0.5], [1e308, 1e-300, 3e-300]), [0, 0.25, 0.75])


@pytest.mark.parametrize(
    ("prior", "likelihood"),
    [
        ([0.5, 0.6], [1, 1]),
        ([0.5, 0.5 + 2e-8], [1, 1]),
        ([1.5, -0.5], [1, 1]),
        ([np.nan, 1.0], [1, 1]),
        ([], []),
        (1.0, 1.0),
        ([0.5, 0.5], [1, -1e-300]),
        ([0.5, 0.5], [1, np.nan]),
        ([0.5, 0.5], [1, np.inf]),
        ([0.5, 0.5], [1, 1, 1]),
        ([0.5, 0.5], [[1, 1]]),
        ([0.5, 0.5], 1.0),
        ([0.5, 0.5], [0, 0]),
        ([1, 0], [0, 1]),
    ],
)
def test_posterior_refuses(prior: Any, likelihood: Any) -> None:
    with pytest.raises(ValueError):
        posterior(prior, likelihood)


def exact_log_posterior(log_prior: list[float], log_likelihood: list[float]) -> list[mp.mpf]:
    with mp.workdps(60):
        joint = [mp.mpf(s) + mp.mpf(t) for s, t in zip(log_prior, log_likelihood, strict=True)]
        top = max(joint)
        evidence = top + mp.log(mp.fsum(mp.exp(value - top) for value in joint))
        return [value - evidence for value in joint]


logarithm = st.one_of(st.floats(-1e6, 0), st.floats(-10, 0), st.just(-np.inf))


@given(st.lists(st.tuples(logarithm, logarithm), min_size=1, max_size=8))
def test_log_posterior_keeps_the_promised_precision(pairs: list[tuple[float, float]]) -> None:
    log_prior, log_likelihood = ([pair[k] for pair in pairs] for k in (0, 1))
    if all(s + t == -np.inf for s, t in pairs):
        with pytest.raises(ValueError, match="evidence is zero"):
            log_posterior(log_prior, log_likelihood)
        return
    value = log_posterior(log_prior, log_likelihood)
    for got, expected in zip(value.tolist(), exact_log_posterior(log_prior, log_likelihood), strict=True):
        assert got == expected == -mp.inf or abs(got - expected) <= 1e-9
    assert np.sum(np.exp(value)) == pytest.approx(1, abs=1e-9)


def test_log_posterior_agrees_with_posterior() -> None:
    rng = np.random.default_rng(5)
    prior, likelihood = rng.dirichlet(np.ones(20)), rng.exponential(size=20)
    np.testing.assert_allclose(
        log_posterior(np.log(prior), np.log(likelihood)), np.log(posterior(prior, likelihood)), atol=1e-14
    )


def test_log_posterior_near_minus_a_million() -> None:
    value = log_posterior(np.log([0.5, 0.25, 0.25]), [-1e6, -1e6, -1e6 + np.log(2)])
    expected = exact_log_posterior(np.log([0.5, 0.25, 0.25]).tolist(), [-1e6, -1e6, float(-1e6 + np.log(2))])
    assert max(abs(g - e) for g, e in zip(value.tolist(), expected, strict=True)) < 5e-10


@pytest.mark.parametrize(
    ("log_prior", "log_likelihood"),
    [
        ([-1, np.nan], [-1, -1]),
        ([-1, -1], [np.nan, -1]),
        ([-1, np.inf], [-1, -1]),
        ([-1, -1], [np.inf, -np.inf]),
        ([-1, -1], [-1, -1, -1]),
        ([-1, -1], [-1]),
        ([], []),
        (0.0, 0.0),
        ([-np.inf, 0], [0, -np.inf]),
    ],
)
def test_log_posterior_refuses(log_prior: Any, log_likelihood: Any) -> None:
    with pytest.raises(ValueError):
        log_posterior(log_prior, log_likelihood)


def test_lists_are_welcome_and_arrays_left_alone() -> None:
    prior, other = [0.2, 0.0, 0.8], [0.1, 0.3, 0.6]
    arrays = np.array(prior), np.array(other)
    for array in arrays:
        array.flags.writeable = False
    np.testing.assert_array_equal(posterior(prior, other), posterior(*arrays))
    np.testing.assert_array_equal(log_posterior(prior, other), log_posterior(*arrays))
