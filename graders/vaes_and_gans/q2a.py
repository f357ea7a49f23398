"""2a: Bayes' theorem, for an event, over hypotheses, and in logarithms."""

from typing import Any

import numpy as np
import sympy as sp
from otter.test_files import test_case

from graders.answers import numeric, symbolic
from graders.answers.misconception import misconception
from graders.answers.verdict import Wrong
from solutions.vaes_and_gans import q2a as reference

OK_FORMAT = False

name = "q2a"
points = None

PROBABILITIES = {"P_A": "probability", "P_B_given_A": "probability", "P_B_given_not_A": "probability"}
# The contract's error of log_posterior: logarithms of size 2e6 are 2e-10 apart.
LOG_ATOL = 2e-9


@misconception("q2a.inverted-conditional")
def inverted_conditional(P_A, P_B_given_A, P_B_given_not_A):
    """P(B|A) is not P(A|B): the prior probability of A has to enter."""
    return P_B_given_A


@misconception("q2a.evidence-forgotten")
def evidence_forgotten(P_A, P_B_given_A, P_B_given_not_A):
    """This is the joint probability P(A, B). Divide by the probability of B to condition on it."""
    return P_B_given_A * P_A


@misconception("q2a.complement-not-weighted")
def complement_not_weighted(P_A, P_B_given_A, P_B_given_not_A):
    """In the law of total probability each case is weighted by its probability: also the case "not A"."""
    return P_B_given_A * P_A / (P_B_given_A * P_A + P_B_given_not_A)


@misconception("q2a.equal-priors")
def equal_priors(P_A, P_B_given_A, P_B_given_not_A):
    """This holds only if A and "not A" are equally likely beforehand. The prior probability of A is missing."""
    return P_B_given_A / (P_B_given_A + P_B_given_not_A)


@misconception("q2a.complement-of-likelihood")
def complement_of_likelihood(P_A, P_B_given_A, P_B_given_not_A):
    """P(B|not A) is not 1 − P(B|A): probabilities of B under different conditions need not sum to 1."""
    return P_B_given_A * P_A / (P_B_given_A * P_A + (1 - P_B_given_A) * (1 - P_A))


@misconception("q2a.posterior-odds")
def posterior_odds(P_A, P_B_given_A, P_B_given_not_A):
    """These are the posterior odds, P(A|B) : P(not A|B). They can exceed 1, so they are not yet a probability."""
    return P_B_given_A * P_A / (P_B_given_not_A * (1 - P_A))


@misconception("q2a.evidence-is-mean")
def evidence_is_mean(P_A, P_B_given_A, P_B_given_not_A):
    """P(B) is a mean of P(B|A) and P(B|not A), but with the weights P(A) and P(not A), not with equal ones."""
    return 2 * P_B_given_A * P_A / (P_B_given_A + P_B_given_not_A)


@misconception("q2a.posterior-unnormalised")
def posterior_unnormalised(prior, likelihood):
    """Your posterior does not sum to 1: prior times likelihood still has to be divided by the evidence."""
    return np.asarray(prior) * np.asarray(likelihood)


@misconception("q2a.prior-ignored")
def prior_ignored(prior, likelihood):
    """You normalise the likelihood alone. The prior says how plausible each hypothesis was before."""
    return np.asarray(likelihood) / np.sum(likelihood)


@misconception("q2a.prior-added")
def prior_added(prior, likelihood):
    """Prior and likelihood are multiplied, P(h, data) = P(data|h) P(h), not added."""
    joint = np.asarray(prior) + np.asarray(likelihood)
    return joint / np.sum(joint)


@misconception("q2a.largest-scaled-to-one")
def largest_scaled_to_one(prior, likelihood):
    """You scale the largest entry to 1. Probabilities of all hypotheses together sum to 1."""
    joint = np.asarray(prior) * np.asarray(likelihood)
    return joint / np.max(joint)


@misconception("q2a.evidence-unweighted")
def evidence_unweighted(prior, likelihood):
    """The evidence weights each likelihood by its prior; the plain sum of the likelihoods is something else."""
    return np.asarray(prior) * np.asarray(likelihood) / np.sum(likelihood)


