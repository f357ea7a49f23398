"""What became of a submission's run: how its cells ended, and what its names answered. Plain data, and all of it.

A transcript is what is judged, after the process that wrote it is gone; it is kept, so that a test that is mended
later judges the same answers. What the replies hold is the student's word, unread: `answers.py` reads it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

VERSION = 2
# what is kept of a submission; one that says more is judged and runs again
MAX_KEPT = 300_000
_MAX_UNPACKED = 128 << 20
_LEVEL = 1


@dataclass(frozen=True)
class CellOutcome:
    """How a cell ended. `lost` says why, where the process had to be ended; the rest is as Python tells it.

    `before_questions` is whether no question had been asked by then, so that the cell can't know a hidden input.
    """

    error: str | None = None
    text: str = ""
    line: int | None = None
    lost: str | None = None
    before_questions: bool = False


@dataclass(frozen=True)
class Reply:
    """What a name or a call answered: the message and the data with it, as they came, or why there is none.

    The message stays a text until somebody needs it, since it takes many times the memory when it is read.
    """

    text: bytes = b"{}"
    data: bytes = b""
    lost: str | None = None
    early: bool = False
    """Whether something was not there yet: the name, its answer, or, by a NameError, what the call needs."""

    def message(self) -> dict[str, Any]:
        """The message, which is an object of JSON."""
        message: dict[str, Any] = json.loads(self.text)
        return message


@dataclass(frozen=True)
class Answers:
    """The replies to what a question asks: to its names, and to its calls in the order of the plan."""

    names: Mapping[str, Reply]
    calls: tuple[Reply, ...]

    @property
    def early(self) -> bool:
        """Whether something that was asked for was not there yet."""
        return any(reply.early for reply in (*self.names.values(), *self.calls))


@dataclass(frozen=True)
class Transcript:
    """The run of one submission."""

    plan: str
    """The digest of all that was asked."""
    level: str
    cells: tuple[CellOutcome, ...]
    questions: Mapping[str, Answers]
    later: Mapping[str, Answers] = field(default_factory=dict)
    """The replies after the last cell to questions whose check came too early."""
    lost: tuple[str, ...] = ()
    """Names that hung or crashed, and how."""
    restarts: int = 0
    untold: tuple[str, ...] = field(default=(), compare=False)
    """Questions whose names, and calls without arguments, were answered before any hidden input was sent. It is
    not kept, since it only decides the exhibits."""
    exhibits: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Names, by question, whose replies hold nothing that the student's process was asked."""


def pack(transcript: Transcript) -> bytes:
    """The transcript as bytes, compressed."""
    data = bytearray()

    def packed(reply: Reply) -> list[Any]:
        data.extend(reply.text + reply.data)
        return [len(reply.text), len(reply.data), reply.lost, reply.early]

    def listed(questions: Mapping[str, Answers]) -> dict[str, Any]:
        return {
            name: [{each: packed(reply) for each, reply in answers.names.items()}, [*map(packed, answers.calls)]]
            for name, answers in questions.items()
        }

    head = json.dumps(
        {
            "version": VERSION,
            "plan": transcript.plan,
            "level": transcript.level,
            "cells": [asdict(cell) for cell in transcript.cells],
            "questions": listed(transcript.questions),
            "later": listed(transcript.later),
            "lost": transcript.lost,
            "restarts": transcript.restarts,
            "exhibits": transcript.exhibits,
        }
    ).encode()
    return zlib.compress(b"".join((len(head).to_bytes(4, "big"), head, data)), _LEVEL)


def unpack(packed: bytes) -> Transcript | None:
    """The transcript that `pack` wrote; None where it is damaged or of another version."""
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(packed, _MAX_UNPACKED)
        length = int.from_bytes(text[:4], "big")
        head = json.loads(text[4 : 4 + length])
        if head["version"] != VERSION or unpacker.unconsumed_tail or not unpacker.eof:
            return None
        return _transcript(head, memoryview(text)[4 + length :])
    except (zlib.error, ValueError, KeyError, TypeError):
        return None


def _transcript(head: dict[str, Any], data: memoryview) -> Transcript:
    at = 0

    def reply(packed: list[Any]) -> Reply:
        nonlocal at
        length, size, lost, early = packed
        at += length + size
        return Reply(bytes(data[at - size - length : at - size]), bytes(data[at - size : at]), lost, early)

    def listed(packed: dict[str, Any]) -> dict[str, Answers]:
        found = {}
        for name, (names, calls) in packed.items():
            read = {each: reply(entry) for each, entry in names.items()}
            found[name] = Answers(read, tuple(map(reply, calls)))
        return found

    return Transcript(
        plan=head["plan"],
        level=head["level"],
        cells=tuple(CellOutcome(**cell) for cell in head["cells"]),
        questions=listed(head["questions"]),
        later=listed(head["later"]),
        lost=tuple(head["lost"]),
        restarts=head["restarts"],
        exhibits=head.get("exhibits", {}),
    )
