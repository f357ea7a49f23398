r"""1c: which candidates are divergences, and why the others are not.

Source: Question 1c of the sheet. The two axioms, for all distributions p and q on n outcomes: (1)
$D(p, q) \ge 0$, and (2) $D(p, q) = 0$ if and only if $p = q$. Symmetry and the triangle inequality are not
asked for.

Divergences:

- `kl`: $\log t \le t - 1$ with equality only at $t = 1$ gives Gibbs' inequality,
  $-\mathrm{KL}(p \| q) = \sum p_i \log(q_i/p_i) \le \sum_{p_i > 0} q_i - 1 \le 0$, with equality only if
  $q_i = p_i$ wherever $p_i > 0$; there q then has all its mass, so $q = p$.
- `reverse_kl`: the axioms do not care which argument comes first.
- `js`: with $m = (p + q)/2$ an average of $\mathrm{KL}(p \| m)$ and $\mathrm{KL}(q \| m)$, so zero only if
  $p = m = q$.
- `total_variation`: half the sum of $|p_i - q_i|$, even a metric.

Not divergences:

- `cross_entropy`: $H(p, q) = H(p) + \mathrm{KL}(p \| q)$ is $H(p) > 0$ at $q = p$, unless p is certain of its
  outcome.
- `kl_minus_one`: $-1$ at $q = p$; a shift breaks both axioms.
- `l2_first_half`: blind to the other outcomes, so it is zero for distributions that differ only there. That
  takes at least three outcomes: of two, the first fixes the second.
- `inner_product`: $\langle p, p \rangle = \sum p_i^2 > 0$; it measures likeness, not difference.
"""

import numpy as np
from numpy.typing import NDArray

is_divergence: dict[str, bool] = {
    "kl": True,
    "reverse_kl": True,
    "js": True,
    "total_variation": True,
    "cross_entropy": False,
    "kl_minus_one": False,
    "l2_first_half": False,
    "inner_product": False,
}


def counterexample(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    r"""Return distributions (p, q) on which the candidate `name` breaks an axiom, `None` for a divergence.

    Source: 1c of the sheet. Two arrays of one length, fresh at every call; probabilities have no unit. Raises
    `ValueError` for a name that is not among the eight candidates.

    All entries are sums of powers of two, so the candidates' values on them are not blurred by rounding:
    `l2_first_half` is exactly 0 for different distributions, and at $p = q$ uniform on two outcomes the
    others are $\log 2$, $-1$ and $1/2$, where axiom 2 wants 0.
    """
    if name not in is_divergence:
        raise ValueError(f"unknown candidate {name!r}; the candidates are {', '.join(is_divergence)}")
    if is_divergence[name]:
        return None
    if name == "l2_first_half":
        return np.array([0.25, 0.25, 0.25, 0.25]), np.array([0.25, 0.25, 0.125, 0.375])
    return np.array([0.5, 0.5]), np.array([0.5, 0.5])
