"""What the notebook itself shows to people is not drawn while grading, where the student left it as it was.

In a cell that is one of the notebook's own, byte for byte, a call of a plain name that nothing takes the value of,
such as `show(lines)` or `plot_decoders();`, only displays. All else in it runs, and so does every cell that is
another one.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Mapping


def without_pictures(cells: Iterable[str]) -> dict[str, str]:
    """The notebook's own cells that display something, by what they are, with nothing in the place of that."""
    found = {}
    for cell in cells:
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            left = _left(cell)
            if left != cell:
                found[cell] = left
    return found


def undrawn(cells: Iterable[str], known: Mapping[str, str]) -> list[str]:
    """A student's cells as they are run: line by line where they were."""
    return [known.get(cell, cell) for cell in cells]


def _left(cell: str) -> str:
    body = ast.parse(cell).body
    shown = {line for statement in body if _only_shows(statement) for line in _lines(statement)}
    shown -= {line for statement in body if not _only_shows(statement) for line in _lines(statement)}
    return "\n".join("" if number in shown else line for number, line in enumerate(cell.split("\n"), 1))


def _only_shows(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name())):
            return True
    return False


def _lines(statement: ast.stmt) -> range:
    return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
