"""A view of the files for children only: what Python needs, read-only, and a folder of their own to write into.

Landlock governs what is opened, not what can be asked about a path: `stat`, `readlink`, `chdir` and `access` tell
a process of everything whose name it guesses. So children get another root, in which nothing else exists: no file
of ours, of the class or of whoever grades, no /proc, /sys, /tmp or /dev/shm. The zygote builds it once, of mounts
that only its own namespace has; each child adds a file system in memory as its folder, so that the limit on files
holds at once, whatever writes them, and nothing has to be removed afterwards. Since what is shown is shown at the
same path as ever, Python and its packages notice nothing. The way to it need not be open to other users.

It takes root with CAP_SYS_ADMIN, or an ordinary user whom the kernel gives user namespaces.
"""

from __future__ import annotations

import functools
import json
import os
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from graders.isolation import kernel

HOME = Path("/submission/home")

_BLOCK = 4096
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/zero")
_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/localtime",
    "/etc/alternatives", "/usr/share/zoneinfo", "/usr/share/fonts", "/usr/share/locale",
)  # fmt: skip
_PLAIN = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
_TRY = "import sys; sys.path.insert(0, sys.argv[1]); from graders.isolation import view; view.main()"


@dataclass(frozen=True)
class Plan:
    """What a view shows, and what it covers of that."""

    shown: tuple[str, ...]
    covered: tuple[str, ...] = ()

    def dump(self) -> str:
        """As text, for another process."""
        return json.dumps(asdict(self))


def read_plan(text: str) -> Plan:
    """What `Plan.dump` wrote."""
    return Plan(**{name: tuple(paths) for name, paths in json.loads(text).items()})


