"""The symbolic judge: right forms pass, wrong ones never do, hostile ones cost nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.answers.misconception import misconception
from graders.answers.parse import parse
from graders.answers.symbolic import Comparison, check, compare
from graders.answers.verdict import Undecided, Wrong

DENSITIES = {"p_r": "positive", "p_g": "positive"}
BITS = {"p": "probability", "q": "probability"}
GAUSS = {"mu": "real", "sigma": "positive", "v": "positive", "x": "real"}
LOGIT = {"a": "real"}
EVENTS = {"P_A": "probability", "P_B_given_A": "probability", "P_B_given_not_A": "probability"}


def verdict(answer: str, reference: str, domains: dict[str, str], **options: Any) -> str:
    return compare(parse(answer), parse(reference), domains, **options).verdict


BERNOULLI = "p*log(p/q) + (1 - p)*log((1 - p)/(1 - q))"
JS = "p*log(2*p/(p + q))/2 + q*log(2*q/(p + q))/2"
KL = "log(1/sigma) + (sigma**2 + mu**2)/2 - 1/2"

EQUAL = [
    # Bernoulli KL: split, combined, with log-odds
    (BERNOULLI, "p*log(p) - p*log(q) + (1 - p)*log(1 - p) - (1 - p)*log(1 - q)", BITS),
    (BERNOULLI, "p*(log(p/(1 - p)) - log(q/(1 - q))) + log((1 - p)/(1 - q))", BITS),
    (BERNOULLI, "log((p/q)**p*((1 - p)/(1 - q))**(1 - p))", BITS),
    # Jensen-Shannon as entropies, as KL to the mixture, without the half inside
    (JS, "(p*log(p) + q*log(q))/2 - (p + q)/2*log((p + q)/2)", BITS),
    (JS, "p/2*(log(p) - log((p + q)/2)) + q/2*(log(q) - log((p + q)/2))", BITS),
    (JS, "(p*log(p/(p + q)) + q*log(q/(p + q)))/2 + (p + q)*log(2)/2", BITS),
    ("-log(4)", "-2*log(2)", {}),
    ("log(1/4)", "-log(4)", {}),
    # Gaussians: log-variance against standard deviation, completed squares
    (KL, "(mu**2 + sigma**2 - 1 - log(sigma**2))/2", GAUSS),
    (KL, "(mu**2 + exp(2*log(sigma)) - 1 - 2*log(sigma))/2", GAUSS),
    (KL, "((mu + 1)**2 - 2*mu - 2 + sigma**2)/2 - log(sigma)", GAUSS),
    ("(exp(x) - x - 1 + mu**2)/2", "(mu**2 - 1 - log(exp(x)) + exp(x))/2", GAUSS),
    ("x**2 - 2*mu*x/(1 + v)", "(x - mu/(1 + v))**2 - mu**2/(1 + v)**2", GAUSS),
    ("log(exp(-(x - mu)**2/(2*v))/sqrt(2*pi*v))", "-(x - mu)**2/(2*v) - log(2*pi)/2 - log(v)/2", GAUSS),
    # Logistic and softplus forms
    ("-1/(1 + exp(-a))", "-exp(a)/(1 + exp(a))", LOGIT),
    ("-1/(1 + exp(-a))", "-(1 + tanh(a/2))/2", LOGIT),
    ("-1/(1 + exp(a))", "1/(1 + exp(-a)) - 1", LOGIT),
    ("log(1 - 1/(1 + exp(-a)))", "-log(1 + exp(a))", LOGIT),
    ("log(1 + exp(-a))", "Max(-a, 0) + log(1 + exp(-Abs(a)))", LOGIT),
    ("1/(1 + exp(-a))", "exp(a/2)/(2*cosh(a/2))", LOGIT),
    # The optimal discriminator, Bayes
    ("p_r/(p_r + p_g)", "1/(1 + p_g/p_r)", DENSITIES),
    ("p_r/(p_r + p_g)", "1/(1 + exp(log(p_g) - log(p_r)))", DENSITIES),
    ("p_r/(p_r + p_g)", "1 - p_g/(p_r + p_g)", DENSITIES),
    ("p_r/D - p_g/(1 - D)", "(p_r - D*(p_r + p_g))/(D*(1 - D))", {**DENSITIES, "D": "probability"}),
    (
        "P_A*P_B_given_A/(P_A*P_B_given_A + (1 - P_A)*P_B_given_not_A)",
        "1/(1 + P_B_given_not_A*(1/P_A - 1)/P_B_given_A)",
        EVENTS,
    ),
    (
        "P_A*P_B_given_A/(P_A*P_B_given_A + (1 - P_A)*P_B_given_not_A)",
        "1/(1 + exp(-log(P_A/(1 - P_A)) - log(P_B_given_A/P_B_given_not_A)))",
        EVENTS,
    ),
    # Sums over a symbolic size, floats, removable gaps, complex numbers, unknown functions
    ("Sum(mu[i]**2 + 1, (i, 1, K))", "Sum(mu[j]**2, (j, 1, K)) + K", {"mu": "real", "K": "integer"}),
    ("-log(Product(sigma[i]**2, (i, 1, K)))", "Sum(-2*log(sigma[i]), (i, 1, K))", {"sigma": "positive"}),
    ("0.5*x + 0.1", "x/2 + 1/10", GAUSS),
    ("1/3", "0.333333333333333", {}),
    ("x*log(4) - log(1/2)", "1.38629436111989*x + 0.693147180559945", GAUSS),
    ("x**2/3 + sqrt(2)", "0.333333333333333*x**2.0 + 1.41421356237310", GAUSS),
    ("p_r/(p_r + p_g)", "0.1*p_r/(0.3*p_r*0.333333333333333 + 0.1*p_g)", DENSITIES),
    ("(x**2 - 1)/(x + 1)", "x - 1", GAUSS),
    ("sin(z)**2 + cos(z)**2", "1", {"z": "complex"}),
    ("exp(I*pi*n)", "(-1)**n", {"n": "integer"}),
    ("f(x + x) + f(2)", "f(2*x) + f(4/2)", {"x": "real", "f": "positive"}),
    ("log(f(x)**2)", "2*log(f(x))", {"x": "real", "f": "positive"}),
    ("oo", "oo + 3", {}),
    ("1/0", "1/0", {}),
]

DIFFERENT = [
    (BERNOULLI, "q*log(q/p) + (1 - q)*log((1 - q)/(1 - p))", BITS),
    (BERNOULLI, "p*log(p/q) - (1 - p)*log((1 - p)/(1 - q))", BITS),
    (BERNOULLI, f"({BERNOULLI})/log(2)", BITS),
    (JS, f"2*({JS})", BITS),
    (JS, f"({JS})*(1 + 1/10**6)", BITS),
    (KL, "(mu**2 + sigma**2 - 1 - log(sigma))/2", GAUSS),
    (KL, "(mu**2 + sigma - 1 - log(sigma))/2", GAUSS),
    (KL, f"{KL} + 1/10**30", GAUSS),
    ("-1/(1 + exp(-a))", "1/(1 + exp(-a))", LOGIT),
    ("p_r/(p_r + p_g)", "p_g/(p_r + p_g)", DENSITIES),
    ("-log(4)", "-1.386294", {}),
    ("1/3", "0.333", {}),
    ("x/3", "0.33333333333*x", GAUSS),
    ("x*log(2)", "0.69*x", GAUSS),
    ("x*log(2)", "0.693147180*x", GAUSS),
    ("x", "(1 + 1e-9)*x", GAUSS),
    ("x", "1.000000000001*x", GAUSS),
    ("x + log(2)", "x + 0.693147180559945 + 1e-9", GAUSS),
    ("log(x**2)", "2*log(x)", GAUSS),
    ("sqrt(x**2)", "x", GAUSS),
    ("7**(x + 7)*log(7)", "7**(x + 8)*log(7)", GAUSS),
    ("1/(x - x)", "x", GAUSS),
    ("1/0", "1", {}),
    ("log(0)", "x", GAUSS),
    ("oo", "10", {}),
    ("-oo", "oo", {}),
    ("f(1) + f(2)", "f(1) + f(3)", {"f": "real"}),
    ("Sum(mu[i]**2, (i, 1, K))", "Sum(mu[i]**2, (i, 2, K))", {"mu": "real"}),
    ("Sum(mu[i], (i, 1, K))**2", "Sum(mu[i]**2, (i, 1, K))", {"mu": "real"}),
]


@pytest.mark.parametrize(("answer", "reference", "domains"), EQUAL)
def test_equal_forms_are_accepted(answer: str, reference: str, domains: dict[str, str]) -> None:
    assert verdict(answer, reference, domains) == "equal"
    assert verdict(reference, answer, domains, seed=5) == "equal"


@pytest.mark.parametrize(("answer", "reference", "domains"), DIFFERENT)
def test_different_forms_are_rejected_with_a_witness(answer: str, reference: str, domains: dict[str, str]) -> None:
    result = compare(parse(answer), parse(reference), domains)
    assert result.verdict == "different"
    # A constant needs no point.
    assert bool(result.witness) == bool(domains.keys() - {"f"})
    assert result.reason


def test_the_domain_decides() -> None:
    pair = "log(x**2)", "2*log(x)"
    assert verdict(*pair, {"x": "positive"}) == "equal"
    assert verdict(*pair, {"x": "probability"}) == "equal"
    assert verdict(*pair, {"x": "real"}) == "different"
    assert verdict(*pair, {"x": "complex"}) == "different"
    assert verdict(*pair, {"x": "real"}, partial=True) == "equal"
    assert verdict("sqrt(x**2)", "x", {"x": "real"}, partial=True) == "different"
    assert verdict("sin(pi*n)", "0", {"n": "integer"}) == "equal"
    assert verdict("sin(pi*n)", "0", {"n": "real"}) == "different"
    assert verdict("Abs(z)", "z", {"z": "probability"}) == "equal"


def test_constraints_are_substituted() -> None:
    entropy = "p*log(p) + q*log(q) + r*log(r)"
    written_out = "p*log(p) + q*log(q) + (1 - p - q)*log(1 - p - q)"
    domains = {**BITS, "r": "probability"}
    assert verdict(entropy, written_out, domains) == "different"
    assert verdict(entropy, written_out, domains, where={"r": 1 - sp.Symbol("p") - sp.Symbol("q")}) == "equal"
    result = compare(parse("r"), parse("p"), domains, where={"r": parse("1 - p - q")})
    assert result.verdict == "different"


def test_symbols_are_matched_by_name_whatever_their_assumptions() -> None:
    ours = sp.Symbol("p_r") / (sp.Symbol("p_r") + sp.Symbol("p_g"))
    theirs = 1 / (1 + sp.Symbol("p_g", positive=True) / sp.Symbol("p_r", real=True))
    assert compare(theirs, ours, DENSITIES) == compare(theirs, ours, DENSITIES)
    assert compare(theirs, ours, DENSITIES).verdict == "equal"


STEEP = "exp(-exp(exp(exp(9 + x**2))))"


def test_what_cannot_be_evaluated_is_no_proof_of_a_difference() -> None:
    assert compare(parse(STEEP), parse("0"), GAUSS).verdict == "undecided"
    with pytest.raises(Undecided):
        check("f", parse("x"), parse(STEEP), GAUSS)


ORDINARY = "p_r/(p_r + p_g)"


@pytest.mark.parametrize("exponent", [17025, 17026, 17027, 17028])
def test_a_term_as_small_as_what_is_called_close_leaves_nothing_open(exponent: int) -> None:
    answer = parse(f"{ORDINARY} + exp({exponent}/4)*(sin(1)**2 + cos(1)**2 - 1)")
    for seed in range(1, 5):
        found = compare(answer, parse(ORDINARY), {"p_r": "positive", "p_g": "positive"}, seed=seed)
        assert found.verdict == "equal" or found.by_answer, found


UNJUDGEABLE = [
    f"{ORDINARY}*floor(sin(p_r)**2 + cos(p_r)**2)",
    f"{ORDINARY}*(1/(sin(p_g)**2 + cos(p_g)**2 - 1))**0.5",
    f"{ORDINARY}*sign(log(4) - 2*log(2) + 0*p_r)",
    f"Piecewise((floor(sin(p_r)**2 + cos(p_r)**2)*{ORDINARY}, p_r > 100), ({ORDINARY}, True))",
    f"{ORDINARY} + exp(-exp(20 + p_r))",
    f"{ORDINARY} + exp(-exp(20))",
    f"{ORDINARY}*Sum(1, (i, 1, 10**9))/10**9",
]


@pytest.mark.parametrize("answer", UNJUDGEABLE)
def test_nobody_chooses_to_be_undecided(answer: str) -> None:
    """Whoever hands in what cannot be evaluated has no right answer, and no way to leave the question open."""
    with pytest.raises(Wrong) as caught:
        check("D_star", unsimplified(answer), D_STAR, DENSITIES)
    assert caught.value.note in ("answer.undecidable", "answer.wrong"), caught.value


def unsimplified(text: str) -> Any:
    with sp.evaluate(False):
        return parse(text)


RIGHT_IN_PART = {
    "near 1": "Piecewise((D, D < 999/1000), (2*D, True))",
    "near 0": "Piecewise((D, D > 1/10**6), (0, True))",
    "near a half": "Piecewise((D, Abs(D - 1/2) > 1/10**9), (0, True))",
    "a narrow window": "Piecewise((Piecewise((0, D < 5001/10000), (D, True)), D > 1/2), (D, True))",
    "undefined in part": "D + 0*Piecewise((1, D < 9/10), (1/0, True))",
    "a fold": "D + Max(0, D - 99/100)",
    "an absolute value": "D + Abs(D - 1/100) - D + 1/100",
    "a root of a square": "D + ((D - 3/7)**2)**0.5 + ((D - 4/9)**2)**0.5 - ((2*D - 3/7 - 4/9)**2)**0.5",
    "rounding": "D + floor(D + 1/50)",
}


@pytest.mark.parametrize("name", RIGHT_IN_PART)
def test_what_is_right_on_a_part_of_the_domain_is_wrong(name: str) -> None:
    answer = unsimplified(RIGHT_IN_PART[name])
    for seed in range(5):
        assert compare(answer, parse("D"), {"D": "probability"}, seed=seed).verdict == "different", seed


def test_what_is_right_where_symbols_are_apart_is_wrong() -> None:
    answer = parse("Piecewise((p_r/(p_r + p_g), Abs(p_r - p_g) > p_r/10**5), (p_g/(p_r + p_g), True))")
    assert compare(answer, D_STAR, DENSITIES).verdict == "different"


TINY = ["1/10**60", "1/10**300", "1/10**1000", "2**(-4000)", "exp(-700)", "(1/10**400)**5", "2**(1/10**500) - 1"]


@pytest.mark.parametrize("tiny", TINY)
def test_a_tiny_difference_is_a_difference(tiny: str) -> None:
    answer = unsimplified(f"p_r/(p_r + p_g) + {tiny}")
    assert compare(answer, D_STAR, DENSITIES).verdict == "different"


@pytest.mark.parametrize("bits", [20, 75, 200, 1000, 4000])
def test_a_difference_quotient_is_no_derivative(bits: int) -> None:
    a, h = sp.Symbol("a"), sp.Rational(1, 2**bits)
    loss = sp.Lambda(a, -sp.log(1 + sp.exp(a)))
    with pytest.raises(Wrong):
        check("slope", (loss(a + h) - loss(a)) / h, sp.diff(loss(a), a), LOGIT)


def test_the_points_depend_on_the_answer_and_on_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = [parse("x + 1"), parse("x + 2")]
    seen = {compare(answer, parse("x"), GAUSS, seed=seed).witness for answer in wrong for seed in (1, 2, 10**40)}
    assert len(seen) == 6
    default = compare(wrong[0], parse("x"), GAUSS)
    monkeypatch.setenv("VAEGAN_SEED", str(10**30))
    assert compare(wrong[0], parse("x"), GAUSS).witness != default.witness


def test_sums_are_compared_beyond_five_terms() -> None:
    short = "Sum(mu[i], (i, 1, K)) + Product(K - j, (j, 1, 5))*mu[1]"
    assert compare(parse(short), parse("Sum(mu[i], (i, 1, K))"), {"mu": "real"}).verdict == "different"


def test_a_limit_of_a_means_name_leaves_the_means_real() -> None:
    answer, right = "Sum(mu[i]*(1 + sin(pi*mu[i])), (i, 1, mu))", "Sum(mu[i], (i, 1, mu))"
    assert compare(parse(answer), parse(right), {"mu": "integer"}).verdict == "equal"
    for domains in ({"mu": "real"}, {"mu": "positive"}):
        assert compare(parse(answer), parse(right), domains).verdict != "equal"


def test_pieces_and_conditions() -> None:
    x = sp.Symbol("x", real=True)
    relu = sp.Piecewise((x, x > 0), (0, True))
    assert compare(relu, sp.Max(x, 0), GAUSS).verdict == "equal"
    assert compare(relu, (x + sp.Abs(x)) / 2, GAUSS).verdict == "equal"
    assert compare(relu, x, GAUSS).verdict == "different"


def test_matrices_written_out() -> None:
    a, b = sp.symbols("a b", positive=True)
    sigma = sp.ImmutableDenseMatrix([[a, 0], [0, b]])
    domains = {"a": "positive", "b": "positive"}
    assert compare(sp.Trace(sigma * sigma), a**2 + b**2, domains).verdict == "equal"
    assert compare(sp.log(sp.Determinant(sigma)), sp.log(a) + sp.log(b), domains).verdict == "equal"
    assert compare(sp.log(sp.Determinant(sigma)), sp.log(a * a), domains).verdict == "different"


# Judging an answer ----------------------------------------------------------------------------------


@misconception("q1b.swapped")
def swapped(p_r: Any, p_g: Any) -> Any:
    """The two densities are swapped: which one does log D multiply?"""
    return p_g / (p_r + p_g)


D_STAR = sp.Symbol("p_r") / (sp.Symbol("p_r") + sp.Symbol("p_g"))


def test_a_right_answer_returns() -> None:
    r, g = sp.symbols("p_r p_g", positive=True)
    check("D_star", 1 / (1 + g / r), D_STAR, DENSITIES, misconceptions=[swapped])


def test_a_misconception_is_named() -> None:
    r, g = sp.symbols("p_r p_g", positive=True)
    with pytest.raises(Wrong, match="densities are swapped") as caught:
        check("D_star", 1 - r / (r + g), D_STAR, DENSITIES, misconceptions=[swapped])
    assert caught.value.note == "q1b.swapped"
    assert "p_r =" in caught.value.detail


def blown_up(factor: int) -> Any:
    """Nothing, as wide as one likes: 0.1 is all numbers that print so, and is taken from itself."""
    tenth = sp.Float(0.1)
    return sp.Mul(factor, sp.Add(tenth, sp.Mul(-1, tenth, evaluate=False), evaluate=False), evaluate=False)


@pytest.mark.parametrize("factor", [10**6, 10**9, 10**15, 10**30, 10**300])
def test_a_ball_made_wide_on_purpose_accepts_nothing(factor: int) -> None:
    for wrong in (sp.Symbol("p_r"), D_STAR * (1 + sp.Rational(1, 10**8)), 2 * D_STAR):
        with pytest.raises(Wrong, match=r"cannot be evaluated|not equal"):
            check("D_star", wrong + blown_up(factor), D_STAR, DENSITIES)


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (-D_STAR, "answer.sign"),
        (D_STAR + 1, "answer.wrong"),
        (D_STAR.subs("p_r", "pr"), "answer.undeclared-symbol"),
        (None, "answer.type"),
        (..., "answer.type"),
        ("p_r/(p_r + p_g)", "answer.type"),
        ([D_STAR, D_STAR], "answer.type"),
        (lambda: D_STAR, "answer.type"),
        (sp.Derivative(sp.Function("f")(sp.Symbol("x"))), "answer.not-evaluated"),
        (sp.Integral(sp.Symbol("p_r"), sp.Symbol("p_r")), "answer.not-evaluated"),
        (sp.zoo, "answer.wrong"),
        (sp.nan, "answer.wrong"),
    ],
)
def test_hints_name_the_answer_and_nothing_hidden(answer: object, note: str) -> None:
    with pytest.raises(Wrong) as caught:
        check("D_star", answer, D_STAR, DENSITIES, misconceptions=[swapped])
    assert caught.value.note == note
    assert caught.value.hint.startswith("`D_star`")
    assert not any(char.isdigit() for char in caught.value.hint)
    assert "/" not in caught.value.hint


def test_an_undeclared_symbol_is_named_to_the_ta_only() -> None:
    with pytest.raises(Wrong, match=r"use `p_g`, `p_r`") as caught:
        check("D_star", sp.Symbol("pr"), D_STAR, DENSITIES)
    assert "`pr`" not in caught.value.hint and "`pr`" in caught.value.detail


def test_faults_of_the_author_are_no_verdicts() -> None:
    with pytest.raises(ValueError, match="without a declared domain"):
        compare(1, sp.Symbol("y"), {})
    with pytest.raises(ValueError, match="unknown domain"):
        compare(1, 1, {"x": "natural"})
    with pytest.raises(ValueError, match="where r"):
        compare(1, 1, BITS, where={"r": sp.Symbol("r")})
    with pytest.raises(ValueError, match="the reference is a string"):
        compare(1, "x", {"x": "real"})


# Hostile expressions --------------------------------------------------------------------------------


def unevaluated(base: Any, *exponents: Any) -> Any:
    tower = exponents[-1] if exponents else 1
    for level in reversed(exponents[:-1]):
        tower = sp.Pow(level, tower, evaluate=False)
    return sp.Pow(base, tower, evaluate=False)


def deep(levels: int) -> Any:
    x: Any = sp.Symbol("x")
    for _ in range(levels):
        x = sp.sin(x, evaluate=False)
    return x


def doubling(levels: int) -> Any:
    x: Any = sp.Symbol("x")
    for _ in range(levels):
        x = sp.Add(x, sp.sin(x, evaluate=False), evaluate=False)
    return x


X = sp.Symbol("x")
HOSTILE = {
    "tower": unevaluated(10, 10, 10),
    "taller tower": unevaluated(10, 10, 10, 10),
    "fractional tower": unevaluated(sp.Rational(1, 3), 10, 10, 10, 10),
    "power of a power": unevaluated(unevaluated(unevaluated(X, 10**6), 10**6), 10**6),
    "huge integer": sp.Integer(1 << 100_000),
    "huge exponent": sp.Pow(X, 10**9, evaluate=False),
    "factorial": sp.factorial(10**7, evaluate=False),
    "factorials": sp.factorial(sp.factorial(sp.factorial(X + 9, evaluate=False), evaluate=False), evaluate=False),
    "many terms": sp.Add(*(sp.Pow(X, k, evaluate=False) for k in range(50_000)), evaluate=False),
    "deep": deep(10_000),
    "shared parts": doubling(100),
    "exponentials": sp.exp(sp.exp(sp.exp(sp.exp(sp.exp(sp.exp(X)))))),
    "sine of a tower": sp.sin(unevaluated(10, 10, 3), evaluate=False),
    "long sum": sp.Sum(sp.Symbol("i") ** 2, (sp.Symbol("i"), 1, 10**9)),
    "nested sums": sp.Sum(1 / X, *((sp.Symbol(f"i{k}"), 1, 1999) for k in range(4))),
    "binomial": sp.binomial(10**9, 5 * 10**8, evaluate=False),
    "wide float": sp.Float._new((0, 1, 10**9, 1), 53),
    "precise float": sp.Float("0.1", 100_000),
    "odd name": sp.Symbol("__import__('os').system('true')"),
    "name with a newline": sp.Symbol("x\n\x1b[31m"),
    "long name": sp.Symbol("x" * 10_000),
    "empty name": sp.Symbol(""),
    "surrogate": sp.Symbol("\ud800"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_expressions_get_a_clear_verdict_in_time(name: str) -> None:
    started = time.perf_counter()
    try:
        check("f", HOSTILE[name], sp.exp(X), {"x": "real"})
    except Wrong as wrong:
        message = wrong.hint
    except Undecided as undecided:
        message = undecided.reason
    assert time.perf_counter() - started < 2
    assert message.startswith("`f`")
    assert len(message) < 500
    assert message.isprintable()


def test_only_sums_that_are_too_long_stay_undecided() -> None:
    undecided = []
    for name, value in HOSTILE.items():
        try:
            check("f", value, sp.exp(X), {"x": "real"})
        except Wrong:
            continue
        except Undecided:
            undecided.append(name)
    assert set(undecided) <= {"fractional tower", "factorials", "long sum", "nested sums", "power of a power"}


# Properties -----------------------------------------------------------------------------------------

ATOMS = st.sampled_from([sp.Symbol("x"), sp.Symbol("y"), sp.Integer(2), sp.Rational(1, 3), sp.Integer(-1)])


def combined(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(lambda a, b: a + b, parts, parts),
        st.builds(lambda a, b: a * b, parts, parts),
        st.builds(lambda a: sp.log(1 + a**2), parts),
        st.builds(lambda a: sp.exp(-(a**2)), parts),
        st.builds(lambda a: 1 / (2 + sp.sin(a)), parts),
    )


EXPRESSIONS = st.recursive(ATOMS, combined, max_leaves=6)


@settings(max_examples=60, deadline=None)
@given(EXPRESSIONS)
def test_rewriting_is_accepted(expression: Any) -> None:
    domains = {"x": "real", "y": "positive"}
    for rewritten in (sp.expand(expression), sp.together(expression), sp.factor_terms(expression)):
        assert compare(rewritten, expression, domains).verdict == "equal"


@settings(max_examples=60, deadline=None)
@given(EXPRESSIONS, st.sampled_from([sp.Rational(1, 10**6), sp.Rational(-1, 10**12), sp.Integer(1)]))
def test_perturbations_are_rejected(expression: Any, epsilon: Any) -> None:
    domains = {"x": "real", "y": "positive"}
    assert compare(expression + epsilon, expression, domains).verdict == "different"
    if expression != 0:
        assert compare(expression * (1 + epsilon), expression, domains).verdict == "different"


@settings(max_examples=30, deadline=None)
@given(EXPRESSIONS, EXPRESSIONS, st.integers(0, 1000))
def test_the_same_seed_gives_the_same_comparison(a: Any, b: Any, seed: int) -> None:
    domains = {"x": "real", "y": "positive"}
    first, second = (compare(a, b, domains, seed=seed) for _ in range(2))
    assert first == second
    assert isinstance(first, Comparison)
    assert first.verdict == compare(b, a, domains, seed=seed).verdict
