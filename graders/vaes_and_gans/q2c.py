"""2c: the KL divergence of Gaussians, in general and from the standard normal, in numbers and on paper."""

import functools
from typing import Any

import numpy as np
import sympy as sp
from otter.test_files import test_case

from graders.answers import derivation, numeric
from graders.answers.misconception import misconception
from graders.answers.verdict import Wrong
from graders.vaes_and_gans.derivations import Judge
from solutions.vaes_and_gans import q2c as reference

OK_FORMAT = False

name = "q2c"
points = None

# The contract's relative errors, for condition numbers up to 1e6 and at 1e10. Near 0 the terms cancel, and the
# error is that of the terms, which have size K.
RTOL, ILL_CONDITIONED_RTOL = 1e-6, 1e-4
ATOL = 1e-9
COMPONENTS = {"mu": "real", "sigma": "positive"}


def general(mu0, Sigma0, mu1, Sigma1, *, trace=1.0, quadratic=1.0, dimension=1.0, log_ratio=1.0):
    """The formula of the sheet with factors that can be got wrong, without the ½."""
    mu0, Sigma0, mu1, Sigma1 = (np.asarray(array, dtype=float) for array in (mu0, Sigma0, mu1, Sigma1))
    shift = mu1 - mu0
    return (
        trace * np.trace(np.linalg.solve(Sigma1, Sigma0))
        + quadratic * shift @ np.linalg.solve(Sigma1, shift)
        - dimension * shift.size
        + log_ratio * (np.linalg.slogdet(Sigma1)[1] - np.linalg.slogdet(Sigma0)[1])
    )


def reduced(mu, sigma, *, power=2.0, one=1.0, log=1.0):
    """Σ σ² + μ² − 1 − log σ² with a power or a factor that can be got wrong, without the ½."""
    mu, sigma = np.asarray(mu, dtype=float), np.asarray(sigma, dtype=float)
    return np.sum(sigma**power + mu**2 - one - log * np.log(sigma**power))


@misconception("q2c.reversed-kl")
def reversed_kl(mu0, Sigma0, mu1, Sigma1):
    """KL is not symmetric: which covariance is inverted, and which determinant stands on top?"""
    return general(mu1, Sigma1, mu0, Sigma0) / 2


@misconception("q2c.determinants-inverted")
def determinants_inverted(mu0, Sigma0, mu1, Sigma1):
    """The ratio of the determinants is upside down."""
    return general(mu0, Sigma0, mu1, Sigma1, log_ratio=-1) / 2


@misconception("q2c.dimension-forgotten")
def dimension_forgotten(mu0, Sigma0, mu1, Sigma1):
    """Try equal Gaussians: their divergence must be 0, so something has to balance the trace."""
    return general(mu0, Sigma0, mu1, Sigma1, dimension=0) / 2


@misconception("q2c.half-forgotten")
def half_forgotten(mu0, Sigma0, mu1, Sigma1):
    """The factor in front of the bracket is missing."""
    return general(mu0, Sigma0, mu1, Sigma1)


@misconception("q2c.half-on-first-term")
def half_on_first_term(mu0, Sigma0, mu1, Sigma1):
    """The factor in front of the bracket belongs to all four terms: mind the parentheses."""
    return general(mu0, Sigma0, mu1, Sigma1, trace=0.5)


@misconception("q2c.trace-forgotten")
def trace_forgotten(mu0, Sigma0, mu1, Sigma1):
    """The trace term is missing: how wide is the first Gaussian, measured by the second?"""
    return general(mu0, Sigma0, mu1, Sigma1, trace=0) / 2


@misconception("q2c.means-forgotten")
def means_forgotten(mu0, Sigma0, mu1, Sigma1):
    """The means have no effect on your result."""
    return general(mu0, Sigma0, mu1, Sigma1, quadratic=0) / 2


@misconception("q2c.log-determinants-forgotten")
def log_determinants_forgotten(mu0, Sigma0, mu1, Sigma1):
    """The logarithm of the determinants' ratio is missing."""
    return general(mu0, Sigma0, mu1, Sigma1, log_ratio=0) / 2


