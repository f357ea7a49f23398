"""Finding out what an autograder asks: its cases are run on the reference answers, and their calls written down.

So the plan is complete before any submission is read, past every point where a wrong answer would have been told
off. The right answers are the global `reference` of a test file, a module or an object with an attribute for each
name. A case may not make its calls depend on replies: `depends_on_replies` finds those that do.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import io
import math
import os
import tempfile
import threading
import warnings
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from graders.answers import numeric
from graders.batch import second_run
from graders.batch.autograder import Autograder
from graders.isolation import plan, wire
from graders.isolation.launcher import font_cache
from graders.isolation.plan import NOTHING, Call, Plan, Questions


def counted(test_file: Any) -> list[Any]:
    """The cases that are judged: hidden ones, and those with points.

    The others are the student's own checks. While grading they could only be run beside the student's code, whose
    word would then be all that is known, and they are worth nothing.
    """
    return [case for case in test_file.test_cases if case.hidden or case.points]


def names_of(test_case: Any) -> tuple[str, ...]:
    """The student's names that a case takes."""
    return _parameters(test_case.body.test_func)


@functools.cache
def _parameters(function: Any) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


@dataclass(frozen=True)
class Planned:
    """The plan of one question, and the cases that fail on its reference answers, with the reason."""

    plan: Plan
    failures: Mapping[str, str] = field(default_factory=dict)
    exhibits: Plan = NOTHING


_recording = threading.Lock()
_known: dict[tuple[str, int], dict[str, Planned]] = {}


def planned(autograder: Autograder) -> dict[str, Planned]:
    """The plans of an autograder for the present seed, recorded once in a process."""
    key = (autograder.digest, numeric.seed())
    # what is drawn quietly is so for the whole process, and another thread may have another seed
    with _recording:
        if key not in _known:
            _known.clear()
            with _drawing_quietly():
                _known[key] = {name: record(test_file) for name, test_file in autograder.tests.items()}
        return _known[key]


@contextlib.contextmanager
def _drawing_quietly() -> Iterator[None]:
    """Reference answers that draw open no window, and leave no list of fonts where there is none yet."""
    with tempfile.TemporaryDirectory(prefix="vaegan-") as folder:
        before = {name: os.environ.get(name) for name in ("MPLBACKEND", "MPLCONFIGDIR")}
        os.environ.update(MPLBACKEND="agg", MPLCONFIGDIR=font_cache() or folder)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def questions(autograder: Autograder) -> Questions:
    """What an autograder asks."""
    known = planned(autograder)
    exhibits = {name: each.exhibits for name, each in known.items() if each.exhibits != NOTHING}
    return Questions({name: each.plan for name, each in known.items()}, exhibits)


def record(test_file: Any, answers: Mapping[str, Any] | None = None, *, nudged: bool = False) -> Planned:
    """Run the cases of a question on its reference answers, or on these, and note what they ask.

    With `nudged`, every number that is replied is the next one up.
    """
    asked: dict[Hashable, Call] = {}
    failures: dict[str, str] = {}
    cases = counted(test_file)
    names = tuple(dict.fromkeys(name for case in cases for name in names_of(case)))
    seen: dict[str, Any] = {}
    for case in cases:
        try:
            right = _reference(case) if answers is None else answers
            seen |= right
            given = {name: _recorded(name, right[name], asked, nudged) for name in names_of(case)}
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                case.body.test_func(**given)
        except Exception as error:
            failures[case.name] = f"{type(error).__name__}: {error} {getattr(error, 'detail', '')}".strip()
    made = Plan(names, tuple(asked.values()))
    return Planned(made, failures, second_run.exhibits(made, seen))


def depends_on_replies(test_file: Any) -> Iterator[str]:
    """The names of the cases that ask something else when a reply is a little different, one case at a time."""
    for case in counted(test_file):
        alone = copy.copy(test_file)
        alone.test_cases = [case]
        exactly, nearly = (record(alone, nudged=nudged) for nudged in (False, True))
        both = [[call.asks for call in each.plan.calls] for each in (exactly, nearly)]
        # a case that takes the nudge for an error asks less, but nothing else
        if both[0][: len(both[1])] != both[1] or (len(both[1]) < len(both[0]) and not nearly.failures):
            yield case.name


def _reference(case: Any) -> dict[str, Any]:
    reference = case.body.test_func.__globals__.get("reference")
    missing = [name for name in names_of(case) if not hasattr(reference, name)]
    if missing:
        raise LookupError(f"the test file's `reference`, the right answers, has no {', '.join(missing)}")
    return {name: getattr(reference, name) for name in names_of(case)}


def _recorded(name: str, value: Any, asked: dict[Hashable, Call], nudged: bool) -> Any:
    if callable(value) and not isinstance(value, type):
        return _Recorder(name, value, asked, nudged)
    return _nudge(value) if nudged else value


class _Recorder(numeric.Remote):
    """A reference function that notes how it is called."""

    def __init__(self, name: str, function: Any, asked: dict[Hashable, Call], nudged: bool) -> None:
        self.__name__ = name
        self._function = function
        self._asked = asked
        self._nudged = nudged

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        self._note(arguments, keywords)
        value = self._function(*copy.deepcopy(arguments), **copy.deepcopy(keywords))
        return _nudge(value) if self._nudged else value

    def calls(self, inputs: Sequence[Sequence[Any]]) -> list[numeric.Call]:
        """Note the calls, and make them."""
        for arguments in inputs:
            self._note(arguments, {})
        made = numeric.calls(self._function, inputs)
        return [replace(did, value=_nudge(did.value)) for did in made] if self._nudged else made

    def _note(self, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> None:
        try:
            made = plan.call(self.__name__, arguments, keywords)
        except wire.WireError as error:
            raise ValueError(f"{self.__name__} is called with {error}") from error
        self._asked.setdefault(made.asks, made)


def _nudge(value: Any) -> Any:
    if isinstance(value, float):
        return math.nextafter(value, math.inf) if math.isfinite(value) else value
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return np.where(np.isfinite(value), np.nextafter(value, np.inf), value)
    if isinstance(value, list | tuple):
        return type(value)(map(_nudge, value))
    return value
