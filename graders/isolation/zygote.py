"""The zygote: a clean interpreter that has everything imported and forks a child for each request.

Started as `python -I -X utf8 -c … FOLDER PACKAGES` with an empty environment: descriptor 0 is its one socket,
FOLDER the one for temporary files, PACKAGES where this package is. It reads requests and answers each:

    {"op": "fork", "limits", "level"} and one descriptor, the child's channel    → {"pid", "home"}
    {"op": "reap", "pid", "patience"}                                             → {"status"}

Its first message has the paths that children must not read; its answer tells what the machine offers.

It ends, with its folder, when the socket closes, be it because the trusted process is done or because it was
killed.
"""

from __future__ import annotations

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
    folder = Path(tempfile.mkdtemp(prefix="vaegan-", dir=sys.argv[1]))
    os.environ.update(_OWN_VARIABLES, HOME=str(folder), MPLCONFIGDIR=settings["fonts"] or str(folder))
    os.environ["IPYTHONDIR"] = str(folder)
    try:
        _serve(control, settings, folder)
    except Exception:
        control.send(json.dumps({"failed": traceback.format_exc(limit=-3)}).encode())
        raise
    finally:
        from graders.isolation import rubbish

        rubbish.remove(folder)


def _serve(control: socket.socket, settings: dict[str, Any], folder: Path) -> None:
    from graders.isolation import cells, confinement, rehearsal, rubbish

    sys.path.remove(sys.argv[2])
    shell = cells.make_shell()
    cells.silence_figures()
    rehearsal.rehearse(shell)
    rubbish.empty(folder)
    folder.chmod(0o711)
    machine = confinement.capabilities()
    rules = confinement.ruleset(folder, [Path(path) for path in settings["hidden"]])
    # objects that live for ever are neither scanned nor copied in the children
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
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
            continue
        count += 1
        home = folder / f"{count}"
        home.mkdir(mode=0o700)
        pid = os.fork()
        if pid == 0:
            _become_child(request, descriptors[0], home, rules, machine, shell)
        os.close(descriptors[0])
        control.send(json.dumps({"pid": pid, "home": str(home)}).encode())


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
