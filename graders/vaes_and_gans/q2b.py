"""2b: the likelihood of a latent variable model where it is tractable, its estimate, its bound and its price."""

import numpy as np
from otter.test_files import test_case

from graders.answers import numeric
from graders.answers.misconception import misconception
from graders.answers.verdict import Wrong
from solutions.vaes_and_gans import q2b as reference

OK_FORMAT = False

name = "q2b"
points = None

# What the notebook asks for in hundreds of dimensions. A covariance that is formed and factorised loses about its
# condition number, below 1e6 in these tests, times the rounding error; the rest is room.
RTOL = ATOL = 1e-7


def exact(x, W, b, sigma, *, noise=None, latent=1.0, constant=1.0, log_det=0.5, distance=0.5):
    """log p(x) with a covariance, a constant or a factor that can be got wrong."""
    x, W, b = (np.asarray(array, dtype=float) for array in (x, W, b))
    covariance = latent * W @ W.T + (sigma**2 if noise is None else noise) * np.eye(x.size)
    residual = x - b
    return (
        -0.5 * constant * x.size * np.log(2 * np.pi)
        - log_det * np.linalg.slogdet(covariance)[1]
        - distance * residual @ np.linalg.solve(covariance, residual)
    )


def log_densities(x, W, b, sigma, z):
    """log p(x|z) of each sample."""
    x, W, b, z = (np.asarray(array, dtype=float) for array in (x, W, b, z))
    squares = np.sum((x - b - z @ W.T) ** 2, axis=1)
    return -0.5 * x.size * np.log(2 * np.pi * sigma**2) - squares / (2 * sigma**2)


def bound(x, W, b, sigma, mu, var, *, log_var=None, kl=1.0, trace=1.0, constant=1.0):
    """The ELBO with a term that can be got wrong."""
    x, W, b, mu = (np.asarray(array, dtype=float) for array in (x, W, b, mu))
    squares = np.sum((x - b - W @ mu) ** 2) + trace * np.sum(W**2 * var)
    reconstruction = -0.5 * constant * x.size * np.log(2 * np.pi * sigma**2) - squares / (2 * sigma**2)
    return reconstruction - kl * 0.5 * np.sum(var + mu**2 - 1 - (np.log(var) if log_var is None else log_var))


@misconception("q2b.sigma-for-variance")
def sigma_for_variance(x, W, b, sigma):
    """sigma is the standard deviation of the noise. Which power of it stands in a covariance?"""
    return exact(x, W, b, sigma, noise=sigma)


@misconception("q2b.latent-forgotten")
def latent_forgotten(x, W, b, sigma):
    """The latent variable varies too, and W spreads its variance over x. Your covariance has the noise only."""
    return exact(x, W, b, sigma, latent=0.0)


@misconception("q2b.noise-added-twice")
def noise_added_twice(x, W, b, sigma):
    """The noise enters the covariance once; you have it twice."""
    return exact(x, W, b, sigma, noise=2 * sigma**2)


@misconception("q2b.two-pi-forgotten")
def two_pi_forgotten(x, W, b, sigma):
    """The normalisation of the Gaussian density has a power of 2π. It is missing."""
    return exact(x, W, b, sigma, constant=0.0)


@misconception("q2b.two-pi-once")
def two_pi_once(x, W, b, sigma):
    """The power of 2π in a Gaussian density grows with the dimension of x; yours is that of one dimension."""
    return exact(x, W, b, sigma, constant=1 / np.size(x))


@misconception("q2b.determinant-without-half")
def determinant_without_half(x, W, b, sigma):
    """The density has the square root of the determinant: its logarithm comes with a factor."""
    return exact(x, W, b, sigma, log_det=1.0)


@misconception("q2b.distance-without-half")
def distance_without_half(x, W, b, sigma):
    """A Gaussian is exp(−½ distance²): the ½ is missing."""
    return exact(x, W, b, sigma, distance=1.0)


