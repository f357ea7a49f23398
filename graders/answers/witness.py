"""Witnesses: an example at which two lines of a derivation have different values, for a reader to check by hand.

The examples are the same for everybody and hold nothing hidden: densities with a name, and small numbers. They
prove nothing; that the lines differ is known when one is looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import acb, arb, fmpq

from .balls import Budget, Number, Point, Special, TooMuchWork, compile_trees, exact, precision
from .expression import Tree, free_names

_NORMALS = (
    ((Fraction(0), Fraction(1)), (Fraction(1), Fraction(3, 2))),
    ((Fraction(-1), Fraction(1)), (Fraction(2), Fraction(1, 2))),
)
"""Pairs of mean and variance, one for each density."""
_FROM, _TO, _EACH = -16, 18, 5
"""The integrals are sums over steps of 1/5: for what is made of normal densities, exact to more than is shown."""
_SMALL = {
    "positive": (fmpq(2), fmpq(3), fmpq(1, 2)),
    "real": (fmpq(1), fmpq(-1, 2), fmpq(3)),
    "probability": (fmpq(1, 4), fmpq(2, 3), fmpq(1, 5)),
    "integer": (fmpq(2), fmpq(3), fmpq(4)),
    "count": (fmpq(2), fmpq(3), fmpq(4)),
    "complex": (acb(1, 2), acb(2, -1), acb(-1, 1)),
}
_BITS = 128
_WORK = 200_000
_DIGITS = (5, 8, 12)
_SHIFTS = 3


@dataclass(frozen=True)
class Example:
    """What stands for the unknowns of a derivation, in words, and the values of its lines there."""

    text: str
    """"K = 2, mu = (1, -1/2), sigma = (2, 3)"."""
    values: tuple[Number, ...]

    def apart(self, one: int = 0, other: int = 1) -> tuple[str, ...] | None:
        """All values, with as many digits as tell two of them apart; None where that can't be seen.

        A value that is not known is empty.
        """
        for digits in _DIGITS:
            pair = {_shown(self.values[k], digits) for k in (one, other)}
            if "" in pair:
                return None
            if len(pair) > 1:
                return self.shown(digits)
        return None

    def shown(self, digits: int = _DIGITS[0]) -> tuple[str, ...]:
        """All values with so many digits."""
        return tuple(_shown(value, digits) for value in self.values)


def told(examples: Iterable[Example], before: int, after: int) -> str:
    """The first example that tells two lines apart, as a sentence with their numbers; empty where none does."""
    try:
        with precision(_BITS):
            for example in examples:
                if (shown := example.apart()) is not None:
                    return f"With {example.text}, line {before} is {shown[0]} and line {after} is {shown[1]}."
    except TooMuchWork:
        pass
    return ""


def tabled(examples: Iterable[Example], wrong: int | None) -> tuple[str, tuple[str, ...]]:
    """An example in words and the values of all lines there: one that tells line `wrong` from the line before.

    Lines are counted from 0. Where nothing is wrong, or no example shows it, it is the first; empty where there is
    none.
    """
    first = None
    try:
        with precision(_BITS):
            for example in examples:
                first = first or (example.text, example.shown())
                if wrong is None:
                    break
                if (values := example.apart(wrong - 1, wrong)) is not None:
                    return example.text, values
    except TooMuchWork:
        pass
    return first or ("", ())


def of_normals(lines: Sequence[tuple[Tree, Tree]], densities: Sequence[str], variable: str) -> Iterator[Example]:
    """Lines ∫f + c, given as pairs of f and c, with a normal density in the place of each."""
    program = compile_trees([tree for line in lines for tree in line], rounded=True)
    budget = Budget(_WORK * len(lines))
    for parameters in _NORMALS:
        normals = dict(zip(densities, parameters, strict=False))
        rows = []
        for step in range(_FROM * _EACH, _TO * _EACH + 1):
            x = exact(Fraction(step, _EACH))
            values = {variable: x, **{name: _density(x, *normal) for name, normal in normals.items()}}
            rows.append(program.run(Point(values, _unknown, {}, budget)))
        listed = (f"{name} = N({mean}, {variance})" for name, (mean, variance) in normals.items())
        places = range(0, 2 * len(lines), 2)
        yield Example(", ".join(listed), tuple(_total(rows, place) for place in places))


def _density(x: Number, mean: Fraction, variance: Fraction) -> Number:
    spread = 2 * exact(variance)
    return (-arb((x - exact(mean)) ** 2 / spread)).exp() / (arb.pi() * spread).sqrt()


def _total(rows: Sequence[Sequence[Number]], place: int) -> Number:
    """∫f + c from the values of f and c at all steps."""
    values = [*(row[place] for row in rows), rows[0][place + 1]]
    if any(isinstance(value, Special) for value in values):
        return Special.UNKNOWN
    return sum(values[:-1], exact(0)) / _EACH + values[-1]


def of_small_numbers(
    lines: Sequence[Tree], kinds: Mapping[str, str], sizes: Mapping[str, int], first: int = 1
) -> Iterator[Example]:
    """Lines in symbols and in quantities with an index; `sizes` holds the symbols that are sizes."""
    program = compile_trees(lines, rounded=True)
    budget = Budget(_WORK * len(lines))
    for shift in range(_SHIFTS):

        def small(name: str, number: int, shift: int = shift) -> Number:
            choice = _SMALL[kinds.get(name, "count")]
            return choice[(number + shift) % len(choice)]

        def draw(name: str, index: str) -> Number:
            return small(name, sum(map(int, index.split(","))) - first)

        free = frozenset().union(*(free_names(line, ("Symbol",)) for line in lines))
        values = {name: small(name, number) for number, name in enumerate(sorted(free - sizes.keys()))}
        values |= {name: exact(size) for name, size in sizes.items()}
        point = Point(values, draw, kinds, budget)
        found = program.run(point)
        named = {name: str(value) for name, value in values.items() if name in free} | _lists(point)
        yield Example(", ".join(f"{name} = {value}" for name, value in named.items()), tuple(found))


def _lists(point: Point) -> dict[str, str]:
    """The quantities with an index, as tuples: "mu" is "(1, -1/2)"."""
    gathered: dict[str, list[str]] = {}
    for entry, value in sorted(point.drawn().items()):
        gathered.setdefault(entry.partition("[")[0], []).append(str(value))
    return {name: f"({', '.join(values)})" for name, values in gathered.items()}


def _unknown(name: str, index: str) -> Number:
    return Special.UNKNOWN


def _shown(value: Number, digits: int) -> str:
    """A real number with so many digits; empty where it is none, or not known so well."""
    if type(value) not in (fmpq, arb):
        return ""
    ball = arb(value)
    if not ball.is_zero() and ball.rel_accuracy_bits() < 4 * digits:
        return "0" if ball.contains(0) and ball.abs_upper() < arb(10) ** -digits else ""
    return f"{float(ball.mid()):.{digits}g}"
