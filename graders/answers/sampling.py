"""Random points of declared domains: where expressions are compared.

An *ordinary* point has coordinates with large denominators, where nothing holds by chance; the first few are
*mild*, with no coordinate above 1 in size. A *scaled* point lies at an edge of the domain or near where symbols
meet: tiny, huge, near 0, 1/2 or 1, near each other. A *special* point has small values such as -2, 1/2 or 1, where
powers and roots of negative numbers become real and pieces meet; there a difference proves as much, but a division
by zero proves nothing.

The same key gives the same points. Judges make it of the secret seed and of the answer's digest (`key`), so that
nobody can write an answer that is right at the points and wrong between them.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from flint import acb, arb, fmpq

from . import numeric
from .balls import Budget, Number, Point, TooMuchWork, compile_trees
from .expression import BINDERS, NAMED, Tree, kind, postorder

DOMAINS = ("real", "positive", "probability", "complex", "integer")
"""The domains that a symbol can have; `probability` is the open interval (0, 1)."""


class Sort(Enum):
    """What a point is like."""

    MILD = "mild"
    ORDINARY = "ordinary"
    SCALED = "scaled"
    SPECIAL = "special"


MILD_POINTS = 4
_PLACES = ("near", "rising", "low", "falling", "high", "middle", "mixed")
_MAX_ANCHORS = 20
_ANCHOR_WORK = 20_000

_Pick = Callable[[str, random.Random], Number]
_POSITIVE = [fmpq(k, 12) for k in (3, 4, 6, 8, 12, 18, 24, 30, 36, 48, 60, 72, 108)]
_SPECIAL: dict[str, list[Number]] = {
    "positive": _POSITIVE,
    "real": _POSITIVE + [-value for value in _POSITIVE],
    "probability": [fmpq(k, 60) for k in (6, 12, 15, 20, 24, 30, 40, 45, 54)],
    "integer": [fmpq(value) for value in (-3, -2, -1, 1, 2, 3, 4)],
    "count": [fmpq(value) for value in (1, 2, 3)],
}
_MOST_SPECIAL = {
    kind: [value for value in _SPECIAL[kind] if abs(value) in (fmpq(1, 2), 1, 2)] for kind in ("positive", "real")
}


Memory = dict[object, tuple[list[tuple[Point, Sort]], Iterator[tuple[Point, Sort]]]]


def key(*trees: Tree, seed: int | None = None) -> str:
    """The key of the points at which these answers are compared; by default of the assignment's secret seed."""
    return "/".join([str(numeric.seed() if seed is None else seed), *(tree.digest.hex() for tree in trees)])


