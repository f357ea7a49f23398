r"""1d: with a perfect discriminator the GAN objective is $2 D_{JS}(p_r \| p_g) - \log 4$.

Source: Question 1d of the sheet; Goodfellow et al., *Generative Adversarial Nets* (2014), theorem 1.

With $D^* = p_r/(p_r + p_g)$ (1b) and the mixture $m = (p_r + p_g)/2$:

$$\begin{aligned}
V(D^*, G)
&= \int p_r \log D^* + p_g \log(1 - D^*) \, dx \\
&= \int p_r \log \frac{p_r}{p_r + p_g} + p_g \log \frac{p_g}{p_r + p_g} \, dx
   && 1 - D^* = \tfrac{p_g}{p_r + p_g} \\
&= \int p_r \log \frac{p_r}{2 m} + p_g \log \frac{p_g}{2 m} \, dx
   && p_r + p_g = 2 m \\
&= \int p_r \Bigl(\log \frac{p_r}{m} - \log 2\Bigr) + p_g \Bigl(\log \frac{p_g}{m} - \log 2\Bigr) dx
   && \log \tfrac{u}{2} = \log u - \log 2 \\
&= \int p_r \log \frac{p_r}{m} \, dx + \int p_g \log \frac{p_g}{m} \, dx
   - \log 2 \int p_r \, dx - \log 2 \int p_g \, dx
   && \text{linearity} \\
&= \int p_r \log \frac{p_r}{m} \, dx + \int p_g \log \frac{p_g}{m} \, dx - 2 \log 2
   && \text{densities integrate to 1} \\
&= 2 \int \tfrac12 p_r \log \frac{p_r}{m} + \tfrac12 p_g \log \frac{p_g}{m} \, dx - \log 4
 = 2 D_{JS}(p_r \| p_g) - \log 4.
\end{aligned}$$

Since $D_{JS} \ge 0$ with equality only at $p_g = p_r$, the generator's best value is $-\log 4$, reached by
the true distribution alone; since $D_{JS} \le \log 2$, its worst is 0.
"""

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray


def _distributions(*candidates: ArrayLike) -> list[NDArray[np.float64]]:
    """Return the candidates as arrays, once all are distributions over the same outcomes."""
    arrays = [np.asarray(candidate, dtype=np.float64) for candidate in candidates]
    for array in arrays:
        # Written so that NaN, which fails every comparison, is refused.
        if array.ndim != 1 or not np.all(array >= 0) or not abs(np.sum(array) - 1) <= 1e-8:
            raise ValueError("a distribution is a 1-D array of non-negative numbers that sum to 1")
    if len({array.size for array in arrays}) > 1:
        raise ValueError("the distributions must have the same number of outcomes")
    return arrays


def _relative_entropy(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Sum p log(p/q) over the outcomes with p > 0; p and q need not sum to 1."""
    support = p > 0
    if np.any(q[support] == 0):
        return np.inf
    # A difference of logarithms, since the quotient p/q can overflow.
    return float(np.sum(p[support] * (np.log(p[support]) - np.log(q[support]))))


def kl_divergence(p: ArrayLike, q: ArrayLike) -> float:
    r"""$D_{KL}(p \| q) = \sum_i p_i \log(p_i / q_i)$ in nats, `inf` where $q_i = 0 < p_i$.

    Source: 1d of the sheet, hint 1. `p` and `q` are distributions of one length (n,). Raises `ValueError` if
    either is no distribution (negative mass, NaN, a sum off 1 by more than 1e-8) or the lengths differ.

    Outcomes with $p_i = 0$ are left out before the logarithm is taken: their term is $0 \log 0 = 0$, which
    floating point would make NaN.
    """
    return _relative_entropy(*_distributions(p, q))


def js_divergence(p: ArrayLike, q: ArrayLike) -> float:
    r"""$D_{JS}(p \| q) = \frac12 D_{KL}(p \| m) + \frac12 D_{KL}(q \| m)$ in nats, with $m = (p + q)/2$.

    Source: 1d of the sheet, hint 1. `p` and `q` are distributions of one length (n,). The value lies in
    $[0, \log 2]$, up to rounding. Raises `ValueError` as `kl_divergence` does.

    m vanishes only where both do, so JS is finite also where KL is not. It is computed with doubled weights,
    $\frac14 (\sum 2p \log \frac{2p}{p + q} + \sum 2q \log \frac{2q}{p + q})$: halving could round the
    smallest numbers to 0 and make JS infinite, doubling is exact.
    """
    p, q = _distributions(p, q)
    return (_relative_entropy(2 * p, p + q) + _relative_entropy(2 * q, p + q)) / 4


def gan_value(p_r: ArrayLike, p_g: ArrayLike, d: ArrayLike) -> float:
    r"""$V = \sum_i p_r(i) \log d_i + p_g(i) \log(1 - d_i)$ in nats, for a discriminator with outputs d.

    Source: the objective of Question 1 on a finite set. `p_r` and `p_g` are distributions, `d` holds numbers
    in [0, 1], all of one length (n,). $0 \log 0 = 0$; the value is `-inf` where $d_i = 0 < p_r(i)$ or
    $d_i = 1$ and $p_g(i) > 0$. Raises `ValueError` if `p_r` or `p_g` is no distribution, an entry of `d` is
    outside [0, 1] or NaN, or the lengths differ.

    Each logarithm is taken on the support of its weight only, and $\log(1 - d)$ by `log1p`, which keeps the
    relative precision for small d.
    """
    p_r, p_g = _distributions(p_r, p_g)
    d = np.asarray(d, dtype=np.float64)
    if d.shape != p_r.shape or not np.all((d >= 0) & (d <= 1)):
        raise ValueError("d must hold one number in [0, 1] for each outcome")
    real, generated = p_r > 0, p_g > 0
    if np.any(d[real] == 0) or np.any(d[generated] == 1):
        return -np.inf
    return float(np.sum(p_r[real] * np.log(d[real])) + np.sum(p_g[generated] * np.log1p(-d[generated])))


x = sp.Symbol("x", real=True)
pr = sp.Function("p_r", positive=True)(x)
pg = sp.Function("p_g", positive=True)(x)
best_d = pr / (pr + pg)
mixture = (pr + pg) / 2


def _integral(f: sp.Expr) -> sp.Expr:
    """Return the integral of f over the real line, not evaluated."""
    return sp.Integral(f, (x, -sp.oo, sp.oo))


derivation_1d: list[sp.Expr] = [
    # V(D*, G)
    _integral(pr * sp.log(best_d) + pg * sp.log(1 - best_d)),
    # 1 − D* = p_g/(p_r + p_g)
    _integral(pr * sp.log(best_d) + pg * sp.log(pg / (pr + pg))),
    # p_r + p_g = 2 m
    _integral(pr * sp.log(pr / mixture / 2) + pg * sp.log(pg / mixture / 2)),
    # log(u/2) = log u − log 2
    _integral(pr * (sp.log(pr / mixture) - sp.log(2)) + pg * (sp.log(pg / mixture) - sp.log(2))),
    # The integral is linear
    _integral(pr * sp.log(pr / mixture))
    + _integral(pg * sp.log(pg / mixture))
    - sp.log(2) * _integral(pr)
    - sp.log(2) * _integral(pg),
    # Densities integrate to 1
    _integral(pr * sp.log(pr / mixture)) + _integral(pg * sp.log(pg / mixture)) - 2 * sp.log(2),
    # 2 JS(p_r‖p_g) − log 4
    2 * _integral((pr * sp.log(pr / mixture) + pg * sp.log(pg / mixture)) / 2) - sp.log(4),
]
