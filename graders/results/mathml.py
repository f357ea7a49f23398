"""Expressions as MathML, which browsers set without a script, a font or a network.

A printer of our own for `expression.Tree`, since what a student wrote is never rebuilt as a SymPy object. It is
total: what it does not know it writes as a function of its arguments. Trees don't keep the order in which a sum
was written, so it has one of its own: what is constant comes last in a sum and first in a product.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from graders.answers.expression import Tree, as_number, postorder, show
from graders.results.page import Html, tag

GREEK = dict(
    zip(
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "pi",
            "rho",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
            "Gamma",
            "Delta",
            "Theta",
            "Lambda",
            "Sigma",
            "Phi",
            "Psi",
            "Omega",
        ],
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΣΦΨΩ",
        strict=True,
    )
)
_CONSTANTS = {"pi": "π", "E": "e", "I": "i", "EulerGamma": "γ", "oo": "∞", "-oo": "−∞", "zoo": "∞̃", "nan": "nan"}
_SIGNS = {"Lt": "<", "Le": "≤", "Gt": ">", "Ge": "≥", "Eq": "=", "Ne": "≠"}
_BIG = {"Integral": "∫", "Sum": "∑", "Product": "∏"}
_MAX_DIGITS = 30
_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4


@dataclass(frozen=True)
class _Set:
    """A part as it is set: how tightly it holds together, and whether a minus stands before it."""

    html: Html
    strength: int = _ATOM
    negative: bool = False


def mathml(tree: Tree, *, display: bool = True) -> Html:
    """An expression as a `math` element, whose text alternative is the expression as a line of text."""
    done: dict[bytes, _Set] = {}
    for part in postorder(tree):
        done[part.digest] = _part(part, done)
    body = _signed(done[tree.digest])
    return tag("math", body, display="block" if display else "inline", alttext=show(tree, 300))


def _part(part: Tree, done: dict[bytes, _Set]) -> _Set:
    """A part, whose arguments are done."""
    head, value = part.head, part.value
    args = [done[arg.digest] for arg in part.args]
    if isinstance(value, int | Fraction) and head in ("Integer", "Rational"):
        return _number(Fraction(value))
    if head == "Constant":
        return _Set(_identifier(_CONSTANTS.get(str(value), str(value))))
    if head in ("Symbol", "MatrixSymbol", "Bound"):
        return _Set(_name(str(value)))
    if head == "Indexed":
        index = _joined([_signed(arg) for arg in args], ",")
        return _Set(tag("msub", _name(str(value)), index))
    if head == "Apply":
        return _Set(_row(_name(str(value)), _fenced(_joined([_signed(arg) for arg in args], ","))))
    if head == "Add":
        return _sum(part, args)
    if head in ("Mul", "MatMul"):
        return _product(part, done)
    if head in ("Pow", "MatPow"):
        return _power(part, args)
    if head in _BIG:
        return _big(part, done)
    if head == "exp":
        return _Set(tag("msup", _identifier("e"), _signed(args[0])), _POWER)
    if head == "Abs":
        return _Set(_row(_operator("|"), _signed(args[0]), _operator("|")))
    if head in _SIGNS:
        return _Set(_row(_signed(args[0]), _operator(_SIGNS[head]), _signed(args[1])), 0)
    if head == "Tuple":
        return _Set(_fenced(_joined([_signed(arg) for arg in args], ",")))
    name = str(value or head)
    return _Set(_row(_identifier(name), _fenced(_joined([_signed(arg) for arg in args], ","))))


def _number(value: Fraction) -> _Set:
    above, below = tag("mn", _digits(abs(value.numerator))), tag("mn", _digits(value.denominator))
    return _Set(above if value.denominator == 1 else tag("mfrac", above, below), _ATOM, value < 0)


def _digits(number: int) -> str:
    if number.bit_length() > 3 * _MAX_DIGITS:
        return f"a number of {number.bit_length()} bits"
    return str(number)


_SUBSCRIPT = re.compile(r"([A-Za-z]+?)_?(\d+)|([A-Za-z]+)_(\w+)")


def _name(name: str) -> Html:
    """A symbol's name: p_r and x1 have subscripts, sigma is a letter."""
    if found := _SUBSCRIPT.fullmatch(name):
        base, index = found[1] or found[3], found[2] or found[4]
        below = tag("mn", index) if index.isdigit() else _words(index)
        return tag("msub", _words(base), below)
    return _words(name)


def _words(name: str) -> Html:
    parts = name.split("_")
    return _identifier(GREEK.get(name, name)) if len(parts) == 1 else tag("mtext", name.replace("_", " "))


def _identifier(text: str) -> Html:
    return tag("mi", text)


def _operator(text: str) -> Html:
    return tag("mo", text)


def _row(*parts: Html) -> Html:
    return tag("mrow", *parts)


