"""Judging a derivation line by line: which line is the first that does not follow, and what is wrong with it.

A derivation is a list of expressions: a start, at least two lines in between, a goal; every line equals the one
before. A line that SymPy's automatic evaluation makes identical to its predecessor does not count, costs nothing.
Lines are compared by value (`review_chain`, `review_sums`) or as functionals of densities that integrate to one
(`review_functionals`):

    ∫ f_A + c_A = ∫ f_B + c_B for all densities p, q   iff   f_A - f_B = α p + β q  and  c_B - c_A = α + β.

Each step is decided on its own, so errors that cancel are found at the first one. Nothing is simplified: what is
proven is proven by ball arithmetic, and a step that cannot be decided raises `Undecided`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Protocol

from flint import arb, fmpq

from graders.answers.balls import (
    UNDEFINED,
    Budget,
    Number,
    Point,
    Special,
    TooMuchWork,
    compile_trees,
    exact,
    precision,
)
from graders.answers.expression import (
    MINUS_ONE,
    ONE,
    ZERO,
    Tree,
    canonical,
    contains,
    free_names,
    node,
    number,
    postorder,
    read,
    rebuild,
    rename_bound,
    symbol,
    too_large,
)
from graders.answers.sampling import Space, counting_symbols
from graders.answers.symbolic import DIFFERENT, EQUAL, compare_trees, undeclared, unfinished
from graders.answers.verdict import Undecided, Wrong

MIN_BETWEEN = 2
MAX_LINES = 100
MAX_LINE = 1000
_POINTS = 12
_MAX_TERMS = 24
_BITS = (192, 768)

Predicate = Callable[[Tree], bool]


@dataclass(frozen=True)
class Review:
    """What was found in a derivation.

    `steps` counts the steps to lines that are new in the chain, `steps_ok` those of them that follow one after
    another from a right start, `between_ok` those before the goal. `first_error` is the line, counted from 1 as
    the student counts, that does not follow; `error` is "constant", "factor", "sign", "missing term" or "other".
    `message` may be shown to the student; `note` is a stable id, "derivation.sign".
    """

    start_ok: bool
    goal_ok: bool
    steps: int
    steps_ok: int
    first_error: int | None
    error: str
    complete: bool
    message: str
    note: str
    between_ok: int = 0

    @property
    def credit(self) -> Fraction:
        """The share of the points: 1 when complete, else a third for each of two lines in between that follow.

        More lines in between earn no more, so padding gains nothing.
        """
        return Fraction(1) if self.complete else Fraction(min(self.between_ok, MIN_BETWEEN), MIN_BETWEEN + 1)

    def require(self) -> None:
        """Raise `Wrong` with the message unless the derivation is complete."""
        if not self.complete:
            raise Wrong(self.message, note=self.note)


class _Rules(Protocol):
    """What makes lines understood, equal, a start, a goal."""

    def understand(self, tree: Tree, what: str) -> Any:
        """The line in the form that the other methods take; raises `Wrong`."""

    def identity(self, tree: Tree) -> Tree:
        """What two lines have in common that differ in nothing but writing."""

    def start(self, line: Any) -> str:
        """Why the line is not the start, or ""."""

    def goal(self, line: Any) -> str:
        """Why the line is not the goal, or ""."""

    def follows(self, before: Any, after: Any) -> str:
        """ "" when the lines are equal, else the kind of the error; raises `Undecided`."""


@dataclass(frozen=True)
class _Line:
    number: int
    same_as: Tree
    content: Any


def _review(lines: object, rules: _Rules) -> Review:
    if isinstance(lines, str | bytes) or not isinstance(lines, list | tuple):
        return _unusable("the derivation must be a list of SymPy expressions, one for each line.", "type")
    if len(lines) > MAX_LINES:
        return _unusable(f"the derivation has more than {MAX_LINES} lines.", "too-long")
    if len(lines) < 2:
        return _unusable(
            "the derivation needs a start, at least two lines in between, and the goal; it has "
            + ("no line." if not lines else "one line."),
            "too-short",
        )
    understood, fault = _understand(lines, rules)
    if not understood:
        return _unusable(fault, "line", first_error=1)
    return _judge(understood, fault, len(lines), rules)


def _unusable(message: str, note: str, first_error: int | None = None) -> Review:
    text = message[:1].upper() + message[1:]
    return Review(False, False, 0, 0, first_error, "other", False, text, f"derivation.{note}")


def _understand(lines: Sequence[object], rules: _Rules) -> tuple[list[_Line], str]:
    """The lines that count, up to the first that is no line at all, and what is wrong with that one."""
    counted: list[_Line] = []
    for k, value in enumerate(lines, start=1):
        try:
            tree = read(value, f"line {k}")
            if tree.size > MAX_LINE:
                raise Wrong(f"line {k} is too long to be judged: simplify it.", note="answer.too-large")
            same_as = rules.identity(tree)
            if not counted or same_as != counted[-1].same_as:
                counted.append(_Line(k, same_as, rules.understand(tree, f"line {k}")))
        except Wrong as wrong:
            return counted, wrong.hint
    return counted, ""


def _judge(lines: list[_Line], fault: str, given: int, rules: _Rules) -> Review:
    start_problem = rules.start(lines[0].content)
    # Without its last line, a derivation that breaks off has no goal.
    goal_problem = fault if fault else rules.goal(lines[-1].content)
    first_error, error, steps_ok, between_ok = None, "", 0, 0
    seen = {lines[0].same_as}
    # Only the end of the list can be the goal: the same form earlier on is a line in between that is not new.
    ends = {lines[0].same_as, lines[-1].same_as} if not fault else {lines[0].same_as}
    for before, after in pairwise(lines):
        new = after.same_as not in seen
        seen.add(after.same_as)
        if first_error is None:
            error = rules.follows(before.content, after.content)
            if error:
                first_error = after.number
            elif new:
                steps_ok += 1
                between_ok += after.same_as not in ends
    steps = len(seen) - 1
    between = len(seen - ends)
    if first_error is None and fault:
        first_error, error = lines[-1].number + 1, "other"
    if start_problem:
        steps_ok = between_ok = 0
    complete = not (start_problem or goal_problem or first_error) and between >= MIN_BETWEEN
    message, note = _verdict(start_problem, goal_problem, first_error, error, fault, between, complete, lines)
    if start_problem:
        first_error, error = 1, error if first_error == 1 else "other"
    return Review(
        not start_problem,
        not goal_problem,
        steps,
        steps_ok,
        first_error,
        error,
        complete,
        message,
        f"derivation.{note}",
        between_ok,
    )


_ERRORS = {
    "constant": "the two differ by a constant",
    "factor": "the two differ by a constant factor",
    "sign": "a sign is wrong",
    "missing term": "a term is missing",
    "other": "the two are not equal",
}


def _verdict(
    start_problem: str,
    goal_problem: str,
    first_error: int | None,
    error: str,
    fault: str,
    between: int,
    complete: bool,
    lines: Sequence[_Line],
) -> tuple[str, str]:
    if complete:
        return "Every line follows.", "complete"
    if start_problem:
        return f"The first line is not the start that is asked for: {start_problem}.", "start"
    if first_error is not None and fault and first_error > lines[-1].number:
        return fault[:1].upper() + fault[1:], "line"
    if first_error is not None:
        before = max(line.number for line in lines if line.number < first_error)
        follows = f"Line {first_error} does not follow from line {before}: {_ERRORS[error]}."
        return follows, error.replace(" ", "-")
    if goal_problem:
        return f"Every line follows, but the last one is not the goal: {goal_problem}.", "goal"
    missing = "no line" if between == 0 else "only one line"
    return (
        f"Every line follows, but there is {missing} between start and goal that differs from its neighbours; "
        "show at least two.",
        "jump" if between == 0 else "too-short",
    )


# Functionals of densities --------------------------------------------------------


@dataclass(frozen=True)
class _Functional:
    """∫ `integrand` + `constant`, and the terms that it was written as."""

    integrand: Tree
    constant: Tree
    terms: tuple[tuple[Tree, Tree], ...]


def review_functionals(
    lines: object,
    *,
    start: object,
    goal: object,
    densities: Sequence[str] = ("p_r", "p_g"),
    variable: str = "x",
) -> Review:
    """Judge a chain of functionals Σ c·∫f(p, q) dx + constant, equal modulo ∫p = ∫q = 1.

    `start` and `goal` are such lines; the first and the last line must have their total integrand pointwise and
    their constant exactly, in one integral or several. The densities are unknown functions, `p_r(x)`; the
    integration variable may have any name and the bounds may be left out or be -oo and oo. Raises `Undecided`.
    """
    rules = _FunctionalRules(tuple(densities), variable)
    rules.ends(start, goal)
    return _review(lines, rules)


class _FunctionalRules:
    def __init__(self, densities: tuple[str, ...], variable: str) -> None:
        self.densities = densities
        self.variable = variable
        names = sorted((*densities, variable))
        kinds = {**dict.fromkeys(densities, "positive"), variable: "real"}
        self.space = Space(kinds, tuple(names))

    def ends(self, start: object, goal: object) -> None:
        try:
            self._start = self.understand(read(start, "the start"), "the start")
            self._goal = self.understand(read(goal, "the goal"), "the goal")
        except Wrong as fault:
            raise ValueError(fault.hint) from fault

    def identity(self, tree: Tree) -> Tree:
        return canonical(tree)

    def understand(self, tree: Tree, what: str) -> _Functional:
        """Collect the total integrand and the constant of a linear combination of integrals."""
        integrands: list[Tree] = []
        constants: list[Tree] = []
        stack = [(tree, ONE)]
        while stack:
            part, coefficient = stack.pop()
            if part.head == "Integral":
                integrands.append(_times(coefficient, self._integrand(part, what)))
            elif not contains(part, _is_integral):
                self._no_density(part, what)
                constants.append(_times(coefficient, part))
            elif part.head == "Add":
                stack.extend((term, coefficient) for term in part.args)
            elif part.head == "Mul":
                inner = [factor for factor in part.args if contains(factor, _is_integral)]
                outer = [factor for factor in part.args if not contains(factor, _is_integral)]
                if len(inner) != 1:
                    raise _bad_line(what, "it multiplies integrals with each other")
                for factor in outer:
                    self._no_density(factor, what)
                stack.append((inner[0], _product([coefficient, *outer])))
            else:
                raise _bad_line(what, "an integral stands inside another function")
        terms = [(term, ZERO) for piece in integrands for term in _expanded(piece)]
        terms += [(ZERO, term) for piece in constants for term in _expanded(piece)]
        line = _Functional(_sum(integrands), _sum(constants), tuple(terms[:_MAX_TERMS]))
        self._defined(line, what)
        return line

    def _defined(self, line: _Functional, what: str) -> None:
        program = compile_trees([line.integrand, line.constant])
        try:
            values = [value for point, _ in self.space.points(1, 0) for value in program.run(point)]
        except TooMuchWork:
            raise too_large(what) from None
        if any(value is UNDEFINED for value in values):
            raise _bad_line(what, "it divides by zero or takes the logarithm of zero")
        if any(type(value) is Special and value is not Special.UNKNOWN for value in values):
            raise too_large(what)

    def _no_density(self, part: Tree, what: str) -> None:
        names = free_names(part)
        if found := sorted(names & {*self.densities, self.variable}):
            raise _bad_line(what, f"`{found[0]}` stands outside of an integral")
        if names:
            raise undeclared(what, names, self.densities)

    def _integrand(self, integral: Tree, what: str) -> Tree:
        body, limits = integral.args[0], integral.args[1:]
        if len(limits) != 1 or contains(body, _is_integral):
            raise _bad_line(what, "an integral stands inside another integral")
        bounds = [bound.value for bound in limits[0].args[1:]]
        if bounds not in ([], ["-oo", "oo"]):
            raise _bad_line(what, "an integral has bounds; integrate over everything, from -oo to oo")
        variable = limits[0].args[0]

        def localise(part: Tree) -> Tree:
            if part.head == "Apply" and part.value in self.densities:
                if part.args != (placeholder,):
                    raise _bad_line(what, f"`{part.value}` is not taken at the integration variable")
                return symbol(str(part.value))
            return part

        # The placeholder keeps `p_r(x)` below `dx` apart from a stray `x` below `dt`.
        placeholder = symbol("\0variable")
        body = rebuild(body, lambda part: placeholder if part == variable else part)
        body = rebuild(body, localise)
        if foreign := free_names(body) - {*self.densities, str(placeholder.value)}:
            raise undeclared(what, foreign, (*self.densities, self.variable))
        return rebuild(body, lambda part: symbol(self.variable) if part == placeholder else part)

    def start(self, line: _Functional) -> str:
        return self._matches(line, self._start)

    def goal(self, line: _Functional) -> str:
        return self._matches(line, self._goal)

    def _matches(self, line: _Functional, wanted: _Functional) -> str:
        constants = compare_trees(line.constant, wanted.constant, Space({}, ()))
        integrands = compare_trees(line.integrand, wanted.integrand, self.space)
        if DIFFERENT in (constants.verdict, integrands.verdict):
            wrong = "integrand" if integrands.verdict == DIFFERENT else "constant"
            return f"its {wrong} is another one"
        for found in (constants, integrands):
            if found.verdict != EQUAL:
                raise Undecided(f"a line of the derivation: {found.reason}")
        return ""

    def follows(self, before: _Functional, after: _Functional) -> str:
        difference = (_minus(after.integrand, before.integrand), _minus(after.constant, before.constant))
        if self._multiple(difference, None) == 0:
            return ""
        if self._multiple((difference[0], ZERO), None, any_constant=True) == 0:
            return "constant"
        return self._named_error(before, after, difference)

    def _named_error(self, before: _Functional, after: _Functional, difference: tuple[Tree, Tree]) -> str:
        whole = self._multiple(difference, (before.integrand, before.constant))
        if whole is not None:
            return "sign" if whole == -2 else "factor" if whole != -1 else "other"
        found = [_term_error(self._multiple(difference, term), old=True) for term in before.terms]
        found += [_term_error(self._multiple(difference, term), old=False) for term in after.terms]
        return _worst(found)

    def _multiple(
        self, difference: tuple[Tree, Tree], term: tuple[Tree, Tree] | None, any_constant: bool = False
    ) -> Fraction | None:
        """The μ for which `difference` equals μ·`term` as a functional; without a term, 0 when it vanishes.

        None when there is no such μ. A multiple of which no fraction is near is reported as 1/7919, which no
        exercise uses. Raises `Undecided` when a difference without a term can be neither proven nor excluded.
        """
        wanted = [difference[0], difference[1]] + ([term[0], term[1]] if term else [])
        for bits in _BITS:
            with precision(bits):
                verdict = self._solve(wanted, bits, any_constant)
            if not isinstance(verdict, str):
                return verdict
        if term is None:
            raise Undecided("a line of the derivation could not be compared with the one before")
        return None

    def _solve(self, wanted: list[Tree], bits: int, any_constant: bool) -> Fraction | str | None:
        program = compile_trees(wanted)
        rows = []
        try:
            for point, _ in self.space.points(_POINTS, 0, Budget()):
                values = program.run(point)
                if any(type(value) is Special for value in values):
                    continue
                weights = [point.values[name] for name in self.densities]
                rows.append((values[0], [*values[2:3], *weights], values[1], values[3:4]))
        except TooMuchWork:
            return "unknown"
        unknowns = len(rows[0][1]) if rows else 0
        if len(rows) < unknowns + 4:
            return "unknown"
        solution = _linear_solution([row[1] for row in rows[:unknowns]], [row[0] for row in rows[:unknowns]])
        if solution is None:
            return None if len(wanted) == 4 else "unknown"
        small = arb(2) ** (-bits // 4)
        for value, factors, _, _ in rows[unknowns:]:
            rest = value - _dot(factors, solution)
            if not _contains_zero(rest):
                return None
            if not _size(rest) < small:
                return "unknown"
        shares = solution[-len(self.densities) :]
        multiple = solution[0] if len(wanted) == 4 else exact(0)
        constant = rows[0][2] + sum(shares, exact(0))
        if rows[0][3]:
            constant = constant - multiple * rows[0][3][0]
        if any_constant:
            return _near_fraction(multiple)
        if not _contains_zero(constant):
            return None
        return _near_fraction(multiple) if _size(constant) < small else "unknown"


def _is_integral(part: Tree) -> bool:
    return part.head == "Integral"


def _bad_line(what: str, why: str) -> Wrong:
    return Wrong(
        f"{what} is not a sum of constants and multiples of integrals: {why}.",
        note="derivation.line",
    )


def _linear_solution(matrix: list[list[Number]], right: list[Number]) -> list[Number] | None:
    """The solution of a small linear system, by elimination; None when it may be singular."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for column in range(size):
        pivot = next((k for k in range(column, size) if not _contains_zero(rows[k][column])), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column]
        for k in range(size):
            if k != column:
                scale = rows[k][column] / head[column]
                rows[k] = [a - scale * b for a, b in zip(rows[k], head, strict=True)]
    return [rows[k][size] / rows[k][k] for k in range(size)]


