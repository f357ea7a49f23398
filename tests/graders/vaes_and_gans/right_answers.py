"""Right answers, each written in another way than the reference: every one must earn all the points.

An entry gives, for one part, the names that it answers; the others keep the reference answers.
"""

from __future__ import annotations

import decimal
import fractions
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import matplotlib.pyplot as plt
import numpy as np
import sympy as sp
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from tests.graders.vaes_and_gans.judging import NAMES


@dataclass(frozen=True)
class Right:
    """Right answers to some names of a part, and what is special about them."""

    part: str
    way: str
    answers: dict[str, Any]


RIGHT: list[Right] = []


def right(way: str, **answers: Any) -> None:
    """Collect a right answer to the names."""
    (part,) = {part for part, names in NAMES.items() if answers.keys() <= set(names)}
    RIGHT.append(Right(part, way, answers))


Function = TypeVar("Function", bound=Callable[..., Any])


def answers(name: str) -> Callable[[Function], Function]:
    """Collect the decorated function as a right answer to the name."""

    def collect(function: Function) -> Function:
        right(function.__name__.replace("_", " "), **{name: function})
        return function

    return collect


# 1a --------------------------------------------------------------------------------------------------------------


def labelled(ax: Axes, xlabel: str = r"$D(G(\mathbf{z}))$") -> Axes:
    ax.set_xlabel(xlabel)
    ax.set_ylabel("loss")
    return ax


def new_axes() -> Axes:
    return plt.subplots()[1]


XS = np.linspace(0, 0.99, 100)


@answers("plot_generator_loss")
def scatter_plot() -> Axes:
    ax = labelled(new_axes())
    ax.scatter(XS, np.log(1 - XS))
    return ax


@answers("plot_generator_loss")
def steps_by_pyplot() -> Axes:
    plt.figure()
    plt.step(XS, np.log(1 - XS))
    plt.xlabel("x = D(G(z))")
    plt.ylabel("log(1 - x)")
    return plt.gca()


@answers("plot_generator_loss")
def one_line_for_each_segment() -> Axes:
    ax = labelled(new_axes(), r"$D_\phi ( G_\theta ( z ) )$")
    for one, other in itertools.pairwise(XS):
        ax.plot([one, other], [math.log(1 - one), math.log(1 - other)], "k")
    return ax


@answers("plot_generator_loss")
def up_to_infinity() -> Axes:
    x = np.linspace(0, 1, 200)
    ax = labelled(new_axes(), r"$D_{\phi}\left(G_{\theta}(\mathbf{z})\right)$")
    with np.errstate(divide="ignore"):
        ax.plot(x, np.log(1 - x))
    return ax


@answers("plot_generator_loss")
def a_constant_in_the_logarithm() -> Axes:
    x = np.linspace(0, 1, 200)
    ax = labelled(new_axes(), r"discriminator output $\mathrm{D}(\mathrm{G}(\boldsymbol{z}))$")
    ax.plot(x, np.log(1 - x + 1e-8))
    return ax


@answers("plot_generator_loss")
def a_table_typed_by_hand() -> Axes:
    ax = labelled(new_axes(), "D(G(z))")
    x = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
    y = [0.0, -0.1054, -0.2231, -0.3567, -0.5108, -0.6931, -0.9163, -1.204, -1.6094, -2.3026, -2.9957]
    ax.plot(x, y, "o")
    return ax


@answers("plot_generator_loss")
def a_line_collection_among_others() -> Axes:
    ax = labelled(new_axes(), r"$D_{\boldsymbol{\phi}}(G_{\boldsymbol{\theta}}(\mathbf{z}))$, for one z")
    curve = list(zip(XS, np.log1p(-XS), strict=True))
    ax.add_collection(LineCollection(list(itertools.pairwise(curve))))
    ax.plot(XS[1:], -np.log(XS[1:]))
    ax.axhline(0)
    ax.axvline(0.5)
    return ax


@answers("plot_generator_loss")
def stems_in_the_second_panel() -> Axes:
    _, (left, ax) = plt.subplots(1, 2)
    left.plot(XS, XS)
    ax.stem(XS, np.log(1 - XS))
    return labelled(ax)


a = sp.Symbol("a")
real_a = sp.Symbol("a", real=True)

right(
    "exponentials of a",
    saturating_slope=-sp.exp(a) / (1 + sp.exp(a)),
    non_saturating_slope=-1 / (1 + sp.exp(a)),
)
right(
    "hyperbolic tangent",
    saturating_slope=-(1 + sp.tanh(a / 2)) / 2,
    non_saturating_slope=(sp.tanh(a / 2) - 1) / 2,
)
right(
    "differentiated by SymPy, not simplified",
    saturating_slope=sp.diff(sp.log(1 - 1 / (1 + sp.exp(-real_a))), real_a),
    non_saturating_slope=sp.diff(-sp.log(1 / (1 + sp.exp(-real_a))), real_a),
)
right(
    "by the softplus function, and as an equation",
    saturating_slope=sp.diff(-sp.log(1 + sp.exp(a)), a),
    non_saturating_slope=sp.Eq(1 / (1 + sp.exp(-a)) - 1, 0),
)
right(
    "floats, and a quotient of sigmoid's derivative",
    saturating_slope=-1.0 / (1.0 + sp.exp(-1.0 * a)),
    non_saturating_slope=-(sp.exp(-a) / (1 + sp.exp(-a)) ** 2) * (1 + sp.exp(-a)),
)


