"""Judging the derivations of 1d and 2c: one review serves several cases, and an error is named by what it makes.

A wrong line of a derivation has a value of its own. When a misconception's derivation goes wrong with a line of
the same value, the student made that error, whatever the lines around it look like.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graders.answers import numeric
from graders.answers.derivation import MAX_LINES, Review, fingerprint
from graders.answers.misconception import Misconception
from graders.answers.verdict import Wrong


@dataclass
class _Judged:
    """A review, the derivation and the seed that it is of, and why it is not right once that was asked."""

    key: object
    review: Review
    why: Wrong | None = None


class Judge:
    """Judges derivations by `review`; `same` tells whether two lines have one value.

    The last review is kept by what the lines are, since the cases of a part ask for the same derivation one after
    another.
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
        self._last: _Judged | None = None

    def check(self, lines: Any, right: Callable[[Review], bool]) -> None:
        """The review of the derivation is right; raises `Wrong` otherwise."""
        judged = self._judged(lines)
        if right(judged.review):
            return
        if judged.why is None:
            judged.why = self._explain(judged.review, numeric.parts(lines) or [])
        found = judged.review
        raise Wrong(judged.why.hint, note=judged.why.note, line=found.line, witness=found.witness)

    def review(self, lines: Any) -> Review:
        """The review of the derivation."""
        return self._judged(lines).review

    def _judged(self, lines: Any) -> _Judged:
        entries = numeric.parts(lines)
        if entries is None:
            return _Judged(None, self._review(lines))
        key = (numeric.seed(), fingerprint(entries[:MAX_LINES]), len(entries))
        if self._last is None or self._last.key != key:
            self._last = _Judged(key, self._review(entries))
        return self._last

    def _explain(self, found: Review, lines: Sequence[Any]) -> Wrong:
        if found.first_error is not None and found.first_error <= len(lines):
            theirs = lines[found.first_error - 1]
            for misconception, wrong_line in self._wrong_lines:
                # This is only about the hint: that the line is wrong is known.
                if self._same(wrong_line, theirs):
                    return Wrong(f"{found.message} {misconception.hint}", note=misconception.note)
        return Wrong(found.message, note=found.note)

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
