"""The zip of feedback that Canvas or Moodle takes back: each student's page under the name of their submission.

Canvas finds a student by the first two numbers between underscores in a file's name, and wants the second to be an
attachment of theirs; what comes after them is ours, since a name that a student chose can make Canvas skip a file.
Moodle finds one by the folder's name, or by how the file's name begins where there are no folders.
"""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from graders.batch import download, identity
from graders.errors import SetupError
from graders.results import feedback
from graders.results.lms import counting
from graders.results.lms.telling import Told
from graders.results.standing import Cohort, Standing

_PAGE = "feedback"
# no page tells when it was packed
_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Returned:
    """The zip, how many students it is for, and what is to be told."""

    content: bytes
    students: int
    told: Told


def pack(platform: str, archive: Path, cohort: Cohort) -> Returned:
    """Pack the pages of all who are in the platform's zip of submissions. SetupError where it is no such zip."""
    told = Told()
    prefixes = _prefixes(platform, archive, told)
    handed_in: dict[str, list[Standing]] = defaultdict(list)
    texts = {}
    for standing, (_, text) in zip(cohort.standings, feedback.pages(cohort), strict=True):
        texts[id(standing)] = text
        owner = standing.record.owner
        known = [person.id for person in owner.people if owner.platform == platform and person.id in prefixes]
        for number in known:
            handed_in[number].append(standing)
        if not known:
            told.tell("Graded, not in the zip", f"{standing.record.student} ({standing.record.file})")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, prefix in prefixes.items():
            standings = handed_in[number]
            # where nothing could be graded, that is what there is to say
            counted = counting.latest(standings) or standings[-1:]
            if not counted:
                told.tell("In the zip, not graded", prefix)
            for i, standing in enumerate(counted, 1):
                if standing.waiting:
                    told.tell("Waits for a person, which its page says", standing.record.file)
                if standing.unmarked:
                    told.tell("Not marked, which its page says", standing.record.file)
                name = f"{prefix}{_PAGE}{f'-{i}' if i > 1 else ''}.html"
                packed.writestr(_entry(name), texts[id(standing)])
    return Returned(buffer.getvalue(), sum(map(bool, handed_in.values())), told)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _prefixes(platform: str, archive: Path, told: Told) -> dict[str, str]:
    """How the name of each student's page begins, by the platform's id: as that of their last file in the zip."""
    if not archive.is_file():
        raise SetupError(f"{archive} does not exist: give the zip of submissions that the platform offers.")
    names, _ = download.contents(archive, lambda reason: told.tell("Skipped in the zip", reason))
    found = {number: prefix for _, number, prefix in sorted(_named(platform, names))}
    if not found:
        raise SetupError(f"{archive} holds no submission as {platform.capitalize()} names them: give its own zip.")
    return found


def _named(platform: str, names: Iterable[str]) -> Iterable[tuple[int, str, str]]:
    for name in names:
        owner = identity.owner_of(PurePosixPath(name), PurePosixPath(), {})
        if owner.platform == platform:
            yield owner.order, owner.people[0].id, identity.prefix(PurePosixPath(name))
