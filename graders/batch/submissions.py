"""The submissions below the paths that a TA gives, and their content."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from graders.batch import download, identity
from graders.batch.identity import NOBODY, Owner
from graders.batch.kinds import Kind, kind_of
from graders.batch.notebooks import MAX_BYTES
from graders.errors import SetupError

# what students got beside the notebook
_HANDED_OUT = "requirements.txt"
# A file with holes is as large as one likes, and would be read for days.
_MAX_DIGESTED = 4 << 30
_CHUNK = 1 << 20


@dataclass(frozen=True, order=True)
class Submission:
    """One file to grade: the name of its row, which is the path below the folder that was given, and whose it is.

    No part of `path` was a link when the file was found. In a platform's zip of a class, it goes on into the zip.
    """

    name: str
    path: Path
    owner: Owner = field(default=NOBODY, compare=False)

    @property
    def folder(self) -> Path:
        """Where others' submissions may lie, too: the folder of the file, or of the zip that it is in."""
        return (download.holding(self.path) or self.path).parent


def find(paths: Iterable[Path], skipped: Callable[[str], None]) -> list[Submission]:
    """Every regular file of the paths, folders searched through, sorted by name.

    Links, pipes and other special files, hidden files, folders without notebooks and what lies beside a student's
    notebook are passed to `skipped` with the reason. Raises SetupError when a path does not exist or nothing is
    left to grade.
    """
    found: list[Submission] = []
    paths = list(paths)
    for path in paths:
        if not path.exists():
            raise SetupError(f"{path} does not exist: give a notebook, an exported zip or a folder of them.")
        given = path.resolve()
        if given.is_dir():
            found += _in_folder(given, skipped)
        elif len(paths) == 1 and download.is_class(given):
            found += _in_download(given, skipped)
        elif given.is_file():
            found.append(Submission(path.name, given, identity.owner_of(given, given, {})))
        else:
            skipped(f"{path}: skipped, it is no regular file")
    if not found:
        raise SetupError("There is nothing to grade: give notebooks, exported zips or a folder of them.")
    return sorted(found)


def _in_folder(folder: Path, skipped: Callable[[str], None]) -> list[Submission]:
    people = _people(folder)
    found = []
    for path in sorted(_files(folder, skipped)):
        name = path.relative_to(folder)
        kind = kind_of(name)
        if any(part.startswith(".") for part in name.parts) and kind not in (Kind.NOTEBOOK, Kind.COPY):
            skipped(f"{path}: skipped, it is hidden")
        elif path.name == _HANDED_OUT:
            skipped(f"{path}: skipped, it is what to install")
        else:
            found.append(Submission(name.as_posix(), path, identity.owner_of(path, folder, people)))
    if not any(_kind(each) <= Kind.TEXT for each in found):
        skipped(f"{folder}: skipped, there is no notebook and no zip in it")
        return []
    return list(_handed_in(found, "", skipped))


def _handed_in(found: Iterable[Submission], top: str, skipped: Callable[[str], None]) -> Iterator[Submission]:
    """The likeliest of what each student handed in, all below the folder `top`."""
    places: dict[str, list[Submission]] = {}
    for each in found:
        parts = PurePosixPath(each.name).relative_to(top).parts
        # a folder is one student's, and so is what a platform names after one
        places.setdefault(parts[0] if len(parts) > 1 else each.owner.name, []).append(each)
    for theirs in places.values():
        yield from _likeliest(theirs, skipped)


def _likeliest(found: list[Submission], skipped: Callable[[str], None]) -> Iterator[Submission]:
    """Of what lies in one place the likeliest kind; all that is no data where several handed something in."""
    kinds = sorted(map(_kind, found))
    likeliest = Kind.EXPORT if kinds[:2] == [Kind.NOTEBOOK, Kind.NOTEBOOK] else kinds[0]
    for each in found:
        if _kind(each) <= likeliest:
            yield each
        else:
            skipped(f"{each.path}: skipped, it lies beside a submission")


def _kind(submission: Submission) -> Kind:
    return kind_of(PurePosixPath(submission.name))


def _in_download(archive: Path, skipped: Callable[[str], None]) -> list[Submission]:
    """The files in a platform's zip of a class, as if it had been unpacked to a folder."""
    names, metadata = download.contents(archive, skipped)
    content = download.read(archive, metadata, MAX_BYTES) if metadata else b""
    people = identity.submitters(content.decode("utf-8-sig", "replace"))
    top = archive / metadata.removesuffix(identity.METADATA)
    paths = [archive / name for name in names]
    found = [
        Submission(name, path, identity.owner_of(path, top, people))
        for name, path in zip(names, paths, strict=True)
    ]
    return list(_handed_in(found, metadata.removesuffix(identity.METADATA), skipped))


def _files(folder: Path, skipped: Callable[[str], None]) -> Iterator[Path]:
    """The regular files at any depth, which may be more than Python's stack has room for."""
    folders = [folder]
    while folders:
        place = folders.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    path = place / entry.name
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                    elif entry.is_file(follow_symlinks=False):
                        yield path
                    else:
                        skipped(f"{path}: skipped, it is no regular file")
        except OSError as error:
            skipped(f"{place}: skipped, it cannot be read ({error.strerror})")


def _people(folder: Path) -> dict[str, Owner]:
    """Who handed in, by folders in this one."""
    try:
        content, _ = load(folder / identity.METADATA)
    except OSError:
        return {}
    return identity.submitters(content.decode("utf-8-sig", "replace"))


def load(path: Path) -> tuple[bytes, str]:
    """The content of a file, cut off one byte after `MAX_BYTES`, and the digest of all of it.

    The digest of what is larger than any honest file is empty. OSError where there is no regular file, also where
    one was found before: links are not followed, and nobody's pipe is waited for.
    """
    if archive := download.holding(path):
        content = download.read(archive, path.relative_to(archive).as_posix(), MAX_BYTES + 1)
        return content, hashlib.sha256(content).hexdigest() if len(content) <= MAX_BYTES else ""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        content = file.read(min(status.st_size, MAX_BYTES) + 1)
        digest = hashlib.sha256(content)
        while chunk := file.read(_CHUNK):
            if file.tell() > _MAX_DIGESTED:
                return content, ""
            digest.update(chunk)
    return content, digest.hexdigest()


def digest(path: Path) -> str:
    """The digest of a file's content; empty where it can't be read."""
    try:
        return load(path)[1]
    except OSError:
        return ""
