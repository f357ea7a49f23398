"""Mathematical expressions as small immutable trees, read from objects that nobody has to trust.

A student's answer is a SymPy object, and SymPy evaluates, compares and prints such objects by calling methods that
can take for ever or be overridden. So an answer is first *read* into a `Tree`: whitelisted heads only, bounded in
size, depth, digits and exponents, with no method of the object called. Everything that judges works on trees.

What the reading already settles, so that two spellings of one expression are one tree:

- symbols are known by their names, whatever their assumptions;
- the arguments of sums and products have one order;
- a float is the digits that it prints, fifteen of a double, and stands for the numbers that print so: `spread`;
- `Eq(expr, 0)` and `Eq(new symbol, expr)` are `expr`, and so is what `solve` returns of one solution.

`canonical` goes further, to what SymPy's automatic evaluation would make of a tree, with bound variables renamed.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from mpmath import libmp
from sympy.core.containers import Tuple
from sympy.core.function import AppliedUndef, UndefinedFunction
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.matrices.expressions.determinant import Determinant
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.matexpr import MatrixElement

from .verdict import Wrong

MAX_NODES = 20_000
MAX_DEPTH = 200
MAX_BITS = 4096
MAX_EXPONENT = 10**6
MAX_NAME = 200
# A float of fewer digits is read as one of so many: it would stand for numbers that nobody would take for it.
DIGITS = 15
_DIGITS = re.compile(r"-?[0-9]\.([0-9]{14,})e[+-](0|[1-9][0-9]{0,3})", re.ASCII)

Value = int | Fraction | str | None

NAMED = ("Symbol", "Indexed", "MatrixSymbol", "Apply")
"""Heads whose value is a name that a question declares."""

CONSTANTS = {
    "pi": sp.pi,
    "E": sp.E,
    "I": sp.I,
    "EulerGamma": sp.EulerGamma,
    "oo": sp.oo,
    "-oo": -sp.oo,
    "zoo": sp.zoo,
    "nan": sp.nan,
    "true": sp.true,
    "false": sp.false,
}

_UNARY = """
    log exp sin cos tan cot sec csc asin acos atan acot asec acsc sinh cosh tanh coth sech csch asinh acosh atanh
    acoth asech acsch sign factorial gamma loggamma digamma erf erfc floor ceiling re im arg conjugate Abs
