"""A function called for many arguments, in processes that are replaced when a call never ends or kills them."""

from __future__ import annotations

import os
import resource
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import connection, get_context
from typing import Any, TypeVar

WORKERS = 2
TIME_LIMIT = 30.0
MEMORY_LIMIT = 4 << 30

Argument = TypeVar("Argument")
Result = TypeVar("Result")


def outcomes(
    function: Callable[[Argument], Result], arguments: Sequence[Argument], *, time_limit: float = TIME_LIMIT
) -> list[Result | None]:
    """What the function, at the top of a module, returns for each argument; None where the call came to no end.

    Raises `RuntimeError` where the function raises.
    """
    results: list[Result | None] = [None] * len(arguments)
    waiting = iter(range(len(arguments)))
    workers = [_Worker(function, time_limit) for _ in range(min(WORKERS, len(arguments)))]
    try:
        for worker in workers:
            worker.give(waiting, arguments)
        while busy := [worker for worker in workers if worker.current is not None]:
            for worker in busy:
                if worker.is_done():
                    assert worker.current is not None
                    results[worker.current] = worker.result
                    worker.give(waiting, arguments)
            connection.wait([worker.channel for worker in workers if worker.current is not None], timeout=1)
    finally:
        for worker in workers:
            worker.stop()
    return results


class _Worker:
    """One process, and the call that it is at."""

    def __init__(self, function: Callable[..., Any], time_limit: float) -> None:
        self.current: int | None = None
        self.result: Any = None
        self._function = function
        self._time_limit = time_limit
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")
        self.channel, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._function), daemon=True)
        before = dict(os.environ)
        os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MPLBACKEND="agg")
        os.environ.pop("VAEGAN_SEED", None)
        try:
            self._process.start()
        finally:
            os.environ.clear()
            os.environ.update(before)
        theirs.close()
        # The time for the imports is not the call's.
        self.channel.recv()

    def give(self, waiting: Iterator[int], arguments: Sequence[Any]) -> None:
        """Start the next call, if there is one."""
        self.current = next(waiting, None)
        if self.current is not None:
            self.channel.send(arguments[self.current])
            self._since = time.monotonic()

    def is_done(self) -> bool:
        """Whether the current call has ended, in whatever way; `result` is what it returned."""
        try:
            if self.channel.poll():
                error, self.result = self.channel.recv()
                if error:
                    raise RuntimeError(f"call {self.current} failed:\n{error}")
                return True
        except (EOFError, OSError):
            pass
        else:
            if time.monotonic() - self._since < self._time_limit:
                return False
        self.result = None
        self.stop()
        self._start()
        return True

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.join()
        self.channel.close()


def _serve(channel: connection.Connection, function: Callable[[Any], Any]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    channel.send("ready")
    while True:
        try:
            argument = channel.recv()
        except EOFError:
            return
        try:
            answer = ("", function(argument))
        except Exception:
            answer = (traceback.format_exc(), None)
        channel.send(answer)