@misconception("q2b.determinant-underflow")
def determinant_underflow(x, W, b, sigma):
    """Your formula is right on paper, but a determinant in hundreds of dimensions leaves the range of floats. Sum
    logarithms instead: slogdet, or the diagonal of a Cholesky factor."""
    x, W, b = (np.asarray(array, dtype=float) for array in (x, W, b))
    covariance = W @ W.T + sigma**2 * np.eye(x.size)
    quadratic = (x - b) @ np.linalg.solve(covariance, x - b)
    return -0.5 * (x.size * np.log(2 * np.pi) + np.log(np.linalg.det(covariance)) + quadratic)


@misconception("q2b.mean-of-logs")
def mean_of_logs(x, W, b, sigma, z):
    """You take the mean of the log-likelihoods. The logarithm of the mean likelihood is another number."""
    return np.mean(log_densities(x, W, b, sigma, z))


@misconception("q2b.sum-for-mean")
def sum_for_mean(x, W, b, sigma, z):
    """You take the logarithm of the sum over the samples. The estimate is their mean."""
    return np.logaddexp.reduce(log_densities(x, W, b, sigma, z))


@misconception("q2b.best-sample")
def best_sample(x, W, b, sigma, z):
    """You return the log-likelihood of the best sample. The others count, too."""
    return np.max(log_densities(x, W, b, sigma, z))


@misconception("q2b.likelihood-underflow")
def likelihood_underflow(x, W, b, sigma, z):
    """Your formula is right on paper, but likelihoods in hundreds of dimensions leave the range of floats. Take
    their mean relative to the largest one, in log space."""
    return np.log(np.mean(np.exp(log_densities(x, W, b, sigma, z))))


@misconception("q2b.mean-of-samples")
def mean_of_samples(x, W, b, sigma, z):
    """You decode the mean of the samples. The mean is over likelihoods, one of each sample."""
    return log_densities(x, W, b, sigma, np.mean(z, axis=0, keepdims=True))[0]


@misconception("q2b.kl-added")
def kl_added(x, W, b, sigma, mu, log_var):
    """You add the KL divergence. The bound is below the log-likelihood because it is subtracted."""
    return bound(x, W, b, sigma, mu, np.exp(log_var), kl=-1.0)


@misconception("q2b.kl-forgotten")
def kl_forgotten(x, W, b, sigma, mu, log_var):
    """This is the expected log-likelihood alone. The KL divergence to the prior is missing."""
    return bound(x, W, b, sigma, mu, np.exp(log_var), kl=0.0)


@misconception("q2b.kl-without-half")
def kl_without_half(x, W, b, sigma, mu, log_var):
    """The KL divergence of Gaussians has a factor in front of its sum: see 2c."""
    return bound(x, W, b, sigma, mu, np.exp(log_var), kl=2.0)


@misconception("q2b.decoded-mean")
def decoded_mean(x, W, b, sigma, mu, log_var):
    """You decode the mean of q only. The expectation of a square is the square of the mean plus the variance."""
    return bound(x, W, b, sigma, mu, np.exp(log_var), trace=0.0)


@misconception("q2b.log-var-as-log-deviation")
def log_var_as_log_deviation(x, W, b, sigma, mu, log_var):
    """log_var is the logarithm of the variances, not of the standard deviations."""
    return bound(x, W, b, sigma, mu, np.exp(2 * np.asarray(log_var)))


@misconception("q2b.deviation-for-variance")
def deviation_for_variance(x, W, b, sigma, mu, log_var):
    """You use standard deviations where the formulas have variances: exp(log_var) is a variance already."""
    return bound(x, W, b, sigma, mu, np.exp(np.asarray(log_var) / 2))


@misconception("q2b.loss-for-bound")
def loss_for_bound(x, W, b, sigma, mu, log_var):
    """This is minus the bound, the loss that one minimises. The bound itself is asked for."""
    return -bound(x, W, b, sigma, mu, np.exp(log_var))


@misconception("q2b.squared-error")
def squared_error(x, W, b, sigma, mu, log_var):
    """You have the squared error of the reconstruction. The log-density also has its normalisation."""
    return bound(x, W, b, sigma, mu, np.exp(log_var), constant=0.0)


@misconception("q2b.points-times-dimension")
def points_times_dimension(points_per_axis, latent_dim):
    """A tensor grid has all combinations of the points on the axes: think of a square, and of a cube."""
    return points_per_axis * latent_dim