"""
FUNCTIONS: dict[str, tuple[int, Any]] = {
    **{name: (1, getattr(sp, name)) for name in _UNARY.split()},
    **{name: (2, getattr(sp, name)) for name in ("atan2", "binomial")},
}

RELATIONS: dict[str, Any] = {"Lt": sp.Lt, "Le": sp.Le, "Gt": sp.Gt, "Ge": sp.Ge, "Eq": sp.Eq, "Ne": sp.Ne}
LOGIC: dict[str, Any] = {"And": sp.And, "Or": sp.Or, "Not": sp.Not}
BINDERS: dict[str, Any] = {"Sum": sp.Sum, "Product": sp.Product, "Integral": sp.Integral}
MATRICES: dict[str, Any] = {
    "Trace": sp.Trace,
    "Determinant": Determinant,
    "Inverse": sp.Inverse,
    "Transpose": sp.Transpose,
    "MatMul": sp.MatMul,
    "MatAdd": sp.MatAdd,
    "MatPow": sp.MatPow,
    "Identity": sp.Identity,
    "DiagMatrix": DiagMatrix,
    "MatrixElement": MatrixElement,
}

_COMMUTATIVE = frozenset({"Add", "Mul", "Max", "Min", "And", "Or", "MatAdd"})
_KINDS = {
    "Tuple": "tuple",
    **dict.fromkeys((*RELATIONS, *LOGIC), "condition"),
    **dict.fromkeys(set(MATRICES) - {"Trace", "Determinant", "MatrixElement"}, "matrix"),
    "Matrix": "matrix",
    "MatrixSymbol": "matrix",
}
_MATRIX_ARITY = {"Trace": 1, "Determinant": 1, "Inverse": 1, "Transpose": 1, "Identity": 1, "DiagMatrix": 1}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tree:
    """An expression: a head, a value for atoms and names, and arguments. Make trees with `node`.

    `size` counts nodes as written out, `depth` the longest path. Two trees are equal when their digests are,
    which takes no recursion. Bound variables are compared by name here; `canonical` renames them.
    """

    head: str
    value: Value = None
    args: tuple[Tree, ...] = ()
    size: int = field(init=False)
    depth: int = field(init=False)
    digest: bytes = field(init=False)

    def __post_init__(self) -> None:
        text = f"{self.head}\0{type(self.value).__name__}\0{_plain(self.value)}\0{len(self.args)}"
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16)
        for arg in self.args:
            digest.update(arg.digest)
        object.__setattr__(self, "digest", digest.digest())
        object.__setattr__(self, "size", 1 + sum(arg.size for arg in self.args))
        object.__setattr__(self, "depth", 1 + max((arg.depth for arg in self.args), default=0))

    def __eq__(self, other: object) -> bool:
        return type(other) is Tree and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Tree({show(self, limit=200)})"


def _plain(value: Value) -> str:
    # Hexadecimal takes linear time and has no limit on digits, unlike Python's decimal conversion.
    if isinstance(value, int):
        return hex(value)
    if isinstance(value, Fraction):
        return f"{value.numerator:x}/{value.denominator:x}"
    return value or ""


def too_large(what: str) -> Wrong:
    """The refusal of an expression that no exercise needs."""
    return Wrong(
        f"{what} is too large to be judged: simplify it. (At most {MAX_NODES} symbols, numbers and operations, "
        f"nested at most {MAX_DEPTH} deep, numbers of at most 1200 digits, exponents up to a million.)",
        note="answer.too-large",
    )


def malformed(what: str, why: str = "") -> Wrong:
    """The refusal of something that is no expression in the sense of this module."""
    return Wrong(f"{what} is not an expression that can be judged{': ' + why if why else '.'}", note="answer.type")


def node(head: str, value: Value = None, args: Sequence[Tree] = (), what: str = "the answer") -> Tree:
    """The tree with this head, checked for shape and limits; raises `Wrong` naming `what`."""
    given = tuple(sorted(args, key=_digest) if head in _COMMUTATIVE else args)
    try:
        return (_interned if len(given) <= _FEW else _made)(head, value, given)
    except (Wrong, TypeError):
        _check_shape(head, value, given, what)
        raise too_large(what) from None


def _made(head: str, value: Value, args: tuple[Tree, ...]) -> Tree:
    _check_shape(head, value, args, "")
    tree = Tree(head, value, args)
    if tree.size > MAX_NODES or tree.depth > MAX_DEPTH:
        raise too_large("")
    return tree


# A class writes the same parts again and again, with few arguments: those with many would fill the memory. Typed,
# since True and 1 are not the same value.
_FEW = 16
_interned = functools.lru_cache(maxsize=20_000, typed=True)(_made)


def _digest(tree: Tree) -> bytes:
    return tree.digest


def kind(head: str) -> str:
    """What a part with this head is: "scalar", "matrix", "condition" or "tuple"."""
    return _KINDS.get(head, "scalar")


def _argument_kinds(head: str, args: Sequence[Tree]) -> bool:
    kinds = [kind(arg.head) for arg in args]
    if any(arg.head == "Constant" and arg.value in ("true", "false") for arg in args):
        kinds = ["condition" if arg.value in ("true", "false") else k for arg, k in zip(args, kinds, strict=True)]
    if head == "Tuple":
        return set(kinds) <= {"scalar"} or kinds == ["scalar", "condition"]
    if head in LOGIC:
        return set(kinds) <= {"condition"}
    if head in ("Piecewise", "Matrix"):
        return set(kinds) <= {"tuple"}
    if head in BINDERS:
        return kinds[:1] == ["scalar"] and set(kinds[1:]) <= {"tuple"}
    if head in ("MatPow", "MatrixElement"):
        return kinds[:1] == ["matrix"] and set(kinds[1:]) <= {"scalar"}
    if head in ("Trace", "Determinant", "Inverse", "Transpose", "DiagMatrix", "MatAdd"):
        return set(kinds) <= {"matrix"}
    if head == "MatMul":
        return set(kinds) <= {"matrix", "scalar"}
    return set(kinds) <= {"scalar"}


def _check_shape(head: str, value: Value, args: Sequence[Tree], what: str) -> None:
    count = len(args)
    if head in NAMED:
        ok = type(value) is str and 0 < len(value) <= MAX_NAME
        ok = ok and {"Symbol": count == 0, "Apply": True, "Indexed": count > 0, "MatrixSymbol": count == 2}[head]
    elif head == "Integer":
        ok = type(value) is int and count == 0
        if ok and value.bit_length() > MAX_BITS:  # type: ignore[union-attr]
            raise too_large(what)
    elif head == "Rational":
        ok = type(value) is Fraction and value.denominator > 1 and count == 0
        if ok and max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:  # type: ignore[union-attr]
            raise too_large(what)
    elif head == "Float":
        written = _DIGITS.fullmatch(value) if type(value) is str and len(value) <= MAX_BITS else None
        ok = written is not None and count == 0
        if written is not None and (len(written[1]) + int(written[2])) * 10 > 3 * MAX_BITS:
            raise too_large(what)
    elif head == "Constant":
        ok = value in CONSTANTS and count == 0
    elif value is not None:
        ok = head == "Bound"
    elif head in FUNCTIONS:
        ok = count == FUNCTIONS[head][0]
    elif head == "Pow":
        ok = count == 2
        if ok and (exponent := as_number(args[1])) is not None and abs(exponent) > MAX_EXPONENT:
            raise too_large(what)
    elif head in BINDERS:
        ok = count >= 2 and all(_is_limit(arg, integral=head == "Integral") for arg in args[1:])
    elif head == "Piecewise":
        ok = count >= 1 and all(arg.head == "Tuple" and len(arg.args) == 2 for arg in args)
    elif head == "Matrix":
        ok = count >= 1 and all(arg.head == "Tuple" and len(arg.args) == len(args[0].args) for arg in args)
    elif head in RELATIONS:
        ok = count == 2
    elif head in _MATRIX_ARITY:
        ok = count == _MATRIX_ARITY[head]
    elif head in ("MatPow", "MatrixElement"):
        ok = count == (2 if head == "MatPow" else 3)
    elif head == "Not":
        ok = count == 1
    else:
        ok = head in ("Add", "Mul", "Max", "Min", "And", "Or", "Tuple", "MatMul", "MatAdd")
    if not ok or not _argument_kinds(head, args):
        raise malformed(what, "it has an unknown or malformed part.")


def _is_limit(limit: Tree, *, integral: bool) -> bool:
    sizes = (1, 3) if integral else (3,)
    return limit.head == "Tuple" and len(limit.args) in sizes and limit.args[0].head in ("Symbol", "Bound")


def symbol(name: str) -> Tree:
    """The symbol of this name."""
    return node("Symbol", name)


def number(value: int | Fraction, what: str = "the answer") -> Tree:
    """An integer or a fraction as a tree."""
    fraction = Fraction(value)
    if fraction.denominator == 1:
        return node("Integer", fraction.numerator, (), what)
    return node("Rational", fraction, (), what)


ZERO, ONE, MINUS_ONE = number(0), number(1), number(-1)


def decimal(value: Decimal, digits: int = DIGITS, what: str = "the answer") -> Tree:
    """A float that prints these digits, and `DIGITS` at least; whole where all of what it shows is whole."""
    if not value.is_finite():
        return node("Constant", "nan" if value.is_nan() else "oo" if value > 0 else "-oo", (), what)
    if max(digits, abs(value.adjusted())) > MAX_BITS:
        raise too_large(what)
    shown = f"{value:.{max(digits, DIGITS) - 1}e}"
    whole = value.adjusted() < max(digits, DIGITS) and Fraction(shown).denominator == 1
    return number(Fraction(shown), what) if whole else node("Float", shown, (), what)


def spread(tree: Tree) -> Fraction:
    """How far from the digits of a float the number may be that it stands for.

    Half a unit of the last digit that it prints, and two units more for the roundings of what it was computed by.
    """
    _, digits, exponent = re.split(r"[.e]", str(tree.value))
    return Fraction(5, 2) * Fraction(10) ** (int(exponent) - len(digits))


def _short(value: Fraction) -> Fraction:
    """The number, if a tree may hold it. Sums grow with each denominator, so each of them is looked at."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise too_large("the answer")
    return value


