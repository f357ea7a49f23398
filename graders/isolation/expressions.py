"""SymPy expressions on the wire: read into the trees of `graders.answers.expression`, rebuilt without evaluation.

In the student's process a tree is read off the object without calling its methods; in the trusted process
the tree is checked node by node against a whitelist, and only then becomes a SymPy object again.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from graders.answers import expression
from graders.answers.verdict import Wrong


class ExpressionError(Exception):
    """What arrived is no expression within the limits."""


def is_expression(value: Any) -> bool:
    """Whether the object claims to be of SymPy."""
    return isinstance(value, sp.Basic)


def encode(value: Any) -> list[list[Any]]:
    """A SymPy expression as JSON; `ExpressionError` when it is none that can be judged."""
    try:
        return expression.encode(expression.read(value))
    except Wrong as error:
        raise ExpressionError(error.hint) from error


def decode(data: Any) -> Any:
    """The SymPy expression; `ExpressionError` on anything else."""
    try:
        return expression.to_sympy(expression.decode(data))
    except Wrong as error:
        raise ExpressionError(error.hint) from error
    except Exception as error:  # SymPy's constructors refuse what a whitelist can't foresee
        raise ExpressionError(f"no expression: {type(error).__name__}") from error
