"""The submissions below the paths that a TA gives."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from graders.errors import SetupError

SUFFIXES = (".ipynb", ".zip")


@dataclass(frozen=True, order=True)
class Submission:
    """One file to grade and the name of its row: the path below the folder that was given."""

    name: str
    path: Path


def find(paths: Iterable[Path], skipped: Callable[[str], None]) -> list[Submission]:
    """Every regular file of the paths, folders searched through, sorted by name.

    Links, pipes and other special files, hidden files and folders without notebooks are passed to `skipped` with
    the reason. Raises SetupError when a path does not exist or nothing is left to grade.
    """
    found: list[Submission] = []
    for path in paths:
        if not path.exists():
            raise SetupError(f"{path} does not exist: give a notebook, an exported zip or a folder of them.")
        if path.is_dir():
            found += _in_folder(path, skipped)
        elif path.is_file():
            found.append(Submission(path.name, path))
        else:
            skipped(f"{path}: skipped, it is no regular file")
    if not found:
        raise SetupError("There is nothing to grade: give notebooks, exported zips or a folder of them.")
    return sorted(found)


def _in_folder(folder: Path, skipped: Callable[[str], None]) -> list[Submission]:
    try:
        files = sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    except OSError as error:
        raise SetupError(f"{folder} cannot be read: {error.strerror}.") from error
    found = []
    for path in files:
        name = path.relative_to(folder)
        if not stat.S_ISREG(path.lstat().st_mode):
            skipped(f"{path}: skipped, it is no regular file")
        elif any(part.startswith(".") for part in name.parts) and path.suffix not in SUFFIXES:
            skipped(f"{path}: skipped, it is hidden")
        else:
            found.append(Submission(name.as_posix(), path))
    if not any(submission.path.suffix in SUFFIXES for submission in found):
        skipped(f"{folder}: skipped, there is no notebook and no zip in it")
        return []
    return found
