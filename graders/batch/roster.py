"""Who is in the class of a folder of grades: all that was ever graded into it.

A file is one member, wherever it was found first; what the same student hands in under the same name in another
folder of submissions takes the place of what was handed in before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from graders.batch.store import Member, Run
from graders.batch.submissions import Submission
from graders.errors import SetupError


def recognised(found: Iterable[Submission], members: Iterable[Member]) -> list[Submission]:
    """What was found, under the names that the class has for it where these say more.

    A file that is given alone has lost the folders that say whose it is.
    """
    known = {member.path: member for member in members}
    named = []
    for each in found:
        member = known.get(each.path)
        longer = member is not None and len(member.file) > len(each.name)
        named.append(replace(each, name=member.file, owner=member.owner) if member and longer else each)
    return named


def replaced(found: Sequence[Submission], given: Iterable[Path], members: Iterable[Member]) -> list[Path]:
    """The members whose place is taken by a file of another folder.

    `given` are the paths that were given themselves: a file that is given alone is nobody's but its own.
    """
    alone = {path.resolve() for path in given}
    named = {(each.name, each.owner.name) for each in found if each.path not in alone}
    here = {each.path for each in found}
    return [
        member.path for member in members if (member.file, member.student) in named and member.path not in here
    ]


def others(found: Iterable[Submission], members: Iterable[Member]) -> list[Path]:
    """The members that were not found now."""
    here = {each.path for each in found}
    return [member.path for member in members if member.path not in here]


def check_assignment(run: Run, before: Run, folder: Path) -> None:
    """SetupError where a folder holds the grades of another assignment: one table can't show both."""
    if run.assignment and before.assignment and run.assignment != before.assignment:
        raise SetupError(
            f"{folder} holds grades of {before.assignment!r}, and this is an autograder of {run.assignment!r}: "
            "give another folder with -o, or say --only to let the others go."
        )
