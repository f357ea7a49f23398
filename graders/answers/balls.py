"""Evaluating expressions in ball arithmetic: every value is an exact fraction or a ball that holds the true value.

Rational parts stay exact (`fmpq`), so a division by zero is seen; real parts are `arb` balls; what leaves the real
numbers becomes an `acb` ball, with the principal branches that SymPy uses. What no ball can say is a `Special`.
A float is what it prints, or, where a program is `rounded`, the ball of the numbers that print so.

Time and memory are bounded whatever the expression: fractions above 4096 bits become balls, no ball larger than
2^(2^121) is formed or rounded to an integer above 4096 bits, sums and products have at most `MAX_TERMS` terms, and
operations are counted by what they cost, `MAX_WORK` at most.
"""

from __future__ import annotations

import enum
import functools
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import acb, acb_mat, arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz

from .expression import BINDERS, MAX_BITS, RELATIONS, Tree, as_number, spread

MAX_TERMS = 2000
MAX_WORK = 250_000
MAX_MATRIX = 12
_OVERHEAD = 4
_FLOAT_BITS = 256
_HUGE_EXPONENT = arb(2**120)
# Squared again and again, since a power would be rounded.
_LARGEST = functools.reduce(lambda ball, _: ball * ball, range(121), arb(2))
_LARGEST_WHOLE = arb(2) ** MAX_BITS
# Operations that a call takes as long as: of an elementary function, of one that sums long series, of a matrix.
_COST, _DEAR_COST = 2, 60
_DEAR = frozenset({"gamma", "factorial", "binomial", "loggamma", "digamma", "erf", "erfc"})


class Special(enum.Enum):
    """Values that are no finite ball."""

    UNDEFINED = "undefined"  # proven: division by zero, logarithm of zero
    PLUS_INFINITY = "infinite"
    MINUS_INFINITY = "minus infinite"
    PLUS_HUGE = "astronomically large"  # proven: beyond 2^(2^39), where no reference value lies
    MINUS_HUGE = "astronomically large and negative"
    UNKNOWN = "unknown"  # nothing proven: more precision may help, or the value is out of reach


UNDEFINED, UNKNOWN = Special.UNDEFINED, Special.UNKNOWN
_INFINITE = {Special.PLUS_INFINITY: 1, Special.MINUS_INFINITY: -1}
_HUGE = {Special.PLUS_HUGE: 1, Special.MINUS_HUGE: -1}
_BY_SIGN = {
    "infinite": {1: Special.PLUS_INFINITY, -1: Special.MINUS_INFINITY},
    "huge": {1: Special.PLUS_HUGE, -1: Special.MINUS_HUGE},
}

Number = Any  # fmpq, arb, acb or Special: python-flint has no type stubs
Slots = list[Any]


class TooMuchWork(Exception):
    """The evaluation exceeded its budget of operations."""


