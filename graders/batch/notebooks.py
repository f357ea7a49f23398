"""Reading a submission, which is never trusted: a notebook, one written as text, or a zip with one in it.

What a file is, is told by its first bytes where these can tell, and by its name otherwise. Nothing is unpacked to
disk, nothing is unpickled, no YAML is read.
"""

from __future__ import annotations

from pathlib import PurePath

from graders.batch import archives, jupyter, texts
from graders.batch.archives import MAX_EXTRA_BYTES, NOT_DATA
from graders.batch.documents import HAND_IN, MAX_BYTES, Cell, Notebook, NotReadable
from graders.batch.wanted import Wanted

__all__ = ["MAX_BYTES", "MAX_EXTRA_BYTES", "NOT_DATA", "Cell", "NotReadable", "Notebook", "Wanted", "read"]

_ZIP, _PDF, _JSON = b"PK", b"%pdf", b"{"
_HTML = (b"<!doctype", b"<html", b"<?xml")
_NAME = "submission.ipynb"


def read(content: bytes, name: str = _NAME, wanted: Wanted | None = None) -> Notebook:
    """The notebook in a file; `NotReadable` says why not. Of several in a zip it is the `wanted` one."""
    if not content:
        raise NotReadable("not a notebook: the file is empty")
    if len(content) > MAX_BYTES:
        raise NotReadable(f"larger than {MAX_BYTES >> 20} MiB")
    if content.startswith(_ZIP) or PurePath(name).suffix.lower() == ".zip":
        return archives.read(content, _document, wanted or Wanted())
    return _document(content, name)


def told_by_content(content: bytes, name: str) -> bool:
    """Whether a file of this name is read as one of the same content and any other name would be."""
    named_zip = PurePath(name).suffix.lower() == ".zip"
    return content.startswith(_ZIP) or (_start(content).startswith(_JSON) and not named_zip)


def _document(content: bytes, name: str) -> Notebook:
    start, suffix = _start(content), PurePath(name).suffix.lower()
    if start.startswith(_PDF):
        raise NotReadable(f"No gradable files: this is a PDF. {HAND_IN}")
    if start.startswith(_HTML):
        raise NotReadable(f"No gradable files: this is a web page. {HAND_IN}")
    if suffix in texts.SUFFIXES and not start.startswith(_JSON):
        return Notebook(texts.read(content, suffix))
    if suffix in (".ipynb", ".json") or start.startswith(_JSON):
        return jupyter.read(content)
    raise NotReadable(f"No gradable files: this is neither a notebook nor a zip with one. {HAND_IN}")


def _start(content: bytes) -> bytes:
    return content[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
