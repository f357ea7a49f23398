"""The zygote: a clean interpreter that has everything imported and forks a child for each request.

Started as `python -I -X utf8 -c … FOLDER PACKAGES` with an empty environment: descriptor 0 is its one socket,
FOLDER the one for temporary files, PACKAGES where this package is. It reads requests and answers each:

    {"op": "fork", "limits", "level"} and one descriptor, the child's channel    → {"pid", "home"}
    {"op": "reap", "pid", "patience"}                                             → {"status"}
    {"op": "twin", "hidden"} and one descriptor, the socket of the twin           → nothing here

Its first message has the paths that children must not read; its answer tells what the machine offers. A twin is a
zygote for another process of the grader: a copy of this one, with a folder of its own, that begins with the same
answer on its own socket.

It ends, with its folder, when the socket closes, be it because the trusted process is done or because it was
killed; before that it waits for its twins.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import tempfile
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graders.isolation.cells import Shell
    from graders.isolation.confinement import Capabilities
    from graders.isolation.landlock import Ruleset

REQUEST = 1 << 16
_OWN_VARIABLES = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "MALLOC_ARENA_MAX": "2",
}


def main() -> None:
    """Serve until the trusted process closes the socket."""
    from graders.isolation import kernel

    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.keep_freed_memory()
    control = socket.socket(fileno=0)
    settings = json.loads(control.recv(REQUEST))
    try:
        with tempfile.TemporaryDirectory(prefix="vaegan-", dir=sys.argv[1]) as folder:
            os.environ.update(_OWN_VARIABLES, HOME=folder, IPYTHONDIR=folder)
            os.environ["MPLCONFIGDIR"] = settings["fonts"] or folder
            shell = _rehearsed()
        _attend(control, settings["hidden"], shell)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.wait()
    except Exception:
        control.send(json.dumps({"failed": traceback.format_exc(limit=-3)}).encode())
        raise


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


def _attend(control: socket.socket, hidden: list[str], shell: Shell) -> None:
    """Answer requests until the socket closes, with a folder for the children's own."""
    from graders.isolation import rubbish

    folder = Path(tempfile.mkdtemp(prefix="vaegan-", dir=sys.argv[1]))
    try:
        _serve(control, hidden, shell, folder)
    finally:
        rubbish.remove(folder)


def _serve(control: socket.socket, hidden: list[str], shell: Shell, folder: Path) -> None:
    from graders.isolation import confinement, rubbish

    folder.chmod(0o711)
    machine = confinement.capabilities()
    rules = confinement.ruleset(folder, [Path(path) for path in hidden])
    control.send(json.dumps({"ready": True, **asdict(machine), "folder": str(folder)}).encode())
    count = 0
    while True:
        body, descriptors, _, _ = socket.recv_fds(control, REQUEST, 1)
        if not body:
            return
        request = json.loads(body)
        if request["op"] == "reap":
            status = _reap(request["pid"], request["patience"])
            rubbish.empty(folder)
            control.send(json.dumps({"status": status}).encode())
        elif request["op"] == "twin":
            if os.fork() == 0:
                _become_twin(control, descriptors[0], rules, request["hidden"], shell)
            os.close(descriptors[0])
        else:
            count += 1
            home = folder / f"{count}"
            home.mkdir(mode=0o700)
            pid = os.fork()
            if pid == 0:
                _become_child(request, descriptors[0], home, rules, machine, shell)
            os.close(descriptors[0])
            control.send(json.dumps({"pid": pid, "home": str(home)}).encode())


def _become_twin(
    control: socket.socket, descriptor: int, rules: Ruleset | None, hidden: list[str], shell: Shell
) -> None:
    """Serve another socket, with other rules; never returns."""
    try:
        os.dup2(descriptor, control.fileno())
        os.close(descriptor)
        if rules is not None:
            os.close(rules.descriptor)
        _attend(control, hidden, shell)
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
    rules: Ruleset | None,
    machine: Capabilities,
    shell: Shell,
) -> None:
    """Confine this process and serve one submission in it; never returns."""
    from graders.isolation import cells, confinement, student
    from graders.isolation.channel import Channel
    from graders.isolation.limits import Limits

    try:
        limits = Limits(**request["limits"])
        if channel != confinement.CHANNEL:
            keep = os.dup(rules.descriptor) if rules else None
            os.dup2(channel, confinement.CHANNEL)
            if rules and keep is not None:
                rules.descriptor = keep
        connection = Channel(socket.socket(fileno=confinement.CHANNEL), limits.message)
        try:
            user = confinement.user_for(os.getpid(), machine)
            if user is not None:
                os.chown(home, user, user)
            confinement.confine(limits, home, rules, request["level"], user)
        except Exception:
            connection.send({"failed": traceback.format_exc(limit=-2)})
            os._exit(1)
        sys.path.append(str(home))
        served = student.Student(connection, shell, cells.Output(limits.output))
        connection.send({"ready": request["level"]})
        served.serve()
    except BaseException:
        os._exit(1)
    os._exit(0)
