"""Judging a derivation line by line: which line is the first that does not follow, and what is wrong with it.

A derivation is a list of expressions: a start, at least two lines in between, a goal; every line equals the one
before. Lines are compared by value (`review_chain`, `review_sums`) or as functionals of densities that integrate
to one (`review_functionals`):

    ∫ f_A + c_A = ∫ f_B + c_B for all densities p, q   iff   f_A - f_B = α p + β q  and  c_B - c_A = α + β.

Each step is decided on its own, so errors that cancel are found at the first one. Nothing is simplified: what is
proven is proven by ball arithmetic, and a line that cannot be evaluated does not follow.

A line that follows costs nothing; whether it *counts* as a step is another question, since a program could insert
lines that follow between any two. What a line is built of is read off as its `_Form`: the logarithms that it is
written in, each with its coefficient, told by their values. So factors that are 1, terms that are 0, split
integrals and sums, and constants moved about change nothing, and functions that no step needs make no form. A
line in between counts when its form is new, or that of the start with less left to be simplified. Beside such
lines, one counts that takes start or goal apart or puts it together in another way, such as a split integral.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any, Protocol

import numpy as np
from flint import arb, fmpq

from . import witness
from .balls import (
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
from .expression import (
    BINDERS,
    MATRICES,
    MINUS_ONE,
    ONE,
    ZERO,
    Tree,
    as_number,
    canonical,
    contains,
    free_names,
    has_floats,
    node,
    number,
    postorder,
    read,
    rebuild,
    rename_bound,
    symbol,
    too_large,
)
from .sampling import Memory, Sort, Space, anchors, counting_symbols, key
from .symbolic import (
    EQUAL,
    MORE_FOR_PIECES,
    NARROW,
    PRECISIONS,
    UNDECIDED,
    compare_trees,
    in_pieces,
    precisions,
    substitute,
    undeclared,
    unfinished,
)
from .verdict import Wrong

MIN_BETWEEN = 2
MAX_LINES = 100
MAX_LINE = 1000
_POINTS = 12
_SCALED = 7
_MAX_TERMS = 24
_BITS = 768
_NAMING_WORK = 60_000

Predicate = Callable[[Tree], bool]


@dataclass(frozen=True)
class Review:
    """What was found in a derivation.

    `between_ok` counts the lines before the goal that take a step and follow one after another from a right start.
    `first_error` is the line, counted from 1 as the student counts, that does not follow; `error` is "constant",
    "factor", "sign", "missing term" or "other". `message` may be shown to the student; `note` is a stable id,
    "derivation.sign".
    """

    start_ok: bool
    goal_ok: bool
    between_ok: int
    first_error: int | None
    error: str
    complete: bool
    message: str
    note: str
    witness: str = ""
    """An example that tells the first wrong line from the one before: numbers of the student's own lines."""
    counting: tuple[int, ...] = ()
    """The lines that `between_ok` counts."""

    @property
    def line(self) -> int | None:
        """The first line that is wrong, 0 where each follows, None where they could not be judged."""
        return self.first_error or (0 if self.start_ok else None)

    def require(self) -> None:
        """Raise `Wrong` with the message unless the derivation is complete."""
        if not self.complete:
            raise Wrong(self.message, note=self.note, line=self.line, witness=self.witness)


@dataclass(frozen=True)
class _Form:
    """What a line is built of: two lines of one form are one line to a reader.

    `steps` holds the logarithms with their coefficients, None where the line is built of something else; `marks`
    what is left to be simplified in them; `layout` how the whole is put together from parts; `final` tells the
    form that the goal has.
    """

    steps: Hashable = None
    marks: frozenset[str] = frozenset()
    layout: Hashable = None
    final: bool = False


class Rules(Protocol):
    """What makes lines understood, equal, a start, a goal: see `functionals`, `sums` and `chain`.

    The start may be made of `given` answers to other questions; `doubt` says why one of these can't be used, and
    the start is not judged.
    """

    given: tuple[str, ...]
    doubt: str

    def settle(self, lines: Sequence[Tree], points: str) -> None:
        """Look at all lines, and take the key of the points at which they are compared."""

    def understand(self, tree: Tree, what: str) -> Any:
        """The line in the form that the other methods take; raises `Wrong`."""

    def identity(self, tree: Tree) -> Tree:
        """What two lines have in common that differ in nothing but writing."""

    def start(self, line: Any) -> str:
        """Why the line is not the start, or ""."""

    def goal(self, line: Any) -> str:
        """Why the line is not the goal, or ""."""

    def equal(self, before: Any, after: Any) -> bool:
        """Whether the lines are equal, as far as can be found out."""

    def undecided(self, before: Any, after: Any) -> bool:
        """Whether it could not be found out if two lines that are not found equal differ."""

    def error(self, before: Any, after: Any) -> str:
        """What kind of error makes two lines differ."""

    def form(self, line: Any) -> _Form:
        """What the line is built of."""

    def examples(self, lines: Sequence[Any]) -> Iterable[witness.Example]:
        """Where lines that differ may be seen to differ, with the values of all."""


@dataclass(frozen=True)
class _Line:
    number: int
    same_as: Tree
    content: Any


def fingerprint(lines: Sequence[object]) -> tuple[object, ...]:
    """What decides the review of a derivation: two with one fingerprint have one review."""
    return tuple(line if isinstance(line, str) else line.digest for line in _read(lines))