# Reading -------------------------------------------------------------------------

_CLASSES: dict[type, str] = {
    sp.Add: "Add",
    sp.Mul: "Mul",
    sp.Pow: "Pow",
    sp.Max: "Max",
    sp.Min: "Min",
    Tuple: "Tuple",
    ExprCondPair: "Tuple",
    sp.Piecewise: "Piecewise",
    **{cls: name for name, (_, cls) in FUNCTIONS.items()},
    **{cls: name for table in (RELATIONS, LOGIC, BINDERS, MATRICES) for name, cls in table.items()},
}
_CONSTANT_CLASSES: dict[type, str] = {type(value): name for name, value in CONSTANTS.items()}
_INTEGERS = (sp.Integer, type(sp.S.Zero), type(sp.S.One), type(sp.S.NegativeOne))
_RATIONALS = (sp.Rational, type(sp.S.Half))
_SYMBOLS = (sp.Symbol, sp.Dummy, sp.Wild)
_NOT_DONE = {sp.Derivative: "derivative", sp.Limit: "limit", sp.Subs: "substitution"}
_NUMPY_SCALARS = frozenset(np.sctypeDict.values())
_arguments = sp.Basic._args.__get__


def read(value: object, what: str = "the answer") -> Tree:
    """Read an untrusted object into a `Tree`, calling none of its methods.

    Accepts SymPy expressions, numbers of Python, NumPy, `fractions` and `decimal`, trees, and one of these alone
    in a collection or as what a new symbol equals. Raises `Wrong`, whose hint begins with `what`, on anything else
    and on whatever exceeds the limits.
    """
    value = _solution(value)
    return scalar(_side(value, what) if type(value) is sp.Eq else _read(value, what), what)


