"""Names that mean something else than they should, and functions that need names which nobody defines."""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from graders.batch import names
from graders.batch.names import FUNCTION
from graders.batch.remarks import remarks
from graders.preview.finding import Finding
from graders.preview.saved import Saved

_JUPYTERS = frozenset({"In", "Out", "_", "__", "___", "get_ipython", "display", "exit", "quit"})


def confused(saved: Saved) -> Iterator[Finding]:
    """Symbols that were overwritten, and answers that were given twice."""
    for remark in remarks(saved.statements, names.declared(saved.statements), saved.questions):
        text = f"cell {remark.cell}: {remark.text}"
        yield Finding(text, saved.line(remark.cell, remark.line), remark.costly)


def nowhere(saved: Saved) -> Iterator[Finding]:
    """Functions that read names which no cell defines: they fail when they are called."""
    if any(statement.anything for statement in saved.statements):
        return
    known = {name for statement in saved.statements for name in statement.binds} | {*dir(builtins)} | _JUPYTERS
    for statement in saved.statements:
        for function, bound in statement.binds.items():
            for name, line in statement.reads.items() if bound.by == FUNCTION else ():
                if name not in known:
                    text = (
                        f"cell {statement.cell}, line {line}: `{function}` uses `{name}`, which no cell defines. "
                        "It fails when it is called: define it above, or make it a parameter."
                    )
                    yield Finding(text, saved.line(statement.cell, line))
