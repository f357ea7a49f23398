"""Equal and nearly equal forms of the reference expressions, made at random with fixed seeds.

A walk starts at a reference expression and takes one random transformation after another: each form on the way has
to be accepted, and with one small error put into it, rejected. Whether a form is equal or not is not taken for
granted but looked up by evaluating it with mpmath to 60 digits, which shares no code with the judge.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import mpmath
import sympy as sp

from graders.answers import derivation, symbolic
from graders.answers.verdict import Undecided, Wrong
from solutions.vaes_and_gans import q1a, q1b, q1d, q2a, q2c

DIGITS = 60
# Relative differences below and above which two forms are the same, or not; there is nothing in between.
SAME, DIFFERENT = 1e-40, 1e-15
POINTS = 5
# Longer forms than this are no student's, and SymPy takes its time.
MAX_OPERATIONS = 90
STEPS = 12
MILLIONTH = sp.Rational(1, 10**6)

Random = random.Random
Change = Callable[[sp.Expr, Random], sp.Expr]


# Equal forms -----------------------------------------------------------------------


def _symbols(expression: sp.Expr) -> list[sp.Symbol]:
    return sorted(expression.free_symbols, key=str)


def _extra(expression: sp.Expr, rng: Random) -> sp.Expr:
    """Something positive to add and subtract, or to multiply and divide by."""
    u = rng.choice(_symbols(expression))
    return rng.choice([sp.exp(u), 1 + u**2, u**2 + sp.Rational(1, 3), sp.log(2 + u**2), sp.Integer(3)])


def _at_random_place(expression: sp.Expr, rng: Random, change: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """The expression with one of its parts changed."""
    if not expression.args or rng.random() < 0.25:
        return change(expression)
    k = rng.randrange(len(expression.args))
    arguments = list(expression.args)
    arguments[k] = _at_random_place(arguments[k], rng, change)
    return expression.func(*arguments)


def _unevaluated(kind: type[sp.Expr], *arguments: sp.Expr) -> sp.Expr:
    return kind(*arguments, evaluate=False)


def _plus_and_minus(expression: sp.Expr, rng: Random) -> sp.Expr:
    u = _extra(expression, rng)
    return _unevaluated(sp.Add, expression, u, _unevaluated(sp.Mul, sp.Integer(-1), u))


def _times_and_over(expression: sp.Expr, rng: Random) -> sp.Expr:
    u = _extra(expression, rng)
    return _unevaluated(sp.Mul, _unevaluated(sp.Mul, expression, u), _unevaluated(sp.Pow, u, sp.Integer(-1)))


def _numerator_and_denominator(expression: sp.Expr, rng: Random) -> sp.Expr:
    u = _extra(expression, rng)
    top, bottom = sp.fraction(sp.together(expression))
    return _unevaluated(sp.Mul, sp.expand(top * u), _unevaluated(sp.Pow, sp.expand(bottom * u), sp.Integer(-1)))


def _symbol_rewritten(expression: sp.Expr, rng: Random) -> sp.Expr:
    u = rng.choice(_symbols(expression))
    ways = [1 - _unevaluated(sp.Add, sp.S.One, -u), _unevaluated(sp.Pow, 1 / u, sp.Integer(-1))]
    if u.is_positive:
        ways += [
            _unevaluated(sp.exp, sp.log(u)),
            _unevaluated(sp.Pow, u**2, sp.Rational(1, 2)),
            _unevaluated(sp.Pow, sp.sqrt(u), sp.Integer(2)),
        ]
    return expression.xreplace({u: rng.choice(ways)})


def _with_a_shift(expression: sp.Expr, rng: Random) -> sp.Expr:
    u, shift = rng.choice(_symbols(expression)), sp.Rational(rng.randint(1, 5), rng.randint(1, 5))
    return sp.expand(expression.xreplace({u: u + shift})).xreplace({u: u - shift})


def _floats(expression: sp.Expr, rng: Random) -> sp.Expr:
    half = sp.Float(rng.choice(["0.5", "0.25", "0.125"]))
    return _unevaluated(sp.Mul, half, expression * sp.Rational(1 / float(half)))


def _logarithms_apart(expression: sp.Expr, rng: Random) -> sp.Expr:
    return sp.expand_log(expression, force=True)


def _logarithms_together(expression: sp.Expr, rng: Random) -> sp.Expr:
    return sp.logcombine(expression, force=True)


def _partial_fractions(expression: sp.Expr, rng: Random) -> sp.Expr:
    u = rng.choice(_symbols(expression))
    return sp.apart(expression, u) if expression.is_rational_function(u) else sp.expand(expression)


def _collected(expression: sp.Expr, rng: Random) -> sp.Expr:
    return sp.collect(sp.expand(expression), rng.choice(_symbols(expression)))


EQUAL: dict[str, Change] = {
    "expand": lambda e, _: sp.expand(e),
    "factor": lambda e, _: sp.factor(e),
    "together": lambda e, _: sp.together(e),
    "cancel": lambda e, _: sp.cancel(e),
    "powsimp": lambda e, _: sp.powsimp(e),
    "radsimp": lambda e, _: sp.radsimp(e),
    "trigsimp": lambda e, _: sp.trigsimp(e) if e.has(sp.tanh) else sp.expand(e),
    "tanh": lambda e, _: e.rewrite(sp.tanh),
    "exp": lambda e, _: e.rewrite(sp.exp),
    "evaluated": lambda e, _: e.doit(),
    "apart": _partial_fractions,
    "collect": _collected,
    "expand_log": _logarithms_apart,
    "logcombine": _logarithms_together,
    "plus and minus": lambda e, r: _at_random_place(e, r, lambda part: _safe(_plus_and_minus, part, e, r)),
    "times and over": lambda e, r: _at_random_place(e, r, lambda part: _safe(_times_and_over, part, e, r)),
    "numerator and denominator": _numerator_and_denominator,
    "a symbol rewritten": _symbol_rewritten,
    "shifted": _with_a_shift,
    "floats": _floats,
}


def _safe(change: Change, part: sp.Expr, whole: sp.Expr, rng: Random) -> sp.Expr:
    return change(part, rng) if part.free_symbols and isinstance(part, sp.Expr) else part


# Errors ------------------------------------------------------------------------------


def _symbol_exchanged(expression: sp.Expr, rng: Random) -> sp.Expr:
    symbols = _symbols(expression)

    def exchange(part: sp.Expr) -> sp.Expr:
        here = _symbols(part)
        return part.xreplace({here[0]: rng.choice(symbols)}) if here else part

    return _at_random_place(expression, rng, exchange)


def _constant_changed(expression: sp.Expr, rng: Random) -> sp.Expr:
    def change(part: sp.Expr) -> sp.Expr:
        return part + rng.choice([1, -1, sp.Rational(1, 2)])

    return _at_random_place(expression, rng, change)


def _argument_lost(expression: sp.Expr, rng: Random) -> sp.Expr:
    def lose(part: sp.Expr) -> sp.Expr:
        if isinstance(part, sp.Add | sp.Mul):
            k = rng.randrange(len(part.args))
            return part.func(*part.args[:k], *part.args[k + 1 :])
        return part.args[0] if part.args else 2 * part

    return _at_random_place(expression, rng, lose)


def _scaled(*factors: object) -> Change:
    return lambda e, rng: _at_random_place(e, rng, lambda part: part * rng.choice(factors))


ERRORS: dict[str, Change] = {
    "a sign": _scaled(-1),
    "a factor": _scaled(2, sp.Rational(1, 2), sp.Rational(9, 10)),
    "a factor of 1 ± 1e-6": _scaled(1 + MILLIONTH, 1 - MILLIONTH),
    "1e-6 of the whole": lambda e, rng: e * rng.choice([1 + MILLIONTH, 1 - MILLIONTH]),
    "a constant": _constant_changed,
    "a symbol": _symbol_exchanged,
    "a term, a factor or a function lost": _argument_lost,
}


# What is judged ----------------------------------------------------------------------


@dataclass(frozen=True)
class Form:
    """An expression in plain symbols; of a line of 1d the total integrand, and the constant beside it."""

    expression: sp.Expr
    constant: sp.Expr = sp.S.Zero


@dataclass(frozen=True)
class Subject:
    """A reference expression, the domains of its symbols, and how a form of it is written and judged."""

    name: str
    reference: Form
    domains: dict[str, str]
    write: Callable[[Form, Random], Any]
    """What a student would hand in."""
    judge: Callable[[Any], None]
    """Raises `Wrong` or `Undecided` unless it is equal to the reference."""
    densities: tuple[sp.Symbol, ...] = ()
    """Symbols that integrate to 1: forms are equal modulo multiples of them, exchanged for constants."""

    def differs(self, form: Form) -> bool | None:
        """Whether the form differs from the reference, evaluated with mpmath; None where that is not clear."""
        symbols = [sp.Symbol(name) for name in sorted(self.domains)]
        rng = Random(self.name)
        points = [[_inside(self.domains[symbol.name], rng) for symbol in symbols] for _ in range(POINTS)]
        with mpmath.workdps(DIGITS):
            try:
                ours, theirs = (_values(form.expression, symbols, points) for form in (self.reference, form))
                differences = [b - a for a, b in zip(ours, theirs, strict=True)]
                constant = _values(form.constant - self.reference.constant, [], [[]])[0]
                if self.densities:
                    places = [symbols.index(sp.Symbol(density.name)) for density in self.densities]
                    differences = _beyond_multiples(
                        differences, [[p[k] for k in places] for p in points], constant
                    )
                scale = 1 + max(abs(value) for value in ours)
                largest = max(abs(difference) for difference in differences) / scale
            except Exception:  # infinite, not a number, or beyond mpmath
                return None
        return True if largest > DIFFERENT else False if largest < SAME else None


def _inside(domain: str, rng: Random) -> mpmath.mpf:
    low, high = {"positive": (1, 40), "probability": (1, 15), "real": (-32, 32)}[domain]
    return mpmath.mpf(rng.randint(low, high) * 2**30 + rng.randint(1, 2**30 - 1)) / 2**34


def _values(
    expression: sp.Expr, symbols: Sequence[sp.Symbol], points: Sequence[Sequence[mpmath.mpf]]
) -> list[Any]:
    plain = expression.xreplace({symbol: sp.Symbol(symbol.name) for symbol in expression.free_symbols})
    function = sp.lambdify(list(symbols), plain, "mpmath")
    return [mpmath.mpmathify(function(*point)) for point in points]


def _beyond_multiples(
    differences: list[Any], points: list[list[mpmath.mpf]], constant: mpmath.mpf
) -> list[mpmath.mpf]:
    """What is left of f when the multiples α p + β q, found at two points, are subtracted, and c + α + β."""
    (p, q), (r, s) = points[:2]
    determinant = p * s - q * r
    alpha = (differences[0] * s - differences[1] * q) / determinant
    beta = (differences[1] * p - differences[0] * r) / determinant
    rest = [d - alpha * u - beta * v for d, (u, v) in zip(differences, points, strict=True)]
    return [*rest, constant + alpha + beta]


def _formula(name: str, reference: sp.Expr, domains: dict[str, str]) -> Subject:
    def write(form: Form, rng: Random) -> Any:
        expression = form.expression
        if rng.random() < 0.5:
            expression = expression.xreplace({symbol: sp.Symbol(symbol.name) for symbol in _symbols(expression)})
        return sp.Eq(expression, 0, evaluate=False) if rng.random() < 0.1 else expression

    return Subject(
        name, Form(reference), domains, write, lambda answer: symbolic.check(name, answer, reference, domains)
    )


def _shared_out(expression: sp.Expr, rng: Random, collect: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """The linear `collect` (an integral, a sum) of an expression, in one piece or several, factors outside."""
    pieces: list[sp.Expr] = []
    for term in sp.Add.make_args(expression):
        if pieces and rng.random() < 0.5:
            pieces[-1] = pieces[-1] + term
        else:
            pieces.append(term)
    total: list[sp.Expr] = []
    for piece in pieces:
        factor, rest = piece.as_coeff_Mul() if rng.random() < 0.5 else (sp.S.One, piece)
        total.append(_unevaluated(sp.Mul, factor, collect(rest)) if factor != 1 else collect(rest))
    return sp.Add(*total)


P_R, P_G = sp.symbols("p_r p_g", positive=True)


def _functional(line: sp.Expr) -> Form:
    """The total integrand and the constant of a line of 1d."""
    integrand, constant = sp.S.Zero, sp.S.Zero
    for term in sp.Add.make_args(line):
        factor, integral = term.as_independent(sp.Integral, as_Add=False)
        if integral == 1:
            constant += factor
        else:
            integrand += factor * integral.args[0].xreplace({q1d.pr: P_R, q1d.pg: P_G})
    return Form(integrand, constant)


def _line_1d(number: int) -> Subject:
    reference = q1d.derivation_1d[number]

    def write(form: Form, rng: Random) -> Any:
        x = sp.Symbol(rng.choice("xtz"))
        bounds = rng.choice([(x,), (x, -sp.oo, sp.oo)])
        functions = {P_R.name: sp.Function("p_r")(x), P_G.name: sp.Function("p_g")(x)}
        whole = form.expression.xreplace({s: functions[s.name] for s in form.expression.free_symbols})
        return _shared_out(whole, rng, lambda f: sp.Integral(f, bounds)) + form.constant

    def judge(line: Any) -> None:
        _follows(derivation.review_functionals([reference, line], start=reference, goal=reference))

    return Subject(
        f"derivation_1d, line {number + 1}",
        _functional(reference),
        {"p_r": "positive", "p_g": "positive"},
        write,
        judge,
        (P_R, P_G),
    )


def _follows(review: derivation.Review) -> None:
    if review.first_error is not None or review.note in ("derivation.line", "derivation.type"):
        raise Wrong(review.message, note=review.note)


def _any_form(tree: object) -> bool:
    return True


def _judge_2c(reference: sp.Expr) -> Callable[[Any], None]:
    def judge(line: Any) -> None:
        domains = {"mu": "real", "sigma": "positive"}
        value = q2c.derivation_2c[-1]
        _follows(
            derivation.review_sums(
                [reference, line], value=value, domains=domains, start=_any_form, goal=_any_form
            )
        )

    return judge


M, S = sp.Symbol("m", real=True), sp.Symbol("s", positive=True)


def _line_2c(number: int) -> Subject:
    """A line of 2c with a symbolic K: every line is a sum over i of one summand."""

    def write(form: Form, rng: Random) -> Any:
        i = sp.Symbol(rng.choice("ijk"), integer=True)
        limits = (i, 1, q2c.K)
        components = {"m": q2c.mu[i], "s": q2c.sigma[i]}

        def collect(term: sp.Expr) -> sp.Expr:
            if not term.free_symbols and rng.random() < 0.5:
                return term * q2c.K
            here = term.xreplace({symbol: components[symbol.name] for symbol in term.free_symbols})
            if isinstance(here, sp.log) and rng.random() < 0.5:
                return sp.log(sp.Product(here.args[0], limits))
            return sp.Sum(here, limits)

        return _shared_out(form.expression, rng, collect)

    summand = (S**2 + M**2 - 1 - sp.log(S**2)) / 2
    domains = {"m": "real", "s": "positive"}
    name = f"derivation_2c, line {number + 1}"
    return Subject(name, Form(summand), domains, write, _judge_2c(q2c.derivation_2c[number]))


def _written_out_2c(size: int) -> Subject:
    """The goal of 2c with a fixed K, all terms written out."""
    s = sp.symbols(f"s1:{size + 1}", positive=True)
    m = sp.symbols(f"m1:{size + 1}", real=True)
    total = sp.Add(*((u**2 + v**2 - 1 - 2 * sp.log(u)) / 2 for u, v in zip(s, m, strict=True)))

    def write(form: Form, rng: Random) -> Any:
        def component(symbol: sp.Symbol) -> sp.Expr:
            letter, index = symbol.name[0], symbol.name[1:]
            return indexed[letter][int(index)] if brackets else sp.Symbol(f"{names[letter]}_{index}")

        brackets, names, indexed = rng.random() < 0.5, {"m": "mu", "s": "sigma"}, {"m": q2c.mu, "s": q2c.sigma}
        return form.expression.xreplace({symbol: component(symbol) for symbol in form.expression.free_symbols})

    domains = {symbol.name: "positive" for symbol in s} | {symbol.name: "real" for symbol in m}
    reference = write(Form(total), Random(0))
    return Subject(f"derivation_2c with K = {size}", Form(total), domains, write, _judge_2c(reference))


def subjects() -> list[Subject]:
    """Everything of which forms are made."""
    densities = {"p_r": "positive", "p_g": "positive"}
    with_d = {**densities, "D": "probability"}
    events = dict.fromkeys(("P_A", "P_B_given_A", "P_B_given_not_A"), "probability")
    return [
        _formula("saturating_slope", q1a.saturating_slope, {"a": "real"}),
        _formula("non_saturating_slope", q1a.non_saturating_slope, {"a": "real"}),
        _formula("stationarity", q1b.stationarity, with_d),
        _formula("curvature", q1b.curvature, with_d),
        _formula("D_star", q1b.D_star, densities),
        _formula("bayes", q2a.bayes, events),
        *(_line_1d(number) for number in range(len(q1d.derivation_1d))),
        *(_line_2c(number) for number in range(len(q2c.derivation_2c))),
        *(_written_out_2c(size) for size in (2, 3)),
    ]


# Walks ---------------------------------------------------------------------------------


@dataclass
class Tally:
    """What became of the forms of one subject."""

    name: str
    right: Counter[str] = field(default_factory=Counter)
    """Right verdicts: by the kind of error for wrong forms, under "equal" for equal ones."""
    wrong: list[str] = field(default_factory=list)
    """Forms with a wrong verdict or none, for a person to look at."""
    wrong_kinds: list[str] = field(default_factory=list)
    undecided: int = 0
    seconds: list[float] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    """The forms, so that each counts once."""


def walks(name: str, number: int) -> Tally:
    """What became of all forms of a subject on a number of walks."""
    tally = Tally(name)
    for seed in range(number):
        walk(tally, seed)
    return tally


def walk(tally: Tally, seed: int, steps: int = STEPS) -> None:
    """Go from the reference through `steps` equal forms, and judge each of them and one error in it."""
    subject = next(subject for subject in subjects() if subject.name == tally.name)
    rng = Random(f"{tally.name} {seed}")
    form = subject.reference
    for _ in range(steps):
        form = _equal_form(subject, form, rng)
        _record(tally, subject, form, rng, "equal")
        kind = rng.choice(list(ERRORS))
        if subject.densities and rng.random() < 0.2:
            wrong = Form(form.expression, form.constant + rng.choice([sp.log(2), -sp.log(2), sp.S.One, MILLIONTH]))
            kind = "the constant beside the integrals"
        else:
            wrong = Form(_changed(ERRORS[kind], form.expression, rng), form.constant)
        if subject.differs(wrong):
            _record(tally, subject, wrong, rng, kind)


def _equal_form(subject: Subject, form: Form, rng: Random) -> Form:
    """Another form that is equal to the reference, now and then from the reference itself."""
    for _ in range(20):
        start = subject.reference if form.expression.count_ops() > MAX_OPERATIONS else form
        found = Form(_changed(EQUAL[rng.choice(list(EQUAL))], start.expression, rng), start.constant)
        if subject.densities and rng.random() < 0.3:
            density, amount = rng.choice(subject.densities), rng.choice([sp.log(2), sp.S.Half, -sp.log(3), sp.pi])
            found = Form(found.expression + amount * density, found.constant - amount)
        if (
            found != form
            and found.expression.count_ops() <= 2 * MAX_OPERATIONS
            and subject.differs(found) is False
        ):
            return found
    return subject.reference


def _changed(change: Change, expression: sp.Expr, rng: Random) -> sp.Expr:
    try:
        found = change(expression, rng)
    except Exception:  # where SymPy gives up, there is no new form
        return expression
    return found if isinstance(found, sp.Expr) else expression


def _record(tally: Tally, subject: Subject, form: Form, rng: Random, kind: str) -> None:
    answer = subject.write(form, rng)
    text = sp.srepr(answer)
    if text in tally.seen:
        return
    tally.seen.add(text)
    verdict = "equal"
    started = time.perf_counter()
    try:
        subject.judge(answer)
    except Undecided:
        verdict = "undecided"
        tally.undecided += 1
    except Wrong as wrong:
        verdict = f"different ({wrong.note})"
    tally.seconds.append(time.perf_counter() - started)
    if (verdict == "equal") == (kind == "equal") and verdict != "undecided":
        tally.right[kind] += 1
    else:
        tally.wrong.append(f"{subject.name}, {kind}, judged {verdict}: {text}")
        tally.wrong_kinds.append(kind)