def _read(value: object, what: str) -> Tree:
    if type(value) is Tree:
        return value
    done: dict[int, Tree] = {}
    stack: list[tuple[Any, str | None]] = [(value, None)]
    # `alive` keeps every visited object, so that no id in `done` is reused.
    alive: list[object] = []
    while stack:
        current, head = stack.pop()
        if id(current) in done:
            continue
        if head is None:
            alive.append(current)
            if len(alive) > MAX_NODES:
                raise too_large(what)
            atom = _atom(current, what)
            if atom is not None:
                done[id(current)] = atom
                continue
            head = _head(current, what)
            stack.append((current, head))
            children = _children(current, head)
            if len(children) > MAX_NODES:
                raise too_large(what)
            stack.extend((child, None) for child in children)
        else:
            done[id(current)] = _assemble(current, head, done, what)
    return done[id(value)]


def scalar(tree: Tree, what: str = "the answer") -> Tree:
    """The tree, if it stands for a number; raises `Wrong` when it is a condition, a matrix or a tuple."""
    if kind(tree.head) != "scalar" or tree.value in ("true", "false"):
        raise malformed(what, f"a {kind(tree.head).replace('scalar', 'condition')}, where a formula is asked for.")
    return tree


def _solution(value: Any) -> Any:
    """What stands alone in a collection: `solve` gives [f], [(f,)] or [{x: f}], `solveset` a set."""
    for _ in range(_MAX_WRAPPED):
        entries: Any = ()
        if type(value) in (list, tuple, set, frozenset):
            entries = value
        elif type(value) is sp.FiniteSet:
            entries = _arguments(value)
        elif type(value) is dict and all(type(key) in _SYMBOLS or _is_symbol(key) for key in value):
            entries = value.values()
        if len(entries) != 1:
            break
        (value,) = entries
    return value


_MAX_WRAPPED = 3


def _side(equation: Any, what: str) -> Tree:
    """The expression of `Eq(expr, 0)`, or of `Eq(new symbol, expr)`; either may stand on either side."""
    sides = _arguments(equation)
    for other, side in (sides, sides[::-1]):
        if type(other) in _INTEGERS and int(other.p) == 0:
            return _read(side, what)
    for name, side in (sides, sides[::-1]):
        if type(name) in _SYMBOLS:
            tree = _read(side, what)
            if str.__str__(name.name) not in free_names(tree):
                return tree
    raise Wrong(
        f"{what} is an equation; give the expression alone (of `Eq(expr, 0)`, and of `Eq(y, expr)` with a new "
        "symbol `y`, the `expr` is taken).",
        note="answer.type",
    )


def _is_symbol(value: Any) -> bool:
    return type(value) is Tree and value.head == "Symbol"


def _atom(value: Any, what: str) -> Tree | None:
    kind = type(value)
    if kind in _SYMBOLS:
        name = str.__str__(value.name)
        if not 0 < len(name) <= MAX_NAME:
            raise malformed(what, f"a symbol's name must have 1 to {MAX_NAME} characters.")
        return node("Symbol", name, (), what)
    if kind in _INTEGERS:
        return node("Integer", int(value.p), (), what)
    if kind in _RATIONALS:
        return number(Fraction(int(value.p), int(value.q)), what)
    if kind is sp.Float:
        return _sympy_float(value, what)
    if kind in _CONSTANT_CLASSES:
        return node("Constant", _CONSTANT_CLASSES[kind], (), what)
    if issubclass(kind, sp.Basic):
        return None
    return _python_number(value, what)


def _python_number(value: Any, what: str) -> Tree:
    kind = type(value)
    if kind is np.ndarray and value.shape == () and value.dtype.type in _NUMPY_SCALARS:
        value = value.item()
        kind = type(value)
    # Exact types only: a subclass could do anything in its conversions.
    if kind in (bool, np.bool_):
        raise malformed(what, "it is True or False, not a formula.")
    if kind is int or (kind in _NUMPY_SCALARS and issubclass(kind, np.integer)):
        return node("Integer", int(value), (), what)
    if kind is Fraction:
        return number(value, what)
    if kind is Decimal:
        return decimal(value, len(value.as_tuple().digits), what)
    if kind is float:
        return decimal(Decimal(value), what=what)
    if kind in _NUMPY_SCALARS and issubclass(kind, np.floating):
        # Shortest of its type: single precision has fewer digits.
        return decimal(Decimal(np.format_float_scientific(value)), what=what)
    if kind is complex or (kind in _NUMPY_SCALARS and issubclass(kind, np.complexfloating)):
        real, imaginary = (decimal(Decimal(float(part)), what=what) for part in (value.real, value.imag))
        return node("Add", None, (real, node("Mul", None, (imaginary, node("Constant", "I")))), what)
    raise Wrong(f"{what} {_complaint(value)}", note="answer.type")


