r"""2a: Bayes' theorem, for an event and over n hypotheses.

Source: Question 2a of the sheet.

The product rule, read both ways, says $P(A \mid B) P(B) = P(A, B) = P(B \mid A) P(A)$. Dividing by $P(B) > 0$
gives the theorem; the law of total probability over A and not A gives its denominator, the evidence:

$$P(A \mid B) = \frac{P(B \mid A) P(A)}{P(B)}, \qquad
P(B) = P(B \mid A) P(A) + P(B \mid \neg A) (1 - P(A)).$$

In a latent variable model the hypotheses are the values of z and B is the observed x; the same denominator,
$p(x) = \int p(x \mid z) p(z) \, dz$, is what makes 2b hard.
"""

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

P_A, P_B_given_A, P_B_given_not_A = sp.symbols("P_A P_B_given_A P_B_given_not_A", positive=True)

bayes: sp.Expr = P_B_given_A * P_A / (P_B_given_A * P_A + P_B_given_not_A * (1 - P_A))


def posterior(prior: ArrayLike, likelihood: ArrayLike) -> NDArray[np.float64]:
    r"""Bayes' theorem: $P(H_i \mid B) = P(B \mid H_i) P(H_i) / \sum_j P(B \mid H_j) P(H_j)$.

    Source: 2a of the sheet. Returns a distribution (n,). `prior` is a distribution (n,), `likelihood` holds n
    non-negative numbers (also above 1: they may be densities). Probabilities have no unit. Raises
    `ValueError` if the prior is no distribution, a likelihood is negative, NaN or infinite, the lengths
    differ, or the evidence is zero.

    Only ratios of likelihoods matter, so they are divided by the largest one of a hypothesis with prior mass:
    products of very small numbers then do not underflow to a false evidence of 0.
    """
    prior = np.asarray(prior, dtype=np.float64)
    likelihood = np.asarray(likelihood, dtype=np.float64)
    # Written so that NaN, which fails every comparison, is refused.
    if prior.ndim != 1 or not np.all(prior >= 0) or not abs(np.sum(prior) - 1) <= 1e-8:
        raise ValueError("the prior must be a 1-D array of non-negative numbers that sum to 1")
    if likelihood.shape != prior.shape or not np.all((likelihood >= 0) & (likelihood < np.inf)):
        raise ValueError("the likelihood must hold one finite non-negative number for each hypothesis")
    possible = np.where(prior > 0, likelihood, 0.0)
    largest = np.max(possible)
    if largest == 0:
        raise ValueError("the evidence is zero: no hypothesis explains the observation")
    joint = prior * (possible / largest)
    return np.asarray(joint / np.sum(joint))


def log_posterior(log_prior: ArrayLike, log_likelihood: ArrayLike) -> NDArray[np.float64]:
    r"""Bayes' theorem in logarithms: $\log P(H_i \mid B) = \ell_i - \log \sum_j e^{\ell_j}$.

    Here $\ell_i = \log P(H_i) + \log P(B \mid H_i)$, in nats. Source: 2a of the sheet. Both arguments have
    shape (n,); `-inf` stands for an impossible hypothesis. The prior need not be normalised: a constant added
    to either argument cancels. Raises `ValueError` if an entry is NaN or `+inf`, the shapes differ, or no
    hypothesis is possible.

    $e^{\ell}$ is 0 in floating point below $\ell \approx -745$, so the largest $\ell$ is subtracted first
    (log-sum-exp): the sum then lies in [1, n], and its logarithm is safe. The result is as precise as
    $\ell$ itself, about 1e-10 for $\ell = -10^6$.
    """
    log_prior = np.asarray(log_prior, dtype=np.float64)
    log_likelihood = np.asarray(log_likelihood, dtype=np.float64)
    if log_prior.ndim != 1 or log_likelihood.shape != log_prior.shape:
        raise ValueError("log_prior and log_likelihood must be 1-D arrays of one length")
    if not (np.all(log_prior < np.inf) and np.all(log_likelihood < np.inf)):
        raise ValueError("logarithms of probabilities must not be NaN or +inf")
    log_joint = log_prior + log_likelihood
    largest = np.max(log_joint, initial=-np.inf)
    if largest == -np.inf:
        raise ValueError("the evidence is zero: no hypothesis is possible")
    shifted = log_joint - largest
    return np.asarray(shifted - np.log(np.sum(np.exp(shifted))))
