"""What people decide about submissions, as events: appended to the store, never changed and never removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Subject:
    """The submission that an event is about: this content, from this student, under this name."""

    file: str
    student: str
    sha256: str


@dataclass(frozen=True)
class Event:
    """One thing that somebody did.

    `kind` says what `payload`, which is JSON, holds: "decision", "undo" or "mark". `at` is in UTC, ISO 8601 to the
    second. Events have the order of their `id`, which the store gives; 0 is one that is not kept yet.
    """

    kind: str
    subject: Subject
    question: str
    by: str
    at: str
    case: str = ""
    """Empty where it is about the whole question."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0