@misconception("q2c.distance-by-first-covariance")
def distance_by_first_covariance(mu0, Sigma0, mu1, Sigma1):
    """The distance of the means is measured by the covariance of the second Gaussian."""
    shift = np.asarray(mu1, dtype=float) - np.asarray(mu0, dtype=float)
    return (general(mu0, Sigma0, mu1, Sigma1, quadratic=0) + shift @ np.linalg.solve(Sigma0, shift)) / 2


@misconception("q2c.euclidean-distance")
def euclidean_distance(mu0, Sigma0, mu1, Sigma1):
    """You take the plain squared distance of the means. The quadratic form has an inverse covariance inside."""
    shift = np.asarray(mu1, dtype=float) - np.asarray(mu0, dtype=float)
    return (general(mu0, Sigma0, mu1, Sigma1, quadratic=0) + shift @ shift) / 2


@misconception("q2c.elementwise-product")
def elementwise_product(mu0, Sigma0, mu1, Sigma1):
    """You multiply the matrices elementwise (*). The trace is of their matrix product (@)."""
    product = np.linalg.inv(Sigma1) * np.asarray(Sigma0, dtype=float)
    return (general(mu0, Sigma0, mu1, Sigma1, trace=0) + np.trace(product)) / 2


@misconception("q2c.inverse-forgotten")
def inverse_forgotten(mu0, Sigma0, mu1, Sigma1):
    """In the trace, the covariance of the second Gaussian is inverted."""
    product = np.asarray(Sigma1, dtype=float) @ np.asarray(Sigma0, dtype=float)
    return (general(mu0, Sigma0, mu1, Sigma1, trace=0) + np.trace(product)) / 2


@misconception("q2c.determinant-underflow")
def determinant_underflow(mu0, Sigma0, mu1, Sigma1):
    """Your formula is right on paper, but a determinant in hundreds of dimensions leaves the range of floats. Sum
    logarithms instead: slogdet, or the diagonal of a Cholesky factor."""
    ratio = np.log(np.linalg.det(Sigma1) / np.linalg.det(Sigma0))
    np.linalg.cholesky(Sigma0), np.linalg.cholesky(Sigma1)
    return (general(mu0, Sigma0, mu1, Sigma1, log_ratio=0) + ratio) / 2


@misconception("q2c.sigma-for-variance")
def sigma_for_variance(mu, sigma):
    """sigma holds standard deviations here; you treat them as variances."""
    return reduced(mu, sigma, power=1) / 2


@misconception("q2c.log-deviation-for-log-variance")
def log_deviation_for_log_variance(mu, sigma):
    """The logarithm is of the variance. How does it differ from that of the standard deviation?"""
    return reduced(mu, sigma, log=0.5) / 2


@misconception("q2c.sigma-for-log-variance")
def sigma_for_log_variance(mu, sigma):
    """You treat sigma as log-variances, as a VAE's encoder returns them. Here they are standard deviations."""
    return reduced(mu, np.exp(np.asarray(sigma, dtype=float) / 2)) / 2


@misconception("q2c.log-sign")
def log_sign(mu, sigma):
    """Check the sign of the logarithm: should the divergence fall or rise as q collapses to a point?"""
    return reduced(mu, sigma, log=-1) / 2


@misconception("q2c.reduced-half-forgotten")
def reduced_half_forgotten(mu, sigma):
    """The factor in front of the sum is missing."""
    return reduced(mu, sigma)


@misconception("q2c.one-forgotten")
def one_forgotten(mu, sigma):
    """Try the standard normal itself: its divergence must be 0. A constant is missing in each term."""
    return reduced(mu, sigma, one=0) / 2


@misconception("q2c.one-once")
def one_once(mu, sigma):
    """The 1 stands inside the sum, so it counts once for each dimension."""
    return reduced(mu, sigma, one=1 / np.size(mu)) / 2


@misconception("q2c.mean-over-dimensions")
def mean_over_dimensions(mu, sigma):
    """You average over the dimensions. Divergences of independent components add up."""
    return reduced(mu, sigma) / 2 / np.size(mu)


@misconception("q2c.loss-for-divergence")
def loss_for_divergence(mu, sigma):
    """Your result is negative. In a VAE's bound this term has a minus sign, but the divergence itself has none."""
    return -reduced(mu, sigma) / 2