@misconception("q2a.softmax-of-probabilities")
def softmax_of_probabilities(prior, likelihood):
    """Softmax normalises logarithms. You have probabilities here: divide them by their sum."""
    joint = np.exp(np.asarray(prior) * np.asarray(likelihood))
    return joint / np.sum(joint)


@misconception("q2a.log-joint")
def log_joint(log_prior, log_likelihood):
    """Prior and likelihood are multiplied rightly, but the result is not normalised: exp of it must sum to 1."""
    return np.asarray(log_prior) + np.asarray(log_likelihood)


@misconception("q2a.logs-divided")
def logs_divided(log_prior, log_likelihood):
    """You divide the logarithms by their sum. It is their exponentials that must sum to 1."""
    joint = np.asarray(log_prior) + np.asarray(log_likelihood)
    return joint / np.sum(joint)


@misconception("q2a.log-not-taken")
def log_not_taken(log_prior, log_likelihood):
    """You return probabilities. Their logarithms are asked for."""
    joint = np.asarray(log_prior) + np.asarray(log_likelihood)
    shifted = np.exp(joint - np.max(joint))
    return shifted / np.sum(shifted)


@misconception("q2a.maximum-only")
def maximum_only(log_prior, log_likelihood):
    """You subtract the maximum, which is half of log-sum-exp. The logarithm of the remaining sum is missing."""
    joint = np.asarray(log_prior) + np.asarray(log_likelihood)
    return joint - np.max(joint)


@misconception("q2a.underflow")
def underflow(log_prior, log_likelihood):
    """Your formula is right on paper, but exp of very negative numbers is 0. Stay in logarithms: log-sum-exp."""
    joint = np.asarray(log_prior) + np.asarray(log_likelihood)
    return joint - np.log(np.sum(np.exp(joint)))


@misconception("q2a.epsilon-in-logarithm")
def epsilon_in_logarithm(log_prior, log_likelihood):
    """A small constant in the logarithm hides the underflow and leaves a wrong number. Shift by the maximum."""
    joint = np.asarray(log_prior) + np.asarray(log_likelihood)
    return joint - np.log(np.sum(np.exp(joint)) + 1e-12)


EVENTS = [
    inverted_conditional,
    evidence_forgotten,
    complement_not_weighted,
    equal_priors,
    complement_of_likelihood,
    posterior_odds,
    evidence_is_mean,
]
POSTERIORS = [
    posterior_unnormalised,
    prior_ignored,
    prior_added,
    largest_scaled_to_one,
    evidence_unweighted,
    softmax_of_probabilities,
]
LOG_POSTERIORS = [log_joint, logs_divided, log_not_taken, maximum_only, underflow, epsilon_in_logarithm]


def log_distribution(rng, n):
    """A prior over n hypotheses, in logarithms."""
    return np.log(rng.dirichlet(np.ones(n)))


@test_case(points=0, name="q2a public: bayes")
def test_public_bayes(bayes):
    from vaegan_judge import laws

    value = laws.expression("bayes", bayes, ["P_A", "P_B_given_A", "P_B_given_not_A"])
    # A table of cases: how many are A and B, A and not B, not A and B, not A and not B.
    for both, only_a, only_b, neither in [(2, 2, 1, 7), (3, 1, 6, 2), (1, 5, 1, 1)]:
        total = both + only_a + only_b + neither
        laws.equal(
            f"Count cases: of {total}, {both} are A and B, {only_a} are A only, {only_b} are B only. P(A|B) is "
            "the share of A among those that are B.",
            (
                "bayes",
                value(
                    P_A=(both + only_a) / total,
                    P_B_given_A=both / (both + only_a),
                    P_B_given_not_A=only_b / (only_b + neither),
                ),
            ),
            (f"{both} of {both + only_b}", both / (both + only_b)),
        )


