"""1c: which of eight candidates are divergences, and why the others are not."""

import numpy as np
from otter.test_files import test_case

from graders.answers import numeric
from graders.answers.misconception import misconception
from graders.answers.verdict import Wrong
from solutions.vaes_and_gans import q1c as reference  # noqa: F401  what the cases ask is recorded on it

OK_FORMAT = False

name = "q1c"
points = None

# Values of a candidate nearer to 0 than this are 0: the notebook asks for clear violations, beyond rounding.
ZERO = 1e-9
# The contract's tolerance for the sum of a distribution; two distributions this near are the same. It is larger
# than ZERO, so that what the tolerance makes of a candidate's value must not count: see `check_counterexample`.
SAME = 1e-8


def relative_entropy(p, q):
    """Σ p log(p/q), with 0 log 0 = 0, and infinite where q = 0 < p."""
    support = p > 0
    if np.any(q[support] == 0):
        return np.inf
    return float(np.sum(p[support] * np.log(p[support] / q[support])))


CANDIDATES = {
    "kl": relative_entropy,
    "reverse_kl": lambda p, q: relative_entropy(q, p),
    "js": lambda p, q: (relative_entropy(p, (p + q) / 2) + relative_entropy(q, (p + q) / 2)) / 2,
    "total_variation": lambda p, q: np.sum(np.abs(p - q)) / 2,
    "cross_entropy": lambda p, q: relative_entropy(p, q) - relative_entropy(p, np.ones_like(p)),
    "kl_minus_one": lambda p, q: relative_entropy(p, q) - 1,
    "l2_first_half": lambda p, q: float(np.linalg.norm((p - q)[: p.size // 2])),
    "inner_product": lambda p, q: float(p @ q),
}
# KL by Gibbs' inequality (Cover and Thomas, theorem 2.6.3), hence its reverse and JS; a metric has both axioms.
DIVERGENCES = ["kl", "reverse_kl", "js", "total_variation"]


def believing(**other):
    """The answers of someone who is wrong about some candidates only."""
    return {**{candidate: candidate in DIVERGENCES for candidate in CANDIDATES}, **other}


@misconception("q1c.order-of-arguments")
def order_of_arguments():
    """The axioms treat both arguments alike, so exchanging them keeps a divergence a divergence."""
    return believing(reverse_kl=False)


@misconception("q1c.cross-entropy-as-kl")
def cross_entropy_as_kl():
    """The cross-entropy differs from KL by the entropy of p. What is its value when p = q?"""
    return believing(cross_entropy=True)


@misconception("q1c.shift-keeps-divergence")
def shift_keeps_divergence():
    """A constant offset keeps the minimiser, but the axioms are about the values themselves."""
    return believing(kl_minus_one=True)


@misconception("q1c.zero-at-equality-is-enough")
def zero_at_equality_is_enough():
    """D(p, p) = 0 is one half of the second axiom. The other: D may vanish for no other pair."""
    return believing(l2_first_half=True)


@misconception("q1c.similarity-as-divergence")
def similarity_as_divergence():
    """The inner product measures similarity: look at its values for equal p and q, and for disjoint ones."""
    return believing(inner_product=True)


@misconception("q1c.metric-as-no-divergence")
def metric_as_no_divergence():
    """The total variation distance is even a metric. Does a metric fulfil the two axioms of a divergence?"""
    return believing(total_variation=False)


@misconception("q1c.js-as-average")
def js_as_average():
    """JS is an average of two KL divergences to the mixture. When does an average of non-negative terms vanish?"""
    return believing(js=False)


@misconception("q1c.symmetry-required")
def symmetry_required():
    """A divergence need not be symmetric: only D(p, q) ≥ 0 and D(p, q) = 0 iff p = q are asked for."""
    return believing(kl=False, reverse_kl=False)


@misconception("q1c.metric-required")
def metric_required():
    """A divergence need not be a metric: neither symmetry nor the triangle inequality is among the axioms."""
    return believing(kl=False, reverse_kl=False, js=False)


@misconception("q1c.non-negativity-is-enough")
def non_negativity_is_enough():
    """D(p, q) ≥ 0 is the first axiom only. The second says where D vanishes."""
    return believing(cross_entropy=True, l2_first_half=True, inner_product=True)


BELIEFS = [
    order_of_arguments,
    cross_entropy_as_kl,
    shift_keeps_divergence,
    zero_at_equality_is_enough,
    similarity_as_divergence,
    metric_as_no_divergence,
    js_as_average,
    symmetry_required,
    metric_required,
    non_negativity_is_enough,
]


@misconception("q1c.asymmetry-as-counterexample")
def asymmetry_as_counterexample(candidate):
    """Your pair shows that the order of p and q matters. No axiom forbids that: look at sign and zeros of D."""
    return [0.9, 0.05, 0.05], [0.2, 0.7, 0.1]


@misconception("q1c.difference-as-counterexample")
def difference_as_counterexample(candidate):
    """D is positive for your different p and q, just as the axioms want. Break one: where is D negative, or zero
    for different distributions, or not zero for equal ones?"""
    return [0.8, 0.2], [0.2, 0.8]


@misconception("q1c.zero-as-counterexample")
def zero_as_counterexample(candidate):
    """Your p and q are equal and D is zero, just as the axioms want."""
    return [0.1, 0.2, 0.7], [0.1, 0.2, 0.7]


@misconception("q1c.counterexample-without-mass-one")
def counterexample_without_mass_one(candidate):
    """The axioms are about distributions: your p and q must be non-negative and sum to 1."""
    return [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 4.0, 3.0]


def errors(verdicts):
    """The candidates of which the verdict is a wrong one."""
    return {
        candidate
        for candidate, verdict in verdicts.items()
        if issubclass(type(verdict), bool | np.bool_) and bool(verdict) != (candidate in DIVERGENCES)
    }


def check_beliefs(answer, *candidates):
    """The dict is right about the candidates; a wrong one is named by the whole dict if possible."""
    if answer is None or answer is Ellipsis or not issubclass(type(answer), dict):
        raise Wrong(
            f"is_divergence must be a dict, but it is {numeric.kind(answer)}.",
            note="answer.type",
            detail=numeric.shown(answer),
        )
    theirs = {candidate: dict.get(answer, candidate, Ellipsis) for candidate in CANDIDATES}
    for candidate in candidates:
        if theirs[candidate] is Ellipsis:
            raise Wrong(f"is_divergence says nothing about {candidate}.", note="answer.missing")
        if not issubclass(type(theirs[candidate]), bool | np.bool_):
            raise Wrong(
                f"is_divergence must say True or False of {candidate}, not {numeric.kind(theirs[candidate])}.",
                note="answer.type",
                detail=numeric.shown(answer),
            )
    wrong = errors(theirs)
    if not wrong & set(candidates):
        return
    # The whole dict tells a belief about divergences from a slip about one candidate.
    named = [belief for belief in BELIEFS if errors(belief()) == wrong]
    named += [belief for belief in BELIEFS if errors(belief()) <= wrong]
    for belief in named:
        if errors(belief()) & set(candidates):
            raise Wrong(belief.hint, note=belief.note, detail=f"{wrong}")
    raise Wrong("One of these is wrong: hold both axioms against it.", note="q1c.beliefs", detail=f"{wrong}")


def distributions(what, pair):
    """The two distributions of a pair that `what` returned."""
    entries = numeric.parts(pair)
    if entries is None or len(entries) != 2:
        raise Wrong(
            f"{what} must return a pair (p, q), but it returns {'None' if pair is None else 'something else'}.",
            note="answer.none" if pair is None else "answer.type",
            detail=numeric.shown(pair),
        )
    p, q = (numeric.vector(entry, f"each distribution of {what}") for entry in entries)
    if p.size != q.size:
        raise Wrong(f"The two distributions of {what} have different lengths.", note="answer.shape")
    if not all(np.all(entry >= 0) and abs(entry.sum() - 1) <= SAME for entry in (p, q)):
        raise Wrong(
            counterexample_without_mass_one.hint,
            note=counterexample_without_mass_one.note,
            detail=numeric.shown(pair),
        )
    return p, q


def check_counterexample(counterexample, candidate):
    """The pair for a candidate breaks an axiom, once the sums are 1 and what is the same is equal.

    Else the tolerances would do it: of [1] and [1 + 1e-8] the cross-entropy is negative, and the ℓ2 distance of
    two distributions that are the same up to 5e-9 is beyond rounding.
    """
    what = f'counterexample("{candidate}")'
    pair = distributions(what, numeric.result("counterexample", counterexample, candidate))
    p, q = (entry / entry.sum() for entry in pair)
    same = np.max(np.abs(p - q)) <= SAME
    if same:
        q = p
    value, exchanged = CANDIDATES[candidate](p, q), CANDIDATES[candidate](q, p)
    if value < -ZERO or (same and value > ZERO) or (not same and abs(value) <= ZERO):
        return
    if same:
        error = zero_as_counterexample
    elif abs(value - exchanged) > ZERO:
        error = asymmetry_as_counterexample
    else:
        error = difference_as_counterexample
    raise Wrong(error.hint, note=error.note, detail=f"{what} has the value {value}")


@test_case(points=0, name="q1c public: is_divergence")
def test_public_verdicts(is_divergence, counterexample):
    from vaegan_judge import laws, numeric

    laws.given("is_divergence", is_divergence)
    if numeric.kind(is_divergence) != "a dict":
        raise laws.Form(f"is_divergence must be a dict from names to booleans, not {numeric.kind(is_divergence)}.")
    names = ["kl", "reverse_kl", "js", "total_variation"]
    names += ["cross_entropy", "kl_minus_one", "l2_first_half", "inner_product"]
    for name in names:
        if name not in is_divergence:
            raise laws.Form(f'is_divergence says nothing about {name}: write `"{name}": True` or `False`.')
        if numeric.kind(is_divergence[name]) != "True or False":
            got = numeric.kind(is_divergence[name])
            raise laws.Form(f'is_divergence["{name}"] must be True or False, but it is {got}.')
    pairs = laws.returned("counterexample", counterexample, [(name,) for name in names])
    for name, pair in zip(names, pairs, strict=True):
        said, found = bool(is_divergence[name]), "None" if pair is None else "a pair"
        if said == (pair is not None):
            raise laws.Law(
                "A divergence has no counterexample, and everything else has one. But your "
                f'is_divergence["{name}"] is {said}, and counterexample("{name}") is {found}.'
            )


@test_case(points=0, name="q1c public: counterexample")
def test_public_counterexamples(counterexample):
    import numpy as np

    from vaegan_judge import laws

    def kl(p, q):
        some = p > 0
        return np.inf if np.any(q[some] == 0) else np.sum(p[some] * np.log(p[some] / q[some]))

    def values(name, p, q):
        """The candidate of the notebook, with 0 log 0 = 0."""
        half, m = len(p) // 2, (p + q) / 2
        return {
            "kl": lambda: kl(p, q),
            "reverse_kl": lambda: kl(q, p),
            "js": lambda: (kl(p, m) + kl(q, m)) / 2,
            "total_variation": lambda: np.sum(np.abs(p - q)) / 2,
            "cross_entropy": lambda: kl(p, q) - np.sum(p[p > 0] * np.log(p[p > 0])),
            "kl_minus_one": lambda: kl(p, q) - 1,
            "l2_first_half": lambda: np.sqrt(np.sum((p[:half] - q[:half]) ** 2)),
            "inner_product": lambda: np.sum(p * q),
        }[name]()

    names = ["kl", "reverse_kl", "js", "total_variation"]
    names += ["cross_entropy", "kl_minus_one", "l2_first_half", "inner_product"]
    pairs = laws.returned("counterexample", counterexample, [(name,) for name in names])
    if all(pair is None for pair in pairs):
        raise laws.Form("counterexample returns None for all eight candidates: is its `return` missing?")
    for name, pair in zip(names, pairs, strict=True):
        if pair is None:
            continue
        what = laws.called("counterexample", [name])
        p, q = laws.two_distributions(what, pair)
        p, q = p / p.sum(), q / q.sum()
        same = np.max(np.abs(p - q)) <= 1e-8
        value = values(name, p, p if same else q)
        if value < -1e-9 or (same and value > 1e-9) or (not same and abs(value) <= 1e-9):
            continue
        raise laws.Law(
            "A counterexample breaks an axiom: D(p, q) < 0, or D(p, q) = 0 for different p and q, or D(p, p) ≠ 0. "
            f"But {what} is a pair of {'equal' if same else 'different'} distributions with {name}(p, q) = "
            f"{laws.number(value)}, which breaks none."
        )


@test_case(points=0.5, name="q1c: kl and cross_entropy", hidden=True)
def test_kl_and_cross_entropy(is_divergence):
    check_beliefs(is_divergence, "kl", "cross_entropy")


@test_case(points=0.5, name="q1c: reverse_kl and kl_minus_one", hidden=True)
def test_reverse_kl_and_kl_minus_one(is_divergence):
    check_beliefs(is_divergence, "reverse_kl", "kl_minus_one")


@test_case(points=0.5, name="q1c: js and inner_product", hidden=True)
def test_js_and_inner_product(is_divergence):
    check_beliefs(is_divergence, "js", "inner_product")


@test_case(points=0.5, name="q1c: total_variation and l2_first_half", hidden=True)
def test_total_variation_and_l2_first_half(is_divergence):
    check_beliefs(is_divergence, "total_variation", "l2_first_half")


@test_case(points=0.5, name="q1c: counterexample to cross_entropy", hidden=True)
def test_against_cross_entropy(counterexample):
    check_counterexample(counterexample, "cross_entropy")


@test_case(points=0.5, name="q1c: counterexample to kl_minus_one", hidden=True)
def test_against_kl_minus_one(counterexample):
    check_counterexample(counterexample, "kl_minus_one")


@test_case(points=1, name="q1c: counterexample to l2_first_half", hidden=True)
def test_against_l2_first_half(counterexample):
    check_counterexample(counterexample, "l2_first_half")


@test_case(points=0.5, name="q1c: counterexample to inner_product", hidden=True)
def test_against_inner_product(counterexample):
    check_counterexample(counterexample, "inner_product")


@test_case(points=0.5, name="q1c: None for the divergences, and for them only", hidden=True)
def test_none_for_divergences(counterexample):
    pairs = numeric.results("counterexample", counterexample, [(candidate,) for candidate in CANDIDATES])
    for candidate, pair in zip(CANDIDATES, pairs, strict=True):
        if candidate not in DIVERGENCES:
            distributions(f'counterexample("{candidate}")', pair)
        elif pair is not None:
            raise Wrong(
                f'counterexample("{candidate}") must be None: no pair breaks an axiom.',
                note="q1c.counterexample-to-divergence",
                detail=numeric.shown(pair),
            )
