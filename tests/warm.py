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
    with tempfile.TemporaryDirectory() as folder:
        # by their paths, since descriptors don't travel
        places = [Path(folder) / name for name in ("stdout", "stderr")]
        process = _context.Process(target=_command, args=(given, cwd, dict(environment), places))
        process.start()
        process.join()
        said = [place.read_text(encoding="utf-8") for place in places]
    assert process.exitcode is not None
    return subprocess.CompletedProcess(["vaegan", *given], process.exitcode, *said)


def _command(arguments: list[str], cwd: Path, environment: dict[str, str], places: list[Path]) -> None:
    for descriptor, place in enumerate(places, start=1):
        with place.open("ab") as opened:
            os.dup2(opened.fileno(), descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["vaegan", *arguments]
    from graders.cli import main

    main()
