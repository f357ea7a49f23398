"""Do solutions and test files keep to the rules that otter and the graders rely on?"""

from __future__ import annotations

import ast
import builtins
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from graders.assignment import Assignment
from graders.build import JUDGE
from graders.cases import Case, parse, read_cases
from graders.master import defined_names

PUBLIC_IMPORTS = {"numpy", "sympy", JUDGE, *sys.stdlib_module_names}
SOLUTION_IMPORTS = {"numpy", "sympy", "matplotlib", *sys.stdlib_module_names}


def solutions(assignment: Assignment) -> Iterator[str]:
    """A solution module defines its part's names and imports nothing of ours."""
    for part in assignment.graded:
        path = assignment.solution(part)
        tree = parse(path)
        defined = defined_names(ast.unparse(tree))
        for name in part.names:
            if name not in defined:
                yield f"{path}: it does not define {name}"
        for line, module in _imports(tree):
            if module.split(".")[0] not in SOLUTION_IMPORTS:
                yield f"{path}, line {line}: a solution imports numpy, sympy and matplotlib only, not {module}"


def tests(assignment: Assignment) -> Iterator[str]:
    """What otter does with a test file: it fills every parameter by name and keeps one case a function name."""
    for part in assignment.graded:
        path = assignment.tests(part)
        tree = parse(path)
        cases = read_cases(path)
        constants = {
            node.targets[0].id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for constant, wanted in (("OK_FORMAT", False), ("name", part.name), ("points", None)):
            value = constants.get(constant)
            if not isinstance(value, ast.Constant) or value.value != wanted:
                yield f"{path}: it must say {constant} = {wanted!r}"
        for what, count in Counter(c.function.name for c in cases).items():
            if count > 1:
                yield f"{path}: {count} cases are called {what}; otter keeps one"
        for what, count in Counter(c.name for c in cases).items():
            if count > 1:
                yield f"{path}: {count} cases have the name {what!r}"
        functions = {c.function.name for c in cases}
        for alias, value in constants.items():
            if isinstance(value, ast.Name) and value.id in functions:
                yield f"{path}: {alias} is an alias of the case {value.id}; otter counts it twice"
        for case in cases:
            yield from _signature(path, case, set(part.names))
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == "__file__":
                yield f"{path}, line {node.lineno}: otter executes a test file without __file__"
        for line, module in _imports(tree):
            if module.split(".")[0] == "pytest":
                yield f"{path}, line {line}: pytest's failures escape otter and lose the whole run"


def _signature(path: Path, case: Case, allowed: set[str]) -> Iterator[str]:
    arguments = case.function.args
    place = f"{path}, line {case.function.lineno}"
    if arguments.defaults or arguments.kw_defaults or arguments.vararg or arguments.kwarg or arguments.posonlyargs:
        yield f"{place}: {case.function.name}: plain parameters only; otter fills defaults and *args, too"
    for parameter in case.parameters:
        if parameter not in allowed:
            yield f"{place}: {case.function.name}: {parameter} is no name of this part"


def public_tests(assignment: Assignment) -> Iterator[str]:
    """A public case is cut out of its file, so everything that it uses must be inside it."""
    for part in assignment.graded:
        path = assignment.tests(part)
        public = [case for case in read_cases(path) if not case.hidden]
        if not public:
            yield f"{path}: there is no public case, so {part.name} has no instant check"
        for case in public:
            place = f"{path}, line {case.function.lineno}: {case.function.name}"
            for _, module in _imports(case.function):
                if module.split(".")[0] not in PUBLIC_IMPORTS:
                    yield f"{place}: a public case imports numpy, sympy and {JUDGE} only, not {module}"
            for name in sorted(_free_names(case.function)):
                yield f"{place}: {name} is not defined inside the case"
            if case.points:
                yield f"{place}: public cases carry no points: what students can see, they can satisfy"


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")


def _free_names(function: ast.FunctionDef) -> set[str]:
    bound = set(dir(builtins)) | {argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)}
    loaded: set[str] = set()
    for node in (node for statement in function.body for node in ast.walk(statement)):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return loaded - bound
