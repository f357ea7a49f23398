"""What the questions ask for: is it there when it is checked, and do the public cases pass?"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from graders.preview.finding import Finding
from graders.preview.saved import Saved

if TYPE_CHECKING:
    from graders.preview.run import Ran

_NOT_DEFINED = re.compile(r"NameError: name '(\w+)' is not defined")


def problems(saved: Saved, ran: Ran, question: str) -> Iterator[Finding]:
    """What is wrong with the answer to a question; nothing where all is there and its public cases pass."""
    names, checked = saved.questions[question], ran.questions[question]
    unfinished = [name for name in names if name in checked.untouched]
    absent = [name for name in names if name in checked.missing]
    if len(unfinished) == len(names):
        yield Finding(f"{question} is not answered: its cells are as they were handed out.")
        return
    if unfinished:
        listed = ", ".join(f"`{name}`" for name in unfinished)
        yield Finding(
            f"{question}: {listed} {'is' if len(unfinished) == 1 else 'are'} not answered: `...` stands there."
        )
    for name in absent:
        yield Finding(
            f"{question}: `{name}` is not there when it is checked: {_absent(saved, ran, question, name)}"
        )
    if checked.lost:
        yield Finding(f"{question}: its public checks have no result. {checked.lost}")
    skipped = {*unfinished, *absent}
    cases = zip(saved.cases[question], checked.said, strict=False)
    for said in dict.fromkeys(said for takes, said in cases if said and skipped.isdisjoint(takes)):
        yield Finding(f"{question}: a public check fails: {said}{_further_down(saved, question, said)}")


def _further_down(saved: Saved, question: str, said: str) -> str:
    """Where the name is that a public case missed, if it is below the check."""
    name = _NOT_DEFINED.search(said)
    places = [statement.cell for statement in saved.statements if name and name[1] in statement.binds]
    check = _check(saved, question)
    if not check or not places or places[0] <= check:
        return ""
    return f". Cell {places[0]} defines it, below the check in cell {check}. Move it above."


def _check(saved: Saved, question: str) -> int | None:
    return next((each.cell for each in saved.statements if question in each.checks), None)


def _absent(saved: Saved, ran: Ran, question: str, name: str) -> str:
    places = [statement.cell for statement in saved.statements if name in statement.binds]
    broken = [cell for cell in places if ran.cells[cell - 1].error or ran.cells[cell - 1].lost]
    if broken:
        return f"cell {broken[-1]} does not get that far. Mend that cell first."
    if places:
        check = _check(saved, question)
        below = f", below the check in cell {check}. Move it above." if check else "."
        return f"it is defined in cell {places[0]}{below}"
    known = sorted({each for statement in saved.statements for each in statement.binds})
    close = difflib.get_close_matches(name, known, 1, 0.6)
    return "no cell defines it. " + (
        f"Is it what you named `{close[0]}`? Keep the name." if close else "Define it."
    )