@misconception("q2b.powers-swapped")
def powers_swapped(points_per_axis, latent_dim):
    """Each further axis multiplies the number of points. By what?"""
    return latent_dim**points_per_axis


@misconception("q2b.rounded-power")
def rounded_power(points_per_axis, latent_dim):
    """Large powers must be exact: a float has 53 bits only. Python's integers have as many as they need."""
    return int(float(points_per_axis) ** latent_dim)


@misconception("q2b.wrapped-power")
def wrapped_power(points_per_axis, latent_dim):
    """NumPy's integers have 64 bits and wrap around silently. Python's integers have as many as they need."""
    return int(np.power(np.int64(points_per_axis), np.int64(latent_dim)))


@misconception("q2b.cells-for-points")
def cells_for_points(points_per_axis, latent_dim):
    """You count the cells between the points. The decoder is evaluated at the points."""
    return (points_per_axis - 1) ** latent_dim


EXACT = [
    sigma_for_variance,
    latent_forgotten,
    noise_added_twice,
    two_pi_forgotten,
    two_pi_once,
    determinant_without_half,
    distance_without_half,
    determinant_underflow,
]
MONTE_CARLO = [mean_of_logs, sum_for_mean, best_sample, likelihood_underflow, mean_of_samples]
BOUNDS = [
    kl_added,
    kl_forgotten,
    kl_without_half,
    decoded_mean,
    log_var_as_log_deviation,
    deviation_for_variance,
    loss_for_bound,
    squared_error,
]
COSTS = [points_times_dimension, powers_swapped, rounded_power, wrapped_power, cells_for_points]


def model(rng, d, k, sigma=None):
    """A decoder with d outputs and k latent dimensions, and an x that it could have made."""
    W, b = rng.normal(size=(d, k)), rng.normal(size=d)
    sigma = float(rng.uniform(0.3, 2)) if sigma is None else sigma
    return W @ rng.normal(size=k) + b + sigma * rng.normal(size=d), W, b, sigma


def listed(x, W, b, sigma, *more):
    """The same arguments as lists."""
    return (x.tolist(), W.tolist(), b.tolist(), sigma, *(array.tolist() for array in more))


@test_case(points=0, name="q2b public: log_likelihood_exact")
def test_public_exact(log_likelihood_exact):
    import numpy as np

    from vaegan_judge import laws

    name = "log_likelihood_exact"
    x, W, b, sigma = np.array([1.0, 2.0]), np.array([[1.0], [0.5]]), np.array([0.0, 1.0]), 0.7
    zeros, ones = np.zeros(300), np.ones((300, 2))
    inputs = [
        (x, W, b, sigma),
        (x.tolist(), W.tolist(), b.tolist(), sigma),
        (np.array([1, 2]), np.array([[1, 0, 2], [0, 1, 1]]), np.array([0, 1]), 2),
        (zeros, 0.1 * ones, zeros, 0.05),
        (zeros, ones, zeros, 20.0),
    ]
    values = laws.numbers(name, log_likelihood_exact, inputs)
    laws.equal(
        "Lists and arrays of the same numbers are the same.",
        *((laws.called(name, inputs[0]), values[0]), (laws.called(name, inputs[1]), values[1])),
    )
    for value, arguments in zip(values[3:], inputs[3:], strict=True):
        laws.below(
            "Also in 300 dimensions the logarithm is a finite number.",
            *((f"the size of {laws.called(name, arguments)}", abs(value)), ("", np.inf)),
        )
    step = 0.7
    axis = np.arange(-7, 7.5, step)
    grid = [(np.array([u, v]), np.array([[0.5], [-0.8]]), np.array([0.2, 0.0]), 0.6) for u in axis for v in axis]
    total = sum(np.exp(laws.numbers(name, log_likelihood_exact, grid))) * step**2
    laws.equal(
        "A density integrates to 1.",
        ("the sum of exp(log_likelihood_exact(x, …)) · 0.7² over a grid of x in the plane", total),
        ("", 1.0),
        at=laws.where(W=grid[0][1], b=grid[0][2], sigma=0.6),
        atol=1e-3,
    )