@test_case(points=0, name="q2a public: posterior")
def test_public_posterior(posterior):
    import numpy as np

    from vaegan_judge import laws

    name, prior, likelihood = "posterior", [0.5, 0.25, 0.25], [0.5, 0.5, 1.0]
    inputs = [
        (prior, likelihood),
        (np.array(prior), np.array(likelihood)),
        (np.array([0, 1]), np.array([1, 1])),
        ([0.5, 0.5], [3.0, 0.0]),
        (np.array(prior), 1e-200 * np.array(likelihood)),
        (np.array(prior) * (1 + 5e-12), np.array(likelihood)),
        ([1.0], [0.3]),
    ]
    shapes = [(3,), (3,), (2,), (2,), (3,), (3,), (1,)]
    results = laws.arrays(name, posterior, inputs, shapes)
    laws.refuses(
        name,
        posterior,
        [
            *laws.no_distributions([0.5, 0.3, 0.2], at=0, of=2),
            ("a negative likelihood", ([0.5, 0.5], [0.5, -0.1])),
            ("a likelihood that is NaN", ([0.5, 0.5], [0.5, np.nan])),
            ("different lengths", ([0.5, 0.5], [0.5, 0.25, 0.25])),
            ("evidence of zero", ([0.5, 0.5], [0.0, 0.0])),
            ("evidence of zero", (np.array([1.0, 0.0]), np.array([0.0, 0.8]))),
        ],
    )
    known = [[0.4, 0.2, 0.4], [0.4, 0.2, 0.4], [0.0, 1.0], [1.0, 0.0], [0.4, 0.2, 0.4], [0.4, 0.2, 0.4], [1.0]]
    for arguments, result, shares in zip(inputs, results, known, strict=True):
        laws.equal(
            "The posterior is a distribution.",
            (f"the sum of {laws.called(name, arguments)}", result.sum()),
            ("", 1.0),
        )
        for k, (value, share) in enumerate(zip(result, shares, strict=True)):
            laws.equal(
                "Count cases: of 8, in 4 the first hypothesis is true, in 2 each the second and the third; the "
                "data are seen in 2, 1 and 2 of them, so among those the shares are 2 : 1 : 2. What "
                "is impossible has posterior 0, and a common factor of the likelihoods changes nothing.",
                *((f"entry {k} of {laws.called(name, arguments)}", value), ("", share)),
            )


@test_case(points=0, name="q2a public: log_posterior")
def test_public_log_posterior(log_posterior):
    import numpy as np

    from vaegan_judge import laws

    name = "log_posterior"
    log_prior, log_likelihood = np.log([0.5, 0.25, 0.25]), np.log([0.5, 0.5, 1.0])
    shifts = [0.0, -40.0, -1e3, -9e5]
    inputs = [
        *[(log_prior, log_likelihood + shift) for shift in shifts],
        (list(log_prior), list(log_likelihood)),
        (np.array([0.0]), np.array([-3.0])),
        (np.log([0.5, 0.5]), np.array([-np.inf, -2.0])),
        (np.array([-np.inf, 0.0]), np.array([-1.0, -2e5])),
    ]
    shapes = [(3,)] * 5 + [(1,), (2,), (2,)]
    results = laws.arrays(name, log_posterior, inputs, shapes)
    laws.refuses(
        name,
        log_posterior,
        [
            ("likelihoods that leave no hypothesis", (np.log([0.5, 0.5]), np.array([-np.inf, -np.inf]))),
            ("a prior and likelihoods that exclude all", (np.array([-np.inf, 0.0]), np.array([-1.0, -np.inf]))),
        ],
    )
    for arguments, result in zip(inputs, results, strict=True):
        laws.equal(
            "The exponentials of the result are a distribution.",
            (f"the sum of exp of {laws.called(name, arguments)}", float(np.sum(np.exp(result)))),
            ("", 1.0),
            atol=1e-8,
        )
    shares = ("2 of 5", np.log(0.4)), ("1 of 5", np.log(0.2)), ("2 of 5", np.log(0.4))
    for arguments, result in zip(inputs[:5], results[:5], strict=True):
        for k, (cases, wanted) in enumerate(shares):
            laws.equal(
                "Count cases as for posterior, 2 : 1 : 2; what all log-likelihoods share changes nothing.",
                (f"entry {k} of {laws.called(name, arguments)}", result[k]),
                (f"the log of {cases}", float(wanted)),
                rtol=0,
                atol=2e-9,
            )
    for arguments, result in zip(inputs[5:], results[5:], strict=True):
        laws.equal(
            "Where a single hypothesis is possible, it is certain: its log is 0.",
            (f"the last entry of {laws.called(name, arguments)}", result[-1]),
            ("", 0.0),
        )


