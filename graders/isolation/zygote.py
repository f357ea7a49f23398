"""The zygote: a clean interpreter that has everything imported and forks a child for each request.

Started as `python -I -X utf8 -c … FOLDER PACKAGES` with an empty environment: descriptor 0 is its one socket,
FOLDER the one for temporary files, PACKAGES where this package is. It reads requests and answers each:

    {"op": "fork", "limits", "level", "core"} and one descriptor, the child's channel  → {"pid", "home"}
    {"op": "reap", "pid", "patience"}                                                   → {"status"}
    {"op": "twin"} and two descriptors, the socket of the twin and its ruleset       → nothing here

Its first message has two descriptors, made by the trusted process, so that what children must not read is not even
known here by name: the plan of the view, which only the process that builds it reads, and Landlock's ruleset. Its
answer tells what the machine offers, and the folder in which children get theirs, where there is no view. A twin
is a zygote for another process of the grader: a copy of this one, with its view, another folder and another
ruleset, that begins with such an answer on its own socket.

It ends, and removes that folder, when the socket closes, because the trusted process is done or because it was
killed; before that it waits for its twins.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import secrets
import select
import signal
import socket
import sys
import tempfile
import traceback
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graders.isolation.cells import Shell
    from graders.isolation.confinement import Ground

REQUEST = 1 << 16
_OWN_VARIABLES = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "MALLOC_ARENA_MAX": "2",
}


def main() -> None:
    """Serve until the trusted process closes the socket."""
    from graders.isolation import kernel, view

    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.keep_freed_memory()
    control = socket.socket(fileno=0)
    body, (plan, *rules), _, _ = socket.recv_fds(control, REQUEST, 2)
    settings = json.loads(body)
    place = Path(sys.argv[1])
    try:
        # while there is one thread, and as few files as mounts
        if has_view := settings["view"] and view.possible(place):
            view.begin()
        with tempfile.TemporaryDirectory(prefix="vaegan-", dir=place) as home:
            os.environ.update(_OWN_VARIABLES, HOME=home, IPYTHONDIR=home)
            os.environ["MPLCONFIGDIR"] = settings["fonts"] or home
            shell = _rehearsed()
        ground = _ground(has_view)
        if has_view:
            _build(plan, place)
            view.enter(place)
        os.close(plan)
        _attend(control, place, rules, ground, shell)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.wait()
    except Exception:
        control.send(json.dumps({"failed": traceback.format_exc(limit=-3)}).encode())
        raise


def _ground(has_view: bool) -> Ground:
    """What can be seen of the machine now, and can't be from within the view."""
    from graders.isolation import confinement, levels

    uid_map = Path("/proc/self/uid_map").read_text()
    return confinement.Ground(levels.capabilities(has_view), os.open("/proc", os.O_PATH), uid_map)


def _build(plan: int, place: Path) -> None:
    """Build the view, in another process: it learns names that children must not find in their memory."""
    from graders.isolation import view

    pid = os.fork()
    if pid == 0:
        try:
            with open(plan, encoding="utf-8") as file:
                view.build(view.read_plan(file.read()), place)
        except BaseException:
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        raise OSError("the view of the files could not be built")


def _rehearsed() -> Shell:
    """The shell that children will have a copy of, with everything imported and every cache warm."""
    from graders.isolation import cells, rehearsal

    sys.path.remove(sys.argv[2])
    shell = cells.make_shell()
    cells.silence_figures()
    rehearsal.rehearse(shell)
    # objects that live for ever are neither scanned nor copied in the children
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    return shell


def _attend(control: socket.socket, place: Path, rules: list[int], ground: Ground, shell: Shell) -> None:
    """Answer requests until the socket closes; `rules` is the descriptor of the ruleset, or nothing."""
    from graders.isolation import landlock, rubbish, view

    # a name that can't be guessed, for those who can ask
    folder = None if ground.machine.view else Path(tempfile.mkdtemp(prefix="vaegan-", dir=place))
    try:
        if folder:
            folder.chmod(0o711)
        for ruleset in rules:
            landlock.allow(ruleset, folder or view.HOME.parent, landlock.WRITE)
        offered = {"machine": asdict(ground.machine), "folder": folder and str(folder)}
        control.send(json.dumps(offered).encode())
        _serve(control, place, folder, rules, ground, shell)
    finally:
        if folder:
            rubbish.remove(folder)


def _serve(
    control: socket.socket, place: Path, folder: Path | None, rules: list[int], ground: Ground, shell: Shell
) -> None:
    from graders.isolation import rubbish, view

    while True:
        body, descriptors, _, _ = socket.recv_fds(control, REQUEST, 2)
        if not body:
            return
        request = json.loads(body)
        if request["op"] == "reap":
            status = _reap(request["pid"], request["patience"])
            if folder:
                rubbish.empty(folder)
            control.send(json.dumps({"status": status}).encode())
            continue
        if request["op"] == "twin":
            if os.fork() == 0:
                _become_twin(control, place, rules, descriptors, ground, shell)
        else:
            home = folder / secrets.token_hex(16) if folder else view.HOME
            if folder:
                home.mkdir(mode=0o700)
            pid = os.fork()
            if pid == 0:
                _become_child(request, descriptors[0], home, rules, ground, shell)
            control.send(json.dumps({"pid": pid, "home": str(home)}).encode())
        for descriptor in descriptors:
            os.close(descriptor)


def _become_twin(
    control: socket.socket,
    place: Path,
    old_rules: list[int],
    descriptors: list[int],
    ground: Ground,
    shell: Shell,
) -> None:
    """Serve another socket, in another folder and with other rules; never returns."""
    try:
        os.dup2(descriptors[0], control.fileno())
        for descriptor in (descriptors[0], *old_rules):
            os.close(descriptor)
        _attend(control, place, descriptors[1:], ground, shell)
    finally:
        os._exit(0)


def _reap(pid: int, patience: float) -> int:
    """The exit code of a child, negative for a signal; what does not end within `patience` seconds is killed."""
    exit_of = os.pidfd_open(pid)
    try:
        if patience:
            select.select([exit_of], [], [], patience)
        os.kill(pid, signal.SIGKILL)
    finally:
        os.close(exit_of)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _become_child(
    request: dict[str, Any],
    channel: int,
    home: Path,
    rules: list[int],
    ground: Ground,
    shell: Shell,
) -> None:
    """Confine this process and serve one submission in it; never returns."""
    from graders.isolation import confinement, student
    from graders.isolation.channel import Channel
    from graders.isolation.limits import Limits

    try:
        limits = Limits(**request["limits"])
        if channel != confinement.CHANNEL:
            rules = [os.dup(descriptor) for descriptor in rules]
            ground = replace(ground, proc=os.dup(ground.proc))
            os.dup2(channel, confinement.CHANNEL)
        connection = Channel(socket.socket(fileno=confinement.CHANNEL), limits.message)
        try:
            # where the kernel shares a core between sessions first, many threads get no more of it than one
            os.setsid()
            if request["core"] is not None:
                os.sched_setaffinity(0, {request["core"]})
            user = confinement.user_for(os.getpid(), ground)
            if user is not None and not ground.machine.view:
                os.chown(home, user, user)
            confinement.confine(limits, home, rules, request["level"], user, ground)
        except Exception:
            connection.send({"failed": traceback.format_exc(limit=-2)})
            os._exit(1)
        sys.path.append(str(home))
        served = student.Student(connection, shell)
        connection.send({"ready": request["level"]})
        served.serve()
    except BaseException:
        os._exit(1)
    os._exit(0)
