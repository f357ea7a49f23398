"""Who handed a file in, as far as the platform tells by the names that it gives and by what it writes beside them.

What is in a student's folder is the student's: files named like someone else's, folders named like a platform's,
metadata. So only the highest names count, which they did not choose: that of what was given to be graded, and the
first one below it. For the same reason metadata count only where that folder is, and speak for those beside them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath, PurePosixPath
from typing import Any

METADATA = "submission_metadata.yml"

# Moodle: First Last_1234_assignsubmission_file_/notebook.ipynb, or without folders
_MOODLE = re.compile(r"^(?P<student>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?")
# Canvas: lastfirst_LATE_1234_5678_notebook.ipynb, never in folders
_CANVAS = re.compile(r"^(?P<student>[^_\W]+)_(?P<late>LATE_)?(?P<id>\d{2,})_(?P<order>\d{2,})_")
# Gradescope: submission_1234/notebook.ipynb, explained by submission_metadata.yml beside the folders
_GRADESCOPE = re.compile(r"^submission_(?P<order>\d+)$")
# otter's export: notebook_2026_11_23T04_54_05_123456.zip
_OTTER = re.compile(r"_\d{4}_\d{2}_\d{2}T\d{2}_\d{2}_\d{2}_\d+$")

# The lines of Gradescope's metadata that matter. It indents like this, and whatever a student wrote deeper.
_LINE = re.compile(
    r"^(?:(?P<folder>submission_\d+):|  (?P<key>:\w+):(?P<at>.*)|(?P<item>  - |    ):(?P<field>\w+): (?P<value>.+)"
    r"|    utc: (?P<utc>.+)|(?P<other>\S).*)",
    re.MULTILINE,
)
_TIME = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)[ T](?P<time>\d\d:\d\d:\d\d)(?:\.\d+)? ?Z\s*$")
_ANCHOR = re.compile(r"&\w+ ")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U000([0-9a-fA-F]{5})|(.))")
_MAX_NAME = 200
_MAX_PEOPLE = 20
_MAX_FOLDERS = 100_000
_MAX_DIGITS = 18
_FIELDS = {"name": "name", "sid": "id", "email": "email"}


@dataclass(frozen=True)
class Person:
    """Somebody who handed in."""

    name: str = ""
    id: str = ""
    """Canvas's of a user, Moodle's of a participant, the student's number that Gradescope has; of no platform: the
    name of the file or of the highest folder, which may be a number or a login."""
    email: str = ""


@dataclass(frozen=True)
class Owner:
    """Whose a submission is, and what the platform says of its place among others of theirs."""

    name: str = ""
    """For people: the names of all who handed in."""
    platform: str = ""
    people: tuple[Person, ...] = ()
    order: int = 0
    """Higher is later, of one student and one platform; 0 where the platform says nothing."""
    late: bool = False
    """By the platform's own mark."""
    time: str = ""
    """When it was handed in, ISO 8601 in UTC; empty where it is not known."""


NOBODY = Owner()


def owner_from(data: Mapping[str, Any]) -> Owner:
    """The owner from the fields that `dataclasses.asdict` gives."""
    return Owner(**{**data, "people": tuple(Person(**person) for person in data.get("people", ()))})


def owner_of(path: PurePath, given: PurePath, people: Mapping[str, Owner]) -> Owner:
    """Whose a file is, by the names that the platform's export gives, or by the file's name without its ending.

    `given` is the file or the folder that was given to be graded, and `people` who handed in, by folders in it.
    """
    below = path.relative_to(given).parts
    folders = (given.name, *below[:-1])[:2] if below else ()
    for depth, folder in enumerate(folders):
        if found := _MOODLE.match(folder):
            return _single("moodle", found)
        if found := _GRADESCOPE.match(folder):
            told = (people.get(folder) if depth else None) or Owner(folder)
            return replace(told, platform="gradescope", order=int(found["order"][:_MAX_DIGITS]))
    if len(below) < 2 and (found := _CANVAS.match(path.name)):
        order = int(found["order"][:_MAX_DIGITS])
        return replace(_single("canvas", found), order=order, late=found["late"] is not None)
    if len(below) < 2 and (found := _MOODLE.match(path.name)):
        return _single("moodle", found)
    name = _OTTER.sub("", path.stem)
    # deeper down the student chose the names, which are shown, but stand for nobody
    highest = below[0] if len(below) > 1 else name
    return Owner(name, people=(Person(name, highest),))