@dataclass(frozen=True)
class Space:
    """Declared domains, the symbols to give values to, constraints, and symbols with one fixed value.

    `kinds` holds the domains of symbols, indexed quantities and functions; a symbol in `counting` is a small
    positive integer whatever quantity of its name is declared. `where` holds symbols given by expressions: points
    where these leave their declared domain are drawn again. Spaces that share a `memory` share their points, too,
    and what was evaluated there: for many comparisons with the same kinds.
    """

    kinds: Mapping[str, str]
    symbols: tuple[str, ...]
    where: tuple[tuple[str, Tree], ...] = ()
    key: str = ""
    fixed: Mapping[str, int] = field(default_factory=dict)
    counting: frozenset[str] = frozenset()
    memory: Memory | None = None

    def kind(self, name: str) -> str:
        """The domain of the symbol of this name."""
        return "count" if name in self.counting else self.kinds.get(name, "count")

    def points(
        self,
        ordinary: int,
        special: int = 0,
        budget: Budget | None = None,
        *,
        scaled: int = 0,
        anchors: Sequence[Number] = (),
    ) -> Iterator[tuple[Point, Sort]]:
        """First the ordinary points, then the scaled, then the special ones.

        With `anchors`, numbers where the pieces of an expression may meet, each symbol is put between each two.
        """
        budget = budget or Budget()
        if self.memory is None or anchors:
            yield from self._points(ordinary, special, scaled, anchors, budget)
            return
        what = (
            self.key,
            self.symbols,
            frozenset(self.counting),
            tuple(self.fixed.items()),
            ordinary,
            special,
            scaled,
        )
        if what not in self.memory:
            self.memory[what] = [], self._points(ordinary, special, scaled, anchors, budget)
        known, more = self.memory[what]
        for number in itertools.count():
            if number == len(known) and (found := next(more, None)) is not None:
                known.append(found)
            if number == len(known):
                return
            point, sort = known[number]
            point.budget, point.tiny, point.saw_tiny = budget, None, False
            yield point, sort

    def _points(
        self, ordinary: int, special: int, scaled: int, anchors: Sequence[Number], budget: Budget
    ) -> Iterator[tuple[Point, Sort]]:
        def drawn(number: int, pick: _Pick) -> Point | None:
            return self._point(f"{self.key}/{number}", pick, budget)

        for k in range(ordinary):
            if (point := drawn(k, _mild if k < MILD_POINTS else _ordinary)) is not None:
                yield point, Sort.MILD if k < MILD_POINTS else Sort.ORDINARY
        for k in range(scaled):
            chance = random.Random(f"{self.key}/{k}/place")
            if (point := drawn(ordinary + k, _scaled(_PLACES[k % len(_PLACES)], chance))) is not None:
                yield point, Sort.SCALED
        for name in self.symbols if anchors else ():
            for k, value in enumerate(_between(anchors, self.kind(name))):
                if (point := drawn(ordinary + k, _ordinary)) is not None:
                    point.values[name] = value
                    yield point, Sort.SCALED
        first = ordinary + scaled
        if special and len(self.symbols) == 1 and not self.where and not self.fixed:
            # One symbol has few special values, so all of them are tried.
            name = self.symbols[0]
            for k, value in enumerate(_SPECIAL.get(self.kind(name), ()), start=first):
                if (point := drawn(k, _special)) is not None:
                    point.values[name] = value
                    yield point, Sort.SPECIAL
            return
        for k in range(first, first + special):
            if (point := drawn(k, _special)) is not None:
                yield point, Sort.SPECIAL

    def _point(self, key: str, pick: _Pick, budget: Budget) -> Point | None:
        chance = random.Random(key)

        def draw(name: str, index: str) -> Number:
            return pick(self.kinds.get(name, "real"), random.Random(f"{key}/{name}/{index}"))

        for _ in range(100):
            values = {name: pick(self.kind(name), chance) for name in self.symbols}
            values.update({name: fmpq(value) for name, value in self.fixed.items()})
            point = Point(values, draw, self.kinds, budget)
            if all(self._allowed(point, name, tree) for name, tree in self.where):
                return point
        return None

    def _allowed(self, point: Point, name: str, tree: Tree) -> bool:
        return name not in self.kinds or _inside(compile_trees([tree]).run(point)[0], self.kinds[name])


def _inside(value: Number, kind: str) -> bool:
    if kind in ("complex", "real"):
        return True
    if kind == "integer":
        return bool(getattr(value, "q", 0) == 1)
    try:
        return bool(0 < value < 1) if kind == "probability" else bool(value > 0)
    except TypeError:
        return False


def _ordinary(kind: str, chance: random.Random, largest: int = 0) -> Number:
    if kind == "count":
        return fmpq(chance.randint(1, 5) if chance.random() < 0.75 else chance.randint(6, 12))
    if kind == "integer":
        return fmpq(chance.randint(-60, 60) if chance.random() < 0.3 else chance.randint(-9, 9))
    if kind == "complex":
        # Dyadic parts are exact as balls, so that z - z is exactly zero.
        return acb(*(fmpq(chance.randint(-1999, 1999), 512) for _ in range(2)))
    denominator = chance.randint(101, 1009)
    if kind == "probability":
        return fmpq(chance.randint(1, denominator - 1), denominator)
    largest = largest or chance.choice((1, 3, 3, 12, 60))
    numerator = chance.randint(1, denominator * largest)
    return fmpq(-numerator if kind == "real" and chance.random() < 0.5 else numerator, denominator)