right(
    "differentiated with decimals, as equations for a new symbol",
    saturating_slope=sp.Eq(sp.Symbol("slope"), -(1 / 3) * 3 / (1 + sp.exp(-1.0 * a))),
    non_saturating_slope=sp.Eq(sp.Symbol("slope"), (1 / (1 + sp.exp(-a)) - 1) * np.log(3) / np.log(9) * 2),
)


@answers("plot_generator_loss")
def greek_words_as_subscripts() -> Axes:
    ax = labelled(new_axes(), "D_phi(G_theta(z))")
    ax.plot(XS, np.log(1 - XS))
    return ax


@answers("generator_gradients")
def split_by_sign(logits: Any) -> tuple[Any, Any]:
    values = np.array(logits, dtype=float)
    small = np.exp(-np.abs(values))
    sigmoid = np.where(values >= 0, 1 / (1 + small), small / (1 + small))
    return -sigmoid, -np.where(values >= 0, small / (1 + small), 1 / (1 + small))


@answers("generator_gradients")
def hyperbolic_tangent_in_a_list(logits: Any) -> list[Any]:
    half = np.tanh(np.asarray(logits, dtype=np.float64) / 2) / 2
    return [-0.5 - half, half - 0.5]


@answers("generator_gradients")
def clipped_logits_as_nested_lists(logits: Any) -> tuple[Any, Any]:
    values = np.clip(np.asarray(logits, dtype=float), -500, 500)
    sigmoid = 1 / (1 + np.exp(-values))
    return (-sigmoid).tolist(), (sigmoid - 1).tolist()


@answers("generator_gradients")
def one_logit_at_a_time(logits: Any) -> tuple[Any, Any]:
    values = np.asarray(logits, dtype=float)

    def sigmoid(t: float) -> float:
        return 1 / (1 + math.exp(-t)) if t >= 0 else math.exp(t) / (1 + math.exp(t))

    flat = [sigmoid(float(t)) for t in values.ravel()]
    first = -np.array(flat).reshape(values.shape)
    return first, -1 - first


# 1b --------------------------------------------------------------------------------------------------------------

p_r, p_g, D = sp.symbols("p_r p_g D")

right("over one denominator", stationarity=(p_r - D * (p_r + p_g)) / (D * (1 - D)), D_star=1 / (1 + p_g / p_r))
right(
    "the other sign in the denominator",
    stationarity=p_r / D + p_g / (D - 1),
    curvature=-(p_r / D**2 + p_g / (D - 1) ** 2),
    D_star=1 - p_g / (p_g + p_r),
)
right(
    "derivatives left unevaluated until asked, and a sigmoid of the log-ratio",
    stationarity=sp.Derivative(p_r * sp.log(D) + p_g * sp.log(1 - D), D).doit(),
    D_star=1 / (1 + sp.exp(-(sp.log(p_r) - sp.log(p_g)))),
)
right(
    "as equations, and by powers",
    stationarity=sp.Eq(p_r * D**-1 - p_g * (1 - D) ** -1, 0),
    curvature=sp.Eq(-p_r * D**-2 - p_g * (1 - D) ** -2, 0),
    D_star=sp.sqrt(p_r**2 / (p_r**2 + 2 * p_r * p_g + p_g**2)),
)
right(
    "with floats",
    stationarity=1.0 * p_r / D - 1.0 * p_g / (1.0 - D),
    D_star=0.5 * p_r / (0.5 * p_r + 0.5 * p_g),
)
right(
    "solved by SymPy, as the list of its solutions",
    D_star=sp.solve(p_r / D - p_g / (1 - D), D),
    stationarity=[p_r / D - p_g / (1 - D)],
    curvature=sp.Eq(sp.Symbol("c"), -p_r / D**2 - p_g / (1 - D) ** 2),
)
right("thirds and sevenths as decimals", D_star=p_r * (1 / 3) / (p_r * (1 / 7) + p_g * (1 / 7)) * (3 / 7))
right("hyperbolic tangent of the log-ratio", D_star=(1 + sp.tanh(sp.log(p_r / p_g) / 2)) / 2)


