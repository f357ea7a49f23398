"""2b: against integrals, high-precision linear algebra, and what theory says of the bound."""

import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from flint import arb, arb_mat, ctx
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from solutions.vaes_and_gans.q2b import elbo, log_likelihood_exact, log_likelihood_monte_carlo, quadrature_cost

Array = NDArray[np.float64]
Model = tuple[Array, Array, Array, float]


def model(seed: int, D: int, K: int, sigma: float, *, fits: bool = True) -> Model:
    """An observation of a random decoder; one that does not fit lies far off the decoder's image."""
    rng = np.random.default_rng(seed)
    W, b = rng.standard_normal((D, K)), rng.standard_normal(D)
    noise = (sigma if fits else 1.0) * rng.standard_normal(D)
    return W @ rng.standard_normal(K) + b + noise, W, b, sigma


def ball_matrix(values: Array) -> Any:
    return arb_mat([[arb(float(value)) for value in row] for row in values])


def exact(x: Array, W: Array, b: Array, sigma: float) -> float:
    """Woodbury's formula in ball arithmetic with 300 bits, where its cancellation is harmless."""
    before, ctx.prec = ctx.prec, 300
    try:
        D, K = W.shape
        w, residual, variance = ball_matrix(W), ball_matrix(x[:, None]) - ball_matrix(b[:, None]), arb(sigma) ** 2
        inner = w.transpose() * w + arb_mat(K, K, [variance if i == j else 0 for i in range(K) for j in range(K)])
        projected = w.transpose() * residual
        explained = (projected.transpose() * inner.solve(projected))[0, 0]
        mahalanobis = ((residual.transpose() * residual)[0, 0] - explained) / variance
        log_det = inner.det().log() + (D - K) * variance.log()
        return float((-(D * (2 * arb.pi()).log() + log_det + mahalanobis) / 2).mid())
    finally:
        ctx.prec = before


@pytest.mark.parametrize("sigma", [1.0, 1e-3, 1e-6])
@pytest.mark.parametrize(("D", "K"), [(1, 1), (5, 2), (300, 20), (300, 60), (20, 30)])
@pytest.mark.parametrize("fits", [True, False])
def test_exact_to_many_digits(D: int, K: int, sigma: float, fits: bool) -> None:
    arguments = model(1, D, K, sigma, fits=fits)
    value = log_likelihood_exact(*arguments)
    assert type(value) is float
    assert value == pytest.approx(exact(*arguments), rel=1e-9)


def test_exact_with_dependent_columns_and_without_any_weight() -> None:
    x, W, b, sigma = model(2, 30, 4, 1e-3)
    W[:, 3] = W[:, 0]
    assert log_likelihood_exact(x, W, b, sigma) == pytest.approx(exact(x, W, b, sigma), rel=1e-10)
    white = -0.5 * np.sum(((x - b) / 2) ** 2) - 30 * np.log(2 * np.sqrt(2 * np.pi))
    assert log_likelihood_exact(x, 0 * W, b, 2.0) == pytest.approx(white, rel=1e-14)


def test_exact_is_the_integral_over_z() -> None:
    x, W, b, sigma = model(3, 3, 1, 0.5)

    def joint(z: mp.mpf) -> mp.mpf:
        likelihood = mp.fprod(mp.npdf(x[d], W[d, 0] * z + b[d], sigma) for d in range(3))
        return likelihood * mp.npdf(z)

    integral = mp.quad(joint, range(-8, 9, 2))
    assert log_likelihood_exact(x, W, b, sigma) == pytest.approx(float(mp.log(integral)), abs=1e-10)


@pytest.mark.parametrize(("D", "S"), [(1, 1), (4, 7), (300, 5)])
def test_monte_carlo_is_the_log_of_the_mean(D: int, S: int) -> None:
    x, W, b, sigma = model(4, D, 3, 0.1)
    z = np.random.default_rng(5).standard_normal((S, 3))
    with mp.workdps(40):
        likelihoods = []
        for sample in z:
            means = [mp.fdot(W[d], sample) + mp.mpf(b[d]) for d in range(D)]
            likelihoods.append(mp.fprod(mp.npdf(mp.mpf(x[d]), means[d], mp.mpf(sigma)) for d in range(D)))
        expected = mp.log(mp.fsum(likelihoods) / S)
    value = log_likelihood_monte_carlo(x, W, b, sigma, z)
    assert type(value) is float
    assert value == pytest.approx(float(expected), rel=1e-12)


