"""What the class of the demo answers besides what is right: slips by their notes, texts of the written parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Every mark is given by hand: the text and the points of each row of the rubric.
TEXTS: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "q1a_written": {
        "With $x = D(G(z)) = \\sigma(a)$ the slope in the logit vanishes when $D$ is sure:\n\n"
        "$$\\frac{d}{da} \\log(1 - \\sigma(a)) = -\\sigma(a) \\to 0.$$\n\n"
        "The curve is $0$ and flat on the left and falls to $-\\infty$ at $x = 1$. Early in training the "
        "generator is bad, so it learns slowly when it has **most** to learn.": (1, 1, 2, 1),
        "The curve is flat near 0, so the gradient is small there.": (0, 1, 1, 0),
        "Because the slope of $\\log(1-x)$ is zero at $x=0$ and explodes at $x=1$.": (1, 0, 0, 0),
    },
    "q1c_written": {
        "A function $D(p \\| q)$ of two distributions with\n\n1. $D(p \\| q) \\ge 0$,\n"
        "2. $D(p \\| q) = 0 \\iff p = q$.\n\nIt need not be symmetric.": (1, 1, 2, 1),
        "A distance between distributions: it is positive, symmetric, and zero for equal ones.": (1, 1, 1, 0),
        "$D_{KL}(p \\| q) = \\sum_i p_i \\log \\frac{p_i}{q_i}$": (1, 0, 0, 0),
    },
    "q2b_written": {
        "$$\\max_\\theta \\sum_n \\log \\int p_\\theta(x_n \\mid z)\\, p(z)\\, dz$$\n\nThe network makes the "
        "integrand nonlinear in $z$, so there is no closed form, and a grid costs $n^K$ evaluations, for *every* "
        "point and step.": (1, 1, 1, 1, 1),
        "Maximise $E_{p(z)}[\\log p(x|z)]$. It is intractable since neural networks are not convex.": (
            1,
            0,
            0,
            0,
            0,
        ),
    },
}

# The comment that goes with a text, where there is one.
COMMENTS: Mapping[str, str] = {
    "Because the slope": "The slope in x is −1 at 0: what vanishes is the slope in the logit.",
    "A distance": "Symmetry belongs to a metric, not to a divergence.",
    "Maximise": "The logarithm stands outside of the expectation.",
}


@dataclass(frozen=True)
class Slip:
    """A misconception as code: its note, the names that it answers wrongly, the points that it costs.

    What no misconception of the part names has the part alone as its note.
    """

    note: str
    answers: Mapping[str, str]
    lost: float

    @property
    def question(self) -> str:
        """The part that it is about."""
        return self.note.partition(".")[0]

    @property
    def named(self) -> bool:
        """Whether the part's test file has a name for it."""
        return self.note != self.question