@answers("optimal_discriminator")
def divided_where_positive(p_r: Any, p_g: Any) -> Any:
    real, generated = np.broadcast_arrays(np.asarray(p_r, float), np.asarray(p_g, float))
    if (real < 0).any() or (generated < 0).any():
        raise ValueError("negative")
    result = np.full(real.shape, 0.5)
    np.divide(real, real + generated, out=result, where=real + generated > 0)
    return result


@answers("optimal_discriminator")
def nan_replaced_afterwards(p_r: Any, p_g: Any) -> Any:
    if np.min(p_r) < 0 or np.min(p_g) < 0:
        raise ValueError
    return np.nan_to_num(np.asarray(p_r) / (np.asarray(p_r) + p_g), nan=0.5).tolist()


@answers("optimal_discriminator")
def one_pair_at_a_time(p_r: Any, p_g: Any) -> Any:
    def one(r: float, g: float) -> float:
        if r < 0 or g < 0:
            raise ValueError("densities are not negative")
        return 0.5 if r + g == 0 else 1 - g / (r + g)

    return np.vectorize(one, otypes=[float])(p_r, p_g)


# 1c --------------------------------------------------------------------------------------------------------------

TRUE = ("kl", "reverse_kl", "js", "total_variation")
ALL = (*TRUE, "cross_entropy", "kl_minus_one", "l2_first_half", "inner_product")

right(
    "np.bool_, with a remark",
    is_divergence={**{name: np.bool_(name in TRUE) for name in ALL}, "remark": "?"},
)


@answers("counterexample")
def equal_distributions_as_lists(name: str) -> Any:
    if name in TRUE:
        return None
    if name == "l2_first_half":
        return [[0.2, 0.3, 0.5], [0.2, 0.5, 0.3]]
    return [0.2, 0.3, 0.5], [0.2, 0.3, 0.5]


@answers("counterexample")
def fractions_of_three_libraries(name: str) -> Any:
    thirds = [fractions.Fraction(1, 3)] * 3
    return {
        "cross_entropy": (thirds, [sp.Rational(1, 3)] * 3),
        "kl_minus_one": (thirds, thirds),
        "l2_first_half": ([decimal.Decimal("0.5"), decimal.Decimal("0.25"), 0.25], [sp.S.Half, 0, sp.Float(0.5)]),
        "inner_product": ([sp.Integer(1), 0], [0, np.float32(1)]),
    }.get(name)


@answers("counterexample")
def different_distributions_where_possible(name: str) -> Any:
    return {
        "cross_entropy": ([1 / 3] * 3, [1 / 3] * 3),
        "kl_minus_one": np.array([[0.5, 0.5], [0.4, 0.6]]),
        "l2_first_half": (np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.1, 0.2, 0.6, 0.1])),
        "inner_product": (np.array([1, 0]), np.array([0, 1])),
    }.get(name)


@answers("counterexample")
def one_outcome_where_possible(name: str) -> Any:
    if name in TRUE:
        return None
    if name == "cross_entropy":
        return (0.25, 0.25, 0.25, 0.25), (0.25, 0.25, 0.25, 0.25)
    if name == "l2_first_half":
        return (0.1, 0.6, 0.3), (0.1, 0.3, 0.6)
    return [1.0], [1.0]


# 1d --------------------------------------------------------------------------------------------------------------


def checked(*distributions: Any) -> list[Any]:
    arrays = [np.array(distribution, dtype=float) for distribution in distributions]
    for array in arrays:
        if np.isnan(array).any() or (array < 0).any() or not math.isclose(math.fsum(array), 1, abs_tol=1e-8):
            raise ValueError("no distribution")
    if len({len(array) for array in arrays}) != 1:
        raise ValueError("lengths")
    return arrays


@answers("kl_divergence")
def one_outcome_at_a_time(p: Any, q: Any) -> Any:
    p, q = checked(p, q)
    total = 0.0
    for u, v in zip(p, q, strict=True):
        if u > 0:
            total += math.inf if v == 0 else u * math.log(u / v)
    return total


@answers("kl_divergence")
def exactly_by_sympy(p: Any, q: Any) -> Any:
    p, q = checked(p, q)
    pairs = [(sp.Float(u, 30), sp.Float(v, 30)) for u, v in zip(p, q, strict=True) if u > 0]
    return sp.oo if any(not v for _, v in pairs) else sp.Add(*(u * (sp.log(u) - sp.log(v)) for u, v in pairs))


@answers("kl_divergence")
def where_with_warnings(p: Any, q: Any) -> Any:
    p, q = checked(p, q)
    return np.array(np.sum(np.where(p == 0, 0, p * np.log(np.where(p == 0, 1, p) / np.where(p == 0, 1, q)))))


@answers("kl_divergence")
def difference_of_entropies(p: Any, q: Any) -> Any:
    p, q = checked(p, q)
    p, q = p[p > 0], q[p > 0]
    return np.dot(p, np.log(p)) - np.dot(p, np.log(q))


