"""The trusted end of the zygote: start it, have it fork children, have it bury them."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import graders
from graders.isolation import rubbish
from graders.isolation.channel import Channel, ChannelClosed, ChannelTimeout, ChannelViolation
from graders.isolation.confinement import FULL, NONE, REDUCED, Capabilities
from graders.isolation.limits import Limits

_REPLY = 1 << 16
_RANK = {NONE: 0, REDUCED: 1, FULL: 2}
# room for a matrix of 200 by 200, so that one end writes while the other works
_BUFFER = 1 << 20
# -I ignores PYTHONPATH, which in a grading container is what leads to this package
_START = "import sys; sys.path.insert(0, sys.argv[2]); from graders.isolation.zygote import main; main()"
_START_SECONDS = 60.0


class SandboxError(Exception):
    """The sandbox could not be set up, which is never the student's fault."""


@dataclass(frozen=True)
class Child:
    """A confined process that waits for cells."""

    pid: int
    channel: Channel
    home: Path


class Launcher:
    """A zygote of one's own. Not to be shared between threads or processes."""

    def __init__(self, limits: Limits, hidden: Sequence[Path] = (), level: str | None = None) -> None:
        """Start a zygote, whose children can read no file that is `hidden`; `level` None is the best to be had."""
        self.limits = limits
        ours = Path(graders.__file__).resolve().parent
        packages = ours.parent
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", _START, tempfile.gettempdir(), str(packages)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
        secrets = [str(path) for path in (ours, packages / "solutions", *map(Path.resolve, hidden))]
        self._folder: Path | None = None
        self._control.settimeout(_START_SECONDS)
        try:
            answer = self._ask({"hidden": secrets, "fonts": _font_cache()})
        except SandboxError:
            self.close()
            raise
        self._folder = Path(answer.pop("folder"))
        answer.pop("ready")
        self.machine = Capabilities(**answer)
        self.level = level or self.machine.level
        if _RANK[self.level] > _RANK[self.machine.level]:
            self.close()
            raise SandboxError(f"level {self.level} can't be had here: {self.machine}")

    def fork(self) -> Child:
        """A new child, confined and ready."""
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        with theirs:
            answer = self._ask(
                {"op": "fork", "limits": asdict(self.limits), "level": self.level}, [theirs.fileno()]
            )
        child = Child(answer["pid"], Channel(ours, self.limits.message), Path(answer["home"]))
        try:
            hello, _ = child.channel.receive()
        except (ChannelClosed, ChannelTimeout, ChannelViolation) as error:
            self.bury(child)
            raise SandboxError("a child ended before it was confined") from error
        if hello.get("ready") != self.level:
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
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._folder is not None:
            with contextlib.suppress(OSError):
                rubbish.remove(self._folder)

    def __enter__(self) -> Launcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> dict[str, Any]:
        try:
            socket.send_fds(self._control, [json.dumps(message).encode()], descriptors)
            body = self._control.recv(_REPLY)
        except OSError as error:
            raise SandboxError("the zygote does not answer") from error
        if not body:
            raise SandboxError(f"the zygote has ended (exit code {self._process.wait()})")
        answer = json.loads(body)
        assert isinstance(answer, dict)
        if "failed" in answer:
            raise SandboxError(f"the zygote failed: {answer['failed']}")
        return answer


def _font_cache() -> str | None:
    """Where this user's matplotlib keeps its list of fonts, which takes a second to make anew."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("MPLCONFIGDIR") or cache / "matplotlib")
    return str(folder) if any(folder.glob("fontlist-*.json")) and os.access(folder, os.W_OK) else None