def _dot(left: Sequence[Number], right: Sequence[Number]) -> Number:
    return sum((a * b for a, b in zip(left, right, strict=True)), exact(0))


def _contains_zero(value: Number) -> bool:
    return bool(value == 0) if type(value) is fmpq else bool(value.contains(0))


def _size(value: Number) -> Number:
    return abs(arb(value)) if type(value) is fmpq else value.abs_upper()


_ODD_MULTIPLE = Fraction(1, 7919)


def _near_fraction(value: Number) -> Fraction:
    if type(value) is fmpq:
        return Fraction(int(value.p), int(value.q))
    middle = value.real.mid() if hasattr(value, "imag") else value.mid()
    fraction = Fraction(float(middle)).limit_denominator(720)
    return fraction if value.contains(exact(fraction)) else _ODD_MULTIPLE


# Values --------------------------------------------------------------------------


def review_chain(
    lines: object,
    *,
    domains: Mapping[str, str],
    start: object | Predicate | None = None,
    goal: object | Predicate | None = None,
    value: object | None = None,
) -> Review:
    """Judge a chain of expressions that must all have one value on the declared domains.

    `start` and `goal` are predicates of trees, or expressions that the first and the last line must equal; `value`
    is an expression that the first line must equal besides. Raises `Undecided`.
    """
    return _review(lines, _ChainRules(domains, start, goal, value))


