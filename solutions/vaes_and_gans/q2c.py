r"""2c: the KL divergence of two Gaussians, and the term that every VAE's loss contains.

Source: Question 2c of the sheet; Kingma and Welling, *Auto-Encoding Variational Bayes* (2014), appendix B.

The general formula is

$$D_{KL}(N_0 \| N_1) = \frac12 \Bigl(\mathrm{tr}(\Sigma_1^{-1} \Sigma_0)
  + (\mu_1 - \mu_0)^T \Sigma_1^{-1} (\mu_1 - \mu_0)
  - K + \log \frac{\det \Sigma_1}{\det \Sigma_0}\Bigr).$$

Let $\mu_1 = 0$, $\Sigma_1 = I$, $\Sigma_0 = \mathrm{diag}(\sigma_1^2, \dots, \sigma_K^2)$ and write $\mu$ for
$\mu_0$. Then $\mathrm{tr}(\Sigma_1^{-1} \Sigma_0) = \sum_i \sigma_i^2$, the quadratic term is
$(-\mu)^T (-\mu) = \sum_i \mu_i^2$, $\det \Sigma_1 = 1$ and, the covariance being diagonal,
$\det \Sigma_0 = \prod_i \sigma_i^2$. So

$$\begin{aligned}
D_{KL}(N_0 \| N(0, I))
&= \frac12 \Bigl(\sum_i \sigma_i^2 + \sum_i \mu_i^2 - K + \log \frac{1}{\prod_i \sigma_i^2}\Bigr) \\
&= \frac12 \Bigl(\sum_i \sigma_i^2 + \sum_i \mu_i^2 - K - \log \prod_i \sigma_i^2\Bigr)
   && \log \tfrac1u = -\log u \\
&= \frac12 \Bigl(\sum_i \sigma_i^2 + \sum_i \mu_i^2 - K - \sum_i \log \sigma_i^2\Bigr)
   && \text{logarithm of a product} \\
&= \frac12 \Bigl(\sum_i \sigma_i^2 + \sum_i \mu_i^2 - \sum_i 1 - \sum_i \log \sigma_i^2\Bigr)
   && K = \textstyle\sum_{i=1}^K 1 \\
&= \frac12 \sum_{i=1}^K \bigl(\sigma_i^2 + \mu_i^2 - 1 - \log \sigma_i^2\bigr)
   && \text{one sum for four.}
\end{aligned}$$
"""

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)


def _covariance(candidate: ArrayLike, dimension: int) -> NDArray[np.float64]:
    """Return the candidate as an exactly symmetric array, once it is a covariance matrix.

    Rounding can give a singular matrix tiny positive pivots, so that a Cholesky factorisation which succeeds
    proves nothing. Hence the eigenvalues, and a threshold of the size of their rounding error; of the
    correlation matrix, because a mere change of units must not make a covariance look singular.
    """
    matrix = np.asarray(candidate, dtype=np.float64)
    if matrix.shape != (dimension, dimension) or not np.all(np.isfinite(matrix)):
        raise ValueError("a covariance must be a finite K × K matrix, with the means of shape (K,)")
    if np.max(np.abs(matrix - matrix.T)) > 1e-8 * np.max(np.abs(matrix)):
        raise ValueError("a covariance must be symmetric")
    matrix = (matrix + matrix.T) / 2
    if np.all(np.diag(matrix) > 0):
        deviations = np.sqrt(np.diag(matrix))
        eigenvalues = np.linalg.eigvalsh(matrix / deviations / deviations[:, None])
        if eigenvalues[0] > 10 * dimension * np.finfo(np.float64).eps * eigenvalues[-1]:
            return np.asarray(matrix)
    raise ValueError("a covariance must be positive definite")


