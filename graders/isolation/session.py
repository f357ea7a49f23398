"""One submission, from the trusted side: its cells run in a child, which answers what the questions ask.

What is asked is fixed beforehand (`plan.py`), and what is answered is only written down: until the child is gone
nobody reads it, so nothing that a submission does can change what it is asked next, or tell it what was right.

A child that hangs, crashes, floods or lies about the protocol is killed. What it was doing is recorded as lost,
and a new child replays the cells, without what is lost, up to the same point, and is asked for the rest.
"""

from __future__ import annotations

import base64
import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graders.isolation import rubbish
from graders.isolation.channel import ChannelClosed, ChannelTimeout, ChannelViolation, Frame, Message
from graders.isolation.clock import Clock
from graders.isolation.launcher import Child, Launcher
from graders.isolation.plan import Plan, Questions
from graders.isolation.stubs import Stubs
from graders.isolation.transcript import Answers, CellOutcome, Reply, Transcript

_POST_MORTEM = 2.0
# how many times its time a request may take where others leave it no core
_STARVED = 20


@dataclass
class _Position:
    """Where in the notebook the child is: in a cell, at its n-th check (0: not at a check)."""

    cell: int = 0
    check: int = 0


@dataclass
class Session:
    """The run of one submission. Use it from one thread."""

    launcher: Launcher
    cells: Sequence[str]
    files: Mapping[str, str] = field(default_factory=dict)
    stubs: Stubs = field(default_factory=dict)
    outcomes: dict[int, CellOutcome] = field(default_factory=dict, init=False)
    answers: dict[str, Answers] = field(default_factory=dict, init=False)
    lost: dict[str, str] = field(default_factory=dict, init=False)
    restarts: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._limits = self.launcher.limits
        self._longest = max((cell.count("\n") + 1 for cell in self.cells), default=0)
        self._child: Child | None = None
        self._at = _Position()
        self._requests = self._cell_request = 0
        self._spent = 0.0
        self._received = 0
        self._generation = 0
        self._checks: Counter[str] = Counter()
        self._told = False
        """Whether a child was sent a hidden input."""
        self._untold: set[str] = set()

    def run(self, questions: Questions) -> Transcript:
        """Run all cells, asking each question where its check stands, then those that were not; end the child.

        A question that is checked again is asked again, and the last answers count. One whose check came before
        something that it needs is asked once more after the last cell: whoever wrote the notebook ran it in
        another order. Only that a name was missing decides it, and the child is told nothing by it.
        """
        try:
            for number in range(len(self.cells)):
                self._at = _Position(number)
                early = not self._checks
                try:
                    outcome = self._run_cell(number, questions)
                except _Lost as lost:
                    outcome = CellOutcome(lost=lost.reason)
                self.outcomes[number] = CellOutcome(
                    outcome.error, outcome.text, outcome.line, outcome.lost, early and not self._checks
                )
            self._at = _Position(len(self.cells))
            for name, plan in questions.plans.items():
                if name not in self.answers:
                    self._ask(name, plan)
            too_early = [name for name in questions.plans if self.answers[name].early]
            if too_early:
                self._run_again()
            later = {name: self.ask(questions.plans[name]) for name in too_early}
        finally:
            self.close()
        cells = tuple(self.outcomes[number] for number in range(len(self.cells)))
        answers = {name: self.answers[name] for name in questions.plans}
        level = self.launcher.level
        losses = tuple(self.lost.values())
        untold = tuple(name for name in answers if name in self._untold)
        return Transcript(questions.digest, level, cells, answers, later, losses, self.restarts, untold)

    def _ask(self, question: str, plan: Plan) -> None:
        """Ask a question; the last answers count."""
        (self._untold.discard if self._told else self._untold.add)(question)
        self.answers[question] = self.ask(plan)

    def ask(self, plan: Plan) -> Answers:
        """The replies to all that a question asks; what hangs or crashes costs its name, and no other.

        Hidden inputs come last where none was sent before, so that the rest is said by somebody who knows none.
        """
        replies: list[Reply | None] = [None] * (len(plan.names) + len(plan.calls))
        asked = [*plan.names, *(call.name for call in plan.calls)]
        while None in replies:
            for index, name in enumerate(asked):
                if name in self.lost and replies[index] is None:
                    replies[index] = Reply(lost=self.lost[name])
            rest = [index for index, reply in enumerate(replies) if reply is None]
            if not rest:
                break
            if not self._told:
                open_ = [
                    index for index in rest if index < len(plan.names) or plan.calls[index - len(plan.names)].open
                ]
                self._told = not open_
                rest = open_ or rest
            names = [asked[index] for index in rest if index < len(plan.names)]
            message, data = plan.message(names, [index - len(plan.names) for index in rest[len(names) :]])
            try:
                for index, reply in zip(
                    rest, self._replies(message, data, [asked[i] for i in rest]), strict=False
                ):
                    replies[index] = reply
            except _Lost as lost:
                replies = [Reply(lost=lost.reason) if reply is None else reply for reply in replies]
        found = [reply for reply in replies if reply is not None]
        return Answers(dict(zip(plan.names, found, strict=False)), tuple(found[len(plan.names) :]))

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self.launcher.bury(self._child)
            self._child = None

    def _run_cell(self, number: int, questions: Questions) -> CellOutcome:
        """Run a cell of the notebook, asking where it checks."""
        self._alive()
        seen = 0
        message = self._start(number)
        while "check" in message:
            seen += 1
            if seen > self._limits.checks:
                raise self._end("it asked for too many checks")
            self._at = _Position(number, seen)
            self._check(message["check"], questions)
            self._alive()
            if number in self.outcomes:
                raise _Lost(self.outcomes[number].lost or "")
            message = self._exchange({"op": "resume"}, self._limits.cell_seconds)
        return CellOutcome(
            error=None if message.get("error") is None else str(message["error"])[:100],
            text=str(message.get("text", ""))[:2000],
            line=self._line(message),
        )

    def _run_again(self) -> None:
        """Run the cells once more that lacked a name, without asking; what they had done by then is done again."""
        for number, outcome in self.outcomes.items():
            if outcome.error == "NameError":
                with contextlib.suppress(_Lost):
                    self._alive()
                    message = self._start(number)
                    while "check" in message:
                        message = self._exchange({"op": "resume"}, self._limits.cell_seconds)

    def _check(self, question: object, questions: Questions) -> None:
        plan = questions.plans.get(question) if isinstance(question, str) else None
        if plan is None or not isinstance(question, str):
            return
        self._checks[question] += 1
        if self._checks[question] <= self._limits.asks:
            self._ask(question, plan)
        else:
            # whoever checks in a loop is asked once more, at the end
            self.answers.pop(question, None)

    def _start(self, number: int) -> Message:
        try:
            return self._exchange({"op": "cell", "source": self.cells[number]}, self._limits.cell_seconds)
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
            if self.stubs:
                self._exchange({"op": "stubs", "stubs": self.stubs}, self._limits.cell_seconds)
            for path, text in self.files.items():
                self._exchange({"op": "file", "path": path}, self._limits.cell_seconds, base64.b64decode(text))
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
        """Run a cell that ran before, without asking: to its end, or to its n-th check."""
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

    def _replies(self, message: Message, data: bytes, names: Sequence[str]) -> Iterator[Reply]:
        """Ask about names: a reply for each up to the first that hangs or crashes, which is then lost.

        `_Lost` when there is no process to ask.
        """
        replied = 0
        if names:
            self._alive()
        try:
            for frame in self._turns(message, self._limits.call_seconds, data, len(names)):
                yield Reply(frame.text, frame.data, early=_early(frame.message))
                replied += 1
        except _Lost as lost:
            self.lost[names[replied]] = f"{names[replied]}: {lost.reason}"

    def _line(self, reply: Message) -> int | None:
        """The line of an error, if there is a cell that has so many."""
        line = reply.get("line")
        return line if type(line) is int and 0 < line <= self._longest else None

    def _exchange(self, message: Message, seconds: float, data: bytes = b"") -> Message:
        """Send a request and wait for its reply, or for a check; `_Lost` when there is none."""
        (frame,) = self._turns(message, seconds, data)
        return frame.message

    def _turns(self, message: Message, seconds: float, data: bytes = b"", replies: int = 1) -> Iterator[Frame]:
        """Send a request and wait for its replies, `seconds` at most for each; `_Lost` when there is none."""
        if message["op"] == "resume":
            expected = self._cell_request
        else:
            expected = self._requests + 1
            self._requests += replies
            message = {**message, "id": expected}
        if message["op"] == "cell":
            self._cell_request = expected
        yield self._turn(message, data, expected, seconds)
        for number in range(1, replies):
            yield self._turn(None, b"", expected + number, seconds, of=message["op"])

    def _turn(self, message: Message | None, data: bytes, expected: int, seconds: float, of: str = "") -> Frame:
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
        watch = _Watch(self._child, min(seconds, left), self._limits.files)
        before = channel.received
        try:
            if message:
                channel.send(message, watch.latest, data)
            frame = channel.receive(watch.latest, watch.look, more=op == "ask")
            if op in ("cell", "resume"):
                watch.look_at_files()
        except (ChannelTimeout, _TooLate):
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
            self._spent += watch.spent
            self._received += channel.received - before
        if "check" not in frame.message and frame.message.get("id") != expected:
            raise self._end("it wrote to the grader's channel (a reply that nobody asked for)")
        if "check" in frame.message and op not in ("cell", "resume"):
            raise self._end("it wrote to the grader's channel (a check out of place)")
        return frame

    def _end(self, reason: str | None) -> _Lost:
        """Kill the child, for a reason, or for its own, which its exit code tells."""
        assert self._child is not None
        status = self.launcher.bury(self._child, patience=0.0 if reason else _POST_MORTEM)
        self._child = None
        return _Lost(reason or _DEATHS.get(status) or "it ended the process")