@test_case(points=0, name="q2b public: log_likelihood_monte_carlo")
def test_public_monte_carlo(log_likelihood_monte_carlo, log_likelihood_exact):
    import statistics

    import numpy as np

    from vaegan_judge import laws

    name = "log_likelihood_monte_carlo"
    x, W, b, sigma = np.array([1.0, 2.0]), np.array([[1.0], [0.5]]), np.array([0.0, 1.0]), 0.7
    z = np.array([[0.2], [-1.1], [0.7]])
    zeros, ones = np.zeros(300), np.ones((300, 1))
    inputs = [
        (x, W, b, sigma, z),
        (x.tolist(), W.tolist(), b.tolist(), sigma, z.tolist()),
        *[(x, W, b, sigma, z[k : k + 1]) for k in range(3)],
        (
            np.array([1, 2]),
            np.array([[1, 0, 2], [0, 1, 1]]),
            np.array([0, 1]),
            2,
            np.array([[0, 1, 0], [1, 1, 2]]),
        ),
        (zeros, ones, zeros, 0.1, np.array([[2.0], [-3.0]])),
        (zeros, ones, zeros, 0.01, np.array([[0.0], [0.001]])),
        (zeros, ones, zeros, 20.0, np.array([[2.0], [-3.0]])),
    ]
    values = laws.numbers(name, log_likelihood_monte_carlo, inputs)
    laws.equal(
        "Lists and arrays of the same numbers are the same.",
        *((laws.called(name, inputs[0]), values[0]), (laws.called(name, inputs[1]), values[1])),
    )
    laws.equal(
        "The likelihood is averaged over the samples: exp of the estimate is the mean of those of each alone.",
        ("exp of the estimate of all three", float(np.exp(values[0]))),
        ("the mean of exp of the estimates of one sample each", float(np.mean(np.exp(values[2:5])))),
        at=laws.where(x=x, W=W, b=b, sigma=sigma, z=z),
    )
    for value, arguments in zip(values[6:], inputs[6:], strict=True):
        laws.below(
            "Also where each likelihood is 0 or infinite in floating point, the logarithm is a finite number.",
            *((f"the size of {laws.called(name, arguments)}", abs(value)), ("", np.inf)),
        )
    step = 0.7
    axis = np.arange(-7, 7.5, step)
    grid = [(np.array([u, v]), W, b, 0.6, z) for u in axis for v in axis]
    total = sum(np.exp(laws.numbers(name, log_likelihood_monte_carlo, grid))) * step**2
    laws.equal(
        "A mean of densities of x integrates to 1.",
        ("the sum of exp(log_likelihood_monte_carlo(x, …)) · 0.7² over a grid of x in the plane", total),
        ("", 1.0),
        at=laws.where(W=W, b=b, sigma=0.6, z=z),
        atol=1e-3,
    )
    normal = statistics.NormalDist()
    spread = np.array([[normal.inv_cdf((k + 0.5) / 4000)] for k in range(4000)])
    (estimate,) = laws.numbers(name, log_likelihood_monte_carlo, [(x, W, b, sigma, spread)])
    (exact,) = laws.numbers("log_likelihood_exact", log_likelihood_exact, [(x, W, b, sigma)])
    laws.equal(
        "With 4000 samples that are spread as p(z) is, the estimate is near log_likelihood_exact.",
        *(("the estimate", estimate), (laws.called("log_likelihood_exact", (x, W, b, sigma)), exact)),
        rtol=0,
        atol=1e-2,
    )


