"""Taking files out of a class, by what people call them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from graders.batch.store import Member
from graders.errors import SetupError
from graders.results.gradebook import safe


def paths(members: Sequence[Member], names: Iterable[str]) -> list[Path]:
    """The members that are called like this: by their file as in the CSVs, by their path, or by their student.

    SetupError where nobody is, or where one file has several owners.
    """
    found = []
    for name in names:
        files = [each for each in members if name in (each.file, safe(each.file), str(each.path))]
        called = files or [each for each in members if name in (each.student, safe(each.student))]
        if not called:
            raise SetupError(
                f"There is no file and no student {safe(name)!r} in the class; submissions.csv has all."
            )
        if len(called) > 1 and files:
            listed = ", ".join(safe(str(each.path)) for each in called[:10])
            raise SetupError(f"{safe(name)!r} could be {listed}: give the path of one.")
        found += [each.path for each in called]
    return found