def is_students(name: str) -> bool:
    """Whether a file of this name is one student's: a platform or otter's export named it."""
    stem = name.removesuffix(".zip")
    return any(pattern.search(stem + end) for pattern, end in ((_MOODLE, ""), (_CANVAS, "_"), (_OTTER, "")))


def is_platforms(path: PurePosixPath) -> bool:
    """Whether a path in a zip begins with a name that Moodle gives a student, or is a file that Canvas named."""
    return bool(_MOODLE.match(path.parts[0]) or (len(path.parts) == 1 and _CANVAS.match(path.name)))


def prefix(path: PurePosixPath) -> str:
    """The part of such a path that the platform named, before the student's own names."""
    first = path.parts[0]
    found = _CANVAS.match(first) or _MOODLE.match(first)
    return f"{first}/" if len(path.parts) > 1 or found is None else found[0]


def _single(platform: str, found: re.Match[str]) -> Owner:
    return Owner(found["student"], platform, (Person(found["student"], found["id"]),))


def submitters(metadata: str) -> dict[str, Owner]:
    """From the text of Gradescope's metadata: who handed in and when, by folder.

    Of YAML this reads the lines that Gradescope writes and nothing else: parsers make gigabytes of a few aliases,
    run out of stack, or take minutes for the metadata of a class. What is written otherwise names nobody.
    """
    people: dict[str, list[Person]] = {}
    times: dict[str, str] = {}
    folder, key = "", ""
    for line in _LINE.finditer(metadata):
        if line["field"]:
            if folder and key == ":submitters":
                _tell(people.setdefault(folder, []), line)
        elif line["key"] or line["utc"]:
            key = line["key"] or key
            if folder and key == ":created_at" and (when := _TIME.search(line["utc"] or line["at"])):
                times.setdefault(folder, f"{when['day']}T{when['time']}+00:00")
        else:
            folder, key = line["folder"] or "", ""
            if len(people) > _MAX_FOLDERS:
                break
    return {
        folder: Owner(", ".join(person.name for person in named), people=named, time=times.get(folder, ""))
        for folder, listed in people.items()
        if (named := tuple(person for person in listed[:_MAX_PEOPLE] if person.name))
    }


def _tell(listed: list[Person], line: re.Match[str]) -> None:
    """Add what a line says of the last person, or of the next one."""
    if line["item"].strip() or not listed:
        listed.append(Person())
    del listed[_MAX_PEOPLE + 1 :]
    field = _FIELDS.get(line["field"])
    if field and len(listed) <= _MAX_PEOPLE and (value := _scalar(line["value"])):
        listed[-1] = replace(listed[-1], **{field: value})


def _scalar(text: str) -> str:
    """The string that YAML means by the rest of a line; nothing where it is no string on one line."""
    text = _ANCHOR.sub("", text.strip(), count=1)
    quote = text[:1]
    if quote in ("'", '"'):
        if len(text) < 2 or text[-1] != quote:
            return ""
        text = text[1:-1].replace("''", "'") if quote == "'" else _ESCAPE.sub(_character, text[1:-1])
    elif quote in "|>!&*[]{}%@`,#?-~" or text == "null":
        return ""
    return text[:_MAX_NAME]


def _character(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2] or escape[3]
    return chr(int(digits, 16)) if digits else escape[4]