@test_case(points=0, name="q2b public: elbo")
def test_public_elbo(elbo, log_likelihood_exact, log_likelihood_monte_carlo):
    import numpy as np

    from vaegan_judge import laws

    name = "elbo"
    x, W, b, sigma = np.array([1.0, 2.0]), np.array([[1.0], [0.5]]), np.array([0.0, 1.0]), 0.7
    nothing, zeros, ones = np.zeros((2, 1)), np.zeros(300), np.ones((300, 1))
    inputs = [
        (x, W, b, sigma, np.array([1.0]), np.array([0.0])),
        (x.tolist(), W.tolist(), b.tolist(), sigma, [1.0], [0.0]),
        (x, nothing, b, sigma, np.array([0.0]), np.array([0.0])),
        (x, nothing, b, sigma, np.array([1.0]), np.array([0.0])),
        (x, nothing, b, sigma, np.array([0.0]), np.array([np.log(4)])),
        (np.array([1, 2]), np.array([[1, 0, 2], [0, 1, 1]]), np.array([0, 1]), 2, np.zeros(3), np.ones(3)),
        (zeros, ones, zeros, 0.05, np.array([0.1]), np.array([-2.0])),
    ]
    values = laws.numbers(name, elbo, inputs)
    laws.equal(
        "Lists and arrays of the same numbers are the same.",
        *((laws.called(name, inputs[0]), values[0]), (laws.called(name, inputs[1]), values[1])),
    )
    laws.below(
        "The ELBO is a finite number.",
        (f"the size of {laws.called(name, inputs[6])}", abs(values[6])),
        ("", np.inf),
    )
    evidences = laws.numbers("log_likelihood_exact", log_likelihood_exact, [arguments[:4] for arguments in inputs])
    for value, arguments, evidence in zip(values, inputs, evidences, strict=True):
        laws.at_most(
            "The ELBO is a lower bound: it is never above log_likelihood_exact.",
            *((laws.called(name, arguments), value), ("the exact one", evidence)),
            atol=1e-7 * max(1.0, abs(evidence)),
        )
    costs = [("0, since q is the prior", 0.0), ("1/2, since q has mean 1", 0.5)]
    costs += [("1.5 − log 2, since q has variance 4", 1.5 - np.log(2))]
    for value, evidence, arguments, (words, cost) in zip(
        values[2:5], evidences[2:5], inputs[2:5], costs, strict=True
    ):
        laws.equal(
            "Where W = 0, z says nothing about x, and the ELBO is the log-likelihood minus the divergence of q "
            f"from the prior, which is {words}.",
            *((laws.called(name, arguments), value), ("the exact one minus that", evidence - cost)),
        )
    q1, q2 = ("q = N(1, 1)", 0.5, 1.0, 1.0), ("q = N(0, 4)", 1.5 - float(np.log(2)), 0.0, 2.0)
    for words, cost, mean, deviation in (q1, q2):
        # Exact for a square, as log p(x|z) is one of z.
        z = mean + deviation * np.sqrt(3) * np.array([[-1.0], [0.0], [1.0]])
        samples = [(x, W, b, sigma, z[k : k + 1]) for k in range(3)]
        alone = laws.numbers("log_likelihood_monte_carlo", log_likelihood_monte_carlo, samples)
        arguments = (x, W, b, sigma, np.array([mean]), np.array([2 * np.log(deviation)]))
        laws.equal(
            "The ELBO is the mean of log p(x|z) over z from q, minus the divergence of q from the prior. For "
            f"{words} that is {laws.number(cost)}; the mean is one over three z, of weights 1/6, 2/3, 1/6. Your "
            "log_likelihood_monte_carlo with one sample is log p(x|z).",
            (laws.called(name, arguments), laws.numbers(name, elbo, [arguments])[0]),
            (f"the mean over z = {laws.shown(z)} minus that", float(np.dot(alone, [1 / 6, 2 / 3, 1 / 6])) - cost),
        )


@test_case(points=0, name="q2b public: quadrature_cost")
def test_public_cost(quadrature_cost):
    from vaegan_judge import laws

    name = "quadrature_cost"
    inputs = [(20, 1), (7, 2), (7, 3), (7, 5), (10, 12), (10, 28), (10, 40), (3, 150), (3, 200), (3, 350)]
    costs = laws.whole_numbers(name, quadrature_cost, inputs)
    laws.exactly("20 points on a single axis are 20 evaluations.", (laws.called(name, inputs[0]), costs[0]), 20)
    for first in (1, 4, 7):
        calls = [laws.called(name, inputs[first + k]) for k in range(3)]
        laws.exactly(
            "A grid in a + b dimensions has one point for each pair of a point in a and a point in b dimensions, "
            f"and the number is exact: {calls[2]} is {calls[0]} times {calls[1]}.",
            (calls[2], costs[first + 2]),
            costs[first] * costs[first + 1],
        )


