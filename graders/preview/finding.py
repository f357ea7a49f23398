"""One thing that a student should know before handing in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A sentence that names the place and the remedy, and the line of the notebook that it is about, if any."""

    text: str
    quote: str = ""
    costly: bool = True
    """Whether something would be lost; else it is worth knowing."""
