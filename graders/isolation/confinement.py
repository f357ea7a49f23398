"""Confinement: the ordered list of what a child gives up before it sees the first line of a student.

The order matters and each step is final. See the package's head comment for why each of them is there.
"""

from __future__ import annotations

import os
import resource
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.isolation import kernel, landlock, seccomp
from graders.isolation.limits import Limits

CHANNEL = 3
FULL, REDUCED, NONE = "full", "reduced", "none"
# what is said of a level before it is used
MEANING = {
    REDUCED: "submissions run as a user of their own, who can read and write whatever is open to everyone",
    NONE: "submissions run as you, and can read and change whatever you can, the hidden tests too",
}

_OPEN_FILES = 256
_THREADS = 64
_FIRST_UID = 0x70000000
_NOBODY = 65534
_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/localtime",
    "/usr/share/zoneinfo", "/usr/share/fonts", "/usr/share/locale", "/dev/urandom", "/dev/zero",
)  # fmt: skip


@dataclass(frozen=True)
class Capabilities:
    """What this machine offers."""

    landlock: int
    seccomp: bool
    root: bool
    shared_python: bool

    @property
    def level(self) -> str:
        """The level of confinement that can be had here."""
        if self.landlock and self.seccomp:
            return FULL
        return REDUCED if self.root and self.shared_python else NONE


def capabilities() -> Capabilities:
    """Look at the running kernel and user."""
    return Capabilities(landlock.abi(), seccomp.available(), os.geteuid() == 0, not private_folders())


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
    children where there is no Landlock.
    """
    return sorted({path for path in map(Path.resolve, paths) if path.exists() and _is_open(path)})


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o007) and all(folder.stat().st_mode & 0o001 for folder in path.parents)


def _python_folders() -> list[str]:
    paths = sysconfig.get_paths()
    named = {paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"]}
    base = sysconfig.get_config_var("LIBDIR")
    return sorted(named | ({base} if base else set()) | {f"{sys.base_prefix}/lib", f"{sys.prefix}/lib"})


def ruleset(home: Path, hidden: Sequence[Path]) -> landlock.Ruleset | None:
    """What children may read and write: made once, since they all get the same; None without Landlock.

    `home` is the folder in which each child has its own.
    """
    if not landlock.abi():
        return None
    rules = landlock.Ruleset()
    folders = sorted({Path(path).resolve() for path in (*_SYSTEM, *_python_folders())})
    # what is not below one of these folders is closed anyway
    secrets = [
        path for path in map(Path.resolve, hidden) if any(path.is_relative_to(folder) for folder in folders)
    ]
    for folder in folders:
        rules.allow_reading(folder, secrets)
    rules.allow(Path("/dev/null"), landlock.WRITE)
    rules.allow(home, landlock.WRITE)
    return rules


def confine(limits: Limits, home: Path, rules: list[int], level: str, user: int | None) -> None:
    """Give up, step by step, everything that a submission does not need. Any failure is an exception.

    `rules` is the descriptor of the ruleset, or nothing where there is no Landlock. At the reduced level each step
    is taken that this kernel knows.
    """
    assert rules or level != FULL
    _keep_one_descriptor(rules)
    _replace_environment(home)
    _set_limits(limits, own_user=user is not None)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    os.chdir(home)
    if rules and level != NONE:
        (descriptor,) = rules
        landlock.enforce(descriptor)
        _write_only_into(home)
    _drop_user(user)
    # a change of user resets both
    kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    if level == FULL or (level == REDUCED and seccomp.available()):
        seccomp.enforce()


def user_for(pid: int, available: Capabilities) -> int | None:
    """The user that a child becomes: nobody else's, as long as it lives. None: it stays who it is."""
    if not available.root or not available.shared_python:
        return None
    return _FIRST_UID + pid if _uid_exists(_FIRST_UID + pid) else _NOBODY


def _uid_exists(uid: int) -> bool:
    """Whether this user namespace (a container's may be small) has the uid."""
    try:
        lines = Path("/proc/self/uid_map").read_text().splitlines()
    except OSError:
        return False
    ranges = [tuple(map(int, line.split())) for line in lines]
    return any(first <= uid < first + length for first, _, length in ranges)


def _keep_one_descriptor(rules: list[int]) -> None:
    keep = sorted({CHANNEL, *rules})
    start = 0
    for descriptor in keep:
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    null = os.open(os.devnull, os.O_RDWR)
    assert null == 0
    os.dup2(null, 1)
    os.dup2(null, 2)


def _replace_environment(home: Path) -> None:
    os.environ.clear()
    os.environ.update(
        HOME=str(home),
        TMPDIR=str(home),
        MPLCONFIGDIR=str(home),
        PATH="/usr/bin:/bin",
        LC_ALL="C.UTF-8",
        MPLBACKEND="agg",
    )


def _set_limits(limits: Limits, own_user: bool) -> None:
    seconds = int(limits.notebook_seconds) + 5
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: seconds * 4,
        resource.RLIMIT_AS: _address_space() + limits.memory,
        resource.RLIMIT_FSIZE: limits.files,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if own_user:
        wanted[resource.RLIMIT_NPROC] = _THREADS
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))


def _address_space() -> int:
    """What Python and its libraries have mapped before the student's first line; most of it is never touched."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _write_only_into(home: Path) -> None:
    """A second layer: the first, made once for all children, can't tell one child's folder from the next."""
    rules = landlock.Ruleset(landlock.WRITING)
    rules.allow(Path(os.devnull), landlock.WRITING)
    rules.allow(home, landlock.WRITING)
    landlock.enforce(rules.descriptor)


def _drop_user(user: int | None) -> None:
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    elif os.geteuid() == 0:
        os.setgroups([])
    kernel.drop_capabilities()
