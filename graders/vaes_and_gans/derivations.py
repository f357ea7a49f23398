"""Judging the derivations of 1d and 2c: one review serves several cases, and an error is named by what it makes.

A wrong line of a derivation has a value of its own. When a misconception's derivation goes wrong with a line of
the same value, the student made that error, whatever the lines around it look like.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from graders.answers import numeric
from graders.answers.derivation import Review
from graders.answers.misconception import Misconception
from graders.answers.verdict import Undecided, Wrong


class Judge:
    """Judges derivations by `review`; `same` tells whether two lines have one value.

    The last review is kept, since the cases of a part ask for the same derivation one after another.
    """

    def __init__(
        self,
        review: Callable[[Any], Review],
        same: Callable[[Any, Any], bool],
        misconceptions: Sequence[Misconception],
    ) -> None:
        self._review = review
        self._same = same
        self._misconceptions = misconceptions
        self._lines: list[Any] = []
        self._found: Review | None = None
        self._error: Wrong | None = None

    def check(self, lines: Any, right: Callable[[Review], bool]) -> None:
        """The review of the derivation is right; raises `Wrong` otherwise, and `Undecided`."""
        found = self.review(lines)
        if right(found):
            return
        if self._error is None:
            self._error = self._explain(found)
        raise Wrong(self._error.hint, note=self._error.note)

    def review(self, lines: Any) -> Review:
        """The review of the derivation; equal lines are not enough to reuse one, they must be the same objects."""
        entries = numeric.parts(lines)
        if entries is None:
            entries = [lines]
        same = len(entries) == len(self._lines) and all(map(operator.is_, entries, self._lines))
        if self._found is None or not same:
            self._found = None
            self._found = self._review(lines if numeric.parts(lines) is None else entries)
            self._lines, self._error = entries, None
        return self._found

    def _explain(self, found: Review) -> Wrong:
        if found.first_error is not None:
            theirs = self._lines[found.first_error - 1]
            for misconception, wrong_line in self._wrong_lines:
                if self._is_same(wrong_line, theirs):
                    return Wrong(f"{found.message} {misconception.hint}", note=misconception.note)
        return Wrong(found.message, note=found.note)

    def _is_same(self, one: Any, other: Any) -> bool:
        try:
            return self._same(one, other)
        except Undecided:  # this is only about the hint: that the line is wrong is proven
            return False

    @cached_property
    def _wrong_lines(self) -> list[tuple[Misconception, Any]]:
        found = []
        for misconception in self._misconceptions:
            lines = misconception()
            number = self._review(lines).first_error
            if number is None:
                raise ValueError(f"misconception {misconception.note}: its derivation is right")
            found.append((misconception, lines[number - 1]))
        return found
