"""Small errors put into a reference solution: the mutants that the hidden tests must tell from the original.

An operator of mutation maps a node of the syntax tree to the nodes that may stand in its place. Libraries for this
(cosmic-ray, mutmut, mutatest) bring their own runner and know nothing of NumPy, dropped statements or exchanged
symbols, so the operators are written out here. Docstrings, annotations, imports, messages of exceptions and the
decoration of a plot are left alone; a mutant with the code of another one, or of the original, is not made.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

# What may be taken for what, as attributes of a module: np.log, sp.Sum, np.linalg.cholesky.
LOOKALIKES: dict[str, tuple[str, ...]] = {
    "log": ("log2", "log10", "log1p", "exp"),
    "log1p": ("log", "expm1"),
    "exp": ("expm1", "exp2", "log"),
    "expm1": ("exp", "log1p"),
    "logaddexp": ("logaddexp2", "maximum"),
    "sum": ("mean", "max", "prod"),
    "mean": ("sum", "median", "max"),
    "max": ("min", "mean"),
    "maximum": ("minimum", "add"),
    "all": ("any",),
    "hypot": ("add", "maximum"),
    "sqrt": ("square",),
    "ones_like": ("zeros_like",),
    "isfinite": ("isreal",),
    "tril": ("triu",),
    "svd": ("qr",),
    "float64": ("float32", "int64"),
    "Sum": ("Product",),
    "Product": ("Sum",),
    "diff": ("integrate",),
    "solve": ("lstsq",),
}
OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.Sub),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
# Of a plot only the curve and the labels of its axes are asked for.
DECORATING_CALLS = {"annotate", "axvspan", "legend", "set_layout_engine"}
DECORATING_KEYWORDS = {"title", "xlim", "ylim", "label", "num", "clear"}


@dataclass(frozen=True)
class Mutant:
    """A reference solution with one change."""

    part: str
    scope: str
    """The name at the top of the module inside which the change is."""
    change: str
    """The lines that differ, without comments and in uniform writing: `old` => `new`."""
    source: str

    @property
    def id(self) -> str:
        """What the change is listed under; it survives edits elsewhere in the module."""
        return f"{self.part} {self.scope}: {self.change}"


def original(part: str) -> Path:
    """The reference solution of a part."""
    return ROOT / f"solutions/vaes_and_gans/{part}.py"


@cache
def mutants(part: str) -> list[Mutant]:
    """All mutants of the reference solution of a part, in the order of its lines."""
    return of_source(part, original(part).read_text(encoding="utf-8"))


def of_source(part: str, source: str) -> list[Mutant]:
    """All mutants of a module that is the reference solution of the part."""
    tree = _bare(ast.parse(source))
    statements = ["\n".join(_lines(statement)) for statement in tree.body]
    found: dict[str, Mutant] = {}
    counts: dict[tuple[str, str], int] = {}
    for number, scope, lines in _mutated(tree):
        text = "\n".join(lines)
        whole = "\n".join([*statements[:number], text, *statements[number + 1 :]])
        if text == statements[number] or whole in found:
            continue
        change = _change(statements[number].splitlines(), lines)
        count = counts[scope, change] = counts.get((scope, change), 0) + 1
        found[whole] = Mutant(part, scope, change if count == 1 else f"{change} ({count})", whole)
    return list(found.values())


def load(part: str, source: str) -> ModuleType:
    """The module that the source makes."""
    module = ModuleType(f"mutant_{part}")
    exec(compile(source, f"<mutant of {part}>", "exec"), module.__dict__)
    return module


def affected(part: str, scope: str, names: tuple[str, ...]) -> set[str]:
    """Those of the names that a change inside `scope` can reach, through what they mention."""
    uses: dict[str, set[str]] = {}
    for statement in ast.parse(original(part).read_text(encoding="utf-8")).body:
        mentioned = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        for name in _defined(statement):
            uses.setdefault(name, set()).update(mentioned - {name})
    found = set()
    for name in names:
        reached, waiting = {name}, [name]
        while waiting:
            new = uses.get(waiting.pop(), set()) - reached
            reached |= new
            waiting += new
        if set(scope.split(", ")) & reached:
            found.add(name)
    return found


def _defined(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef):
        return [statement.name]
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return []


def _bare(tree: ast.Module) -> ast.Module:
    """The module without docstrings, annotations of functions, and messages of exceptions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            for argument in node.args.args:
                argument.annotation = None
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            node.exc = node.exc.func
    return tree


