"""Landlock: which files a process may open, enforced by the kernel and impossible to take back.

Only what `confinement.py` needs of <linux/landlock.h>. A right that the running kernel does not know is left out
of the ruleset, which is sound for those above ABI 1: moving between folders is then always denied, and for
the later ones (truncate, TCP, device ioctl, abstract sockets, signals) the seccomp filter closes the same door.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from graders.isolation.kernel import syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1

READ_FILE, READ_DIR = 1 << 2, 1 << 3
_WRITE_FILE, _REMOVE_DIR, _REMOVE_FILE = 1 << 1, 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_REG, _MAKE_SYM, _TRUNCATE = 1 << 7, 1 << 8, 1 << 12, 1 << 14
WRITING = _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SYM | _TRUNCATE
WRITE = READ_FILE | READ_DIR | WRITING

# (first ABI, file rights, network rights, scopes) that each ABI added
_ADDED = (
    (1, (1 << 13) - 1, 0, 0),
    (2, 1 << 13, 0, 0),
    (3, _TRUNCATE, 0, 0),
    (4, 0, 0b11, 0),
    (5, 1 << 15, 0, 0),
    (6, 0, 0, 0b11),
)
_FILE_RIGHTS = READ_FILE | _WRITE_FILE | _TRUNCATE


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


def abi() -> int:
    """The version of Landlock in the running kernel; 0 where there is none."""
    try:
        return syscall(_CREATE_RULESET, None, 0, _VERSION)
    except OSError:
        return 0


def allow(ruleset: int, path: Path, rights: int) -> None:
    """Allow `rights` on a file, or on a folder and all below; what does not exist needs no rule."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        if not path.is_dir():
            rights &= _FILE_RIGHTS
        rule = _PathBeneath(rights & _known_rights(), descriptor)
        syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)


def _known_rights() -> int:
    return sum(files for first, files, _, _ in _ADDED if first <= abi())


class Ruleset:
    """A list of what is allowed; once it is enforced, all else that it is about is denied."""

    def __init__(self, about: int = -1) -> None:
        version = abi()
        if not version:
            raise OSError("this kernel has no Landlock")
        known = [added for added in _ADDED if added[0] <= version]
        files = _known_rights() & about
        attributes = _Ruleset(files, sum(net for *_, net, _ in known), sum(scope for *_, scope in known))
        size = ctypes.sizeof(attributes) if version >= 6 else 16 if version >= 4 else 8
        self.descriptor = syscall(_CREATE_RULESET, ctypes.byref(attributes), size, 0)

    def allow(self, path: Path, rights: int) -> None:
        """Allow `rights` on a file, or on a folder and all below."""
        allow(self.descriptor, path, rights)

    def allow_reading(self, path: Path, hidden: Sequence[Path]) -> None:
        """Allow reading all below `path` except what is `hidden`, whose names alone can then be listed.

        Landlock adds and never subtracts, so a folder around something hidden is opened entry by entry.
        """
        if path in hidden:
            return
        if not any(secret.is_relative_to(path) for secret in hidden):
            self.allow(path, READ_FILE | READ_DIR)
            return
        self.allow(path, READ_DIR)
        for entry in _entries(path):
            self.allow_reading(entry, hidden)


def enforce(ruleset: int) -> None:
    """Confine this thread, and all that it starts, for good, by the ruleset of a descriptor; layers add up."""
    syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _entries(folder: Path) -> Iterable[Path]:
    return (Path(entry.path) for entry in os.scandir(folder) if not entry.is_symlink())
