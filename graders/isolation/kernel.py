"""The system calls that Python does not wrap."""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 1 << 14, 1 << 18
MNT_DETACH = 2
MOUNT_RDONLY, MOUNT_NOSUID, MOUNT_NODEV = 1, 2, 4

_CAPABILITY_VERSION_3 = 0x20080522
_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SYS_OPEN_TREE, _SYS_MOVE_MOUNT, _SYS_MOUNT_SETATTR = 428, 429, 442
_OPEN_TREE_CLONE, _MOVE_MOUNT_F_EMPTY_PATH = 1, 4
_AT_FDCWD, _AT_RECURSIVE, _AT_EMPTY_PATH = -100, 0x8000, 0x1000

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT = 32 << 20  # the largest threshold that glibc takes

_libc = ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: object) -> int:
    """Make a system call; a failure is an `OSError`."""
    return _checked(int(_libc.syscall(number, *arguments)))


def prctl(option: int, *arguments: int) -> None:
    """Change a property of this process; a failure is an `OSError`."""
    padded = [*arguments, 0, 0, 0, 0][:4]
    _checked(_libc.prctl(option, *(ctypes.c_ulong(argument) for argument in padded)))


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def unshare(flags: int) -> None:
    """Leave namespaces that this process shares with others."""
    _checked(_libc.unshare(flags))


def mount(kind: str | None, target: Path, flags: int, options: str = "") -> None:
    """Mount a new file system of a kind, or, without one, change how a mount is shared."""
    named = None if kind is None else kind.encode()
    _checked(_libc.mount(named, os.fsencode(target), named, ctypes.c_ulong(flags), options.encode()))


def umount(target: Path) -> None:
    """Detach a mount at once, in use or not."""
    _checked(_libc.umount2(os.fsencode(target), MNT_DETACH))


def pivot_root(new: Path, old: Path) -> None:
    """Make `new` the root of this mount namespace, and mount the root that was at `old`."""
    syscall(_SYS_PIVOT_ROOT[platform.machine()], os.fsencode(new), os.fsencode(old))


def open_tree(path: Path) -> int:
    """A descriptor of a copy of what is mounted at the path, to be mounted elsewhere."""
    flags = _OPEN_TREE_CLONE | _AT_RECURSIVE | os.O_CLOEXEC
    return syscall(_SYS_OPEN_TREE, _AT_FDCWD, os.fsencode(path), flags)


def move_mount(tree: int, target: Path) -> None:
    """Mount what `open_tree` gave."""
    syscall(_SYS_MOVE_MOUNT, tree, b"", _AT_FDCWD, os.fsencode(target), _MOVE_MOUNT_F_EMPTY_PATH)


class _MountAttributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns"))


def restrict_mounts(tree: int, attributes: int, *, below: bool) -> None:
    """Add attributes (read-only, no devices) to a mount, and to those below it."""
    wanted = _MountAttributes(attributes)
    flags = _AT_EMPTY_PATH | (_AT_RECURSIVE if below else 0)
    syscall(_SYS_MOUNT_SETATTR, tree, b"", flags, ctypes.byref(wanted), ctypes.sizeof(wanted))


def keep_freed_memory() -> None:
    """Have malloc keep what is freed, arrays included: pages that the kernel has to clear anew are slow."""
    for option in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
        _libc.mallopt(option, _KEPT)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityData(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def drop_capabilities() -> None:
    """Give up every capability of this process, for good."""
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    nothing = (_CapabilityData * 2)()
    syscall(_SYS_CAPSET[platform.machine()], ctypes.byref(header), ctypes.byref(nothing))
