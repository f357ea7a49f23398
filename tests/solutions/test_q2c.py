"""2c: the KL of Gaussians in ball arithmetic, by sampling, and where it nearly cancels; the derivation."""

from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from flint import arb, arb_mat, ctx
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from solutions.vaes_and_gans.q2c import derivation_2c, kl_gaussians, kl_to_standard_normal

Array = NDArray[np.float64]


def ball_matrix(values: Array) -> Any:
    return arb_mat([[arb(float(value)) for value in row] for row in values])


def exact(mu0: Array, Sigma0: Array, mu1: Array, Sigma1: Array) -> float:
    """The sheet's formula in ball arithmetic with 256 bits, where its cancellation is harmless."""
    before, ctx.prec = ctx.prec, 256
    try:
        K = len(mu0)
        first, second = ball_matrix(Sigma0), ball_matrix(Sigma1)
        shift = ball_matrix(mu1[:, None]) - ball_matrix(mu0[:, None])
        ratio = second.solve(first)
        trace = sum((ratio[i, i] for i in range(K)), arb(0))
        quadratic = (shift.transpose() * second.solve(shift))[0, 0]
        value = (trace + quadratic - K + second.det().log() - first.det().log()) / 2
        assert value.rad() <= abs(value.mid()) * 1e-20
        return float(value.mid())
    finally:
        ctx.prec = before


def covariance(rng: np.random.Generator, K: int, condition: float) -> Array:
    basis, _ = np.linalg.qr(rng.standard_normal((K, K)))
    matrix = basis * np.geomspace(1, 1 / condition, K) @ basis.T
    return np.asarray((matrix + matrix.T) / 2)


def near(rng: np.random.Generator, Sigma: Array, distance: float) -> Array:
    """A covariance that differs from Sigma by about `distance`, relative to Sigma in every direction."""
    K, factor = len(Sigma), np.linalg.cholesky(Sigma)
    noise = rng.standard_normal((K, K))
    matrix = factor @ (np.eye(K) + distance * (noise + noise.T) / np.sqrt(8 * K)) @ factor.T
    return np.asarray((matrix + matrix.T) / 2)


PROMISED = [(1e2, 1e-6), (1e6, 1e-6), (1e10, 1e-4)]


@pytest.mark.parametrize(("condition", "tolerance"), PROMISED)
@pytest.mark.parametrize("K", [2, 10, 40])
def test_keeps_the_promised_precision(K: int, condition: float, tolerance: float) -> None:
    rng = np.random.default_rng(K)
    Sigma0, Sigma1 = covariance(rng, K, condition), covariance(rng, K, condition)
    mu0, mu1 = rng.standard_normal((2, K))
    zero = np.zeros(K)
    cases = [
        (mu0, Sigma0, mu1, Sigma1),
        (zero, Sigma0, zero, Sigma1),
        (mu0, np.eye(K), mu1, Sigma1),
        (mu0, Sigma0, mu1, np.eye(K)),
        (zero, 4 * Sigma1, zero, Sigma1),
        (zero, 1e-8 * Sigma0, zero, Sigma1),
        (mu0, 1e-200 * Sigma0, mu0, 1e-200 * Sigma1),
    ]
    # Far beyond what the sheet's formula can do in floats: the value itself falls to about 1e-18.
    cases += [(zero, near(rng, Sigma1, distance), zero, Sigma1) for distance in (0.3, 1e-3, 1e-6, 1e-9)]
    cases += [(zero, Sigma1 * (1 + 1e-6), zero, Sigma1)]
    for arguments in cases:
        value = kl_gaussians(*arguments)
        assert type(value) is float
        assert value == pytest.approx(exact(*arguments), rel=tolerance * 1e-2, abs=0)


@pytest.mark.parametrize(("condition", "distance", "tolerance"), [(1e6, 1e-4, 1e-6), (1e10, 10.0, 1e-4)])
def test_keeps_the_promised_precision_in_200_dimensions(
    condition: float, distance: float, tolerance: float
) -> None:
    rng = np.random.default_rng(200)
    Sigma1 = covariance(rng, 200, condition)
    Sigma0 = near(rng, Sigma1, distance) if distance < 1 else covariance(rng, 200, condition)
    mu0, mu1 = distance * 1e-3 * rng.standard_normal((2, 200))
    arguments = mu0, Sigma0, mu1, Sigma1
    assert kl_gaussians(*arguments) == pytest.approx(exact(*arguments), rel=tolerance * 1e-2, abs=0)


