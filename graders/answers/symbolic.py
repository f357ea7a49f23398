"""Whether two expressions are equal on declared domains: yes, no with a witness, or undecided.

Both sides are evaluated in ball arithmetic at random rational points of the domains, with rising precision, until
the ball of the difference excludes zero or is tiny. A ball without zero proves that the sides differ: its point is
the witness. Tiny balls at all points accept. A side that is provably undefined where the other is defined rejects,
too. All else is "undecided": no time limit and no failure of an algorithm ever counts as an answer.

Floats stand for the decimals that they print; `1/0` equals nothing but itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flint import acb, arb, fmpq

from graders.answers.balls import (
    UNDEFINED,
    Budget,
    Number,
    Point,
    Program,
    Special,
    TooMuchWork,
    compile_trees,
    precision,
)
from graders.answers.expression import (
    MINUS_ONE,
    Tree,
    canonical,
    contains,
    free_names,
    node,
    read,
    rebuild,
)
from graders.answers.misconception import Misconception
from graders.answers.sampling import DOMAINS, Space, counting_symbols
from graders.answers.verdict import Undecided, Wrong

PRECISIONS = (192, 768, 3072)
POINTS = 12
_TINY = 80  # bits: the difference is below 2^-80 of the reference
_REACH = arb(2) ** (2**38)

EQUAL, DIFFERENT, UNDECIDED = "equal", "different", "undecided"


@dataclass(frozen=True)
class Comparison:
    """What is known of two expressions: the verdict, a point that proves a difference, and why.

    `verdict` is "equal", "different" or "undecided". `witness` and `reason` may hold expected values: never show
    them to a student.
    """

    verdict: str
    witness: str = ""
    reason: str = ""


def compare(
    answer: object,
    reference: object,
    domains: Mapping[str, str],
    where: Mapping[str, object] | None = None,
    seed: int = 0,
    *,
    partial: bool = False,
) -> Comparison:
    """Compare two expressions on the declared domains of their symbols.

    `domains` maps the names of symbols, of indexed quantities (`mu` for `mu[i]`) and of unknown functions to one
    of `DOMAINS`; symbols in indices or limits of sums need none and take small positive integers. `where`
    substitutes, as in `{"r": 1 - p - q}`. With `partial`, points where a side is not a real number do not count,
    as if the domain were only where both are real.

    Raises `Wrong` when the answer cannot be read or uses undeclared symbols, `ValueError` when the reference, the
    domains or `where` are at fault.
    """
    answer_tree = read(answer)
    trees = {"the reference": _trusted(reference, "the reference")}
    given = {str(name): _trusted(value, f"where {name}") for name, value in (where or {}).items()}
    trees.update({f"where {name}": tree for name, tree in given.items()})
    kinds = {str(name): kind for name, kind in domains.items()}
    for name, kind in kinds.items():
        if kind not in DOMAINS:
            raise ValueError(f"unknown domain {kind!r} of {name}: use one of {', '.join(DOMAINS)}")
    for name, tree in given.items():
        if free_names(tree) & given.keys():
            raise ValueError(f"where {name}: it may use only symbols that are not substituted themselves")
    counting = counting_symbols([answer_tree, *trees.values()])
    declared = kinds.keys() | given.keys() | counting
    for origin, tree in trees.items():
        if unknown := free_names(tree) - declared:
            raise ValueError(f"{origin} uses {', '.join(sorted(unknown))} without a declared domain")
    if unknown := free_names(answer_tree) - declared:
        raise undeclared("the answer", unknown, kinds.keys() | given.keys())
    reference_tree = substitute(trees["the reference"], given)
    answer_tree = substitute(answer_tree, given)
    if answer_tree == reference_tree:
        return Comparison(EQUAL, reason="the two are identical")
    unfinished("the answer", answer_tree)
    symbols = _symbols([answer_tree, reference_tree, *given.values()], given, counting)
    kinds.update({name: "count" for name in counting if kinds.get(name, "integer") == "integer"})
    space = Space(kinds, symbols, tuple(given.items()), seed)
    result = compare_trees(answer_tree, reference_tree, space, partial=partial)
    if result.verdict == UNDECIDED and canonical(answer_tree) == canonical(reference_tree):
        return Comparison(EQUAL, reason="the two are identical after gathering terms")
    return result


def substitute(tree: Tree, given: Mapping[str, Tree]) -> Tree:
    """The tree with symbols replaced by expressions."""
    if not given:
        return tree
    return rebuild(tree, lambda part: given.get(str(part.value), part) if part.head == "Symbol" else part)


def _symbols(trees: Iterable[Tree], given: Mapping[str, Tree], counting: frozenset[str]) -> tuple[str, ...]:
    names: set[str] = set(counting)
    for tree in trees:
        names |= free_names(tree, ("Symbol",))
    return tuple(sorted(names - given.keys()))


def _trusted(value: object, what: str) -> Tree:
    try:
        return read(value, what)
    except Wrong as fault:
        raise ValueError(fault.hint) from fault


def undeclared(what: str, names: Iterable[str], allowed: Iterable[str]) -> Wrong:
    """The refusal of an answer in symbols that the question does not have.

    Their names are for the TA: a student's function sees hidden inputs, and could name symbols after them.
    """
    foreign = sorted(names)
    expected = ", ".join(f"`{_shown(name)}`" for name in sorted(allowed))
    plural = "symbols" if len(foreign) > 1 else "a symbol"
    return Wrong(
        f"{what} uses {plural} that the question does not have"
        + (f"; use {expected} (spelled exactly so)." if expected else "."),
        note="answer.undeclared-symbol",
        detail=", ".join(f"`{_shown(name)}`" for name in foreign[:20]),
    )


def _shown(name: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in name[:40])


def unfinished(what: str, tree: Tree) -> None:
    """Raise `Wrong` when the tree holds an integral, which cannot be evaluated."""
    if contains(tree, lambda part: part.head == "Integral"):
        raise Wrong(
            f"{what} holds an integral that is not carried out: call `.doit()` on it.", note="answer.not-evaluated"
        )


# Comparing trees -----------------------------------------------------------------


def compare_trees(answer: Tree, reference: Tree, space: Space, *, partial: bool = False) -> Comparison:
    """Compare trees at the points of a space; `compare` prepares both from objects."""
    program = compile_trees([answer, reference])
    varies = bool(space.symbols) or any(contains(t, _drawn) for t in (answer, reference))
    # Few points are enough for a long expression, and one for a constant.
    share = max(1, min(POINTS, 100_000 // len(program.steps)))
    # Powers of negative numbers are real at few special points, so these need more of them.
    special = 4 * share if partial and any(contains(t, _takes_roots) for t in (answer, reference)) else share
    tally = _Tally()
    try:
        for point, generic in space.points(share if varies else 1, special if varies else 0, Budget()):
            proof = _at_point(program, point, generic, partial, tally)
            if proof:
                return Comparison(DIFFERENT, _witness(point), proof)
    except TooMuchWork:
        return Comparison(UNDECIDED, reason="the evaluation takes too many operations")
    if partial and not tally.close and tally.skipped:
        return compare_trees(answer, reference, space)
    return tally.verdict(varies)


def _drawn(part: Tree) -> bool:
    return part.head in ("Indexed", "MatrixSymbol")


def _takes_roots(part: Tree) -> bool:
    return part.head == "Pow" and part.args[1].head != "Integer"


@dataclass
class _Tally:
    """What the points have shown so far."""

    close: int = 0
    unknown: int = 0
    skipped: int = 0
    undefined: int = 0
    one_sided: int = 0
    witness: str = ""
    which: str = ""

    def verdict(self, varies: bool) -> Comparison:
        if self.one_sided and self.one_sided * 2 > self.close and (self.one_sided > 1 or not varies):
            return Comparison(
                DIFFERENT,
                self.witness,
                f"there, and at most points, {self.which} is undefined and the other is not",
            )
        points = "1 point" if self.close == 1 else f"{self.close} points"
        if self.close >= (3 if varies else 1) and self.unknown * 4 <= self.close:
            return Comparison(EQUAL, reason=f"they agree at {points} to {_TINY} bits or more")
        if self.undefined and not self.close:
            return Comparison(UNDECIDED, reason="neither side is defined at any point tried")
        return Comparison(
            UNDECIDED, reason=f"they agree at {points}, and at {self.unknown} nothing could be proven"
        )


def _at_point(program: Program, point: Point, generic: bool, partial: bool, tally: _Tally) -> str:
    """Record what one point shows; returns the proof of a difference or ""."""
    for bits in PRECISIONS:
        with precision(bits):
            a, b = program.run(point)
            if partial and (_leaves_reals(a) or _leaves_reals(b)):
                tally.skipped += 1
                return ""
            finding = _difference(a, b)
            if finding == "close":
                tally.close += 1
                return ""
            if finding == "undefined":
                tally.undefined += 1
                return ""
            if finding == "one side undefined":
                if generic:
                    tally.one_sided += 1
                    tally.which = "the answer" if a is UNDEFINED else "the reference"
                    tally.witness = tally.witness or _witness(point)
                return ""
            if finding == "different":
                return f"there the answer is {_brief(a)} and the reference {_brief(b)}"
    tally.unknown += generic
    return ""


def _leaves_reals(value: Number) -> bool:
    return type(value) is acb and not value.imag.contains(0)


def _difference(a: Number, b: Number) -> str:
    if type(a) is Special or type(b) is Special:
        return _special_difference(a, b)
    if type(a) is fmpq and type(b) is fmpq:
        return "close" if a == b else "different"
    difference = a - b
    if not difference.contains(0):
        return "different"
    size = b.abs_lower() if type(b) is not fmpq else abs(arb(b))
    bound = difference.abs_upper()
    return "close" if bound * 2**_TINY < (size if size > 0 else 1) else "unknown"


def _special_difference(a: Number, b: Number) -> str:
    if a is UNDEFINED and b is UNDEFINED:
        return "undefined"
    if a is Special.UNKNOWN or b is Special.UNKNOWN:
        return "unknown"
    if a is UNDEFINED or b is UNDEFINED:
        return "one side undefined"
    if a is b:
        return "close" if a in (Special.PLUS_INFINITY, Special.MINUS_INFINITY) else "unknown"
    finite = [abs(arb(v)) if type(v) is fmpq else v.abs_upper() for v in (a, b) if type(v) is not Special]
    if finite:
        return "different" if finite[0] < _REACH else "unknown"
    # Two different specials: opposite signs, or a huge number against an infinity.
    return "different"


def _witness(point: Point) -> str:
    values = {**point.values, **point.drawn()}
    return ", ".join(f"{_shown(name)} = {_brief(value)}" for name, value in sorted(values.items()))


def _brief(value: Number) -> str:
    if type(value) is Special:
        return str(value.value)
    if type(value) is fmpq:
        text = str(value)
        return text if len(text) <= 40 else _brief(arb(value))
    return str(value.str(10, radius=False))


# Judging an answer ---------------------------------------------------------------


def check(
    what: str,
    answer: object,
    reference: object,
    domains: Mapping[str, str],
    *,
    where: Mapping[str, object] | None = None,
    misconceptions: Iterable[Misconception] = (),
) -> None:
    """Return if the answer named `what` equals the reference on the domains.

    Raises `Wrong` otherwise, with the hint and note of the first misconception whose expression equals the answer;
    `detail` holds the witness. Raises `Undecided` when nothing could be proven. The hint never holds a point or an
    expected value.
    """
    tree = read(answer, f"`{what}`")
    try:
        result = compare(tree, reference, domains, where)
    except Wrong as fault:
        raise Wrong(
            fault.hint.replace("the answer", f"`{what}`", 1), note=fault.note, detail=fault.detail
        ) from None
    if result.verdict == EQUAL:
        return
    if result.verdict == UNDECIDED:
        raise Undecided(f"`{what}`: {result.reason}")
    detail = f"at {result.witness or 'every point'}: {result.reason}"
    for named in misconceptions:
        if compare(tree, named.expression(), domains, where).verdict == EQUAL:
            raise Wrong(named.hint, note=named.note, detail=detail)
    if compare(node("Mul", None, (MINUS_ONE, tree)), reference, domains, where).verdict == EQUAL:
        raise Wrong(f"`{what}` has the wrong sign.", note="answer.sign", detail=detail)
    raise Wrong(
        f"`{what}` is not equal to what is asked for: check it at a value of your choice.",
        note="answer.wrong",
        detail=detail,
    )
