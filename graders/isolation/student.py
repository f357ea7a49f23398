"""The child's end: serves the trusted process's requests, one at a time, until the channel closes.

Requests, each with an id that the reply must carry:

    {"op": "cell", "source", "seed"}         → {"error", "text", "line", "output"}; before it any {"check": name}
    {"op": "get", "name"}                    → {"value"} or {"missing": true}
    {"op": "call", "target", "args", "kwargs", "errors"}
                                             → {"value"} or {"error", "text", "line"}; and "warnings", "changed"
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
from pathlib import Path
from typing import Any

import numpy as np

from graders.isolation import cells, wire
from graders.isolation.channel import Channel, ChannelClosed, Message
from graders.isolation.wire import Wire

_DEFAULT_ERRORS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
_MUTABLE = (list, dict, set, np.ndarray)


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
            request = self._channel.receive()
            if request["op"] == "resume":
                return
            reply = self._answer(request)
            reply["id"] = request["id"]
            try:
                self._channel.send(reply)
            except ValueError as error:
                self._channel.send(
                    {"id": request["id"], "error": "OverflowError", "text": str(error), "line": None}
                )

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

    def _answer(self, request: Message) -> Message:
        try:
            return {"cell": self._cell, "get": self._get, "call": self._call, "file": self._file}[request["op"]](
                request
            )
        except ChannelClosed:
            raise
        except wire.WireError as error:
            return {"error": "ValueError", "text": f"returned {error}", "line": None}
        except BaseException as error:
            return _failure(error)

    def _cell(self, request: Message) -> Message:
        if request["seed"] is not None:
            np.random.seed(request["seed"])
            random.seed(request["seed"])
        self._in_cell = True
        try:
            ran = cells.run(self._shell, request["source"])
        finally:
            self._in_cell = False
        return {"error": ran.error, "text": ran.text, "line": ran.line, "output": self._output.take()}

    def _get(self, request: Message) -> Message:
        names = self._shell.user_ns
        if request["name"] not in names or request["name"] in self._shell.user_ns_hidden:
            return {"missing": True}
        return {"value": wire.encode(names[request["name"]], self._refer)}

    def _call(self, request: Message) -> Message:
        target = self._resolve(request["target"])
        arguments = [wire.decode(item, self._resolve) for item in request["args"]]
        keywords = {name: wire.decode(item, self._resolve) for name, item in request["kwargs"].items()}
        reply: Message = {}
        with warnings.catch_warnings(record=True) as caught, np.errstate(**(request["errors"] or {})):
            warnings.simplefilter("always")
            try:
                reply["value"] = wire.encode(target(*arguments, **keywords), self._refer)
            except wire.WireError as error:
                reply.update(error="ValueError", text=f"the function returned {error}", line=None)
            except BaseException as error:
                reply.update(_failure(error))
        reply["warnings"] = [[_builtin(item.category), str(item.message)[:500]] for item in caught[:100]]
        reply["changed"] = self._changed(request["args"], arguments)
        reply["output"] = self._output.take()
        return reply

    def _changed(self, sent: list[Wire], arguments: list[Any]) -> list[list[Any]]:
        """The arguments that are no longer what they were, with what they are now."""
        changed = []
        for index, (before, argument) in enumerate(zip(sent, arguments, strict=True)):
            if isinstance(argument, _MUTABLE):
                after = wire.encode(argument, self._refer)
                if repr(after) != repr(before):  # nan differs from itself, its text does not
                    changed.append([index, after])
        return changed

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
