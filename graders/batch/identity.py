"""Who handed a file in, as far as the platform tells by the names that it gives and by what it writes beside them.

What is in a student's folder is the student's: files named like someone else's, folders named like a platform's,
metadata. So only the highest names count, which they did not choose: that of what was given to be graded, and the
first one below it. For the same reason metadata count only where that folder is, and speak for those beside them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

METADATA = "submission_metadata.yml"

# Moodle: First Last_1234_assignsubmission_file_/notebook.ipynb, or without folders
_MOODLE = re.compile(r"^(?P<student>.+?)_\d+_assignsubmission_(?:file|onlinetext)_?")
# Canvas: lastfirst_LATE_1234_5678_notebook.ipynb, never in folders
_CANVAS = re.compile(r"^(?P<student>[^_\W]+)_(?:LATE_)?\d{2,}_\d{2,}_")
# Gradescope: submission_1234/notebook.ipynb, explained by submission_metadata.yml beside the folders
_GRADESCOPE = re.compile(r"^submission_\d+$")
# otter's export: notebook_2026_11_23T04_54_05_123456.zip
_OTTER = re.compile(r"_\d{4}_\d{2}_\d{2}T\d{2}_\d{2}_\d{2}_\d+$")

# The lines of Gradescope's metadata that matter. It indents like this, and whatever a student wrote deeper.
_LINE = re.compile(
    r"^(?:(?P<folder>submission_\d+):|  (?P<key>:\w+):|(?:  - |    ):name: (?P<name>.+)|(?P<other>\S).*)",
    re.MULTILINE,
)
_ANCHOR = re.compile(r"&\w+ ")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U000([0-9a-fA-F]{5})|(.))")
_MAX_NAME = 200
_MAX_PEOPLE = 20
_MAX_FOLDERS = 100_000


def student_of(path: Path, given: Path, people: Mapping[str, str]) -> str:
    """The student's name as the platform's export gives it, or the file's name without its ending.

    `given` is the file or the folder that was given to be graded, and `people` who handed in, by folders in it.
    """
    below = path.relative_to(given).parts
    folders = (given.name, *below[:-1])[:2] if below else ()
    for depth, folder in enumerate(folders):
        if found := _MOODLE.match(folder):
            return found["student"]
        if _GRADESCOPE.match(folder):
            return (people.get(folder) if depth else None) or folder
    if len(below) < 2 and (found := _CANVAS.match(path.name) or _MOODLE.match(path.name)):
        return found["student"]
    return _OTTER.sub("", path.stem)


def submitters(metadata: str) -> dict[str, str]:
    """From the text of Gradescope's metadata: the names of the submitters, by folder.

    Of YAML this reads the lines that Gradescope writes and nothing else: parsers make gigabytes of a few aliases,
    run out of stack, or take minutes for the metadata of a class. What is written otherwise names nobody.
    """
    people: dict[str, list[str]] = {}
    folder, listed = "", False
    for line in _LINE.finditer(metadata):
        if line["name"]:
            if folder and listed and (name := _scalar(line["name"])):
                people[folder] = [*people.get(folder, ()), name][:_MAX_PEOPLE]
        elif line["key"]:
            listed = line["key"] == ":submitters"
        else:
            folder, listed = line["folder"] or "", False
            if len(people) > _MAX_FOLDERS:
                break
    return {folder: ", ".join(names) for folder, names in people.items()}


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
