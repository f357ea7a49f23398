"""What a submission is once it is read: cells, the files beside them, and the assignment that it says it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_BYTES = 64 << 20
MAX_CELLS = 5_000
REEXPORT = "Export the notebook once more and submit the new file."
HAND_IN = (
    "Hand in the notebook itself, the file that ends in .ipynb, or the zip that its last cell makes; "
    "a PDF or a web page of it cannot be run."
)


class NotReadable(Exception):
    """The file is no submission; the text is for the grades."""


@dataclass(frozen=True)
class Cell:
    """One cell: its kind, "code" or "markdown", its text, the tags of its metadata, and when it ran."""

    kind: str
    source: str
    tags: frozenset[str] = frozenset()
    count: int | None = field(default=None, compare=False)
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