def _read(lines: Sequence[object]) -> list[Tree | str]:
    """The lines as trees, or what is wrong with them."""
    found: list[Tree | str] = []
    for k, value in enumerate(lines, start=1):
        # A line may come with its reason: (line, "why").
        if isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[1], str):
            value = value[0]
        try:
            tree = read(value, f"line {k}")
        except Wrong as wrong:
            found.append(wrong.hint)
        else:
            found.append(tree if tree.size <= MAX_LINE else f"line {k} is too long to be judged: simplify it.")
    return found


def review(lines: object, rules: Rules) -> Review:
    """Judge a derivation by its rules."""
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
    given = _read(lines)
    trees = [line for line in given if isinstance(line, Tree)]
    rules.settle(trees, key(*trees))
    understood, fault = _understand(given, rules)
    if not understood:
        return _unusable(fault, "line", first_error=1)
    return _judge(understood, fault, rules)


def _same(lines: Sequence[object], rules: Rules) -> bool:
    """Whether all lines can be read and are equal, without a word about why not."""
    given = _read(lines)
    trees = [line for line in given if isinstance(line, Tree)]
    rules.settle(trees, key(*trees))
    understood, fault = _understand(given, rules)
    return not fault and all(rules.equal(a.content, b.content) for a, b in pairwise(understood))


def _unusable(message: str, note: str, first_error: int | None = None) -> Review:
    text = message[:1].upper() + message[1:]
    return Review(False, False, 0, first_error, "other", False, text, f"derivation.{note}")


def _understand(lines: Sequence[Tree | str], rules: Rules) -> tuple[list[_Line], str]:
    """The lines that differ from their predecessors, up to the first that is none, and what is wrong with that."""
    found: list[_Line] = []
    for k, line in enumerate(lines, start=1):
        if isinstance(line, str):
            return found, line
        try:
            same_as = rules.identity(line)
            if not found or same_as != found[-1].same_as:
                found.append(_Line(k, same_as, rules.understand(line, f"line {k}")))
        except Wrong as wrong:
            return found, wrong.hint.replace("the answer", f"line {k}", 1)
    return found, ""


@dataclass(frozen=True)
class Mark:
    """How a line is related to the one before, whatever became of the lines before that one.

    `verdict` is one of the constants below; `content` is the line as its rules understand it, None where they do
    not, and `why` says why not.
    """

    number: int
    verdict: str
    content: Any = None
    why: str = ""


FIRST, FOLLOWS, SAME, DIFFERS, UNKNOWN, UNREADABLE = "first", "follows", "same", "differs", "unknown", "unreadable"


def marks(lines: Sequence[object], rules: Rules) -> list[Mark]:
    """A mark for every line, after `review` has judged them by the same rules."""
    found: list[Mark] = []
    before: tuple[Tree, Any] | None = None
    for k, line in enumerate(_read(lines), start=1):
        try:
            if isinstance(line, str):
                raise Wrong(line)
            now = (rules.identity(line), rules.understand(line, f"line {k}"))
        except Wrong as wrong:
            found.append(Mark(k, UNREADABLE, why=wrong.hint.replace("the answer", f"line {k}", 1)))
            before = None
            continue
        found.append(Mark(k, FIRST if k == 1 else _relation(before, now, rules), now[1]))
        before = now
    return found


def _relation(before: tuple[Tree, Any] | None, now: tuple[Tree, Any], rules: Rules) -> str:
    if before is None:
        return UNKNOWN
    if before[0] == now[0]:
        return SAME
    if rules.equal(before[1], now[1]):
        return FOLLOWS
    return UNKNOWN if rules.undecided(before[1], now[1]) else DIFFERS


def _judge(lines: list[_Line], fault: str, rules: Rules) -> Review:
    start_problem = rules.start(lines[0].content)
    # Without its last line, a derivation that breaks off has no goal.
    goal_problem = fault if fault else rules.goal(lines[-1].content)
    first_error, error, example = None, "", ""
    for before, after in pairwise(lines):
        if not rules.equal(before.content, after.content):
            first_error, error = after.number, rules.error(before.content, after.content)
            pair = [before.content, after.content]
            example = witness.told(rules.examples(pair), before.number, after.number)
            break
    right = [line for line in lines if first_error is None or line.number < first_error]
    if first_error is None and fault:
        first_error, error = lines[-1].number + 1, "other"
    # Only the end of the list can be the goal: what stands there is no line in between.
    middle = right[1:] if fault or len(right) < len(lines) else right[1:-1]
    steps = _steps(lines[0], middle, None if goal_problem else lines[-1], rules)
    counting = () if start_problem else steps
    between = len(counting)
    complete = not (start_problem or goal_problem or first_error) and between >= MIN_BETWEEN
    others = {line.same_as for line in middle} - {lines[0].same_as, lines[-1].same_as}
    padded = len(steps) < MIN_BETWEEN <= len(others)
    message, note = _verdict(start_problem, goal_problem, first_error, error, fault, between, padded, lines)
    if start_problem:
        first_error, error = 1, error if first_error == 1 else "other"
    return Review(
        not start_problem,
        not goal_problem,
        between,
        first_error,
        error,
        complete,
        message,
        f"derivation.{note}",
        "" if start_problem else example,
        counting,
    )