def review_sums(
    lines: object,
    *,
    value: object,
    domains: Mapping[str, str],
    start: Predicate,
    goal: Predicate,
    size: str = "K",
) -> Review:
    """Judge a chain of expressions in indexed quantities with indices from 1 to a symbolic `size`, or written out.

    `value` is the value of every line, for symbolic size, and `domains` the domains of the indexed quantities. A
    student may also fix the size, to 2 or more, and write all terms out, as `mu[1]`, `mu_1` or `mu1`, and may
    count from 0. `start` and `goal` tell the first and the last line by their form: see `joint_logarithm` and
    `separate_logarithms`. Raises `Undecided`.
    """
    rules = _SumRules(domains, start, goal, value, size)
    if isinstance(lines, list | tuple):
        rules.settle(lines)
    return _review(lines, rules)


class _ChainRules:
    def __init__(
        self,
        domains: Mapping[str, str],
        start: object | Predicate | None,
        goal: object | Predicate | None,
        value: object | None,
    ) -> None:
        self.domains = {str(name): kind for name, kind in domains.items()}
        self._start = [end for end in (value, start) if end is not None]
        self._goal = [goal] if goal is not None else []
        self.fixed: dict[str, int] = {}

    def identity(self, tree: Tree) -> Tree:
        return canonical(tree)

    def understand(self, tree: Tree, what: str) -> Tree:
        unfinished(what, tree)
        counting = counting_symbols([tree])
        if unknown := free_names(tree) - self.domains.keys() - counting:
            raise undeclared(what, unknown, self.domains)
        return tree

    def start(self, line: Tree) -> str:
        return self._ends(line, self._start)

    def goal(self, line: Tree) -> str:
        return self._ends(line, self._goal)

    def _ends(self, line: Tree, wanted: Sequence[object]) -> str:
        for end in wanted:
            if callable(end) and not isinstance(end, Tree):
                if not end(line):
                    return "it has another form"
            elif self._compare(line, self._reference(end)):
                return "it has another value"
        return ""

    def _reference(self, end: object) -> Tree:
        try:
            return read(end, "the reference")
        except Wrong as fault:
            raise ValueError(fault.hint) from fault

    def space(self, trees: Sequence[Tree]) -> Space:
        """The points at which these trees are compared."""
        counting = counting_symbols(trees) | self.fixed.keys()
        kinds = {**self.domains, **dict.fromkeys(counting, "count")}
        names = frozenset().union(*(free_names(tree, ("Symbol",)) for tree in trees))
        return Space(kinds, tuple(sorted(names | counting)), fixed=self.fixed)

    def _compare(self, a: Tree, b: Tree) -> bool:
        """Whether two trees differ; raises `Undecided`."""
        if a == b:
            return False
        result = compare_trees(a, b, self.space([a, b]))
        if result.verdict not in (EQUAL, DIFFERENT):
            raise Undecided(f"a line of the derivation: {result.reason}")
        return result.verdict == DIFFERENT

    def follows(self, before: Tree, after: Tree) -> str:
        return self._kind(before, after) if self._compare(before, after) else ""

    def _kind(self, before: Tree, after: Tree) -> str:
        old, new = _expanded(before)[:_MAX_TERMS], _expanded(after)[:_MAX_TERMS]
        try:
            columns = self._columns([before, after, *old, *new])
        except TooMuchWork:
            return "other"
        if columns is None:
            return "other"
        points, values = columns
        difference = [b - a for a, b in zip(values[0], values[1], strict=True)]
        if self._only_sizes_matter(points, difference):
            return "constant"
        whole = _ratio(difference, values[0])
        if whole is not None:
            return "sign" if whole == -2 else "factor" if whole != -1 else "other"
        terms = values[2:]
        found = [_term_error(_ratio(difference, term), old=True) for term in terms[: len(old)]]
        found += [_term_error(_ratio(difference, term), old=False) for term in terms[len(old) :]]
        return _worst(found)

    def _columns(self, trees: list[Tree]) -> tuple[list[Point], list[list[Number]]] | None:
        program = compile_trees(trees)
        points, rows = [], []
        with precision(_BITS[0]):
            for point, _ in self.space(trees).points(2 * _POINTS, 0, Budget()):
                values = program.run(point)
                if not any(type(value) is Special for value in values):
                    points.append(point)
                    rows.append(values)
        if len(rows) < _POINTS // 2:
            return None
        return points, [list(column) for column in zip(*rows, strict=True)]

    def _only_sizes_matter(self, points: list[Point], difference: list[Number]) -> bool:
        """Whether the difference is a constant: the same wherever the sizes of the sums are the same."""
        counting = sorted(name for name in points[0].values if self.domains.get(name, "integer") == "integer")
        groups: dict[tuple[str, ...], list[Number]] = {}
        for point, value in zip(points, difference, strict=True):
            groups.setdefault(tuple(str(point.values[name]) for name in counting), []).append(value)
        pairs = [(values[0], value) for values in groups.values() for value in values[1:]]
        with precision(_BITS[0]):
            return bool(pairs) and all(_contains_zero(a - b) for a, b in pairs)