def _complaint(value: object) -> str:
    if value is None:
        return "is None: give a SymPy expression. (Was the cell run? Does it assign the result?)"
    if value is Ellipsis:
        return "is still the placeholder `...`: replace it by a SymPy expression."
    kind = type(value)
    if issubclass(kind, str | bytes):
        return "is a string: give the SymPy expression itself, without quotation marks."
    if issubclass(kind, list | tuple | dict | set | np.ndarray):
        return "is a collection: give one SymPy expression."
    if issubclass(kind, sp.MatrixBase):
        return "is a matrix: give one scalar SymPy expression."
    if issubclass(kind, type) or callable(value):
        return "is a function: give the SymPy expression, not a function that returns it."
    return "is something else: give a SymPy expression."


def _sympy_float(value: Any, what: str) -> Tree:
    precision, mpf = value._prec, value._mpf_
    _, mantissa, exponent, bits = mpf
    if not mantissa:
        return ZERO
    if precision > MAX_BITS or abs(exponent) + bits > MAX_BITS:
        raise too_large(what)
    digits = libmp.prec_to_dps(precision)
    return decimal(Decimal(libmp.to_str(mpf, digits)), digits, what)


def _head(value: Any, what: str) -> str:
    kind = type(value)
    if kind in _CLASSES:
        return _CLASSES[kind]
    if type(kind) is UndefinedFunction and issubclass(kind, AppliedUndef):
        return "Apply"
    if kind is sp.Indexed:
        return "Indexed"
    if kind is sp.Idx or kind is sp.IndexedBase:
        return "Label"
    if kind is sp.UnevaluatedExpr:
        return "Same"
    if kind is sp.ImmutableDenseMatrix:
        return "Matrix"
    if kind is sp.MatrixSymbol:
        return "MatrixSymbol"
    if kind in _NOT_DONE:
        raise Wrong(
            f"{what} holds a {_NOT_DONE[kind]} that is not carried out: call `.doit()` on it.",
            note="answer.not-evaluated",
        )
    raise malformed(what, f"it uses `{_printable(kind.__name__)}`, which is not supported here.")


def _children(value: Any, head: str) -> Sequence[Any]:
    args: tuple[Any, ...] = _arguments(value)
    if head == "Label":
        return args[:1]
    if head == "MatrixSymbol":
        return args[1:]
    if head == "Matrix":
        return _arguments(args[2])  # type: ignore[no-any-return]
    return args


def _assemble(value: Any, head: str, done: dict[int, Tree], what: str) -> Tree:
    args = [done[id(child)] for child in _children(value, head)]
    if head in ("Label", "Same"):
        return args[0]
    if head == "Apply":
        return node(head, str.__str__(type(value).__name__), args, what)
    if head == "Indexed":
        if args[0].head != "Symbol":
            raise malformed(what, "an indexed quantity needs a plain name, as in `mu[i]`.")
        return node(head, args[0].value, args[1:], what)
    if head == "MatrixSymbol":
        return node(head, str.__str__(_arguments(value)[0].name), args, what)
    if head == "Matrix":
        rows, columns = (int(size.p) for size in _arguments(value)[:2])
        return matrix([args[row * columns : (row + 1) * columns] for row in range(rows)], what)
    if head == "Integral" and any(len(limit.args) == 2 for limit in args[1:]):
        raise malformed(what, "an integral needs both limits or none.")
    return node(head, None, args, what)


def matrix(rows: Iterable[Sequence[Tree]], what: str = "the answer") -> Tree:
    """A matrix written out."""
    return node("Matrix", None, [node("Tuple", None, row, what) for row in rows], what)


# The wire ------------------------------------------------------------------------


def encode(tree: Tree) -> list[list[Any]]:
    """A tree as JSON-able data: nodes `[head, value, [indices of earlier nodes]]`, the root last.

    Fractions are `[numerator, denominator]`; shared parts are written once.
    """
    index: dict[bytes, int] = {}
    rows: list[list[Any]] = []
    for part in postorder(tree):
        value: Any = part.value
        if isinstance(value, Fraction):
            value = [value.numerator, value.denominator]
        index[part.digest] = len(rows)
        rows.append([part.head, value, [index[arg.digest] for arg in part.args]])
    return rows