i, K = sp.symbols("i K", integer=True, positive=True)
mu, sigma = sp.IndexedBase("mu", real=True), sp.IndexedBase("sigma", positive=True)


def total(term):
    """Σ over i from 1 to K, not evaluated."""
    return sp.Sum(term, (i, 1, K))


SQUARES = total(sigma[i] ** 2) + total(mu[i] ** 2)
PRODUCT = sp.Product(sigma[i] ** 2, (i, 1, K))
START = (SQUARES - K - sp.log(PRODUCT)) / 2
LOGARITHMS = total(sp.log(sigma[i] ** 2))
GOAL = total(sigma[i] ** 2 + mu[i] ** 2 - 1 - sp.log(sigma[i] ** 2)) / 2


@misconception("q2c.trace-of-deviations")
def trace_of_deviations():
    """The diagonal of the covariance holds variances: look at the trace and the determinant again."""
    start = (total(sigma[i]) + total(mu[i] ** 2) - K - sp.log(sp.Product(sigma[i], (i, 1, K)))) / 2
    return [start, GOAL]


@misconception("q2c.mean-not-squared")
def mean_not_squared():
    """The quadratic term (μ1 − μ0)ᵀ(μ1 − μ0) is a sum of squares."""
    return [(total(sigma[i] ** 2) + total(mu[i]) - K - sp.log(PRODUCT)) / 2, GOAL]


@misconception("q2c.logarithm-of-sum")
def logarithm_of_sum():
    """The determinant of a diagonal matrix is a product, and the logarithm of a product is a sum of logarithms."""
    return [START, (SQUARES - K - sp.log(total(sigma[i] ** 2))) / 2, (SQUARES - K - LOGARITHMS) / 2, GOAL]


@misconception("q2c.determinant-sign")
def determinant_sign():
    """log(1/u) is −log u: check the sign of the logarithm."""
    return [(SQUARES - K + sp.log(1 / PRODUCT)) / 2, (SQUARES - K + sp.log(PRODUCT)) / 2, GOAL]


@misconception("q2c.dimension-inside-sum")
def dimension_inside_sum():
    """K inside the sum is counted K times. Which number, summed over i from 1 to K, makes K?"""
    return [
        START,
        (SQUARES - K - LOGARITHMS) / 2,
        total(sigma[i] ** 2 + mu[i] ** 2 - K - sp.log(sigma[i] ** 2)) / 2,
    ]


@misconception("q2c.one-outside-sum")
def one_outside_sum():
    """K became a single 1 outside of the sum. It has to be shared out over the K terms."""
    return [START, (SQUARES - K - LOGARITHMS) / 2, (SQUARES - 1 - LOGARITHMS) / 2, GOAL]


@misconception("q2c.power-lost")
def power_lost():
    """log σ² became log σ: the power leaves the logarithm as a factor, it does not vanish."""
    return [START, (SQUARES - K - LOGARITHMS) / 2, (SQUARES - K - total(sp.log(sigma[i]))) / 2, GOAL]


@misconception("q2c.half-lost")
def half_lost():
    """The factor ½ in front of the bracket got lost on the way."""
    return [START, (SQUARES - K - LOGARITHMS) / 2, SQUARES - K - LOGARITHMS, 2 * GOAL]


GENERAL = [
    reversed_kl,
    determinants_inverted,
    dimension_forgotten,
    half_forgotten,
    half_on_first_term,
    trace_forgotten,
    means_forgotten,
    log_determinants_forgotten,
    distance_by_first_covariance,
    euclidean_distance,
    elementwise_product,
    inverse_forgotten,
    determinant_underflow,
]
REDUCED = [
    sigma_for_variance,
    log_deviation_for_log_variance,
    sigma_for_log_variance,
    log_sign,
    reduced_half_forgotten,
    one_forgotten,
    one_once,
    mean_over_dimensions,
    loss_for_divergence,
]
PATHS = [
    trace_of_deviations,
    mean_not_squared,
    logarithm_of_sum,
    determinant_sign,
    dimension_inside_sum,
    one_outside_sum,
    power_lost,
    half_lost,
]


def covariance(rng, k, condition=30.0, scale=1.0):
    """A covariance of the given condition number."""
    axes = np.linalg.qr(rng.normal(size=(k, k)))[0]
    matrix = scale * (axes * np.geomspace(1.0, condition, k)) @ axes.T
    return (matrix + matrix.T) / 2