def _steps(start: _Line, middle: Sequence[_Line], goal: _Line | None, rules: Rules) -> tuple[int, ...]:
    """The numbers of the lines in between that count as steps."""
    beginning = _form(start, rules)
    end = _form(goal, rules) if goal is not None else None
    seen = {beginning.steps} | ({end.steps} if end is not None else set())
    left = beginning.marks
    new: list[int] = []
    rearranged: list[int] = []
    for line in middle:
        form = _form(line, rules)
        if form.steps is None:
            continue
        if form.steps == beginning.steps:
            if form.marks < left:
                new.append(line.number)
                left = form.marks
            elif form.layout != beginning.layout:
                rearranged.append(line.number)
        elif form.final if end is None else form.steps == end.steps:
            if end is None or form.layout != end.layout:
                rearranged.append(line.number)
        elif form.steps not in seen:
            seen.add(form.steps)
            new.append(line.number)
    return tuple(sorted([*new, *rearranged[:1]])) if new else ()


def _form(line: _Line, rules: Rules) -> _Form:
    try:
        return rules.form(line.content)
    except Wrong:  # its numbers grow too long on the way
        return _Form()


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
    padded: bool,
    lines: Sequence[_Line],
) -> tuple[str, str]:
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
    if between >= MIN_BETWEEN:
        return "Every line follows.", "complete"
    if padded:
        return (
            "Every line follows, but fewer than two lines in between take a step: to split sums and integrals, to "
            "move constants about, and to put in terms that are 0 and factors that are 1 is none.",
            "padding",
        )
    missing = "no line" if between == 0 else "only one line"
    return (
        f"Every line follows, but there is {missing} between start and goal that takes a step of its own; "
        "show at least two.",
        "jump" if between == 0 else "too-short",
    )


# Functionals of densities --------------------------------------------------------


