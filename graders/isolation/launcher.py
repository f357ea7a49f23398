"""The trusted end of the zygote: start it, have it fork children, have it bury them."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import graders
from graders.isolation import confinement, rubbish, view
from graders.isolation.channel import Channel, ChannelClosed, ChannelTimeout, ChannelViolation
from graders.isolation.levels import FULL, NONE, REDUCED, Capabilities
from graders.isolation.limits import Limits

_REPLY = 1 << 16
_RANK = {NONE: 0, REDUCED: 1, FULL: 2}
# room for a matrix of 200 by 200, so that one end writes while the other works
_BUFFER = 1 << 20
# -I ignores PYTHONPATH, which in a grading container is what leads to this package
_START = "import sys; sys.path.insert(0, sys.argv[2]); from graders.isolation.zygote import main; main()"
_START_SECONDS = 60.0
_END_SECONDS = 5.0


class SandboxError(Exception):
    """The sandbox could not be set up, which is never the student's fault."""


@dataclass(frozen=True)
class Child:
    """A confined process that waits for cells."""

    pid: int
    channel: Channel
    home: Path
    """Its own folder; where it has a view of its own, nobody else sees it."""


class Launcher:
    """A zygote of one's own. Not to be shared between threads or processes."""

    def __init__(
        self,
        limits: Limits,
        hidden: Sequence[Path] = (),
        level: str | None = None,
        twin_of: Launcher | None = None,
        core: int | None = None,
    ) -> None:
        """Start a zygote, whose children can read no file that is `hidden`; `level` None is the best to be had.

        Children run on one core if it is given, so that not even the worst of them takes another's time. To copy
        another launcher's zygote, which may belong to the parent of this process, takes a hundredth of the time
        that a new one does. `SandboxError` when there is no zygote to copy.
        """
        self.limits = limits
        self._wanted, self._core = level, core
        self._process: subprocess.Popen[bytes] | None = None
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(_START_SECONDS)
        ours = Path(graders.__file__).resolve().parent
        secrets = [ours, ours.parent / "solutions", *hidden]
        with theirs, _ruleset(secrets) as rules:
            try:
                if twin_of is None:
                    self._process = _start(theirs, ours.parent)
                    with _written(view.plan(secrets)) as plan:
                        self._send({"view": level != NONE, "fonts": font_cache()}, [plan, *rules])
                else:
                    twin_of._send({"op": "twin"}, [theirs.fileno(), *rules])
            except SandboxError:
                self.close()
                raise

    @cached_property
    def _hello(self) -> dict[str, Any]:
        """The zygote's first message, which takes a second to come."""
        try:
            return self._receive()
        except SandboxError:
            self.close()
            raise

    @cached_property
    def machine(self) -> Capabilities:
        """What this machine offers."""
        return Capabilities(**self._hello["machine"])

    @cached_property
    def level(self) -> str:
        """How children are confined."""
        level = self._wanted or self.machine.level
        if _RANK[level] > _RANK[self.machine.level]:
            self.close()
            raise SandboxError(f"level {level} can't be had here: {self.machine}")
        return level

    def wait(self) -> None:
        """Return when the zygote is ready; until then there may be something else to do."""
        _ = self.level

    def fork(self) -> Child:
        """A new child, confined and ready."""
        level = self.level
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        with theirs:
            request = {"op": "fork", "limits": asdict(self.limits), "level": level, "core": self._core}
            answer = self._ask(request, [theirs.fileno()])
        child = Child(answer["pid"], Channel(ours, self.limits.message), Path(answer["home"]))
        try:
            hello = child.channel.receive().message
        except (ChannelClosed, ChannelTimeout, ChannelViolation) as error:
            self.bury(child)
            raise SandboxError("a child ended before it was confined") from error
        if hello.get("ready") != level:
            self.bury(child)
            raise SandboxError(f"a child could not be confined: {str(hello.get('failed'))[-1000:]}")
        return child

    def bury(self, child: Child, patience: float = 0.0) -> int:
        """Kill a child, unless it ends by itself in `patience` seconds; its exit code, negative for a signal."""
        child.channel.close()
        status = self._ask({"op": "reap", "pid": child.pid, "patience": patience})["status"]
        assert isinstance(status, int)
        return status

    def close(self) -> None:
        """End the zygote and all that it forked."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)
            self._control.settimeout(_END_SECONDS)
            while self._control.recv(_REPLY):
                pass  # what it had to say before it saw the end
        self._control.close()
        if self._process is not None:
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        # where it could not do so itself
        if folder := self.__dict__.get("_hello", {}).get("folder"):
            with contextlib.suppress(OSError):
                rubbish.remove(Path(folder))

    def __enter__(self) -> Launcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> dict[str, Any]:
        self._send(message, descriptors)
        return self._receive()

    def _send(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        try:
            socket.send_fds(self._control, [json.dumps(message).encode()], descriptors)
        except OSError as error:
            raise SandboxError("the zygote does not answer") from error

    def _receive(self) -> dict[str, Any]:
        try:
            body = self._control.recv(_REPLY)
        except OSError as error:
            raise SandboxError("the zygote does not answer") from error
        if not body:
            code = f" (exit code {self._process.wait()})" if self._process else ""
            raise SandboxError(f"the zygote has ended{code}")
        answer = json.loads(body)
        assert isinstance(answer, dict)
        if "failed" in answer:
            raise SandboxError(f"the zygote failed: {answer['failed']}")
        return answer


@contextlib.contextmanager
def _written(plan: view.Plan) -> Iterator[int]:
    """A descriptor of the plan of a view, to be sent to a zygote."""
    with tempfile.TemporaryFile() as file:
        file.write(plan.dump().encode())
        file.seek(0)
        yield file.fileno()


@contextlib.contextmanager
def _ruleset(hidden: Sequence[Path]) -> Iterator[list[int]]:
    """The descriptor of what children may do, to be sent to a zygote; nothing where there is no Landlock."""
    rules = confinement.ruleset(hidden)
    descriptors = [rules.descriptor] if rules else []
    try:
        yield descriptors
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _start(control: socket.socket, packages: Path) -> subprocess.Popen[bytes]:
    """A new interpreter with an empty environment and one socket."""
    return subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-c", _START, tempfile.gettempdir(), str(packages)],
        stdin=control.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )


def font_cache() -> str | None:
    """Where this user's matplotlib keeps its list of fonts, which takes a second to make anew."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("MPLCONFIGDIR") or cache / "matplotlib")
    return str(folder) if any(folder.glob("fontlist-*.json")) and os.access(folder, os.W_OK) else None
