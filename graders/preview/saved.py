"""The notebook as it was saved, with the public checks that it carries."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from graders.batch import names, notebooks
from graders.batch.names import Statement
from graders.batch.notebooks import Cell
from graders.errors import SetupError

_ENVIRONMENT = "env"


@dataclass(frozen=True)
class Saved:
    """A notebook, and of each question that it asks the source of the public cases, an otter test file."""

    path: Path
    cells: tuple[Cell, ...]
    tests: Mapping[str, str]

    @property
    def code(self) -> tuple[Cell, ...]:
        """Its code cells, which are counted from 1."""
        return tuple(cell for cell in self.cells if cell.kind == "code")

    @cached_property
    def statements(self) -> list[Statement]:
        """The top-level statements of its cells."""
        return names.read([cell.source for cell in self.code])

    @cached_property
    def cases(self) -> dict[str, list[tuple[str, ...]]]:
        """Of each question the names that its public cases take, case by case."""
        return {question: _cases(source) for question, source in self.tests.items()}

    @property
    def questions(self) -> dict[str, tuple[str, ...]]:
        """The names that each question asks for."""
        return {
            question: tuple(dict.fromkeys(name for case in cases for name in case))
            for question, cases in self.cases.items()
        }

    def line(self, cell: int, line: int) -> str:
        """A line of a code cell."""
        lines = self.code[cell - 1].source.splitlines()
        return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def read(path: Path) -> Saved:
    """Read a saved notebook. Raises SetupError where it can't be read, or carries no public checks."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SetupError(
            f"{path} cannot be read: {error.strerror}. Give the notebook that you work in."
        ) from error
    if path.suffix == ".zip":
        raise SetupError(f"{path} is a zip: give the notebook that it was exported from.")
    try:
        notebook = notebooks.read(content)
    except notebooks.NotReadable as error:
        raise SetupError(f"{path}: {error} Give the notebook (.ipynb) that you work in.") from error
    tests = _tests(content)
    if not tests:
        raise SetupError(
            f"{path} carries no public checks: it is no notebook of an assignment, or the program that saved it "
            "dropped them. Copy your cells into the notebook that you were given."
        )
    return Saved(path, notebook.cells, tests)


def _tests(content: bytes) -> dict[str, str]:
    """What otter put into the metadata; nothing where there is nothing that can be read."""
    try:
        tests = json.loads(content.decode("utf-8-sig"))["metadata"]["otter"]["tests"]
        return {question: source for question, source in tests.items() if _cases(source)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _cases(source: str) -> list[tuple[str, ...]]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return []
    return [
        tuple(argument.arg for argument in node.args.args if argument.arg != _ENVIRONMENT)
        for node in body
        if isinstance(node, ast.FunctionDef) and node.decorator_list
    ]