@dataclass(frozen=True)
class _Functional:
    """∫ `integrand` + `constant`: the first is the sum of `integrands`, the whole of `terms`."""

    integrand: Tree
    constant: Tree
    integrands: tuple[Tree, ...]
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
    integration variable may have any name and the bounds may be left out or be -oo and oo.
    """
    return review(lines, functionals(start=start, goal=goal, densities=densities, variable=variable))


def functionals(
    *,
    start: object = None,
    goal: object = None,
    where: Mapping[str, object] | None = None,
    densities: Sequence[str] = ("p_r", "p_g"),
    variable: str = "x",
) -> Rules:
    """The rules of `review_functionals`; `where` gives what symbols of the start stand for: answers, not trusted.

    Where such an answer can't be used, the start is not judged, and the rules say so. Without a goal every line
    that is new counts.
    """
    rules = _FunctionalRules(tuple(densities), variable)
    if start is not None and where:
        rules.given = tuple(where)
        try:
            answers = {name: read(value, f"`{name}`") for name, value in where.items()}
            start = substitute(read(start, "the start"), answers)
            rules.understand(start, "the start")
        except Wrong as fault:
            start, rules.doubt = None, fault.hint
    rules.ends(start, goal)
    return rules


def same_functional(
    one: object, other: object, *, densities: Sequence[str] = ("p_r", "p_g"), variable: str = "x"
) -> bool:
    """Whether two lines are equal in the sense of `review_functionals`."""
    return _same([one, other], _FunctionalRules(tuple(densities), variable))


class _FunctionalRules:
    given: tuple[str, ...] = ()
    doubt = ""
    _start: _Functional | None = None
    _goal: _Functional | None = None

    def __init__(self, densities: tuple[str, ...], variable: str) -> None:
        self.densities = densities
        self.variable = variable
        names = sorted((*densities, variable))
        kinds = {**dict.fromkeys(densities, "positive"), variable: "real"}
        self.space = Space(kinds, tuple(names), memory={})
        self._generators: list[Tree] = []
        self._final: Hashable = None

    def ends(self, start: object, goal: object) -> None:
        try:
            if start is not None:
                self._start = self.understand(read(start, "the start"), "the start")
            if goal is None:
                return
            self._goal = self.understand(read(goal, "the goal"), "the goal")
        except Wrong as fault:
            raise ValueError(fault.hint) from fault
        integrand = canonical(self._goal.integrand)
        logarithms = [part.args[0] for part in postorder(integrand) if part.head == "log"]
        factors = [factor for argument in logarithms for factor in _factors(argument)]
        bases = {part for f in factors for part in _primitive(f.args[0] if f.head == "Pow" else f)}
        self._generators = sorted(bases, key=lambda base: (as_number(base) is None, base.digest))

    def settle(self, lines: Sequence[Tree], points: str) -> None:
        self.space = replace(self.space, key=points)
        self._final = self.form(self._goal).steps if self._goal else None

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
                factors = list(part.args)
                if sum(contains(factor, _is_integral) for factor in factors) > 1:
                    factors = [self._counted(factor, what) for factor in factors]
                inner = [factor for factor in factors if contains(factor, _is_integral)]
                outer = [factor for factor in factors if not contains(factor, _is_integral)]
                if len(inner) > 1:
                    raise _bad_line(what, "it multiplies integrals with each other")
                if not inner:
                    constants.append(_product([coefficient, *outer]))
                    continue
                for factor in outer:
                    self._no_density(factor, what)
                stack.append((inner[0], _product([coefficient, *outer])))
            elif not contains(counted := self._counted(part, what), _is_integral):
                stack.append((counted, coefficient))
            else:
                raise _bad_line(what, "an integral stands inside another function")
        terms = [(term, ZERO) for piece in integrands for term in _expanded(piece)]
        terms += [(ZERO, term) for piece in constants for term in _expanded(piece)]
        line = _Functional(_sum(integrands), _sum(constants), tuple(integrands), tuple(terms[:_MAX_TERMS]))
        _evaluable([line.integrand, line.constant], self.space, what)
        return line

    def _no_density(self, part: Tree, what: str) -> None:
        names = free_names(part)
        if found := sorted(names & {*self.densities, self.variable}):
            raise _bad_line(what, f"`{found[0]}` stands outside of an integral")
        if names:
            raise undeclared(what, names, self.densities)

    def _counted(self, tree: Tree, what: str) -> Tree:
        """The tree with each integral of the densities with constants as the number that it is: ∫p = 1."""

        def count(part: Tree) -> Tree:
            if part.head != "Integral":
                return part
            shares: list[Tree] = []
            for term in _expanded(canonical(self._integrand(part, what))):
                share = [factor for factor in _factors(term) if factor not in map(symbol, self.densities)]
                if len(share) != len(_factors(term)) - 1 or any(map(free_names, share)):
                    return part
                shares.append(_product(share))
            return _sum(shares)

        return rebuild(tree, count)

    def _integrand(self, integral: Tree, what: str) -> Tree:
        body, limits = integral.args[0], integral.args[1:]
        if contains(body, _is_integral):
            body = self._counted(body, what)
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

    def _matches(self, line: _Functional, wanted: _Functional | None) -> str:
        if wanted is None:
            return ""
        if compare_trees(line.integrand, wanted.integrand, self.space).verdict != EQUAL:
            return "its integrand is another one"
        if compare_trees(line.constant, wanted.constant, Space({}, ())).verdict != EQUAL:
            return "its constant is another one"
        return ""

    def form(self, line: _Functional) -> _Form:
        """The logarithms as products of the goal's factors to the powers -1, 0, 1, each with its coefficient.

        A constant counts as a part of the form only while all of it stands below the integral: constants that
        cancel each other, as in ∫p - 1, are no step. Nor are logarithms that could be left out, as in
        log(2p) - log p - log 2: those of a form are independent, so that its value decides their coefficients.
        Where no goal is known, every line has a form of its own.
        """
        if self._goal is None:
            return _Form(line)
        terms = _expanded(canonical(line.integrand))
        if len(terms) >= _MAX_TERMS:
            return _Form()
        found = [_logarithm_in(term, self.densities) for term in terms]
        if None in found or any(contains(term, lambda part: self._is_foreign(part)) for term in terms):
            return _Form()
        rest = _sum([term for term, split in zip(terms, found, strict=True) if split == (ONE, ZERO)])
        pairs = [split for split in found if split is not None and split != (ONE, ZERO)]
        flat = [tree for pair in pairs for tree in pair]
        columns = _columns(
            [*flat, *self._generators, *map(symbol, self.densities), rest, line.constant, *line.integrands],
            self.space,
            len(self._generators) + 2,
        )
        if columns is None:
            return _Form()
        count = len(flat) + len(self._generators)
        bases = columns[len(flat) : count]
        densities, (remainder, constant) = columns[count : count + 2], columns[count + 2 : count + 4]
        totals: dict[tuple[int, ...], list[Number]] = {}
        marks = set()
        for k, (_, argument) in enumerate(pairs):
            powers = _powers(columns[2 * k + 1], bases)
            if powers is None or max(map(abs, powers)) > 1:
                return _Form()
            first = next((power for power in powers[1:] if power), 1)
            powers = tuple(first * power for power in powers)
            coefficient = [first * value for value in columns[2 * k]]
            totals[powers] = _added(totals.get(powers), coefficient)
            if argument.head == "Add" and sum(map(abs, powers[1:])) > 1:
                marks.add("complement")
        if not _are_needed(totals, densities):
            return _Form()
        inside = _vanishes(constant) and not _vanishes(remainder) and self._integrates(remainder, densities)
        steps = (_named(totals), bool(inside))
        layout = tuple(sorted(map(_shown_column, columns[count + 4 :])))
        return _Form(steps, frozenset(marks), layout, final=steps == self._final)

    def _is_foreign(self, part: Tree) -> bool:
        # Functions of constants are constants; of densities, only what start and goal are written in is known.
        known = ("Add", "Mul", "log", "Symbol")
        if part.head == "Pow":
            return as_number(part.args[1]) is None and bool(free_names(part))
        return part.head not in known and bool(free_names(part) & {*self.densities, self.variable})

    def _integrates(self, values: list[Number], densities: Sequence[list[Number]]) -> bool:
        """Whether the values are those of α p + β q with α + β not 0."""
        with precision(_BITS):
            matrix = [[column[k] for column in densities] for k in range(len(densities))]
            shares = _linear_solution(matrix, values[: len(densities)])
            return shares is not None and not _contains_zero(sum(shares, exact(0)))

    def equal(self, before: _Functional, after: _Functional) -> bool:
        return self._multiple(_difference(before, after), None, Budget) == 0

    def undecided(self, before: _Functional, after: _Functional) -> bool:
        return isinstance(self._found(_difference(before, after), None, Budget), str)

    def examples(self, lines: Sequence[_Functional]) -> Iterable[witness.Example]:
        pairs = [(line.integrand, line.constant) for line in lines]
        return witness.of_normals(pairs, self.densities, self.variable)

    def error(self, before: _Functional, after: _Functional) -> str:
        # The name of an error is worth so much work, all in all.
        budget = Budget(_NAMING_WORK)
        difference = _difference(before, after)

        def multiple(term: tuple[Tree, Tree]) -> Fraction | None:
            return self._multiple(difference, term, lambda: budget)

        if self._multiple((difference[0], ZERO), None, lambda: budget, any_constant=True) == 0:
            return "constant"
        whole = multiple((before.integrand, before.constant))
        if whole is not None:
            return "sign" if whole == -2 else "factor" if whole != -1 else "other"
        found = [_term_error(multiple(term), old=True) for term in before.terms]
        found += [_term_error(multiple(term), old=False) for term in after.terms]
        return _worst(found)

    def _multiple(
        self,
        difference: tuple[Tree, Tree],
        term: tuple[Tree, Tree] | None,
        budget: Callable[[], Budget],
        *,
        any_constant: bool = False,
    ) -> Fraction | None:
        """The μ for which `difference` equals μ·`term` as a functional; without a term, 0 when it vanishes.

        None when there is no such μ, or none can be found with the budget. A multiple of which no fraction is near
        is reported as 1/7919, which no exercise uses.
        """
        found = self._found(difference, term, budget, any_constant=any_constant)
        return found if isinstance(found, Fraction) else None

    def _found(
        self,
        difference: tuple[Tree, Tree],
        term: tuple[Tree, Tree] | None,
        budget: Callable[[], Budget],
        *,
        any_constant: bool = False,
    ) -> Fraction | str | None:
        """What `_multiple` says, or "unknown" where no precision could tell."""
        wanted = [*difference, *(term or ())]
        # The name of an error needs no more than what the first precision shows.
        tries = [(bits, False) for bits in precisions(*wanted)[: 1 if term else None]]
        verdict: Fraction | str | None = "unknown"
        for bits, rounded in [*tries, *([(_BITS, True)] if any(map(has_floats, wanted)) else [])]:
            if verdict == "unknown" or (verdict is None and rounded):
                with precision(bits):
                    verdict = self._solve(wanted, bits, budget(), any_constant, rounded)
        return verdict

    def _solve(
        self, wanted: list[Tree], bits: int, budget: Budget, any_constant: bool, rounded: bool
    ) -> Fraction | str | None:
        """What `_multiple` says, at one precision; "unknown" where another one may tell."""
        small = NARROW if rounded else arb(2) ** (-bits // 4)
        unknowns = len(self.densities) + (len(wanted) == 4)
        head: list[_Row] = []
        solution: list[Number] | None = None
        try:
            rows: Iterable[_Row] = self._rows(wanted, bits, budget, rounded)
            for row in _apart([*rows]) if rounded else rows:
                if solution is None:
                    head.append(row)
                    if len(head) == unknowns:
                        solution = _linear_solution([row.factors for row in head], [row.value for row in head])
                        if solution is None:
                            return None if len(wanted) == 4 else "unknown"
                    continue
                rest = row.value - _dot(row.factors, solution)
                if not _contains_zero(rest):
                    return None
                # Decimals are as good as the densities are large.
                if not _size(rest) < (small * sum(row.factors[-2:], exact(1)) if rounded else small):
                    return "unknown"
        except TooMuchWork:
            return None
        except _NoValue as found:
            return None if found.undefined else "unknown"
        assert solution is not None
        shares = solution[-len(self.densities) :]
        multiple = solution[0] if len(wanted) == 4 else exact(0)
        constant = head[0].constant + sum(shares, exact(0))
        if len(wanted) == 4:
            constant = constant - multiple * head[0].beside
        if any_constant:
            return _near_fraction(multiple)
        if not _contains_zero(constant):
            return None
        return _near_fraction(multiple) if _size(constant) < small else "unknown"

    def _rows(self, wanted: list[Tree], bits: int, budget: Budget, rounded: bool) -> Iterator[_Row]:
        """The values at all points; raises `_NoValue` where one has none, or hides what is too small."""
        program = compile_trees(wanted, rounded=rounded)
        pieces = any(map(in_pieces, wanted))
        more = MORE_FOR_PIECES if pieces else 1
        meet = anchors(*wanted) if pieces else ()
        for point, sort in self.space.points(more * _POINTS, 0, budget, scaled=more * _SCALED, anchors=meet):
            hides = sort is Sort.MILD and bits < PRECISIONS[-1] and not rounded
            point.tiny = arb(2) ** (-bits // 4) if hides else None
            value, constant, *term = program.run(point)
            found = [each for each in (value, constant, *term) if type(each) is Special]
            if found or point.saw_tiny:
                raise _NoValue(undefined=UNDEFINED in found)
            weights = [point.values[name] for name in self.densities]
            yield _Row(value, [*term[:1], *weights], constant, term[1] if term else None)


class _NoValue(Exception):
    """The lines have no value at a point, provably or as far as is seen."""

    def __init__(self, *, undefined: bool) -> None:
        super().__init__()
        self.undefined = undefined


@dataclass(frozen=True)
class _Row:
    """What two lines differ by at a point: the value is to be one combination of the factors at all points."""

    value: Number
    factors: list[Number]
    constant: Number
    beside: Number
    """The constant that belongs to the first factor, where this is a term."""


def _difference(before: _Functional, after: _Functional) -> tuple[Tree, Tree]:
    return _minus(after.integrand, before.integrand), _minus(after.constant, before.constant)


def _apart(rows: Sequence[_Row]) -> list[_Row]:
    """The rows, those first whose densities are least alike: what follows from others is known less well."""
    if len(rows[0].factors) < 2:
        return [*rows]
    densities = [[float(weight) for weight in row.factors[-2:]] for row in rows[:_POINTS]]

    def sine(pair: tuple[int, int]) -> float:
        (a, b), (c, d) = (densities[k] for k in pair)
        return abs(a * d - b * c) / (math.hypot(a, b) * math.hypot(c, d))

    first = max(combinations(range(len(densities)), 2), key=sine)
    return [rows[k] for k in first] + [row for k, row in enumerate(rows) if k not in first]


def _evaluable(trees: Sequence[Tree], space: Space, what: str) -> None:
    """Refuse a line that has no value where nothing is large or tiny, or a part too small to be seen there."""
    program = compile_trees(trees)
    for bits in precisions(*trees):
        with precision(bits):
            try:
                for point, _ in space.points(1):
                    point.tiny = arb(2) ** (-bits // 4)
                    values = program.run(point)
                    found = [value for value in values if type(value) is Special]
                    if not found and not point.saw_tiny:
                        return
            except TooMuchWork:
                raise too_large(what) from None
        if UNDEFINED in found:
            raise _bad_line(what, "it divides by zero or takes the logarithm of zero")
        if found and Special.UNKNOWN not in found:
            raise too_large(what)
    raise _bad_line(what, "it cannot be evaluated")


def _columns(trees: Sequence[Tree], space: Space, points: int) -> list[list[Number]] | None:
    """The values of each tree at so many points; None where one has none."""
    program = compile_trees(trees)
    with precision(_BITS):
        try:
            rows = [program.run(point) for point, _ in space.points(points, 0, Budget())]
        except TooMuchWork:
            return None
    if any(type(value) not in (fmpq, arb) for row in rows for value in row):
        return None
    return [list(column) for column in zip(*rows, strict=True)]


def _factors(tree: Tree) -> tuple[Tree, ...]:
    return tree.args if tree.head == "Mul" else (tree,)


def _primitive(tree: Tree) -> tuple[Tree, ...]:
    """A sum such as p/2 + q/2 as a number and a sum without it, 1/2 and p + q; all else as it is."""
    if tree.head != "Add":
        return (tree,)
    shares = [_product([f for f in _factors(term) if as_number(f) is not None]) for term in tree.args]
    content = as_number(shares[0])
    if content in (None, 1) or any(as_number(share) != content for share in shares):
        return (tree,)
    rest = [_product([f for f in _factors(term) if as_number(f) is None]) for term in tree.args]
    return (shares[0], canonical(_sum(rest)))


def _logarithm_in(term: Tree, names: Sequence[str]) -> tuple[Tree, Tree] | None:
    """A term as the coefficient and the argument of its one logarithm of the names.

    (1, 0) of a term without one, None of a term of another form.
    """

    def holds(part: Tree) -> bool:
        return contains(part, lambda inner: inner.head == "log" and bool(free_names(inner) & set(names)))

    factors = _factors(term)
    logarithms = [factor for factor in factors if holds(factor)]
    if not logarithms:
        return ONE, ZERO
    (first, *more) = logarithms
    if more or first.head != "log" or holds(first.args[0]):
        return None
    return _product([factor for factor in factors if factor is not first]), first.args[0]


def _powers(argument: list[Number], bases: Sequence[list[Number]]) -> tuple[int, ...] | None:
    """The integer exponents with which the argument is the product of the bases at all points."""
    with precision(_BITS):
        columns = [[arb(value) for value in column] for column in (argument, *bases)]
        if not all(value > 0 for column in columns for value in column):
            return None
        wanted, *logs = [[value.log() for value in column] for column in columns]
        rows = list(zip(*logs, strict=True))
        solution = _linear_solution([list(row) for row in rows[: len(bases)]], wanted[: len(bases)])
        found = [value.unique_fmpz() for value in solution or ()]
        if not found or None in found:
            return None
        powers = tuple(int(value) for value in found)
        right = all(_contains_zero(value - _dot(row, powers)) for row, value in zip(rows, wanted, strict=True))
        return powers if right else None


def _added(total: list[Number] | None, values: list[Number]) -> list[Number]:
    with precision(_BITS):
        return values if total is None else [a + b for a, b in zip(total, values, strict=True)]


def _are_needed(totals: Mapping[tuple[int, ...], list[Number]], densities: Sequence[list[Number]]) -> bool:
    """Whether no other coefficients of these logarithms give the same: they are independent, beside constants.

    Two that differ by a constant, such as those of p + q and of the mixture, may stand with a density each.
    """
    groups: dict[tuple[int, ...], list[list[Number]]] = {}
    for powers, values in totals.items():
        if not _vanishes(values):
            groups.setdefault(powers[1:], []).append(values)
    if groups and np.linalg.matrix_rank(np.array([*groups], dtype=float)) < len(groups):
        return False
    for values in groups.values():
        owners = [[k for k, density in enumerate(densities) if _is_multiple(v, density)] for v in values]
        if len(values) > 1 and sorted(owners) != [[k] for k in range(len(values))]:
            return False
    return True


def _is_multiple(values: Sequence[Number], of: Sequence[Number]) -> bool:
    with precision(_BITS):
        return all(_contains_zero(v * of[0] - values[0] * o) for v, o in zip(values, of, strict=True))


def _vanishes(values: Sequence[Number]) -> bool:
    return all(map(_contains_zero, values))


def _shown_column(values: Sequence[Number]) -> tuple[str, ...]:
    # Ten digits of values at random points tell what is equal and what is not.
    return tuple(f"{0.0 if _contains_zero(v) else float(arb(v).mid()):.9e}" for v in values)


def _named(totals: Mapping[tuple[int, ...], list[Number]]) -> frozenset[object]:
    return frozenset((which, _shown_column(c)) for which, c in totals.items() if not _vanishes(c))


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
    is an expression that the first line must equal besides. Every line that is new counts as a step.
    """
    return review(lines, chain(domains=domains, start=start, goal=goal, value=value))