def _fenced(inside: Html) -> Html:
    return _row(_operator("("), inside, _operator(")"))


def _joined(parts: Sequence[Html], sign: str) -> Html:
    row = [each for part in parts for each in (_operator(sign), part)]
    return _row(*row[1:])


def _signed(part: _Set) -> Html:
    return _row(_operator("−"), part.html) if part.negative else part.html


def _held(part: _Set, strength: int) -> Html:
    """A part in parentheses where it would fall apart otherwise."""
    return _fenced(_signed(part)) if part.negative or part.strength < strength else part.html


def _constant(tree: Tree) -> bool:
    return all(part.head not in ("Symbol", "Indexed", "Apply", "Bound") for part in postorder(tree))


def _sum(part: Tree, args: Sequence[_Set]) -> _Set:
    def place(pair: tuple[Tree, _Set]) -> tuple[bool, bool, str]:
        return pair[1].negative, _constant(pair[0]), pair[1].html

    terms = sorted(zip(part.args, args, strict=True), key=place)
    row: list[Html] = []
    for _, term in terms:
        if row or term.negative:
            row.append(_operator("−" if term.negative else "+"))
        row.append(term.html if term.strength >= _PRODUCT else _fenced(term.html))
    return _Set(_row(*row), _SUM)


def _order(tree: Tree) -> tuple[int, str]:
    """Where a factor stands: numbers, constants, symbols, powers, sums, what is applied, integrals."""
    ranks = {"Integer": 0, "Rational": 0, "Constant": 1, "Symbol": 2, "Indexed": 2, "Pow": 3, "Apply": 4, "Add": 5}
    last = 8 if tree.head in _BIG else 6
    return ranks.get(tree.head, last), show(tree, 60)


def _product(part: Tree, done: dict[bytes, _Set]) -> _Set:
    """A product as a fraction, where it has factors with negative exponents."""
    above: list[_Set] = []
    below: list[_Set] = []
    negative = False
    keep = part.head == "MatMul"
    for factor in part.args if keep else sorted(part.args, key=_order):
        number = as_number(factor)
        if number is not None and not keep:
            negative ^= number < 0
            size = abs(number)
            above += [_number(Fraction(size.numerator))] * (size.numerator != 1)
            below += [_number(Fraction(size.denominator))] * (size.denominator != 1)
        elif factor.head == "Pow" and (exponent := as_number(factor.args[1])) is not None and exponent < 0:
            below.append(_raised(done[factor.args[0].digest], -exponent))
        else:
            negative ^= done[factor.digest].negative
            above.append(_Set(done[factor.digest].html, done[factor.digest].strength))
    if not below:
        return _Set(_beside(above), _PRODUCT, negative)
    return _Set(tag("mfrac", _beside(above), _beside(below)), _PRODUCT, negative)


def _beside(factors: Sequence[_Set]) -> Html:
    if len(factors) == 1:
        return _signed(factors[0])
    if not factors:
        return tag("mn", "1")
    row: list[Html] = []
    for number, factor in enumerate(factors):
        held = _held(factor, _PRODUCT)
        # two numbers beside each other would be one
        between = _operator("·") if held.startswith(("<mn", "<mfrac")) else tag("mspace", width="0.15em")
        row += [between] * (number > 0) + [held]
    return _row(*row)


def _power(part: Tree, args: Sequence[_Set]) -> _Set:
    exponent = as_number(part.args[1])
    if exponent is None:
        return _Set(tag("msup", _held(args[0], _ATOM), _signed(args[1])), _POWER)
    if exponent < 0 and part.head == "Pow":
        return _Set(tag("mfrac", tag("mn", "1"), _signed(_raised(args[0], -exponent))), _PRODUCT)
    return _raised(args[0], exponent)


def _raised(base: _Set, exponent: Fraction) -> _Set:
    if exponent == 1:
        return base
    if exponent == Fraction(1, 2):
        return _Set(tag("msqrt", _signed(base)))
    return _Set(tag("msup", _held(base, _ATOM), _signed(_number(exponent))), _POWER)


def _big(part: Tree, done: dict[bytes, _Set]) -> _Set:
    """A sum, a product or an integral over its limits, each (variable, from, to) or (variable,)."""
    integral = part.head == "Integral"
    row: list[Html] = []
    after: list[Html] = []
    for limit in part.args[1:]:
        variable, *ends = (_signed(done[each.digest]) for each in limit.args)
        sign = _operator(_BIG[part.head])
        if integral:
            row.append(tag("msubsup", sign, *ends) if len(ends) == 2 else sign)
            after += [tag("mspace", width="0.2em"), tag("mi", "d", mathvariant="normal"), variable]
        else:
            row.append(tag("munderover", sign, _row(variable, _operator("="), ends[0]), ends[1]))
    inside = _held(done[part.args[0].digest], _PRODUCT)
    return _Set(_row(*row, inside, *after), _PRODUCT)
