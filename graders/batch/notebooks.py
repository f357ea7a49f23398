"""Reading a submission, which is never trusted: a notebook, or a zip with one in it.

Only JSON is read, and only strings are taken out of it. Nothing is unpacked to disk, nothing is unpickled:
`.OTTER_LOG` and everything else that is not plain data for the notebook stays in the zip.
"""

from __future__ import annotations

import base64
import io
import json
import posixpath
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_BYTES = 64 << 20
ZIPPED = b"PK"
MAX_CELLS = 5_000
MAX_ENTRIES = 1_000
MAX_EXTRA_BYTES = 16 << 20
NOT_DATA = (".zip", ".pdf", ".pkl", ".pickle", ".dill", ".html")
_REEXPORT = "Export the notebook once more and submit the new file."
# bzip2 makes gigabytes of 4 KiB, and there is no asking it for less
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA)
_PACKED_CHUNK = 4096
_ENTRY = b"PK\x01\x02"
# Bytes that Python takes for a value, its place in a list or dict included, and how many it may take for all
_STRING, _CONTAINER, _NUMBER = 160, 240, 40
_MAX_VALUES = 160 << 20
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotReadable(Exception):
    """The file is no submission; the text is for the grades."""


@dataclass(frozen=True)
class Cell:
    """One cell: its kind, "code" or "markdown", its text, the tags of its metadata, and when it ran."""

    kind: str
    source: str
    tags: frozenset[str] = frozenset()
    count: int | None = None
    """The number of its last run in the kernel that it was saved with; None where it did not run."""