def chain(
    *,
    domains: Mapping[str, str],
    start: object | Predicate | None = None,
    goal: object | Predicate | None = None,
    value: object | None = None,
) -> Rules:
    """The rules of `review_chain`."""
    return _ChainRules(domains, start, goal, value)


def review_sums(
    lines: object,
    *,
    value: object,
    domains: Mapping[str, str],
    start: Predicate,
    goal: Predicate,
    size: str = "K",
    logarithms: str = "sigma",
) -> Review:
    """Judge a chain of expressions in indexed quantities with indices from 1 to a symbolic `size`, or written out.

    `value` is the value of every line, for symbolic size, and `domains` the domains of the indexed quantities. A
    student may also fix the size, to 2 or more, and write all terms out, as `mu[1]`, `mu_1` or `mu1`, and may
    count from 0. `start` and `goal` tell the first and the last line by their form: see `joint_logarithm` and
    `separate_logarithms`. `logarithms` names the indexed quantity that these are about.
    """
    return review(
        lines, sums(value=value, domains=domains, start=start, goal=goal, size=size, logarithms=logarithms)
    )


def sums(
    *,
    value: object,
    domains: Mapping[str, str],
    start: Predicate,
    goal: Predicate,
    size: str = "K",
    logarithms: str = "sigma",
) -> Rules:
    """The rules of `review_sums`."""
    return _SumRules(domains, start, goal, value, size, logarithms)


