"""Makes a machine without Landlock, as root in a container often finds it, for one command and nobody else.

    python -m tests.without_landlock [--landlock] [--mounts] [--no-seccomp] [--closed] [--own FOLDER] COMMAND...

The command gets mounts of its own: the folders above Python are open to other users, as `run_otter.py` opens them
in a container, unless they shall stay `--closed`, and what happens to FOLDER is forgotten afterwards. Both are
overlays with an upper half in memory. Landlock, mounts and new namespaces, unless they are asked for, and seccomp,
if so wanted, are answered as by a kernel that does not know them.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from graders.isolation import levels, seccomp

LANDLOCK = (444, 445, 446)
# unshare, setns, mount, pivot_root; and what open_tree, fsopen and their like have as numbers everywhere
MOUNTS = {"x86_64": (272, 308, 165, 155), "aarch64": (97, 268, 40, 41)}
NEW_MOUNTS = (*range(428, 434), 442)
SECCOMP = {"x86_64": 317, "aarch64": 277}
_CLONE_NEWNS = 0x20000
# where the upper halves are until the overlays hold them: on every machine, and above nothing
_SCRATCH = "/dev/shm"


def main() -> None:
    """Make the machine, and become the command."""
    parser = argparse.ArgumentParser()
    for option in ("--landlock", "--mounts", "--no-seccomp", "--closed"):
        parser.add_argument(option, action="store_true")
    parser.add_argument("--own", type=Path, action="append", default=[])
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    here = Path.cwd()
    try:
        own_mounts()
        private = [] if given.closed else levels.private_folders()
        for folder in _outermost([*private, *map(Path.resolve, given.own)]):
            overlay(folder)
        for folder in private:
            folder.chmod(folder.stat().st_mode | 0o001)
        machine = platform.machine()
        missing = [] if given.landlock else [*LANDLOCK]
        missing += [] if given.mounts else [*MOUNTS[machine], *NEW_MOUNTS]
        missing += [SECCOMP[machine]] if given.no_seccomp else []
        take_away(*missing)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None)
        sys.exit(f"no machine without Landlock can be made here: {said.strip() if said else error}")
    os.chdir(here)  # as it is now: this process still stands below the overlay
    os.execvp(given.command[0], given.command)


def own_mounts() -> None:
    """From now on mount for this process and its children only."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), f"unshare: {os.strerror(ctypes.get_errno())}")
    _run("mount", "--make-rprivate", "/")


def overlay(folder: Path) -> None:
    """Put a copy in the place of a folder; only what is written to it takes room."""
    upper, work = Path(_SCRATCH, "upper"), Path(_SCRATCH, "work")
    _run("mount", "-t", "tmpfs", "-o", "mode=700", "tmpfs", _SCRATCH)
    upper.mkdir()
    work.mkdir()
    # of the folder itself, the overlay shows what the upper half says
    shutil.copymode(folder, upper)
    os.chown(upper, folder.stat().st_uid, folder.stat().st_gid)
    layers = f"lowerdir={folder},upperdir={upper},workdir={work}"
    _run("mount", "-t", "overlay", "-o", layers, "overlay", str(folder))
    _run("umount", "--lazy", _SCRATCH)


def take_away(*numbers: int) -> None:
    """Answer these system calls with "no such system call"."""
    load_number, equal, answer, allowed, refused = (0x20, 0, 0, 0), 0x15, 0x06, 0x7FFF0000, 0x00050000
    code = [load_number]
    for number in numbers:
        code += [(equal, 0, 1, number), (answer, 0, 0, refused | errno.ENOSYS)]
    seccomp.install([*code, (answer, 0, 0, allowed)])


def _outermost(folders: list[Path]) -> list[Path]:
    return [folder for folder in sorted(set(folders)) if not any(other in folder.parents for other in folders)]


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True)


if __name__ == "__main__":
    main()
