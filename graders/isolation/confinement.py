"""Confinement: the ordered list of what a child gives up before it sees the first line of a student.

The order matters and each step is final. See the package's head comment for why each of them is there.
"""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.isolation import kernel, landlock, seccomp, view
from graders.isolation.levels import FULL, NONE, REDUCED, Capabilities
from graders.isolation.limits import Limits

CHANNEL = 3

_OPEN_FILES = 256
_THREADS = 64
_FIRST_UID = 0x70000000


def ruleset(hidden: Sequence[Path]) -> landlock.Ruleset | None:
    """What children may read: made once, since they all get the same; None without Landlock.

    Where they may write is for the zygote to add, who makes that place.
    """
    if not landlock.abi():
        return None
    rules = landlock.Ruleset()
    folders = sorted({path.resolve() for path in view.readable()})
    # what is not below one of these folders is closed anyway
    secrets = [
        path for path in map(Path.resolve, hidden) if any(path.is_relative_to(folder) for folder in folders)
    ]
    for folder in folders:
        rules.allow_reading(folder, secrets)
    rules.allow(Path(os.devnull), landlock.WRITE)
    return rules


@dataclass(frozen=True)
class Ground:
    """What children are forked from, and can't see any more once they have their own view."""

    machine: Capabilities
    proc: int
    """A descriptor of /proc."""
    uid_map: str
    """What the kernel says of the users that there are: in a container they may be few."""


def confine(limits: Limits, home: Path, rules: list[int], level: str, user: int | None, ground: Ground) -> None:
    """Give up, step by step, everything that a submission does not need. Any failure is an exception.

    `rules` is the descriptor of the ruleset, or nothing where there is no Landlock. At the reduced level each step
    is taken that this kernel knows.
    """
    machine = ground.machine
    assert level != FULL or ((rules or machine.view) and (user or not machine.root))
    counted_alone = user or machine.view
    threads = _THREADS if counted_alone else _THREADS + _running()
    mapped = _address_space(ground.proc)
    if machine.view:
        view.own_folder(limits.files, user, ground.proc)
    _keep_one_descriptor(rules)
    _replace_environment(home)
    _set_limits(limits, threads, mapped)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    os.chdir(home)
    if rules and level != NONE:
        (descriptor,) = rules
        landlock.enforce(descriptor)
        if not machine.view:
            _write_only_into(home)
    _drop_user(user)
    # a change of user resets both
    kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    if level == FULL or (level == REDUCED and seccomp.available()):
        seccomp.enforce()


def user_for(pid: int, ground: Ground) -> int | None:
    """The user that a child becomes: nobody else's, as long as it lives. None: it stays who it is."""
    if not ground.machine.other_user:
        return None
    ranges = [tuple(map(int, line.split())) for line in ground.uid_map.splitlines()]
    first, _, length = max(ranges, key=lambda each: each[2])
    if first <= _FIRST_UID + pid < first + length:
        return _FIRST_UID + pid
    # from the end, where no system has users of its own; a place without a second user has no such child
    return max(first + length - 1 - pid % max(length // 2, 1), 1)


def _running() -> int:
    """How many threads this user runs now: the limit on them counts them all."""
    wanted, count = str(os.getuid()), 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            lines = (process / "status").read_text(errors="replace").splitlines()
            status = dict(line.split(":", 1) for line in lines)
            if status["Uid"].split()[0] == wanted:
                count += int(status["Threads"])
    return count


def _read(folder: int, name: str) -> str:
    with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=folder)) as file:
        return file.read()


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


def _set_limits(limits: Limits, threads: int, mapped: int) -> None:
    seconds = int(limits.notebook_seconds) + 5
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: seconds * 4,
        resource.RLIMIT_AS: mapped + limits.memory,
        resource.RLIMIT_FSIZE: limits.files,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NPROC: threads,
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))


def _address_space(proc: int) -> int:
    """What Python and its libraries have mapped before the student's first line; most of it is never touched."""
    return int(_read(proc, "self/statm").split()[0]) * resource.getpagesize()


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
