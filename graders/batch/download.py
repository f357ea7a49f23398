"""The zip of a whole class that a platform offers for download, read in place: nothing is unpacked to disk.

It is taken for one by the names in it: Canvas's files, Moodle's folders or files, Gradescope's folders beside
their metadata. A student could name files in a zip like that, too, so a zip that lies in a folder, or is one of
several that are given, is always somebody's submission; and so is one that has such a name itself, or otter's.

The platform made the zip; the files, their names and what they pack are the students'.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from graders.batch import identity
from graders.errors import SetupError

MAX_ENTRIES = 100_000
# Python's reader makes an object of every entry before one can count them. What lies in the zip unpacked has more.
_MAX_SIGNATURES = 5 * MAX_ENTRIES
_SIGNATURE = b"PK\x01\x02"
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CHUNK = 1 << 20
_CLUTTER = ("__MACOSX", ".DS_Store", "Thumbs.db")


def is_class(path: Path) -> bool:
    """Whether this is a zip of a class."""
    if path.suffix != ".zip" or not path.is_file() or identity.is_students(path.name):
        return False
    try:
        names = [entry.filename for entry in _entries(path)]
    except OSError:
        return False
    if _metadata(names):
        return True
    return bool(names) and all(identity.is_platforms(PurePosixPath(name)) for name in names)


def contents(path: Path, skipped: Callable[[str], None]) -> tuple[list[str], str]:
    """The names of the files in the zip, and that of Gradescope's metadata, if they are there.

    A link, or a name that leads out of the zip, is passed to `skipped`. SetupError where it can't be read.
    """
    found: dict[str, None] = {}
    try:
        entries = _entries(path)
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}. Download it once more.") from error
    for entry in entries:
        name = entry.filename
        if ".." in (parts := PurePosixPath(name).parts) or "\\" in name or "/".join(parts) != name:
            skipped(f"{path}: {name}: skipped, it is no name of a file in a folder")
        elif stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            skipped(f"{path}: {name}: skipped, it is no regular file")
        elif name in found:
            skipped(f"{path}: {name}: skipped, there is another of this name")
        else:
            found[name] = None
    metadata = _metadata(found)
    return sorted(found.keys() - {metadata}), metadata


def holding(path: Path) -> Path | None:
    """The zip that this path goes on into, if it does."""
    try:
        path.lstat()
    except NotADirectoryError:
        return next((parent for parent in path.parents if parent.is_file()), None)
    except OSError:
        pass
    return None


def read(path: Path, name: str, most: int) -> bytes:
    """No more than `most` bytes of a file in the zip, whatever it claims. OSError where it is damaged."""
    with _failures(name):
        archive = _opened(path)
        entry = archive.getinfo(name)
        if entry.compress_type not in _PACKED or entry.flag_bits & 1:
            raise NotImplementedError
        with archive.open(entry) as source:
            content = bytearray()
            while len(content) < most and (chunk := source.read(min(_CHUNK, most - len(content)))):
                content += chunk
            return bytes(content)


def _entries(path: Path) -> list[zipfile.ZipInfo]:
    """The files of the zip, without what an operating system left in it. OSError where it is none, or too many."""
    with path.open("rb") as file:
        found, last = 0, b""
        while chunk := file.read(_CHUNK):
            found += (last + chunk).count(_SIGNATURE)
            last = chunk[1 - len(_SIGNATURE) :]
    if found > _MAX_SIGNATURES:
        raise OSError(errno.EFBIG, f"it holds more than {MAX_ENTRIES} files")
    with _failures(str(path)):
        entries = [
            entry
            for entry in _opened(path).infolist()
            if not entry.is_dir() and not set(_CLUTTER) & set(entry.filename.split("/"))
        ]
    if len(entries) > MAX_ENTRIES:
        raise OSError(errno.EFBIG, f"it holds more than {MAX_ENTRIES} files")
    return entries


def _metadata(names: Iterable[str]) -> str:
    """The name of Gradescope's metadata, at the top or in the one folder that it puts around everything."""
    tops = {name.partition("/")[0] for name in names}
    wanted = {identity.METADATA, *(f"{top}/{identity.METADATA}" for top in tops if len(tops) == 1)}
    return next((name for name in names if name in wanted), "")


def _opened(path: Path) -> zipfile.ZipFile:
    status = path.stat()
    # processes that were forked share a file's place in it
    return _opened_once(path, status.st_mtime_ns, status.st_size, os.getpid())


@functools.lru_cache(maxsize=1)
def _opened_once(path: Path, changed: int, size: int, process: int) -> zipfile.ZipFile:
    """The zip, open: reading what it lists takes longer than reading a file in it."""
    return zipfile.ZipFile(path)


@contextlib.contextmanager
def _failures(name: str) -> Iterator[None]:
    """OSError for what a zip is refused for."""
    try:
        yield
    except (RuntimeError, NotImplementedError) as error:
        raise OSError(errno.EINVAL, "it is encrypted, or packed in an unknown way", name) from error
    except (KeyError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise OSError(errno.EINVAL, "the zip is damaged", name) from error