@test_case(points=1.5, name="q2b: exact log-likelihood", hidden=True)
def test_exact(log_likelihood_exact):
    rng = numeric.generator("q2b exact")
    inputs = [model(rng, d, k) for d, k in [(1, 1), (2, 1), (3, 2), (4, 4), (3, 6), (12, 3)]]
    inputs += [listed(*model(rng, 3, 2)), model(rng, 6, 2, sigma=0.05), model(rng, 6, 2, sigma=8.0)]
    numeric.check_function(
        "log_likelihood_exact",
        log_likelihood_exact,
        reference.log_likelihood_exact,
        inputs,
        rtol=RTOL,
        atol=ATOL,
        misconceptions=EXACT,
    )
    # Covariances that are easy to see: 3² + 4² = 25, and diag(1² + 2² + 2² + 4², 4²) = diag(25, 16).
    facts = [(([5.0], [[3.0]], [1.0], 4.0), -0.5 * np.log(50 * np.pi) - 0.32)]
    facts += [(([6.0, 10.0], [[1.0, 2.0, 2.0], [0.0, 0.0, 0.0]], [1.0, 2.0], 4.0), -np.log(40 * np.pi) - 2.5)]
    facts += [(([6.0, 10.0], [[3.0, 0.0], [0.0, 0.0]], [1.0, 2.0], 4.0), -np.log(40 * np.pi) - 2.5)]
    facts += [
        (
            ([6.0, 8.0], [[3.0, 0.0], [0.0, 12**0.5]], [1.0, 2.0], 2.0),
            -np.log(2 * np.pi * 208**0.5) - 25 / 26 - 1.125,
        )
    ]
    numeric.check_values("log_likelihood_exact", log_likelihood_exact, facts, rtol=1e-9)


@test_case(points=1, name="q2b: exact log-likelihood in hundreds of dimensions", hidden=True)
def test_exact_large(log_likelihood_exact):
    rng = numeric.generator("q2b exact large")
    numeric.check_function(
        "log_likelihood_exact",
        log_likelihood_exact,
        reference.log_likelihood_exact,
        # The small one tells misconceptions apart sooner.
        [model(rng, 2, 1), model(rng, 300, 4, sigma=0.05), model(rng, 300, 2, sigma=20.0)],
        rtol=RTOL,
        atol=ATOL,
        hint="log_likelihood_exact loses its way in hundreds of dimensions: what leaves the range of floats?",
        misconceptions=EXACT,
    )


@test_case(points=1.5, name="q2b: Monte Carlo estimate", hidden=True)
def test_monte_carlo(log_likelihood_monte_carlo):
    rng = numeric.generator("q2b monte carlo")
    inputs = [
        (*model(rng, d, k), rng.normal(size=(s, k))) for d, k, s in [(1, 1, 2), (2, 1, 7), (3, 2, 50), (5, 3, 9)]
    ]
    inputs += [(*model(rng, 3, 2), rng.normal(size=(1, 2))), listed(*model(rng, 2, 2), rng.normal(size=(4, 2)))]
    numeric.check_function(
        "log_likelihood_monte_carlo",
        log_likelihood_monte_carlo,
        reference.log_likelihood_monte_carlo,
        inputs,
        rtol=RTOL,
        atol=ATOL,
        misconceptions=MONTE_CARLO,
    )
    # Two samples: one hits x, the other is 5.1 aside.
    both = -0.5 * np.log(8 * np.pi) + np.log((1 + np.exp(-(5.1**2) / 8)) / 2)
    facts = [(([4.0], [[1.0]], [1.0], 2.0, [[3.0], [8.1]]), both)]
    facts += [(([0.0], [[1.0]], [0.0], 1.0, [[0.0], [100.0]]), -0.5 * np.log(8 * np.pi))]
    numeric.check_values("log_likelihood_monte_carlo", log_likelihood_monte_carlo, facts, rtol=1e-9)


