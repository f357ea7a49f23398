"""One submission, from the trusted side: its cells run in a child, its names answer requests.

A child that hangs, crashes, floods or lies about the protocol is killed. What it was doing is recorded as lost,
and the next request makes a new child that replays the cells, without what is lost, up to the same point.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graders.isolation import rubbish, wire
from graders.isolation.channel import ChannelClosed, ChannelTimeout, ChannelViolation, Message
from graders.isolation.launcher import Child, Launcher
from graders.isolation.outcomes import Outcome, StudentError, Unusable, category, error_type

Resolve = Callable[[tuple[int, str]], Any]

_POST_MORTEM = 2.0
_WARNINGS = 100
_ENOUGH = 4 << 20  # bytes of arguments that are sent at once
# the number of a function that is known by its name, and so survives its process
BY_NAME = -1


@dataclass(frozen=True)
class CellOutcome:
    """How a cell ended. `lost` says why, where the process had to be ended; the rest is as Python tells it."""

    error: str | None = None
    text: str = ""
    line: int | None = None
    output: str = ""
    cut: bool = False
    """The notebook printed more than it may."""
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
        self._longest = max((cell.count("\n") + 1 for cell in self.cells), default=0)
        self._child: Child | None = None
        self._at = _Position()
        self._asked = self._cell_request = 0
        self._spent = 0.0
        self._received = self._printed = 0
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

    def fetch(self, names: Sequence[str], resolve: Resolve) -> dict[str, Outcome]:
        """The values of names; the error is `KeyError` where there is none, `Unusable` where it was lost."""
        found: dict[str, Outcome] = {}
        while len(found) < len(names):
            found |= {name: self._unusable(name) for name in names if name in self.lost}
            rest = [name for name in names if name not in found]
            try:
                for name, reply in zip(rest, self._requests({"op": "get", "names": rest}, rest), strict=False):
                    found[name] = self._fetched(name, *reply, resolve)
            except _Lost as lost:
                found |= {name: Outcome(error=Unusable(lost.reason)) for name in rest}
        return found

    def call(
        self,
        target: tuple[int, str],
        calls: Sequence[tuple[Sequence[Any], Mapping[str, Any]]],
        resolve: Resolve,
        errors: Mapping[str, str] | None,
        refer: wire.Refer,
    ) -> list[Outcome]:
        """Call a function of the student with each of the arguments and keywords.

        After a call that hangs or crashes there are no others: its error and theirs is `Unusable`.
        """
        name, outcomes = target[1], list[Outcome]()
        while len(outcomes) < len(calls) and name not in self.lost:
            written, data = _written(calls[len(outcomes) :], refer)
            message = {"op": "call", "target": list(target), "calls": written, "errors": errors}
            try:
                for reply in self._requests(message, [name] * len(written), data):
                    outcomes.append(self._called(name, *reply, len(calls[len(outcomes)][0]), resolve))
            except _Lost as lost:
                return outcomes + [Outcome(error=Unusable(lost.reason))] * (len(calls) - len(outcomes))
        return outcomes + [self._unusable(name) for _ in calls[len(outcomes) :]]

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
        output = str(message.get("output", ""))[: max(self._limits.output + 100 - self._printed, 0)]
        self._printed += len(output)
        return CellOutcome(
            error=None if message.get("error") is None else str(message["error"])[:100],
            text=str(message.get("text", ""))[:2000],
            line=self._line(message),
            output=output,
            cut=message.get("cut") is True,
        )

    def _start(self, number: int) -> Message:
        request = {"op": "cell", "source": self.cells[number], "seed": self.seed}
        try:
            return self._exchange(request, self._limits.cell_seconds)
        except ValueError:
            raise _Lost("it is too long to be run") from None

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

    def _requests(
        self, message: Message, names: Sequence[str], data: bytes | bytearray = b""
    ) -> Iterator[tuple[Message, bytes]]:
        """Ask about names: a reply for each up to the first that hangs or crashes, which is then lost.

        `_Lost` when there is no process to ask.
        """
        replied = 0
        if names:
            self._alive()
        try:
            for reply in self._ask(message, self._limits.call_seconds, data, len(names)):
                yield reply
                replied += 1
        except _Lost as lost:
            self.lost[names[replied]] = f"{names[replied]}: {lost.reason}"

    def _line(self, reply: Message) -> int | None:
        """The line of an error, if there is a cell that has so many."""
        line = reply.get("line")
        return line if type(line) is int and 0 < line <= self._longest else None

    def _unusable(self, name: str) -> Outcome:
        return Outcome(error=Unusable(self.lost[name]))

    def _fetched(self, name: str, reply: Message, data: bytes, resolve: Resolve) -> Outcome:
        if reply.get("missing") is True:
            return Outcome(error=KeyError(name))
        if "error" in reply:
            return Outcome(error=self._raised(name, reply))
        return Outcome(*_decoded(name, reply.get("value"), wire.Reader(data, resolve)))

    def _raised(self, name: str, reply: Message) -> Exception:
        """The exception that a reply tells of, marked as the student's, whatever its type and its text say."""
        # the child may lie: a type that both ends know can tell nothing but itself
        error = error_type(reply["error"])(_text(reply))
        told = StudentError(name, type(error).__name__, _text(reply), self._line(reply))
        error.student = told  # type: ignore[attr-defined]
        return error

    def _called(self, name: str, reply: Message, data: bytes, arguments: int, resolve: Resolve) -> Outcome:
        reader = wire.Reader(data, resolve)
        value, error = None, None
        if "error" in reply:
            error = self._raised(name, reply)
        else:
            value, error = _decoded(name, reply.get("value"), reader)
        changed = []
        for index, sent in _pairs(reply.get("changed"), arguments):
            now, fault = _decoded(name, sent, reader)
            error = error or fault
            if type(index) is int and 0 <= index < arguments:
                changed.append((index, now))
        told = tuple((category(item[0]), str(item[1])[:500]) for item in _pairs(reply.get("warnings"), _WARNINGS))
        return Outcome(value, error, told, tuple(changed))

    def _exchange(self, message: Message, seconds: float) -> Message:
        """Send a request and wait for its reply, or for a check; `_Lost` when there is none."""
        ((reply, _),) = self._ask(message, seconds)
        return reply

    def _ask(
        self, message: Message, seconds: float, data: bytes | bytearray = b"", replies: int = 1
    ) -> Iterator[tuple[Message, bytes]]:
        """Send a request and wait for its replies, `seconds` at most for each; `_Lost` when there is none."""
        if message["op"] == "resume":
            expected = self._cell_request
        else:
            expected = self._asked + 1
            self._asked += replies
            message = {**message, "id": expected}
        if message["op"] == "cell":
            self._cell_request = expected
        yield self._turn(message, data, expected, seconds)
        for number in range(1, replies):
            yield self._turn(None, b"", expected + number, seconds, of=message["op"])

    def _turn(
        self, message: Message | None, data: bytes | bytearray, expected: int, seconds: float, of: str = ""
    ) -> tuple[Message, bytes]:
        """Send a message, if there is one, and wait for the reply of this number."""
        assert self._child is not None
        channel, op = self._child.channel, message["op"] if message else of
        left = 2 * self._limits.notebook_seconds - self._spent
        if self._generation == 1:
            left = self._limits.notebook_seconds - self._spent
        if left <= 0:
            raise self._end(f"the notebook took longer than {self._limits.notebook_seconds:g} s")
        if self._received > self._limits.replies:
            raise self._end(f"the notebook sent more than {self._limits.replies >> 20} MiB")
        start = time.monotonic()
        before = channel.received
        deadline = start + min(seconds, left)
        try:
            if message:
                channel.send(message, deadline, data)
            reply, more = channel.receive(deadline, self._watch_files)
            if op in ("cell", "resume"):
                self._watch_files()
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
            self._received += channel.received - before
        if "check" not in reply and reply.get("id") != expected:
            raise self._end("it wrote to the grader's channel (a reply that nobody asked for)")
        if "check" in reply and op not in ("cell", "resume"):
            raise self._end("it wrote to the grader's channel (a check out of place)")
        return reply, more

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


def _decoded(name: str, value: Any, reader: wire.Reader) -> tuple[Any, Exception | None]:
    try:
        return reader.read(value), None
    except wire.WireError as error:
        return None, ValueError(f"{name} gave what can't be read: {error}")


def _written(
    calls: Sequence[tuple[Sequence[Any], Mapping[str, Any]]], refer: wire.Refer
) -> tuple[list[list[Any]], bytearray]:
    """The arguments of the first calls, as many as fit into one message."""
    writer, written = wire.Writer(refer), list[list[Any]]()
    for arguments, keywords in calls:
        if written and len(writer.data) > _ENOUGH:
            break
        written.append(
            [
                [writer.write(argument) for argument in arguments],
                {key: writer.write(value) for key, value in keywords.items()},
            ]
        )
    return written, writer.data


def _pairs(data: Any, at_most: int) -> list[Any]:
    listed = data[:at_most] if isinstance(data, list) else []
    return [item for item in listed if isinstance(item, list) and len(item) == 2]


def _text(reply: Message) -> str:
    return str(reply.get("text", ""))[:2000]
