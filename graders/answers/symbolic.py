"""Whether two expressions are equal on declared domains: yes, no with a witness, or undecided.

Both sides are evaluated in ball arithmetic at random rational points all over the domains (see `sampling`). A ball
of the difference without zero proves that the sides differ: its point is the witness. So does a side that is
provably undefined where the other is defined. Balls that keep zero at all points accept, at a precision beyond
what the numbers in the two expressions could hide: differences of 10^-60 or 10^-1000 are differences. All else is
"undecided": no time limit and no failure of an algorithm ever counts as an answer.

Floats are first taken for the decimals that they print, as 0.5 for 1/2. Where the sides differ then, floats are
the balls of the numbers that print so. What excludes 0 is still a proof; what holds 0 accepts where it is narrow
beside the value, at four of five points, so that nobody gets past by blowing up a ball. `1/0` equals nothing but
itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flint import acb, arb, fmpq

from .balls import (
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
from .expression import (
    LOGIC,
    MINUS_ONE,
    RELATIONS,
    Tree,
    as_number,
    canonical,
    contains,
    free_names,
    has_floats,
    node,
    postorder,
    read,
    rebuild,
)
from .misconception import Misconception
from .sampling import DOMAINS, Sort, Space, anchors, counting_symbols, key
from .verdict import Undecided, Wrong

PRECISIONS = (768, 3072, 12288)
POINTS = 12
# Expressions of several pieces are compared at this many times more points.
MORE_FOR_PIECES = 5
_FOLDING = "Piecewise Max Min Abs sign floor ceiling re im arg conjugate atan2 asin acos atan acot asec acsc"
_PIECES = frozenset({*_FOLDING.split(), *RELATIONS, *LOGIC})
# Numbers of up to so many bits, all that people write by hand, hide no difference at the lowest precision.
_SHORT = 24
_REACH = arb(2) ** (2**38)
# How narrow a ball has to be, beside the value, to show that two sides agree: some roundings of fifteen digits,
# and terms that cancel to a thousandth.
NARROW = arb(10) ** -10
_PRINTABLE = arb(2) ** 4096

EQUAL, DIFFERENT, UNDECIDED = "equal", "different", "undecided"


@dataclass(frozen=True)
class Comparison:
    """What is known of two expressions: the verdict, a point that proves a difference, and why.

    `verdict` is "equal", "different" or "undecided". `witness` and `reason` may hold expected values: never show
    them to a student. `by_answer` tells of what is undecided that the answer alone could not be evaluated.
    """

    verdict: str
    witness: str = ""
    reason: str = ""
    by_answer: bool = False


def compare(
    answer: object,
    reference: object,
    domains: Mapping[str, str],
    where: Mapping[str, object] | None = None,
    seed: int | None = None,
    *,
    partial: bool = False,
) -> Comparison:
    """Compare two expressions on the declared domains of their symbols.

    `domains` maps the names of symbols, of indexed quantities (`mu` for `mu[i]`) and of unknown functions to one
    of `DOMAINS`; symbols in indices or limits of sums need none and take small positive integers. `where`
    substitutes, as in `{"r": 1 - p - q}`. With `partial`, points where a side is not a real number do not count,
    as if the domain were only where both are real. `seed` is the assignment's by default.

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
    counts = frozenset(name for name in counting if kinds.get(name, "integer") == "integer")
    space = Space(kinds, symbols, tuple(given.items()), key(answer_tree, seed=seed), counting=counts)
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


def unjudgeable(what: str, found: Comparison) -> Wrong:
    """The refusal of an answer that is the reason why a comparison stays undecided."""
    return Wrong(
        f"{what} cannot be evaluated on the whole domain: write it in a simpler form, without case distinctions, "
        "rounding, and terms that cancel, and with exact numbers such as sp.Rational(1, 3).",
        note="answer.undecidable",
        detail=f"{found.witness or 'everywhere'}: {found.reason}",
    )


def unfinished(what: str, tree: Tree) -> None:
    """Raise `Wrong` when the tree holds an integral, which cannot be evaluated."""
    if contains(tree, lambda part: part.head == "Integral"):
        raise Wrong(
            f"{what} holds an integral that is not carried out: call `.doit()` on it.", note="answer.not-evaluated"
        )


# Comparing trees -----------------------------------------------------------------