def _ratio(difference: list[Number], term: list[Number]) -> Fraction | None:
    """The constant μ with difference = μ·term at all points, if there is one."""
    with precision(_BITS[0]):
        if any(_contains_zero(value) for value in term):
            return None
        multiple = difference[0] / term[0]
        if any(not _contains_zero(d - multiple * t) for d, t in zip(difference, term, strict=True)):
            return None
        return _near_fraction(multiple)


def _term_error(multiple: Fraction | None, *, old: bool) -> str:
    if multiple is None or multiple == 0:
        return ""
    if multiple == (-2 if old else 2):
        return "sign"
    if multiple == (-1 if old else 1):
        return "missing term" if old else "other"
    return "factor"


def _worst(found: Sequence[str]) -> str:
    return next((kind for kind in ("sign", "missing term", "factor") if kind in found), "other")


class _SumRules(_ChainRules):
    def __init__(
        self, domains: Mapping[str, str], start: Predicate, goal: Predicate, value: object, size: str
    ) -> None:
        super().__init__({**domains, size: "integer"}, start, goal, value)
        self.indexed = tuple(domains)
        self.size = size
        self.first = 1

    def settle(self, lines: Sequence[object]) -> None:
        """Find out whether the size is symbolic or fixed, and whether indices count from 1 or from 0."""
        for k, value in enumerate(lines[:MAX_LINES], start=1):
            try:
                tree = read(value, f"line {k}")
                tree = self.understand(tree, f"line {k}") if tree.size <= MAX_LINE else ZERO
            except Wrong:
                continue
            used = self._indices_used(tree)
            if not used:
                continue
            self.first = 0 if min(used) == 0 else 1
            if self.size not in free_names(tree):
                self.fixed = {self.size: len(used)}
                return

    def _indices_used(self, tree: Tree) -> set[int]:
        space = Space({**self.domains, self.size: "count"}, (self.size,), fixed={self.size: 3})
        for point, _ in space.points(1, 0):
            try:
                compile_trees([tree]).run(point)
            except TooMuchWork:
                return set()
            keys = [key.rpartition("[")[2].rstrip("]") for key in point.drawn()]
            return {int(key) for key in keys if "," not in key}
        return set()

    def identity(self, tree: Tree) -> Tree:
        return canonical(_with_indices(tree, self.indexed))

    def understand(self, tree: Tree, what: str) -> Tree:
        return super().understand(_with_indices(tree, self.indexed), what)

    def _reference(self, end: object) -> Tree:
        tree = super()._reference(end)
        return tree if self.first == 1 else rebuild(tree, _counted_from_zero)

    def start(self, line: Tree) -> str:
        if self.fixed.get(self.size, 2) < 2:
            return f"with a fixed {self.size}, it must be 2 or more"
        return super().start(line)


