"""How a request to the student's process can fail, as exceptions that a test may meet."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class StudentError:
    """What a student's function raised; it hangs on the exception that the trusted side raises in its place.

    `text` may hold a hidden input, so it is for the TA. `line` is the student's own, counted within its cell.
    """

    function: str
    kind: str
    text: str
    line: int | None


class Unusable(TimeoutError):
    """A name that can't be asked: it hung or crashed, or the process behind it could not be brought back."""


@dataclass(frozen=True)
class Outcome:
    """What became of a name that was fetched, or of a function that was called: a value or an error."""

    value: Any = None
    error: Exception | None = None
    warnings: tuple[tuple[type[Warning], str], ...] = ()
    changed: tuple[tuple[int, Any], ...] = ()
    """Positions of the arguments that a call changed, and what they are now."""


def error_type(name: object) -> type[Exception]:
    """The exception type to raise for one that was raised over there.

    Those that would end a grader, such as `SystemExit`, become a `RuntimeError`; so does what is unknown.
    """
    if name == "LinAlgError":
        return np.linalg.LinAlgError
    found = getattr(builtins, name, None) if isinstance(name, str) else None
    if not isinstance(found, type) or not issubclass(found, Exception):
        return RuntimeError
    # constructors that want more than a text
    return found if not issubclass(found, UnicodeError | BaseExceptionGroup) else ValueError


def category(name: object) -> type[Warning]:
    """The category of a warning."""
    found = getattr(builtins, name, None) if isinstance(name, str) else None
    return found if isinstance(found, type) and issubclass(found, Warning) else UserWarning