def test_monte_carlo_converges_to_exact() -> None:
    x, W, b, sigma = model(6, 2, 2, 0.8)
    z = np.random.default_rng(7).standard_normal((100_000, 2))
    likelihood = np.exp(-0.5 * np.sum(((x - b - z @ W.T) / sigma) ** 2, axis=1))
    standard_error = np.std(likelihood) / np.mean(likelihood) / np.sqrt(len(z))
    difference = log_likelihood_monte_carlo(x, W, b, sigma, z) - log_likelihood_exact(x, W, b, sigma)
    assert standard_error < 0.01
    assert abs(difference) < 4 * standard_error


def test_monte_carlo_does_not_care_for_the_order_of_samples() -> None:
    x, W, b, sigma = model(8, 50, 2, 0.1)
    z = np.random.default_rng(9).standard_normal((20, 2))
    forward, backward = (log_likelihood_monte_carlo(x, W, b, sigma, s) for s in (z, z[::-1]))
    assert forward == pytest.approx(backward, rel=1e-14)


@pytest.mark.parametrize(("D", "K"), [(1, 1), (3, 2), (40, 3)])
def test_elbo_is_the_expectation_under_q(D: int, K: int) -> None:
    """E_q[log p(x, z) − log q(z)] by Gauss-Hermite quadrature, exact for a quadratic integrand."""
    x, W, b, sigma = model(10, D, K, 0.7)
    rng = np.random.default_rng(11)
    mu, log_var = rng.standard_normal(K), rng.standard_normal(K)
    nodes, weights = np.polynomial.hermite_e.hermegauss(4)
    weights /= weights.sum()
    expected = 0.0
    for index in itertools.product(range(4), repeat=K):
        e = nodes[list(index)]
        z = mu + np.exp(log_var / 2) * e
        log_joint = -0.5 * np.sum(((x - b - W @ z) / sigma) ** 2) - D * np.log(sigma) - 0.5 * z @ z
        log_q = -0.5 * e @ e - 0.5 * np.sum(log_var)
        expected += np.prod(weights[list(index)]) * (log_joint - D * np.log(2 * np.pi) / 2 - log_q)
    value = elbo(x, W, b, sigma, mu, log_var)
    assert type(value) is float
    assert value == pytest.approx(expected, rel=1e-12)


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 4), st.floats(0.05, 3))
def test_elbo_is_a_bound_and_the_gap_is_a_kl(seed: int, D: int, K: int, sigma: float) -> None:
    x, W, b, sigma = model(seed, D, K, sigma)
    rng = np.random.default_rng(seed + 1)
    mu, log_var = rng.standard_normal(K), rng.standard_normal(K)
    gap = log_likelihood_exact(x, W, b, sigma) - elbo(x, W, b, sigma, mu, log_var)
    precision = np.eye(K) + W.T @ W / sigma**2
    mean = np.linalg.solve(precision, W.T @ (x - b) / sigma**2)
    kl = 0.5 * (
        np.sum(np.diag(precision) * np.exp(log_var))
        + (mu - mean) @ precision @ (mu - mean)
        - K
        - np.linalg.slogdet(precision)[1]
        - np.sum(log_var)
    )
    assert gap >= -1e-9
    assert gap == pytest.approx(kl, rel=1e-8, abs=1e-8)


def test_elbo_touches_the_likelihood_at_a_diagonal_posterior() -> None:
    x, W, b, sigma = model(12, 40, 3, 0.3)
    W, _ = np.linalg.qr(W)
    W *= [0.5, 2.0, 3.0]
    precision = 1 + np.sum(W**2, axis=0) / sigma**2
    mean = W.T @ (x - b) / sigma**2 / precision
    best = elbo(x, W, b, sigma, mean, -np.log(precision))
    assert best == pytest.approx(log_likelihood_exact(x, W, b, sigma), abs=1e-9)
    assert elbo(x, W, b, sigma, mean, -np.log(precision) + 0.1) < best
    assert elbo(x, W, b, sigma, mean + 0.1, -np.log(precision)) < best