@answers("js_divergence")
def entropy_of_mixture(p: Any, q: Any) -> Any:
    def entropy(u: Any) -> Any:
        return -sum(t * math.log(t) for t in u if t > 0)

    p, q = checked(p, q)
    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


@answers("js_divergence")
def from_the_best_value_renormalised(p: Any, q: Any) -> Any:
    p, q = (u / u.sum() for u in checked(p, q))
    d = np.divide(p, p + q, out=np.full(p.shape, 0.5), where=p + q > 0)
    value = sum(math.log(t) * u for t, u in zip(d, p, strict=True) if u > 0)
    value += sum(math.log(1 - t) * u for t, u in zip(d, q, strict=True) if u > 0)
    return (value + math.log(4)) / 2


@answers("gan_value")
def one_term_at_a_time(p_r: Any, p_g: Any, d: Any) -> Any:
    total = 0.0
    for u, v, t in zip(*checked(p_r, p_g), d, strict=True):
        if (t == 0 and u > 0) or (t == 1 and v > 0):
            return -math.inf
        total += (u * math.log(t) if u else 0) + (v * math.log(1 - t) if v else 0)
    return total


@answers("gan_value")
def masked_terms_with_warnings(p_r: Any, p_g: Any, d: Any) -> Any:
    p_r, p_g = checked(p_r, p_g)
    d = np.asarray(d, dtype=float)
    terms = [np.where(weight > 0, weight * np.log(t), 0) for weight, t in [(p_r, d), (p_g, 1 - d)]]
    return np.float64(np.sum(terms))


def chain_1d(
    x: sp.Symbol, *, bounds: bool = False, positive: bool = False
) -> tuple[Callable[[Any], Any], Any, Any]:
    """An integral sign and the two densities, in one of the writings that the contract allows."""
    pr, pg = (sp.Function(name, positive=positive or None)(x) for name in ("p_r", "p_g"))
    return (lambda f: sp.Integral(f, (x, -sp.oo, sp.oo)) if bounds else sp.Integral(f, x)), pr, pg


I_, pr, pg = chain_1d(sp.Symbol("x"))
S = pr + pg
START_1D = I_(pr * sp.log(pr / S) + pg * sp.log(1 - pr / S))
KL_M = I_(pr * sp.log(2 * pr / S)), I_(pg * sp.log(2 * pg / S))

right(
    "shortest derivation",
    derivation_1d=[
        I_(pr * sp.log(pr / S) + pg * sp.log(pg / S)),
        I_(pr * sp.log(2 * pr / S / 2) + pg * sp.log(2 * pg / S) - pg * sp.log(2)),
        KL_M[0] + KL_M[1] - 2 * sp.log(2) * sp.Rational(1, 2) * I_(S),
        KL_M[0] + KL_M[1] - sp.log(4),
    ],
)
right(
    "two integrals from the start, as a tuple, repeated lines",
    derivation_1d=(
        I_(pr * sp.log(pr / S)) + I_(pg * sp.log(1 - pr / S)),
        I_(pr * sp.log(pr / S)) + I_(pg * sp.log(pg / S)),
        I_(pr * sp.log(pr / S)) + I_(pg * sp.log(pg / S)),
        I_(pr * (sp.log(pr) - sp.log(S))) + I_(pg * (sp.log(pg) - sp.log(S))),
        I_(pr * (sp.log(pr) - sp.log(S / 2))) + I_(pg * (sp.log(pg) - sp.log(S / 2))) - 2 * sp.log(2),
        I_(pr * sp.log(pr / (S / 2))) + I_(pg * sp.log(pg / (S / 2))) - 2 * sp.log(2),
        2 * (KL_M[0] / 2 + KL_M[1] / 2) - sp.log(4),
    ),
)
right(
    "one huge step",
    derivation_1d=[
        START_1D,
        KL_M[0] + KL_M[1] - sp.log(2) * I_(pr) - sp.log(2) * I_(pg),
        I_(pr * sp.log(2 * pr / S) + pg * sp.log(2 * pg / S)) - sp.log(2) * I_(pr) - sp.log(2),
        2 * (KL_M[0] + KL_M[1]) / 2 - sp.log(4),
    ],
)
right(
    "zero added in the integrand",
    derivation_1d=[
        START_1D,
        I_(pr * (sp.log(pr / S) + sp.log(2) - sp.log(2)) + pg * sp.log(pg / S)),
        I_(pr * (sp.log(pr / S) + sp.log(2)) + pg * (sp.log(pg / S) + sp.log(2)) - S * sp.log(2)),
        I_(pr * sp.log(2 * pr / S) + pg * sp.log(2 * pg / S)) - sp.log(2) * I_(S),
        I_(pr * sp.log(2 * pr / S) + pg * sp.log(2 * pg / S)) - 2 * sp.log(2),
    ],
)
T_, qr, qg = chain_1d(sp.Symbol("t", real=True), bounds=True, positive=True)
right(
    "another integration variable, from -oo to oo, positive densities, floats",
    derivation_1d=[
        T_(qr * sp.log(qr / (qr + qg)) + qg * sp.log(1.0 - qr / (qr + qg))),
        T_(qr * sp.log(qr / (2 * (0.5 * qr + 0.5 * qg))) + qg * sp.log(qg / (qr + qg))),
        T_(qr * sp.log(qr / (0.5 * (qr + qg)))) + T_(qg * sp.log(qg / (0.5 * (qr + qg)))) - 2 * sp.log(2) * T_(qr),
        2 * T_(0.5 * qr * sp.log(qr / (0.5 * (qr + qg))) + 0.5 * qg * sp.log(qg / (0.5 * (qr + qg)))) - sp.log(4),
    ],
)
right(
    "entropies on the way",
    derivation_1d=[
        START_1D,
        I_(pr * sp.log(pr)) + I_(pg * sp.log(pg)) - I_(S * sp.log(S)),
        I_(pr * sp.log(pr)) + I_(pg * sp.log(pg)) - I_(S * sp.log(S / 2)) - sp.log(2) * I_(S),
        2 * (I_(pr * sp.log(pr)) / 2 + I_(pg * sp.log(pg)) / 2 - I_(S / 2 * sp.log(S / 2))) - 2 * sp.log(2),
        2 * (sp.Rational(1, 2) * KL_M[0] + sp.Rational(1, 2) * KL_M[1]) - 2 * sp.log(2),
    ],
)