class Budget:
    """Operations that may still be done; one budget serves all points of a comparison."""

    def __init__(self, operations: int = MAX_WORK) -> None:
        self.left = operations

    def spend(self, operations: int) -> None:
        """Count operations, dearer ones at higher precision; raises `TooMuchWork` when none are left."""
        self.left -= operations * (1 + (ctx.prec // 1024) ** 2)
        if self.left < 0:
            raise TooMuchWork


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work with this many bits inside the block."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def exact(value: int | Fraction) -> Number:
    """A Python integer or fraction as an exact number."""
    fraction = Fraction(value)
    return fmpq(fraction.numerator, fraction.denominator)


def as_float(tree: Tree, budget: Budget) -> float | None:
    """The float nearest to a tree without symbols; None where it is no real number, or not known well enough."""
    if (known := as_number(tree)) is not None:
        try:
            return float(known)
        except OverflowError:
            return math.inf if known > 0 else -math.inf
    with precision(_FLOAT_BITS):
        try:
            (value,) = compile_trees([tree]).run(Point({}, lambda name, key: UNKNOWN, {}, budget))
        except TooMuchWork:
            return None
        if type(value) is Special:
            return {1: math.inf, -1: -math.inf}.get(_INFINITE.get(value, 0))
        if type(value) not in (fmpq, arb):
            return None
        ball = arb(value)
        return float(ball.mid()) if ball.rel_accuracy_bits() > _FLOAT_BITS // 2 or ball.is_zero() else None


class Point:
    """Where an expression is evaluated: values of symbols, and a rule for indexed quantities and functions.

    `draw(name, key)` gives the value of the indexed quantity `name` at `key`; it is asked once for each. Where
    `tiny` is set, `saw_tiny` tells whether a part of what was evaluated is not zero, and smaller than that.
    """

    def __init__(
        self,
        values: dict[str, Number],
        draw: Callable[[str, str], Number],
        kinds: Mapping[str, str],
        budget: Budget,
    ) -> None:
        self.values = values
        self.kinds = kinds
        self.budget = budget
        self.tiny: Number = None
        self.saw_tiny = False
        self.sums: dict[tuple[bytes, int, bool, bool], tuple[Number, bool]] = {}
        """Sums and products that were evaluated here, by what they are and how precisely, and whether tiny parts
        were seen in them."""
        self.inside_sum = False
        self._draw = draw
        self._drawn: dict[tuple[str, str], Number] = {}

    def indexed(self, name: str, indices: Sequence[int]) -> Number:
        """The value of `name[indices]`."""
        key = (name, ",".join(map(str, indices)))
        if key not in self._drawn:
            self._drawn[key] = self._draw(*key)
        return self._drawn[key]

    def drawn(self) -> dict[str, Number]:
        """The indexed values that were asked for."""
        return {f"{name}[{key}]": value for (name, key), value in self._drawn.items()}


Operation = Callable[[Slots, tuple[int, ...], Point], Any]


@dataclass(frozen=True)
class Program:
    """Trees as a list of operations, each shared part once; `outputs` are the slots of the trees."""

    steps: tuple[tuple[Operation, tuple[int, ...]], ...]
    outputs: tuple[int, ...]

    def run(self, point: Point) -> list[Number]:
        """The values of the trees at the point, at the current precision."""
        point.budget.spend(_OVERHEAD + len(self.steps))
        slots: Slots = []
        for operation, places in self.steps:
            slots.append(operation(slots, places, point))
        if point.tiny is not None and not point.saw_tiny:
            point.saw_tiny = any(_is_tiny(value, point.tiny) for value in slots)
        return [slots[place] for place in self.outputs]


def _is_tiny(value: Number, limit: Number) -> bool:
    if type(value) is fmpq:
        return bool(value != 0 and abs(arb(value)) < limit)
    if type(value) is arb:
        return bool(abs(value) < limit and not value.contains(0))
    return type(value) is acb and bool(value.abs_upper() < limit and not value.contains(0))


def compile_trees(trees: Sequence[Tree], *, rounded: bool = False) -> Program:
    """One program for several trees, with floats as exact decimals or, `rounded`, as balls."""
    slots: dict[bytes, int] = {}
    steps: list[tuple[Operation, tuple[int, ...]]] = []
    for tree in trees:
        stack = [(tree, False)]
        while stack:
            part, opened = stack.pop()
            if part.digest in slots:
                continue
            children = _outer_parts(part)
            if not opened:
                stack.append((part, True))
                stack.extend((child, False) for child in children)
                continue
            slots[part.digest] = len(steps)
            steps.append((_operation(part, rounded), tuple(slots[child.digest] for child in children)))
    return Program(tuple(steps), tuple(slots[tree.digest] for tree in trees))


def _outer_parts(part: Tree) -> Sequence[Tree]:
    # The body of a sum is a program of its own, run once for each value of the bound variable.
    return () if part.head in BINDERS else part.args


def _operation(part: Tree, rounded: bool) -> Operation:
    head, value = part.head, part.value
    if head in ("Integer", "Rational"):
        return _constant(exact(Fraction(value or 0)))
    if head == "Float":
        middle = exact(as_number(part) or 0)
        return _around(middle, exact(spread(part))) if rounded else _constant(middle)
    if head == "Constant":
        return _named_constant(str(value))
    if head in ("Symbol", "Bound"):
        return _lookup(str(value))
    if head == "Indexed":
        return _indexed(str(value))
    if head == "Apply":
        return _generic_function(str(value))
    if head in ("Sum", "Product"):
        return _loop(part, rounded)
    if head == "MatrixSymbol":
        return _matrix_symbol(str(value))
    return _OPERATIONS.get(head) or _unary(head)


# Leaves --------------------------------------------------------------------------


def _constant(value: Number) -> Operation:
    return lambda slots, places, point: value


def _around(middle: Number, radius: Number) -> Operation:
    return lambda slots, places, point: arb(middle, radius)


def _named_constant(name: str) -> Operation:
    fixed = {
        "I": acb(0, 1),
        "oo": Special.PLUS_INFINITY,
        "-oo": Special.MINUS_INFINITY,
        "zoo": UNDEFINED,
        "nan": UNDEFINED,
        "true": True,
        "false": False,
    }
    if name in fixed:
        return _constant(fixed[name])
    make = {"pi": arb.pi, "E": arb.const_e, "EulerGamma": arb.const_euler}[name]
    return lambda slots, places, point: make()


def _lookup(name: str) -> Operation:
    return lambda slots, places, point: point.values.get(name, UNKNOWN)


def _indexed(name: str) -> Operation:
    def operation(slots: Slots, places: tuple[int, ...], point: Point) -> Number:
        indices = [_whole(slots[place]) for place in places]
        return UNKNOWN if None in indices else point.indexed(name, [index or 0 for index in indices])

    return operation


def _whole(value: Number) -> int | None:
    return int(value.p) if type(value) is fmpq and value.q == 1 and abs(value.p) < 2**63 else None


def _generic_function(name: str) -> Operation:
    """An unknown function, stood in for by a smooth one with random coefficients of the same range."""

    chance = random.Random(name)
    offset = fmpq(chance.randint(-99, 99), 97)
    waves = [
        (fmpq(chance.randint(20, 99), 79), fmpq(chance.randint(-99, 99), 89), fmpq(chance.randint(40, 160), 83))
        for _ in range(3)
    ]

    def operation(slots: Slots, places: tuple[int, ...], point: Point) -> Number:
        point.budget.spend(len(waves) * _COST)
        total: Number = offset + fmpq(len(places), 7)
        for height, phase, frequency in waves:
            angle: Number = phase
            for k, place in enumerate(places, start=1):
                angle = _plus(angle, _times(frequency * k, slots[place]))
            total = _plus(total, _times(height, _apply("sin", angle)))
        kind = point.kinds.get(name, "real")
        if kind == "positive":
            return _apply("exp", total)
        if kind == "probability":
            return _power(_plus(exact(1), _apply("exp", total)), exact(-1))
        return total

    return operation


# Arithmetic ----------------------------------------------------------------------


def _tidy(value: Number) -> Number:
    kind = type(value)
    if kind is fmpq:
        return arb(value) if value.height_bits() > MAX_BITS else value
    if kind is acb:
        if not value.is_finite() or not value.abs_upper() < _LARGEST:
            return UNKNOWN
        return value.real if value.imag.is_zero() else value
    if abs(value) < _LARGEST:
        return value
    if not value.is_finite():
        return UNKNOWN
    return Special.PLUS_HUGE if value > _LARGEST else Special.MINUS_HUGE if value < -_LARGEST else UNKNOWN


def _among(special: Special, values: Iterable[Any]) -> bool:
    # Balls compare and hash in their own way, so only identity is asked for.
    return any(value is special for value in values)


def _infinite(value: Number) -> bool:
    return type(value) is Special and value in _INFINITE


def _huge(value: Number) -> bool:
    return type(value) is Special and value in _HUGE


def _plus(a: Number, b: Number) -> Number:
    if type(a) is Special or type(b) is Special:
        return _special_sum(a, b)
    return _tidy(a + b)


def _special_sum(a: Number, b: Number) -> Number:
    if _among(UNDEFINED, (a, b)):
        return UNDEFINED
    if _among(UNKNOWN, (a, b)):
        return UNKNOWN
    if type(a) is Special and type(b) is Special:
        if a is b:
            return a
        if _infinite(a) and _infinite(b):
            return UNDEFINED
        return a if _infinite(a) else b if _infinite(b) else UNKNOWN
    special, other = (a, b) if type(a) is Special else (b, a)
    return special if type(other) is not acb else UNKNOWN


def _times(a: Number, b: Number) -> Number:
    if type(a) is Special or type(b) is Special:
        return _special_product(a, b)
    return _tidy(a * b)


def _special_product(a: Number, b: Number) -> Number:
    if _among(UNDEFINED, (a, b)):
        return UNDEFINED
    if _among(UNKNOWN, (a, b)):
        return UNKNOWN
    sign = _sign(a) * _sign(b)
    if _infinite(a) or _infinite(b):
        if sign:
            return _BY_SIGN["infinite"][sign]
        return UNDEFINED if _is_zero(a) or _is_zero(b) else UNKNOWN
    # A fraction of bounded height cannot bring a huge number back into reach; a tiny ball could.
    others = [value for value in (a, b) if type(value) is not Special]
    if sign and all(type(value) is fmpq for value in others):
        return _BY_SIGN["huge"][sign]
    return UNKNOWN


def _sign(value: Number) -> int:
    """The proven sign of a real value, else 0."""
    if type(value) is Special:
        return _INFINITE.get(value, 0) or _HUGE.get(value, 0)
    if type(value) is acb:
        return 0
    return 1 if value > 0 else -1 if value < 0 else 0


def _is_zero(value: Number) -> bool:
    if type(value) is fmpq:
        return bool(value == 0)
    return type(value) in (arb, acb) and bool(value.is_zero())


def _add(slots: Slots, places: tuple[int, ...], point: Point) -> Number:
    total = slots[places[0]]
    for place in places[1:]:
        total = _plus(total, slots[place])
    return total


def _multiply(slots: Slots, places: tuple[int, ...], point: Point) -> Number:
    total = slots[places[0]]
    for place in places[1:]:
        total = _times(total, slots[place])
    return total


def _pow(slots: Slots, places: tuple[int, ...], point: Point) -> Number:
    point.budget.spend(_COST)
    return _power(slots[places[0]], slots[places[1]])


def _power(base: Number, exponent: Number) -> Number:
    if type(base) is Special or type(exponent) is Special:
        return _special_power(base, exponent)
    if type(exponent) is fmpq:
        if exponent.q == 1:
            return _integer_power(base, int(exponent.p))
        return _fractional_power(base, exponent)
    if _is_zero(base):
        sign = _sign(exponent)
        return exact(0) if sign > 0 else UNDEFINED if sign < 0 else UNKNOWN
    if type(base) is fmpq and base == 1:
        return base
    return _apply("exp", _times(exponent, _apply("log", base)))


def _special_power(base: Number, exponent: Number) -> Number:
    if _among(UNDEFINED, (base, exponent)):
        return UNDEFINED
    if type(exponent) is fmpq:
        if exponent == 0:
            return exact(1)
        if base is Special.PLUS_INFINITY:
            return base if exponent > 0 else exact(0)
        if _huge(base) and exponent.q == 1 and exponent > 0:
            return _BY_SIGN["huge"][-1 if base is Special.MINUS_HUGE and exponent.p % 2 else 1]
    if _huge(exponent) and type(base) in (fmpq, arb):
        return _apply("exp", _times(exponent, _apply("log", base)))
    return UNKNOWN


def _integer_power(base: Number, n: int) -> Number:
    if n == 0:
        return exact(1)
    if type(base) is fmpq:
        if base == 0:
            return UNDEFINED if n < 0 else base
        if base.height_bits() * abs(n) <= MAX_BITS:
            return base**n
        base = arb(base)
    if abs(n) >= 2**64:
        return _apply("exp", _times(exact(n), _apply("log", base)))
    if n < 0 and base.contains(0):
        return UNDEFINED if base.is_zero() else UNKNOWN
    return _tidy(base ** fmpz(n))


def _fractional_power(base: Number, exponent: Number) -> Number:
    half = exponent.q == 2
    if type(base) is fmpq:
        if base == 0:
            return base if exponent > 0 else UNDEFINED
        if half and base > 0 and base.p.is_square() and base.q.is_square():
            return _integer_power(fmpq(base.p.isqrt(), base.q.isqrt()), int(exponent.p))
        base = arb(base)
    if base.contains(0):
        if base.is_zero():
            return exact(0) if exponent > 0 else UNDEFINED
        # The root of a ball around zero lies in a disc, which shrinks as the precision grows.
        if exponent > 0:
            radius = arb(0, (base.abs_upper() ** arb(exponent)).upper())
            return _tidy(acb(radius, radius))
        return UNKNOWN
    if type(base) is arb:
        if base > 0:
            root = base.sqrt() if half else None
            return _integer_power(root, int(exponent.p)) if half else _apply("exp", _times(exponent, base.log()))
        if half:
            return _integer_power(acb(0, (-base).sqrt()), int(exponent.p))
        base = acb(base)
    if half:
        return _integer_power(base.sqrt(), int(exponent.p))
    return _apply("exp", _times(exponent, _tidy(base.log())))


# Functions -----------------------------------------------------------------------


def _unary(name: str) -> Operation:
    if name in _BY_INVERSE:
        outer = _BY_INVERSE[name]
        return lambda slots, places, point: _apply(outer, _power(slots[places[0]], exact(-1)))
    cost = _DEAR_COST if name in _DEAR else _COST

    def operation(slots: Slots, places: tuple[int, ...], point: Point) -> Number:
        point.budget.spend(cost)
        return _apply(name, slots[places[0]])

    return operation


def _apply(name: str, x: Number) -> Number:
    """A function of one variable; exact where that is free, real where it stays real, else complex."""
    if type(x) is Special:
        return _special_value(name, x)
    if type(x) is bool:
        return UNKNOWN
    if name in _ODD_ONES:
        return _ODD_ONES[name](x)
    if type(x) is fmpq:
        if (known := _EXACT.get((name, x.p, x.q))) is not None:
            return known
        x = arb(x)
    if name == "exp" and not (type(x) is arb and abs(x) < _HUGE_EXPONENT):
        real = x if type(x) is arb else x.real
        if not abs(real) < _HUGE_EXPONENT:
            return Special.PLUS_HUGE if type(x) is arb and real > _HUGE_EXPONENT else UNKNOWN
    if type(x) is arb and not _REAL_WHERE.get(name, _everywhere)(x):
        if name == "log" and x.is_zero():
            return UNDEFINED
        if not _COMPLEX_WHERE.get(name, _nowhere)(x):
            return UNKNOWN
        x = acb(x)
    return _tidy(getattr(x, _FLINT_NAMES.get(name, name))())


def _everywhere(x: Number) -> bool:
    return True


def _nowhere(x: Number) -> bool:
    return False


def _below_one(x: Number) -> bool:
    return bool(abs(x) <= 1)


_BY_INVERSE = {
    "acot": "atan",
    "asec": "acos",
    "acsc": "asin",
    "acoth": "atanh",
    "asech": "acosh",
    "acsch": "asinh",
}
_FLINT_NAMES = {"loggamma": "lgamma"}
_REAL_WHERE: dict[str, Callable[[Any], bool]] = {
    "log": lambda x: bool(x > 0),
    "asin": _below_one,
    "acos": _below_one,
    "atanh": lambda x: bool(abs(x) < 1),
    "acosh": lambda x: bool(x >= 1),
    "loggamma": lambda x: bool(x > 0),
}
_COMPLEX_WHERE: dict[str, Callable[[Any], bool]] = {
    "log": lambda x: bool(x < 0),
    "asin": lambda x: bool(abs(x) > 1),
    "acos": lambda x: bool(abs(x) > 1),
    "atanh": lambda x: bool(abs(x) > 1),
    "acosh": lambda x: bool(x < 1),
}
_EXACT: dict[tuple[str, Any, Any], Number] = {
    **{(name, 0, 1): exact(0) for name in ("sin", "tan", "sinh", "tanh", "asin", "atan", "asinh", "atanh", "erf")},
    **{(name, 0, 1): exact(1) for name in ("exp", "cos", "sec", "cosh", "sech", "erfc")},
    **{(name, 0, 1): UNDEFINED for name in ("log", "cot", "csc", "coth", "csch")},
    **{(name, 1, 1): exact(0) for name in ("log", "acos", "acosh")},
    **{(name, sign, 1): UNDEFINED for name in ("atanh",) for sign in (-1, 1)},
}


def _special_value(name: str, x: Special) -> Number:
    if x is UNDEFINED:
        return UNDEFINED
    sign = _INFINITE.get(x, 0)
    if name == "Abs" and x is not UNKNOWN:
        return _BY_SIGN["infinite" if sign else "huge"][1]
    if name == "exp" and x is Special.PLUS_HUGE:
        return x
    if name == "sign" and x in _HUGE:
        return exact(_HUGE[x])
    if not sign:
        return UNKNOWN
    if name in ("tanh", "erf", "sign"):
        return exact(sign)
    if name == "atan":
        return arb.pi() * fmpq(sign, 2)
    if sign > 0 and name in ("log", "exp", "sinh", "cosh", "gamma", "factorial", "loggamma"):
        return x
    return exact(0) if name == "exp" else UNKNOWN


def _absolute(x: Number) -> Number:
    return abs(x)


def _signum(x: Number) -> Number:
    if type(x) is acb:
        return UNKNOWN if x.contains(0) else _tidy(x / abs(x))
    if _is_zero(x):
        return exact(0)
    return exact(_sign(x)) if _sign(x) else UNKNOWN


def _gamma(x: Number) -> Number:
    if type(x) is fmpq:
        if x.q == 1 and x <= 0:
            return UNDEFINED
        if x.q == 1 and x < 200:
            return fmpq(fmpz.fac_ui(x.p - 1))
        x = arb(x)
    size = x.abs_upper()
    if not size < 2**40:
        return Special.PLUS_HUGE if type(x) is arb and x > 2**40 else UNKNOWN
    return _tidy(x.gamma())


def _round(method: str) -> Callable[[Number], Number]:
    def operation(x: Number) -> Number:
        if type(x) is acb:
            return UNKNOWN
        if type(x) is fmpq:
            return fmpq(getattr(x, method)())
        if not abs(x) < _LARGEST_WHOLE:
            return UNKNOWN
        whole = getattr(x, method)().unique_fmpz()
        return UNKNOWN if whole is None else fmpq(whole)

    return operation


def _real_part(x: Number) -> Number:
    return x.real if type(x) is acb else x


def _imaginary_part(x: Number) -> Number:
    return x.imag if type(x) is acb else exact(0)


def _conjugate(x: Number) -> Number:
    return x.conjugate() if type(x) is acb else x


def _argument(x: Number) -> Number:
    if type(x) is acb:
        return _tidy(x.arg())
    sign = _sign(x)
    return exact(0) if sign > 0 else arb.pi() if sign < 0 else UNDEFINED if _is_zero(x) else UNKNOWN


_ODD_ONES: dict[str, Callable[[Number], Number]] = {
    "Abs": _absolute,
    "sign": _signum,
    "gamma": _gamma,
    "factorial": lambda x: _gamma(x + 1),
    "floor": _round("floor"),
    "ceiling": _round("ceil"),
    "re": _real_part,
    "im": _imaginary_part,
    "conjugate": _conjugate,
    "arg": _argument,
}


def _atan2(slots: Slots, places: tuple[int, ...], point: Point) -> Number:
    y, x = (slots[place] for place in places)
    if any(type(value) not in (fmpq, arb) for value in (x, y)):
        return UNDEFINED if _among(UNDEFINED, (x, y)) else UNKNOWN
    if _is_zero(x) and _is_zero(y):
        return UNDEFINED
    return _tidy(arb.atan2(arb(y), arb(x)))


def _binomial(slots: Slots, places: tuple[int, ...], point: Point) -> Number:
    point.budget.spend(_DEAR_COST)
    n, k = (slots[place] for place in places)
    if any(type(value) is Special for value in (n, k)):
        return UNDEFINED if _among(UNDEFINED, (n, k)) else UNKNOWN
    whole_n, whole_k = _whole(n), _whole(k)
    if whole_n is not None and whole_k is not None and 0 <= whole_n < 1000:
        return _tidy(exact(math.comb(whole_n, whole_k) if whole_k >= 0 else 0))
    if whole_n is not None and whole_n < 0:
        return UNKNOWN
    top = _gamma(n + 1)
    bottoms = [value if type(value) is not fmpq else arb(value) for value in (k + 1, n - k + 1)]
    if any(not bottom.abs_upper() < 2**40 for bottom in bottoms):
        return UNKNOWN
    return _times(_times(top, _tidy(bottoms[0].rgamma())), _tidy(bottoms[1].rgamma()))


def _extreme(largest: bool) -> Operation:
    def operation(slots: Slots, places: tuple[int, ...], point: Point) -> Number:
        values = [slots[place] for place in places]
        if any(type(value) not in (fmpq, arb) for value in values):
            return UNDEFINED if _among(UNDEFINED, values) else UNKNOWN
        if all(type(value) is fmpq for value in values):
            return max(values) if largest else min(values)
        best = arb(values[0])
        for value in values[1:]:
            best = best.max(arb(value)) if largest else best.min(arb(value))
        return best

    return operation


# Conditions ----------------------------------------------------------------------


def _relation(head: str) -> Operation:
    def operation(slots: Slots, places: tuple[int, ...], point: Point) -> Any:
        a, b = (slots[place] for place in places)
        if any(type(value) is Special for value in (a, b)):
            a, b = _comparable(a, b)
        if any(type(value) not in (fmpq, arb) for value in (a, b)):
            return UNKNOWN
        if type(a) is fmpq and type(b) is fmpq:
            return {"Lt": a < b, "Le": a <= b, "Gt": a > b, "Ge": a >= b, "Eq": a == b, "Ne": a != b}[head]
        below, above = bool(a < b), bool(a > b)
        if not below and not above:
            return UNKNOWN
        return {"Lt": below, "Le": below, "Gt": above, "Ge": above, "Eq": False, "Ne": True}[head]

    return operation


def _comparable(a: Number, b: Number) -> tuple[Number, Number]:
    # Finite values of bounded size against an infinity: only the order counts.
    signs = [_INFINITE.get(value, 0) if type(value) is Special else 0 for value in (a, b)]
    finite = all(type(value) is not Special or value in _INFINITE for value in (a, b))
    return (exact(signs[0]), exact(signs[1])) if finite and signs[0] != signs[1] else (UNKNOWN, UNKNOWN)


def _both(slots: Slots, places: tuple[int, ...], point: Point) -> Any:
    values = [slots[place] for place in places]
    return False if False in values else UNKNOWN if _among(UNKNOWN, values) else True


def _either(slots: Slots, places: tuple[int, ...], point: Point) -> Any:
    values = [slots[place] for place in places]
    return True if True in values else UNKNOWN if _among(UNKNOWN, values) else False


def _negation(slots: Slots, places: tuple[int, ...], point: Point) -> Any:
    value = slots[places[0]]
    return not value if type(value) is bool else UNKNOWN


def _collect(slots: Slots, places: tuple[int, ...], point: Point) -> Any:
    return [slots[place] for place in places]


def _piecewise(slots: Slots, places: tuple[int, ...], point: Point) -> Number:
    for place in places:
        value, condition = slots[place]
        if condition is True:
            return value
        if condition is not False:
            return UNKNOWN
    return UNDEFINED


# Sums and products ---------------------------------------------------------------


def _loop(part: Tree, rounded: bool) -> Operation:
    combine, empty = (_plus, exact(0)) if part.head == "Sum" else (_times, exact(1))
    body = compile_trees(part.args[:1], rounded=rounded)
    limits = [(str(limit.args[0].value), compile_trees(limit.args[1:])) for limit in part.args[1:]]

    def over(level: int, point: Point) -> Number:
        if level < 0:
            return body.run(point)[0]
        name, bounds = limits[level]
        first, last = (_whole(value) for value in bounds.run(point))
        if first is None or last is None or last < first - 1 or last - first >= MAX_TERMS:
            return UNKNOWN
        outside = point.values.get(name)
        total = empty
        for k in range(first, last + 1):
            point.values[name] = exact(k)
            total = combine(total, over(level - 1, point))
        point.values.pop(name, None)
        if outside is not None:
            point.values[name] = outside
        return total

    def operation(slots: Slots, places: tuple[int, ...], point: Point) -> Number:
        # SymPy's first limit is the innermost.
        if point.inside_sum:
            return over(len(limits) - 1, point)
        what = part.digest, ctx.prec, point.tiny is not None, rounded
        seen = point.saw_tiny
        if what not in point.sums:
            point.inside_sum, point.saw_tiny = True, False
            try:
                value = over(len(limits) - 1, point)
            finally:
                point.inside_sum = False
            point.sums[what] = value, point.saw_tiny
        value, tiny = point.sums[what]
        point.saw_tiny = seen or tiny
        return value

    return operation


# Matrices ------------------------------------------------------------------------

Rows = list[list[Number]]


def _matrix_of(rows: Any) -> Rows | None:
    good = type(rows) is list and 0 < len(rows) <= MAX_MATRIX and all(type(row) is list for row in rows)
    if not good or any(len(row) != len(rows[0]) or len(row) > MAX_MATRIX for row in rows):
        return None
    return rows  # type: ignore[no-any-return]


def _matrix_operation(function: Callable[..., Any]) -> Operation:
    def operation(slots: Slots, places: tuple[int, ...], point: Point) -> Any:
        point.budget.spend(_MATRIX_COST.get(function, 1) * MAX_MATRIX**3 * len(places))
        values = [slots[place] for place in places]
        if _among(UNDEFINED, values) or _among(UNKNOWN, values):
            return UNDEFINED if _among(UNDEFINED, values) else UNKNOWN
        result = function(*values)
        return UNKNOWN if result is None else result

    return operation


def _matrix_symbol(name: str) -> Operation:
    def operation(slots: Slots, places: tuple[int, ...], point: Point) -> Any:
        rows, columns = (_whole(slots[place]) for place in places)
        if rows is None or columns is None or not (0 < rows <= MAX_MATRIX and 0 < columns <= MAX_MATRIX):
            return UNKNOWN
        return [[point.indexed(name, (i, j)) for j in range(columns)] for i in range(rows)]

    return operation


def _identity(size: Number) -> Any:
    n = _whole(size)
    return _diagonal([[exact(1)]] * n) if n is not None and 0 < n <= MAX_MATRIX else None


def _diagonal(vector: Any) -> Any:
    rows = _matrix_of(vector)
    if rows is None:
        return None
    entries = [value for row in rows for value in row]
    return [[value if i == j else exact(0) for j in range(len(entries))] for i, value in enumerate(entries)]


def _transpose(rows: Any) -> Any:
    return [list(column) for column in zip(*rows, strict=True)] if _matrix_of(rows) else None


def _trace(rows: Any) -> Any:
    if not _matrix_of(rows) or len(rows) != len(rows[0]):
        return None
    total = exact(0)
    for i, row in enumerate(rows):
        total = _plus(total, row[i])
    return total


def _matrix_product(*factors: Any) -> Any:
    scalars = [factor for factor in factors if type(factor) is not list]
    matrices = [factor for factor in factors if type(factor) is list]
    if not matrices or any(_matrix_of(matrix) is None for matrix in matrices):
        return None
    total = matrices[0]
    for matrix in matrices[1:]:
        if len(total[0]) != len(matrix):
            return None
        total = [[_dot(row, column) for column in zip(*matrix, strict=True)] for row in total]
    for scalar in scalars:
        total = [[_times(scalar, value) for value in row] for row in total]
    return total


def _dot(left: Sequence[Number], right: Sequence[Number]) -> Number:
    total = exact(0)
    for a, b in zip(left, right, strict=True):
        total = _plus(total, _times(a, b))
    return total


def _matrix_sum(*terms: Any) -> Any:
    if any(_matrix_of(term) is None or len(term) != len(terms[0]) for term in terms):
        return None
    if any(len(term[0]) != len(terms[0][0]) for term in terms):
        return None
    total = terms[0]
    for term in terms[1:]:
        total = [[_plus(a, b) for a, b in zip(x, y, strict=True)] for x, y in zip(total, term, strict=True)]
    return total


def _flint_matrix(rows: Any) -> Any:
    if not _matrix_of(rows) or len(rows) != len(rows[0]):
        return None
    kinds: set[Any] = {type(value) for row in rows for value in row}
    if not kinds <= {fmpq, arb, acb}:
        return None
    if kinds == {fmpq} and sum(value.height_bits() for row in rows for value in row) > MAX_BITS:
        kinds = {arb}
    make: Any
    convert: Any
    make, convert = (fmpq_mat, fmpq) if kinds == {fmpq} else (acb_mat, acb) if acb in kinds else (arb_mat, arb)
    return make([[convert(value) for value in row] for row in rows])


def _determinant(rows: Any) -> Any:
    matrix = _flint_matrix(rows)
    return None if matrix is None else _tidy(matrix.det())


def _inverse(rows: Any) -> Any:
    matrix = _flint_matrix(rows)
    if matrix is None:
        return None
    try:
        inverse = matrix.inv()
    except ZeroDivisionError:
        return UNDEFINED if type(matrix) is fmpq_mat else UNKNOWN
    return [[_tidy(inverse[i, j]) for j in range(len(rows))] for i in range(len(rows))]


def _matrix_power(rows: Any, exponent: Number) -> Any:
    n = _whole(exponent)
    if n is None or not -20 <= n <= 20 or not _matrix_of(rows):
        return None
    base = _inverse(rows) if n < 0 else rows
    if type(base) is not list:
        return base
    result = _identity(exact(len(rows)))
    for _ in range(abs(n)):
        result = _matrix_product(result, base)
    return result


def _element(rows: Any, i: Number, j: Number) -> Any:
    row, column = _whole(i), _whole(j)
    if not _matrix_of(rows) or row is None or column is None:
        return None
    return rows[row][column] if 0 <= row < len(rows) and 0 <= column < len(rows[0]) else None


_MATRIX_COST: dict[Callable[..., Any], int] = {_matrix_power: 20}

_OPERATIONS: dict[str, Operation] = {
    "Add": _add,
    "Mul": _multiply,
    "Pow": _pow,
    "atan2": _atan2,
    "binomial": _binomial,
    "Max": _extreme(largest=True),
    "Min": _extreme(largest=False),
    "Integral": lambda slots, places, point: UNKNOWN,
    "Tuple": _collect,
    "Piecewise": _piecewise,
    "And": _both,
    "Or": _either,
    "Not": _negation,
    **{head: _relation(head) for head in RELATIONS},
    "Matrix": _collect,
    "Trace": _matrix_operation(_trace),
    "Determinant": _matrix_operation(_determinant),
    "Inverse": _matrix_operation(_inverse),
    "Transpose": _matrix_operation(_transpose),
    "MatMul": _matrix_operation(_matrix_product),
    "MatAdd": _matrix_operation(_matrix_sum),
    "MatPow": _matrix_operation(_matrix_power),
    "Identity": _matrix_operation(_identity),
    "DiagMatrix": _matrix_operation(_diagonal),
    "MatrixElement": _matrix_operation(_element),
}
