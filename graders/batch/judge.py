"""The process that judges for one worker: it holds no child, and it is watched from outside.

What a submission answered is data, but to read and to judge hostile data may take time and memory. So it is done
in a process that may be killed at any moment: past its limits a person has to look, and the class goes on.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

import graders
from graders.answers import numeric
from graders.batch import autograder as autograders
from graders.batch import judging, planning
from graders.batch.autograder import Autograder
from graders.batch.record import QuestionResult, question_from
from graders.isolation.transcript import unpack

# What one submission may take. A whole tutorial takes a tenth of a second.
PROCESSOR_SECONDS = 30.0
WALL_SECONDS = 180.0
MEMORY = 640 << 20
_POLL = 0.1
# Several times what a worker has, which reads each reply first.
_DEPTH = 5_000
_START = "import sys; sys.path.insert(0, sys.argv[1]); from graders.batch.judge import main; main(*sys.argv[2:])"


class Judge:
    """Judges transcripts in a process of its own, with the seed of when it is made. Use it from one thread."""

    def __init__(self, autograder: Autograder) -> None:
        self._autograder = autograder
        self._seed = numeric.seed()
        self._pid: int | None = None
        self._connection: Connection | None = None

    def judge(self, packed: bytes) -> dict[str, QuestionResult]:
        """The result of each question of a packed transcript; a person has to look at what takes too much."""
        results: dict[str, QuestionResult] = {}
        spent, deadline = 0.0, time.monotonic() + WALL_SECONDS
        while missing := [name for name in self._autograder.tests if name not in results]:
            before = self._processor_seconds()
            try:
                self._ask(packed, results, deadline, before + PROCESSOR_SECONDS - spent)
            except (EOFError, OSError, ValueError, _TooMuch) as error:
                spent += max(self._processor_seconds() - before, 0)
                self.close()
                over = isinstance(error, _TooMuch)
                reason = (
                    "the grader needed too much time" if over else "the grader needed too much memory, or crashed"
                )
                # the others may still be judged, unless nothing is left for them
                waiting = [name for name in missing if name not in results]
                for name in waiting if over else waiting[:1]:
                    results[name] = judging.waiting(self._autograder.tests[name], reason)
        return {name: results[name] for name in self._autograder.tests}

    def start(self) -> None:
        """Start the process, if there is none that waits for work."""
        if self._connection is not None and not self._connection.poll():
            return
        self.close()
        ours, theirs = socket.socketpair()
        with theirs:
            # a fork is ready at once, but of a process with threads it may wait for a lock that nobody holds
            with numeric.seeded(self._seed):
                self._pid = _forked(theirs, self._autograder) if threading.active_count() == 1 else None
            if self._pid is None:
                packages = str(Path(graders.__file__).resolve().parents[1])
                command = [sys.executable, "-c", _START, packages, str(self._autograder.path), str(self._seed)]
                action = (os.POSIX_SPAWN_DUP2, theirs.fileno(), 0)
                self._pid = os.posix_spawn(sys.executable, command, os.environ, file_actions=[action])
        self._connection = Connection(ours.detach())

    def close(self) -> None:
        """End the process."""
        if self._connection is not None:
            self._connection.close()
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
        self._connection = self._pid = None

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, packed: bytes, results: dict[str, QuestionResult], deadline: float, processor: float) -> None:
        """Have everything judged that has no result yet; an exception where the process doesn't get that far."""
        self.start()
        assert self._connection is not None
        self._connection.send_bytes(json.dumps([*results]).encode())
        self._connection.send_bytes(packed)
        while True:
            while not self._connection.poll(_POLL):
                if time.monotonic() > deadline or self._processor_seconds() > processor:
                    raise _TooMuch
            found = json.loads(self._connection.recv_bytes())
            if found is None:
                return
            name, result = found
            results[name] = question_from(result)

    def _processor_seconds(self) -> float:
        """What the process has used up so far."""
        try:
            fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class _TooMuch(Exception):
    pass


def _forked(end: socket.socket, autograder: Autograder) -> int:
    """A copy of this process that judges, and has nothing else of it open."""
    planning.planned(autograder)
    pid = os.fork()
    if pid:
        return pid
    try:
        os.dup2(end.fileno(), 0)
        os.closerange(1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 2)
        _serve(autograder)
    finally:
        os._exit(0)


def main(path: str, seed: str) -> None:
    """Judge for the process at the other end of descriptor 0."""
    with numeric.seeded(int(seed)):
        _serve(autograders.load(Path(path)))


def _serve(autograder: Autograder) -> None:
    """Judge what comes, a submission at a time, until nobody is there any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    plans = planning.questions(autograder).plans
    # where a reply is read again there may be less left for nested lists than where it was let through
    sys.setrecursionlimit(_DEPTH)
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY, mapped + MEMORY))
    connection = Connection(0)
    known: judging.Verdicts = {}
    with contextlib.suppress(EOFError):
        while True:
            done: Sequence[str] = json.loads(connection.recv_bytes())
            transcript = unpack(connection.recv_bytes())
            assert transcript is not None
            # the signal ends this process, also where the one that watches it was killed
            signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS)
            for name, test_file in autograder.tests.items():
                if name not in done:
                    answers, later = transcript.questions[name], transcript.later.get(name)
                    shown = transcript.exhibits.get(name, ())
                    result = judging.judge(test_file, plans[name], answers, known, later=later, shown=shown)
                    connection.send_bytes(json.dumps([name, asdict(result)]).encode())
            signal.setitimer(signal.ITIMER_REAL, 0)
            connection.send_bytes(b"null")