def alike(rng, k, condition):
    """Two Gaussians with covariances of this condition and of one shape.

    Of two that have nothing to do with each other the quotient has the square of the condition. At 1e10 that is
    beyond the digits of a float, so that the processor would decide which right answers pass.
    """
    axes = np.linalg.qr(rng.normal(size=(k, k)))[0]
    sizes = np.geomspace(1.0, condition, k) * rng.uniform(0.5, 2.0, size=(2, k)) * [[1.0], [rng.uniform(1.5, 3.0)]]
    one, other = ((axes * size) @ axes.T for size in sizes)
    return rng.normal(size=k), (one + one.T) / 2, rng.normal(size=k), (other + other.T) / 2


def gaussians(rng, k, condition=30.0, scale=1.0):
    """Two Gaussians in k dimensions, of different sizes."""
    one, other = (covariance(rng, k, condition, scale * size) for size in (1.0, rng.uniform(1.5, 3.0)))
    return rng.normal(size=k), one, rng.normal(size=k), other


@test_case(points=0, name="q2c public: kl_gaussians")
def test_public_general(kl_gaussians):
    import numpy as np

    from vaegan_judge import laws

    name = "kl_gaussians"
    mean, other = np.array([0.5, -1.0]), np.array([1.0, 0.5])
    wide, narrow = np.array([[2.0, 0.6], [0.6, 1.0]]), np.array([[1.0, -0.2], [-0.2, 0.5]])
    nearly = wide + np.array([[0.0, 1e-12], [0.0, 0.0]])
    many, zeros = np.eye(200), np.zeros(200)
    inputs = [
        (mean, wide, mean, wide),
        (mean, wide, other, narrow),
        (mean.tolist(), wide.tolist(), other.tolist(), narrow.tolist()),
        (2 * mean, 4 * wide, 2 * other, 4 * narrow),
        (np.array([1, 0]), np.array([[2, 1], [1, 3]]), np.array([0, 2]), np.array([[4, 0], [0, 1]])),
        (mean, nearly, other, narrow),
        ([1.0], [[4.0]], [3.0], [[2.0]]),
        ([-2.0], [[0.5]], [1.0], [[5.0]]),
        ([1.0, -2.0], [[4.0, 0.0], [0.0, 0.5]], [3.0, 1.0], [[2.0, 0.0], [0.0, 5.0]]),
        (zeros + 1, 1e-5 * many, zeros + 1, 2e-5 * many),
        (zeros + 1, 1e5 * many, zeros + 1, 2e5 * many),
        ([1.0], [[1.0]], [1.0], [[2.0]]),
        (wide @ mean, wide @ wide @ wide, wide @ other, wide @ narrow @ wide),
        ([1.0], [[1.0]], [0.0], [[1.0]]),
    ]
    values = laws.numbers(name, kl_gaussians, inputs)
    calls = [laws.called(name, arguments) for arguments in inputs]
    tilted, indefinite = np.array([[1.0, 0.5], [0.2, 1.0]]), np.array([[1.0, 2.0], [2.0, 1.0]])
    small, singular = 1e-6 * tilted, np.diag([1.0, 0.0])
    laws.refuses(
        name,
        kl_gaussians,
        [
            (reason, arguments)
            for reason, bad in [
                ("a covariance that is not symmetric", tilted),
                ("a covariance that is not symmetric", small),
                ("a covariance that is indefinite", indefinite),
                ("a covariance that is negative definite", -np.eye(2)),
                ("a covariance that is singular", singular),
                ("a covariance that is singular", np.zeros((2, 2))),
            ]
            for arguments in [(mean, bad, other, narrow), (mean, wide, other, bad)]
        ],
    )
    laws.equal("A Gaussian does not diverge from itself.", (calls[0], values[0]), ("", 0.0), atol=1e-6)
    for k in (1, 4):
        laws.positive("The divergence of different Gaussians is positive.", (calls[k], values[k]))
    for k, words in [
        (2, "as lists"),
        (3, "in units of half the size"),
        (5, "with a rounding error in a covariance"),
    ]:
        laws.equal(
            f"The same Gaussians {words} have the same divergence.",
            *((calls[k], values[k]), (calls[1], values[1])),
            rtol=1e-6,
        )
    laws.equal(
        "The same Gaussians in other coordinates, x ↦ Ax, have the same divergence.",
        *((calls[12], values[12]), (calls[1], values[1])),
        at=laws.where(A=wide),
        rtol=1e-6,
    )
    laws.equal(
        "Divergences of independent components add up.",
        *((calls[8], values[8]), (f"{calls[6]} + {calls[7]}", values[6] + values[7])),
        rtol=1e-6,
    )
    for k in (9, 10):
        laws.equal(
            "200 independent components of one kind have 200 times the divergence of one.",
            *((calls[k], values[k]), (f"200 · {calls[11]}", 200 * values[11])),
            rtol=1e-6,
        )
    laws.equal(
        "To move the mean of a standard normal by 1 costs 1/2.", (calls[13], values[13]), ("", 0.5), rtol=1e-6
    )