def _early(message: Message) -> bool:
    """Whether something was not there yet. None of these can be a right answer, so that a lie gains nothing."""
    if "error" in message:
        needs_a_stub = message["error"] == "TypeError" and message.get("untouched") is True
        return message["error"] == "NameError" or needs_a_stub
    return message.get("missing") is True or message.get("value") == ["ellipsis"]


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


class _Watch:
    """Looks at a child now and then while it works on a request: at its time, and at its files."""

    def __init__(self, child: Child, seconds: float, files: int) -> None:
        self._child = child
        self._seconds = seconds
        self._files = files
        self._start = time.monotonic()
        # most requests are done before anybody looks, so that a clock of their own would cost more than they do
        self._clock: Clock | None = None
        self._before = 0.0
        self.latest = self._start + _STARVED * seconds

    def look(self) -> None:
        """Raise where it has used up its time or wrote too much."""
        if self._clock is None:
            self._clock, self._before = Clock(self._child.pid), time.monotonic() - self._start
        if self.spent > self._seconds:
            raise _TooLate
        self.look_at_files()

    def look_at_files(self) -> None:
        """Raise where it wrote too much."""
        if rubbish.size(self._child.home, self._files) >= self._files:
            raise _TooManyFiles

    @property
    def spent(self) -> float:
        """The seconds that count: not those that it waited for a core while others had it."""
        return self._before + self._clock.spent if self._clock else time.monotonic() - self._start


class _TooLate(Exception):
    pass


class _TooManyFiles(Exception):
    pass