def decode(data: object, what: str = "the answer") -> Tree:
    """The tree that `encode` wrote; raises `Wrong` on anything else, within the same limits as `read`."""
    bad = Wrong(f"{what} did not arrive as an expression.", note="answer.malformed")
    if type(data) is not list or not data:
        raise bad
    if len(data) > MAX_NODES:
        raise too_large(what)
    trees: list[Tree] = []
    # every part is an argument of the whole, which has no more parts than that
    arguments = 0
    for row in data:
        if type(row) is not list or len(row) != 3:
            raise bad
        head, value, indices = row
        if type(head) is not str or type(indices) is not list or head == "Bound" or len(indices) > MAX_NODES:
            raise bad
        arguments += len(indices)
        if arguments > MAX_NODES:
            raise too_large(what)
        if any(type(index) is not int or not 0 <= index < len(trees) for index in indices):
            raise bad
        if head == "Rational":
            if type(value) is not list or [type(part) for part in value] != [int, int] or value[1] < 1:
                raise bad
            if max(part.bit_length() for part in value) > MAX_BITS:
                raise too_large(what)
            value = Fraction(*value)
        if type(value) not in (int, str, Fraction, type(None)):
            raise bad
        trees.append(node(head, value, [trees[index] for index in indices], what))
    return scalar(trees[-1], what)


# Walking -------------------------------------------------------------------------


def postorder(tree: Tree) -> Iterable[Tree]:
    """Every distinct part of a tree, arguments before what contains them."""
    seen: set[bytes] = set()
    stack: list[tuple[Tree, bool]] = [(tree, False)]
    while stack:
        part, opened = stack.pop()
        if part.digest in seen:
            continue
        if opened:
            seen.add(part.digest)
            yield part
        else:
            stack.append((part, True))
            stack.extend((arg, False) for arg in reversed(part.args))


def rebuild(tree: Tree, change: Callable[[Tree], Tree]) -> Tree:
    """The tree with `change` applied to every part, from the leaves up."""
    done: dict[bytes, Tree] = {}
    for part in postorder(tree):
        args = tuple(done[arg.digest] for arg in part.args)
        same = all(new is old for new, old in zip(args, part.args, strict=True))
        done[part.digest] = change(part if same else node(part.head, part.value, args))
    return done[tree.digest]


def contains(tree: Tree, wanted: Callable[[Tree], bool]) -> bool:
    """Whether any part of the tree is wanted."""
    return any(wanted(part) for part in postorder(tree))


def free_names(tree: Tree, heads: Sequence[str] = NAMED) -> frozenset[str]:
    """Names of the free symbols, indexed quantities, matrices and undefined functions of a tree."""
    found: set[str] = set()
    seen: set[tuple[bytes, frozenset[Value]]] = set()
    stack: list[tuple[Tree, frozenset[Value]]] = [(tree, frozenset())]
    while stack:
        part, bound = stack.pop()
        if (part.digest, bound) in seen:
            continue
        seen.add((part.digest, bound))
        if part.head in heads and part.value not in bound:
            found.add(str(part.value))
        if part.head in BINDERS:
            inner = bound | {limit.args[0].value for limit in part.args[1:]}
            stack.append((part.args[0], inner))
            stack.extend((end, bound) for limit in part.args[1:] for end in limit.args[1:])
        else:
            stack.extend((arg, bound) for arg in part.args)
    return frozenset(found)


# Canonical form ------------------------------------------------------------------


def canonical(tree: Tree) -> Tree:
    """What SymPy's automatic evaluation makes of a tree, with bound variables renamed.

    Sums and products are flattened, numbers gathered, like terms and like powers collected, a number is multiplied
    into a sum, 0 and 1 vanish. Nothing is expanded, cancelled or simplified beyond that. `Integral(f, x)` and
    `Integral(f, (x, -oo, oo))` are one tree.
    """
    parts = 0

    def evaluated(part: Tree) -> Tree:
        nonlocal parts
        result = _evaluated(part)
        parts += 1 + len(result.args)
        if parts > _MAX_PARTS:
            raise too_large("the answer")
        return result

    return rebuild(rename_bound(tree), evaluated)


# Nested sums are flattened, level by level: so many arguments are written in all.
_MAX_PARTS = 5 * MAX_NODES
# Powers of products and multiples of sums are written out up to so many parts: nested ones are at each level.
_MAX_WRITTEN_OUT = 100


