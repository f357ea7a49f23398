"""The child's end: serves the trusted process's requests, one at a time, until the channel closes.

Requests, with the id that the first reply must carry, the second one the next, and so on:

    {"op": "cell", "source"}                 → {"error", "text", "line"}; before it any {"check": name}
    {"op": "stubs", "stubs"}                 → {}; the answers that were not written yet (`stubs.py`)
    {"op": "ask", "names", "calls"}          → for each name {"value"} or {"missing": true}, with "untouched" where
                                               it is what its stub made it, then for each call
                                               [name, args, kwargs] {"value"} or {"error", "text", "line"}, with
                                               "warnings", their categories, and "changed", positions of arguments,
                                               and "untouched" where it failed and needs what is
    {"op": "file", "path"} and data          → {}
    {"op": "resume"}                         no reply: the cell that asked for a check goes on

Everything in this module runs beside hostile code, which can replace any of it. So nothing here is a safeguard,
only a service; the safeguards are the confinement below and the strictness above.
"""

from __future__ import annotations

import builtins
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from graders.isolation import cells, wire
from graders.isolation.channel import Channel, ChannelClosed, Message
from graders.isolation.wire import Wire

_MUTABLE = (list, dict, set, np.ndarray)

Reply = tuple[Message, bytes | bytearray]


class Student:
    """The names of one submission, and what may be asked of them."""

    def __init__(self, channel: Channel, shell: cells.Shell) -> None:
        self._channel = channel
        self._shell = shell
        self._in_cell = False
        self._main = threading.get_ident()
        cells.install_grader(self._check)
        sys.stdout = sys.stderr = cells.Nowhere()

    def serve(self) -> None:
        """Answer requests until a cell may resume, or the trusted end is gone."""
        while True:
            request, data, _ = self._channel.receive()
            if request["op"] == "resume":
                return
            for number, (reply, more) in enumerate(self._answers(request, data), request["id"]):
                try:
                    self._channel.send({**reply, "id": number}, data=more)
                except ValueError as error:
                    failed = {"error": "RuntimeError", "text": str(error), "line": None}
                    self._channel.send({**failed, "id": number})

    def _check(self, question: str) -> None:
        """Let the trusted process ask a question in the middle of a cell."""
        if not self._in_cell or threading.get_ident() != self._main:
            return
        self._in_cell = False
        try:
            self._channel.send({"check": question[:200]})
            self.serve()
        finally:
            self._in_cell = True

    def _answers(self, request: Message, data: bytes) -> Iterator[Reply]:
        if request["op"] == "ask":
            for name in request["names"]:
                yield self._get(name)
            reader = wire.Reader(data)
            for name, arguments, keywords in request["calls"]:
                yield self._call(name, reader, arguments, keywords)
        elif request["op"] == "cell":
            yield self._cell(request["source"]), b""
        elif request["op"] == "stubs":
            self._shell.released = request["stubs"]
            yield {}, b""
        else:
            yield self._file(Path(request["path"]), data), b""

    def _cell(self, source: str) -> Message:
        self._in_cell = True
        try:
            ran = cells.run(self._shell, source)
        except ChannelClosed:
            raise
        except BaseException as error:
            return _failure(error)
        finally:
            self._in_cell = False
        return {"error": ran.error, "text": ran.text, "line": ran.line}

    def _get(self, name: str) -> Reply:
        names = self._shell.user_ns
        if name not in names or name in self._shell.user_ns_hidden:
            return {"missing": True}, b""
        if self._shell.untouched(name) and names[name] is not Ellipsis:
            return {"missing": True, "untouched": True}, b""
        return self._value(names[name])

    def _value(self, value: Any) -> Reply:
        writer = wire.Writer()
        try:
            return {"value": writer.write(value)}, writer.data
        except wire.WireError as error:
            return {"error": "RuntimeError", "text": f"returned {error}", "line": None}, b""
        except BaseException as error:
            return _failure(error), b""

    def _call(self, name: str, reader: wire.Reader, sent: list[Wire], keywords: dict[str, Wire]) -> Reply:
        given = [reader.taken(item) for item in sent]
        named = {key: reader.read(item) for key, item in keywords.items()}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                returned = self._shell.user_ns[name](*(value for value, _ in given), **named)
                reply, data = self._value(returned)
            except BaseException as error:
                reply, data = _failure(error), b""
                if any(map(self._shell.untouched, _needed(self._shell.user_ns.get(name)))):
                    reply["untouched"] = True
        reply["warnings"] = [_builtin(item.category) for item in caught[:100]]
        reply["changed"] = [
            index for index, (before, now) in enumerate(zip(sent, given, strict=True)) if _changed(before, *now)
        ]
        return reply, data

    def _file(self, path: Path, data: bytes) -> Message:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            return _failure(error)
        return {}


def _changed(before: Wire, argument: Any, numbers: bytes) -> bool:
    """Whether an argument is no longer what it was."""
    if not isinstance(argument, _MUTABLE):
        return False
    writer = wire.Writer()
    try:
        # nan differs from itself, its text does not
        return repr(writer.write(argument)) != repr(before) or writer.data != numbers
    except BaseException:
        return True


def _needed(function: Any) -> Iterator[str]:
    """The names that a function's own code mentions, and that of the generators and functions in it."""
    codes = [getattr(function, "__code__", None)]
    for code in codes:
        if isinstance(code, CodeType):
            yield from code.co_names
            codes += code.co_consts


def _failure(error: BaseException) -> Message:
    """An exception as data: the nearest type that both ends know, the text, the student's line."""
    try:
        text = str(error)[:2000]
    except BaseException:
        text = ""
    return {"error": _builtin(type(error)), "text": text, "line": cells.line_of(error)}


def _builtin(kind: type) -> str:
    base: type
    for base in kind.__mro__:
        if base is np.linalg.LinAlgError:
            return "LinAlgError"
        if getattr(builtins, base.__name__, None) is base:
            return str(base.__name__)
    return "Exception"