def same_sum(
    one: object, other: object, *, domains: Mapping[str, str], size: str = "K", logarithms: str = "sigma"
) -> bool:
    """Whether two lines are equal in the sense of `review_sums`."""
    return _same([one, other], _SumRules(domains, None, None, None, size, logarithms))


class _ChainRules:
    given: tuple[str, ...] = ()
    doubt = ""

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
        self._points = ""
        self._memory: Memory = {}

    def settle(self, lines: Sequence[Tree], points: str) -> None:
        self._points = points

    def form(self, line: Tree) -> _Form:
        return _Form(canonical(line))

    def identity(self, tree: Tree) -> Tree:
        return canonical(tree)

    def understand(self, tree: Tree, what: str) -> Tree:
        unfinished(what, tree)
        counting = counting_symbols([tree])
        if unknown := free_names(tree) - self.domains.keys() - counting:
            raise undeclared(what, unknown, self.domains)
        _evaluable([tree], self.space([tree]), what)
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
        names = frozenset().union(*(free_names(tree, ("Symbol",)) for tree in trees))
        symbols = tuple(sorted(names | counting))
        return Space(
            self.domains, symbols, key=self._points, fixed=self.fixed, counting=counting, memory=self._memory
        )

    def _compare(self, a: Tree, b: Tree) -> bool:
        """Whether two trees differ, as far as can be found out."""
        return a != b and compare_trees(a, b, self.space([a, b])).verdict != EQUAL

    def equal(self, before: Tree, after: Tree) -> bool:
        return not self._compare(after, before)

    def undecided(self, before: Tree, after: Tree) -> bool:
        return compare_trees(after, before, self.space([after, before])).verdict == UNDECIDED

    def examples(self, lines: Sequence[Tree]) -> Iterable[witness.Example]:
        return witness.of_small_numbers(lines, self.domains, self.fixed)

    def error(self, before: Tree, after: Tree) -> str:
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
        program = compile_trees(trees, rounded=True)
        points, rows = [], []
        with precision(_BITS):
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
        with precision(_BITS):
            return bool(pairs) and all(_contains_zero(a - b) for a, b in pairs)


