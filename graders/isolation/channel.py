"""Frames over a socket: two lengths, then that many bytes of JSON and of data, such as the entries of arrays.

The trusted end believes none of it.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, NamedTuple

_LENGTHS = struct.Struct("!II")
_CHUNK = 1 << 20
# a list of empty objects takes forty times the memory of its text
_JSON = 4 << 20
# one encoder for all messages: json.dumps makes one each time it is given options
_to_json = json.JSONEncoder(separators=(",", ":")).encode

Message = dict[str, Any]


class Frame(NamedTuple):
    """What came over a channel: a message, the data with it, and the message's text as it came."""

    message: Message
    data: bytes
    text: bytes


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
        self._ahead = bytearray()
        self.received = 0
        """How many bytes of messages have come so far."""

    def send(self, message: Message, deadline: float | None = None, data: bytes | bytearray = b"") -> None:
        """Send a message and the data that belong to it; an unreadable other end runs into the deadline."""
        body = _to_json(message).encode()
        if len(body) > _JSON or len(body) + len(data) > self._cap:
            raise ValueError("a message that is too large")
        view = memoryview(b"".join((_LENGTHS.pack(len(body), len(data)), body, data)))
        try:
            while view:
                self._wait(deadline)
                view = view[self._sock.send(view[:_CHUNK]) :]
        except TimeoutError as late:
            raise ChannelTimeout from late
        except OSError as gone:
            raise ChannelClosed from gone

    def receive(
        self, deadline: float | None = None, waiting: Callable[[], None] | None = None, *, more: bool = False
    ) -> Frame:
        """The next message and its data. `waiting` is called now and then until it comes, and may raise.

        Where it is one of `more` that come one after another, it may wait a moment for the next ones, so that this
        end wakes up once for several.
        """
        if more and len(self._ahead) < _LENGTHS.size:
            time.sleep(_NAP)
        head = self._read(_LENGTHS.size, deadline, waiting)
        length, more = _LENGTHS.unpack(head)
        if length > _JSON or length + more > self._cap:
            raise ChannelViolation("a message that is too large")
        self.received += length + more
        body, data = self._read(length, deadline, waiting), self._read(more, deadline, waiting)
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ChannelViolation("not JSON") from error
        if not isinstance(message, dict):
            raise ChannelViolation("not a JSON object")
        return Frame(message, data, body)

    def close(self) -> None:
        """Close this end."""
        self._sock.close()

    def _read(self, size: int, deadline: float | None, waiting: Callable[[], None] | None) -> bytes:
        """The next `size` bytes; what came with them is kept for the next time."""
        looked = time.monotonic()
        while len(self._ahead) < size:
            # also while something comes, or who sends a byte now and then is never looked at
            if waiting and time.monotonic() - looked >= _POLL:
                waiting()
                looked = time.monotonic()
            try:
                self._wait(deadline, _POLL if waiting else None)
                part = self._sock.recv(min(max(size - len(self._ahead), _AHEAD), _CHUNK))
            except TimeoutError as late:
                if deadline is not None and time.monotonic() >= deadline:
                    raise ChannelTimeout from late
                continue
            except OSError as gone:
                raise ChannelClosed from gone
            if not part:
                raise ChannelClosed
            self._ahead += part
        taken = bytes(self._ahead[:size])
        del self._ahead[:size]
        return taken

    def _wait(self, deadline: float | None, at_most: float | None = None) -> None:
        """Set how long the next call on the socket may take."""
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        bounds = [bound for bound in (left, at_most) if bound is not None]
        self._sock.settimeout(min(bounds) if bounds else None)


_POLL = 0.2
# many replies are small, and come together
_AHEAD = 1 << 16
_NAP = 0.001