def _excess(e: NDArray[np.float64], log1p_e: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""$e - \log(1 + e)$, precise also for small e, where the difference cancels to $e^2/2$.

    For $|e| \le 1/2$ it is evaluated as $e^2 \int_0^1 \frac{u}{1 + e u} du$, a sum of positive terms; twelve
    Gauss-Legendre nodes are exact to rounding there, since the pole is at least a whole interval away.
    """
    near = np.abs(e) <= 0.5
    small = np.where(near, e, 0.0)
    u = (1 + NODES) / 2
    integral = (u / (1 + small[..., None] * u)) @ (WEIGHTS / 2)
    return np.where(near, small**2 * integral, e - log1p_e)


def kl_gaussians(mu0: ArrayLike, Sigma0: ArrayLike, mu1: ArrayLike, Sigma1: ArrayLike) -> float:
    r"""$D_{KL}(N(\mu_0, \Sigma_0) \| N(\mu_1, \Sigma_1))$ of two Gaussians in K dimensions.

    $$\frac12 \Bigl(\mathrm{tr}(\Sigma_1^{-1} \Sigma_0) + \delta^T \Sigma_1^{-1} \delta - K
      + \log\frac{\det \Sigma_1}{\det \Sigma_0}\Bigr)$$

    Here $\delta = \mu_1 - \mu_0$. Source: 2c of the sheet. Shapes (K,), (K, K), (K,), (K, K); nats. Raises
    `ValueError` if a shape does not fit, an entry is not finite, or a covariance is not symmetric (beyond
    1e-8 of its largest entry) or not positive definite (as far as rounding lets one tell).

    No inverse and no determinant, which lose precision and leave the range of floats. With Cholesky factors
    $\Sigma_i = L_i L_i^T$ the quadratic term is $\|L_1^{-1} \delta\|^2$, and the other terms depend on
    $M = L_1^{-1} \Sigma_0 L_1^{-T}$ alone. They nearly cancel when the Gaussians are alike, so they are
    summed as non-negative parts instead, in one of two ways:

    - M close to I: $\sum_i e_i - \log(1 + e_i)$ over the eigenvalues $e_i$ of
      $M - I = L_1^{-1} (\Sigma_0 - \Sigma_1) L_1^{-T}$, where the subtraction comes first, while it is still
      exact.
    - else: $T = L_1^{-1} L_0$ is triangular, $M = T T^T$, so the terms are $\sum_{i > j} T_{ij}^2$ and
      $\sum_i t_i^2 - 1 - \log t_i^2$ with the diagonal $t$; eigenvalues of very different size would drown
      the small ones.
    """
    mu0, mu1 = np.asarray(mu0, dtype=np.float64), np.asarray(mu1, dtype=np.float64)
    if mu0.ndim != 1 or mu0.size == 0 or mu1.shape != mu0.shape:
        raise ValueError("the means must be 1-D arrays of one length")
    if not (np.all(np.isfinite(mu0)) and np.all(np.isfinite(mu1))):
        raise ValueError("the means must be finite")
    Sigma0, Sigma1 = _covariance(Sigma0, mu0.size), _covariance(Sigma1, mu0.size)
    L0, L1 = np.linalg.cholesky(Sigma0), np.linalg.cholesky(Sigma1)
    shift = np.linalg.solve(L1, mu1 - mu0)
    e = np.linalg.eigvalsh(np.linalg.solve(L1, np.linalg.solve(L1, Sigma0 - Sigma1).T))
    if np.max(np.abs(e)) <= 0.5:
        spread = np.sum(_excess(e, np.log1p(e)))
    else:
        t = np.diag(L0) / np.diag(L1)
        off_diagonal = np.tril(np.linalg.solve(L1, L0), -1)
        spread = np.sum(off_diagonal**2) + np.sum(_excess((t - 1) * (t + 1), 2 * np.log(t)))
    return float(0.5 * (np.sum(shift**2) + spread))


def kl_to_standard_normal(mu: ArrayLike, sigma: ArrayLike) -> float:
    r"""$D_{KL}(N(\mu, \mathrm{diag}\,\sigma^2) \| N(0, I))$ in K dimensions.

    $$\frac12 \sum_{i=1}^K \bigl(\sigma_i^2 + \mu_i^2 - 1 - \log \sigma_i^2\bigr)$$

    Source: 2c of the sheet; Kingma and Welling (2014), appendix B. `mu` and `sigma` have shape (K,); sigma
    holds standard deviations, not variances; nats. Raises `ValueError` if the shapes differ, an entry is not
    finite, or a sigma is not positive.

    $\sigma^2 - 1$ is formed as $(\sigma - 1)(\sigma + 1)$ and its difference with the logarithm without
    cancellation, so the result stays precise, and non-negative, for q close to the prior.
    """
    mu, sigma = np.asarray(mu, dtype=np.float64), np.asarray(sigma, dtype=np.float64)
    if mu.ndim != 1 or sigma.shape != mu.shape or not np.all(np.isfinite(mu)):
        raise ValueError("mu and sigma must be finite 1-D arrays of one length")
    if not np.all((sigma > 0) & (sigma < np.inf)):
        raise ValueError("standard deviations must be positive and finite")
    spread = _excess((sigma - 1) * (sigma + 1), 2 * np.log(sigma))
    return float(0.5 * np.sum(mu**2 + spread))


i, K = sp.symbols("i K", integer=True, positive=True)
mu = sp.IndexedBase("mu", real=True)
sigma = sp.IndexedBase("sigma", positive=True)


def _sum(term: sp.Expr) -> sp.Expr:
    """Return the sum of the term over i from 1 to K, not evaluated."""
    return sp.Sum(term, (i, 1, K))


trace = _sum(sigma[i] ** 2)
quadratic = _sum(mu[i] ** 2)
determinant = sp.Product(sigma[i] ** 2, (i, 1, K))

derivation_2c: list[sp.Expr] = [
    # The general formula with μ1 = 0, Σ1 = I, Σ0 = diag(σ²)
    (trace + quadratic - K + sp.log(1 / determinant)) / 2,
    # log(1/u) = −log u
    (trace + quadratic - K - sp.log(determinant)) / 2,
    # The logarithm of a product is the sum of the logarithms
    (trace + quadratic - K - _sum(sp.log(sigma[i] ** 2))) / 2,
    # K = Σ 1
    (trace + quadratic - _sum(sp.Integer(1)) - _sum(sp.log(sigma[i] ** 2))) / 2,
    # One sum for four
    _sum(sigma[i] ** 2 + mu[i] ** 2 - 1 - sp.log(sigma[i] ** 2)) / 2,
]