SLIPS = (
    Slip("q1a.saturating-sign", {"saturating_slope": "saturating_slope = 1 / (1 + sp.exp(-a))"}, 1.5),
    Slip("q1a.non-saturating-sign", {"non_saturating_slope": "non_saturating_slope = 1 / (1 + sp.exp(a))"}, 1.5),
    Slip(
        "q1a.swapped-losses",
        {
            "generator_gradients": """
def generator_gradients(logits):
    t = np.tanh(np.asarray(logits, dtype=float) / 2)
    return -(1 - t) / 2, -(1 + t) / 2
"""
        },
        4,
    ),
    Slip(
        "q1a.binary-logarithm",
        {
            # the reference's other answers are annotated with what its plot's cell imports
            "plot_generator_loss": """
from numpy.typing import ArrayLike, NDArray

def plot_generator_loss():
    x = np.linspace(0.005, 0.98, 80)
    fig, ax = plt.subplots()
    ax.plot(x, np.log2(1 - x))
    ax.set(xlabel="D(G(z))", ylabel="loss")
    return ax
"""
        },
        2,
    ),
    Slip("q1b.chain-rule", {"stationarity": "stationarity = p_r / D + p_g / (1 - D)"}, 3),
    Slip(
        "q1b.curvature-sign", {"curvature": "curvature = sp.diff(p_r * sp.log(D) - p_g * sp.log(1 - D), D, 2)"}, 2
    ),
    Slip(
        "q1b.always-half",
        {
            "D_star": "D_star = sp.Rational(1, 2)",
            "optimal_discriminator": """
def optimal_discriminator(p_r, p_g):
    p_r, p_g = np.broadcast_arrays(np.array(p_r, float), np.array(p_g, float))
    if (p_r < 0).any() or (p_g < 0).any():
        raise ValueError("negative")
    return np.full(p_r.shape, 0.5)
""",
        },
        10,
    ),
    Slip(
        "q1d.js-without-half",
        {
            "js_divergence": """
def js_divergence(p, q):
    m = (np.asarray(p, float) + np.asarray(q, float)) / 2 if len(p) == len(q) else None
    if m is None:
        raise ValueError("lengths")
    return kl_divergence(p, m) + kl_divergence(q, m)
"""
        },
        3.5,
    ),
    Slip(
        "q1d",
        {
            "gan_value": """
def gan_value(p_r, p_g, d):
    p_r, p_g, d = np.array(p_r, float), np.array(p_g, float), np.array(d, float)
    kl_divergence(p_r, p_r), kl_divergence(p_g, p_g)
    if not len(p_r) == len(p_g) == len(d):
        raise ValueError("lengths differ")
    with np.errstate(all="ignore"):
        return (np.where(p_r > 0, p_r * np.log(d), 0).sum() + np.where(p_g > 0, p_g * np.log(1 - d), 0).sum()) / 2
"""
        },
        4,
    ),
    Slip(
        "q2a.evidence-forgotten",
        {"bayes": "bayes = P_A * P_B_given_A"},
        3,
    ),
    Slip(
        "q2a.prior-ignored",
        {
            "posterior": """
def posterior(prior, likelihood):
    prior, likelihood = np.asarray(prior, float), np.asarray(likelihood, float)
    if len(prior) != len(likelihood) or not (prior >= 0).all() or abs(prior.sum() - 1) > 1e-8:
        raise ValueError("no prior")
    if not (likelihood >= 0).all() or (prior * likelihood).sum() == 0:
        raise ValueError("no likelihood")
    return likelihood / likelihood.sum()
"""
        },
        3.5,
    ),
    Slip(
        "q2b.mean-of-logs",
        {
            "log_likelihood_monte_carlo": """
def log_likelihood_monte_carlo(x, W, b, sigma, z):
    x, b, W = np.array(x, float), np.array(b, float), np.array(W, float)
    return np.mean([
        -len(x) / 2 * np.log(2 * np.pi * sigma**2) - np.sum((x - W @ s - b) ** 2) / (2 * sigma**2)
        for s in np.array(z, float)
    ])
"""
        },
        3.5,
    ),
    Slip(
        "q2b.kl-forgotten",
        {
            "elbo": """
def elbo(x, W, b, sigma, mu, log_var):
    W, mu, log_var = np.array(W, float), np.array(mu, float), np.array(log_var, float)
    r, v = np.array(x, float) - W @ mu - np.array(b, float), np.exp(log_var)
    energy = r @ r + np.trace(W @ np.diag(v) @ W.T)
    return -len(r) / 2 * np.log(2 * np.pi * sigma**2) - energy / (2 * sigma**2)
"""
        },
        3.5,
    ),
    Slip(
        "q2b.powers-swapped",
        {
            "quadrature_cost": """
def quadrature_cost(points_per_axis, latent_dim):
    return latent_dim**points_per_axis
"""
        },
        1,
    ),
    Slip(
        "q2c.half-forgotten",
        {
            "kl_gaussians": """
def kl_gaussians(mu0, Sigma0, mu1, Sigma1):
    m, A, B = np.array(mu1, float) - np.array(mu0, float), np.array(Sigma0, float), np.array(Sigma1, float)
    for S in (A, B):
        size = np.abs(S).max()
        if np.abs(S - S.T).max() > 1e-8 * size or np.linalg.eigvalsh(S).min() <= 1e-14 * size:
            raise ValueError("not a covariance")
    logdet = np.linalg.slogdet(B)[1] - np.linalg.slogdet(A)[1]
    return np.trace(np.linalg.solve(B, A)) + m @ np.linalg.solve(B, m) - len(m) + logdet
"""
        },
        5.5,
    ),
    Slip(
        "q2c.sigma-for-variance",
        {
            "kl_to_standard_normal": """
def kl_to_standard_normal(mu, sigma):
    mu, sigma = np.asarray(mu, float), np.asarray(sigma, float)
    return 0.5 * np.sum(sigma + mu**2 - 1 - np.log(sigma))
"""
        },
        2.5,
    ),
)

# Attacks in a cell before everything else, which change nothing: the answers are right.
ATTACKS = (
    "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "open('/tmp/grades.csv', 'w').write('100')",
    "import socket\nsocket.create_connection(('127.0.0.1', 80), timeout=1)",
    "raise SystemExit('<script>alert(1)</script>')",
    "import os\nos._exit(0)",
)