@test_case(points=3, name="q2a: Bayes' theorem", hidden=True)
def test_bayes(bayes):
    symbolic.check("bayes", bayes, reference.bayes, PROBABILITIES, misconceptions=EVENTS)
    a, b_given_a, b_given_not_a = sp.symbols("P_A P_B_given_A P_B_given_not_A")
    symbolic.check("bayes", bayes, a * b_given_a / (a * b_given_a + (1 - a) * b_given_not_a), PROBABILITIES)


@test_case(points=1.5, name="q2a: posteriors", hidden=True)
def test_posterior(posterior):
    rng = numeric.generator("q2a posterior")
    inputs: list[Any] = [(rng.dirichlet(np.ones(n)), rng.uniform(size=n)) for n in (2, 3, 5, 40)]
    inputs += [(rng.dirichlet(np.ones(4)), rng.exponential(size=4) * 10.0**power) for power in (-200, -20, 2, 150)]
    inputs += [(list(rng.dirichlet(np.ones(3))), list(rng.uniform(size=3)))]
    numeric.check_function("posterior", posterior, reference.posterior, inputs, misconceptions=POSTERIORS)
    # A disease of one in a hundred, a test that is right in nine of ten cases: 1/12.
    facts = [(([0.01, 0.99], [0.9, 0.1]), np.array([1 / 12, 11 / 12]))]
    facts += [(([0.5, 0.25, 0.25], [2e-300, 4e-300, 4e-300]), np.full(3, 1 / 3))]
    numeric.check_values("posterior", posterior, facts)


@test_case(points=0.5, name="q2a: impossible hypotheses", hidden=True)
def test_impossible(posterior):
    rng = numeric.generator("q2a impossible")
    inputs = [
        (np.array([0.0, 0.4, 0.6]), rng.uniform(0.1, 1, size=3)),
        (rng.dirichlet(np.ones(4)), np.array([0.0, 0.3, 0.0, 0.9])),
        (np.array([0.5, 0.0, 0.5]), np.array([0.0, 0.7, 0.2])),
        ([0, 1], [0.25, 0.5]),
        (np.array([1.0]), np.array([0.3])),
        (np.array([0.25, 0.75]), np.array([1, 0])),
    ]
    numeric.check_function("posterior", posterior, reference.posterior, inputs, misconceptions=POSTERIORS)


@test_case(points=0.5, name="q2a: evidence one by one or all at once", hidden=True)
def test_sequential(posterior):
    rng = numeric.generator("q2a sequential")
    for n in (2, 3, 6):
        prior, one, other = rng.dirichlet(np.ones(n)), rng.uniform(0.1, 1, n), rng.uniform(0.1, 1, n)
        # No posterior is among the arguments, as a prior of the next step would be: a notebook could hold its
        # guesses against it. That the prior counts once is as much.
        made = numeric.check_function(
            "posterior",
            posterior,
            reference.posterior,
            [(prior, one), (prior, other), (prior, one * other)],
            hint="Independent pieces of evidence lead to one posterior, whether they come one by one or together, "
            "but one of yours is wrong.",
            misconceptions=POSTERIORS,
        )
        first, second, both = (numeric.array(did.value, (n,), "posterior") for did in made)
        stepwise = first * second / prior
        if not numeric.close(both, stepwise / stepwise.sum()) or numeric.close(both, prior):
            raise Wrong(
                "Independent pieces of evidence lead to one posterior, whether they come one by one or together.",
                note="q2a.not-sequential",
            )


@test_case(points=1, name="q2a: refuses what is no prior or likelihood, keeps its arguments", hidden=True)
def test_contract(posterior):
    valid = [
        (np.array([0.2, 0.3, 0.5]), np.array([0.9, 0.1, 0.4])),
        (np.array([0.5, 0.5]), np.array([3.0, 0.0])),
        # Off by a thousandth of what the contract allows; a prior that is none is far more than that off.
        (np.array([0.25, 0.25, 0.5]) * (1 + 5e-12), np.array([0.5, 0.2, 0.1])),
    ]
    likelihood = np.array([0.5, 0.25])
    numeric.check_refuses(
        "posterior",
        posterior,
        reference.posterior,
        [
            ("a prior with negative mass", (np.array([1.25, -0.25]), likelihood)),
            ("a prior that sums to less than 1", (np.array([0.5, 0.4]), likelihood)),
            ("a prior that sums to more than 1", (np.array([0.5, 0.5 + 1e-3]), likelihood)),
            ("a prior with a NaN", (np.array([0.5, np.nan]), likelihood)),
            ("a negative likelihood", (np.array([0.5, 0.5]), np.array([0.5, -0.1]))),
            ("a likelihood that is NaN", (np.array([0.5, 0.5]), np.array([0.5, np.nan]))),
            ("a prior and a likelihood of different lengths", (np.array([0.2, 0.3, 0.5]), likelihood)),
            ("an evidence of zero", (np.array([0.5, 0.5]), np.array([0.0, 0.0]))),
            ("an evidence of zero", (np.array([1.0, 0.0]), np.array([0.0, 0.8]))),
        ],
        valid=valid,
        misconceptions=POSTERIORS,
    )
    numeric.check_pure("posterior", posterior, reference.posterior, valid)