def _counted_from_zero(part: Tree) -> Tree:
    if part.head != "Indexed":
        return part
    return node("Indexed", part.value, [node("Add", None, (index, MINUS_ONE)) for index in part.args])


def _with_indices(tree: Tree, names: Sequence[str]) -> Tree:
    """The tree with symbols such as `mu1`, `mu_1` and `mu_{1}` read as `mu[1]`."""
    pattern = re.compile(rf"({'|'.join(map(re.escape, names))})_?\{{?(\d{{1,3}})\}}?")

    def change(part: Tree) -> Tree:
        match = pattern.fullmatch(str(part.value)) if part.head == "Symbol" else None
        return node("Indexed", match[1], (number(int(match[2])),)) if match else part

    return rebuild(tree, change)


# Forms ---------------------------------------------------------------------------


def joint_logarithm(name: str) -> Predicate:
    """Whether all of `name[i]` stand together in one logarithm of a product or a determinant, and in no other."""

    def predicate(tree: Tree) -> bool:
        logarithms = _logarithms(tree, name)
        return len(logarithms) == 1 and all(_joins(logarithm, name) for logarithm in logarithms)

    return predicate


def separate_logarithms(name: str) -> Predicate:
    """Whether every logarithm of `name` is one of a single `name[i]`."""

    def predicate(tree: Tree) -> bool:
        logarithms = _logarithms(tree, name)
        return bool(logarithms) and not any(_joins(logarithm, name) for logarithm in logarithms)

    return predicate