@dataclass(frozen=True)
class Notebook:
    """The cells of a submission in order, the other files that came with it (base64), and its assignment."""

    cells: tuple[Cell, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    assignment: str | None = None

    @property
    def code(self) -> tuple[str, ...]:
        """What its code cells say."""
        return tuple(cell.source for cell in self.cells if cell.kind == "code")


def read(content: bytes, *, zipped: bool = False) -> Notebook:
    """The notebook in a file's content, `zipped` by its name or its first bytes; `NotReadable` says why not."""
    if not content:
        raise NotReadable("not a notebook: the file is empty")
    if len(content) > MAX_BYTES:
        raise NotReadable(f"larger than {MAX_BYTES >> 20} MiB")
    return _from_zip(content) if zipped or content.startswith(ZIPPED) else _from_json(content, {})


def _from_zip(content: bytes) -> Notebook:
    # Python's reader makes an object of every entry before one can count them
    if content.count(_ENTRY) > 20 * MAX_ENTRIES:
        raise NotReadable(f"a zip of more than {MAX_ENTRIES} files")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > MAX_ENTRIES:
                raise NotReadable(f"a zip of more than {MAX_ENTRIES} files")
            return _from_json(*_members(archive, entries))
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise NotReadable(f"not a zip file, or a damaged one. {_REEXPORT}") from error
    except (RuntimeError, NotImplementedError) as error:
        raise NotReadable("a zip file that is encrypted, or packed in an unknown way") from error
    except NotReadable:
        raise
    except Exception as error:  # LZMAError is of no family, and other ways of packing have errors of their own
        raise NotReadable(f"not a zip file, or a damaged one ({type(error).__name__}). {_REEXPORT}") from error


def _members(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> tuple[bytes, dict[str, str]]:
    notebooks = [entry for entry in entries if entry.filename.endswith(".ipynb")]
    outermost = [entry for entry in notebooks if "/" not in entry.filename]
    chosen = outermost or [entry for entry in notebooks if "__MACOSX" not in entry.filename]
    if not chosen:
        raise NotReadable("No gradable files: a zip without a notebook")
    if len(chosen) > 1:
        raise NotReadable(f"More than one notebook in the zip ({len(chosen)}): submit one")
    files: dict[str, str] = {}
    room = MAX_EXTRA_BYTES
    for entry in entries:
        name = posixpath.normpath(entry.filename)
        hidden = any(part.startswith(".") for part in name.split("/"))
        if entry is chosen[0] or hidden or posixpath.isabs(name) or name.endswith(NOT_DATA) or "\\" in name:
            continue
        if _is_link(entry) or entry.file_size > room:
            continue
        data = _content(archive, entry, room)
        room -= len(data)
        files[name] = base64.b64encode(data).decode()
    return _content(archive, chosen[0], MAX_BYTES), files


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


def _from_json(content: bytes, files: Mapping[str, str]) -> Notebook:
    # short ones can't be too much, so that the usual notebook is not read twice
    if len(content) * _CONTAINER > _MAX_VALUES and _room(content) > _MAX_VALUES:
        raise NotReadable("a notebook of too many values to be read: clear its outputs and save it once more")
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise NotReadable("not a notebook: the file is no text") from error
    except (ValueError, RecursionError) as error:
        raise NotReadable(f"not a notebook: the file is no valid JSON, perhaps cut short. {_REEXPORT}") from error
    if not isinstance(data, dict):
        raise NotReadable("not a notebook: the JSON in it is something else")
    return Notebook(tuple(_cells(data)), files, _assignment(data))


def _room(content: bytes) -> int:
    """About how many bytes the values of a JSON text take, apart from the characters of its strings.

    Two characters can be a dict of 64 bytes. Those inside of strings don't count: outputs are full of them.
    """
    unescaped = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    strings = _STRING * (unescaped.count(b'"') // 2)
    if strings > _MAX_VALUES:
        return strings
    outside = b" ".join(unescaped.split(b'"')[::2])
    containers = _CONTAINER * (outside.count(b"{") + outside.count(b"["))
    return strings + containers + _NUMBER * outside.count(b",")


# what nbformat 3 calls a cell of text, besides
_KINDS = {"code": "code", "markdown": "markdown", "heading": "markdown"}
_MAX_TAGS = 20


def _cells(data: dict[str, Any]) -> list[Cell]:
    if data.get("nbformat") == 3 and isinstance(data.get("worksheets"), list):
        sheets = [sheet for sheet in data["worksheets"] if isinstance(sheet, dict)]
        listed = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
    elif data.get("nbformat") == 4:
        listed = _list(data.get("cells"))
    else:
        raise NotReadable("not a notebook of version 3 or 4")
    if len(listed) > MAX_CELLS:
        raise NotReadable(f"a notebook of more than {MAX_CELLS} cells")
    cells = []
    for cell in listed:
        if not isinstance(cell, dict):
            raise NotReadable("not a notebook: a cell in it is no cell")
        kind = cell.get("cell_type")
        if not isinstance(kind, str) or kind not in _KINDS or _ignored(cell):
            continue
        text = cell.get("input" if kind == "code" and data["nbformat"] == 3 else "source", "")
        cells.append(Cell(_KINDS[kind], _text(text), _tags(cell), _count(cell)))
    return cells


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise NotReadable("not a notebook: it has no list of cells")
    return value


def _text(source: object) -> str:
    listed: list[object] = source if isinstance(source, list) else [source]
    lines = [line for line in listed if isinstance(line, str)]
    if len(lines) < len(listed):
        raise NotReadable("not a notebook: a cell in it has no text")
    lone = any(map(_SURROGATE.search, lines))
    return "".join(lines).encode("utf-8", "replace").decode() if lone else "".join(lines)


def _tags(cell: dict[str, Any]) -> frozenset[str]:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    listed = tags[:_MAX_TAGS] if isinstance(tags, list) else []
    return frozenset(tag for tag in listed if isinstance(tag, str))


def _count(cell: dict[str, Any]) -> int | None:
    count = cell.get("execution_count", cell.get("prompt_number"))
    return count if type(count) is int else None


def _ignored(cell: dict[str, Any]) -> bool:
    """Whether otter leaves the cell out."""
    metadata = cell.get("metadata")
    otter = metadata.get("otter") if isinstance(metadata, dict) else None
    return "otter_ignore" in _tags(cell) or (isinstance(otter, dict) and bool(otter.get("ignore")))


def _assignment(data: dict[str, Any]) -> str | None:
    metadata = data.get("metadata")
    otter = metadata.get("otter") if isinstance(metadata, dict) else None
    name = otter.get("assignment_name") if isinstance(otter, dict) else None
    return name[:200] if isinstance(name, str) else None
