"""An excerpt of a notebook: the statements that some names take, from their source alone.

Whatever else a cell does, such as drawing pictures for people, is left out. An excerpt that misses something says
less than the notebook, or something else; nobody relies on it to say the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from graders.batch.names import IMPORT, Statement, read


def excerpt(cells: Sequence[str], names: Collection[str], questions: Collection[str]) -> list[str]:
    """The cells, with the lines alone that lead to the names, and the checks of the questions."""
    kept: dict[int, set[int]] = defaultdict(set)
    for statement in _needed(read(cells), names, questions):
        kept[statement.cell].update(range(statement.first, statement.end + 1))
    return [
        "\n".join(line for number, line in enumerate(cell.split("\n"), 1) if number in kept[place])
        for place, cell in enumerate(cells, 1)
    ]


def _needed(
    statements: Sequence[Statement], names: Collection[str], questions: Collection[str]
) -> list[Statement]:
    imported = {name for each in statements for name, bound in each.binds.items() if bound.by == IMPORT}
    wanted, found, rest = set(names), set[int](), dict(enumerate(statements))
    while True:
        more = [
            number
            for number, each in rest.items()
            if each.anything
            or not wanted.isdisjoint(each.binds)
            # everything that is drawn or printed "changes" a module
            or not wanted.isdisjoint(each.changes - imported)
            or not set(questions).isdisjoint(each.checks)
        ]
        if not more:
            return [statements[number] for number in sorted(found)]
        for number in more:
            wanted.update(rest.pop(number).reads)
        found.update(more)