def _logarithms(tree: Tree, name: str) -> list[Tree]:
    return [part for part in postorder(tree) if part.head == "log" and name in free_names(part)]


def _joins(logarithm: Tree, name: str) -> bool:
    binders = ("Product", "Sum", "Determinant", "Trace", "MatrixElement")
    entries = {part for part in postorder(logarithm) if part.head == "Indexed" and part.value == name}
    return len(entries) > 1 or contains(logarithm, lambda part: part.head in binders and name in free_names(part))


# Terms ---------------------------------------------------------------------------


def _expanded(tree: Tree) -> list[Tree]:
    """The terms of a tree: products of sums multiplied out, sums over an index taken apart, up to a limit."""
    terms: list[Tree] = []
    stack = [rename_bound(tree)]
    while stack:
        part = stack.pop()
        if len(terms) + len(stack) >= _MAX_TERMS:
            terms.append(part)
            continue
        pieces = _pieces(part)
        if pieces is None:
            terms.append(part)
        else:
            stack.extend(pieces)
    return terms


def _pieces(part: Tree) -> Iterator[Tree] | list[Tree] | None:
    if part.head == "Add":
        return list(part.args)
    if part.head == "Mul":
        for k, factor in enumerate(part.args):
            inner = _pieces(factor) if factor.head in ("Add", "Sum") else None
            if inner is not None:
                return [_product([*part.args[:k], piece, *part.args[k + 1 :]]) for piece in inner]
    if part.head == "Sum":
        inner = _pieces(part.args[0])
        if inner is not None:
            return [node("Sum", None, (piece, *part.args[1:])) for piece in inner]
    return None


def _product(factors: Sequence[Tree]) -> Tree:
    kept = [factor for factor in factors if factor != ONE]
    return kept[0] if len(kept) == 1 else node("Mul", None, kept) if kept else ONE


def _times(a: Tree, b: Tree) -> Tree:
    return _product([a, b])


def _sum(terms: Sequence[Tree]) -> Tree:
    return terms[0] if len(terms) == 1 else node("Add", None, terms) if terms else ZERO


def _minus(a: Tree, b: Tree) -> Tree:
    return node("Add", None, (a, _product([MINUS_ONE, b])))