@test_case(points=0, name="q2c public: kl_to_standard_normal")
def test_public_reduced(kl_to_standard_normal, kl_gaussians):
    import numpy as np

    from vaegan_judge import laws

    name = "kl_to_standard_normal"
    inputs = [
        ([0.0, 0.0], [1.0, 1.0]),
        (np.array([0, 2]), np.array([1, 3])),
        ([0.5, -1.0], [0.8, 2.0]),
        ([0.5], [0.8]),
        ([-1.0], [2.0]),
        ([1.0], [1.0]),
        (np.array([0.5, -1.0]), np.array([0.05, 20.0])),
    ]
    values = laws.numbers(name, kl_to_standard_normal, inputs)
    calls = [laws.called(name, arguments) for arguments in inputs]
    laws.equal("The standard normal does not diverge from itself.", (calls[0], values[0]), ("", 0.0))
    laws.equal(
        "To move the mean of a standard normal by 1 costs 1/2.", (calls[5], values[5]), ("", 0.5), rtol=1e-6
    )
    laws.equal(
        "Divergences of independent components add up.",
        *((calls[2], values[2]), (f"{calls[3]} + {calls[4]}", values[3] + values[4])),
        rtol=1e-6,
    )
    for k in (1, 2, 6):
        mean, deviations = (np.asarray(argument, dtype=float) for argument in inputs[k])
        arguments = (mean, np.diag(deviations**2), np.zeros(2), np.eye(2))
        laws.equal(
            "kl_gaussians gives the same, with the squares of sigma on the diagonal.",
            (calls[k], values[k]),
            (laws.called("kl_gaussians", arguments), laws.numbers("kl_gaussians", kl_gaussians, [arguments])[0]),
            rtol=1e-6,
        )


@test_case(points=0, name="q2c public: derivation_2c")
def test_public_derivation(derivation_2c):
    import sympy as sp

    from vaegan_judge import laws

    i, K = sp.symbols("i K", integer=True, positive=True)
    mu, sigma = sp.IndexedBase("mu", real=True), sp.IndexedBase("sigma", positive=True)
    goal = sp.Sum(sigma[i] ** 2 + mu[i] ** 2 - 1 - sp.log(sigma[i] ** 2), (i, 1, K)) / 2
    laws.sums(
        "derivation_2c", derivation_2c, goal, domains={"mu": "real", "sigma": "positive"}, logarithms="sigma"
    )


