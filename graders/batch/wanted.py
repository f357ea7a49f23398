"""Which of several notebooks was handed in: the one of the assignment that somebody worked on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from graders.batch.documents import Notebook, NotReadable

_MAX_NAME = 60


@dataclass(frozen=True)
class Wanted:
    """What is known of the assignment: its name, the names that it asks for, the cells as students got them."""

    assignment: str | None = None
    names: tuple[str, ...] = ()
    released: frozenset[str] = frozenset()

    def best(self, found: Sequence[tuple[str, Notebook]]) -> tuple[str, Notebook]:
        """The one of these, by name, that counts; `NotReadable` where that is a person's choice."""
        ours = [each for each in found if self._likeness(each[1])] or found
        touched = [each for each in ours if self._touched(each[1])] or ours
        best = max(self._likeness(notebook) for _, notebook in touched)
        likeliest = {
            notebook.cells: (name, notebook)
            for name, notebook in reversed(touched)
            if self._likeness(notebook) == best
        }
        if len(likeliest) > 1:
            names = " and ".join(repr(name[-_MAX_NAME:]) for name, _ in reversed(likeliest.values()))
            raise NotReadable(f"More than one notebook in the zip, and they differ: {names[:300]}. Submit one")
        (chosen,) = likeliest.values()
        return chosen

    def _likeness(self, notebook: Notebook) -> int:
        """2 for a notebook that says that it is of this assignment, 1 for one that answers it."""
        if notebook.assignment is not None:
            return 2 if notebook.assignment == self.assignment else 0
        return int(self._answers is not None and any(map(self._answers.search, notebook.code)))

    def _touched(self, notebook: Notebook) -> bool:
        """Whether anything in it was not there when students got it."""
        return not {cell.source.strip() for cell in notebook.cells} <= {"", *self.released}

    @cached_property
    def _answers(self) -> re.Pattern[str] | None:
        if not self.names:
            return None
        return re.compile(rf"^(?:def )?(?:{'|'.join(map(re.escape, self.names))})\b *[(=]", re.MULTILINE)
