"""Removing what a hostile process left behind: folders nested beyond every limit, closed, linked anywhere."""

from __future__ import annotations

import itertools
import os
from pathlib import Path


def empty(folder: Path) -> None:
    """Delete all below the folder. Nested folders are moved up first, so no path ever gets long."""
    fresh = (folder / f".rubbish-{number}" for number in itertools.count())
    while entries := [Path(entry.path) for entry in os.scandir(folder)]:
        for entry in entries:
            if not _is_folder(entry):
                entry.unlink()
                continue
            entry.chmod(0o700)
            for inner in os.scandir(entry):
                path = Path(inner.path)
                if _is_folder(path):
                    path.chmod(0o700)
                    path.rename(next(target for target in fresh if not os.path.lexists(target)))
                else:
                    path.unlink()
            entry.rmdir()


def remove(folder: Path) -> None:
    """Delete the folder and all below."""
    if folder.exists():
        empty(folder)
        folder.rmdir()


def size(folder: Path, enough: int) -> int:
    """How many bytes are below the folder, each entry counted as a block at least; stops counting at `enough`."""
    total = 0
    pending = [folder]
    while pending and total < enough:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    total += max(entry.stat(follow_symlinks=False).st_blocks * 512, 4096)
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(Path(entry.path))
                    if total >= enough:
                        break
        except FileNotFoundError:
            continue
        except OSError:
            return enough
    return total


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
