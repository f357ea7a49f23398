r"""2b: maximum likelihood of a latent variable model, where it is still tractable.

Source: Question 2b of the sheet; Kingma and Welling, *Auto-Encoding Variational Bayes* (2014), section 2, for
the evidence lower bound; Tipping and Bishop, *Probabilistic Principal Component Analysis* (1999), for the
model.

The model is $z \sim N(0, I_K)$, $x \mid z \sim N(W z + b, \sigma^2 I_D)$. Its likelihood
$p(x) = \int p(x \mid z) p(z) \, dz$ is an integral over all z. Because the decoder is linear, x is a linear
map of independent Gaussians, hence itself Gaussian,

$$x \sim N(b, C), \qquad C = W W^T + \sigma^2 I,$$

and everything below can be checked against it. With a neural network in place of $W z + b$ no such formula
exists: quadrature costs $n^K$ evaluations, Monte Carlo from the prior hardly ever hits the z that explain x,
and what remains is a bound. For $q(z) = N(\mu, \mathrm{diag}\, v)$ Jensen's inequality gives

$$\log p(x) = \log E_q \Bigl[\frac{p(x, z)}{q(z)}\Bigr]
\ge E_q[\log p(x \mid z)] - D_{KL}(q \| p(z)) = \mathrm{ELBO},$$

with the gap $\log p(x) - \mathrm{ELBO} = D_{KL}(q \| p(z \mid x))$.
"""

import operator

import numpy as np
from numpy.typing import ArrayLike, NDArray


