"""Reading a zip, which is never trusted: nothing is unpacked to disk, and no further than it may be.

`.OTTER_LOG` and everything else that is not plain data for the notebook stays in the zip.
"""

from __future__ import annotations

import base64
import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from graders.batch.documents import HAND_IN, MAX_BYTES, REEXPORT, Notebook, NotReadable
from graders.batch.kinds import Kind, kind_of
from graders.batch.wanted import Wanted

MAX_EXTRA_BYTES = 16 << 20
NOT_DATA = (".zip", ".pdf", ".pkl", ".pickle", ".dill", ".html")
_MAX_ENTRIES = 1_000
# that might be what was meant
_MAX_CANDIDATES = 20
# bzip2 makes gigabytes of 4 KiB, and there is no asking it for less
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA)
_PACKED_CHUNK = 4096
_ENTRY = b"PK\x01\x02"


def read(content: bytes, document: Callable[[bytes, str], Notebook], wanted: Wanted) -> Notebook:
    """The notebook in a zip, with the other files in it; `document` reads one file by its content and its name.

    Of several it is the one of the assignment, and of several of these the one that somebody worked on.
    `NotReadable` says why there is none.
    """
    # Python's reader makes an object of every entry before one can count them
    if content.count(_ENTRY) > 20 * _MAX_ENTRIES:
        raise NotReadable(f"a zip of more than {_MAX_ENTRIES} files")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_link(entry)]
            if len(entries) > _MAX_ENTRIES:
                raise NotReadable(f"a zip of more than {_MAX_ENTRIES} files")
            name, notebook = _chosen(archive, entries, document, wanted)
            return replace(notebook, files=_files(archive, entries, name))
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise NotReadable(f"not a zip file, or a damaged one. {REEXPORT}") from error
    except (RuntimeError, NotImplementedError) as error:
        raise NotReadable("a zip file that is encrypted, or packed in an unknown way") from error
    except NotReadable:
        raise
    except Exception as error:  # LZMAError is of no family, and other ways of packing have errors of their own
        raise NotReadable(f"not a zip file, or a damaged one ({type(error).__name__}). {REEXPORT}") from error


def _chosen(
    archive: zipfile.ZipFile,
    entries: Sequence[zipfile.ZipInfo],
    document: Callable[[bytes, str], Notebook],
    wanted: Wanted,
) -> tuple[str, Notebook]:
    """The notebook that was handed in, and its name, from the likeliest kind of file that there is."""
    for kind in (Kind.NOTEBOOK, Kind.TEXT, Kind.COPY):
        likely = sorted(
            (e for e in entries if kind_of(PurePosixPath(e.filename)) is kind and not _is_zip(e)), key=_depth
        )
        if len(likely) > _MAX_CANDIDATES:
            raise NotReadable(f"More than one notebook in the zip ({len(likely)}): submit one")
        found: list[tuple[str, Notebook]] = []
        unreadable: list[NotReadable] = []
        room = MAX_BYTES
        for entry in likely:
            try:
                data = _content(archive, entry, room)
                room -= len(data)
                found.append((entry.filename, document(data, entry.filename)))
            except NotReadable as error:
                unreadable.append(error)
        if found:
            return wanted.best(found)
        if unreadable and kind is Kind.NOTEBOOK:
            raise unreadable[0]
    raise NotReadable(f"No gradable files: a zip without a notebook. {HAND_IN}")


def _depth(entry: zipfile.ZipInfo) -> tuple[int, str]:
    return entry.filename.count("/"), entry.filename


def _is_zip(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.lower().endswith(".zip")


def _files(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], chosen: str) -> dict[str, str]:
    """The other files, for cells that read them, as they lie beside the notebook (base64)."""
    files: dict[str, str] = {}
    room = MAX_EXTRA_BYTES
    home = f"{posixpath.dirname(posixpath.normpath(chosen))}/"
    for entry in entries:
        name = posixpath.normpath(entry.filename)
        hidden = any(part.startswith(".") for part in name.split("/"))
        if entry.filename == chosen or hidden or posixpath.isabs(name) or name.endswith(NOT_DATA) or "\\" in name:
            continue
        if entry.file_size > room:
            continue
        data = _content(archive, entry, room)
        room -= len(data)
        files[name.removeprefix(home)] = base64.b64encode(data).decode()
    return files


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return (entry.external_attr >> 28) not in (0, 0o10)


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, cap: int) -> bytes:
    """The content of an entry, read no further than the cap, whatever size the entry claims."""
    if entry.compress_type not in _PACKED:
        raise NotImplementedError
    data = bytearray()
    with archive.open(entry) as source:
        # little by little, since LZMA unpacks all that it is given to thousands of times as much
        while len(data) <= cap and (chunk := source.read(_PACKED_CHUNK)):
            data += chunk
    if len(data) > cap:
        raise NotReadable(f"{posixpath.basename(entry.filename)[:60]!r} in the zip is larger than {cap >> 20} MiB")
    return bytes(data)