def _mild(kind: str, chance: random.Random) -> Number:
    return _ordinary(kind, chance, largest=1)


def _scaled(place: str, shared: random.Random) -> _Pick:
    """Values at one place of each domain, or near one value that the symbols of a domain share."""
    common: dict[str, Number] = {}
    ends = itertools.cycle(("low", "high") if place == "rising" else ("high", "low"))

    def pick(kind: str, chance: random.Random) -> Number:
        here = place
        if place == "mixed":
            here = chance.choice(("low", "high", "middle"))
        elif place in ("rising", "falling"):
            here = next(ends)
        # Beyond these sizes an exponential of a quotient is out of reach.
        deepest = 60 if kind == "probability" or here == "near" else 12
        small = fmpq(chance.randint(101, 997), 1009) / 2 ** chance.randint(3, deepest)
        if kind in ("count", "integer"):
            size = chance.randint(6, 12) if here == "high" else chance.randint(1, 3)
            return fmpq(-size if kind == "integer" and chance.random() < 0.5 else size)
        if kind == "complex":
            return _ordinary(kind, chance) * (8 if here == "high" else fmpq(1, 64))
        if here == "near":
            if kind not in common:
                common[kind] = _ordinary(kind, shared)
            # Small enough to stay a probability whatever the denominator is.
            return common[kind] * (1 - small / 2**12)
        if kind == "probability":
            return {"low": small, "high": 1 - small, "middle": fmpq(1, 2) + small * chance.choice((-1, 1))}[here]
        large = fmpq(chance.randint(101, 997), 1009) * 2 ** chance.randint(4, 6)
        size = {"low": small, "high": large, "middle": 1 + small * chance.choice((-1, 1))}[here]
        return -size if kind == "real" and chance.random() < 0.5 else size

    return pick


def _special(kind: str, chance: random.Random) -> Number:
    if kind == "complex":
        return acb(*(fmpq(chance.randint(-6, 6), 2) for _ in range(2)))
    values = _SPECIAL[kind]
    if kind in ("real", "positive") and chance.random() < 0.7:
        values = _MOST_SPECIAL[kind]
    return chance.choice(values)


def anchors(*trees: Tree) -> list[Number]:
    """The real constants in the trees, of either sign: where their pieces may meet."""
    constants: dict[Tree, bool] = {}
    for part in (part for tree in trees for part in postorder(tree)):
        named = part.head in (*NAMED, *BINDERS, "Bound") or kind(part.head) != "scalar"
        constants[part] = not named and all(constants[arg] for arg in part.args)
    found = [part for part, constant in constants.items() if constant]
    try:
        values = compile_trees(found).run(Point({}, lambda name, index: fmpq(0), {}, Budget(_ANCHOR_WORK)))
    except TooMuchWork:
        return []
    floats = sorted({abs(float(arb(v).mid())) for v in values if type(v) in (fmpq, arb) and abs(v) < 1000})
    numbers = [fmpq(*number.as_integer_ratio()) for number in floats[:_MAX_ANCHORS]]
    return numbers + [-number for number in numbers]


def _between(numbers: Sequence[Number], kind: str) -> list[Number]:
    """Values of the domain between each two neighbours of the numbers, and just beside each number."""
    if kind not in ("real", "positive", "probability"):
        return []
    edges = sorted({*numbers, fmpq(0), fmpq(1)})
    values = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    values += [edge + side * fmpq(1, 10**6 + 3) for edge in edges for side in (-1, 1)]
    return [value for value in values if _inside(value, kind)]


def counting_symbols(trees: Sequence[Tree]) -> frozenset[str]:
    """Symbols that stand in an index, or in the limits of a sum or product: they take small positive integers."""
    places = [
        place
        for tree in trees
        for part in postorder(tree)
        for place in (
            part.args
            if part.head in ("Indexed", "MatrixSymbol", "Identity")
            else [bound for limit in part.args[1:] for bound in limit.args[1:]]
            if part.head in BINDERS
            else ()
        )
    ]
    return frozenset(
        str(part.value) for place in places for part in postorder(place) if part.head == "Symbol" and part.value
    )