def _change(before: list[str], after: list[str]) -> str:
    """The lines that differ, each side on one line."""
    lines = [
        line
        for line in difflib.unified_diff(before, after, n=0, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    old, new = (
        " ¦ ".join(line[1:].strip().removesuffix(",") for line in lines if line[0] == sign) for sign in "-+"
    )
    return f"{old} => {new}" if old != new else f"{old} => elsewhere"


def _lines(statement: ast.stmt) -> list[str]:
    """The code of a statement at the top, with each entry of a list on a line of its own."""
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.value, ast.List):
        entries = (f"{ast.unparse(entry)}," for entry in statement.value.elts)
        return [f"{ast.unparse(statement.target)} = [", *entries, "]"]
    return ast.unparse(statement).splitlines()


def _mutated(tree: ast.Module) -> Iterator[tuple[int, str, list[str]]]:
    """The number of each changed statement at the top, the names that it defines, and its lines."""
    for number, statement in enumerate(tree.body):
        scope = ", ".join(_defined(statement))
        if scope:
            for place, variant in list(_places(statement, _groups(statement, tree))):
                yield number, scope, _lines_with(statement, place, variant)


Place = tuple[str | int, ...]


def _lines_with(statement: ast.stmt, place: Place, variant: ast.AST) -> list[str]:
    """The lines of a statement with the node at a place replaced."""
    holder: Any = statement
    for step in place[:-1]:
        holder = holder[step] if isinstance(step, int) else getattr(holder, step)
    last = place[-1]

    def put(node: Any) -> None:
        if isinstance(last, int):
            holder[last] = node
        else:
            setattr(holder, last, node)

    before = holder[last] if isinstance(last, int) else getattr(holder, last)
    put(variant)
    try:
        return _lines(statement)
    finally:
        put(before)


def _groups(statement: ast.stmt, tree: ast.Module) -> list[list[str]]:
    """Names that could be taken for each other: parameters of one function, symbols declared together."""
    groups = [
        [node.id for node in other.targets[0].elts if isinstance(node, ast.Name)]
        for other in ast.walk(tree)
        if isinstance(other, ast.Assign) and isinstance(other.targets[0], ast.Tuple)
    ]
    if isinstance(statement, ast.FunctionDef):
        groups.insert(0, [argument.arg for argument in statement.args.args])
    return [group for group in groups if len(group) > 1]


def _places(
    node: ast.AST, groups: list[list[str]], place: Place = (), *, top: bool = True
) -> Iterator[tuple[Place, ast.AST]]:
    if _decorates(node):
        return
    for variant in _variants(node, groups, top):
        yield place, variant
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params", "format_spec"):
            continue
        # The message of an exception, and the type of the one that is caught.
        if isinstance(node, ast.Raise | ast.ExceptHandler) and field != "body":
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for number, child in children:
            if isinstance(child, ast.AST):
                step: Place = (field,) if number is None else (field, number)
                yield from _places(child, groups, (*place, *step), top=False)


def _decorates(node: ast.AST) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg in DECORATING_KEYWORDS
    call = node.value if isinstance(node, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    return isinstance(function, ast.Attribute) and function.attr in DECORATING_CALLS


def _variants(node: ast.AST, groups: list[list[str]], top: bool) -> Iterator[ast.AST]:
    if isinstance(node, ast.stmt) and not top:
        yield from _statements(node)
    if isinstance(node, ast.Constant):
        yield from _constants(node.value)
    elif isinstance(node, ast.BinOp):
        for other in OPERATORS.get(type(node.op), ()):
            yield ast.BinOp(node.left, other(), node.right)
        yield from (node.left, node.right)
        if isinstance(node.op, ast.Sub | ast.Div | ast.Pow | ast.MatMult):
            yield ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for k in range(len(node.values)):
            rest = node.values[:k] + node.values[k + 1 :]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.Compare):
        for k, operator in enumerate(node.ops):
            for changed in COMPARISONS.get(type(operator), ()):
                yield ast.Compare(node.left, [*node.ops[:k], changed(), *node.ops[k + 1 :]], node.comparators)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        for lookalike in LOOKALIKES.get(node.attr, ()):
            yield ast.Attribute(node.value, lookalike, node.ctx)
        if node.attr in ("inf", "oo"):
            yield ast.UnaryOp(ast.USub(), node)
        if node.attr == "T":
            yield node.value
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for group in groups:
            if node.id in group:
                k = group.index(node.id)
                yield from (ast.Name(group[(k + step) % len(group)], node.ctx) for step in (1, -1))
                break
    elif isinstance(node, ast.List | ast.Tuple) and isinstance(node.ctx, ast.Load):
        for k in range(len(node.elts)):
            yield type(node)(node.elts[:k] + node.elts[k + 1 :], node.ctx)
            if k:
                yield type(node)(
                    [*node.elts[: k - 1], node.elts[k], node.elts[k - 1], *node.elts[k + 1 :]], node.ctx
                )


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    if isinstance(node, ast.Return):
        if node.value is not None:
            yield ast.Return(ast.Constant(None))
            yield ast.Return(ast.Constant(0.0))
    elif not isinstance(node, ast.Pass):
        yield ast.Pass()
    if isinstance(node, ast.If):
        yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        yield ast.If(ast.Constant(True), node.body, node.orelse)
    if isinstance(node, ast.Raise) and node.exc is not None:
        yield ast.Raise(ast.Name("TypeError", ast.Load()), None)


def _constants(value: object) -> Iterator[ast.expr]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        for other in (value + 1, value - 1, 0, 2 * value, -value):
            if other != value:
                negative = ast.UnaryOp(ast.USub(), ast.Constant(-other))
                yield negative if other < 0 else ast.Constant(other)
    elif isinstance(value, str):
        yield ast.Constant("mutated")


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    for k in range(len(node.args) - 1):
        swapped = [*node.args[:k], node.args[k + 1], node.args[k], *node.args[k + 2 :]]
        yield ast.Call(node.func, swapped, node.keywords)
    for k in range(len(node.keywords)):
        if _decorates(node.keywords[k]):
            continue
        yield ast.Call(node.func, node.args, node.keywords[:k] + node.keywords[k + 1 :])
    if node.args and not isinstance(node.args[0], ast.Starred):
        yield node.args[0]
    elif isinstance(node.func, ast.Attribute):
        yield node.func.value
