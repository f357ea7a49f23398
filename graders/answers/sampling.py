"""Random points of declared domains: where expressions are compared.

A *generic* point has coordinates with large denominators, where nothing holds by chance. A *special* point has
small ones such as -2, 1/2 or 1, where powers and roots of negative numbers become real and pieces meet; there a
difference proves as much, but a division by zero proves nothing. The same seed gives the same points.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flint import acb, fmpq

from graders.answers.balls import Budget, Number, Point, compile_trees
from graders.answers.expression import BINDERS, Tree, postorder

DOMAINS = ("real", "positive", "probability", "complex", "integer")
"""The domains that a symbol can have; `probability` is the open interval (0, 1)."""

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


@dataclass(frozen=True)
class Space:
    """Declared domains, the symbols to give values to, constraints, and symbols with one fixed value.

    `where` holds symbols given by expressions: points where these leave their declared domain are drawn again.
    """

    kinds: Mapping[str, str]
    symbols: tuple[str, ...]
    where: tuple[tuple[str, Tree], ...] = ()
    seed: int = 0
    fixed: Mapping[str, int] = field(default_factory=dict)

    def points(self, generic: int, special: int, budget: Budget | None = None) -> Iterator[tuple[Point, bool]]:
        """First the generic, then the special points; the flag says which are generic."""
        budget = budget or Budget()
        chance = random.Random(self.seed)
        for k in range(generic):
            if (point := self._point(k, chance, _generic, budget)) is not None:
                yield point, True
        if special and len(self.symbols) == 1 and not self.where and not self.fixed:
            # One symbol has few special values, so all of them are tried.
            name = self.symbols[0]
            for k, value in enumerate(_SPECIAL.get(self.kinds.get(name, "count"), ()), start=generic):
                if (point := self._point(k, chance, _special, budget)) is not None:
                    point.values[name] = value
                    yield point, False
            return
        for k in range(generic, generic + special):
            if (point := self._point(k, chance, _special, budget)) is not None:
                yield point, False

    def _point(self, k: int, chance: random.Random, pick: _Pick, budget: Budget) -> Point | None:
        def draw(name: str, key: str) -> Number:
            kind = self.kinds.get(name, "real")
            return pick(kind, random.Random(f"{self.seed}/{k}/{name}/{key}"))

        for _ in range(100):
            values = {name: pick(self.kinds.get(name, "count"), chance) for name in self.symbols}
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


def _generic(kind: str, chance: random.Random) -> Number:
    if kind == "count":
        return fmpq(chance.randint(1, 5))
    if kind == "integer":
        return fmpq(chance.randint(-60, 60) if chance.random() < 0.3 else chance.randint(-9, 9))
    if kind == "complex":
        # Dyadic parts are exact as balls, so that z - z is exactly zero.
        return acb(*(fmpq(chance.randint(-1999, 1999), 512) for _ in range(2)))
    denominator = chance.randint(101, 1009)
    if kind == "probability":
        return fmpq(chance.randint(1, denominator - 1), denominator)
    largest = chance.choice((1, 3, 3, 12, 60))
    numerator = chance.randint(1, denominator * largest)
    return fmpq(-numerator if kind == "real" and chance.random() < 0.5 else numerator, denominator)


def _special(kind: str, chance: random.Random) -> Number:
    if kind == "complex":
        return acb(*(fmpq(chance.randint(-6, 6), 2) for _ in range(2)))
    values = _SPECIAL[kind]
    if kind in ("real", "positive") and chance.random() < 0.7:
        values = _MOST_SPECIAL[kind]
    return chance.choice(values)


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