M_ = 0.5 * S
right(
    "decimals for logarithms, with reasons, as equations for V",
    derivation_1d=[
        (sp.Eq(sp.Symbol("V"), START_1D), "V at D*"),
        [I_(pr * (sp.log(pr / M_) - np.log(2)) + pg * (sp.log(pg / M_) - np.log(2))), "S = 2 M"],
        I_(pr * sp.log(pr / M_)) + I_(pg * sp.log(pg / M_)) - np.log(2) * I_(pr) - np.log(2) * I_(pg),
        (I_(pr * sp.log(pr / M_)) + I_(pg * sp.log(pg / M_)) - np.log(4), "densities integrate to 1"),
        2 * I_(0.5 * pr * sp.log(pr / M_) + 0.5 * pg * sp.log(pg / M_)) - np.log(4),
    ],
)
right(
    "integrals of densities as factors",
    derivation_1d=[
        START_1D,
        I_(pr * (sp.log(pr / S) + sp.log(2))) + I_(pg * (sp.log(pg / S) + sp.log(2))) - I_(S * sp.log(2)),
        KL_M[0] * I_(pg) + KL_M[1] - I_(pg * sp.log(2)) * I_(pr) - sp.log(2) * I_(pr),
        KL_M[0] + KL_M[1] - sp.log(2) * I_(pr) * I_(pr) - sp.log(2) * I_(pg),
        KL_M[0] + KL_M[1] - sp.log(4),
    ],
)

# 2a --------------------------------------------------------------------------------------------------------------

P, L, M = sp.symbols("P_A P_B_given_A P_B_given_not_A")

right("in odds form", bayes=1 / (1 + (M / L) * (1 - P) / P))
right("as an equation", bayes=sp.Eq(P * L / (P * L + (1 - P) * M), 0))
right("evidence multiplied out", bayes=P * L / (P * L + M - M * P))
right("complement", bayes=1 - M * (1 - P) / (L * P + M * (1 - P)))
right("sigmoid of log-odds", bayes=1 / (1 + sp.exp(-(sp.log(L) - sp.log(M) + sp.log(P) - sp.log(1 - P)))))
right("with assumptions and floats", bayes=sp.Symbol("P_A", positive=True) * L / (P * L + (1.0 - P) * M))


def prior_checked(prior: Any, likelihood: Any) -> tuple[Any, Any]:
    prior, likelihood = np.array(prior, dtype=float), np.array(likelihood, dtype=float)
    if prior.shape != likelihood.shape or np.isnan(prior).any() or np.isnan(likelihood).any():
        raise ValueError("nan or shapes")
    if prior.min() < 0 or likelihood.min() < 0 or abs(prior.sum() - 1) > 1e-8:
        raise ValueError("negative or unnormalised")
    return prior, likelihood


@answers("posterior")
def one_hypothesis_at_a_time(prior: Any, likelihood: Any) -> Any:
    prior, likelihood = prior_checked(prior, likelihood)
    evidence = math.fsum(u * v for u, v in zip(prior, likelihood, strict=True))
    if evidence == 0:
        raise ValueError("evidence")
    return [u * v / evidence for u, v in zip(prior, likelihood, strict=True)]


@answers("posterior")
def through_logarithms(prior: Any, likelihood: Any) -> Any:
    prior, likelihood = prior_checked(prior, likelihood)
    with np.errstate(divide="ignore"):
        logs = np.log(prior) + np.log(likelihood)
    if np.all(np.isneginf(logs)):
        raise ValueError("evidence")
    return np.exp(logs - np.logaddexp.reduce(logs))


