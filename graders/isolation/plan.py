"""What the questions ask of a submission: names, and calls with their arguments, as they travel to the child.

A plan is made before any submission is read (`graders.batch.planning`) and depends on the autograder and the seed
alone. Its digest tells which transcripts were answers to the same questions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from graders.answers.numeric import content
from graders.isolation import wire
from graders.isolation.channel import Message


@dataclass(frozen=True)
class Call:
    """A call of a student's function: its name, the arguments as JSON, and the data that go with them."""

    name: str
    arguments: Sequence[wire.Wire]
    keywords: Mapping[str, wire.Wire]
    data: bytes
    asks: Hashable
    """What it has in common with every call that asks the same."""

    @property
    def open(self) -> bool:
        """Whether it holds nothing hidden: it is without arguments."""
        return not (self.arguments or self.keywords)

    def digest(self) -> bytes:
        """The same for calls that ask the same, in any process."""
        head = json.dumps([self.name, self.arguments, self.keywords], sort_keys=True).encode()
        return hashlib.blake2b(head + b"\0" + self.data, digest_size=16).digest()


def call(name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Call:
    """The call of a function by its name with these arguments; `WireError` where they are no plain data."""
    writer = wire.Writer()
    positional = [writer.write(_writeable(argument)) for argument in arguments]
    named = {key: writer.write(_writeable(value)) for key, value in keywords.items()}
    return Call(name, positional, named, bytes(writer.data), asks(name, arguments, keywords))


def asks(name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Hashable:
    """What a call asks, to be compared within this process."""
    return name, content(tuple(arguments)), content(dict(keywords))


def _writeable(argument: Any) -> Any:
    """An array that is for reading only here need not be so there, where it is a copy."""
    if isinstance(argument, np.ndarray) and not argument.flags.writeable:
        return argument.copy()
    return argument


@dataclass(frozen=True)
class Plan:
    """What one question asks: its names, and its calls, each once."""

    names: tuple[str, ...]
    calls: tuple[Call, ...]

    @cached_property
    def index(self) -> Mapping[Hashable, int]:
        """Where each call stands, by what it asks."""
        return {each.asks: number for number, each in enumerate(self.calls)}

    def message(self, names: Sequence[str], calls: Sequence[int]) -> tuple[Message, bytes]:
        """The request for some of the names and some of the calls, with its data."""
        asked = [self.calls[number] for number in calls]
        data = wire.join(each.data for each in asked)
        return {"op": "ask", "names": names, "calls": [[c.name, c.arguments, c.keywords] for c in asked]}, data


NOTHING = Plan((), ())


@dataclass(frozen=True)
class Questions:
    """The plans of all questions of an autograder, in its order."""

    plans: Mapping[str, Plan]
    exhibits: Mapping[str, Plan] = field(default_factory=dict)
    """What of it a student may be shown again (`graders.batch.second_run`), by question."""

    @cached_property
    def digest(self) -> str:
        """What tells these questions from others."""
        digest = hashlib.sha256()
        for name, plan in self.plans.items():
            digest.update(json.dumps([name, plan.names, len(plan.calls)]).encode())
            for each in plan.calls:
                digest.update(each.digest())
        return digest.hexdigest()
