"""Answers that were not written yet: `name = ...`, and the functions that students got to fill in.

Syntax is compared, not text: comments, spaces and quotes may differ, and nothing else. A stub that is not quite
the released one is an answer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

Stubs = Mapping[str, str]
"""The names of released stubs, by what they say."""


def said(statement: ast.stmt) -> str:
    """What a statement says: the same for the same syntax."""
    return ast.dump(statement)


def released(cells: Iterable[str]) -> dict[str, str]:
    """The stubs in the answer cells as students got them."""
    statements = [statement for cell in cells for statement in ast.parse(cell).body]
    return {said(statement): name for statement in statements if (name := _defined(statement))}


def stubbed(statement: ast.stmt, known: Stubs) -> str | None:
    """The name that a statement stands for without answering it; None for every other statement."""
    name = _defined(statement)
    if name is None:
        return None
    if isinstance(statement, ast.Assign):
        value = statement.value
        if isinstance(value, ast.Constant) and value.value is Ellipsis:
            return name
    return known.get(said(statement))


def _defined(statement: ast.stmt) -> str | None:
    """The one name that a function or an assignment defines."""
    if isinstance(statement, ast.FunctionDef):
        return statement.name
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None