def rename_bound(tree: Tree) -> Tree:
    """The tree with the variables of sums, products and integrals numbered from the outside in."""
    if not contains(tree, lambda part: part.head in BINDERS):
        return tree
    # Results are kept per part and surroundings: the same part can stand below different binders.
    Key = tuple[bytes, tuple[tuple[str, int], ...]]
    done: dict[Key, Tree] = {}
    stack: list[tuple[Tree, tuple[tuple[str, int], ...], bool]] = [(tree, (), False)]
    while stack:
        part, bound, opened = stack.pop()
        if (part.digest, bound) in done:
            continue
        inner = bound
        if part.head in BINDERS:
            names = [str(limit.args[0].value) for limit in part.args[1:]]
            kept = tuple(item for item in bound if item[0] not in names)
            first = 1 + max((number for _, number in bound), default=-1)
            inner = kept + tuple((name, first + k) for k, name in enumerate(names))
        # The limits of one binder see each other's variables, which is harmless: they are told apart by number.
        if opened:
            args = tuple(done[arg.digest, inner] for arg in part.args)
            done[part.digest, bound] = node(part.head, part.value, args)
        elif part.head == "Symbol" and part.value in dict(bound):
            done[part.digest, bound] = Tree("Bound", dict(bound)[str(part.value)])
        elif not part.args:
            done[part.digest, bound] = part
        else:
            stack.append((part, bound, True))
            stack.extend((arg, inner, False) for arg in part.args)
    return done[tree.digest, ()]


def as_number(tree: Tree) -> Fraction | None:
    """The rational number that the tree is, if it is one; of a float, what it prints."""
    if tree.head == "Float":
        return Fraction(str(tree.value))
    return Fraction(tree.value) if isinstance(tree.value, int | Fraction) and tree.head != "Bound" else None


def has_floats(tree: Tree) -> bool:
    """Whether a part of the tree is known only as it prints."""
    return contains(tree, lambda part: part.head == "Float")


def _evaluated(tree: Tree) -> Tree:
    rule = _RULES.get(tree.head)
    return rule(tree) if rule else tree


def _evaluated_sum(tree: Tree) -> Tree:
    total = Fraction(0)
    terms: dict[Tree, Fraction] = {}
    for term in _flat(tree):
        value = as_number(term)
        if value is not None:
            total = _short(total + value)
        else:
            coefficient, rest = split_coefficient(term)
            terms[rest] = _short(terms.get(rest, Fraction(0)) + coefficient)
    parts = [_scaled(coefficient, rest) for rest, coefficient in terms.items() if coefficient]
    if total:
        parts.append(number(total))
    return _joined("Add", parts, ZERO)


def split_coefficient(tree: Tree) -> tuple[Fraction, Tree]:
    """A term as a rational coefficient and the rest."""
    if tree.head == "Mul":
        numbers = [value for arg in tree.args if (value := as_number(arg)) is not None]
        rest = [arg for arg in tree.args if as_number(arg) is None]
        if numbers:
            product = functools.reduce(lambda a, b: _short(a * b), numbers)
            return product, _joined("Mul", rest, ONE)
    return Fraction(1), tree


def _scaled(coefficient: Fraction, rest: Tree) -> Tree:
    if coefficient == 1:
        return rest
    if rest.head == "Mul":
        return node("Mul", None, (number(coefficient), *rest.args))
    return node("Mul", None, (number(coefficient), rest))


def _evaluated_product(tree: Tree) -> Tree:
    coefficient = Fraction(1)
    powers: dict[Tree, Fraction] = {}
    for factor in _flat(tree):
        value = as_number(factor)
        if value is not None:
            coefficient = _short(coefficient * value)
            continue
        base, exponent = factor, Fraction(1)
        if factor.head == "Pow" and (known := as_number(factor.args[1])) is not None:
            base, exponent = factor.args[0], known
        powers[base] = _short(powers.get(base, Fraction(0)) + exponent)
    if not coefficient:
        return ZERO
    evaluated = [
        _evaluated_power(node("Pow", None, (base, number(exponent)))) for base, exponent in powers.items()
    ]
    factors = []
    for factor in evaluated:
        value = as_number(factor)
        if value is None:
            factors.append(factor)
        else:
            coefficient = _short(coefficient * value)
    if coefficient == 1 or not factors:
        return _joined("Mul", factors, number(coefficient))
    if len(factors) == 1 and factors[0].head == "Add" and len(factors[0].args) <= _MAX_WRITTEN_OUT:
        terms = [_evaluated_product(node("Mul", None, (number(coefficient), term))) for term in factors[0].args]
        return _joined("Add", terms, ZERO)
    return node("Mul", None, (number(coefficient), *factors))


