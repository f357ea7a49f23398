"""How what is asked of the student's process can fail, as exceptions that a test may meet."""

from __future__ import annotations

import builtins
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class StudentError:
    """What a student's function raised; it hangs on the exception that the trusted side raises in its place.

    `text` and `line`, counted within its cell, may hold a hidden input, so they are for the TA.
    """

    function: str
    text: str
    line: int | None


class Unusable(TimeoutError):
    """A name that can't be asked: it hung or crashed, or the process behind it could not be brought back."""


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
