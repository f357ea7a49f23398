"""Who handed a file in, as far as its name and what the platform wrote beside it tell."""

from __future__ import annotations

import re
from pathlib import Path

METADATA = "submission_metadata.yml"
_MAX_METADATA = 16 << 20

# Moodle: First Last_1234_assignsubmission_file_/notebook.ipynb
_MOODLE = re.compile(r"^(?P<student>.+?)_\d+_assignsubmission_(?:file|onlinetext)_?")
# Canvas: lastfirst_LATE_1234_5678_notebook.ipynb
_CANVAS = re.compile(r"^(?P<student>[^_\W]+)_(?:LATE_)?\d{2,}_\d{2,}_")
# Gradescope: submission_1234/notebook.ipynb, explained by submission_metadata.yml beside the folders
_GRADESCOPE = re.compile(r"^submission_\d+$")
# otter's export: notebook_2026_11_23T04_54_05_123456.zip
_OTTER = re.compile(r"_\d{4}_\d{2}_\d{2}T\d{2}_\d{2}_\d{2}_\d+$")


def student_of(path: Path) -> str:
    """The student's name as the platform's export gives it, or the file's name without its ending."""
    for part in reversed(path.parts[-3:]):
        if found := _MOODLE.match(part) or _CANVAS.match(part):
            return found["student"]
        if _GRADESCOPE.match(part):
            return _submitters(path).get(part) or part
    return _OTTER.sub("", path.stem)


def _submitters(path: Path) -> dict[str, str]:
    """From Gradescope's metadata: the names of the submitters, by folder."""
    for folder in list(path.parents)[:3]:
        metadata = folder / METADATA
        try:
            stamp = metadata.stat()
        except OSError:
            continue
        if stamp.st_size <= _MAX_METADATA:
            return _read(metadata, stamp.st_mtime_ns)
    return {}


_cache: dict[tuple[Path, int], dict[str, str]] = {}


def _read(metadata: Path, stamp: int) -> dict[str, str]:
    key = (metadata, stamp)
    if key not in _cache:
        _cache[key] = _parse(metadata)
    return _cache[key]


def _parse(metadata: Path) -> dict[str, str]:
    import yaml

    # plain data only: the safe loader makes no objects, and Ruby's symbols stay strings with a colon
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data = yaml.load(metadata.read_text(encoding="utf-8"), Loader=loader)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {str(folder): names for folder, entry in data.items() if (names := _names(entry))}


def _names(entry: object) -> str:
    submitters = entry.get(":submitters") if isinstance(entry, dict) else None
    if not isinstance(submitters, list):
        return ""
    return ", ".join(
        str(person[":name"]) for person in submitters if isinstance(person, dict) and person.get(":name")
    )