def compare_trees(answer: Tree, reference: Tree, space: Space, *, partial: bool = False) -> Comparison:
    """Compare trees at the points of a space; `compare` prepares both from objects."""
    result = _compare(answer, reference, space, partial, rounded=False)
    if result.verdict == EQUAL or not (has_floats(answer) or has_floats(reference)):
        return result
    return _compare(answer, reference, space, partial, rounded=True)


def _compare(answer: Tree, reference: Tree, space: Space, partial: bool, *, rounded: bool) -> Comparison:
    program = compile_trees([answer, reference], rounded=rounded)
    varies = bool(space.symbols) or any(contains(t, _drawn) for t in (answer, reference))
    # Few points are enough for a long expression, and one for a constant.
    share = max(1, min(POINTS, 50_000 // len(program.steps))) if varies else 1
    pieces = varies and (in_pieces(answer) or in_pieces(reference))
    if pieces:
        share = max(share, min(MORE_FOR_PIECES * POINTS, 100_000 // len(program.steps)))
    # Powers of negative numbers are real at few special points, so these need more of them.
    special = 4 * share if partial and any(contains(t, _takes_roots) for t in (answer, reference)) else share
    points = space.points(
        share,
        special if varies else 0,
        Budget(),
        scaled=share if varies else 0,
        anchors=anchors(answer, reference) if pieces else (),
    )
    tally = _Tally(varies, discrete=bool(space.counting) or "integer" in map(space.kind, space.symbols))
    bits = PRECISIONS[:1] if rounded else precisions(answer, reference)
    judge = _AtPoint(program, reference, bits, partial, rounded, tally)
    try:
        for point, sort in points:
            proof = judge(point, sort)
            if proof:
                return Comparison(DIFFERENT, _witness(point), proof)
    except TooMuchWork:
        return Comparison(UNDECIDED, reason="the evaluation takes too many operations", by_answer=True)
    if partial and not tally.close and tally.skipped:
        return _compare(answer, reference, space, False, rounded=rounded)
    return tally.verdict()


def in_pieces(tree: Tree) -> bool:
    """Whether different parts of the domain may have different formulas, as also in sqrt(x^2)."""
    return contains(tree, lambda part: part.head in _PIECES or _takes_roots(part))


def _drawn(part: Tree) -> bool:
    return part.head in ("Indexed", "MatrixSymbol")


def _takes_roots(part: Tree) -> bool:
    return part.head == "Pow" and part.args[1].head != "Integer"


def precisions(*trees: Tree) -> tuple[int, ...]:
    """The precisions, the first beyond what the numbers in the trees can hide: 10^-400 wants more than 1/2."""
    digits = 0
    for tree in trees:
        for part in postorder(tree):
            for value in map(as_number, part.args):
                if value is not None:
                    bits = max(value.numerator.bit_length(), value.denominator.bit_length())
                    digits += bits if bits > _SHORT else 0
    return tuple(bits for bits in PRECISIONS if bits >= 256 + 2 * digits) or PRECISIONS[-1:]


@dataclass
class _Tally:
    """What the points have shown so far."""

    varies: bool
    discrete: bool
    close: int = 0
    unknown: int = 0
    faint: int = 0
    unreachable: int = 0
    wide: int = 0
    skipped: int = 0
    undefined: int = 0
    one_sided: int = 0
    witness: str = ""
    which: str = ""

    def verdict(self) -> Comparison:
        # At whole numbers a term may be undefined by chance; elsewhere one point stands for a part of the domain.
        if self.one_sided and (not self.discrete or self.one_sided * 2 > self.close):
            return Comparison(DIFFERENT, self.witness, f"there {self.which} is undefined and the other is not")
        points = "1 point" if self.close == 1 else f"{self.close} points"
        if self.unknown:
            return Comparison(
                UNDECIDED,
                self.witness,
                f"they agree at {points}, and at {self.unknown} the answer could not be evaluated",
                by_answer=True,
            )
        if self.close >= (3 if self.varies else 1) and max(self.unreachable, self.wide) * 4 <= self.close:
            return Comparison(EQUAL, reason=f"they agree at {points}")
        if self.wide:
            return Comparison(
                UNDECIDED,
                self.witness,
                f"they agree at {points}, and at {self.wide} the decimals of the answer say too little",
                by_answer=True,
            )
        if self.faint:
            return Comparison(
                UNDECIDED,
                self.witness,
                f"they agree at {points}, and at {self.faint} the answer is not known well enough",
                by_answer=True,
            )
        if self.undefined and not self.close:
            return Comparison(UNDECIDED, reason="neither side is defined at any point tried")
        return Comparison(
            UNDECIDED, reason=f"they agree at {points}, and at {self.unreachable} nothing could be proven"
        )


@dataclass
class _AtPoint:
    """Compares at one point after another."""

    program: Program
    reference: Tree
    precisions: Sequence[int]
    partial: bool
    rounded: bool
    tally: _Tally

    def __call__(self, point: Point, sort: Sort) -> str:
        """Record what one point shows; returns the proof of a difference or ""."""
        tally, generic = self.tally, sort is not Sort.SPECIAL
        a = b = finding = None
        for bits in self.precisions:
            # At mild points nothing is tiny for a reason, so that what is asks for a precision that sees it.
            mild = sort is Sort.MILD and not self.rounded
            point.tiny, point.saw_tiny = (arb(2) ** (-bits // 4) if mild else None), False
            with precision(bits):
                a, b = self.program.run(point)
                if self.partial and (_leaves_reals(a) or _leaves_reals(b)):
                    tally.skipped += 1
                    return ""
                finding = _difference(a, b, NARROW if self.rounded else arb(2) ** -(bits // 2))
            if finding == "different":
                return f"there the answer is {_brief(a)} and the reference {_brief(b)}"
            if finding not in ("unknown", "faint") and not point.saw_tiny:
                break
        if finding == "close":
            hidden = point.saw_tiny and not self._is_tiny_itself(point)
            tally.close += not hidden
            tally.unknown += hidden
        elif finding == "undefined":
            tally.undefined += 1
        elif finding == "one side undefined":
            tally.one_sided += generic
            if generic:
                tally.which = "the answer" if a is UNDEFINED else "the reference"
                tally.witness = tally.witness or _witness(point)
        elif type(b) is Special:
            tally.unreachable += sort in (Sort.MILD, Sort.ORDINARY)
        elif finding in ("unknown", "faint") and self.rounded and a is not Special.UNKNOWN:
            # Where the value itself is tiny, nothing is said; nor is at a special point, where pieces may meet.
            tally.wide += finding == "unknown" and generic
            tally.witness = tally.witness or _witness(point)
        elif finding in ("unknown", "faint") and generic:
            tally.unknown += finding == "unknown"
            tally.faint += finding == "faint"
            tally.witness = tally.witness or _witness(point)
        return ""

    def _is_tiny_itself(self, point: Point) -> bool:
        """Whether the reference, too, has a part too small to be seen at the point."""
        point.saw_tiny = False
        with precision(self.precisions[-1]):
            compile_trees([self.reference]).run(point)
        return point.saw_tiny


def _leaves_reals(value: Number) -> bool:
    return type(value) is acb and not value.imag.contains(0)


def _difference(a: Number, b: Number, narrow: Number) -> str:
    """What two values are: "close" by the size of the second, "faint" if only beside 1, "different", and so on."""
    if type(a) is Special or type(b) is Special:
        return _special_difference(a, b)
    if type(a) is fmpq and type(b) is fmpq:
        return "close" if a == b else "different"
    difference = a - b
    if not difference.contains(0):
        return "different"
    size = b.abs_lower() if type(b) is not fmpq else abs(arb(b))
    bound = difference.abs_upper() / narrow
    if bound < (size if size > 0 else 1):
        return "close"
    return "faint" if bound < 1 else "unknown"


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
        text = str(value) if value.height_bits() < 200 else ""
        return text if 0 < len(text) <= 40 else _brief(arb(value))
    # Exponents of astronomical size take their time to become decimal.
    if not value.abs_upper() < _PRINTABLE:
        return "a large number"
    return str(value.str(10, radius=False)) if value.abs_upper() > 1 / _PRINTABLE else "a tiny number"


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
    `detail` holds the witness. Raises `Undecided` when nothing could be proven, but `Wrong` when it is the answer
    alone that cannot be evaluated: no right answer to the questions is so. The hint never holds a point or an
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
    if result.verdict == UNDECIDED and result.by_answer:
        raise unjudgeable(f"`{what}`", result)
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
