"""What a person should know of files that were filled or packed: lines below headings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator


class Told(defaultdict[str, list[str]]):
    """Lines by heading."""

    def __init__(self) -> None:
        super().__init__(list)

    def tell(self, heading: str, line: str) -> None:
        """Add a line below a heading."""
        self[heading].append(line)

    def lines(self) -> Iterator[str]:
        """All of it, for a terminal."""
        for heading, lines in self.items():
            yield f"{heading} ({len(lines)}):"
            yield from (f"  {line}" for line in lines)