@test_case(points=2, name="q2c: KL of Gaussians", hidden=True)
def test_general(kl_gaussians):
    rng = numeric.generator("q2c general")
    inputs = [gaussians(rng, k) for k in (1, 2, 3, 5, 12)]
    inputs += [gaussians(rng, 3, scale=scale) for scale in (1e-6, 1e6)]
    inputs += [tuple(array.tolist() for array in gaussians(rng, 2))]
    # Gaussians that are alike, but not equal; means far from 0 and near each other.
    mu0, Sigma0, mu1, Sigma1 = gaussians(rng, 3)
    inputs += [(mu0, Sigma0, mu0, Sigma0 + size * Sigma1) for size in (0.005, 0.5)]
    inputs += [(mu0, 0.1 * Sigma0, mu0, Sigma0), (mu0 + 1e4, Sigma0, mu1 + 1e4, Sigma1)]
    mean, near = rng.normal(size=3), covariance(rng, 3)
    inputs += [(mean, near, mean + 0.01, 1.05 * near)]
    inputs += [(np.array([1, 0]), np.array([[2, 1], [1, 3]]), np.array([0, 2]), np.array([[4, 0], [0, 1]]))]
    numeric.check_function(
        "kl_gaussians", kl_gaussians, reference.kl_gaussians, inputs, rtol=RTOL, misconceptions=GENERAL
    )
    # On paper: ½ (1/4 + 9/4 − 1 + log 4); the same twice; Gaussians that are alike: ½ (x − log(1 + x)) twice.
    one = ([0.0], [[1.0]], [3.0], [[4.0]]), 0.75 + np.log(2)
    two = ([0.0, 0.0], np.eye(2), [3.0, 3.0], 4 * np.eye(2)), 1.5 + np.log(4)
    alike = ([0.0, 0.0], 1.25 * np.eye(2), [0.0, 0.0], np.eye(2)), 0.25 - np.log(1.25)
    tilted = ([0.0, 0.0], [[2.0, 0.4], [0.4, 2.0]], [0.0, 0.0], [[2.0, 0.0], [0.0, 2.0]]), -0.5 * np.log(0.96)
    shape = np.array([[0.02, 0.01], [0.01, 0.02]])
    leaning = ([0.0, 0.0], 1.25 * shape, [0.0, 0.0], shape), 0.25 - np.log(1.25)
    far = ([10000.1], [[1.0]], [10000.3], [[1.0]]), 0.02
    facts = [one, two, alike, tilted, leaning, far]
    numeric.check_values("kl_gaussians", kl_gaussians, facts, rtol=RTOL)


@test_case(points=1, name="q2c: KL of ill-conditioned Gaussians", hidden=True)
def test_ill_conditioned(kl_gaussians):
    rng = numeric.generator("q2c ill-conditioned")
    for rtol, inputs in [
        (RTOL, [gaussians(rng, k, 1e6) for k in (2, 5, 20)]),
        (ILL_CONDITIONED_RTOL, [alike(rng, k, 1e10) for k in (2, 5, 20)]),
    ]:
        numeric.check_function(
            "kl_gaussians",
            kl_gaussians,
            reference.kl_gaussians,
            inputs,
            rtol=rtol,
            hint="kl_gaussians loses too many digits where a covariance is nearly singular.",
            misconceptions=GENERAL,
        )
    # Components of very different size, two of them nearly dependent; the condition is 2e9.
    pair = 1e9 * np.array([[1, 1 - 1e-8], [1 - 1e-8, 1]])
    uneven = np.block([[pair, np.zeros((2, 1))], [np.zeros((1, 2)), np.ones((1, 1))]])
    mu0, Sigma0, mu1, _ = gaussians(rng, 3)
    numeric.check_function(
        "kl_gaussians",
        kl_gaussians,
        reference.kl_gaussians,
        [(mu0, Sigma0, mu1, uneven), (mu0, uneven, mu1, 2 * uneven)],
        rtol=ILL_CONDITIONED_RTOL,
        hint="kl_gaussians loses too many digits where a covariance is nearly singular.",
    )


@functools.lru_cache(maxsize=1)
def large_gaussians(seed):
    """Gaussians in up to 200 dimensions, made once for a class: that takes longer than to judge with them."""
    rng = numeric.generator("q2c large")
    # The determinants are far below 1e-308 and far above 1e308. The small one tells misconceptions apart sooner.
    return [gaussians(rng, 2), gaussians(rng, 200, 1e4, scale=1e-5), gaussians(rng, 60, 1e4, scale=1e6)]


@test_case(points=1, name="q2c: KL in hundreds of dimensions", hidden=True)
def test_large(kl_gaussians):
    inputs = large_gaussians(numeric.seed())
    numeric.check_function(
        "kl_gaussians",
        kl_gaussians,
        reference.kl_gaussians,
        inputs,
        rtol=RTOL,
        hint="kl_gaussians loses its way in hundreds of dimensions: what leaves the range of floats?",
        misconceptions=GENERAL,
    )