@answers("posterior")
def in_place_on_a_copy(prior: Any, likelihood: Any) -> Any:
    prior, likelihood = prior_checked(prior, likelihood)
    prior *= likelihood
    if not prior.any():
        raise ValueError
    prior /= prior.sum()
    return prior


@answers("log_posterior")
def reduced_by_logaddexp(log_prior: Any, log_likelihood: Any) -> Any:
    joint = np.add(log_prior, log_likelihood)
    evidence = np.logaddexp.reduce(joint)
    if evidence == -np.inf:
        raise ValueError("impossible")
    return joint - evidence


@answers("log_posterior")
def shifted_by_the_maximum_as_a_list(log_prior: Any, log_likelihood: Any) -> Any:
    joint = np.asarray(log_prior, float) + np.asarray(log_likelihood, float)
    if not np.isfinite(joint.max()):
        raise ValueError("impossible")
    joint = joint - joint.max()
    return (joint - np.log(np.exp(joint).sum())).tolist()


# 2b --------------------------------------------------------------------------------------------------------------


def decoder(*arrays: Any) -> tuple[Any, ...]:
    return tuple(np.asarray(array, dtype=float) for array in arrays)


@answers("log_likelihood_exact")
def by_cholesky(x: Any, W: Any, b: Any, sigma: float) -> Any:
    x, W, b = decoder(x, W, b)
    factor = np.linalg.cholesky(W @ W.T + sigma**2 * np.eye(len(x)))
    whitened = np.linalg.solve(factor, x - b)
    return -len(x) / 2 * np.log(2 * np.pi) - np.log(np.diag(factor)).sum() - whitened @ whitened / 2


@answers("log_likelihood_exact")
def by_inverse_and_slogdet(x: Any, W: Any, b: Any, sigma: float) -> Any:
    x, W, b = decoder(x, W, b)
    covariance = W @ W.T + sigma * sigma * np.identity(x.shape[0])
    quadratic = (x - b).T @ np.linalg.inv(covariance) @ (x - b)
    return -0.5 * (np.linalg.slogdet(2 * np.pi * covariance)[1] + quadratic)


@answers("log_likelihood_exact")
def by_woodbury(x: Any, W: Any, b: Any, sigma: float) -> Any:
    x, W, b = decoder(x, W, b)
    d, k = W.shape
    inner = np.eye(k) + W.T @ W / sigma**2
    r = (x - b) / sigma
    projected = W.T @ r / sigma
    quadratic = r @ r - projected @ np.linalg.solve(inner, projected)
    return -0.5 * (d * math.log(2 * math.pi) + d * math.log(sigma**2) + np.linalg.slogdet(inner)[1] + quadratic)


@answers("log_likelihood_exact")
def by_eigenvalues(x: Any, W: Any, b: Any, sigma: float) -> Any:
    x, W, b = decoder(x, W, b)
    values, vectors = np.linalg.eigh(W @ W.T)
    values = np.maximum(values, 0) + sigma**2
    return float(-0.5 * np.sum(np.log(2 * np.pi * values) + (vectors.T @ (x - b)) ** 2 / values))


@answers("log_likelihood_monte_carlo")
def logaddexp_in_a_loop(x: Any, W: Any, b: Any, sigma: float, z: Any) -> Any:
    x, W, b, z = decoder(x, W, b, z)
    total = -math.inf
    for sample in z:
        deviation = (x - W @ sample - b) / sigma
        log_density = -0.5 * deviation @ deviation - len(x) * math.log(sigma * math.sqrt(2 * math.pi))
        total = np.logaddexp(total, log_density)
    return total - math.log(len(z))


@answers("log_likelihood_monte_carlo")
def norms_by_einsum(x: Any, W: Any, b: Any, sigma: float, z: Any) -> Any:
    x, W, b, z = decoder(x, W, b, z)
    residuals = (x - b)[None, :] - np.einsum("dk,sk->sd", W, z)
    logs = -np.einsum("sd,sd->s", residuals, residuals) / (2 * sigma**2)
    peak = logs.max()
    return peak + np.log(np.exp(logs - peak).mean()) - 0.5 * x.size * np.log(2 * np.pi * sigma**2)


@answers("elbo")
def energy_plus_entropy(x: Any, W: Any, b: Any, sigma: float, mu: Any, log_var: Any) -> Any:
    x, W, b, mu, log_var = decoder(x, W, b, mu, log_var)
    d, k = W.shape
    S = np.diag(np.exp(log_var))
    energy = -d / 2 * np.log(2 * np.pi * sigma**2) - np.sum((x - W @ mu - b) ** 2) / (2 * sigma**2)
    energy -= np.trace(W @ S @ W.T) / (2 * sigma**2)
    log_prior = -k / 2 * np.log(2 * np.pi) - 0.5 * (mu @ mu + np.trace(S))
    entropy = k / 2 * (1 + np.log(2 * np.pi)) + log_var.sum() / 2
    return energy + log_prior + entropy


