"""Frames over a socket: a length, then that many bytes of JSON. The trusted end believes none of it."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

_LENGTH = struct.Struct("!I")
_CHUNK = 1 << 20

Message = dict[str, Any]


class ChannelClosed(Exception):
    """The other end is gone."""


class ChannelViolation(Exception):
    """The other end sent what is no message."""


class ChannelTimeout(Exception):
    """The other end did not answer in time."""


class Channel:
    """One end of a conversation of JSON objects."""

    def __init__(self, sock: socket.socket, cap: int) -> None:
        self._sock = sock
        self._cap = cap

    def send(self, message: Message, deadline: float | None = None) -> None:
        """Send a message; an unreadable other end runs into the deadline."""
        body = json.dumps(message, separators=(",", ":")).encode()
        if len(body) > self._cap:
            raise ValueError(f"a message of {len(body)} bytes is over the limit of {self._cap}")
        view = memoryview(_LENGTH.pack(len(body)) + body)
        try:
            while view:
                self._wait(deadline)
                view = view[self._sock.send(view[:_CHUNK]) :]
        except TimeoutError as late:
            raise ChannelTimeout from late
        except OSError as gone:
            raise ChannelClosed from gone

    def receive(self, deadline: float | None = None, waiting: Callable[[], None] | None = None) -> Message:
        """The next message. `waiting` is called now and then while it does not come, and may raise."""
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline, waiting))
        if length > self._cap:
            raise ChannelViolation(f"a message of {length} bytes is over the limit of {self._cap}")
        body = self._read(length, deadline, waiting)
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ChannelViolation("not JSON") from error
        if not isinstance(message, dict):
            raise ChannelViolation("not a JSON object")
        return message

    def close(self) -> None:
        """Close this end."""
        self._sock.close()

    def _read(self, size: int, deadline: float | None, waiting: Callable[[], None] | None) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            try:
                self._wait(deadline, _POLL if waiting else None)
                part = self._sock.recv(min(size - len(parts), _CHUNK))
            except TimeoutError as late:
                if deadline is not None and time.monotonic() >= deadline:
                    raise ChannelTimeout from late
                if waiting:
                    waiting()
                continue
            except OSError as gone:
                raise ChannelClosed from gone
            if not part:
                raise ChannelClosed
            parts += part
        return bytes(parts)

    def _wait(self, deadline: float | None, at_most: float | None = None) -> None:
        """Set how long the next call on the socket may take."""
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        bounds = [bound for bound in (left, at_most) if bound is not None]
        self._sock.settimeout(min(bounds) if bounds else None)


_POLL = 0.2