@test_case(points=0.5, name="q2c: KL is positive, and keeps its value in other coordinates", hidden=True)
def test_properties(kl_gaussians):
    rng = numeric.generator("q2c properties")
    for k in (1, 2, 5):
        mu0, Sigma0, mu1, Sigma1 = gaussians(rng, k)
        A, b = covariance(rng, k) @ rng.permutation(np.eye(k)), rng.normal(size=k)
        images = [A @ matrix @ A.T for matrix in (Sigma0, Sigma1)]
        first, second = ((image + image.T) / 2 for image in images)
        inputs = [(mu0, Sigma0, mu1, Sigma1), (mu0, Sigma0, mu0 + 1.0, Sigma0)]
        inputs += [(mu0, size * Sigma0, mu0, Sigma0) for size in (0.25, 4.0, 1.0)]
        inputs += [(A @ mu0 + b, first, A @ mu1 + b, second)]
        made = numeric.check_function(
            "kl_gaussians",
            kl_gaussians,
            reference.kl_gaussians,
            inputs,
            rtol=RTOL,
            # Of equal Gaussians the terms, which have size K, cancel.
            atol=k * RTOL,
            hint="KL is 0 for equal Gaussians, positive otherwise, and the same in all coordinates, but one of "
            "your values is wrong.",
            misconceptions=GENERAL,
        )
        *different, same, elsewhere = (numeric.number(did.value, "kl_gaussians") for did in made)
        if not all(value > 1e-3 for value in different) or not numeric.close(same, 0, rtol=0, atol=k * RTOL):
            raise Wrong("KL is positive, and 0 only for equal Gaussians.", note="q2c.kl-not-positive")
        if not numeric.close(elsewhere, different[0], rtol=RTOL):
            raise Wrong(
                "KL does not depend on the coordinates: an affine map of both Gaussians must leave it as it is.",
                note="q2c.kl-not-invariant",
            )


@test_case(points=1, name="q2c: refuses what is no covariance, keeps its arguments", hidden=True)
def test_contract(kl_gaussians):
    rng = numeric.generator("q2c contract")
    mean, other = rng.normal(size=2), rng.normal(size=2)
    good = covariance(rng, 2)
    skewed, rounded = good.copy(), good.copy()
    skewed[0, 1] += 0.1 * good.max()
    rounded[0, 1] += 1e-12 * good.max()
    indefinite, negative = np.array([[1.0, 2.0], [2.0, 1.0]]), -np.eye(2)
    # The others are larger: of two that are alike KL is as small as what is rounded, and right answers differ.
    valid = [gaussians(rng, 3), (mean, rounded, other, 2 * good), (mean, good, other, 2 * rounded)]
    # The threshold is 1e-8 of the largest entry, however large that is and however many entries there are. What is
    # symmetric keeps a factor of 1,000 away from it, what is not also from the 1e-5 of `np.allclose`.
    means, large = rng.normal(size=(2, 12)), covariance(rng, 12, condition=2.5, scale=1e4)
    # An entry that is surely there, and too small for the matrix to become indefinite.
    large[0, 11] = large[11, 0] = 0.02 * large.max()
    nearly, beyond, tiny = large.copy(), large.copy(), 1e-6 * good
    nearly[0, 11] += 5e-12 * large.max()
    beyond[0, 11] += 0.1 * large.max()
    tiny[0, 1] += 0.1 * tiny.max()
    valid += [(means[0], nearly, means[1], 2 * large)]
    numeric.check_refuses(
        "kl_gaussians",
        kl_gaussians,
        reference.kl_gaussians,
        [
            ("a covariance that is not symmetric", (mean, skewed, other, good)),
            ("a covariance that is not symmetric", (mean, good, other, skewed)),
            ("a covariance that is not symmetric", (means[0], beyond, means[1], large)),
            ("a covariance that is not symmetric", (mean, tiny, other, good)),
            ("a covariance that is indefinite", (mean, indefinite, other, good)),
            ("a covariance that is indefinite", (mean, good, other, indefinite)),
            ("a covariance that is negative definite", (mean, negative, other, negative)),
            ("a covariance that is singular", (mean, np.diag([1.0, 0.0]), other, good)),
            ("a covariance that is singular", (mean, good, other, np.zeros((2, 2)))),
        ],
        valid=valid,
        rtol=RTOL,
        misconceptions=GENERAL,
    )
    numeric.check_pure("kl_gaussians", kl_gaussians, reference.kl_gaussians, valid, rtol=RTOL)