@answers("elbo")
def log_likelihood_minus_gap(x: Any, W: Any, b: Any, sigma: float, mu: Any, log_var: Any) -> Any:
    x, W, b, mu, log_var = decoder(x, W, b, mu, log_var)
    d, k = W.shape
    precision = np.eye(k) + W.T @ W / sigma**2
    mean = np.linalg.solve(precision, W.T @ (x - b)) / sigma**2
    gap = 0.5 * (
        np.trace(precision @ np.diag(np.exp(log_var)))
        + (mu - mean) @ precision @ (mu - mean)
        - k
        - np.linalg.slogdet(precision)[1]
        - log_var.sum()
    )
    covariance = W @ W.T + sigma**2 * np.eye(d)
    evidence = -0.5 * (np.linalg.slogdet(2 * np.pi * covariance)[1] + (x - b) @ np.linalg.solve(covariance, x - b))
    return evidence - gap


right("pow", quadrature_cost=pow)
right("an integer of SymPy", quadrature_cost=lambda points, dimension: sp.Integer(points) ** dimension)
right(
    "a product",
    quadrature_cost=lambda points_per_axis, latent_dim: math.prod([points_per_axis] * latent_dim),
)


@answers("quadrature_cost")
def by_recursion(points_per_axis: int, latent_dim: int) -> int:
    if latent_dim == 0:
        return 1
    half = by_recursion(points_per_axis, latent_dim // 2)
    return half * half * (points_per_axis if latent_dim % 2 else 1)


# 2c --------------------------------------------------------------------------------------------------------------


def covariances(*matrices: Any) -> list[Any]:
    found = []
    for matrix in matrices:
        array = np.array(matrix, dtype=float)
        if np.abs(array - array.T).max() > 1e-8 * np.abs(array).max():
            raise ValueError("not symmetric")
        found.append(array)
    return found


@answers("kl_gaussians")
def inverse_with_cholesky_as_check(mu0: Any, Sigma0: Any, mu1: Any, Sigma1: Any) -> Any:
    Sigma0, Sigma1 = covariances(Sigma0, Sigma1)
    np.linalg.cholesky(Sigma0), np.linalg.cholesky(Sigma1)
    inverse, shift = np.linalg.inv(Sigma1), np.subtract(mu1, mu0)
    log_ratio = np.linalg.slogdet(Sigma1)[1] - np.linalg.slogdet(Sigma0)[1]
    return 0.5 * (np.trace(inverse @ Sigma0) + shift @ inverse @ shift - len(shift) + log_ratio)


@answers("kl_gaussians")
def eigenvalues_and_solve(mu0: Any, Sigma0: Any, mu1: Any, Sigma1: Any) -> Any:
    Sigma0, Sigma1 = covariances(Sigma0, Sigma1)
    values0, values1 = np.linalg.eigvalsh(Sigma0), np.linalg.eigvalsh(Sigma1)
    if values0.min() <= 0 or values1.min() <= 0:
        raise ValueError("not positive definite")
    shift = np.subtract(mu1, mu0)
    solved = np.linalg.solve(Sigma1, np.column_stack([Sigma0, shift]))
    trace, distance = np.trace(solved[:, :-1]), shift @ solved[:, -1]
    return (trace + distance - shift.size + np.log(values1).sum() - np.log(values0).sum()) / 2


@answers("kl_gaussians")
def factors_only(mu0: Any, Sigma0: Any, mu1: Any, Sigma1: Any) -> Any:
    L0, L1 = (np.linalg.cholesky(matrix) for matrix in covariances(Sigma0, Sigma1))
    T = np.linalg.solve(L1, L0)
    y = np.linalg.solve(L1, np.asarray(mu1, dtype=float) - np.asarray(mu0, dtype=float))
    logs = sum(math.log(t) for t in np.diag(L1)) - sum(math.log(t) for t in np.diag(L0))
    return float(0.5 * (np.sum(T * T) + np.sum(y * y) - len(y)) + logs)


@answers("kl_to_standard_normal")
def one_dimension_at_a_time(mu: Any, sigma: Any) -> Any:
    return sum((s**2 + m**2 - 1) / 2 - math.log(s) for m, s in zip(mu, sigma, strict=True))


@answers("kl_to_standard_normal")
def through_log_variances(mu: Any, sigma: Any) -> Any:
    log_var = 2 * np.log(sigma)
    return -0.5 * np.sum(1 + log_var - np.square(mu) - np.exp(log_var))


@answers("kl_to_standard_normal")
def from_the_general_formula(mu: Any, sigma: Any) -> Any:
    variances = np.asarray(sigma, dtype=float) ** 2
    return np.array(0.5 * (variances.sum() + np.dot(mu, mu) - len(mu) - np.log(variances).sum()))


i, j, K = sp.symbols("i j K", integer=True, positive=True)
mu, sigma = sp.IndexedBase("mu"), sp.IndexedBase("sigma")


def over(term: Any, index: Any = i) -> Any:
    return sp.Sum(term, (index, 1, K))


PRODUCT = sp.Product(sigma[i] ** 2, (i, 1, K))
HALF = sp.Rational(1, 2)

right(
    "determinant's logarithm negated at the start, log σ twice",
    derivation_2c=[
        HALF * (over(sigma[i] ** 2) + over(mu[i] ** 2) - K - sp.log(PRODUCT)),
        HALF * (over(sigma[i] ** 2) + over(mu[i] ** 2) - K - over(sp.log(sigma[i] ** 2))),
        HALF * (over(sigma[i] ** 2) + over(mu[i] ** 2) - K - 2 * over(sp.log(sigma[i]))),
        HALF * over(sigma[i] ** 2 + mu[i] ** 2 - 1 - 2 * sp.log(sigma[i])),
    ],
)
right(
    "another index, one sum early, separate sums at the end",
    derivation_2c=[
        (over(sigma[j] ** 2, j) + over(mu[j] ** 2, j) - K + sp.log(1 / sp.Product(sigma[j] ** 2, (j, 1, K)))) / 2,
        (over(sigma[j] ** 2 + mu[j] ** 2, j) - K - sp.log(sp.Product(sigma[j] ** 2, (j, 1, K)))) / 2,
        over(sigma[j] ** 2 + mu[j] ** 2, j) / 2 - K / 2 - over(sp.log(sigma[j] ** 2), j) / 2,
        over(sigma[j] ** 2, j) / 2 + over(mu[j] ** 2, j) / 2 - over(HALF, j) - over(sp.log(sigma[j]), j),
    ],
)
right(
    "the product's square taken out",
    derivation_2c=[
        (over(sigma[i] ** 2) + over(mu[i] ** 2) - K - sp.log(sp.Product(sigma[i], (i, 1, K)) ** 2)) / 2,
        (over(sigma[i] ** 2) + over(mu[i] ** 2) - K - 2 * sp.log(sp.Product(sigma[i], (i, 1, K)))) / 2,
        (over(sigma[i] ** 2) + over(mu[i] ** 2) - over(1) - 2 * over(sp.log(sigma[i]))) / 2,
        over(sigma[i] ** 2 + mu[i] ** 2 - 1 - sp.log(sigma[i] ** 2)) / 2,
    ],
)


def written_out(k: int) -> list[Any]:
    """The derivation for a fixed dimension."""
    s, m = [sigma[n] for n in range(1, k + 1)], [mu[n] for n in range(1, k + 1)]
    squares = sum(t**2 for t in s) + sum(t**2 for t in m)
    logs = sum(sp.log(t**2) for t in s)
    return [
        HALF * (squares - k + sp.log(1 / sp.prod([t**2 for t in s]))),
        HALF * (squares - k - sp.log(sp.prod([t**2 for t in s]))),
        HALF * (squares - k - logs),
        HALF * (sum(u**2 + v**2 - 1 - sp.log(u**2) for u, v in zip(s, m, strict=True))) + 0,
        sum(HALF * (u**2 + v**2 - 1 - 2 * sp.log(u)) for u, v in zip(s, m, strict=True)),
    ]


right("two dimensions written out", derivation_2c=written_out(2))
right("three dimensions written out, as a tuple", derivation_2c=tuple(written_out(3)))
right(
    "a long derivation with repetitions and floats",
    derivation_2c=[
        0.5 * (over(sigma[i] ** 2) + over(mu[i] ** 2) - K + sp.log(1 / PRODUCT)),
        0.5 * (over(sigma[i] ** 2) + over(mu[i] ** 2) - K + sp.log(1 / PRODUCT)),
        0.5 * (over(sigma[i] ** 2) + over(mu[i] ** 2) - K + sp.log(1) - sp.log(PRODUCT)),
        0.5 * (over(sigma[i] ** 2) + over(mu[i] ** 2) - K - over(sp.log(sigma[i] ** 2))),
        0.5 * (over(sigma[i] ** 2) + over(mu[i] ** 2) - over(1) - over(sp.log(sigma[i] ** 2))),
        0.5 * (over(sigma[i] ** 2 + mu[i] ** 2) - over(1 + sp.log(sigma[i] ** 2))),
        0.5 * over(sigma[i] ** 2 + mu[i] ** 2 - 1 - sp.log(sigma[i] ** 2)),
    ],
)
right(
    "exact fractions as factors",
    derivation_2c=[line * sp.Rational(fractions.Fraction(2, 2)) for line in written_out(4)],
)
