"""The zip that the notebook's last cell made: does it hold what was saved?"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path

from graders.batch import notebooks
from graders.preview.finding import Finding
from graders.preview.saved import Saved

_AGAIN = "Save the notebook, run its last cell, and hand in the zip that it makes."


def stale(saved: Saved) -> Iterator[Finding]:
    """What is wrong with the newest export beside the notebook."""
    exports = sorted(saved.path.parent.glob(f"{glob.escape(saved.path.stem)}_*.zip"), key=_made)
    if not exports:
        yield Finding(f"There is no exported zip beside the notebook yet. {_AGAIN}", costly=False)
        return
    newest = exports[-1]
    try:
        exported = [cell.source for cell in notebooks.read(newest.read_bytes(), newest.name).cells]
    except (OSError, notebooks.NotReadable):
        yield Finding(f"{newest.name} can't be read. {_AGAIN}")
        return
    if place := _difference(exported, saved):
        yield Finding(
            f"{newest.name} holds another notebook than the one that is saved: they differ {place}. {_AGAIN}"
        )


def _made(path: Path) -> tuple[float, str]:
    return path.stat().st_mtime, path.name


def _difference(exported: list[str], saved: Saved) -> str:
    """Where an export begins to differ from the saved notebook; empty where it does not."""
    now = [cell.source for cell in saved.cells]
    if exported == now:
        return ""
    same = next((n for n, (old, new) in enumerate(zip(exported, now, strict=False)) if old != new), len(now))
    if same < len(now) and saved.cells[same].kind == "code":
        number = sum(cell.kind == "code" for cell in saved.cells[: same + 1])
        return f"from cell {number} on"
    return "in a cell of text" if same < len(now) else "at the end"