def readable() -> list[Path]:
    """What Python needs, wherever it lies on this machine, symbolic links on the way included."""
    paths = sysconfig.get_paths()
    named = {paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"]}
    base = sysconfig.get_config_var("LIBDIR")
    named |= ({base} if base else set()) | {f"{sys.base_prefix}/lib", f"{sys.prefix}/lib"}
    return [Path(path) for path in (*_SYSTEM, *_DEVICES, *sorted(named)) if Path(path).exists()]


def plan(hidden: Sequence[Path] = ()) -> Plan:
    """A view in which what is `hidden` does not exist, or has nothing in it."""
    secrets = {path.resolve() for path in hidden}
    shown = [path for path in readable() if path.resolve() not in secrets]
    real = [path.resolve() for path in shown]
    # what is not below something shown is not in the view anyway
    covered = [
        secret
        for secret in secrets
        if any(secret.is_relative_to(path) for path in real)
        and not any(path.is_relative_to(secret) for path in real)
    ]
    return Plan(tuple(map(str, shown)), tuple(map(str, sorted(covered))))


def begin() -> None:
    """Have mounts of one's own from now on; as an ordinary user, by a user namespace of one's own.

    It must be done before there are threads.
    """
    if os.geteuid() == 0:
        kernel.unshare(kernel.CLONE_NEWNS)
    else:
        proc = os.open("/proc", os.O_PATH)
        try:
            _own_users(proc, kernel.CLONE_NEWNS)
        finally:
            os.close(proc)
    kernel.mount(None, Path("/"), kernel.MS_REC | kernel.MS_PRIVATE)


def build(wanted: Plan, place: Path) -> None:
    """Make the view, and mount it over `place`, a folder of any kind."""
    links: dict[Path, Path] = {}
    found = {_follow(Path(path), links) for path in wanted.shown if Path(path).exists()}
    shown = sorted(path for path in found if found.isdisjoint(path.parents))
    # before the place is covered: some of it may lie there
    trees = {path: kernel.open_tree(path) for path in shown}
    kernel.mount("tmpfs", place, _PLAIN, "size=1m,mode=755")
    os.umask(0o022)
    for path, tree in trees.items():
        kind = os.fstat(tree).st_mode
        devices = 0 if stat.S_ISCHR(kind) else kernel.MOUNT_NODEV
        kernel.restrict_mounts(tree, kernel.MOUNT_RDONLY | kernel.MOUNT_NOSUID | devices, below=True)
        target = _in(place, path)
        (target if stat.S_ISDIR(kind) else target.parent).mkdir(parents=True, exist_ok=True)
        if not stat.S_ISDIR(kind):
            target.touch()
        kernel.move_mount(tree, target)
        os.close(tree)
    for link, leads_to in links.items():
        if found.isdisjoint(link.parents):
            _in(place, link).parent.mkdir(parents=True, exist_ok=True)
            _in(place, link).symlink_to(leads_to)
    for path in map(Path, wanted.covered):
        _cover(_in(place, path), _in(place, Path(os.devnull)))
    _in(place, HOME).mkdir(parents=True)
    root = os.open(place, os.O_PATH | os.O_DIRECTORY)
    kernel.restrict_mounts(root, kernel.MOUNT_RDONLY, below=False)
    os.close(root)


def enter(place: Path) -> None:
    """Make the view at `place` the root of this process and its children, and forget every other path."""
    old = os.open("/", os.O_PATH | os.O_DIRECTORY)
    os.chdir(place)
    here = Path()
    kernel.pivot_root(here, here)
    os.fchdir(old)
    os.close(old)
    kernel.umount(here)
    os.chdir("/")


def own_folder(size: int, user: int | None, proc: int) -> None:
    """In a child: mount its own folder, of `size` bytes, where no other process sees it.

    Without a user of its own it gets a user namespace, in which its threads are counted apart from all others of
    whoever grades. `proc` is a descriptor of /proc.
    """
    if user is None:
        _own_users(proc, kernel.CLONE_NEWNS)
    else:
        kernel.unshare(kernel.CLONE_NEWNS)
    uid, gid = (os.geteuid(), os.getegid()) if user is None else (user, user)
    options = f"size={size},nr_inodes={max(size // _BLOCK, 16)},mode=700,uid={uid},gid={gid}"
    kernel.mount("tmpfs", HOME, _PLAIN, options)


@functools.cache
def available() -> bool:
    """Whether children of this process can have a view: tried, in another one."""
    packages = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-I", "-c", _TRY, packages]
    return subprocess.run(command, env={}, cwd="/", capture_output=True, check=False).returncode == 0


def possible(place: Path) -> bool:
    """Whether this process could have a view over `place`: tried, in a fork."""
    pid = os.fork()
    if pid == 0:
        try:
            begin()
            build(plan(), place)
            proc = os.open("/proc", os.O_PATH)
            enter(place)
            own_folder(_BLOCK, 1 if os.geteuid() == 0 else None, proc)
            (HOME / "x").touch()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def main() -> None:
    """Exit with 0 if there can be a view."""
    sys.exit(not possible(Path(tempfile.gettempdir())))


def _own_users(proc: int, more: int) -> None:
    """A user namespace in which this user is who they were, and nobody else exists."""
    uid, gid = os.geteuid(), os.getegid()
    # or the files below would belong to root
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
    kernel.unshare(kernel.CLONE_NEWUSER | more)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        descriptor = os.open(f"self/{name}", os.O_WRONLY, dir_fd=proc)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)


def _follow(path: Path, links: dict[Path, Path]) -> Path:
    """Where a path leads; the symbolic links on the way are noted."""
    done, rest = Path("/"), list(path.parts)
    while rest:
        step = done.parent if rest[0] == ".." else done / rest[0]
        del rest[0]
        if step.is_symlink():
            links[step] = leads_to = step.readlink()
            rest = [*leads_to.parts, *rest]
        else:
            done = step
    return done


def _in(place: Path, path: Path) -> Path:
    return place / path.relative_to("/")


def _cover(target: Path, null: Path) -> None:
    """Put nothing in the place of a file or of a folder of the view."""
    if target.is_dir():
        kernel.mount("tmpfs", target, _PLAIN | kernel.MS_RDONLY, "size=4k,nr_inodes=1,mode=755")
    elif target.exists():
        tree = kernel.open_tree(null)
        kernel.move_mount(tree, target)
        os.close(tree)
