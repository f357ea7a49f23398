"""A student's names as a test sees them: plain data, and functions that run elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from graders.answers import numeric
from graders.isolation.outcomes import Outcome, Unusable
from graders.isolation.session import BY_NAME, Session

_DEFAULT_ERRORS = dict(np.geterr())


class Names(Mapping[str, Any]):
    """The student's names, fetched when they are asked for: what otter calls the global environment."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getitem__(self, name: str) -> Any:
        return self.now([name])[name]

    def now(self, names: Sequence[str]) -> Mapping[str, Any]:
        """These names as they are now, fetched in one go: for a test that looks at them more than once."""
        found = self._session.fetch(names, lambda reference: _nameless(self._session, reference))
        return _Fetched(self, {name: self._by_name(name, outcome) for name, outcome in found.items()})

    def _by_name(self, name: str, outcome: Outcome) -> Outcome:
        """Known by its name, a function is found again when its process had to be replaced."""
        if isinstance(outcome.value, Function):
            return Outcome(Function(self._session, (BY_NAME, name)))
        return outcome

    def __iter__(self) -> Iterator[str]:
        """None that could be listed: a test asks for the names that it knows."""
        return iter(())

    def __len__(self) -> int:
        return 0


class _Fetched(Mapping[str, Any]):
    """Names that were fetched, and how to fetch others."""

    def __init__(self, names: Names, found: Mapping[str, Outcome]) -> None:
        self._names = names
        self._found = found

    def __getitem__(self, name: str) -> Any:
        if name not in self._found:
            return self._names[name]
        outcome = self._found[name]
        if outcome.error is not None:
            raise outcome.error.with_traceback(None)
        return outcome.value

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class Function(numeric.Remote):
    """A function of the student. To call it is to call theirs, arguments changed in place included."""

    def __init__(self, session: Session, target: tuple[int, str]) -> None:
        """`target` is the function's number in its process, or `BY_NAME`, and its name."""
        self.__name__ = self.__qualname__ = target[1]
        self.target = target
        self._session = session
        self._generation = session.generation

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it there."""
        (outcome,) = self._call([(arguments, keywords)])
        for kind, text in outcome.warnings:
            warnings.warn(text, kind, stacklevel=2)
        copy_back(arguments, outcome.changed)
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    def calls(self, inputs: Sequence[Sequence[Any]]) -> list[numeric.Call]:
        """Call it there with each of the inputs, which stay as they are; `Unusable` where it hangs or crashes."""
        outcomes = self._call([([_writeable(argument) for argument in arguments], {}) for arguments in inputs])
        for outcome in outcomes:
            if isinstance(outcome.error, Unusable):
                raise outcome.error
        return [
            numeric.Call(
                outcome.value,
                outcome.error,
                tuple(kind.__name__ for kind, _ in outcome.warnings),
                tuple(index for index, _ in outcome.changed),
            )
            for outcome in outcomes
        ]

    def _call(self, calls: Sequence[tuple[Sequence[Any], Mapping[str, Any]]]) -> list[Outcome]:
        if self.target[0] != BY_NAME and self._generation != self._session.generation:
            raise Unusable(f"{self.__name__} belonged to a process that has ended")
        errors: dict[str, str] = {kind: str(reaction) for kind, reaction in np.geterr().items()}
        return self._session.call(
            self.target,
            calls,
            resolve=lambda reference: _nameless(self._session, reference),
            errors=None if errors == _DEFAULT_ERRORS else errors,
            refer=_refer,
        )

    def __repr__(self) -> str:
        return f"<student's function {self.__name__}>"

    def __deepcopy__(self, memo: object) -> Function:
        return self


def _nameless(session: Session, reference: tuple[int, str]) -> Function:
    """A function without a name that it could be found by. What the child calls it could be a hidden input."""
    return Function(session, (reference[0], "a function that was returned"))


def copy_back(arguments: Sequence[Any], changed: Sequence[tuple[int, Any]]) -> None:
    """Do to the caller's objects what the call did to its copies of them."""
    for index, now in changed:
        argument = arguments[index]
        if isinstance(argument, np.ndarray) and isinstance(now, np.ndarray):
            if argument.shape == now.shape and argument.flags.writeable:
                argument[...] = now
        elif isinstance(argument, list) and isinstance(now, list):
            argument[:] = now
        elif isinstance(argument, dict | set) and type(argument) is type(now):
            argument.clear()
            argument.update(now)


def _writeable(argument: Any) -> Any:
    """An array that is for reading only here need not be so there, where it is a copy."""
    if isinstance(argument, np.ndarray) and not argument.flags.writeable:
        return argument.copy()
    return argument


def _refer(value: Any) -> list[Any] | None:
    return ["call", *value.target] if isinstance(value, Function) else None