@test_case(points=1.5, name="q2c: KL to the standard normal", hidden=True)
def test_reduced(kl_to_standard_normal):
    rng = numeric.generator("q2c reduced")
    inputs: list[Any] = [(rng.normal(size=k), rng.gamma(2, size=k)) for k in (1, 2, 3, 10, 200)]
    inputs += [(3 * rng.normal(size=4), 10.0 ** rng.uniform(-8, 4, size=4)), (np.array([0, 2]), np.array([1, 3]))]
    inputs += [(list(rng.normal(size=3)), list(rng.gamma(2, size=3))), (np.zeros(3), np.ones(3))]
    numeric.check_function(
        "kl_to_standard_normal",
        kl_to_standard_normal,
        reference.kl_to_standard_normal,
        inputs,
        rtol=RTOL,
        atol=ATOL,
        misconceptions=REDUCED,
    )
    # ½ (4 + 1 − 1 − log 4) and ½ (1/4 + 0 − 1 + log 4).
    facts = [(([1.0], [2.0]), 2 - np.log(2)), (([1.0, 0.0], [2.0, 0.5]), 2 - 0.375)]
    facts += [(([0.0], [10.0**power]), (10.0 ** (2 * power) - 1) / 2 - power * np.log(10)) for power in (-4, 4)]
    numeric.check_values("kl_to_standard_normal", kl_to_standard_normal, facts, rtol=RTOL)


@test_case(points=0.5, name="q2c: the general formula reduces to the other one", hidden=True)
def test_agreement(kl_to_standard_normal):
    rng = numeric.generator("q2c agreement")
    inputs = [(rng.normal(size=k), rng.gamma(2, size=k)) for k in (1, 3, 8)]
    values = numeric.numbers("kl_to_standard_normal", kl_to_standard_normal, inputs)
    for value, (mean, deviations) in zip(values, inputs, strict=True):
        k = mean.size
        if not numeric.close(
            value, reference.kl_gaussians(mean, np.diag(deviations**2), np.zeros(k), np.eye(k)), rtol=RTOL
        ):
            raise Wrong(
                "kl_to_standard_normal is not the general formula with Σ0 = diag(sigma²), μ1 = 0 and Σ1 = I.",
                note="q2c.not-reduced",
            )


@test_case(points=0.5, name="q2c: means and deviations stay as they are", hidden=True)
def test_pure(kl_to_standard_normal):
    rng = numeric.generator("q2c pure")
    numeric.check_pure(
        "kl_to_standard_normal",
        kl_to_standard_normal,
        reference.kl_to_standard_normal,
        [(rng.normal(size=k), rng.gamma(2, size=k)) for k in (2, 5)],
        rtol=RTOL,
        atol=ATOL,
        misconceptions=REDUCED,
    )


DERIVATION = Judge(
    review=lambda lines: derivation.review_sums(
        lines,
        value=GOAL,
        domains=COMPONENTS,
        start=derivation.joint_logarithm("sigma"),
        goal=derivation.separate_logarithms("sigma"),
    ),
    same=lambda one, other: derivation.same_sum(one, other, domains=COMPONENTS),
    misconceptions=PATHS,
)


@test_case(points=0.5, name="q2c: the derivation starts with the general formula", hidden=True)
def test_start(derivation_2c):
    DERIVATION.check(derivation_2c, lambda found: found.start_ok)


@test_case(points=2, name="q2c: a line of the derivation that follows", hidden=True)
def test_first_step(derivation_2c):
    DERIVATION.check(derivation_2c, lambda found: found.between_ok >= 1)


@test_case(points=2, name="q2c: a second line of the derivation that follows", hidden=True)
def test_second_step(derivation_2c):
    DERIVATION.check(derivation_2c, lambda found: found.between_ok >= 2)


@test_case(points=2.5, name="q2c: the derivation reaches the reduced formula, and every line follows", hidden=True)
def test_complete(derivation_2c):
    DERIVATION.check(derivation_2c, lambda found: found.complete)
