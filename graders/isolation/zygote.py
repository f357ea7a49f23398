"""The zygote: a clean interpreter that has everything imported and forks a child for each request.

Started as `python -I -X utf8 -c … FOLDER PACKAGES` with an empty environment: descriptor 0 is its one socket,
FOLDER the one for temporary files, PACKAGES where this package is. It reads requests and answers each:

    {"op": "fork", "limits", "level"} and one descriptor, the child's channel    → {"pid", "home"}
    {"op": "reap", "pid", "patience"}                                             → {"status"}
    {"op": "twin", "folder"} and two descriptors, the socket of the twin and its ruleset → nothing here

Its first message has the folder in which children get theirs, and a descriptor: Landlock's ruleset, made by the
trusted process, so that what children must not read is not even known here by name. Its answer tells what the
machine offers. A twin is a zygote for another process of the grader: a copy of this one, with another folder and
another ruleset, that begins with the same answer on its own socket.

It ends, and removes that folder, when the socket closes, because the trusted process is done or because it was
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
    body, descriptors, _, _ = socket.recv_fds(control, REQUEST, 1)
    settings = json.loads(body)
    try:
        with tempfile.TemporaryDirectory(prefix="vaegan-", dir=sys.argv[1]) as home:
            os.environ.update(_OWN_VARIABLES, HOME=home, IPYTHONDIR=home)
            os.environ["MPLCONFIGDIR"] = settings["fonts"] or home
            shell = _rehearsed()
        _attend(control, Path(settings["folder"]), descriptors, shell)
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


def _attend(control: socket.socket, folder: Path, rules: list[int], shell: Shell) -> None:
    """Answer requests until the socket closes; `rules` is the descriptor of the ruleset, or nothing."""
    from graders.isolation import rubbish

    try:
        _serve(control, folder, rules, shell)
    finally:
        rubbish.remove(folder)


def _serve(control: socket.socket, folder: Path, rules: list[int], shell: Shell) -> None:
    from graders.isolation import confinement, rubbish

    folder.chmod(0o711)
    machine = confinement.capabilities()
    control.send(json.dumps(asdict(machine)).encode())
    count = 0
    while True:
        body, descriptors, _, _ = socket.recv_fds(control, REQUEST, 2)
        if not body:
            return
        request = json.loads(body)
        if request["op"] == "reap":
            status = _reap(request["pid"], request["patience"])
            rubbish.empty(folder)
            control.send(json.dumps({"status": status}).encode())
            continue
        if request["op"] == "twin":
            if os.fork() == 0:
                _become_twin(control, Path(request["folder"]), rules, descriptors, shell)
        else:
            count += 1
            home = folder / f"{count}"
            home.mkdir(mode=0o700)
            pid = os.fork()
            if pid == 0:
                _become_child(request, descriptors[0], home, rules, machine, shell)
            control.send(json.dumps({"pid": pid, "home": str(home)}).encode())
        for descriptor in descriptors:
            os.close(descriptor)


def _become_twin(
    control: socket.socket, folder: Path, old_rules: list[int], descriptors: list[int], shell: Shell
) -> None:
    """Serve another socket, in another folder and with other rules; never returns."""
    try:
        os.dup2(descriptors[0], control.fileno())
        for descriptor in (descriptors[0], *old_rules):
            os.close(descriptor)
        _attend(control, folder, descriptors[1:], shell)
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
    machine: Capabilities,
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
            os.dup2(channel, confinement.CHANNEL)
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
        served = student.Student(connection, shell)
        connection.send({"ready": request["level"]})
        served.serve()
    except BaseException:
        os._exit(1)
    os._exit(0)
