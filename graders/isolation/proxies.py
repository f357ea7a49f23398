"""A student's names as a test sees them: plain data, and functions that run elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from graders.isolation.outcomes import Unusable
from graders.isolation.session import BY_NAME, Session

_DEFAULT_ERRORS = dict(np.geterr())


class Names(Mapping[str, Any]):
    """The student's names, fetched when they are asked for: what otter calls the global environment."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getitem__(self, name: str) -> Any:
        value = self._session.fetch(name, lambda reference: Function(self._session, reference))
        # known by its name, a function is found again when its process had to be replaced
        return Function(self._session, (BY_NAME, name)) if isinstance(value, Function) else value

    def __iter__(self) -> Iterator[str]:
        """None that could be listed: a test asks for the names that it knows."""
        return iter(())

    def __len__(self) -> int:
        return 0


class Function:
    """A function of the student. To call it is to call theirs, arguments changed in place included."""

    def __init__(self, session: Session, target: tuple[int, str]) -> None:
        """`target` is the function's number in its process, or `BY_NAME`, and its name."""
        self.__name__ = self.__qualname__ = target[1]
        self.target = target
        self._session = session
        self._generation = session.generation

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it there."""
        if self.target[0] != BY_NAME and self._generation != self._session.generation:
            raise Unusable(f"{self.__name__} belonged to a process that has ended")
        errors: dict[str, str] = {kind: str(reaction) for kind, reaction in np.geterr().items()}
        try:
            value, changed = self._session.call(
                self.target,
                arguments,
                keywords,
                resolve=self._resolve,
                errors=None if errors == _DEFAULT_ERRORS else errors,
                refer=_refer,
            )
        except Exception as error:
            copy_back(arguments, getattr(error, "changed", ()))
            raise
        copy_back(arguments, changed)
        return value

    def __repr__(self) -> str:
        return f"<student's function {self.__name__}>"

    def __deepcopy__(self, memo: object) -> Function:
        return self

    def _resolve(self, reference: tuple[int, str]) -> Function:
        return Function(self._session, reference)


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


def _refer(value: Any) -> list[Any] | None:
    return ["call", *value.target] if isinstance(value, Function) else None
