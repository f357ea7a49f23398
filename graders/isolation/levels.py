"""How far this machine can confine submissions, and what may be done at which level."""

from __future__ import annotations

import os
import shlex
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.isolation import landlock, seccomp, view

FULL, REDUCED, NONE = "full", "reduced", "none"
MEANING = {
    REDUCED: "submissions run as a user of their own, who can read and write whatever is open to everyone",
    NONE: "submissions run as you, and can read and change whatever you can, the hidden tests too",
}
_IN_VIEW = "submissions run as a user of their own, who sees no file of yours, but may start processes and connect"


@dataclass(frozen=True)
class Capabilities:
    """What this machine offers."""

    landlock: int
    seccomp: bool
    root: bool
    shared_python: bool
    view: bool = False

    @property
    def other_user(self) -> bool:
        """Whether children can be another user: only root makes one, who has to reach Python."""
        return self.root and (self.shared_python or self.view)

    @property
    def level(self) -> str:
        """The level of confinement that can be had here. What could only run as root has none."""
        if self.root and not self.other_user:
            return NONE
        if self.seccomp and (self.landlock or self.view):
            return FULL
        return REDUCED if self.root else NONE

    def meaning(self, level: str) -> str:
        """What is said of a level before it is used."""
        return _IN_VIEW if level == REDUCED and self.view else MEANING[level]

    @property
    def missing(self) -> str:
        """What a better level wants of the kernel, as a list in words."""
        offered = {
            "Landlock": self.landlock or self.view,
            "private view of files": self.landlock or self.view,
            "seccomp": self.seccomp,
        }
        return " and ".join(f"no {name}" for name, there in offered.items() if not there)


def capabilities(seen: bool | None = None) -> Capabilities:
    """Look at the running kernel and user; `seen` tells whether there is a view, where that is known already."""
    has_view = view.available() if seen is None else seen
    shared = not private_folders()
    return Capabilities(landlock.abi(), seccomp.available(), os.geteuid() == 0, shared, has_view)


def private_folders() -> list[Path]:
    """The folders around this Python that are closed to other users, who therefore can't run it."""
    folders = {Path(folder).resolve() for folder in (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values())}
    around = {parent for folder in folders for parent in (folder, *folder.parents) if parent.exists()}
    return sorted(parent for parent in around if not parent.stat().st_mode & 0o001)


def our_folders() -> list[Path]:
    """Where the graders and the solutions are: the two packages, or all folders of a checkout but Python's."""
    graders = Path(__file__).resolve().parents[1]
    root = graders.parent
    if not (root / "assignments").is_dir() or not (root / "pyproject.toml").is_file():
        return [graders, root / "solutions"]
    python = [Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix)]
    folders = [entry for entry in root.iterdir() if entry.is_dir()]
    return sorted(entry for entry in folders if not any(prefix.is_relative_to(entry) for prefix in python))


def open_to_everyone(paths: Iterable[Path]) -> list[Path]:
    """Those that a user who owns nothing can read, enter or change: their modes are all that closes files to
    children where there is neither Landlock nor a view.
    """
    return sorted({path for path in map(Path.resolve, paths) if path.exists() and _is_open(path)})


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o007) and all(folder.stat().st_mode & 0o001 for folder in path.parents)


def check_level(reduced_is_fine: bool, private: Sequence[Path] = ()) -> str:
    """The level of confinement that there will be; SetupError when it is too low to be used unasked.

    So it is, asked or not, as long as one command makes it better: for root, whose submissions should never run as
    root, and where only modes would keep a submission from reading our folders or what is `private`. These files
    belong to whoever grades, who is told how to close them; nothing of theirs is changed.
    """
    from graders.errors import SetupError  # which zygotes have no use for

    machine = capabilities()
    level = machine.level
    if level == NONE and machine.root:
        command = shlex.join(["chmod", "o+x", *map(str, private_folders())])
        raise SetupError(
            "Submissions would run as root, since Python is below a folder that is closed to other users. "
            f"Open the way to it: {command}"
        )
    if level != FULL and not reduced_is_fine:
        raise SetupError(
            f"This machine can't confine submissions fully (level {level}: {machine.missing}): "
            f"{machine.meaning(level)}. "
            "`vaegan doctor` says how to mend it; --allow-reduced-sandbox grades all the same."
        )
    if level == REDUCED and not (machine.landlock or machine.view):
        readable = open_to_everyone((*our_folders(), *private))
        if readable:
            command = shlex.join(["chmod", "o=", *map(str, readable)])
            raise SetupError(
                "Without Landlock, submissions could read hidden tests, solutions, grades or each other in what "
                f"is open to everyone. Close it: {command}"
            )
    return level