@test_case(points=1.5, name="q2a: posteriors in logarithms", hidden=True)
def test_log_posterior(log_posterior):
    rng = numeric.generator("q2a log posterior")
    inputs: list[Any] = [(log_distribution(rng, n), -rng.exponential(size=n) * 5) for n in (1, 2, 3, 30)]
    inputs += [(list(log_distribution(rng, 4)), list(rng.normal(size=4)))]
    inputs += [(log_distribution(rng, 3), rng.normal(-40, 1, size=3))]
    numeric.check_function(
        "log_posterior",
        log_posterior,
        reference.log_posterior,
        inputs,
        rtol=0,
        atol=LOG_ATOL,
        misconceptions=LOG_POSTERIORS,
    )
    # 1/2 · 1/10 : 1/4 · 2/5 : 1/4 · 1/5 is 1 : 2 : 1
    known = [((np.log([0.5, 0.25, 0.25]), np.log([0.1, 0.4, 0.2])), np.log([0.25, 0.5, 0.25]))]
    numeric.check_values("log_posterior", log_posterior, known, rtol=0, atol=LOG_ATOL)


@test_case(points=1, name="q2a: log-likelihoods of much data", hidden=True)
def test_much_data(log_posterior):
    rng = numeric.generator("q2a much data")
    inputs = [(log_distribution(rng, 5), rng.normal(-size, 3, size=5)) for size in (800, 1e4, 999_000)]
    inputs += [
        (log_distribution(rng, 3), np.array([-1e6, 0.0, -1e3])),
        (np.array([-1e6, 0.0]), np.array([0.0, -1e6])),
    ]
    numeric.check_function(
        "log_posterior",
        log_posterior,
        reference.log_posterior,
        inputs,
        rtol=0,
        atol=LOG_ATOL,
        hint="log_posterior loses its way where the likelihoods themselves are zero in floating point.",
        misconceptions=LOG_POSTERIORS,
    )
    # A disease of one in a hundred, a test that is right in nine of ten cases, and other data with one likelihood.
    known = np.log([1 / 12, 11 / 12])
    facts = [((np.log([0.01, 0.99]), np.log([0.9, 0.1]) - size), known) for size in (0.0, 1e3, 9e5)]
    numeric.check_values("log_posterior", log_posterior, facts, rtol=0, atol=LOG_ATOL)


@test_case(points=1, name="q2a: impossible hypotheses in logarithms", hidden=True)
def test_log_contract(log_posterior):
    rng = numeric.generator("q2a log contract")
    never = -np.inf
    valid = [
        (np.array([never, *log_distribution(rng, 3)]), rng.normal(size=4)),
        (log_distribution(rng, 3), np.array([-2.0, never, -1e5])),
        (np.array([never, np.log(0.5), np.log(0.5)]), np.array([0.0, never, -3.0])),
    ]
    numeric.check_refuses(
        "log_posterior",
        log_posterior,
        reference.log_posterior,
        [
            ("likelihoods that leave no hypothesis", (np.log([0.5, 0.5]), np.array([never, never]))),
            (
                "a prior and likelihoods that leave no hypothesis",
                (np.array([never, 0.0]), np.array([-1.0, never])),
            ),
        ],
        valid=valid,
        rtol=0,
        atol=LOG_ATOL,
        misconceptions=LOG_POSTERIORS,
    )
    numeric.check_pure("log_posterior", log_posterior, reference.log_posterior, valid, rtol=0, atol=LOG_ATOL)
