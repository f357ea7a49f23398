"""The sheet as its parts stand in the notebook: what pages need of an assignment when its sources are not there.

`vaegan build` puts it into autograder.zip, grading keeps it in the store. Everything in it is in the student's
notebook, too.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

FILE_NAME = "sheet.json"


@dataclass(frozen=True)
class Part:
    """A part of the sheet: auto-graded by the names that it asks for, or written where it asks for none."""

    name: str
    title: str
    points: float
    names: tuple[str, ...] = ()
    stubs: tuple[str, ...] = ()
    """The answer cells as they are handed out."""
    prompt: str = ""
    """What a written part asks, as it is handed out."""

    @property
    def written(self) -> bool:
        """Whether a person marks this part."""
        return not self.names


@dataclass(frozen=True)
class Sheet:
    """The parts in the order of the notebook."""

    title: str
    parts: tuple[Part, ...]
    symbols: tuple[str, ...] = ()
    """The names that the notebook declares as SymPy symbols, for answers to be made of."""

    @property
    def points(self) -> float:
        """What all parts give together."""
        return sum(part.points for part in self.parts)

    def to_json(self) -> str:
        """The sheet as text."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)


def from_json(text: str) -> Sheet:
    """The sheet that `Sheet.to_json` wrote; `KeyError`, `TypeError` or `ValueError` on anything else."""
    data = json.loads(text)
    parts = (
        Part(**{**part, "names": tuple(part["names"]), "stubs": tuple(part["stubs"])}) for part in data["parts"]
    )
    return Sheet(data["title"], tuple(parts), tuple(data.get("symbols", ())))