def test_units_of_very_different_size() -> None:
    """A change of units may make the condition number 1e40, but the KL the same."""
    rng = np.random.default_rng(6)
    Sigma0, Sigma1 = covariance(rng, 6, 10), covariance(rng, 6, 10)
    units = np.geomspace(1, 1e-20, 6)
    scaled = [units[:, None] * Sigma * units for Sigma in (Sigma0, Sigma1)]
    mu0, mu1 = rng.standard_normal((2, 6))
    assert kl_gaussians(units * mu0, scaled[0], units * mu1, scaled[1]) == pytest.approx(
        kl_gaussians(mu0, Sigma0, mu1, Sigma1), rel=1e-13
    )


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_properties(seed: int, K: int) -> None:
    rng = np.random.default_rng(seed)
    Sigma0, Sigma1 = (covariance(rng, K, 100) for _ in range(2))
    mu0, mu1 = rng.standard_normal((2, K))
    value = kl_gaussians(mu0, Sigma0, mu1, Sigma1)
    assert value > 0
    assert kl_gaussians(mu0, Sigma0, mu0, Sigma0) == 0
    A, shift = rng.standard_normal((K, K)) + 3 * np.eye(K), rng.standard_normal(K)
    moved = [(A @ Sigma @ A.T + (A @ Sigma @ A.T).T) / 2 for Sigma in (Sigma0, Sigma1)]
    if np.linalg.cond(A) < 1e3:
        assert kl_gaussians(A @ mu0 + shift, moved[0], A @ mu1 + shift, moved[1]) == pytest.approx(value, rel=1e-6)


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(1e-3, 1e3)), min_size=1, max_size=8))
def test_the_two_functions_agree(pairs: list[tuple[float, float]]) -> None:
    mu, sigma = np.array(pairs).T
    K = len(pairs)
    assert kl_to_standard_normal(mu, sigma) == pytest.approx(
        kl_gaussians(mu, np.diag(sigma**2), np.zeros(K), np.eye(K)), rel=1e-12, abs=1e-15
    )


def test_is_an_expectation_of_log_ratios() -> None:
    rng = np.random.default_rng(8)
    Sigma0, Sigma1 = covariance(rng, 3, 5), covariance(rng, 3, 5)
    mu0, mu1 = rng.standard_normal((2, 3))
    z = mu0 + rng.standard_normal((100_000, 3)) @ np.linalg.cholesky(Sigma0).T

    def log_density(mu: Array, Sigma: Array) -> Array:
        mahalanobis = np.einsum("si,ij,sj->s", z - mu, np.linalg.inv(Sigma), z - mu)
        return np.asarray(-0.5 * (mahalanobis + np.log(np.linalg.det(Sigma))))

    ratios = log_density(mu0, Sigma0) - log_density(mu1, Sigma1)
    standard_error = np.std(ratios) / np.sqrt(len(z))
    assert abs(kl_gaussians(mu0, Sigma0, mu1, Sigma1) - np.mean(ratios)) < 4 * standard_error


@given(
    st.floats(-1e3, 1e3), st.one_of(st.floats(1e-150, 1e150), st.floats(1 - 1e-6, 1 + 1e-6), st.floats(0.5, 1.5))
)
@example(0.0, 0.7072)
@example(0.0, 1.2247)
def test_standard_normal_to_the_last_digits(mu: float, sigma: float) -> None:
    with mp.workdps(340):
        m, s = mp.mpf(mu), mp.mpf(sigma)
        expected = (s**2 + m**2 - 1 - 2 * mp.log(s)) / 2
        value = kl_to_standard_normal([mu], [sigma])
        assert value >= 0
        assert abs(value - expected) <= 1e-14 * expected + mp.mpf(10) ** -300


def test_standard_normal_is_an_integral() -> None:
    mu, sigma = mp.mpf("0.7"), mp.mpf("0.4")
    integral = mp.quad(
        lambda z: mp.npdf(z, mu, sigma) * (mp.log(mp.npdf(z, mu, sigma)) - mp.log(mp.npdf(z))),
        [-6, -1, 0, 1, 2, 8],
    )
    assert kl_to_standard_normal([0.7], [0.4]) == pytest.approx(float(integral), rel=1e-12)
    assert kl_to_standard_normal([0.7, 0], [0.4, 1]) == kl_to_standard_normal([0.7], [0.4])


def singular(K: int) -> Array:
    """A matrix of small integers, exactly of rank K − 1."""
    rng = np.random.default_rng(K)
    factor = rng.integers(-3, 4, size=(K, K - 1)).astype(float)
    return np.asarray(factor @ factor.T)


NO_COVARIANCES: dict[str, Array] = {
    "indefinite": np.array([[1.0, 2.0], [2.0, 1.0]]),
    "barely indefinite": np.array([[1.0, 1.0 + 1e-12], [1.0 + 1e-12, 1.0]]),
    "negative definite": -np.eye(2),
    "negative variance": np.diag([1.0, -1e-30]),
    "zero": np.zeros((2, 2)),
    "zero variance": np.diag([1.0, 0.0]),
    "rank one": np.ones((2, 2)),
    "rank one, rounded": np.outer([0.1, 0.3], [0.1, 0.3]),
    "rank one, other units": np.outer([1e-9, 1.0], [1e-9, 1.0]),
    "not symmetric": np.array([[1.0, 0.1], [0.1 + 2e-8, 1.0]]),
    "triangular": np.array([[1.0, 0.0], [0.5, 1.0]]),
    "nan": np.array([[1.0, np.nan], [np.nan, 1.0]]),
    "inf": np.array([[np.inf, 0.0], [0.0, 1.0]]),
    "variances only": np.array([1.0, 2.0]),
    "too large": np.eye(3),
    "not square": np.ones((2, 3)),
}


