"""The cases of an otter exception-based test file, read from its source without running it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from graders.errors import SetupError


@dataclass(frozen=True)
class Case:
    """One `@test_case` function: what its decorator says, and its source without the decorator."""

    function: ast.FunctionDef
    source: str
    name: str
    points: float | None
    """None where the decorator gives none."""
    hidden: bool

    @property
    def parameters(self) -> tuple[str, ...]:
        """The student's names that otter passes to the case."""
        return tuple(argument.arg for argument in self.function.args.args)


def read_text(path: Path) -> str:
    """The text of a file of ours; raises SetupError where it is missing or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SetupError(f"{path} is missing.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}") from error


def parse(path: Path) -> ast.Module:
    """The syntax tree of a module of ours; raises SetupError with the line of a syntax error."""
    try:
        return ast.parse(read_text(path))
    except SyntaxError as error:
        raise SetupError(f"{path}, line {error.lineno}: {error.msg}.") from error


def read_cases(path: Path) -> list[Case]:
    """The cases of a test file, in order; raises SetupError where a decorator's arguments are no literals."""
    lines = read_text(path).splitlines()
    return [
        case
        for node in parse(path).body
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if (case := _case(path, node, decorator, lines)) is not None
    ]


def _case(path: Path, function: ast.FunctionDef, decorator: ast.expr, lines: list[str]) -> Case | None:
    if not (isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "test_case"):
        return None
    try:
        options = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in decorator.keywords}
    except ValueError:
        raise SetupError(
            f"{path}, line {decorator.lineno}: write test_case with literal arguments: points, name, hidden."
        ) from None
    return Case(
        function=function,
        source="\n".join(lines[function.lineno - 1 : function.end_lineno]),
        name=options.get("name", function.name),
        points=options.get("points"),
        hidden=options.get("hidden", False),
    )