@test_case(points=1, name="q2b: Monte Carlo estimate where likelihoods underflow", hidden=True)
def test_monte_carlo_large(log_likelihood_monte_carlo):
    rng = numeric.generator("q2b monte carlo large")
    numeric.check_function(
        "log_likelihood_monte_carlo",
        log_likelihood_monte_carlo,
        reference.log_likelihood_monte_carlo,
        [
            (*model(rng, 300, 3, sigma=0.1), rng.normal(size=(40, 3))),
            (*model(rng, 300, 2, sigma=20.0), rng.normal(size=(30, 2))),
            # So narrow that each likelihood overflows, at the z that made x.
            (np.zeros(300), np.ones((300, 1)), np.zeros(300), 0.01, np.array([[0.0], [0.001], [-0.0005]])),
        ],
        rtol=RTOL,
        atol=ATOL,
        hint="log_likelihood_monte_carlo loses its way where the likelihoods leave the range of floats.",
        misconceptions=MONTE_CARLO,
    )
    # With W = 0 all samples have the density of the noise, here beyond the range of floats on either side.
    no_weights, samples = np.zeros((300, 1)), [[1.0], [2.0]]
    facts = [((np.ones(300), no_weights, np.ones(300), 1e-3, samples), -150 * np.log(2e-6 * np.pi))]
    facts += [((np.full(300, 10.0), no_weights, np.zeros(300), 1.0, samples), -150 * np.log(2 * np.pi) - 15000)]
    numeric.check_values("log_likelihood_monte_carlo", log_likelihood_monte_carlo, facts, rtol=1e-9)


@test_case(points=0.5, name="q2b: many samples approach the exact log-likelihood", hidden=True)
def test_limit(log_likelihood_monte_carlo):
    rng = numeric.generator("q2b limit")
    what = "log_likelihood_monte_carlo"
    for d, k in [(2, 1), (4, 1), (3, 2)]:
        b, sigma = rng.normal(size=d), 1.0
        W = 1.2 * rng.choice([-1.0, 1.0], size=(d, k))
        x = W @ rng.uniform(-1, 1, size=k) + b + rng.uniform(-1, 1, size=d)
        # The estimate by these samples, and not what more and more of them would lead to.
        (made,) = numeric.check_function(
            what,
            log_likelihood_monte_carlo,
            reference.log_likelihood_monte_carlo,
            [(x, W, b, sigma, rng.normal(size=(4000, k)))],
            rtol=RTOL,
            atol=ATOL,
            hint="Yours is not the estimate by the samples that are given: the log of their mean likelihood.",
            misconceptions=MONTE_CARLO,
        )
        estimate = numeric.number(made.value, what)
        # Of decoders this flat the estimate has a standard error below 0.05; the mean of the logs is further off.
        if not numeric.close(estimate, reference.log_likelihood_exact(x, W, b, sigma), rtol=0, atol=0.3):
            raise Wrong(
                "With thousands of samples the estimate is near the exact log-likelihood, but yours is not.",
                note="q2b.inconsistent-estimate",
            )


@test_case(points=2, name="q2b: the ELBO", hidden=True)
def test_elbo(elbo):
    rng = numeric.generator("q2b elbo")
    inputs = [
        (*model(rng, d, k), rng.normal(size=k), rng.normal(size=k))
        for d, k in [(1, 1), (2, 1), (3, 2), (4, 4), (3, 6), (300, 5)]
    ]
    inputs += [listed(*model(rng, 3, 2), rng.normal(size=2), rng.normal(size=2))]
    inputs += [(*model(rng, 2, 2), rng.normal(size=2), np.array([-8.0, 3.0]))]
    numeric.check_function("elbo", elbo, reference.elbo, inputs, rtol=RTOL, atol=ATOL, misconceptions=BOUNDS)
    # KL(q‖N(0, I)) = ½ (1² + 0) + ½ (2² + 4 − 1 − log 4), E‖x − b − Wz‖² = 3² + 1 + 4.
    q = ([1.0, 2.0], [0.0, np.log(4)])
    facts = [(([0.0], [[1.0, 1.0]], [0.0], 1.0, *q), -0.5 * np.log(2 * np.pi) - 7 - 4 + np.log(2))]
    facts += [(([2.0], [[0.0, 0.0]], [2.0], 3.0, *q), -0.5 * np.log(18 * np.pi) - 4 + np.log(2))]
    # Here E‖x − b − Wz‖² = (2 − 3)² + 9.
    facts += [(([3.0], [[3.0, 0.0]], [1.0], 2.0, *q), -0.5 * np.log(8 * np.pi) - 10 / 8 - 4 + np.log(2))]
    numeric.check_values("elbo", elbo, facts, rtol=1e-9)