def _linear_decoder(
    x: ArrayLike, W: ArrayLike, b: ArrayLike, sigma: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return x − b, W and sigma as floats, once their shapes fit and sigma is positive."""
    x, W, b = (np.asarray(array, dtype=np.float64) for array in (x, W, b))
    sigma = float(sigma)
    if x.ndim != 1 or W.ndim != 2 or b.shape != x.shape or W.shape[0] != x.size:
        raise ValueError("the shapes must be x: (D,), W: (D, K), b: (D,)")
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(W)) and np.all(np.isfinite(b))):
        raise ValueError("x, W and b must be finite")
    if not 0 < sigma < np.inf:
        raise ValueError("sigma must be positive")
    return x - b, W, sigma


def log_likelihood_exact(x: ArrayLike, W: ArrayLike, b: ArrayLike, sigma: float) -> float:
    r"""$\log N(x; b, C) = -\frac12 (D \log 2\pi + \log\det C + (x - b)^T C^{-1} (x - b))$.

    Here $C = W W^T + \sigma^2 I$. Source: 2b of the sheet with a linear decoder; Tipping and Bishop (1999).
    Shapes x: (D,), W: (D, K), b: (D,), sigma a positive float; nats. Raises `ValueError` if the shapes do not
    fit, sigma is not positive, or an entry is not finite.

    $\det C$ under- or overflows for D = 300, and forming $W W^T + \sigma^2 I$ drowns a small $\sigma^2$ in
    the rounding of $W W^T$. So C is never formed: with the singular value decomposition $W = U S V^T$, C has
    variance $s_k^2 + \sigma^2$ along each column of U and $\sigma^2$ across. In these directions the
    determinant is a sum of logarithms and the quadratic form a sum of squares, without a difference anywhere
    (Woodbury's formula has one).
    """
    residual, W, sigma = _linear_decoder(x, W, b, sigma)
    U, singular_values, _ = np.linalg.svd(W, full_matrices=False)
    along = U.T @ residual
    across = residual - U @ along
    scales = np.hypot(singular_values, sigma)
    log_det = 2 * np.sum(np.log(scales)) + 2 * (residual.size - scales.size) * np.log(sigma)
    mahalanobis = np.sum((along / scales) ** 2) + np.sum((across / sigma) ** 2)
    return float(-0.5 * (residual.size * np.log(2 * np.pi) + log_det + mahalanobis))


def log_likelihood_monte_carlo(x: ArrayLike, W: ArrayLike, b: ArrayLike, sigma: float, z: ArrayLike) -> float:
    r"""$\log \frac1S \sum_s p(x \mid z_s)$, which estimates $\log p(x)$ from samples $z_s \sim N(0, I)$.

    Source: 2b of the sheet. Shapes x: (D,), W: (D, K), b: (D,), z: (S, K) with S ≥ 1, sigma a positive float;
    nats. The mean is an unbiased estimate of $p(x)$; its logarithm is too low on average (Jensen). Raises
    `ValueError` as `log_likelihood_exact` does, and if z does not fit.

    $p(x \mid z_s)$ itself underflows already for a few hundred pixels, so the mean is taken relative to the
    largest sample, in log space: that sample contributes $e^0 = 1$, and the logarithm never sees 0.
    """
    residual, W, sigma = _linear_decoder(x, W, b, sigma)
    z = np.asarray(z, dtype=np.float64)
    if z.ndim != 2 or z.shape[0] == 0 or z.shape[1] != W.shape[1] or not np.all(np.isfinite(z)):
        raise ValueError("z must hold finite samples, shape (S, K) with S at least 1")
    deviations = (residual - z @ W.T) / sigma
    log_densities = -residual.size * np.log(sigma * np.sqrt(2 * np.pi)) - 0.5 * np.sum(deviations**2, axis=1)
    largest = np.max(log_densities)
    return float(largest + np.log(np.mean(np.exp(log_densities - largest))))


def elbo(x: ArrayLike, W: ArrayLike, b: ArrayLike, sigma: float, mu: ArrayLike, log_var: ArrayLike) -> float:
    r"""$E_q[\log p(x \mid z)] - D_{KL}(q \| N(0, I))$ for $q = N(\mu, \mathrm{diag}\, e^{\lambda})$.

    $$E_q[\log p(x \mid z)] = -\frac12 \Bigl(D \log 2\pi\sigma^2
      + \frac{\|x - b - W\mu\|^2 + \sum_k v_k \|w_k\|^2}{\sigma^2}\Bigr), \qquad
    D_{KL} = \frac12 \sum_k v_k + \mu_k^2 - 1 - \log v_k,$$

    with $w_k$ the columns of W: for $z = \mu + \varepsilon$ the cross terms have mean zero, and
    $E \|W \varepsilon\|^2 = \mathrm{tr}(W \,\mathrm{diag}(v)\, W^T)$.

    Here $v_k = e^{\lambda_k}$ with $\lambda$ = `log_var`. Source: Kingma and Welling (2014), section 2.2 and
    appendix B, for a linear decoder; the KL is 2c of the sheet. Shapes x: (D,), W: (D, K), b: (D,), mu and
    log_var: (K,), sigma a positive float; nats. Raises `ValueError` as `log_likelihood_exact` does, and if mu
    or log_var does not fit.

    The expectation is exact, no sampling noise. $v - 1$ comes from `expm1`, which does not cancel where q is
    close to the prior.
    """
    residual, W, sigma = _linear_decoder(x, W, b, sigma)
    mu, log_var = np.asarray(mu, dtype=np.float64), np.asarray(log_var, dtype=np.float64)
    if mu.shape != (W.shape[1],) or log_var.shape != mu.shape:
        raise ValueError("mu and log_var must have shape (K,)")
    if not (np.all(np.isfinite(mu)) and np.all(np.isfinite(log_var))):
        raise ValueError("mu and log_var must be finite")
    squares = np.sum(((residual - W @ mu) / sigma) ** 2) + np.sum((W / sigma) ** 2 * np.exp(log_var))
    reconstruction = -residual.size * np.log(sigma * np.sqrt(2 * np.pi)) - 0.5 * squares
    kl = 0.5 * np.sum(np.expm1(log_var) - log_var + mu**2)
    return float(reconstruction - kl)


def quadrature_cost(points_per_axis: int, latent_dim: int) -> int:
    r"""$n^K$, the decoder evaluations of a tensor grid with n points on each of K axes, a Python int.

    Source: 2b of the sheet, why $\int p(x \mid z) p(z) \, dz$ is intractable: 10 points an axis, hardly
    enough for one axis, are $10^{20}$ evaluations for 20 latent dimensions, and that for each x and each
    gradient step. Raises `ValueError` unless n ≥ 1 and K ≥ 0 are integers (K = 0 has the single empty grid
    point).

    Python's integers are exact at any size, where a float would be rounded and a NumPy integer wrap around;
    hence the conversion.
    """
    try:
        points, dimension = operator.index(points_per_axis), operator.index(latent_dim)
    except TypeError:
        raise ValueError("points_per_axis and latent_dim must be integers") from None
    if points < 1 or dimension < 0:
        raise ValueError("a grid needs at least one point an axis and no negative number of axes")
    # mypy can't know that a non-negative exponent keeps the power an int.
    return int(points**dimension)