def _evaluated_power(tree: Tree) -> Tree:
    base, exponent = tree.args
    power, value = as_number(exponent), as_number(base)
    if power == 0:
        return ONE
    if power == 1 or value == 1:
        return base
    if power is None or power.denominator != 1:
        return tree
    n = power.numerator
    if (
        value is not None
        and abs(n) * max(value.numerator.bit_length(), value.denominator.bit_length()) <= MAX_BITS
    ):
        return number(value**n) if value or n > 0 else tree
    if base.head == "Pow" and (inner := as_number(base.args[1])) is not None and abs(inner * n) <= MAX_EXPONENT:
        return _evaluated_power(node("Pow", None, (base.args[0], number(inner * n))))
    if base.head == "Mul" and len(base.args) <= _MAX_WRITTEN_OUT:
        powers = [_evaluated_power(node("Pow", None, (factor, exponent))) for factor in base.args]
        return _evaluated_product(node("Mul", None, powers))
    return tree


def _evaluated_log(tree: Tree) -> Tree:
    value = as_number(tree.args[0])
    if value == 1:
        return ZERO
    if value is not None and value.numerator == 1:
        return node("Mul", None, (MINUS_ONE, node("log", None, (number(value.denominator),))))
    return ONE if tree.args[0] == node("Constant", "E") else tree


def _evaluated_exp(tree: Tree) -> Tree:
    return ONE if tree.args[0] == ZERO else tree


def _evaluated_integral(tree: Tree) -> Tree:
    limits = [
        node("Tuple", None, limit.args[:1]) if limit.args[1:] == (_MINUS_INFINITY, _INFINITY) else limit
        for limit in tree.args[1:]
    ]
    return node("Integral", None, (tree.args[0], *limits))


def _flat(tree: Tree) -> list[Tree]:
    # Arguments are evaluated before what contains them, so one level is enough.
    return [inner for arg in tree.args for inner in (arg.args if arg.head == tree.head else (arg,))]


def _joined(head: str, parts: Sequence[Tree], empty: Tree) -> Tree:
    return empty if not parts else parts[0] if len(parts) == 1 else node(head, None, parts)


_INFINITY, _MINUS_INFINITY = node("Constant", "oo"), node("Constant", "-oo")
_RULES: dict[str, Callable[[Tree], Tree]] = {
    "Add": _evaluated_sum,
    "Mul": _evaluated_product,
    "Pow": _evaluated_power,
    "Float": lambda tree: number(as_number(tree) or 0),
    "log": _evaluated_log,
    "exp": _evaluated_exp,
    "Integral": _evaluated_integral,
}


# Showing -------------------------------------------------------------------------


_SIGNS = {"Lt": "<", "Le": "<=", "Gt": ">", "Ge": ">=", "Ne": "!="}
_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4


def show(tree: Tree, limit: int = 1000) -> str:
    """The tree as a line of text of at most `limit` characters, safe to print."""
    if tree.size > 10 * limit:
        return f"an expression of {tree.size} parts"
    done: dict[bytes, tuple[str, int]] = {}
    for part in postorder(tree):
        text, strength = _shown(part, [done[arg.digest] for arg in part.args])
        # What comes later would be cut anyway, and long parts would be copied at each level.
        done[part.digest] = text[: 2 * limit], strength
    text = _printable(done[tree.digest][0])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _shown(part: Tree, args: list[tuple[str, int]]) -> tuple[str, int]:
    head, value = part.head, part.value

    def inside(level: int) -> list[str]:
        return [text if strength >= level else f"({text})" for text, strength in args]

    listed = ", ".join(text for text, _ in args)
    if head == "Integer":
        bits = int(value or 0).bit_length()
        return (str(value), _ATOM if int(value or 0) >= 0 else _SUM) if bits < 4096 else (f"<{bits} bits>", _ATOM)
    if head == "Rational":
        return str(value), _PRODUCT if Fraction(value or 0) > 0 else _SUM
    if head == "Float":
        return f"{Decimal(str(value)).normalize():g}", _ATOM if str(value)[0] != "-" else _SUM
    if not args and value is not None:
        return str(value) if head != "Bound" else f"_{value}", _SUM if value == "-oo" else _ATOM
    if head == "Add":
        return " + ".join(inside(_SUM)).replace("+ -", "- "), _SUM
    if head in ("Mul", "MatMul"):
        return "*".join(inside(_PRODUCT)), _PRODUCT
    if head in ("Pow", "MatPow"):
        return "**".join(inside(_ATOM)), _POWER
    if head == "Indexed":
        return f"{value}[{listed}]", _ATOM
    if head == "Tuple":
        return f"({listed})", _ATOM
    if head in _SIGNS:
        return f" {_SIGNS[head]} ".join(inside(_SUM)), 0
    return f"{value or head}({listed})", _ATOM


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
