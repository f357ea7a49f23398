"""A derivation as its author sees it while writing: every line with a mark, before anything is handed in.

The verdicts are those of `derivation.review`. Beside each line stands its value at an example, so that a number
stays the same from line to line and then jumps; all that is shown is made of the author's own lines. Nothing is
judged before something is displayed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import sympy as sp

from . import derivation, witness
from .derivation import (
    DIFFERS,
    FIRST,
    FOLLOWS,
    MAX_LINES,
    MIN_BETWEEN,
    SAME,
    UNKNOWN,
    UNREADABLE,
    Mark,
    Review,
    Rules,
    chain,
    functionals,
    joint_logarithm,
    separate_logarithms,
    sums,
)

__all__ = ["Judged", "Row", "chain", "functionals", "joint_logarithm", "separate_logarithms", "sums"]


@dataclass(frozen=True)
class Row:
    """A line as it is shown: its number, its mark in words, its value at the example, and what it says."""

    number: int
    mark: str
    value: str
    line: object
    reason: str = ""
    """Why it follows, as the author says."""
    wrong: bool = False


@dataclass(frozen=True)
class _Found:
    """What is known of a derivation: the marks of its lines, an example, and the values of those understood."""

    review: Review
    starts: bool
    given: tuple[str, ...]
    doubt: str
    marks: tuple[Mark, ...] = ()
    example: str = ""
    values: tuple[str, ...] = ()

    @cached_property
    def understood(self) -> list[Mark]:
        return [mark for mark in self.marks if mark.content is not None]

    @cached_property
    def jump(self) -> int | None:
        """Which of the understood lines is the first that differs from the one before, counted from 0."""
        return next((k for k, mark in enumerate(self.understood) if mark.verdict == DIFFERS), None)


class Judged:
    """A derivation with its marks, for `display`."""

    def __init__(self, lines: object, rules: Callable[[], Rules]) -> None:
        """Judge `lines` by what `rules` returns, as soon as they are shown."""
        self._lines = lines
        self._rules = rules

    @cached_property
    def _found(self) -> _Found:
        rules = self._rules()
        lines = self._lines
        review = derivation.review(lines, rules)
        if not isinstance(lines, list | tuple) or len(lines) > MAX_LINES:
            return _Found(review, False, rules.given, rules.doubt)
        # of who has written one line only, that is judged
        starts = derivation.review([*lines, *lines], rules).start_ok if len(lines) == 1 else review.start_ok
        marked = _Found(review, starts, rules.given, rules.doubt, tuple(derivation.marks(lines, rules)))
        if not marked.understood:
            return marked
        examples = rules.examples([mark.content for mark in marked.understood])
        example, values = witness.tabled(examples, marked.jump)
        return replace(marked, example=example, values=values)

    @property
    def review(self) -> Review:
        """What the hidden tests find."""
        return self._found.review

    @cached_property
    def rows(self) -> list[Row]:
        """The lines with their marks."""
        found, lines = self._found, self._lines
        if not isinstance(lines, list | tuple):
            return []
        values = dict(zip((mark.number for mark in found.understood), found.values, strict=False))
        rows = []
        for mark, line in zip(found.marks, lines, strict=False):
            reason = ""
            if isinstance(line, list | tuple) and len(line) == 2 and isinstance(line[1], str):
                line, reason = line
            text, wrong = _words(mark, found)
            rows.append(Row(mark.number, text, values.get(mark.number) or "unknown", line, reason, wrong))
        return rows

    @property
    def verdict(self) -> list[str]:
        """What there is to say of the whole, in sentences."""
        found = self._found
        said = [found.review.message]
        if found.doubt:
            said.append(f"The start is not judged yet: {found.doubt}")
        jump, values = found.jump, found.values
        if jump and values and values[jump] != values[jump - 1]:
            before, after = found.understood[jump - 1].number, found.understood[jump].number
            one, other = values[jump - 1], values[jump]
            said.append(f"With {found.example}, line {before} is {one} and line {after} is {other}.")
        elif found.example:
            said.append(f"The values are those for {found.example}.")
        if found.marks:
            said.append(_counted(found.review.counting))
        return said

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/markdown": self._markdown(), "text/plain": self._plain()}

    def _markdown(self) -> str:
        # A table of Markdown is typeset by JupyterLab, VS Code and Colab; formulas in HTML only by the first.
        table = ["| line | mark | value | formula |", "|---:|:---|---:|:---|"]
        for row in self.rows:
            # the column is narrow beside long formulas: it breaks at commas and where words say which line
            mark = row.mark.replace(" ", "\xa0").replace(",\xa0", ", ").replace("\xa0from", " from")
            mark = _text(mark)
            mark = f"**{mark}**" if row.wrong else mark
            reason = f" {_text(row.reason)}" if row.reason else ""
            table.append(f"| {row.number} | {mark} | {row.value} | {_formula(row.line)}{reason} |")
        said = "\n\n".join(_text(sentence) for sentence in self.verdict)
        return "\n".join([*(table if self.rows else ()), "", said])

    def _plain(self) -> str:
        table = [f"({row.number}) {row.mark}; value {row.value}: {_plainly(row.line)}" for row in self.rows]
        return "\n".join([*table, *self.verdict])


def _words(mark: Mark, found: _Found) -> tuple[str, bool]:
    """The mark of a line in words, and whether something is wrong with it."""
    review = found.review
    if mark.verdict == UNREADABLE:
        return "can't be read", True
    if mark.verdict == FIRST:
        with_yours = f", with your {' and '.join(found.given)}" if found.given else ""
        if found.doubt:
            return "start, not judged", True
        return (f"start{with_yours}", False) if found.starts else (f"not the start{with_yours}", True)
    text, wrong = _relation(mark, review)
    if mark.number == len(found.marks):
        text = text.removesuffix(", does not count") + (", goal" if review.goal_ok else ", not the goal")
        wrong = wrong or not review.goal_ok
    return text, wrong


def _relation(mark: Mark, review: Review) -> tuple[str, bool]:
    if mark.verdict == UNKNOWN:
        return "not decided", True
    if mark.verdict == DIFFERS:
        return f"does not follow from line {mark.number - 1}", True
    if mark.verdict == SAME:
        return "same as the line before, does not count", False
    assert mark.verdict == FOLLOWS
    if mark.number in review.counting:
        return "follows, counts", False
    # nothing counts after the first error, and what it would count is not known
    ahead = review.first_error is not None and mark.number > review.first_error
    return f"follows from line {mark.number - 1}" if ahead else "follows, does not count", False


def _counted(counting: Sequence[int]) -> str:
    lines = f"{len(counting)} line{'s' * (len(counting) != 1)} in between count{'s' * (len(counting) == 1)}"
    return f"{lines}; at least {MIN_BETWEEN} must."


def _formula(line: object) -> str:
    try:
        tex = sp.latex(line)
    except Exception:
        return _text(_plainly(line))
    # a bar would end the cell of the table
    return rf"$\displaystyle {tex}$".replace(r"\|", r"\Vert ").replace("|", r"\vert ").replace("\n", " ")


def _plainly(line: object) -> str:
    try:
        return str(line)
    except Exception:
        return type(line).__name__


def _text(text: str) -> str:
    """Plain text in Markdown: none of its characters means anything, except what stands between backquotes."""
    pieces = text.replace("\n", " ").replace("|", "/").split("`")
    for k in range(0, len(pieces), 2):
        for special in "\\*_$<[":
            pieces[k] = pieces[k].replace(special, f"\\{special}")
    return "`".join(pieces)