@test_case(points=1, name="q2b: the ELBO is a bound, tight at the posterior", hidden=True)
def test_elbo_bound(elbo):
    rng = numeric.generator("q2b bound")
    at_posterior = (0.0, 0.0)
    moved = [at_posterior, (0.7, 0.0), (0.0, 0.5), (-1.0, -2.0)]
    for d, k in [(1, 1), (3, 2), (6, 1)]:
        x, W, b, sigma = model(rng, d, k)
        # The posterior of a decoder that decodes nothing is the prior. That of another one is never an argument:
        # it tells the covariance, which the exact log-likelihood asks for, and a notebook could look it up.
        nothing = np.zeros((d, k))
        inputs = [
            (x, weights, b, sigma, np.full(k, shift), np.full(k, wider))
            for weights in (nothing, W)
            for shift, wider in moved
        ]
        made = numeric.check_function(
            "elbo",
            elbo,
            reference.elbo,
            inputs,
            rtol=RTOL,
            atol=ATOL,
            hint="The ELBO is a lower bound of the log-likelihood, and equal to it where q is the posterior, but "
            "one of your values is wrong.",
            misconceptions=BOUNDS,
        )
        for did, (x, weights, b, sigma, *_), away in zip(made, inputs, 2 * moved, strict=True):
            value = numeric.number(did.value, "elbo")
            evidence = reference.log_likelihood_exact(x, weights, b, sigma)
            if value > evidence + 1e-6 * max(1, abs(evidence)):
                raise Wrong(
                    "Your ELBO is above the log-likelihood, so it is no lower bound.", note="q2b.not-a-bound"
                )
            tight = numeric.close(value, evidence, rtol=1e-6, atol=1e-6)
            if weights is nothing and tight != (away == at_posterior):
                raise Wrong(
                    "The ELBO must equal the log-likelihood where q is the posterior, and there only.",
                    note="q2b.not-tight",
                )


@test_case(points=1, name="q2b: the price of quadrature", hidden=True)
def test_cost(quadrature_cost):
    rng = numeric.generator("q2b cost")
    inputs = [tuple(int(n) for n in rng.integers(2, 12, size=2)) for _ in range(6)]
    inputs += [(7, 1), (1, 9), (10, 20), (int(rng.integers(3, 100)), 64), (3, 400)]
    numeric.check_function(
        "quadrature_cost", quadrature_cost, reference.quadrature_cost, inputs, misconceptions=COSTS
    )
    numeric.check_values("quadrature_cost", quadrature_cost, [((10, 3), 1000), ((3, 5), 243), ((7, 1), 7)])


@test_case(points=0.5, name="q2b: the arguments stay as they are", hidden=True)
def test_pure(log_likelihood_exact, log_likelihood_monte_carlo, elbo):
    rng = numeric.generator("q2b pure")
    decoder = model(rng, 4, 2)
    numeric.check_pure(
        "log_likelihood_exact",
        log_likelihood_exact,
        reference.log_likelihood_exact,
        [decoder],
        rtol=RTOL,
        atol=ATOL,
        misconceptions=EXACT,
    )
    numeric.check_pure(
        "log_likelihood_monte_carlo",
        log_likelihood_monte_carlo,
        reference.log_likelihood_monte_carlo,
        [(*decoder, rng.normal(size=(5, 2)))],
        rtol=RTOL,
        atol=ATOL,
        misconceptions=MONTE_CARLO,
    )
    numeric.check_pure(
        "elbo",
        elbo,
        reference.elbo,
        [(*decoder, rng.normal(size=2), rng.normal(size=2))],
        rtol=RTOL,
        atol=ATOL,
        misconceptions=BOUNDS,
    )
