"""A student's own code, question by question, as it stands in the notebook. Never run here, and never parsed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

MAX_CELL = 4_000
MAX_CELLS = 40
_DEFINITION = re.compile(r"\s*(?:async\s+)?(?:def|class)\s+(\w+)")
_WORD = re.compile(r"\w+")


def by_question(cells: Sequence[str], names: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """The code cells that define names of each question, cut to what a page can show."""
    short = [cell[:MAX_CELL] for cell in cells]
    defined = [_defined(cell) for cell in short]
    found = {
        question: tuple(cell for cell, has in zip(short, defined, strict=True) if not has.isdisjoint(asked))
        for question, asked in names.items()
    }
    return {question: own[:MAX_CELLS] for question, own in found.items()}


def _defined(cell: str) -> set[str]:
    """Names that a cell seems to define: what stands behind `def`, or left of `=`."""
    found: set[str] = set()
    for line in cell.splitlines():
        if definition := _DEFINITION.match(line):
            found.add(definition[1])
            continue
        target, equals, value = line.partition("=")
        if equals and not value.startswith("=") and "(" not in target and "#" not in target:
            found.update(_WORD.findall(target))
    return found


def attempted(cells: Sequence[str], stubs: Sequence[str]) -> set[str]:
    """The names that are defined in cells other than those that were handed out."""
    handed_out = {_plain(stub[:MAX_CELL]) for stub in stubs}
    return {name for cell in cells if _plain(cell) not in handed_out for name in _defined(cell)}


def _plain(cell: str) -> str:
    return "\n".join(line.rstrip() for line in cell.splitlines() if line.strip())