def _ratio(difference: list[Number], term: list[Number]) -> Fraction | None:
    """The constant μ with difference = μ·term at all points, if there is one."""
    with precision(_BITS):
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
        self,
        domains: Mapping[str, str],
        start: Predicate | None,
        goal: Predicate | None,
        value: object | None,
        size: str,
        logarithms: str,
    ) -> None:
        super().__init__({**domains, size: "integer"}, start, goal, value)
        self.indexed = tuple(domains)
        self.size = size
        self.logarithms = logarithms
        self.first = 1
        self._outside: Hashable = None

    def settle(self, lines: Sequence[Tree], points: str) -> None:
        """Find out whether the size is symbolic or fixed, and whether indices count from 1 or from 0."""
        super().settle(lines, points)
        for line in lines:
            tree = _with_indices(line, self.indexed)
            used = self._indices_used(tree)
            if not used:
                continue
            self.first = 0 if min(used) == 0 else 1
            if self.size not in free_names(tree):
                self.fixed = {self.size: len(used)}
                return

    def _indices_used(self, tree: Tree) -> set[int]:
        space = Space(self.domains, (self.size,), fixed={self.size: 3})
        for point, _ in space.points(1):
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

    def examples(self, lines: Sequence[Tree]) -> Iterable[witness.Example]:
        sizes = {self.size: 2, **self.fixed}
        return witness.of_small_numbers(lines, self.domains, sizes, self.first)

    def start(self, line: Tree) -> str:
        if self.fixed.get(self.size, 2) < 2:
            return f"with a fixed {self.size}, it must be 2 or more"
        return super().start(line)

    def form(self, line: Tree) -> _Form:
        """The logarithms of products of `sigma[i]`, one for each i or several, where each i stands in one of them.

        Where the size is symbolic, whether it stands beside the sums or as a sum of ones is a part of the form.
        """
        count = self.fixed.get(self.size, _UNROLLED)
        indices = [number(self.first + k) for k in range(count)]
        size = {self.size: number(count)} if not self.fixed else {}
        terms = _expanded(canonical(line))
        known = ("Add", "Mul", "Pow", "log", "Symbol", "Bound", "Indexed", "Tuple", *BINDERS, *MATRICES, "Matrix")
        if len(terms) >= _MAX_TERMS or contains(
            line, lambda part: part.head not in known and bool(free_names(part) - {self.size})
        ):
            return _Form()
        pieces = [piece for term in terms for piece in _unrolled(term, self.logarithms, indices, self.size)]
        found = [_logarithm_in(piece, [self.logarithms]) for piece in pieces]
        if None in found:
            return _Form()
        pairs = [split for split in found if split is not None and split != (ONE, ZERO)]
        outside = _sum([term for term in terms if self.size in free_names(term) and not contains(term, _is_sum)])
        flat = [tree for pair in pairs for tree in pair]
        sigmas = [node("Indexed", self.logarithms, (index,)) for index in indices]
        trees = [_with_symbols(tree, size) for tree in (*flat, *sigmas, outside, *_gathered(line))]
        columns = _columns(trees, self.space(trees), count + 2)
        if columns is None:
            return _Form()
        bases = columns[len(flat) : len(flat) + count]
        totals: dict[tuple[int, ...], list[Number]] = {}
        marks = {part.head for part in postorder(line) if part.head in MATRICES}
        for k in range(len(pairs)):
            powers = _powers(columns[2 * k + 1], bases)
            if powers is None or {*map(abs, powers)} not in ({1}, {2}, {0, 1}, {0, 2}):
                return _Form()
            sign = 1 if sum(powers) > 0 else -1
            marks |= {"reciprocal"} if sign < 0 else set()
            powers = tuple(sign * power for power in powers)
            totals[powers] = _added(totals.get(powers), [sign * value for value in columns[2 * k]])
        totals = {powers: values for powers, values in totals.items() if not _vanishes(values)}
        if any(sum(bool(powers[k]) for powers in totals) != 1 for k in range(count)):
            return _Form()
        place = _shown_column(columns[len(flat) + count])
        # The size stands outside as in the start, or not at all.
        self._outside = self._outside or place
        inside = place == _shown_column([exact(0)] * len(place))
        if not inside and place != self._outside:
            return _Form()
        single = all(sum(map(bool, powers)) == 1 for powers in totals)
        layout = tuple(sorted(map(_shown_column, columns[len(flat) + count + 1 :])))
        return _Form((_named(totals), inside), frozenset(marks), layout, final=single and inside)