def test_lists_are_welcome_and_arrays_left_alone() -> None:
    x, W, b = [1.0, 2.0], [[1.0], [0.5]], [0.0, 1.0]
    arrays = np.array(x), np.array(W), np.array(b)
    z, mu, log_var = np.array([[0.2], [-1.1]]), np.array([0.8]), np.array([-2.0])
    for array in (*arrays, z, mu, log_var):
        array.flags.writeable = False
    sigma: Any = np.array(0.3)
    assert log_likelihood_exact(x, W, b, 0.3) == log_likelihood_exact(*arrays, sigma)
    assert log_likelihood_monte_carlo(x, W, b, 0.3, z.tolist()) == log_likelihood_monte_carlo(*arrays, sigma, z)
    assert elbo(x, W, b, 0.3, [0.8], [-2.0]) == elbo(*arrays, sigma, mu, log_var)
    assert log_likelihood_exact([1, 2], [[1], [2]], [0, 0], 1) == log_likelihood_exact(
        [1.0, 2.0], [[1.0], [2.0]], b=[0.0, 0.0], sigma=1.0
    )


BAD_DECODERS: list[tuple[Any, Any, Any, float]] = [
    ([1.0], [[1.0], [0.5]], [0.0, 1.0], 0.3),
    ([1.0, 2.0], [1.0, 0.5], [0.0, 1.0], 0.3),
    ([1.0, 2.0], [[1.0], [0.5]], [0.0], 0.3),
    ([1.0, 2.0], [[1.0, 0.5]], [0.0, 1.0], 0.3),
    ([1.0, 2.0], [[1.0], [0.5]], 0.0, 0.3),
    ([1.0, np.nan], [[1.0], [0.5]], [0.0, 1.0], 0.3),
    ([1.0, 2.0], [[1.0], [np.inf]], [0.0, 1.0], 0.3),
    ([1.0, 2.0], [[1.0], [0.5]], [0.0, 1.0], 0.0),
    ([1.0, 2.0], [[1.0], [0.5]], [0.0, 1.0], -1.0),
    ([1.0, 2.0], [[1.0], [0.5]], [0.0, 1.0], np.nan),
    ([1.0, 2.0], [[1.0], [0.5]], [0.0, 1.0], np.inf),
]


@pytest.mark.parametrize("decoder", BAD_DECODERS)
def test_refuses_what_is_no_decoder(decoder: tuple[Any, Any, Any, float]) -> None:
    calls: list[Callable[[], float]] = [
        lambda: log_likelihood_exact(*decoder),
        lambda: log_likelihood_monte_carlo(*decoder, [[0.0]]),
        lambda: elbo(*decoder, [0.0], [0.0]),
    ]
    for call in calls:
        with pytest.raises(ValueError):
            call()


def test_refuses_bad_samples_and_bad_q() -> None:
    decoder = ([1.0, 2.0], [[1.0], [0.5]], [0.0, 1.0], 0.3)
    samples: list[Any] = [[], [[]], [0.0], [[0.0, 1.0]], np.empty((0, 1)), [[np.nan]]]
    for z in samples:
        with pytest.raises(ValueError, match="z must"):
            log_likelihood_monte_carlo(*decoder, z)
    for mu, log_var in (
        ([0.0, 0.0], [0.0, 0.0]),
        ([0.0], [0.0, 0.0]),
        (0.0, 0.0),
        ([np.nan], [0.0]),
        ([0.0], [np.inf]),
    ):
        with pytest.raises(ValueError, match="mu and log_var"):
            elbo(*decoder, mu, log_var)


@given(st.integers(1, 6), st.integers(0, 4))
def test_quadrature_cost_counts_the_grid(n: int, K: int) -> None:
    assert quadrature_cost(n, K) == len(list(itertools.product(range(n), repeat=K)))


@pytest.mark.parametrize("convert", [int, np.int64, np.int8, np.uint8, np.array])
def test_quadrature_cost_is_an_exact_python_int(convert: Any) -> None:
    value = quadrature_cost(convert(10), convert(100))
    assert type(value) is int
    assert value == 10**100


@pytest.mark.parametrize(
    "bad", [(0, 2), (-3, 2), (3, -1), (2.0, 2), (2, 2.5), ("2", 2), (None, 2), (Fraction(2), 2)]
)
def test_quadrature_cost_refuses(bad: Any) -> None:
    with pytest.raises(ValueError):
        quadrature_cost(*bad)
