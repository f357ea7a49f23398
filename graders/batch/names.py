"""Which names the cells of a notebook bind and read, from their source alone: nothing here runs it.

The unit is a statement at the top level of a cell. What it does with names that it binds itself is its own affair:
`for i in range(3): print(i)` binds `i` and reads `range` and `print`. A function's body reads what the function
takes from the notebook; its parameters and other local names are nobody else's.

The source is a stranger's: a cell that is too long, or nested too deeply, is passed over as one that is no Python.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graders.isolation.stubs import said

MAX_CELL, MAX_ALL = 50_000, 150_000
"""Characters that are read of a cell, and of a notebook."""
MAX_STATEMENTS = 2_000

ASSIGNMENT, LOOP, FUNCTION, CLASS, IMPORT = "an assignment", "a loop", "a function", "a class", "an import"

_SYMBOLS = frozenset({"symbols", "Symbol", "Dummy", "Function", "IndexedBase", "Idx", "MatrixSymbol"})
# cell magics below which there is Python
_PYTHON_BELOW = frozenset({"time", "timeit", "capture", "prun"})
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*")
_LINE_MAGIC = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
_ASSIGNED_MAGIC = re.compile(r"^([ \t]*[\w, \t]+=)[ \t]*[%!].*$", re.MULTILINE)

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Bound:
    """Where a name gets a value, as a line of its cell, and by what."""

    line: int
    by: str


@dataclass(frozen=True)
class Statement:
    """A statement at the top level of a cell. Cells are counted from 1, code cells alone, and so are lines."""

    cell: int
    line: int
    first: int
    """The line where it begins, with its decorators."""
    end: int
    """Its last line."""
    binds: Mapping[str, Bound]
    """Names of the notebook that it gives a value."""
    reads: Mapping[str, int]
    """Names that it takes from the notebook, or from Python, and in which line."""
    changes: frozenset[str]
    """Names whose object it changes: by a method, an item, an augmented assignment."""
    checks: tuple[str, ...]
    """Questions that it has checked."""
    imports: Mapping[str, int]
    """Packages that it can't do without, and in which line."""
    declares: bool
    """Whether all that it binds are symbols, functions or indexed quantities of SymPy."""
    stub: str
    """What it says, where it leaves `...` in the place of an answer; else nothing."""
    anything: bool
    """Whether it binds names that can't be told: `from … import *`."""


def read(cells: Sequence[str]) -> list[Statement]:
    """The top-level statements of code cells, in order."""
    found: list[Statement] = []
    room = MAX_ALL
    for number, source in enumerate(cells, 1):
        room -= len(source)
        if len(source) > MAX_CELL or room < 0:
            continue
        found += [replace(each, cell=number) for each in _in_cell(source)[: MAX_STATEMENTS - len(found)]]
    return found


@functools.lru_cache(maxsize=256)  # most cells of a class are those that were handed out
def _in_cell(source: str) -> tuple[Statement, ...]:
    with contextlib.suppress(SyntaxError, ValueError, MemoryError, RecursionError):
        return tuple(map(_statement, _parsed(source).body[:MAX_STATEMENTS]))
    return ()


def declared(statements: Iterable[Statement]) -> frozenset[str]:
    """The names that are declared as symbols."""
    return frozenset(name for statement in statements if statement.declares for name in statement.binds)


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.parse(_without_magics(source))


def _without_magics(source: str) -> str:
    """The Python that is left without IPython's commands, line by line where it was."""
    if magic := _CELL_MAGIC.match(source):
        source = "\n" * magic[0].count("\n") + source[magic.end() :] if magic[1] in _PYTHON_BELOW else ""
    return _LINE_MAGIC.sub(r"\1pass", _ASSIGNED_MAGIC.sub(r"\1 None", source))


def _statement(node: ast.stmt) -> Statement:
    scope = _Scope()
    scope.visit(node)
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        reads = scope.reads  # the value is there before the names
    else:
        reads = {name: line for name, line in scope.reads.items() if name not in scope.binds}
    return Statement(
        cell=0,
        line=node.lineno,
        first=min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))]),
        end=node.end_lineno or node.lineno,
        binds=scope.binds,
        reads=reads,
        changes=frozenset(_changed(node)),
        checks=tuple(scope.checks),
        imports=dict(_imported(node)),
        declares=_declares(node),
        stub=said(node) if _is_stub(node) else "",
        anything=scope.anything,
    )


