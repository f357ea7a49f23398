"""What a file's name says of it: of what lies side by side, the likeliest kind is what was handed in."""

from __future__ import annotations

from enum import IntEnum
from pathlib import PurePath

from graders.batch import texts

# how editors, systems and browsers call copies that nobody handed in
_COPIES = frozenset({".ipynb_checkpoints", "__MACOSX"})
_EXPORTS = (".pdf", ".html", ".htm", ".doc", ".docx", ".odt", ".rtf", ".pages", ".tex")


class Kind(IntEnum):
    """The likeliest first."""

    NOTEBOOK = 0
    """A notebook, or a zip with one."""
    TEXT = 1
    """A notebook written as text, or one whose name was changed."""
    EXPORT = 2
    """What can't be run."""
    COPY = 3
    """A notebook that its editor or the system saved besides."""
    OTHER = 4


def kind_of(path: PurePath) -> Kind:
    """The kind of a file, of whatever upper and lower case its name is."""
    suffix = path.suffix.lower()
    if _COPIES.intersection(path.parts) or path.name.startswith("._"):
        return Kind.COPY if suffix == ".ipynb" and "__MACOSX" not in path.parts else Kind.OTHER
    if suffix in (".ipynb", ".zip"):
        return Kind.NOTEBOOK
    if suffix in (*texts.SUFFIXES, ".json", ".txt"):
        return Kind.TEXT
    return Kind.EXPORT if suffix in _EXPORTS else Kind.OTHER
