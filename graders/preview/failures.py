"""Cells that do not run from a clean start, and why."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from graders.preview.finding import Finding
from graders.preview.saved import Saved

if TYPE_CHECKING:
    from graders.isolation.transcript import CellOutcome
    from graders.preview.run import Ran

_NOT_DEFINED = re.compile(r"name '(\w+)' is not defined")
_PLACE = re.compile(r" \(<ipython-input.*\)$")
_REMEDIES = {
    "InputNotAvailable": "asks for input(), and nobody is there to answer. Write the value into the cell.",
    "SystemExit": "ends Python, so that nothing below that line runs. Take it out.",
    "FileNotFoundError": "needs a file that is not handed in ({text}). Make the data in a cell.",
    "KeyboardInterrupt": "interrupts itself. Take that out.",
}


def failures(saved: Saved, ran: Ran) -> Iterator[Finding]:
    """The cells that failed or were lost, in order."""
    for number, cell in enumerate(ran.cells, 1):
        # the line may be that of a function in another cell
        quote = saved.line(number, cell.line or 0)
        if cell.lost:
            yield Finding(f"cell {number} is given up: {cell.lost}.", quote)
        elif cell.error and cell.error not in ("ModuleNotFoundError", "ImportError"):
            place = f"cell {number}, line {cell.line}" if quote else f"cell {number}"
            yield Finding(f"{place} {_why(saved, ran, number, cell)}", quote)
        elif cell.error and not _imports(saved, number):
            yield Finding(f"cell {number}: {cell.text}. Use packages that the assignment allows.", quote)


def _imports(saved: Saved, number: int) -> bool:
    """Whether the cell has an import that is looked at for its own sake."""
    return any(statement.imports for statement in saved.statements if statement.cell == number)


def _why(saved: Saved, ran: Ran, number: int, cell: CellOutcome) -> str:
    name = _NOT_DEFINED.match(cell.text)
    if cell.error == "NameError" and name:
        return f"uses {undefined(saved, ran, name[1], number)}"
    if cell.error in _REMEDIES:
        return _REMEDIES[cell.error].format(text=cell.text)
    if cell.error in ("SyntaxError", "IndentationError", "TabError"):
        return f"is no valid Python ({_PLACE.sub('', cell.text)}), so nothing in the cell runs. Mend it."
    return (
        f"raises {cell.error}: {cell.text[:200].rstrip('.')}. What stands below that line does not run: mend it."
    )


def undefined(saved: Saved, ran: Ran, name: str, before: int) -> str:
    """Why a name is not there when a cell runs, and what to do, as the end of a sentence."""
    places = [statement for statement in saved.statements if name in statement.binds]
    above = [statement.cell for statement in places if statement.cell <= before]
    if broken := [cell for cell in above if ran.cells[cell - 1].error or ran.cells[cell - 1].lost]:
        if broken[-1] != before:
            return f"`{name}`, which cell {broken[-1]} does not get to define. Mend that cell first."
        return f"`{name}` before the cell gives it a value."
    if places and not above:
        return f"`{name}`, which is defined further down, in cell {places[0].cell}. Move that cell above this one."
    if places:
        return f"`{name}`, which is gone by then. Define it again in this cell."
    known = sorted({each for statement in saved.statements for each in statement.binds})
    close = difflib.get_close_matches(name, known, 1, 0.8)
    meant = f"Did you mean `{close[0]}`? " if close else ""
    return (
        f"`{name}`, which no cell defines: only your running kernel may still know it, from a cell that is gone "
        f"or was changed. {meant}Define it above."
    )
