"""One submission, from the trusted side: its cells run in a child, its names answer requests.

A child that hangs, crashes, floods or lies about the protocol is killed. What it was doing is recorded as lost,
and the next request makes a new child that replays the cells, without what is lost, up to the same point.
"""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graders.isolation import rubbish, wire
from graders.isolation.channel import ChannelClosed, ChannelTimeout, ChannelViolation, Message
from graders.isolation.launcher import Child, Launcher
from graders.isolation.outcomes import StudentError, Unusable, category, error_type

_POST_MORTEM = 2.0
# the number of a function that is known by its name, and so survives its process
BY_NAME = -1


@dataclass(frozen=True)
class CellOutcome:
    """How a cell ended. `lost` says why, where the process had to be ended; the rest is as Python tells it."""

    error: str | None = None
    text: str = ""
    line: int | None = None
    output: str = ""
    lost: str | None = None


@dataclass
class _Position:
    """Where in the notebook the child is: in a cell, at its n-th check (0: not at a check)."""

    cell: int = 0
    check: int = 0


@dataclass
class Session:
    """The names of one submission. Use it from one thread."""

    launcher: Launcher
    cells: Sequence[str]
    files: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    outcomes: dict[int, CellOutcome] = field(default_factory=dict, init=False)
    lost: dict[str, str] = field(default_factory=dict, init=False)
    restarts: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._limits = self.launcher.limits
        self._child: Child | None = None
        self._at = _Position()
        self._requests = self._cell_request = 0
        self._spent = 0.0
        self._generation = 0

    @property
    def generation(self) -> int:
        """The number of the present child; references to callables hold within one."""
        return self._generation

    def run(self, judge: Callable[[str], None]) -> None:
        """Run all cells; `judge` is called with the name of a question whenever a cell asks for its check."""
        for number in range(len(self.cells)):
            self._at = _Position(number)
            try:
                self.outcomes[number] = self._run_cell(number, judge)
            except _Lost as lost:
                self.outcomes[number] = CellOutcome(lost=lost.reason)
        self._at = _Position(len(self.cells))

    def fetch(self, name: str, resolve: Callable[[tuple[int, str]], Any]) -> Any:
        """The value of a name; `KeyError` without one, `StudentError` where it can't be had."""
        reply = self._request({"op": "get", "name": name}, name)
        if reply.get("missing") is True:
            raise KeyError(name)
        if "error" in reply:
            raise error_type(reply["error"])(_text(reply))
        return self._decode(reply.get("value"), name, resolve)

    def call(
        self,
        target: tuple[int, str],
        arguments: Sequence[Any],
        keywords: Mapping[str, Any],
        resolve: Callable[[tuple[int, str]], Any],
        errors: Mapping[str, str] | None,
        refer: Callable[[Any], list[Any] | None],
    ) -> tuple[Any, list[tuple[int, Any]]]:
        """Call a function of the student: its value, and what became of the arguments that it changed.

        Re-emits its warnings, and raises what it raised as the nearest exception that both ends know.
        """
        name = target[1]
        reply = self._request(
            {
                "op": "call",
                "target": list(target),
                "args": [wire.encode(argument, refer) for argument in arguments],
                "kwargs": {key: wire.encode(value, refer) for key, value in keywords.items()},
                "errors": errors,
            },
            name,
        )
        for item in _pairs(reply.get("warnings")):
            warnings.warn(str(item[1])[:500], category(item[0]), stacklevel=3)
        changed = [
            (index, self._decode(value, name, resolve))
            for index, value in _pairs(reply.get("changed"))
            if type(index) is int and 0 <= index < len(arguments)
        ]
        if "error" in reply:
            error = error_type(reply["error"])(_text(reply))
            line = reply.get("line")
            error.student = StudentError(  # type: ignore[attr-defined]
                name, str(reply["error"])[:100], _text(reply), line if type(line) is int else None
            )
            error.changed = changed  # type: ignore[attr-defined]
            raise error
        return self._decode(reply.get("value"), name, resolve), changed

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self.launcher.bury(self._child)
            self._child = None

    def _run_cell(self, number: int, judge: Callable[[str], None]) -> CellOutcome:
        """Run a cell of the notebook, judging where it asks for it."""
        self._alive()
        seen = 0
        message = self._start(number)
        while "check" in message:
            seen += 1
            question = message["check"]
            if not isinstance(question, str) or seen > self._limits.checks:
                raise self._end("it asked for too many checks")
            self._at = _Position(number, seen)
            judge(question)
            self._alive()
            if number in self.outcomes:
                raise _Lost(self.outcomes[number].lost or "")
            message = self._exchange({"op": "resume"}, self._limits.cell_seconds)
        return CellOutcome(
            error=None if message.get("error") is None else str(message["error"])[:100],
            text=str(message.get("text", ""))[:2000],
            line=message["line"] if type(message.get("line")) is int else None,
            output=str(message.get("output", ""))[: self._limits.output + 100],
        )

    def _start(self, number: int) -> Message:
        request = {"op": "cell", "source": self.cells[number], "seed": self.seed}
        return self._exchange(request, self._limits.cell_seconds)

    def _alive(self) -> None:
        """Have a child that is where this session is, whatever of the notebook that takes."""
        while self._child is None:
            if self._generation:
                self.restarts += 1
                if self.restarts > self._limits.restarts:
                    raise _Lost("the process had to be restarted too often")
            self._child = self.launcher.fork()
            self._generation += 1
            for path, data in self.files.items():
                self._exchange({"op": "file", "path": path, "data": data}, self._limits.cell_seconds)
            with contextlib.suppress(_LostAgain):
                self._replay_all()

    def _replay_all(self) -> None:
        """Run what ran before; a cell that does not run again is lost, and everything starts anew without it."""
        for number in range(self._at.cell):
            if not self.outcomes[number].lost:
                self._replay(number, None)
        if self._at.check and self._at.cell not in self.outcomes:
            self._replay(self._at.cell, self._at.check)

    def _replay(self, number: int, check: int | None) -> None:
        """Run a cell that ran before, without judging: to its end, or to its n-th check."""
        seen = 0
        try:
            message = self._start(number)
            while "check" in message:
                seen += 1
                if seen == check:
                    return
                message = self._exchange({"op": "resume"}, self._limits.cell_seconds)
        except _Lost as lost:
            self.outcomes[number] = CellOutcome(lost=f"when it was run again, {lost.reason}")
            raise _LostAgain from lost

    def _request(self, message: Message, name: str) -> Message:
        """Ask about a name; what hung or crashed before is not asked again."""
        if name in self.lost:
            raise Unusable(self.lost[name])
        try:
            self._alive()
        except _Lost as lost:
            raise Unusable(lost.reason) from lost
        try:
            return self._exchange(message, self._limits.call_seconds)
        except _Lost as lost:
            self.lost[name] = f"{name}: {lost.reason}"
            raise Unusable(self.lost[name]) from lost

    def _exchange(self, message: Message, seconds: float) -> Message:
        """Send a request and wait for its reply, or for a check; `_Lost` when there is none."""
        assert self._child is not None
        child = self._child
        left = 2 * self._limits.notebook_seconds - self._spent
        if self._generation == 1:
            left = self._limits.notebook_seconds - self._spent
        if left <= 0:
            raise self._end(f"the notebook took longer than {self._limits.notebook_seconds:g} s")
        start = time.monotonic()
        if message["op"] == "resume":
            expected = self._cell_request
        else:
            self._requests = expected = self._requests + 1
            message = {**message, "id": expected}
        if message["op"] == "cell":
            self._cell_request = expected
        deadline = start + min(seconds, left)
        try:
            child.channel.send(message, deadline)
            reply = child.channel.receive(deadline, self._watch_files)
        except ChannelTimeout:
            if left < seconds:
                raise self._end(f"the notebook took longer than {self._limits.notebook_seconds:g} s") from None
            raise self._end(f"no result after {seconds:g} s: look for an endless loop") from None
        except ChannelClosed:
            raise self._end(None) from None
        except ChannelViolation as error:
            raise self._end(f"it wrote to the grader's channel ({error})") from None
        except _TooManyFiles:
            raise self._end(f"it wrote more than {self._limits.files >> 20} MiB of files") from None
        finally:
            self._spent += time.monotonic() - start
        if "check" not in reply and reply.get("id") != expected:
            raise self._end("it wrote to the grader's channel (a reply that nobody asked for)")
        if "check" in reply and message["op"] not in ("cell", "resume"):
            raise self._end("it wrote to the grader's channel (a check out of place)")
        return reply

    def _watch_files(self) -> None:
        assert self._child is not None
        if rubbish.size(self._child.home, self._limits.files) >= self._limits.files:
            raise _TooManyFiles

    def _end(self, reason: str | None) -> _Lost:
        """Kill the child, for a reason, or for its own, which its exit code tells."""
        assert self._child is not None
        status = self.launcher.bury(self._child, patience=0.0 if reason else _POST_MORTEM)
        self._child = None
        return _Lost(reason or _DEATHS.get(status) or (f"it ended the process (exit code {status})"))

    def _decode(self, data: Any, name: str, resolve: Callable[[tuple[int, str]], Any]) -> Any:
        try:
            return wire.decode(data, resolve)
        except wire.WireError as error:
            raise ValueError(f"{name} gave what can't be read: {error}") from error


_DEATHS = {
    -6: "it crashed (abort)",
    -7: "it crashed (bus error)",
    -9: "it was killed: too much memory, or more processor time than allowed",
    -11: "it crashed (segmentation fault)",
    -24: "it used more processor time than allowed",
    -25: "it wrote too large a file",
    -31: "it made a system call that is not allowed",
}


class _Lost(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _LostAgain(Exception):
    pass


class _TooManyFiles(Exception):
    pass


def _pairs(data: Any) -> list[Any]:
    return [item for item in data if isinstance(item, list) and len(item) == 2] if isinstance(data, list) else []


def _text(reply: Message) -> str:
    return str(reply.get("text", ""))[:2000]