@dataclass
class _Scope:
    """What a scope binds, and what it or a scope inside of it reads from elsewhere."""

    binds: dict[str, Bound] = field(default_factory=dict)
    reads: dict[str, int] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)
    """Names that are declared to be those of a scope around this one."""
    checks: list[str] = field(default_factory=list)
    anything: bool = False

    def visit(self, node: ast.AST) -> None:
        """Take in a node and all below it."""
        match node:
            case ast.Name(ctx=ast.Load()):
                self.reads.setdefault(node.id, node.lineno)
            case ast.Name(ctx=ast.Store()):
                self._bind(node.id, node, ASSIGNMENT)
            case ast.Call(func=ast.Attribute(attr="check"), args=[ast.Constant(value=str(question)), *_]):
                self.checks.append(question)
                self._visit_all(ast.iter_child_nodes(node))
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                self._visit_loop(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._visit_function(node)
            case ast.ClassDef():
                self._bind(node.name, node, CLASS)
                self._visit_all([*node.decorator_list, *node.bases, *node.keywords])
                self._take(_scope_of(node.body))
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                inside = _scope_of(ast.iter_child_nodes(node))
                self._take(inside)
                # only `:=` binds a name outside
                self.binds |= {name: bound for name, bound in inside.binds.items() if bound.by != LOOP}
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    self.anything |= alias.name == "*"
                    self._bind(alias.asname or alias.name.partition(".")[0], node, IMPORT)
            case ast.Global() | ast.Nonlocal():
                self.outer.update(node.names)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                self._bind(name, node, ASSIGNMENT)
                self._visit_all(ast.iter_child_nodes(node))
            case ast.MatchMapping(rest=str(name)):
                self._bind(name, node, ASSIGNMENT)
                self._visit_all(ast.iter_child_nodes(node))
            case _:
                self._visit_all(ast.iter_child_nodes(node))

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _visit_loop(self, node: ast.For | ast.AsyncFor | ast.comprehension) -> None:
        for target in ast.walk(node.target):
            if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store):
                self._bind(target.id, target, LOOP)
        self._visit_all(ast.iter_child_nodes(node))

    def _visit_function(self, node: _Function | ast.Lambda) -> None:
        arguments = node.args
        rest = filter(None, (arguments.vararg, arguments.kwarg))
        parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest]
        # each default once, or it would take 2 to the power of how deep functions stand in them
        self._visit_all([*arguments.defaults, *filter(None, arguments.kw_defaults)])
        if isinstance(node, ast.Lambda):
            inside = _scope_of([node.body])
        else:
            self._bind(node.name, node, FUNCTION)
            self._visit_all(node.decorator_list)
            # annotations are read where the function is defined
            self._visit_all(filter(None, [node.returns, *(each.annotation for each in parameters)]))
            inside = _scope_of(node.body)
        for each in parameters:
            inside._bind(each.arg, each, FUNCTION)
        self._take(inside)

    def _take(self, inside: _Scope) -> None:
        """Take in what a scope inside of this one takes from elsewhere, or gives."""
        own = inside.binds.keys() - inside.outer
        self.reads = {name: line for name, line in inside.reads.items() if name not in own} | self.reads
        self.binds = {name: bound for name, bound in inside.binds.items() if name not in own} | self.binds
        self.checks += inside.checks
        self.anything |= inside.anything

    def _bind(self, name: str, node: ast.AST, by: str) -> None:
        self.binds.setdefault(name, Bound(getattr(node, "lineno", 1), by))


def _scope_of(nodes: Iterable[ast.AST]) -> _Scope:
    scope = _Scope()
    for node in nodes:
        scope.visit(node)
    return scope


def _changed(node: ast.stmt) -> Iterator[str]:
    """`lines.append(…)`, `lines[2] = …`, `lines += …`."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        targets = [node.value.func]
    elif isinstance(node, ast.Assign):
        targets = [target for target in node.targets if not isinstance(target, ast.Name)]
    elif isinstance(node, ast.AugAssign):
        targets = [node.target]
    else:
        return
    for target in targets:
        inner: ast.expr = target
        while isinstance(inner, ast.Attribute | ast.Subscript):
            inner = inner.value
        if isinstance(inner, ast.Name) and (inner is not target or isinstance(node, ast.AugAssign)):
            yield inner.id


def _imported(node: ast.stmt) -> Iterator[tuple[str, int]]:
    """The packages that are imported at once, and not tried."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name.partition(".")[0], node.lineno
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.partition(".")[0], node.lineno


def _declares(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return False
    values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
    return all(map(_is_symbol, values))


def _is_symbol(value: ast.expr | None) -> bool:
    """`sp.Symbol("x")`, and `sp.Function("p")(x)`."""
    while isinstance(value, ast.Call):
        value = value.func
    name = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
    return name in _SYMBOLS


def _is_stub(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(value=ast.Dict(values=values)):
            return any(map(_is_open, values))
        case ast.Assign(value=value):
            return _is_open(value)
        case ast.FunctionDef(body=[ast.Expr(value=value)]):
            return _is_open(value)
        case ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str())), ast.Expr(value=value)]):
            return _is_open(value)
    return False


def _is_open(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is ...
