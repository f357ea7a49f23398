"""Every misconception as an answer: the names that it answers wrongly, and the points that this costs.

All other names of the part hold the reference answers. Where a misconception is a function, so is its answer, and
what is asked of it besides its values is right: it refuses what the reference refuses.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from graders.answers.misconception import Misconception
from tests.graders.vaes_and_gans.judging import reference

# What each misconception answers wrongly, and what it loses.
LOSSES: dict[str, tuple[tuple[str, ...], float]] = {
    # q1a
    "q1a.log-of-x": (("plot_generator_loss",), 2),
    "q1a.non-saturating-curve": (("plot_generator_loss",), 2),
    "q1a.mirrored-curve": (("plot_generator_loss",), 2),
    "q1a.slope-for-loss": (("plot_generator_loss",), 2),
    "q1a.decimal-logarithm": (("plot_generator_loss",), 2),
    "q1a.binary-logarithm": (("plot_generator_loss",), 2),
    "q1a.slope-in-probability": (("non_saturating_slope",), 1.5),
    "q1a.saturating-slope-in-probability": (("saturating_slope",), 1.5),
    "q1a.saturating-sign": (("saturating_slope",), 1.5),
    "q1a.non-saturating-sign": (("non_saturating_slope",), 1.5),
    "q1a.sigmoid-derivative": (("saturating_slope",), 1.5),
    "q1a.loss-for-slope": (("saturating_slope",), 1.5),
    "q1a.swapped-losses": (("generator_gradients",), 4),
    "q1a.swapped-slopes": (("saturating_slope",), 1.5),
    "q1a.descent-direction": (("generator_gradients",), 4),
    "q1a.undefined-quotient": (("generator_gradients",), 1),
    "q1a.overflowing-exponential": (("generator_gradients",), 1),
    # q1b
    "q1b.swapped-densities": (("D_star", "optimal_discriminator"), 10),
    "q1b.ratio": (("D_star", "optimal_discriminator"), 10),
    "q1b.always-half": (("D_star", "optimal_discriminator"), 10),
    "q1b.sign-of-denominator": (("D_star", "optimal_discriminator"), 10),
    "q1b.mixture-not-normalised": (("D_star", "optimal_discriminator"), 10),
    "q1b.chain-rule": (("stationarity",), 3),
    "q1b.curvature-sign": (("curvature",), 2),
    "q1b.convex": (("curvature",), 2),
    # q1c
    "q1c.order-of-arguments": (("is_divergence",), 0.5),
    "q1c.cross-entropy-as-kl": (("is_divergence",), 0.5),
    "q1c.shift-keeps-divergence": (("is_divergence",), 0.5),
    "q1c.zero-at-equality-is-enough": (("is_divergence",), 0.5),
    "q1c.similarity-as-divergence": (("is_divergence",), 0.5),
    "q1c.metric-as-no-divergence": (("is_divergence",), 0.5),
    "q1c.js-as-average": (("is_divergence",), 0.5),
    "q1c.symmetry-required": (("is_divergence",), 1),
    "q1c.metric-required": (("is_divergence",), 1.5),
    "q1c.non-negativity-is-enough": (("is_divergence",), 1.5),
    "q1c.asymmetry-as-counterexample": (("counterexample",), 2.5),
    "q1c.difference-as-counterexample": (("counterexample",), 2),
    "q1c.zero-as-counterexample": (("counterexample",), 1),
    "q1c.counterexample-without-mass-one": (("counterexample",), 3),
    # q1d
    "q1d.reversed-kl": (("kl_divergence",), 4),
    "q1d.kl-in-bits": (("kl_divergence",), 4),
    "q1d.cross-entropy": (("kl_divergence",), 4),
    "q1d.kl-sign": (("kl_divergence",), 4),
    "q1d.mean-over-outcomes": (("kl_divergence",), 4),
    "q1d.log-ratio-unweighted": (("kl_divergence",), 4),
    "q1d.zero-times-log-zero": (("kl_divergence",), 1),
    "q1d.impossible-outcomes-skipped": (("kl_divergence",), 1),
    "q1d.epsilon-in-logarithm": (("kl_divergence",), 1),
    "q1d.js-without-mixture": (("js_divergence",), 3.5),
    "q1d.js-without-half": (("js_divergence",), 3.5),
    "q1d.mixture-without-half": (("js_divergence",), 3.5),
    "q1d.js-reversed": (("js_divergence",), 3.5),
    "q1d.js-distance": (("js_divergence",), 3.5),
    "q1d.js-in-bits": (("js_divergence",), 3.5),
    "q1d.js-one-sided": (("js_divergence",), 3.5),
    "q1d.js-zero-times-log-zero": (("js_divergence",), 1),
    "q1d.swapped-densities": (("gan_value",), 4),
    "q1d.one-density": (("gan_value",), 4),
    "q1d.loss-for-value": (("gan_value",), 4),
    "q1d.sign-between-terms": (("gan_value",), 4),
    "q1d.value-averaged": (("gan_value",), 4),
    "q1d.best-discriminator-always": (("gan_value",), 4),
    "q1d.clipped-discriminator": (("gan_value",), 1),
    "q1d.unweighted-logarithms": (("gan_value",), 1),
    "q1d.start-with-swapped-densities": (("derivation_1d",), 8.5),
    "q1d.complement-of-best-discriminator": (("derivation_1d",), 8),
    "q1d.mixture-for-nothing": (("derivation_1d",), 5.5),
    "q1d.logarithm-of-two-once": (("derivation_1d",), 5.5),
    "q1d.constant-sign": (("derivation_1d",), 5.5),
    "q1d.half-of-js": (("derivation_1d",), 3),
    "q1d.log-of-sum": (("derivation_1d",), 5.5),
    # q2a
    "q2a.inverted-conditional": (("bayes",), 3),
    "q2a.evidence-forgotten": (("bayes",), 3),
    "q2a.complement-not-weighted": (("bayes",), 3),
    "q2a.equal-priors": (("bayes",), 3),
    "q2a.complement-of-likelihood": (("bayes",), 3),
    "q2a.posterior-odds": (("bayes",), 3),
    "q2a.evidence-is-mean": (("bayes",), 3),
    "q2a.posterior-unnormalised": (("posterior",), 3.5),
    "q2a.prior-ignored": (("posterior",), 3.5),
    "q2a.prior-added": (("posterior",), 3.5),
    "q2a.largest-scaled-to-one": (("posterior",), 3.5),
    "q2a.evidence-unweighted": (("posterior",), 3.5),
    "q2a.softmax-of-probabilities": (("posterior",), 3.5),
    "q2a.log-joint": (("log_posterior",), 3.5),
    "q2a.logs-divided": (("log_posterior",), 3.5),
    "q2a.log-not-taken": (("log_posterior",), 3.5),
    "q2a.maximum-only": (("log_posterior",), 3.5),
    "q2a.underflow": (("log_posterior",), 1),
    "q2a.epsilon-in-logarithm": (("log_posterior",), 2.5),
    # q2b
    "q2b.sigma-for-variance": (("log_likelihood_exact",), 3),
    "q2b.latent-forgotten": (("log_likelihood_exact",), 3),
    "q2b.noise-added-twice": (("log_likelihood_exact",), 3),
    "q2b.two-pi-forgotten": (("log_likelihood_exact",), 3),
    "q2b.two-pi-once": (("log_likelihood_exact",), 3),
    "q2b.determinant-without-half": (("log_likelihood_exact",), 3),
    "q2b.distance-without-half": (("log_likelihood_exact",), 3),
    "q2b.determinant-underflow": (("log_likelihood_exact",), 1),
    "q2b.mean-of-logs": (("log_likelihood_monte_carlo",), 3.5),
    "q2b.sum-for-mean": (("log_likelihood_monte_carlo",), 3.5),
    "q2b.best-sample": (("log_likelihood_monte_carlo",), 3.5),
    "q2b.likelihood-underflow": (("log_likelihood_monte_carlo",), 1),
    "q2b.mean-of-samples": (("log_likelihood_monte_carlo",), 3.5),
    "q2b.kl-added": (("elbo",), 3.5),
    "q2b.kl-forgotten": (("elbo",), 3.5),
    "q2b.kl-without-half": (("elbo",), 3.5),
    "q2b.decoded-mean": (("elbo",), 3.5),
    "q2b.log-var-as-log-deviation": (("elbo",), 3.5),
    "q2b.deviation-for-variance": (("elbo",), 3.5),
    "q2b.loss-for-bound": (("elbo",), 3.5),
    "q2b.squared-error": (("elbo",), 3.5),
    "q2b.points-times-dimension": (("quadrature_cost",), 1),
    "q2b.powers-swapped": (("quadrature_cost",), 1),
    "q2b.rounded-power": (("quadrature_cost",), 1),
    "q2b.wrapped-power": (("quadrature_cost",), 1),
    "q2b.cells-for-points": (("quadrature_cost",), 1),
    # q2c
    "q2c.reversed-kl": (("kl_gaussians",), 5.5),
    "q2c.determinants-inverted": (("kl_gaussians",), 5.5),
    "q2c.dimension-forgotten": (("kl_gaussians",), 5.5),
    "q2c.half-forgotten": (("kl_gaussians",), 5.5),
    "q2c.half-on-first-term": (("kl_gaussians",), 5.5),
    "q2c.trace-forgotten": (("kl_gaussians",), 5.5),
    "q2c.means-forgotten": (("kl_gaussians",), 5.5),
    "q2c.log-determinants-forgotten": (("kl_gaussians",), 5.5),
    "q2c.distance-by-first-covariance": (("kl_gaussians",), 5.5),
    "q2c.euclidean-distance": (("kl_gaussians",), 5.5),
    "q2c.elementwise-product": (("kl_gaussians",), 5.5),
    "q2c.inverse-forgotten": (("kl_gaussians",), 5.5),
    "q2c.determinant-underflow": (("kl_gaussians",), 1),
    "q2c.sigma-for-variance": (("kl_to_standard_normal",), 2.5),
    "q2c.log-deviation-for-log-variance": (("kl_to_standard_normal",), 2.5),
    "q2c.sigma-for-log-variance": (("kl_to_standard_normal",), 2.5),
    "q2c.log-sign": (("kl_to_standard_normal",), 2.5),
    "q2c.reduced-half-forgotten": (("kl_to_standard_normal",), 2.5),
    "q2c.one-forgotten": (("kl_to_standard_normal",), 2.5),
    "q2c.one-once": (("kl_to_standard_normal",), 2.5),
    "q2c.mean-over-dimensions": (("kl_to_standard_normal",), 2.5),
    "q2c.loss-for-divergence": (("kl_to_standard_normal",), 2.5),
    "q2c.trace-of-deviations": (("derivation_2c",), 7),
    "q2c.mean-not-squared": (("derivation_2c",), 7),
    "q2c.logarithm-of-sum": (("derivation_2c",), 6.5),
    "q2c.determinant-sign": (("derivation_2c",), 6.5),
    "q2c.dimension-inside-sum": (("derivation_2c",), 4.5),
    "q2c.one-outside-sum": (("derivation_2c",), 4.5),
    "q2c.power-lost": (("derivation_2c",), 4.5),
    "q2c.half-lost": (("derivation_2c",), 4.5),
}


def as_answer(part: str, misconception: Misconception, name: str) -> Any:
    """What a student with the misconception would hold under the name."""
    right = reference(part)[name]
    if name == "plot_generator_loss":
        return drawing(misconception)
    if name == "counterexample":
        return lambda candidate: None if right(candidate) is None else misconception(candidate)
    if callable(right):
        return refusing(right, misconception)
    if name == "is_divergence" or name.startswith("derivation"):
        return misconception()
    return misconception.expression()


def drawing(curve: Callable[[Any], Any]) -> Callable[[], Axes]:
    """A plot that is right but for its curve."""

    def plot() -> Axes:
        x = np.linspace(0.005, 0.98, 80)
        _, ax = plt.subplots()
        ax.plot(x, curve(x))
        ax.set(xlabel="D(G(z))", ylabel="loss")
        return ax

    return plot


def refusing(right: Callable[..., Any], wrong: Callable[..., Any]) -> Callable[..., Any]:
    """The wrong answer with the exceptions of the right one."""

    def answer(*arguments: Any) -> Any:
        right(*copy.deepcopy(arguments))
        return wrong(*(np.asarray(argument) if isinstance(argument, list) else argument for argument in arguments))

    return answer