@pytest.mark.parametrize("matrix", NO_COVARIANCES.values(), ids=NO_COVARIANCES.keys())
def test_refuses_what_is_no_covariance(matrix: Array) -> None:
    zero, one = np.zeros(2), np.eye(2)
    for pair in ((matrix, one), (one, matrix)):
        with pytest.raises(ValueError, match="covariance"):
            kl_gaussians(zero, pair[0], zero, pair[1])


@pytest.mark.parametrize("K", [3, 10, 50, 200])
def test_refuses_exactly_singular_matrices_of_any_size(K: int) -> None:
    with pytest.raises(ValueError, match="positive definite"):
        kl_gaussians(np.zeros(K), singular(K), np.zeros(K), np.eye(K))


def test_symmetric_up_to_rounding_is_accepted() -> None:
    matrix = np.array([[1.0, 0.1], [0.1 + 5e-9, 1.0]])
    zero, one = np.zeros(2), np.eye(2)
    assert kl_gaussians(zero, matrix, zero, one) == pytest.approx(
        kl_gaussians(zero, (matrix + matrix.T) / 2, zero, one), rel=1e-12
    )


def test_refuses_bad_means_and_deviations() -> None:
    one = np.eye(2)
    for bad in ([0.0], [0.0, 0.0, 0.0], [[0.0, 0.0]], [0.0, np.nan], [np.inf, 0.0]):
        with pytest.raises(ValueError):
            kl_gaussians(bad, one, [0.0, 0.0], one)
        with pytest.raises(ValueError):
            kl_gaussians([0.0, 0.0], one, bad, one)
        with pytest.raises(ValueError):
            kl_to_standard_normal(bad, [1.0, 1.0])
    with pytest.raises(ValueError):
        kl_gaussians([], np.empty((0, 0)), [], np.empty((0, 0)))
    for sigma in ([1.0, 0.0], [1.0, -1.0], [1.0, np.nan], [1.0, np.inf], 1.0):
        with pytest.raises(ValueError):
            kl_to_standard_normal([0.0, 0.0], sigma)


def test_lists_are_welcome_and_arrays_left_alone() -> None:
    arguments = [0.0, 1.0], [[2.0, 0.3], [0.3, 1.0]], [0.5, 0.0], [[1.0, -0.2], [-0.2, 3.0]]
    arrays = [np.array(argument) for argument in arguments]
    for array in arrays:
        array.flags.writeable = False
    assert kl_gaussians(*arguments) == kl_gaussians(*arrays)
    assert kl_to_standard_normal([1, 2], [3, 4]) == kl_to_standard_normal(
        np.array([1.0, 2.0]), np.array([3.0, 4.0])
    )
    assert kl_gaussians([0], [[4]], [0], [[1]]) == kl_to_standard_normal([0], [2])


# The derivation: every line is evaluated for concrete K, means and standard deviations.


def evaluate(line: sp.Expr, mu: list[sp.Rational], sigma: list[sp.Rational]) -> sp.Expr:
    K = next(symbol for symbol in line.free_symbols if symbol.name == "K")
    names = {"mu": mu, "sigma": sigma}
    unrolled = line.subs(K, len(mu)).doit()
    return unrolled.replace(
        lambda e: isinstance(e, sp.Indexed), lambda e: names[str(e.base)][int(e.indices[0]) - 1]
    ).evalf(50)


@pytest.mark.parametrize("line", derivation_2c[1:])
def test_every_line_has_the_value_of_the_first(line: sp.Expr) -> None:
    rng = np.random.default_rng(12)
    for K in (1, 2, 5):
        mu = [sp.Rational(int(n), 7) for n in rng.integers(-20, 20, K)]
        sigma = [sp.Rational(int(n), 11) for n in rng.integers(1, 40, K)]
        value = evaluate(line, mu, sigma)
        assert abs(value - evaluate(derivation_2c[0], mu, sigma)) < 1e-40
        assert float(value) == pytest.approx(
            kl_to_standard_normal([float(m) for m in mu], [float(s) for s in sigma])
        )


def test_start_and_goal_have_the_contracts_form() -> None:
    start, goal = derivation_2c[0], derivation_2c[-1]
    assert [type(log.args[0].as_base_exp()[0]) for log in start.atoms(sp.log)] == [sp.Product]
    assert not goal.atoms(sp.Product)
    assert [type(log.args[0].as_base_exp()[0]) for log in goal.atoms(sp.log)] == [sp.Indexed]
    assert len(goal.atoms(sp.Sum)) == 1


def test_no_line_collapses() -> None:
    assert len({str(line) for line in derivation_2c}) == len(derivation_2c) >= 4
