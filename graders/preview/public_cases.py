"""Sent to the student's process as its first cell: runs public cases on the names of the notebook, as otter does.

It stands alone, since neither otter nor this package can be imported there.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable
from typing import Any


class test_case:  # noqa: N801
    """Stands in for otter's decorator of the same name, whose settings don't matter here."""

    def __init__(self, *settings: Any, **named: Any) -> None:
        pass

    def __call__(self, function: Callable[..., None]) -> test_case:
        """Note the case."""
        self.function = function
        return self


class PublicCases:
    """The test files of the questions, and the names of the notebook."""

    def __init__(self, sources: dict[str, str], names: dict[str, Any]) -> None:
        self._sources, self._names = sources, names
        module = types.ModuleType("otter.test_files")
        module.test_case = test_case  # type: ignore[attr-defined]
        sys.modules[module.__name__] = module

    def __call__(self, question: str) -> list[str]:
        """What each case of a question says, in order; nothing where it passes."""
        space: dict[str, Any] = {}
        exec(compile(self._sources[question], question, "exec"), space)
        return [self._said(each.function) for each in space.values() if isinstance(each, test_case)]

    def _said(self, function: Callable[..., None]) -> str:
        names = inspect.signature(function).parameters
        given = {name: self._names if name == "env" else self._names.get(name) for name in names}
        try:
            function(**given)
        except AssertionError as error:
            return str(error)[:1000] or "it fails"
        except BaseException as error:
            return f"{type(error).__name__}: {error}"[:1000]
        return ""
