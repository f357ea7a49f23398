"""Reading a formula from text, without evaluating any of it.

The text is Python syntax as SymPy users write it, `Sum(mu[i]**2, (i, 1, K)) - log(4)`. It is parsed to Python's
syntax tree, of which a few forms are allowed; names are symbols unless they are known functions or constants.
Every complaint points at the character.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from .expression import (
    BINDERS,
    FUNCTIONS,
    MAX_BITS,
    MINUS_ONE,
    Tree,
    decimal,
    node,
    number,
    scalar,
)
from .verdict import Wrong

MAX_TEXT = 20_000

_CONSTANTS = {"pi": "pi", "E": "E", "I": "I", "oo": "oo", "zoo": "zoo", "nan": "nan", "EulerGamma": "EulerGamma"}
_ALIASES = {
    "ln": "log",
    "abs": "Abs",
    "max": "Max",
    "min": "Min",
    "arctan": "atan",
    "arcsin": "asin",
    "arccos": "acos",
}
_OPERATORS: dict[type[ast.operator], str] = {
    ast.BitXor: "`^` is not a power in Python: write `**`",
    ast.MatMult: "`@` is not supported",
    ast.FloorDiv: "`//` is not supported: write `/`",
    ast.Mod: "`%` is not supported",
}


def parse(text: str, what: str = "the expression") -> Tree:
    """The tree that the text writes; raises `Wrong`, pointing at the character, on anything else."""
    if len(text) > MAX_TEXT:
        raise Wrong(f"{what} is longer than {MAX_TEXT} characters.", note="answer.too-large")
    return _Reader(text, what).read()


class _Reader:
    def __init__(self, text: str, what: str) -> None:
        # One line, so that a position is a column.
        self.text = text.replace("\n", " ").replace("\r", " ").replace("\t", " ").rstrip()
        self.what = what

    def read(self) -> Tree:
        body = self._syntax()
        done: dict[int, Tree] = {}
        stack: list[tuple[ast.AST, bool]] = [(body, False)]
        while stack:
            part, opened = stack.pop()
            if opened:
                done[id(part)] = self._tree(part, [done[id(child)] for child in self._children(part)])
            else:
                stack.append((part, True))
                stack.extend((child, False) for child in self._children(part))
        return scalar(done[id(body)], self.what)

    def _syntax(self) -> ast.expr:
        start = len(self.text) - len(self.text.lstrip())
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text[start:], mode="eval", feature_version=(3, 11)).body
        except SyntaxError as fault:
            # At the end of the text, Python gives no position.
            column = fault.offset - 1 + start if fault.offset else len(self.text)
            raise self._fault(column, _syntax_complaint(self.text[start:], fault)) from None
        except (RecursionError, MemoryError):
            raise Wrong(f"{self.what} is nested too deeply.", note="answer.too-large") from None
        except ValueError:
            raise Wrong(f"{self.what} holds a character that cannot be read.", note="answer.syntax") from None

    def _fault(self, column: int, why: str) -> Wrong:
        first = max(0, column - 60)
        shown = "".join(char if char.isprintable() else "\ufffd" for char in self.text[first : column + 40])
        pointer = " " * (column - first) + "^"
        return Wrong(f"{self.what}: {why}.\n    {shown}\n    {pointer}", note="answer.syntax")

    def _refusal(self, part: ast.AST, why: str) -> Wrong:
        start = len(self.text) - len(self.text.lstrip())
        offset = getattr(part, "col_offset", 0)
        # Python counts bytes.
        column = len(self.text[start:].encode()[:offset].decode(errors="replace"))
        return self._fault(column + start, why)

    def _children(self, part: ast.AST) -> Sequence[ast.expr]:
        if isinstance(part, ast.BinOp):
            return [operand for _, operand in _chain(part)]
        if isinstance(part, ast.UnaryOp):
            return [part.operand]
        if isinstance(part, ast.Call):
            if part.keywords or not isinstance(part.func, ast.Name):
                raise self._refusal(part, "only calls such as `log(x)` are supported")
            return part.args
        if isinstance(part, ast.Subscript):
            if not isinstance(part.value, ast.Name):
                raise self._refusal(part, "only indices of plain names are supported, as in `mu[i]`")
            return part.slice.elts if isinstance(part.slice, ast.Tuple) else [part.slice]
        if isinstance(part, ast.Tuple):
            return part.elts
        if isinstance(part, ast.Compare):
            return [part.left, *part.comparators]
        return []

    def _tree(self, part: ast.AST, args: list[Tree]) -> Tree:
        try:
            return self._node(part, args)
        except Wrong as wrong:
            if wrong.note == "answer.syntax":
                raise
            raise self._refusal(part, wrong.hint.rstrip(".").replace(f"{self.what} ", "this part ", 1)) from None

    def _node(self, part: ast.AST, args: list[Tree]) -> Tree:
        what = self.what
        if isinstance(part, ast.Constant):
            return self._literal(part)
        if isinstance(part, ast.Name):
            if part.id in _CONSTANTS:
                return node("Constant", _CONSTANTS[part.id], (), what)
            if part.id in FUNCTIONS or part.id in _ALIASES or part.id == "sqrt":
                raise self._refusal(part, f"`{part.id}` is a function: give it an argument, as in `{part.id}(x)`")
            return node("Symbol", part.id, (), what)
        if isinstance(part, ast.UnaryOp):
            return self._unary(part, args[0])
        if isinstance(part, ast.BinOp):
            return self._binary(part, args)
        if isinstance(part, ast.Call):
            return self._call(part, args)
        if isinstance(part, ast.Subscript):
            return node("Indexed", part.value.id, args, what)  # type: ignore[attr-defined]
        if isinstance(part, ast.Tuple):
            return node("Tuple", None, args, what)
        if isinstance(part, ast.Compare):
            return self._comparison(part, args)
        raise self._refusal(part, "this is not part of a formula")

    def _literal(self, part: ast.Constant) -> Tree:
        if part.value is True or part.value is False:
            return node("Constant", "true" if part.value else "false", (), self.what)
        if type(part.value) is int:
            return number(part.value, self.what)
        if type(part.value) is float:
            start = len(self.text) - len(self.text.lstrip())
            text = ast.get_source_segment(self.text[start:], part) or repr(part.value)
            exponent = text.lower().partition("e")[2]
            if exponent and abs(int(exponent)) > MAX_BITS // 4:
                raise self._refusal(part, "this number is too large or too small")
            value = Decimal(text)
            return decimal(value, len(value.as_tuple().digits), self.what)
        raise self._refusal(part, "only numbers are supported, without quotation marks")

    def _unary(self, part: ast.UnaryOp, operand: Tree) -> Tree:
        if isinstance(part.op, ast.UAdd):
            return operand
        if isinstance(part.op, ast.USub):
            if operand.head in ("Integer", "Rational"):
                return number(-Fraction(operand.value or 0), self.what)
            if operand.head == "Float":
                return node("Float", f"-{operand.value}", (), self.what)
            if operand.value == "oo" and operand.head == "Constant":
                return node("Constant", "-oo")
            return node("Mul", None, (MINUS_ONE, operand), self.what)
        raise self._refusal(part, "this is not part of a formula")

    def _binary(self, part: ast.BinOp, args: list[Tree]) -> Tree:
        operators = [operator for operator, _ in _chain(part)]
        if operators[-1] in (ast.Add, ast.Sub):
            terms = [
                node("Mul", None, (MINUS_ONE, arg), self.what) if operator is ast.Sub else arg
                for operator, arg in zip(operators, args, strict=True)
            ]
            return node("Add", None, terms, self.what)
        if operators[-1] in (ast.Mult, ast.Div):
            factors = [
                node("Pow", None, (arg, MINUS_ONE), self.what) if operator is ast.Div else arg
                for operator, arg in zip(operators, args, strict=True)
            ]
            return node("Mul", None, factors, self.what)
        if operators[-1] is not ast.Pow:
            raise self._refused_operator(part)
        base, exponent = args
        if base.head == "Constant" and base.value == "E":
            return node("exp", None, (exponent,), self.what)
        return node("Pow", None, (base, exponent), self.what)

    def _refused_operator(self, part: ast.BinOp) -> Wrong:
        start = len(self.text) - len(self.text.lstrip())
        encoded = self.text[start:].encode()
        begin, end = part.left.end_col_offset or 0, part.right.col_offset
        between = encoded[begin:end].decode(errors="replace")
        column = len(encoded[:begin].decode(errors="replace"))
        why = _OPERATORS.get(type(part.op), "this operator is not part of a formula")
        return self._fault(start + column + len(between) - len(between.lstrip(" )")), why)

    def _call(self, part: ast.Call, args: list[Tree]) -> Tree:
        written = part.func.id  # type: ignore[attr-defined]
        name = _ALIASES.get(written, written)
        if name == "sqrt" and len(args) == 1:
            return node("Pow", None, (args[0], number(Fraction(1, 2))), self.what)
        if name == "log" and len(args) == 2:
            inverse = node("Pow", None, (node("log", None, (args[1],)), MINUS_ONE))
            return node("Mul", None, (node("log", None, (args[0],)), inverse), self.what)
        if name == "Rational" and len(args) == 2:
            return node("Mul", None, (args[0], node("Pow", None, (args[1], MINUS_ONE))), self.what)
        if name == "Eq" and len(args) == 2 and args[1] == number(0):
            return args[0]
        if name in FUNCTIONS and len(args) != FUNCTIONS[name][0]:
            raise self._refusal(part, f"`{written}` takes {FUNCTIONS[name][0]} argument(s), not {len(args)}")
        if name in FUNCTIONS or name in BINDERS or name in ("Max", "Min", "Piecewise"):
            if name == "Integral" and len(args) == 2 and args[1].head == "Symbol":
                args = [args[0], node("Tuple", None, (args[1],))]
            if name in ("Max", "Min") and not args:
                raise self._refusal(part, f"`{written}` needs arguments")
            return node(name, None, args, self.what)
        if not args:
            raise self._refusal(part, f"`{written}` needs an argument")
        return node("Apply", written, args, self.what)

    def _comparison(self, part: ast.Compare, args: list[Tree]) -> Tree:
        names = {ast.Lt: "Lt", ast.LtE: "Le", ast.Gt: "Gt", ast.GtE: "Ge", ast.Eq: "Eq", ast.NotEq: "Ne"}
        operators = [names.get(type(op)) for op in part.ops]
        if len(operators) != 1 or operators[0] is None:
            raise self._refusal(part, "only one comparison at a time is supported, as in `x < 1`")
        return node(operators[0], None, args, self.what)


_CHAINS = ((ast.Add, ast.Sub), (ast.Mult, ast.Div))


def _chain(part: ast.BinOp) -> list[tuple[type[ast.operator], ast.expr]]:
    """The operands of a chain such as a + b - c, each with the operator before it: one node, however long."""
    operator = type(part.op)
    alike = next((chain for chain in _CHAINS if operator in chain), (operator,))
    operands: list[tuple[type[ast.operator], ast.expr]] = [(operator, part.right)]
    left = part.left
    while len(alike) > 1 and isinstance(left, ast.BinOp) and type(left.op) in alike:
        operands.append((type(left.op), left.right))
        left = left.left
    operands.append((alike[0], left))
    return operands[::-1]


def _syntax_complaint(text: str, fault: SyntaxError) -> str:
    if not text.strip():
        return "it is empty"
    column = (fault.offset or 1) - 1
    if "lambda" in text[max(0, column - 6) : column + 7]:
        return "`lambda` is a reserved word of Python: use another name"
    message = (fault.msg or "invalid syntax").partition(". Perhaps")[0].strip()
    return message[:1].lower() + message[1:]
