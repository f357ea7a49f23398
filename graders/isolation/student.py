"""The child's end: serves the trusted process's requests, one at a time, until the channel closes.

Requests, with the id that the first reply must carry, the second one the next, and so on:

    {"op": "cell", "source", "seed"}         → {"error", "text", "line", "output", "cut"}; before it any
                                               {"check": name}
    {"op": "get", "names"}                   → for each name {"value"} or {"missing": true}
    {"op": "call", "target", "calls", "errors"}
                                             → for each [args, kwargs] {"value"} or {"error", "text", "line"}; and
                                               "warnings", "changed"
    {"op": "file", "path", "data"}           → {}
    {"op": "resume"}                         no reply: the cell that asked for a check goes on

Everything in this module runs beside hostile code, which can replace any of it. So nothing here is a safeguard,
only a service; the safeguards are the confinement below and the strictness above.
"""

from __future__ import annotations

import base64
import builtins
import random
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from graders.isolation import cells, wire
from graders.isolation.channel import Channel, ChannelClosed, Message
from graders.isolation.wire import Wire

_MUTABLE = (list, dict, set, np.ndarray)

Reply = tuple[Message, bytes | bytearray]


class Student:
    """The names of one submission, and what may be asked of them."""

    def __init__(self, channel: Channel, shell: cells.Shell, output: cells.Output) -> None:
        self._channel = channel
        self._shell = shell
        self._output = output
        self._callables: list[Any] = []
        self._in_cell = False
        self._main = threading.get_ident()
        cells.install_grader(self._check)
        sys.stdout = sys.stderr = output

    def serve(self) -> None:
        """Answer requests until a cell may resume, or the trusted end is gone."""
        while True:
            request, data = self._channel.receive()
            if request["op"] == "resume":
                return
            last = request["id"] + len(request.get("calls", ())) - 1
            for number, (reply, more) in enumerate(self._answers(request, data), request["id"]):
                try:
                    self._channel.send({**reply, "id": number}, data=more, hold=number < last)
                except ValueError as error:
                    failed = {"error": "OverflowError", "text": str(error), "line": None}
                    self._channel.send({**failed, "id": number})

    def _check(self, question: str) -> None:
        """Let the trusted process judge a question in the middle of a cell."""
        if not self._in_cell or threading.get_ident() != self._main:
            return
        self._in_cell = False
        try:
            self._channel.send({"check": question[:200]})
            self.serve()
        finally:
            self._in_cell = True

    def _answers(self, request: Message, data: bytes) -> Iterator[Reply]:
        if request["op"] == "get":
            for name in request["names"]:
                yield self._get(name)
        elif request["op"] == "call":
            reader = wire.Reader(data, self._resolve)
            for arguments, keywords in request["calls"]:
                yield self._call(request["target"], reader, arguments, keywords, request["errors"] or {})
        else:
            try:
                yield {"cell": self._cell, "file": self._file}[request["op"]](request), b""
            except ChannelClosed:
                raise
            except BaseException as error:
                yield _failure(error), b""

    def _cell(self, request: Message) -> Message:
        if request["seed"] is not None:
            np.random.seed(request["seed"])
            random.seed(request["seed"])
        self._in_cell = True
        try:
            ran = cells.run(self._shell, request["source"])
        finally:
            self._in_cell = False
        printed, cut = self._output.take(), self._output.cut
        return {"error": ran.error, "text": ran.text, "line": ran.line, "output": printed, "cut": cut}

    def _get(self, name: str) -> Reply:
        names = self._shell.user_ns
        if name not in names or name in self._shell.user_ns_hidden:
            return {"missing": True}, b""
        return self._value(names[name])

    def _value(self, value: Any) -> Reply:
        writer = wire.Writer(self._refer)
        try:
            return {"value": writer.write(value)}, writer.data
        except wire.WireError as error:
            return {"error": "ValueError", "text": f"returned {error}", "line": None}, b""
        except BaseException as error:
            return _failure(error), b""

    def _call(
        self, target: Any, reader: wire.Reader, sent: list[Wire], keywords: dict[str, Wire], errors: dict[str, Any]
    ) -> Reply:
        given = [reader.taken(item) for item in sent]
        arguments = [value for value, _ in given]
        named = {name: reader.read(item) for name, item in keywords.items()}
        with warnings.catch_warnings(record=True) as caught, np.errstate(**errors):
            warnings.simplefilter("always")
            try:
                returned = self._resolve(target)(*arguments, **named)
                reply, data = self._value(returned)
            except BaseException as error:
                reply, data = _failure(error), b""
        reply["warnings"] = [[_builtin(item.category), str(item.message)[:500]] for item in caught[:100]]
        reply["changed"], data = self._changed(sent, given, data)
        self._output.take()
        return reply, data

    def _changed(
        self, sent: list[Wire], given: list[tuple[Any, bytes]], data: bytes | bytearray
    ) -> tuple[list[list[Any]], bytes | bytearray]:
        """The arguments that are no longer what they were, with what they are now, added to the data."""
        changed = []
        for index, (before, (argument, numbers)) in enumerate(zip(sent, given, strict=True)):
            if isinstance(argument, _MUTABLE):
                writer = wire.Writer(self._refer)
                try:
                    after = writer.write(argument)
                except BaseException:
                    after = ["opaque", "argument that can't be read any more"]
                # nan differs from itself, its text does not
                if writer.data != numbers or repr(after) != repr(before):
                    changed.append([index, after])
                    data = wire.join(data, writer.data)
        return changed, data

    def _file(self, request: Message) -> Message:
        path = Path(request["path"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(request["data"]))
        return {}

    def _refer(self, value: Any) -> Wire | None:
        if not callable(value):
            return None
        self._callables.append(value)
        name = getattr(value, "__name__", None)
        return ["call", len(self._callables) - 1, name if isinstance(name, str) else "function"]

    def _resolve(self, reference: tuple[int, str]) -> Any:
        number, name = reference
        return self._shell.user_ns[name] if number < 0 else self._callables[number]


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
