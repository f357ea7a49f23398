"""The command line in a process that has imported everything already: the same code, some seconds earlier."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.imported"])


def run(
    arguments: Sequence[object], cwd: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run `vaegan` with these arguments, as `subprocess.run` with captured text would."""
    given = [*map(str, arguments)]
    with tempfile.TemporaryFile("w+b") as out, tempfile.TemporaryFile("w+b") as err:
        # paths of open files, which the other process opens anew: descriptors don't travel
        places = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in (out, err)]
        process = _context.Process(target=_command, args=(given, str(cwd), dict(environment), places))
        process.start()
        process.join()
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode("utf-8"))
    assert process.exitcode is not None
    return subprocess.CompletedProcess(["vaegan", *given], process.exitcode, *said)


def _command(arguments: list[str], cwd: str, environment: dict[str, str], places: list[str]) -> None:
    for descriptor, place in enumerate(places, start=1):
        opened = os.open(place, os.O_RDWR | os.O_APPEND)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["vaegan", *arguments]
    from graders.cli import main

    main()
