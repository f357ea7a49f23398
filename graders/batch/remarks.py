"""What a notebook's source shows of its names: symbols that were overwritten, answers that were given twice.

Sentences for students, of names of the assignment and places in the source, which are known before anything runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from graders.batch.names import FUNCTION, Bound, Statement

_MOST = 10


@dataclass(frozen=True)
class Remark:
    """What is remarked at a line of a cell, and whether it costs points, unless it happens to be right."""

    cell: int
    line: int
    text: str
    costly: bool = True


def remarks(
    statements: Sequence[Statement], symbols: Collection[str], questions: Mapping[str, Sequence[str]]
) -> list[Remark]:
    """All of them, of a notebook where these questions ask for these names; no more than anyone reads."""
    asked = {name for names in questions.values() for name in names}
    both = [*islice(overwritten(statements, symbols, asked), _MOST), *islice(twice(statements, questions), _MOST)]
    return sorted(both, key=lambda remark: (remark.cell, remark.line))[:_MOST]


def overwritten(
    statements: Sequence[Statement], symbols: Collection[str], asked: Collection[str]
) -> Iterator[Remark]:
    """Symbols that are something else when an answer, or what leads to one, is made of them."""
    leading = _leading_to(asked, statements)
    functions: dict[str, Statement] = {}
    lost: dict[str, tuple[Statement, Bound]] = {}
    known: set[str] = set()
    for number, statement in enumerate(statements):
        if lost and number in leading and not _is_function(statement):
            for name in sorted(lost.keys() & _reads(statement, functions)):
                where, bound = lost.pop(name)
                user = next((each for each in (*statement.binds, *statement.changes) if each in asked), "")
                place = f"`{user}` in cell {statement.cell}" if user else f"cell {statement.cell}"
                text = (
                    f"line {bound.line} gives `{name}` another value (by {bound.by}), and {place} needs it "
                    f"as the symbol. Use another name in line {bound.line}."
                )
                yield Remark(where.cell, bound.line, text)
        for name, bound in statement.binds.items():
            functions.pop(name, None)
            if _is_function(statement):
                functions[name] = statement
            if name in symbols and statement.declares:
                known.add(name)
                lost.pop(name, None)
            elif name in known:
                lost[name] = statement, bound


def twice(statements: Sequence[Statement], questions: Mapping[str, Sequence[str]]) -> Iterator[Remark]:
    """Answers that were given several times, and which of them counts."""
    for question, names in questions.items():
        checked = [number for number, statement in enumerate(statements) if question in statement.checks]
        last = checked[-1] if checked else len(statements)
        for name in names:
            given = [number for number, statement in enumerate(statements) if _gives(statement, name)]
            before = [statements[number] for number in given if number < last]
            after = [statements[number] for number in given if number > last]
            if before and after:
                text = (
                    f"`{name}` is defined here, and again in {_places(name, after)}, "
                    f"below the check in cell {statements[last].cell}. "
                    "What stands above the check counts: delete the one that you don't mean."
                )
                yield Remark(before[-1].cell, before[-1].binds[name].line, text)
            elif len(before) > 1:
                text = (
                    f"`{name}` is defined here, and was in {_places(name, before[:-1])}. "
                    "The last before the check counts, this one."
                )
                yield Remark(before[-1].cell, before[-1].binds[name].line, text, costly=False)


def _gives(statement: Statement, name: str) -> bool:
    """Whether it defines a name anew, rather than from what it was, and is no stub."""
    return (
        name in statement.binds
        and name not in statement.reads
        and name not in statement.changes
        and not statement.stub
    )


def _places(name: str, statements: Sequence[Statement]) -> str:
    """Where a name is defined, the first few."""
    places = [f"cell {statement.cell}, line {statement.binds[name].line}" for statement in statements[:3]]
    return " and in ".join(places) + (" and elsewhere" if len(statements) > len(places) else "")


def _is_function(statement: Statement) -> bool:
    return any(bound.by == FUNCTION for bound in statement.binds.values())


def _reads(statement: Statement, functions: Mapping[str, Statement]) -> set[str]:
    """What it reads, itself or by the functions of the notebook that it uses."""
    reads: set[str] = set()
    todo = [*statement.reads]
    while todo:
        name = todo.pop()
        if name not in reads:
            reads.add(name)
            todo += functions[name].reads if name in functions else ()
    return reads


def _leading_to(asked: Collection[str], statements: Sequence[Statement]) -> set[int]:
    """The positions of the statements that an answer is made by, and of those that these need."""
    wanted = set(asked)
    leading = set()
    for number in reversed(range(len(statements))):
        statement = statements[number]
        if not wanted.isdisjoint(statement.binds) or not wanted.isdisjoint(statement.changes):
            wanted.update(statement.reads)
            leading.add(number)
    return leading
