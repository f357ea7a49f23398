"""Reading a Jupyter notebook, which is never trusted: only JSON is read, and only strings are taken out of it."""

from __future__ import annotations

import json
import re
from typing import Any

from graders.batch.documents import MAX_CELLS, REEXPORT, Cell, Notebook, NotReadable

# Bytes that Python takes for a value, its place in a list or dict included, and how many it may take for all
_STRING, _CONTAINER, _NUMBER = 160, 240, 40
_MAX_VALUES = 160 << 20
_SURROGATE = re.compile("[\ud800-\udfff]")


def read(content: bytes) -> Notebook:
    """The notebook in a text of JSON; `NotReadable` says why there is none."""
    # short ones can't be too much, so that the usual notebook is not read twice
    if len(content) * _CONTAINER > _MAX_VALUES and _room(content) > _MAX_VALUES:
        raise NotReadable("a notebook of too many values to be read: clear its outputs and save it once more")
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise NotReadable("not a notebook: the file is no text") from error
    except (ValueError, RecursionError) as error:
        raise NotReadable(f"not a notebook: the file is no valid JSON, perhaps cut short. {REEXPORT}") from error
    if not isinstance(data, dict):
        raise NotReadable("not a notebook: the JSON in it is something else")
    return Notebook(tuple(_cells(data)), assignment=_assignment(data))


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
