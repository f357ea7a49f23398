"""Named wrong answers: what students believe, written as the function that they would have submitted.

A misconception's docstring is the hint that the student reads, so it explains the error without giving the
answer. The same function serves numbers and mathematics: it is called with the inputs of a numeric test, or with
SymPy symbols named as its parameters.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp


@dataclass(frozen=True)
class Misconception:
    """A wrong answer with a stable id (`note`) and the hint that names it."""

    note: str
    hint: str
    answer: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        """Answer as a student with this misconception would."""
        return self.answer(*arguments)

    def expression(self) -> Any:
        """The wrong answer in SymPy symbols named as the parameters of the function."""
        return self.answer(*(sp.Symbol(name) for name in inspect.signature(self.answer).parameters))


def misconception(note: str) -> Callable[[Callable[..., Any]], Misconception]:
    """Declare the decorated function as the misconception `note`; its docstring is the student's hint."""

    def declare(answer: Callable[..., Any]) -> Misconception:
        hint = inspect.cleandoc(answer.__doc__ or "")
        if not hint:
            raise ValueError(f"misconception {note}: the docstring is the student's hint, so it must be there")
        return Misconception(note, " ".join(hint.split()), answer)

    return declare