_UNROLLED = 3
"""How many terms stand for a sum of symbolic size where its form is looked at."""


def _is_sum(part: Tree) -> bool:
    return part.head in BINDERS


def _gathered(line: Tree) -> tuple[Tree, ...]:
    whole = canonical(line)
    return whole.args if whole.head == "Add" else (whole,)


def _with_symbols(tree: Tree, values: Mapping[str, Tree]) -> Tree:
    return rebuild(tree, lambda part: values.get(str(part.value), part) if part.head == "Symbol" else part)


def _unrolled(term: Tree, name: str, indices: Sequence[Tree], size: str) -> list[Tree]:
    """A term with a sum of logarithms as one term for each index; other terms as they are."""
    factors = _factors(term)
    sums = [
        f for f in factors if f.head == "Sum" and contains(f, lambda p: p.head == "log" and name in free_names(p))
    ]
    if len(sums) != 1 or len(sums[0].args) != 2:
        return [term]
    (body, limit) = sums[0].args
    variable, first, last = limit.args
    ends = [canonical(_with_symbols(end, {size: number(len(indices))})) for end in (first, last)]
    if ends != [indices[0], indices[-1]]:
        return [term]
    others = [factor for factor in factors if factor is not sums[0]]
    return [_product([*others, rebuild(body, _replacing(variable, index))]) for index in indices]


def _replacing(old: Tree, new: Tree) -> Callable[[Tree], Tree]:
    return lambda part: new if part == old else part


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
    kept = [factor for part in factors for factor in _factors(part) if factor != ONE]
    return kept[0] if len(kept) == 1 else node("Mul", None, kept) if kept else ONE


def _times(a: Tree, b: Tree) -> Tree:
    return _product([a, b])


def _sum(terms: Sequence[Tree]) -> Tree:
    return terms[0] if len(terms) == 1 else node("Add", None, terms) if terms else ZERO


def _minus(a: Tree, b: Tree) -> Tree:
    return node("Add", None, (a, _product([MINUS_ONE, b])))
